"""Invitations are judged where there are some; each test has a region of its own, for an invitation is used once."""

import pytest

from conformance.model import Outcome
from conformance.run import run_checks
from contracts.identifiers import HsaId
from scheduling_backends.engine.states import BookingState
from tests.conformance.judging import a_bench, a_test_person, chosen, judged, red
from tests.conformance.mutants_journey import INVITATION_MUTANTS
from tests.journeys.test_scenarios import invitations_of
from tests.people import BERTIL, ELIN, GRETA

OFFICE = "SE2321009991-2B99"
EAST = "SE2321009991-2B04"
WEST = "SE2321009991-2B05"


def of_the_demo(town):
    """Elin's open invitation, from an office that gives no times itself."""
    (fresh,) = (one.id for one in invitations_of(town, ELIN) if one.state is BookingState.INVITED)
    return {"open_invitations": ((a_test_person(ELIN), fresh),)}


def timed_of_the_demo(town):
    (invited,) = town.visitor(GRETA, "2B05").schedule()
    return {"timed_invitations": ((a_test_person(GRETA), invited.booking_id),)}


def test_an_open_invitation_is_judged_whole_and_named_among_what_is_left_behind(town):
    settings = of_the_demo(town)
    with a_bench(town.served, OFFICE, **settings) as bench:
        carried = run_checks(bench, chosen("invitations"))
    results = {one.check: one for one in carried.results}
    assert red(results) == {}
    assert {name for name, one in results.items() if one.outcome is Outcome.NOT_JUDGED} == {
        "invitations.timed-has-its-time",
        "invitations.timed-becomes-a-booking",
    }
    (sentence,) = carried.left_behind
    assert settings["open_invitations"][0][1] in sentence
    assert town.visitor(ELIN, "2B04").schedule() == ()


def test_a_timed_invitation_is_judged_whole_and_what_it_became_is_cancelled(town):
    settings = timed_of_the_demo(town)
    with a_bench(town.served, WEST, **settings) as bench:
        carried = run_checks(bench, chosen("invitations"))
    results = {one.check: one for one in carried.results}
    assert red(results) == {}
    assert results["invitations.timed-becomes-a-booking"].outcome is Outcome.PASSED
    assert town.visitor(GRETA, "2B05").schedule() == ()
    (sentence,) = carried.left_behind
    assert settings["timed_invitations"][0][1] in sentence


def test_an_invitation_is_booked_at_the_asked_clinic_when_that_is_named(town):
    timebook = town.served.region.pipeline.producers.adapters["timebook"]
    places = [HsaId(EAST), HsaId(WEST)]
    with timebook.desk() as desk:
        sent = desk.invite(HsaId(EAST), "SCR15", BERTIL.identity, "Välj en tid.", places)
    with a_bench(town.served, EAST, open_invitations=((a_test_person(BERTIL), sent),)) as bench:
        results = judged(bench, "invitations")
    assert red(results) == {}
    assert results["invitations.open-becomes-a-booking-once"].outcome is Outcome.PASSED


def test_without_an_invitation_nothing_is_judged(town):
    with a_bench(town.served, EAST) as bench:
        results = judged(bench, "invitations")
    assert {one.outcome for one in results.values()} == {Outcome.NOT_JUDGED}


@pytest.mark.parametrize("mutant", INVITATION_MUTANTS, ids=lambda one: one.name)
def test_a_wrong_behaviour_about_invitations_is_caught_by_the_right_check_alone(town, mutant):
    is_timed = mutant.check.startswith("invitations.timed")
    settings, clinic = (timed_of_the_demo(town), WEST) if is_timed else (of_the_demo(town), OFFICE)
    with a_bench(town.served, clinic, mutant.twist(), **settings) as bench:
        found = red(judged(bench))
    assert mutant.rule in found.get(mutant.check, set()), found
    assert set(found) <= {mutant.check, *mutant.kin}
