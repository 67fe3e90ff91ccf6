"""Book, see, details: what holds of a new booking from its answer on.

Elsewhere: moving (moving.py), cancelling (cancelling.py), what must be refused (refusals.py), many at once (duel.py).
"""

from collections.abc import Iterator
from datetime import timedelta

from conformance.checks import Findings, NotJudged
from conformance.producer import seats
from conformance.producer.bench import Booking, ProducerBench
from conformance.producer.listing import same_id
from conformance.producer.suite import SUITES
from conformance.reading import Answer, Slot


@SUITES.check(
    "booking.a-free-time-can-be-booked",
    rules=("G-16", "MB-1"),
    title="A time that is listed as free can be booked, and the answer names the booking",
)
def a_free_time_can_be_booked(bench: ProducerBench) -> Findings:
    slot = bench.free()[0]
    answer = bench.make(slot, bench.person, "The latest free time is booked.")
    if not answer.is_done:
        if answer.result == "ERROR" and bench.ids_of(bench.person):
            raise NotJudged("The person has a booking at the clinic already, and a rule may allow no other.")
        sentence = f"A time that GetAvailableTimeslots had just listed could not be booked: {answer.in_words}."
        remedy = "List only times that can be booked, and book the time that is named by start, end and bookingId."
        yield bench.finding("G-16", sentence, remedy, answer)
        return
    booking_id = answer.text("bookingId")
    if not booking_id:
        sentence = f"resultCode is {answer.result}, but the answer names no booking."
        yield bench.finding("MB-1", sentence, "Give the new booking's id in bookingId for OK and INFO.", answer)
        return
    bench.put_back(Booking(booking_id, bench.person, slot, answer))


@SUITES.check(
    "booking.confirmed-is-seen",
    rules=("G-21",),
    title="A confirmed booking is in the person's schedule at once",
)
def confirmed_is_seen(bench: ProducerBench) -> Findings:
    with bench.booked() as booking:
        answer = bench.schedule(booking.person, "Is the new booking in the schedule?")
        if not answer.is_usable:
            raise NotJudged(f"GetSubjectOfCareSchedule gave {answer.in_words}.")
        if _found(booking, answer.slots) is None:
            sentence = "The booking was confirmed, but GetSubjectOfCareSchedule does not list its bookingId."
            yield bench.finding(
                "G-21", sentence, "Show a booking in every query from the moment of its answer.", answer
            )


@SUITES.check(
    "booking.time-stays-as-it-was-listed",
    rules=("G-4",),
    title="The schedule and the details tell the time of a booking as it was listed when it was free",
)
def time_stays_as_it_was_listed(bench: ProducerBench) -> Findings:
    with bench.booked() as booking:
        seen = bench.schedule(booking.person, "At which time does the schedule put the booking?")
        details = bench.details(booking.id, booking.person, "At which time do the details put the booking?")
        for answer, slot in ((seen, _found(booking, seen.slots)), (details, next(iter(details.slots), None))):
            if slot is not None and (told := _moved(booking.slot, slot)):
                sentence = f"{answer.exchange.interaction} tells another time than was listed and booked: {told}."
                yield bench.finding("G-4", sentence, _NO_ZONE, answer, slot.one("startTimeInclusive") or slot)


@SUITES.check(
    "booking.is-what-was-asked-for",
    rules=("G-16",),
    title="A booking is with the performer, of the time type and at the place that was asked for",
)
def is_what_was_asked_for(bench: ProducerBench) -> Findings:
    with bench.booked() as booking:
        for answer, slot in _seen(bench, booking):
            for name in _KEPT:
                listed, told = booking.slot.text(name), slot.text(name)
                if listed and told and not same_id(listed, told):
                    sentence = (
                        f"A time with {name} {listed} was listed, booked and confirmed with {booking.answer.result};"
                        f" {answer.exchange.interaction} tells {name} {told}."
                    )
                    remedy = "Carry out what was asked for, or answer ERROR: OK means that it was done as asked."
                    yield bench.finding("G-16", sentence, remedy, answer, slot.one(name))


@SUITES.check(
    "booking.answered-id-is-the-bookings",
    rules=("GBD-7", "MB-1"),
    title="The id that MakeBooking answers is the booking's from then on, whatever id the free time had",
)
def answered_id_is_the_bookings(bench: ProducerBench) -> Findings:
    with bench.booked() as booking:
        answer = bench.details(booking.id, booking.person, "What are the details of the new booking?")
        slot = next(iter(answer.slots), None)
        if slot is None:
            sentence = f"GetBookingDetails, asked with the id that MakeBooking answered, gave {answer.in_words}."
            remedy = "Answer for every booking, by the id that was given for it."
            yield bench.finding("GBD-7", sentence, remedy, answer)
        elif slot.booking_id and slot.booking_id != booking.id:
            sentence = (
                f"GetBookingDetails was asked for booking {booking.id} and answers with {slot.booking_id}; the id that"
                " MakeBooking answers is the booking's."
            )
            remedy = "Answer MakeBooking with the id by which the booking is known everywhere else."
            yield bench.finding("MB-1", sentence, remedy, answer, slot.one("bookingId"))


