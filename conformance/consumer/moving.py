"""Moving: only what may be moved, to times that fit that very booking, by its id as it is now.

Source: contracts.md §3.2 (FLOW-3), §5.12, G-13.
"""

from conformance.checks import Findings, NotJudged
from conformance.consumer.asked import Asked, is_same
from conformance.consumer.bench import ConsumerBench, Played
from conformance.consumer.suite import SUITES

MOVE = "UpdateBooking"
_TIMES = ("GetAvailableDates", "GetAvailableTimeslots")


@SUITES.check(
    "moving.in-order",
    rules=("FLOW-3",),
    title="Before a booking is moved its details are read, and free times asked for with its bookingId",
)
def in_order(bench: ConsumerBench) -> Findings:
    played = bench.played("move")
    yield from looked_first(bench, played, played.demand(MOVE), "FLOW-3")


def looked_first(bench: ConsumerBench, played: Played, moved: Asked, rule: str) -> Findings:
    """What is missing before a booking is moved."""
    about = played.fact("BOOKING_ID")
    if not any(one.booking_id == about for one in played.before(moved, "GetBookingDetails")):
        sentence = "UpdateBooking came without GetBookingDetails for the booking: whether it may be moved was not read."
        yield bench.finding(rule, sentence, "Ask GetBookingDetails before moving a booking.", moved)
    asked = played.before(moved, *_TIMES)
    if "GetAvailableTimeslots" not in {one.interaction for one in asked if one.booking_id == about}:
        how = "without a bookingId" if asked else "not at all"
        sentence = (
            f"Free times were asked for {how} before UpdateBooking: it is the bookingId that makes the system list the"
            " times that this booking may be moved to."
        )
        remedy = "Send the booking's id as bookingId in GetAvailableDates and GetAvailableTimeslots when rebooking."
        yield bench.finding(rule, sentence, remedy, next(reversed(asked), moved))


@SUITES.check(
    "moving.names-the-booking",
    rules=("UB-1",),
    title="UpdateBooking names the existing booking, the new time, its clinic and its citizen",
)
def names_the_booking(bench: ConsumerBench) -> Findings:
    played = bench.played("move")
    moved = played.demand(MOVE)
    slot = moved.slot
    names = ("bookingId", "startTimeInclusive", "endTimeExclusive", "healthcare_facility", "subject_of_care")
    missing = [name for name in names if slot is None or slot.one(name) is None]
    if missing:
        told = " and ".join(missing)
        yield bench.finding(
            "UB-1", f"UpdateBooking lacks {told}.", f"Send {told} with every UpdateBooking.", moved, slot
        )
    elif moved.booking_id != played.fact("BOOKING_ID"):
        sentence = "UpdateBooking's bookingId is not that of the booking to be moved."
        remedy = "Send the existing booking's id; the free time's own id has no place in UpdateBooking."
        yield bench.finding("UB-1", sentence, remedy, moved, slot)


@SUITES.check(
    "moving.to-a-clinic-that-may-be-chosen",
    rules=("UB-3",),
    title="A booking is moved within its clinic, or to one that GetAllHealthcareFacilities gave for that booking",
)
def to_a_clinic_that_may_be_chosen(bench: ConsumerBench) -> Findings:
    played = bench.played("move-away")
    for moved in (played.demand(MOVE), *played.all(MOVE)[1:]):
        if not is_same(moved.facility, played.fact("CLINIC")) and not is_listed(played, moved):
            sentence = "The booking was moved to another clinic that GetAllHealthcareFacilities had not given for it."
            remedy = (
                "Ask GetAllHealthcareFacilities with the booking's id, and let the citizen choose among its answer."
            )
            yield bench.finding("UB-3", sentence, remedy, moved, moved.slot)


def is_listed(played: Played, moved: Asked) -> bool:
    """Whether the clinic was in an answer to GetAllHealthcareFacilities with the play's booking or invitation."""
    about = played.fact("BOOKING_ID")
    asked = (one for one in played.before(moved, "GetAllHealthcareFacilities") if one.booking_id == about)
    listed = (node.text("healthcare_facility") for one in asked for node in one.answer.all("healthcareFacilityInfos"))
    return any(is_same(one or "", moved.facility) for one in listed)


@SUITES.check(
    "moving.only-what-may-be",
    rules=("UB-2", "G-13"),
    title="A booking whose rebooking_allowed is false or absent is not moved",
)
def only_what_may_be(bench: ConsumerBench) -> Findings:
    yield from forbidden(bench, MOVE, "UB-2", "rebooking_allowed")


def forbidden(bench: ConsumerBench, interaction: str, rule: str, flag: str) -> Findings:
    """A finding for a change that the booking's flag does not allow. One who read the schedule alone saw no flag."""
    played = bench.played("locked")
    for sent in played.all(interaction):
        has_read = any(one.booking_id == sent.booking_id for one in played.before(sent, "GetBookingDetails"))
        what = f"{flag} false" if has_read else f"no {flag}, which means false"
        sentence = f"{interaction} came for a booking of which the clinic had told {what}."
        remedy = f"Offer it only where {flag} is true; absent or false, tell the citizen to call the clinic."
        yield bench.finding(rule if has_read else "G-13", sentence, remedy, sent)


@SUITES.check(
    "moving.new-id-is-used",
    rules=("UB-6",),
    title="After a move the booking is addressed by the id that it has then",
)
def new_id_is_used(bench: ConsumerBench) -> Findings:
    played = bench.played("move")
    moved = played.demand(MOVE)
    later = [one for one in played.all("CancelBooking") if one.number > moved.number]
    if not moved.answer.is_done or not later:
        raise NotJudged("The booking was not cancelled after it had been moved.")
    for one in later:
        if one.booking_id == played.fact("BOOKING_ID"):
            sentence = (
                "The booking got another id when it was moved, and CancelBooking came with the one that it had before."
            )
            remedy = (
                "UpdateBooking's answer names no booking: ask GetSubjectOfCareSchedule after a move, or follow the"
                " engagement index, and use the id that stands there."
            )
            yield bench.finding("UB-6", sentence, remedy, one)
