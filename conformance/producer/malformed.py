"""Messages that are wrong in themselves: what lacks, cannot be or should not be there. And what faults give away.

How such a message is refused is left open: a fault or ERROR. That nothing comes of it is judged, by the answer and by
what is booked afterwards.
Source: contracts.md §2.3, §5.1, G-1, G-5, G-11, G-14, MB-2; TS21 rule 11.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from lxml import etree

from conformance.checks import Findings, NotJudged
from conformance.people import TestPerson
from conformance.producer import supply
from conformance.producer.bench import ProducerBench
from conformance.producer.refusals import UNKNOWN_ID, answered
from conformance.producer.strangers import standing
from conformance.producer.suite import SUITES
from conformance.reading import Answer, Node
from contracts import codec, envelope, xml
from contracts import scheduling as s
from contracts.identifiers import PersonIdentity
from contracts.namespaces import SCHEDULING, SCHEDULING_EXT

Change = Callable[[xml.Element], None]
"""What is done to a right request to make it wrong; it gets the body's element."""


def request(bench: ProducerBench, message: object, person: TestPerson, change: Change) -> bytes:
    """A right request with something wrong about it."""
    payload = codec.encode(message)
    change(payload)
    whom = bench.settings.logical_address or bench.settings.facility
    return envelope.write_request(payload, whom, person.actor)


def without(*names: str) -> Change:
    """Leaves the elements of these names out."""

    def change(payload: xml.Element) -> None:
        for name in names:
            for element in list(payload.iter(f"{{*}}{name}")):
                parent = element.getparent()
                if parent is not None:
                    parent.remove(element)

    return change


def with_text(texts: Mapping[str, str]) -> Change:
    """Gives the elements of these names other texts."""

    def change(payload: xml.Element) -> None:
        for name, text in texts.items():
            for element in payload.iter(f"{{*}}{name}"):
                element.text = text

    return change


def _a_booking(bench: ProducerBench, moment: supply.Moment) -> s.MakeBooking:
    wanted = bench.wanted(moment.slots[0], bench.person, booking_id=None)
    return s.MakeBooking(bench.settings.facility, wanted, bench.person.info)


def _sent(bench: ProducerBench, message: object, purpose: str, change: Change) -> Answer:
    """The answer to a request for the bench's person that is wrong by `change`."""
    bench.remember(bench.person)
    body = request(bench, message, bench.person, change)
    return answered(bench.send(type(message).__name__, body, purpose))


_LACKING = (
    ("subject_of_care_info", "The element subject_of_care_info, with the patient's name,", "REF-2"),
    ("startTimeInclusive", "The time's start", "G-1"),
    ("subject_of_care", "The patient's id", "G-1"),
)


@SUITES.check(
    "refusals.incomplete-booking",
    rules=("G-1", "REF-2"),
    title="A MakeBooking that lacks what it must carry books nothing",
)
def incomplete_booking(bench: ProducerBench) -> Findings:
    moment = supply.take(bench)
    for name, what, rule in _LACKING:
        answer = _sent(bench, _a_booking(bench, moment), f"A booking without {name}.", without(name))
        if answer.is_done:
            sentence = f"{what} was missing, and the answer is resultCode {answer.result}."
            remedy = "Refuse what lacks a mandatory element, by the schema or by ERROR, before anything is booked."
            yield bench.finding(rule, sentence, remedy, answer)
            supply.undo(bench, answer, bench.person)


@SUITES.check(
    "refusals.wrong-order",
    rules=("G-16",),
    title="A MakeBooking with its elements in another order is refused, or booked as it says",
)
def wrong_order(bench: ProducerBench) -> Findings:
    moment = supply.take(bench)
    answer = _sent(bench, _a_booking(bench, moment), "A booking with end before start.", _end_first)
    booking_id = answer.text("bookingId")
    if answer.is_done and booking_id:
        slot = standing(bench, booking_id, bench.person)
        if slot is None or slot.text("startTimeInclusive") != moment.start:
            sentence = "The elements were out of order, the answer is OK, and what was asked for is not what is booked."
            remedy = "Refuse a message that breaks the schema's order, or read it by names: never drop a part of it."
            yield bench.finding("G-16", sentence, remedy, answer)
        supply.undo(bench, answer, bench.person)


def _end_first(payload: xml.Element) -> None:
    for start in list(payload.iter(f"{{{SCHEDULING}}}startTimeInclusive")):
        end = start.getnext()
        if end is not None:
            end.addnext(start)