@SUITES.check(
    "booking.time-is-gone-from-the-free-ones",
    rules=("G-21",),
    title="A time that has been booked is no longer listed as free",
)
def time_is_gone_from_the_free_ones(bench: ProducerBench) -> Findings:
    slot = bench.free()[0]
    watched = seats.watch(bench, slot, bench.person)
    with bench.booked(slot=slot) as booking:
        yield from seats.still_listed(bench, watched, booking.person)


@SUITES.check(
    "booking.announced-flags-hold",
    rules=("GAT-7",),
    title="What a free time says of cancelling and rebooking holds for a booking of it",
)
def announced_flags_hold(bench: ProducerBench) -> Findings:
    """`message_allowed` is not compared: in 1.0 it was about the reason for booking, and systems of both readings are
    about. Nor is a flag that the list leaves out."""
    told = False
    for slot in _of_each_promise(bench):
        with bench.booked(slot=slot) as booking:
            answer = bench.details(booking.id, booking.person, "Which flags has the new booking?")
            for details in answer.slots[:1]:
                for name in _PROMISED:
                    promised, holds = slot.flag(name), bool(details.flag(name))
                    told = told or promised is not None
                    if promised is not None and promised != holds:
                        sentence = f"The free time said {name} {_word(promised)}; its booking says {_word(holds)}."
                        remedy = "Announce with a free time the flags that a booking of it will have."
                        yield bench.finding("GAT-7", sentence, remedy, answer, details.one(name) or details)
    if not told:
        raise NotJudged("The free times tell no flags.")


def _of_each_promise(bench: ProducerBench) -> Iterator[Slot]:
    """A free time that may be rebooked, and one that may not, where there are both."""
    found = 0
    for fit in (lambda slot: bool(slot.flag("rebooking_allowed")), lambda slot: not slot.flag("rebooking_allowed")):
        try:
            yield bench.free(fit=fit)[0]
            found += 1
        except NotJudged:
            continue
    if not found:
        raise NotJudged("There is no free time that may be cancelled again.")


@SUITES.check(
    "booking.schedule-and-details-agree-on-flags",
    rules=("G-13",),
    title="The schedule and the details agree on what may be done; a flag that is left out is false",
)
def schedule_and_details_agree_on_flags(bench: ProducerBench) -> Findings:
    with bench.booked() as booking:
        both = _seen(bench, booking)
        if len(both) < 2:
            raise NotJudged("The booking is not told by both the schedule and the details.")
        (schedule, in_schedule), (_, details) = both
        for name in (*_PROMISED, "message_allowed", "isInvitation"):
            if bool(in_schedule.flag(name)) != bool(details.flag(name)):
                sentence = (
                    f"{name} is {_told(details, name)} in the details and {_told(in_schedule, name)} in the schedule of"
                    " one booking at one time; left out means false."
                )
                remedy = "Give the flags alike in both, and leave one out only where it is false."
                yield bench.finding("G-13", sentence, remedy, schedule, in_schedule.one(name) or in_schedule)


@SUITES.check(
    "booking.info-tells-something",
    rules=("G-16", "G-17"),
    title="INFO comes with a text to show",
)
def info_tells_something(bench: ProducerBench) -> Findings:
    with bench.booked() as booking:
        if booking.answer.result != "INFO":
            raise NotJudged(f"The booking was confirmed with {booking.answer.result}, so no text need be shown.")
        if not booking.answer.text("resultText"):
            sentence = "resultCode is INFO, which says that there is a text to show, and there is none."
            remedy = "Give the text in resultText, or answer OK."
            yield bench.finding("G-17", sentence, remedy, booking.answer)


_KEPT = ("performer", "timeTypeID", "resourceID", "healthcare_facility")
_PROMISED = ("cancel_booking_allowed", "rebooking_allowed")


def _seen(bench: ProducerBench, booking: Booking) -> list[tuple[Answer, Slot]]:
    """The booking in the schedule and in the details, where it is."""
    schedule = bench.schedule(booking.person, "What does the schedule tell of the booking?")
    details = bench.details(booking.id, booking.person, "What do the details tell of the booking?")
    both = ((schedule, _found(booking, schedule.slots)), (details, next(iter(details.slots), None)))
    return [(answer, slot) for answer, slot in both if slot is not None]


def _word(flag: bool) -> str:
    return "true" if flag else "false"


def _told(slot: Slot, name: str) -> str:
    flag = slot.flag(name)
    return "left out" if flag is None else _word(flag)


_NO_ZONE = "Keep Swedish local time from one end to the other: no side may convert, to UTC or from it."


def _found(booking: Booking, slots: tuple[Slot, ...]) -> Slot | None:
    return next((one for one in slots if one.booking_id == booking.id), None)


def _moved(listed: Slot, seen: Slot) -> str:
    """How far a time was moved, in words; empty when it was not, or cannot be compared."""
    if listed.start is None or seen.start is None or listed.start == seen.start:
        return ""
    by = seen.start.replace(tzinfo=None) - listed.start.replace(tzinfo=None)
    sign = "later" if by > timedelta(0) else "earlier"
    return f"{abs(by)} {sign}"
