"""Moving a booking: the old time is freed, the new one stands, a failed move loses nothing.

Each check books a time that may be moved and moves it to one that is listed for that very booking, on another day where
there is one. The id may change with a move (UB-6): the booking is then whatever the person has at the clinic that was
not there before. Which of two times a booking stands at is judged by the nearer one, so that a system which shifts
times (G-4) is not told of it here. A move that is refused by a rule of the clinic's is told by one check; the others
are not judged.
A false flag is tried on bookings that the run made itself, and on those that the setting `refusable_bookings` names.
Elsewhere: timed invitations (invitations.py), other people's bookings and bad requests (refusals.py).
Source: contracts.md §5.12, I-4, G-16, G-21.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from conformance.checks import Findings, NotJudged
from conformance.model import Finding
from conformance.people import TestPerson
from conformance.producer import listing, seats
from conformance.producer.bench import Booking, ProducerBench
from conformance.producer.suite import SUITES
from conformance.reading import Answer, Slot
from contracts import scheduling as s
from contracts.identifiers import HsaId

_HOW_FAR = (timedelta(days=1), timedelta(days=4), timedelta(days=21))


@dataclass(frozen=True)
class Ground:
    """A booking that may be moved, the time to move it to, and what its person had at the clinic besides."""

    booking: Booking
    new: Slot
    besides: frozenset[str]

    def ours(self, answer: Answer) -> tuple[Slot, ...]:
        """What a schedule holds beyond what was there before the booking."""
        return tuple(slot for slot in answer.slots if slot.booking_id not in self.besides)


@contextmanager
def _movable(bench: ProducerBench) -> Iterator[Ground]:
    """Ground for a check; all that is there in the end, under whatever id, is cancelled."""
    bench.remember(bench.person)
    besides = bench.ids_of(bench.person)
    slot = bench.free(fit=lambda one: one.flag("rebooking_allowed") is not False)[0]
    with bench.booked(slot=slot) as booking:
        details = bench.details(booking.id, booking.person, "May the booking be moved?")
        if not any(one.flag("rebooking_allowed") for one in details.slots):
            raise NotJudged("The booking says that it may not be moved.")
        ground = Ground(booking, _new_time(bench, booking), besides)
        try:
            yield ground
        finally:
            _put_back(bench, ground)


def _put_back(bench: ProducerBench, ground: Ground) -> None:
    """Cancel the booking, under its id or the one that it has now."""
    if bench.put_back(ground.booking):
        return
    answer = bench.schedule(ground.booking.person, "Under which id does the booking stand, to be cancelled?")
    for slot in ground.ours(answer):
        if slot.booking_id and slot.booking_id != ground.booking.id:
            bench.end(slot.booking_id, ground.booking.person, "The moved booking of this check is cancelled.")


def _new_time(bench: ProducerBench, booking: Booking) -> Slot:
    """A time that is listed for moving the booking: of its own kind, on another day if there is one."""
    start = booking.slot.start
    if start is None:
        raise NotJudged("The booked time has no start that can be read.")
    kind, last = booking.slot.text("timeTypeID"), start.date()
    for distance in _HOW_FAR:
        first = max(last - distance, bench.today)
        answer = listing.times(bench, "Where can it be moved to?", first, last, booking_id=booking.id)
        fit = [one for one in listing.future(bench, answer) if one.text("timeTypeID") in (None, kind)]
        fit = [one for one in fit if one.start and one.start != start]
        other_days = [one for one in fit if one.start and one.start.date() != last]
        if other_days or (fit and distance is _HOW_FAR[-1]):
            return (other_days or fit)[-1]
    raise NotJudged("No time is listed that the booking could be moved to.")


@SUITES.check(
    "moving.listed-time-can-be-had",
    rules=("GAT-2", "UB-1", "UB-2"),
    title="A booking that may be moved can be moved to a time that is listed for it",
)
def listed_time_can_be_had(bench: ProducerBench) -> Findings:
    with _movable(bench) as ground:
        answer = bench.move(ground.booking, ground.new, "The booking is moved.")
        if not answer.is_done:
            sentence = (
                "The booking says rebooking_allowed true and GetAvailableTimeslots listed the time for its bookingId,"
                f" but UpdateBooking gave {answer.in_words}."
            )
            remedy = "With a bookingId list only times that the booking can be moved to, and accept those."
            yield bench.finding("GAT-2", sentence, remedy, answer)


@SUITES.check(
    "moving.stands-at-the-new-time-alone",
    rules=("G-16", "G-21", "UB-6"),
    title="After a move there is one booking, at the new time, whatever its id",
)
def stands_at_the_new_time_alone(bench: ProducerBench) -> Findings:
    with _movable(bench) as ground:
        _demand_seen(bench, ground)
        answer = _done(bench, ground)
        schedule = bench.schedule(ground.booking.person, "What stands after the move?")
        if not schedule.is_usable:
            raise NotJudged(f"GetSubjectOfCareSchedule gave {schedule.in_words}.")
        yield from _one_at(bench, ground, schedule, ground.new, f"The move was confirmed with {answer.result}")


def _done(bench: ProducerBench, ground: Ground) -> Answer:
    """Move the booking. Raises NotJudged when that is refused."""
    answer = bench.move(ground.booking, ground.new, "The booking is moved.")
    if not answer.is_done:
        raise NotJudged(f"The booking could not be moved ({answer.in_words}); see moving.listed-time-can-be-had.")
    return answer


def _demand_moved(bench: ProducerBench, ground: Ground) -> None:
    """Raises NotJudged where the schedule shows that nothing was moved, which another check tells."""
    ours = ground.ours(bench.schedule(ground.booking.person, "Has the booking been moved?"))
    if any(_is_nearer(slot.start, ground.booking.slot.start, ground.new.start) for slot in ours):
        raise NotJudged("The booking was not moved; see moving.stands-at-the-new-time-alone.")


def _demand_seen(bench: ProducerBench, ground: Ground) -> None:
    """Raises NotJudged where the schedule does not show even a booking that was not moved."""
    if ground.booking.id not in bench.ids_of(ground.booking.person):
        raise NotJudged("The schedule does not show the booking; see booking.confirmed-is-seen.")


def _one_at(
    bench: ProducerBench, ground: Ground, schedule: Answer, wanted: Slot, what: str, rule_of_none: str = "G-21"
) -> Iterator[Finding]:
    """Findings unless exactly one booking of ours stands, at `wanted` rather than at the other time."""
    ours = ground.ours(schedule)
    other = ground.booking.slot if wanted is ground.new else ground.new
    if not ours:
        sentence = f"{what}, but the schedule holds neither the old time nor the new."
        remedy = "Move in one step: the new time is taken, the old one let go, and if that fails nothing has changed."
        yield bench.finding(rule_of_none, sentence, remedy, schedule)
    elif len(ours) > 1:
        sentence = f"{what}, but the schedule now holds {len(ours)} bookings where there was one."
        yield bench.finding("G-16", sentence, "Let the one time go when the other is taken.", schedule, ours[-1])
    elif _is_nearer(ours[0].start, other.start, wanted.start):
        sentence = f"{what}, but the schedule shows the booking at the {'old' if wanted is ground.new else 'new'} time."
        remedy = "Answer OK or INFO when the booking has been moved, and ERROR when it has not."
        yield bench.finding("G-16", sentence, remedy, schedule, ours[0].one("startTimeInclusive"))


def _is_nearer(seen: datetime | None, one: datetime | None, other: datetime | None) -> bool:
    if seen is None or one is None or other is None:
        return False
    return abs(seen - one) < abs(seen - other)


@SUITES.check(
    "moving.makes-it-a-booking",
    rules=("I-4", "UB-5", "UB-6"),
    title="After a move the details are those of a booking, not of an invitation",
)
def makes_it_a_booking(bench: ProducerBench) -> Findings:
    with _movable(bench) as ground:
        _done(bench, ground)
        schedule = bench.schedule(ground.booking.person, "Under which id does it stand now?")
        ours = [one.booking_id for one in ground.ours(schedule) if one.booking_id] or [ground.booking.id]
        details = bench.details(ours[0], ground.booking.person, "Is it a booking now?")
        for slot in details.slots[:1]:
            if slot.flag("isInvitation"):
                yield still_an_invitation(bench, details, slot)


def still_an_invitation(bench: ProducerBench, answer: Answer, slot: Slot) -> Finding:
    """isInvitation is true after the citizen has moved the time."""
    sentence = "The citizen has moved the time, and GetBookingDetails still says isInvitation true."
    remedy = "Say isInvitation false, or leave it out, once the citizen has moved what it is about."
    return bench.finding("I-4", sentence, remedy, answer, slot.one("isInvitation"))


@SUITES.check(
    "moving.old-time-is-free-again",
    rules=("G-21",),
    title="The time that a booking was moved from can be booked by others at once",
)
def old_time_is_free_again(bench: ProducerBench) -> Findings:
    slot = bench.free(fit=lambda one: one.flag("rebooking_allowed") is not False)[0]
    watched = seats.watch(bench, slot, bench.person)
    with _movable(bench) as ground:
        if listing.place(ground.booking.slot) != listing.place(slot):
            raise NotJudged("Another time was booked than the one that was watched.")
        _done(bench, ground)
        _demand_moved(bench, ground)
        answer, is_free = seats.listed_again(bench, watched)
        if not is_free:
            sentence = (
                "The booking was moved from a time that others could book before, and GetAvailableTimeslots does not"
                " list it again."
            )
            yield bench.finding("G-21", sentence, "Let the old time go in the same step as the move.", answer)


@SUITES.check(
    "moving.new-time-is-taken",
    rules=("G-21",),
    title="The time that a booking was moved to is no longer listed as free",
)
def new_time_is_taken(bench: ProducerBench) -> Findings:
    with _movable(bench) as ground:
        watched = seats.watch(bench, ground.new, ground.booking.person)
        _done(bench, ground)
        _demand_moved(bench, ground)
        yield from seats.still_listed(bench, watched, ground.booking.person)


@SUITES.check(
    "moving.failed-move-loses-nothing",
    rules=("G-16", "UB-9"),
    title="A move to a time that is taken, or that does not exist, leaves the booking where it was",
)
def failed_move_loses_nothing(bench: ProducerBench) -> Findings:
    with _movable(bench) as ground:
        _demand_seen(bench, ground)
        with suppress(NotJudged), bench.booked(bench.other, slot=ground.new):
            answer = bench.move(ground.booking, ground.new, "The booking is moved to a time that another has taken.")
            if not answer.is_done:
                yield from _stands(bench, ground, answer, "a time that was taken")
                if answer.fault:
                    sentence = "Moving to a time that is taken gave a SOAP fault; it is an answer, with a text to show."
                    yield bench.finding("UB-9", sentence, "Answer resultCode ERROR with a resultText.", answer)
        answer = _move_to_nowhere(bench, ground)
        if not answer.is_done:
            yield from _stands(bench, ground, answer, "a time that does not exist")


def _move_to_nowhere(bench: ProducerBench, ground: Ground) -> Answer:
    start = ground.new.start
    assert start is not None
    begins = start.replace(hour=3, minute=7)
    wanted = bench.wanted(ground.new, ground.booking.person, booking_id=ground.booking.id)
    nowhere = replace(wanted, start=begins, end=begins + timedelta(minutes=1))
    purpose = "The booking is moved to seven minutes past three at night, a time that is not in the schedule."
    return bench.ask(s.UpdateBooking(nowhere), purpose, person=ground.booking.person)


def _stands(bench: ProducerBench, ground: Ground, answer: Answer, to: str) -> Iterator[Finding]:
    schedule = bench.schedule(ground.booking.person, "Does the booking stand where it was?")
    if schedule.is_usable:
        what = f"The move to {to} gave {answer.in_words}"
        yield from _one_at(bench, ground, schedule, ground.booking.slot, what, "G-16")


@SUITES.check(
    "moving.to-its-own-time-keeps-it",
    rules=("G-16",),
    title="A move to the time that a booking has already, done or refused, leaves it there",
)
def to_its_own_time_keeps_it(bench: ProducerBench) -> Findings:
    with _movable(bench) as ground:
        _demand_seen(bench, ground)
        answer = bench.move(ground.booking, ground.booking.slot, "The booking is moved to the time that it has.")
        yield from _stands(bench, ground, answer, "the time that the booking had")


# -- What may not be moved


@SUITES.check(
    "moving.false-flag-is-refused",
    rules=("UB-2", "G-15"),
    title="A booking whose rebooking_allowed is false cannot be moved",
)
def false_flag_is_refused(bench: ProducerBench) -> Findings:
    judged = 0
    for person, booking_id in bench.settings.refusable_bookings:
        details = bench.details(booking_id, person, "May the booking be moved?")
        slot = next(iter(details.slots), None)
        if slot is not None and not slot.flag("rebooking_allowed") and slot.start:
            judged += 1
            yield from _refused(bench, Booking(booking_id, person, slot, details), is_own=False)
    with suppress(NotJudged):
        slot, other = bench.free(wanted=2, fit=lambda one: not one.flag("rebooking_allowed"))[:2]
        with bench.booked(slot=slot) as booking:
            details = bench.details(booking.id, booking.person, "May the booking be moved?")
            if any(not one.flag("rebooking_allowed") for one in details.slots):
                judged += 1
                yield from _refused(bench, booking, is_own=True, to=other)
    if not judged:
        raise NotJudged("There is no booking with rebooking_allowed false to try; name one as a refusable booking.")


def _refused(bench: ProducerBench, booking: Booking, is_own: bool, to: Slot | None = None) -> Iterator[Finding]:
    """`to` is another free time of the kind; without one a booking that is not ours is moved to the next hour."""
    answer = bench.move(booking, to or _same_kind(bench, booking), "It is moved although it says that it may not be.")
    if answer.is_done:
        sentence = f"GetBookingDetails says rebooking_allowed false, and UpdateBooking gave {answer.in_words}."
        yield bench.finding("UB-2", sentence, "Refuse a move with ERROR where the flag is false.", answer)
        if not is_own:
            bench.leave_behind(f"The booking {booking.id} was moved, although its rebooking_allowed is false.")
    elif answer.fault:
        sentence = "A booking that may not be moved was refused with a SOAP fault; a rule is no technical error."
        yield bench.finding("G-15", sentence, "Answer resultCode ERROR with a resultText.", answer)


def _same_kind(bench: ProducerBench, booking: Booking) -> Slot:
    """A free time of the booking's kind; its own time where none is listed."""
    day = (booking.slot.start or bench.clock()).date()
    kind = booking.slot.text("timeTypeID")
    answer = listing.times(bench, "Is there a free time?", bench.today, day, person=booking.person, time_type_id=kind)
    return next((one for one in answer.slots if one.start and one.start > bench.clock()), booking.slot)


