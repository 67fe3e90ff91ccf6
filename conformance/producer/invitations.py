"""Open and timed invitations, where the target has some for the test persons.

The settings `open_invitations` and `timed_invitations` name them; without them nothing is judged. What only looks comes
first, for the checks that use an invitation can be made once: booking an open one, moving a timed one. What became of
it is cancelled again where that is allowed, and the run names the invitation among what it leaves behind.
An open invitation is often sent by a clinic that gives no times itself: it is booked at the asked clinic if that is
among those that GetAllHealthcareFacilities names for it, and at the first of them otherwise.
Source: contracts.md §3.3, §5.9 to §5.12; I-1 to I-7.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from conformance.checks import Findings, NotJudged
from conformance.model import Finding
from conformance.people import TestPerson
from conformance.producer import listing
from conformance.producer.bench import ProducerBench
from conformance.producer.moving import still_an_invitation
from conformance.producer.suite import SUITES
from conformance.reading import Answer, Slot
from contracts import scheduling as s
from contracts.identifiers import HsaId

_DAYS = timedelta(days=14)


@dataclass(frozen=True)
class Invited:
    """An invitation and whom it is for; `slot` is what its details tell."""

    person: TestPerson
    id: str
    answer: Answer
    slot: Slot


def _open(bench: ProducerBench) -> tuple[Invited, ...]:
    """Those named that are answered for. Raises NotJudged when there are none."""
    return _named(bench, bench.settings.open_invitations, "open")


def _timed(bench: ProducerBench) -> tuple[Invited, ...]:
    return _named(bench, bench.settings.timed_invitations, "timed")


def _named(bench: ProducerBench, named: tuple[tuple[TestPerson, str], ...], kind: str) -> tuple[Invited, ...]:
    if not named:
        raise NotJudged(f"No {kind} invitation is named.")
    found = []
    for person, booking_id in named:
        answer = bench.details(booking_id, person, f"What does the {kind} invitation say?")
        if answer.slots:
            found.append(Invited(person, booking_id, answer, answer.slots[0]))
    if not found:
        raise NotJudged(f"GetBookingDetails answers for no {kind} invitation that is named.")
    return tuple(found)


# -- Looking


@SUITES.check(
    "invitations.open-has-no-time",
    rules=("GBD-1", "I-1"),
    title="The details of an open invitation say that it is one, and have no start and no end",
)
def open_has_no_time(bench: ProducerBench) -> Findings:
    if not bench.settings.open_invitations:
        raise NotJudged("No open invitation is named.")
    for person, booking_id in bench.settings.open_invitations:
        answer = bench.details(booking_id, person, "What does the open invitation say?")
        slot = next(iter(answer.slots), None)
        if slot is None:
            sentence = f"GetBookingDetails, asked for an open invitation, gave {answer.in_words}."
            remedy = "Answer for an open invitation as for a booking, without start and end."
            yield bench.finding("GBD-1", sentence, remedy, answer)
            continue
        at = slot.one("startTimeInclusive") or slot.one("endTimeExclusive")
        if at is not None:
            sentence = "An open invitation has a time in its details, and the citizen has yet to choose one."
            yield bench.finding("GBD-1", sentence, "Leave start and end out.", answer, at)
        elif not slot.flag("isInvitation"):
            yield _no_invitation(bench, answer, slot)


def _no_invitation(bench: ProducerBench, answer: Answer, slot: Slot) -> Finding:
    sentence = "An invitation that the clinic sent does not say isInvitation true: without it, it is a booking."
    return bench.finding("I-1", sentence, "Say isInvitation true.", answer, slot.one("isInvitation") or slot)


@SUITES.check(
    "invitations.timed-has-its-time",
    rules=("I-1", "I-2"),
    title="The details of a timed invitation say that it is one, and have a start and an end",
)
def timed_has_its_time(bench: ProducerBench) -> Findings:
    for one in _timed(bench):
        if not one.slot.flag("isInvitation"):
            yield _no_invitation(bench, one.answer, one.slot)
        if one.slot.start is None or one.slot.end is None:
            sentence = "A timed invitation has no start or no end in its details."
            remedy = "Give start and end of what has a time, and neither for what has none."
            yield bench.finding("I-2", sentence, remedy, one.answer, one.slot)


@SUITES.check(
    "invitations.have-their-text",
    rules=("GBD-4",),
    title="An invitation carries its text in purpose",
)
def have_their_text(bench: ProducerBench) -> Findings:
    if not bench.settings.open_invitations and not bench.settings.timed_invitations:
        raise NotJudged("No invitation is named.")
    for kind, named in (("open", bench.settings.open_invitations), ("timed", bench.settings.timed_invitations)):
        for one in _named(bench, named, kind) if named else ():
            if not one.slot.text("purpose"):
                sentence = f"The {kind} invitation has no purpose, where its text belongs."
                yield bench.finding("GBD-4", sentence, "Give the invitation's text in purpose.", one.answer, one.slot)


@SUITES.check(
    "invitations.open-is-not-in-the-schedule",
    rules=("GSS-1", "I-7"),
    title="An open invitation is not among the booked times",
)
def open_is_not_in_the_schedule(bench: ProducerBench) -> Findings:
    for one in _open(bench):
        answer = bench.schedule(one.person, "Is the open invitation among the booked times?")
        seen = next((slot for slot in answer.slots if slot.booking_id == one.id), None)
        if seen is not None:
            sentence = "GetSubjectOfCareSchedule lists an open invitation, which has no time yet."
            yield bench.finding("GSS-1", sentence, "Leave open invitations out of the schedule.", answer, seen)


@SUITES.check(
    "invitations.open-has-clinics-and-times",
    rules=("MB-5", "GAT-2", "GAD-2"),
    title="With an open invitation's id one is told at which clinics it can be booked, and which times are free",
)
def open_has_clinics_and_times(bench: ProducerBench) -> Findings:
    for one in _open(bench):
        answer = _clinics_of(bench, one)
        if not answer.all("healthcareFacilityInfos"):
            what = "names no clinic" if answer.is_usable else f"gave {answer.in_words}"
            sentence = (
                f"GetAllHealthcareFacilities, asked with an open invitation's id, {what}: it can be booked nowhere."
            )
            remedy = "Name the clinics at which the invitation can be booked."
            yield bench.finding("MB-5", sentence, remedy, answer)
            continue
        there = _place_for(bench, answer)
        for ask, rule in ((listing.days, "GAD-2"), (listing.times, "GAT-2")):
            first, last = bench.today, bench.today + _DAYS
            got = ask(
                bench, "What is free for the invitation?", first, last, person=one.person, at=there, booking_id=one.id
            )
            if not got.is_usable:
                sentence = f"{got.exchange.interaction}, asked with an open invitation's id, gave {got.in_words}."
                yield bench.finding(rule, sentence, "Answer for an open invitation's id as for a booking's.", got)


def _clinics_of(bench: ProducerBench, one: Invited) -> Answer:
    question = s.GetAllHealthcareFacilities(bench.settings.facility, one.person.identity, one.id)
    return bench.ask(question, "At which clinics can the invitation be booked?", person=one.person)


def _place_for(bench: ProducerBench, answer: Answer) -> HsaId:
    """The asked clinic if it is named, the first named otherwise. Raises NotJudged when none is."""
    codes = [code for node in answer.all("healthcareFacilityInfos") if (code := node.text("healthcare_facility"))]
    if not codes:
        raise NotJudged("No clinic is named at which the invitation could be booked.")
    here = bench.settings.facility.text
    return HsaId(next((code for code in codes if listing.same_id(code, here)), codes[0]))


# -- Using


@SUITES.check(
    "invitations.open-is-not-moved",
    rules=("UB-4", "I-3"),
    title="An open invitation cannot be moved: it has no time to be moved from",
)
def open_is_not_moved(bench: ProducerBench) -> Findings:
    for one in _open(bench)[:1]:
        there = _place_for(bench, _clinics_of(bench, one))
        slot = _times_for(bench, one, there)[-1]
        wanted = bench.wanted(slot, one.person, booking_id=one.id, healthcare_facility=there)
        address = listing.address_of(bench, there)
        purpose = "The open invitation is moved, which it cannot be."
        answer = bench.ask(s.UpdateBooking(wanted), purpose, person=one.person, logical_address=address)
        if answer.is_done:
            bench.spend(one.id)
            sentence = f"UpdateBooking with an open invitation's id gave {answer.in_words}."
            remedy = "Refuse with ERROR: an open invitation becomes a booking by MakeBooking."
            yield bench.finding("UB-4", sentence, remedy, answer)


def _times_for(bench: ProducerBench, one: Invited, there: HsaId, wanted: int = 1) -> tuple[Slot, ...]:
    for ahead in (_DAYS, timedelta(weeks=bench.settings.weeks)):
        answer = listing.times(
            bench,
            "Which times are there for the invitation?",
            bench.today,
            bench.today + ahead,
            person=one.person,
            at=there,
            booking_id=one.id,
        )
        slots = listing.future(bench, answer)
        if len(slots) >= wanted:
            return slots
    raise NotJudged(f"The invitation has too few free times; {wanted} are needed.")


@SUITES.check(
    "invitations.open-becomes-a-booking-once",
    rules=("MB-4", "I-6", "I-3", "MB-12", "I-1"),
    title="MakeBooking with an open invitation's id makes a booking of it, and cannot do so twice",
)
def open_becomes_a_booking_once(bench: ProducerBench) -> Findings:
    one = _open(bench)[0]
    there = _place_for(bench, _clinics_of(bench, one))
    slots = _times_for(bench, one, there, wanted=2)
    had = _ids_at(bench, one, there)
    try:
        answer = _book(bench, one, there, slots[-1], "The open invitation is booked.")
        if not answer.is_done:
            if answer.result == "ERROR" and had:
                raise NotJudged("The person has a booking at the clinic already, and a rule may allow no other.")
            sentence = (
                "A time that is listed for the open invitation, at a clinic that is named for it, was booked with its"
                f" id, and MakeBooking gave {answer.in_words}."
            )
            remedy = "Make a booking of the invitation: its id stands in requestedTimeslot.bookingId."
            yield bench.finding("I-3", sentence, remedy, answer)
            return
        bench.spend(one.id)
        yield from _is_a_booking(bench, one, there, answer.text("bookingId") or one.id)
        again = _book(bench, one, there, slots[-2], "The same invitation is booked again, at another free time.")
        if again.is_done:
            sentence = f"The invitation had become a booking, and booking it a second time gave {again.in_words}."
            remedy = "Refuse with ERROR whatever names an invitation that has been used, also for a free time."
            yield bench.finding("MB-4", sentence, remedy, again)
    finally:
        _cancel(bench, one, there, had)


def _book(bench: ProducerBench, one: Invited, there: HsaId, slot: Slot, purpose: str) -> Answer:
    wanted = bench.wanted(slot, one.person, booking_id=one.id, healthcare_facility=there)
    question = s.MakeBooking(there, wanted, one.person.info)
    return bench.ask(question, purpose, person=one.person, logical_address=listing.address_of(bench, there))


def _is_a_booking(bench: ProducerBench, one: Invited, there: HsaId, booking_id: str) -> Iterator[Finding]:
    question = s.GetBookingDetails(there, booking_id)
    address = listing.address_of(bench, there)
    answer = bench.ask(question, "Is it a booking now?", person=one.person, logical_address=address)
    for slot in answer.slots[:1]:
        if slot.flag("isInvitation"):
            sentence = "The citizen has booked a time for the invitation, and the booking says isInvitation true."
            remedy = "Say isInvitation false, or leave it out, for what the citizen has booked."
            yield bench.finding("I-1", sentence, remedy, answer, slot.one("isInvitation"))


def _ids_at(bench: ProducerBench, one: Invited, there: HsaId) -> frozenset[str]:
    question = s.GetSubjectOfCareSchedule(there, one.person.identity)
    address = listing.address_of(bench, there)
    answer = bench.ask(question, "What has the person booked there?", person=one.person, logical_address=address)
    return frozenset(slot.booking_id for slot in answer.slots if slot.booking_id)


def _cancel(bench: ProducerBench, one: Invited, there: HsaId, had: frozenset[str]) -> None:
    for booking_id in _ids_at(bench, one, there) - had:
        question = s.CancelBooking(there, booking_id)
        address = listing.address_of(bench, there)
        answer = bench.ask(question, "The booking is cancelled.", person=one.person, logical_address=address)
        if not answer.is_done:
            bench.leave_behind(f"The booking {booking_id} at {there} still stands: cancelling gave {answer.in_words}.")


@SUITES.check(
    "invitations.timed-becomes-a-booking",
    rules=("I-4", "UB-5", "I-3"),
    title="A timed invitation that the citizen moves is a booking from then on",
)
def timed_becomes_a_booking(bench: ProducerBench) -> Findings:
    one = next((one for one in _timed(bench) if one.slot.flag("rebooking_allowed")), None)
    if one is None or one.slot.start is None:
        raise NotJudged("No timed invitation that is named says that it may be moved.")
    had = bench.ids_of(one.person) - {one.id}
    slots = [slot for slot in _times_for(bench, one, bench.settings.facility) if slot.start != one.slot.start]
    if not slots:
        raise NotJudged("There is no other time for the invitation.")
    question = s.UpdateBooking(bench.wanted(slots[-1], one.person, booking_id=one.id))
    answer = bench.ask(question, "The timed invitation is moved.", person=one.person)
    if not answer.is_done:
        raise NotJudged(f"The invitation could not be moved ({answer.in_words}).")
    bench.spend(one.id)
    now = next(iter(bench.ids_of(one.person) - had), one.id)
    details = bench.details(now, one.person, "Is it a booking now?")
    for slot in details.slots[:1]:
        if slot.flag("isInvitation"):
            yield still_an_invitation(bench, details, slot)
        if slot.flag("cancel_booking_allowed"):
            bench.end(now, one.person, "What became of the invitation is cancelled.")
        else:
            bench.leave_behind(f"The booking {now}, once an invitation, may not be cancelled and still stands.")
