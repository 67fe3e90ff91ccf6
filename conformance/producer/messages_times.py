"""What a timeslot and a result hold in every answer of the run: the contract's matrix, element by element.

An element that is there but empty counts as there: that it is empty is told by its own rule (messages_values.py).
What must not be there counts only when it says something.
Source: contracts.md §5.1, §3 (G-12, G-15 to G-17), §3.3 (I-2), GBD-2, GBD-4, GSS-1, GSS-2, MB-1, §6.3 (P-1 to P-3).
"""

from collections.abc import Iterator

from lxml import etree

from conformance.checks import Findings
from conformance.producer.bench import ProducerBench
from conformance.producer.observing import CHANGING, Seen, Tally, answers
from conformance.producer.suite import SUITES
from conformance.reading import Node, Slot
from contracts import xml
from contracts.errors import MessageUnreadable

_FREE, _DETAILS, _SCHEDULE = "GetAvailableTimeslots", "GetBookingDetails", "GetSubjectOfCareSchedule"
_START, _END = "startTimeInclusive", "endTimeExclusive"
_FLAGS = ("cancel_booking_allowed", "rebooking_allowed", "message_allowed")
_LEFT_OUT = "Leave {0} out of the answer of {1}: the contract does not list it there."
_GIVEN = "Give {0} in every timeslotDetail of {1}."


def _slots(bench: ProducerBench, *interactions: str) -> Iterator[tuple[Seen, Slot]]:
    for one in answers(bench):
        if one.interaction in interactions:
            for slot in one.slots:
                yield one, slot


def _miss(tally: Tally, rule: str, name: str, one: Seen, slot: Slot) -> None:
    if slot.one(name) is None:
        sentence = f"a timeslotDetail has no {name}, which the contract demands in this answer."
        tally.add(rule, sentence, _GIVEN.format(name, one.interaction), one, slot)


def is_invitation(slot: Slot) -> bool:
    return slot.flag("isInvitation") is True


