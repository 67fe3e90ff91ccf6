"""Each wrong behaviour is caught by the check about its rule, and no other check of an unrelated rule turns red.

Those of `WHOLE` are judged by the whole of the suites, the others by the suites of the checks that may see them and by
those about form: a whole run takes some ten seconds. `TIDBRO_MUTANTS=whole` judges each by the whole.
"""

import os

import pytest

from tests.conformance import mutants_form, mutants_journey, mutants_refuse
from tests.conformance.judging import TAKECARE, TIMEBOOK, a_bench, judged, red
from tests.conformance.mutants import Mutant
from tests.serving import Served

MUTANTS: tuple[Mutant, ...] = (*mutants_form.MUTANTS, *mutants_journey.MUTANTS, *mutants_refuse.MUTANTS)

WHOLE = {
    # form
    "a fault comes with 200", "an answer comes with 500", "the envelope is SOAP 1.2", "the charset lies",
    "elements come in another order", "children are in no namespace", "a foreign element stands in a timeslot",
    "stamps have a zone", "a time is on 31 February", "dates have hyphens", "what has no value is empty",
    "a free time has a subject_of_care", "details lack a flag", "the schedule lacks subject_of_care",
    "DocBook stands in purpose as elements", "the header's order is demanded", "an unknown header block is refused",
    "HSA-ids are compared by letter case", "a ping is not answered",
    # behaviour
    "facilities-unknown-booking-faults", "agent-gets-the-patients-times", "days-off-by-one", "last-day-excluded",
    "past-times-listed", "rebooking-ignores-the-booking", "zone-converted-in-the-details",
    "booking-absent-from-the-schedule", "announced-flag-does-not-hold", "both-bookings-after-a-move",
    "old-slot-not-freed-by-a-move", "lost-by-a-failed-move", "an-invitation-after-a-move",
    "moved-although-the-flag-is-false", "cancel-says-ok-and-does-nothing", "slot-not-freed-by-cancelling",
    # refusals, races
    "a time is sold twice in the rush", "a refused booking is a fault", "an ERROR has no text",
    "somebody else's booking is shown", "anybody may cancel", "a booking that does not exist is made up",
    "a passed time is booked", "a fault shows a stack trace", "the same booking once more is one booking more",
}  # fmt: skip


def suites_for(mutant: Mutant) -> tuple[str, ...]:
    """All of them for none."""
    if mutant.name in WHOLE or os.environ.get("TIDBRO_MUTANTS") == "whole":
        return ()
    seen_by = [one.partition(".")[0] for one in (mutant.check, *mutant.kin)]
    provoking = ("headers", "refusals") if "messages" in seen_by else ()  # faults and ERRORs to look at
    return tuple(dict.fromkeys(("basics", "messages", *provoking, *seen_by)))


def test_more_than_forty_are_judged_whole_and_each_of_them_is_there() -> None:
    assert len(WHOLE) > 40
    assert {one.name for one in MUTANTS} > WHOLE
    assert len({one.name for one in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("clinic", [TIMEBOOK, TAKECARE])
def test_a_built_in_system_passes_whole(region: Served, clinic: str) -> None:
    with a_bench(region, clinic) as bench:
        assert red(judged(bench)) == {}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_a_wrong_behaviour_is_caught_by_the_right_check_alone(region: Served, mutant: Mutant) -> None:
    with mutant.inside(), a_bench(region, mutant.clinic, mutant.twist(), **mutant.settings) as bench:
        found = red(judged(bench, *suites_for(mutant)))
    assert mutant.rule in found.get(mutant.check, set()), found
    assert set(found) <= {mutant.check, *mutant.kin}
