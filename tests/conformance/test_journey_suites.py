"""What the suites about journeys need to be told, and that they put back what they change."""

from conformance.model import Outcome
from conformance.run import run_checks
from contracts.identifiers import HsaId
from tests.conformance.judging import TAKECARE, TIMEBOOK, a_bench, a_test_person, chosen, judged, red
from tests.conformance.mutants_journey import BOOKED, FlagFalse
from tests.people import HULDA

ORTHOPAEDICS = "SE2321009991-1A03"
SOUTH = HsaId("SE2321009991-2B03")
OTHERS = ("SE2321009991-1A04", "SE2321009991-2B01", "SE2321009991-2B04")


def booked_by_hand(bench):
    """A booking that stands before the run, and its id."""
    slot = bench.free()[0]
    return bench.make(slot, bench.person, "A booking from before.").text("bookingId")


def test_the_other_clinics_pass_whole_and_nothing_is_left(town):
    for clinic in OTHERS:
        with a_bench(town.served, clinic) as bench:
            carried = run_checks(bench, chosen())
        assert red({one.check: one for one in carried.results}) == {}
        assert carried.left_behind == ()


def test_a_booking_that_may_not_be_changed_is_tried_and_stands_after(town):
    (visit,) = town.visitor(HULDA, "1A03").schedule()
    refusable = ((a_test_person(HULDA), visit.booking_id),)
    with a_bench(town.served, ORTHOPAEDICS, refusable_bookings=refusable) as bench:
        results = judged(bench, "cancelling.false-flag-is-refused", "moving.false-flag-is-refused")
    assert {one.outcome for one in results.values()} == {Outcome.PASSED}
    assert town.visitor(HULDA, "1A03").schedule() == (visit,)


def test_a_booking_that_is_cancelled_although_its_flag_is_false_is_told_and_left_behind(town):
    with a_bench(town.served, TIMEBOOK) as bench:
        person, booking_id = bench.person, booked_by_hand(bench)
    twist = FlagFalse("cancel_booking_allowed", *BOOKED)
    with a_bench(town.served, TIMEBOOK, twist, refusable_bookings=((person, booking_id),)) as bench:
        carried = run_checks(bench, chosen("cancelling.false-flag-is-refused"))
    assert red({one.check: one for one in carried.results}) == {"cancelling.false-flag-is-refused": {"CB-1"}}
    assert [booking_id in sentence for sentence in carried.left_behind] == [True]


def test_a_booking_is_moved_to_another_clinic_when_one_is_named(town):
    with a_bench(town.served, TIMEBOOK, other_facility=SOUTH) as bench:
        carried = run_checks(bench, chosen("moving.another-clinic-takes-it-over"))
    (result,) = carried.results
    assert (result.outcome, result.findings, carried.left_behind) == (Outcome.PASSED, (), ())


def test_a_clinic_that_is_not_named_for_the_booking_gets_none(town):
    with a_bench(town.served, TAKECARE, other_facility=SOUTH) as bench:
        (result,) = judged(bench, "moving.another-clinic-takes-it-over").values()
    assert result.outcome is Outcome.NOT_JUDGED