# -- To another clinic


@SUITES.check(
    "moving.another-clinic-takes-it-over",
    rules=("UB-3", "UB-6", "UB-8", "GHF-1"),
    title="A booking can be moved to another clinic that is named for it, and stands there alone",
)
def another_clinic_takes_it_over(bench: ProducerBench) -> Findings:
    """Only to the clinic that the setting `other_facility` names, and only when it is named for the booking."""
    there = bench.settings.other_facility
    if there is None:
        raise NotJudged("No other clinic is named to which a booking may be moved.")
    bench.demand("GetAllHealthcareFacilities")
    person = bench.person
    had_there = _ids_at(bench, there, person)
    with _movable(bench) as ground:
        new = _time_at(bench, there, ground.booking)
        wanted = bench.wanted(new, person, booking_id=ground.booking.id, healthcare_facility=there)
        try:
            answer = bench.ask(s.UpdateBooking(wanted), "The booking is moved to another clinic.", person=person)
            yield from _taken_over(bench, ground, there, answer, had_there)
        finally:
            _cancel_at(bench, there, person, had_there)


def _time_at(bench: ProducerBench, there: HsaId, booking: Booking) -> Slot:
    question = s.GetAllHealthcareFacilities(bench.settings.facility, booking.person.identity, booking.id)
    named = bench.ask(question, "Which clinics can it be moved to?").all("healthcareFacilityInfos")
    if not any(listing.same_id(node.text("healthcare_facility"), there.text) for node in named):
        raise NotJudged("GetAllHealthcareFacilities does not name the other clinic for this booking.")
    start = booking.slot.start or bench.clock()
    first = max(start.date() - _HOW_FAR[1], bench.today)
    answer = listing.times(
        bench, "Where is it free there?", first, start.date(), at=there, person=booking.person, booking_id=booking.id
    )
    slots = listing.future(bench, answer)
    if not slots:
        raise NotJudged("The other clinic has no time for this booking.")
    return slots[-1]


