"""Showing booked times: the schedule, then the details; and that silence is not taken for “nothing booked”.

Source: contracts.md §3.2 (first flow, FLOW-1), G-14, PS-2.
"""

from conformance.checks import Findings, NotJudged
from conformance.consumer.asked import Asked
from conformance.consumer.bench import ConsumerBench, Played
from conformance.consumer.suite import SUITES
from contracts import xml


@SUITES.check(
    "seeing.schedule-then-details",
    rules=("FLOW-1",),
    title="Booked times are asked for with GetSubjectOfCareSchedule, and each one with GetBookingDetails after it",
)
def schedule_then_details(bench: ConsumerBench) -> Findings:
    played = bench.played("see")
    details = [one for one in played.all("GetBookingDetails") if one.booking_id == played.fact("BOOKING_ID")]
    schedules = played.all("GetSubjectOfCareSchedule")
    if not schedules:
        sentence = "The booked times were to be shown, but GetSubjectOfCareSchedule was never asked."
        remedy = "Ask GetSubjectOfCareSchedule: only the clinic's system knows what is booked there now (G-21)."
        yield bench.finding("FLOW-1", sentence, remedy, next(iter(played.asked)))
    elif not any(one.number > schedules[0].number for one in details):
        sentence = (
            "A booking was opened, but GetBookingDetails was not asked for it after the schedule: what may be done with"
            " it stands for certain in its details alone, where the three flags must be present."
        )
        remedy = "Ask GetBookingDetails with the booking's id before showing it in full."
        yield bench.finding("FLOW-1", sentence, remedy, schedules[0])


@SUITES.check(
    "seeing.silence-is-not-nothing",
    rules=("PS-2", "G-14"),
    title="A citizen whose clinics did not answer sees something else than one who has nothing booked",
)
def silence_is_not_nothing(bench: ConsumerBench) -> Findings:
    none, unknown = bench.played("see-none"), bench.played("see-unknown")
    asked = unknown.demand("GetSubjectOfCareSchedule")
    none.demand("GetSubjectOfCareSchedule")
    if not unknown.saw.strip():
        raise NotJudged("The driver told nothing of what the citizen saw.")
    if _plain(none) == _plain(unknown):
        is_aggregated = asked.answer.is_usable
        rule, how = ("PS-2", "ProcessingStatus said NoDataSynchFailed") if is_aggregated else ("G-14", "a fault came")
        sentence = f"No clinic had told what is booked ({how}), and the citizen saw just what one sees who has nothing."
        yield bench.finding(
            rule, sentence, "Say that booked times could not be fetched, and from which clinics.", asked
        )


@SUITES.check(
    "seeing.a-part-is-told-as-a-part",
    rules=("PS-2",),
    title="A citizen one of whose clinics did not answer sees something else than one who has nothing booked",
)
def a_part_is_told_as_a_part(bench: ConsumerBench) -> Findings:
    none, part = bench.played("see-none"), bench.played("see-part")
    asked = next((one for one in part.all("GetSubjectOfCareSchedule") if _was_partly_answered(one)), None)
    none.demand("GetSubjectOfCareSchedule")
    if asked is None:
        raise NotJudged("The clinic that does not answer was not asked, alone or with all others.")
    if not part.saw.strip():
        raise NotJudged("The driver told nothing of what the citizen saw.")
    if _plain(none) == _plain(part):
        sentence = "One of two clinics had not answered, and the citizen saw just what one sees who has nothing booked."
        remedy = "Say which clinics' times could not be fetched: the list is only a part."
        yield bench.finding("PS-2", sentence, remedy, asked)


def _was_partly_answered(asked: Asked) -> bool:
    """Whether the answer was one about several clinics, or the fault of the one that will not tell."""
    return asked.answer.fault is not None or (asked.answer.root is not None and _has_status(asked.answer.root))


def _has_status(root: xml.Element) -> bool:
    return next(root.iter("{*}ProcessingStatus"), None) is not None


@SUITES.check(
    "seeing.no-details-of-free-times",
    rules=("GBD-5", "GAT-6"),
    title="GetBookingDetails is asked for bookings and invitations, never with the id of a free time",
)
def no_details_of_free_times(bench: ConsumerBench) -> Findings:
    played = bench.played("book")
    free = {slot.booking_id for asked in played.all("GetAvailableTimeslots") for slot in asked.answer.slots} - {None}
    if not free:
        raise NotJudged("No free time was listed to the consumer.")
    for asked in played.all("GetBookingDetails"):
        if asked.booking_id in free:
            sentence = "GetBookingDetails was asked with the id of a free time, which names no booking."
            remedy = "Show a free time as it was listed; after MakeBooking use the bookingId of its answer."
            yield bench.finding("GBD-5", sentence, remedy, asked)


def _plain(played: Played) -> str:
    return " ".join(played.saw.split())
