"""Each wrong behaviour is caught by the check about its rule, and no other check of an unrelated rule turns red."""

import pytest

from tests.conformance import mutants_form, mutants_journey, mutants_refuse
from tests.conformance.judging import TAKECARE, TIMEBOOK, a_bench, judged, red
from tests.conformance.mutants import Mutant
from tests.serving import Served

MUTANTS: tuple[Mutant, ...] = (*mutants_form.MUTANTS, *mutants_journey.MUTANTS, *mutants_refuse.MUTANTS)


@pytest.mark.parametrize("clinic", [TIMEBOOK, TAKECARE])
def test_a_built_in_system_passes_whole(region: Served, clinic: str) -> None:
    with a_bench(region, clinic) as bench:
        assert red(judged(bench)) == {}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_a_wrong_behaviour_is_caught_by_the_right_check_alone(region: Served, mutant: Mutant) -> None:
    with mutant.inside(), a_bench(region, mutant.clinic, mutant.twist(), **mutant.settings) as bench:
        found = red(judged(bench))
    assert mutant.rule in found.get(mutant.check, set()), found
    assert set(found) <= {mutant.check, *mutant.kin}