@SUITES.check(
    "refusals.impossible-date",
    rules=("G-5",),
    title="A day that is in no calendar is not taken for another one",
)
def impossible_date(bench: ProducerBench) -> Findings:
    moment = supply.take(bench, on=lambda day: _misspelled(day) is not None)
    day, spelled = moment.day, _misspelled(moment.day) or f"{moment.day.year}0231"
    ends = moment.slots[0].text("endTimeExclusive") or ""
    times = {"startTimeInclusive": f"{spelled}{moment.start[8:]}", "endTimeExclusive": f"{spelled}{ends[8:]}"}
    answer = _sent(bench, _a_booking(bench, moment), f"A booking on the day {spelled}.", with_text(times))
    if answer.is_done:
        sentence = f"There is no day {spelled}, and a booking on it was answered with resultCode {answer.result}."
        yield bench.finding("G-5", sentence, _CALENDAR, answer)
        supply.undo(bench, answer, bench.person)
    last = day + timedelta(weeks=bench.settings.weeks)
    question = s.GetAvailableTimeslots(bench.settings.facility, bench.person.identity, day, last)
    listed = _sent(bench, question, f"Times from the day {spelled}.", with_text({"startDateInclusive": spelled}))
    if listed.slots:
        sentence = f"There is no day {spelled}, and a question for times from it on was answered with times."
        yield bench.finding("G-5", sentence, _CALENDAR, listed, listed.slots[0])


_CALENDAR = "Check each date against the calendar: the schema's pattern lets impossible ones by. Never roll them over."


def _misspelled(day: date) -> str | None:
    """The day as somebody might write it who counts on after a month's end: 1 December as the 31st of November."""
    last = day.replace(day=1) - timedelta(days=1)
    counted = last.day + day.day
    return f"{last:%Y%m}{counted}" if counted <= 31 else None


@SUITES.check(
    "refusals.empty-booking-id",
    rules=("G-11",),
    title="An empty bookingId names no booking",
)
def empty_booking_id(bench: ProducerBench) -> Findings:
    here, emptied = bench.settings.facility, with_text({"bookingId": ""})
    with supply.booked(bench) as (booking, _):
        details = _sent(bench, s.GetBookingDetails(here, UNKNOWN_ID), "Details without a booking id.", emptied)
        if details.slots:
            sentence = "GetBookingDetails shows a booking, and the bookingId of the question was empty."
            yield bench.finding("G-11", sentence, _NAMES_NOTHING, details, details.slots[0])
        cancelled = _sent(bench, s.CancelBooking(here, UNKNOWN_ID), "Cancelling without a booking id.", emptied)
        is_gone = standing(bench, booking.id, booking.person) is None
        if cancelled.is_done or is_gone:
            told = "a booking of the Actor is gone" if is_gone else f"the answer is resultCode {cancelled.result}"
            sentence = f"CancelBooking came with an empty bookingId, and {told}."
            yield bench.finding("G-11", sentence, _NAMES_NOTHING, cancelled)


_NAMES_NOTHING = "Refuse an empty bookingId, by a fault or by ERROR: an empty element is not a value."


@SUITES.check(
    "refusals.flags-are-ignored",
    rules=("TS-FLAGS",),
    title="The flags and isInvitation in a MakeBooking are passed over",
)
def flags_are_ignored(bench: ProducerBench) -> Findings:
    """From 1.1 on they should not be sent, and the official samples have them all the same."""
    moment = supply.take(bench)
    answer = _sent(bench, _a_booking(bench, moment), "A booking with the producer's own flags in it.", _with_flags)
    booking_id = answer.text("bookingId")
    if not answer.is_done:
        # Whether it is the flags: a system that refuses the same without them has another reason (raises NotJudged).
        bench.put_back(supply.book(bench, moment.slots[0], bench.person))
        sentence = f"A booking that only has flags too many gave {answer.in_words}; official samples contain them."
        yield bench.finding("TS-FLAGS", sentence, _FLAGS_REMEDY, answer)
        return
    if not booking_id:
        raise NotJudged("The answer names no booking; see messages.booking-id-comes-with-success.")
    details = bench.details(booking_id, bench.person, "Were the flags taken over?")
    for slot in details.slots[:1]:
        if slot.flag("isInvitation"):
            sentence = "The booking has become an invitation because the consumer said so."
            yield bench.finding("TS-FLAGS", sentence, _FLAGS_REMEDY, details, slot.one("isInvitation"))
        if slot.flag("cancel_booking_allowed") is False and moment.slots[0].flag("cancel_booking_allowed"):
            sentence = "The booking cannot be cancelled because the consumer said so: the list had said that it can."
            yield bench.finding("TS-FLAGS", sentence, _FLAGS_REMEDY, details, slot.one("cancel_booking_allowed"))
    supply.undo(bench, answer, bench.person)