@SUITES.check(
    "messages.free-times-have-their-elements",
    rules=("TS-GAT", "G-12"),
    title="A free time has start and end, no subject_of_care and no isInvitation",
)
def free_times_have_their_elements(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one, slot in _slots(bench, _FREE):
        for name in (_START, _END):
            _miss(tally, "TS-GAT", name, one, slot)
        for name in ("subject_of_care", "isInvitation"):
            if slot.text(name) is not None:
                sentence = f"a free time has {name}, which the contract leaves out of this answer."
                tally.add("TS-GAT", sentence, _LEFT_OUT.format(name, one.interaction), one, slot.one(name))
    yield from tally.findings


def _has_neither(slot: Slot) -> bool:
    return slot.one(_START) is None and slot.one(_END) is None


@SUITES.check(
    "messages.details-have-their-elements",
    rules=("GBD-2", "TS-GBD"),
    title="Details have the three flags and subject_of_care",
)
def details_have_their_elements(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one, slot in _slots(bench, _DETAILS):
        for name in ("subject_of_care", *_FLAGS):
            _miss(tally, "GBD-2", name, one, slot)
    yield from tally.findings


@SUITES.check(
    "messages.invitations-have-a-purpose",
    rules=("GBD-4", "TS-GSS"),
    title="An invitation has its text in purpose",
)
def invitations_have_a_purpose(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one, slot in _slots(bench, _DETAILS, _SCHEDULE):
        if is_invitation(slot) and slot.one("purpose") is None:
            rule = "GBD-4" if one.interaction == _DETAILS else "TS-GSS"
            sentence = "an invitation (isInvitation is true) has no purpose: the citizen cannot read what it is about."
            tally.add(rule, sentence, "Give every invitation its text in purpose, plain or as DocBook.", one, slot)
    yield from tally.findings


@SUITES.check(
    "messages.scheduled-times-have-their-elements",
    rules=("TS-GSS", "GSS-2"),
    title="Every item of a schedule has start, end, bookingId and subject_of_care",
)
def scheduled_times_have_their_elements(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one, slot in _slots(bench, _SCHEDULE):
        _miss(tally, "GSS-2", "bookingId", one, slot)
        _miss(tally, "TS-GSS", "subject_of_care", one, slot)
        if _has_neither(slot) and not is_invitation(slot):
            _miss(tally, "TS-GSS", _START, one, slot)
    yield from tally.findings


@SUITES.check(
    "messages.schedule-has-no-open-invitations",
    rules=("GSS-1",),
    title="A schedule lists no open invitation",
)
def schedule_has_no_open_invitations(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one, slot in _slots(bench, _SCHEDULE):
        if is_invitation(slot) and _has_neither(slot):
            sentence = (
                "an invitation without a time stands in the schedule; open invitations reach consumers otherwise."
            )
            remedy = "List bookings and timed invitations only; open invitations are told by the engagement index."
            tally.add("GSS-1", sentence, remedy, one, slot)
    yield from tally.findings


@SUITES.check(
    "messages.start-and-end-come-together",
    rules=("I-2", "GBD-3"),
    title="Start and end are given together or not at all, and always but for an open invitation",
)
def start_and_end_come_together(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one, slot in _slots(bench, _DETAILS, _SCHEDULE):
        lone = (slot.one(_START) is None) != (slot.one(_END) is None)
        if lone:
            there = _START if slot.one(_START) is not None else _END
            sentence = f"a timeslotDetail has {there} alone; start and end come together or not at all."
            tally.add("I-2", sentence, "Give both start and end, or neither for an open invitation.", one, slot)
        elif _has_neither(slot) and not is_invitation(slot) and one.interaction == _DETAILS:
            sentence = "a booking (isInvitation is false or absent) has no time; only an open invitation has none."
            tally.add("I-2", sentence, "Give start and end of every booking.", one, slot)
    yield from tally.findings


# Results


@SUITES.check(
    "messages.booking-id-comes-with-success",
    rules=("MB-1",),
    title="MakeBooking answers with a bookingId for OK and INFO, and only then",
)
def booking_id_comes_with_success(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one in answers(bench):
        if one.interaction != "MakeBooking" or not one.answer.is_usable:
            continue
        has_id = one.answer.text("bookingId") is not None
        if one.answer.is_done and not has_id:
            sentence = f"resultCode is {one.answer.result}, but the answer names no booking."
            tally.add("MB-1", sentence, "Give the new booking's id in bookingId.", one, one.answer.payload)
        if one.answer.result == "ERROR" and has_id and one.answer.payload:
            sentence = "resultCode is ERROR, and yet the answer names a booking: was it made or not?"
            at = one.answer.payload.one("bookingId")
            tally.add("MB-1", sentence, "Leave bookingId out when nothing was booked.", one, at)
    yield from tally.findings


@SUITES.check(
    "messages.result-says-why",
    rules=("G-17",),
    title="INFO and ERROR come with a text that the citizen can be shown",
)
def result_says_why(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one in answers(bench):
        code = one.answer.result
        if one.interaction in CHANGING and code in ("INFO", "ERROR") and one.answer.text("resultText") is None:
            sentence = f"resultCode is {code}, but there is no resultText: the citizen cannot be told."
            remedy = "Write in resultText, for the citizen, what to know (INFO) or why it was not done (ERROR)."
            tally.add("G-17", sentence, remedy, one, one.answer.payload and one.answer.payload.one("resultCode"))
    yield from tally.findings


@SUITES.check(
    "messages.queries-have-no-result",
    rules=("G-15",),
    title="Only the three interactions that change bookings have resultCode and resultText",
)
def queries_have_no_result(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one in answers(bench):
        if one.interaction in CHANGING:
            continue
        for name in ("resultCode", "resultText"):
            for node in one.answer.all(name):
                sentence = f"the answer has {name}, which queries do not: they answer with what there is, or a fault."
                remedy = "Answer with an empty list when there is nothing, and with a SOAP fault for technical errors."
                tally.add("G-15", sentence, remedy, one, node)
    yield from tally.findings


# The text of an invitation


@SUITES.check(
    "messages.purpose-is-text",
    rules=("P-3",),
    title="DocBook in purpose is carried as text, once escaped, not as elements",
)
def purpose_is_text(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one, node in _purposes(bench):
        remedy = "Carry the DocBook document as the text of purpose, its signs escaped once: &lt;article&gt;…"
        if any(node.children()):
            tally.add("P-3", "purpose has child elements; the contract has it as text.", remedy, one, node)
        elif (node.own_text or "").startswith(("&lt;", "&#60;")):
            tally.add("P-3", "the markup in purpose is escaped twice, so that a reader finds none.", remedy, one, node)
    yield from tally.findings


@SUITES.check(
    "messages.purpose-is-plain-or-docbook",
    rules=("P-2", "P-1"),
    title="purpose is plain text or a DocBook document of the allowed elements",
)
def purpose_is_plain_or_docbook(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one, node in _purposes(bench):
        if not any(node.children()):
            for rule, sentence in wrong_in_docbook(node.own_text or ""):
                remedy = "Send plain text, or an article of info, title, para, section and bibliography alone."
                tally.add(rule, sentence, remedy, one, node)
    yield from tally.findings


def _purposes(bench: ProducerBench) -> Iterator[tuple[Seen, Node]]:
    for one, slot in _slots(bench, _FREE, _DETAILS, _SCHEDULE):
        node = slot.one("purpose")
        if node is not None:
            yield one, node


_MAY_HOLD = {
    "article": ("info", "para", "section", "bibliography"),
    "info": ("title",),
    "section": ("title", "para"),
    "title": (),
    "para": (),
}


def wrong_in_docbook(text: str) -> Iterator[tuple[str, str]]:
    """Rule and sentence for each kind of thing wrong in a purpose; nothing for plain text.

    What looks like a document is judged as one; a text that begins with `<` alone does not. What stands in a
    bibliography is nobody's business.
    """
    if not text.startswith("<") or not (text.startswith(("<?xml", "<article")) or text.endswith(">")):
        return
    try:
        root = xml.parse(text.encode())
    except MessageUnreadable:
        if text.startswith(("<?xml", "<article")):
            yield "P-2", "the DocBook document in purpose is not well-formed XML."
        return
    if etree.QName(root).localname != "article":
        yield "P-1", f"purpose holds markup of {etree.QName(root).localname}, neither plain text nor a DocBook article."
        return
    if not text.startswith("<?xml"):
        yield "P-2", "the DocBook document in purpose does not start with an XML declaration."
    yield from dict.fromkeys(_wrong_elements(root))


def _wrong_elements(root: xml.Element) -> Iterator[tuple[str, str]]:
    for element in root.iter("*"):
        name = etree.QName(element)
        if name.namespace:
            yield "P-2", "the DocBook document in purpose is in a namespace; the contract's subset is in none."
        parent = element.getparent()
        above = None if parent is None else etree.QName(parent).localname
        if above in _MAY_HOLD and name.localname not in _MAY_HOLD[above]:
            yield (
                "P-2",
                f"the DocBook document in purpose has {name.localname} inside {above}, which the subset has not.",
            )