def _taken_over(
    bench: ProducerBench, ground: Ground, there: HsaId, answer: Answer, had_there: frozenset[str]
) -> Iterator[Finding]:
    person = ground.booking.person
    if not answer.is_done:
        sentence = (
            "GetAllHealthcareFacilities names the clinic for this booking and it lists times for it, but UpdateBooking"
            f" to one of them gave {answer.in_words}."
        )
        remedy = "Accept at the old clinic's address a move to a clinic that is named for the booking."
        yield bench.finding("UB-3", sentence, remedy, answer)
        return
    here = bench.schedule(person, "Is the booking gone from the old clinic?")
    if here.is_usable and ground.ours(here):
        sentence = "The booking was moved to another clinic, and is still in the schedule of the old one."
        yield bench.finding("G-16", sentence, "Let the old time go when the new one is taken.", here)
    if not _ids_at(bench, there, person) - had_there:
        sentence = "The booking was moved to another clinic, and is not in its schedule."
        yield bench.finding("UB-6", sentence, "Show the moved booking at the new clinic at once.", answer)


def _ids_at(bench: ProducerBench, there: HsaId, person: TestPerson) -> frozenset[str]:
    question = s.GetSubjectOfCareSchedule(there, person.identity)
    address = listing.address_of(bench, there)
    answer = bench.ask(question, "What has the person at the other clinic?", person=person, logical_address=address)
    return frozenset(one.booking_id for one in answer.slots if one.booking_id)


def _cancel_at(bench: ProducerBench, there: HsaId, person: TestPerson, had: frozenset[str]) -> None:
    address = listing.address_of(bench, there)
    for booking_id in _ids_at(bench, there, person) - had:
        question = s.CancelBooking(there, booking_id)
        purpose = "The moved booking is cancelled at the other clinic."
        answer = bench.ask(question, purpose, person=person, logical_address=address)
        if not answer.is_done:
            bench.leave_behind(f"The booking {booking_id} at {there} still stands: cancelling gave {answer.in_words}.")