_FLAGS_REMEDY = "Set the flags and isInvitation by your own rules alone, and pass over what a consumer says in them."


def _with_flags(payload: xml.Element) -> None:
    names = (*(f"{{{SCHEDULING}}}{one}" for one in _FLAGS), f"{{{SCHEDULING_EXT}}}isInvitation")
    for slot in payload.iter("{*}requestedTimeslot"):
        for name in names:
            etree.SubElement(slot, name).text = "true" if name.endswith("isInvitation") else "false"


_FLAGS = ("cancel_booking_allowed", "rebooking_allowed", "message_allowed")


@SUITES.check(
    "refusals.faults-are-bare",
    rules=("G-14",),
    title="No fault of the run so far tells of a contract's own details, of the system's inside, or of a person",
)
def faults_are_bare(bench: ProducerBench) -> Findings:
    bench.details(UNKNOWN_ID, bench.person, "Details of no booking, for a fault.")
    odd = b"<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body><unclosed></Body></Envelope>"
    bench.send("GetBookingDetails", odd, "What is no XML, for a fault.")
    faults = [answer for one in bench.evidence.exchanges if (answer := Answer(one)).fault]
    if not faults:
        raise NotJudged("Nothing was answered with a SOAP fault in this run.")
    told: set[str] = set()
    for answer in faults:
        for sentence, remedy in _given_away(bench, answer):
            if sentence not in told:
                told.add(sentence)
                yield bench.finding("G-14", sentence, remedy, answer, answer.payload)


_INSIDE = re.compile(
    r"Traceback \(most recent call last\)"
    r"|\bat [\w.$<>]+\([\w.]+\.(?:java|kt|scala|cs):\d+\)"
    r"|\.py\", line \d+|\bin \S+\.(?:cs|vb):line \d+|\bORA-\d{5}\b|\bSQLSTATE\b|System\.Data\.|java\.sql\."
    r"|\bSELECT\b.+\bFROM\b|\bINSERT INTO\b|\bDELETE FROM\b|\bUPDATE\b.+\bSET\b",
    re.DOTALL,
)


def _given_away(bench: ProducerBench, answer: Answer) -> Iterator[tuple[str, str]]:
    """What a fault tells that it should not, and what to do; quotes nothing of it."""
    assert answer.payload is not None
    words = " ".join(answer.payload.element.itertext())
    if _INSIDE.search(words):
        yield (
            "A fault shows the inside of the system: a stack trace, or a statement to its database.",
            "Log what went wrong, and answer with a sentence that says only that it did.",
        )
    if _names_a_person(words, bench.settings.persons):
        yield (
            "A fault contains a person's number.",
            "Name no person in a fault: consumers and platforms log faults as they come.",
        )
    if any(_is_of_a_contract(node) for node in _detail_of(answer)):
        yield (
            "A fault's detail has elements of a national contract's namespace, and no contract declares a fault.",
            "Leave detail out, or put nothing in it that a consumer could come to rely on.",
        )


def _names_a_person(words: str, persons: Sequence[TestPerson]) -> bool:
    """Whether a number of the run's persons stands there in one of its forms, or any that is surely somebody's."""
    forms = (
        f"{born}{hyphen}{one.number[8:]}"
        for one in persons
        for born in (one.number[:8], one.number[2:8])
        for hyphen in ("", "-")
    )
    others = (PersonIdentity(found) for found in _PERSON.findall(words))
    return any(form in words for form in forms) or any(
        one.birth_date is not None and one.has_valid_check_digit for one in others
    )


_PERSON = re.compile(r"(?<!\d)(?:19|20)\d{10}(?!\d)")


def _detail_of(answer: Answer) -> Iterator[Node]:
    detail = answer.payload.one("detail") if answer.payload else None
    if detail is not None:
        yield from (Node(element) for element in detail.element.iterdescendants("*"))


def _is_of_a_contract(node: Node) -> bool:
    return (etree.QName(node.element).namespace or "").startswith("urn:riv:")
