"""The form of everything that came in the run: HTTP, SOAP, the two header blocks, schema, dates, what may stand where.

One mistake is told once: what a check about dates, empty elements or names tells, the schema's check leaves out.
Source: contracts.md §2.2, §2.3, §2.5, §2.6, §4, §5.1, G-2, G-3, G-4, G-7, G-11.
"""

import re
from collections.abc import Iterator

from lxml import etree

from conformance.checks import Findings, NotJudged
from conformance.consumer.asked import Asked
from conformance.consumer.bench import ConsumerBench
from conformance.consumer.suite import SUITES
from conformance.exchange import shown
from conformance.reading import Node
from contracts.codec import BY_CONTRACT
from contracts.identifiers import HsaId
from contracts.namespaces import INTEROPERABILITY_HEADERS, REGISTRY_HEADERS, REGISTRY_HEADERS_2, SOAP_ENVELOPE

_MOMENTS = ("startTimeInclusive", "endTimeExclusive")
_DAYS = ("startDateInclusive", "endDateInclusive")
_HSA_IDS = ("healthcare_facility", "healthcare_facility_med", "performer")
_NOT_SENT = ("cancel_booking_allowed", "rebooking_allowed", "message_allowed", "isInvitation")
_ACTOR_TYPES = ("subject_of_care", "subject_of_care_agent")
_ZONE = re.compile(r"\s*(Z|[+-]\d{2}:?\d{2})$")
_CHARSETS = ("utf-8", "utf-16", "utf-16le", "utf-16be")


@SUITES.check(
    "messages.envelope",
    rules=("H-1", "BP-1"),
    title="Every request is a SOAP 1.1 envelope with one element in its body",
)
def envelope(bench: ConsumerBench) -> Findings:
    for asked in bench.everything:
        if asked.root is None:
            sentence = f"The request cannot be read: {shown(asked.request).why}."
            yield bench.finding("H-1", sentence, "Send a SOAP 1.1 envelope in UTF-8 or UTF-16.", asked)
        elif asked.root.tag != f"{{{SOAP_ENVELOPE}}}Envelope":
            sentence = "The document is not an Envelope in SOAP 1.1's namespace; the contracts are SOAP 1.1."
            yield bench.finding("H-1", sentence, "Send a SOAP 1.1 envelope.", asked, Node(asked.root))
        elif len(asked.contents) != 1:
            sentence = f"The body holds {len(asked.contents)} elements; it must hold the interaction's one."
            yield bench.finding("H-1", sentence, "Put the request element, and nothing else, into the body.", asked)


@SUITES.check(
    "messages.content-type",
    rules=("H-4",),
    title="Every request says text/xml, in an encoding that it has",
)
def content_type(bench: ConsumerBench) -> Findings:
    for asked in bench.everything:
        told = asked.request.headers.get("content-type", "")
        charset = (asked.request.charset or "utf-8").lower()
        if told.partition(";")[0].strip().lower() != "text/xml":
            sentence = "The request's Content-Type is not text/xml, which SOAP 1.1 over HTTP has."
            yield bench.finding("H-4", sentence, "Send Content-Type: text/xml; charset=UTF-8.", asked)
        elif charset not in _CHARSETS:
            sentence = "The request says another charset than UTF-8 or UTF-16, the two that RIV-TA knows."
            yield bench.finding("H-4", sentence, "Send UTF-8, and say so.", asked)


@SUITES.check(
    "messages.soap-action",
    rules=("BP-15",),
    title="SOAPAction is the WSDL's soapAction, in quotation marks",
)
def soap_action(bench: ConsumerBench) -> Findings:
    for asked in _scheduling(bench):
        wanted = f'"{asked.contract}:{asked.interaction}"'
        told = asked.request.headers.get("soapaction")
        if told != wanted:
            how = "is missing" if told is None else "is not the one that the WSDL binds the operation to"
            sentence = f"The HTTP header SOAPAction {how}; platforms go by the body, but .NET producers by this."
            yield bench.finding("BP-15", sentence, f"Send SOAPAction: {wanted}.", asked)


@SUITES.check(
    "messages.logical-address",
    rules=("BP-8", "IMP-8"),
    title="Every request is addressed with LogicalAddress to a clinic that there is",
)
def logical_address(bench: ConsumerBench) -> Findings:
    known = {bench.settings.facility.key, bench.settings.other_facility.key}
    for asked in _readable(bench):
        blocks = [one for one in asked.blocks if _is_address(one)]
        older = next((one for one in asked.blocks if one.name == "To"), None)
        if older is not None and not blocks:
            sentence = "The request is addressed with WS-Addressing's To, as in version 1.0 of the contracts."
            remedy = "Speak version 1.1: LogicalAddress and Actor in the header; a producer of 1.1 need not take 1.0."
            yield bench.finding("IMP-8", sentence, remedy, asked, older)
        elif not any(one.own_text for one in blocks):
            sentence = "The header has no LogicalAddress with a text in it: a platform knows no way for the call."
            remedy = f"Send LogicalAddress in {REGISTRY_HEADERS}, the HSA-id of the clinic that is asked."
            yield bench.finding("BP-8", sentence, remedy, asked)
        elif _is_routed(asked) and asked.logical_address.lower() not in known:
            sentence = "LogicalAddress is none of the clinics that were to be asked: a platform would answer VP004."
            yield bench.finding("BP-8", sentence, "Send the HSA-id of the clinic that is asked.", asked, blocks[0])


def _is_address(block: Node) -> bool:
    name = etree.QName(block.element)
    return name.localname == "LogicalAddress" and name.namespace in (REGISTRY_HEADERS, REGISTRY_HEADERS_2)


def _is_routed(asked: Asked) -> bool:
    """Whether it must go to a clinic: the schedule may be asked of the aggregating service too."""
    return asked.contract in BY_CONTRACT and asked.interaction != "GetSubjectOfCareSchedule"


@SUITES.check(
    "messages.actor",
    rules=("A-1",),
    title="Every request of the scheduling domain says who acts, in the header block Actor",
)
def actor(bench: ConsumerBench) -> Findings:
    remedy = (
        f"Send Actor in {INTEROPERABILITY_HEADERS}, with actorId and actorType: the citizen's number and"
        " subject_of_care, or an agent's HSA-id and subject_of_care_agent."
    )
    for asked in _scheduling(bench):
        wanted = f"{{{INTEROPERABILITY_HEADERS}}}Actor"
        block = next((one for one in asked.blocks if one.element.tag == wanted), None)
        if block is None:
            sentence = (
                "The header has no Actor. The WSDL does not mark it as required, the contract's text does, from 1.1 on."
            )
            yield bench.finding("A-1", sentence, remedy, asked)
        elif not block.text("actorId") or block.text("actorType") not in _ACTOR_TYPES:
            sentence = "The Actor has no actorId, or an actorType that the contract does not know."
            yield bench.finding("A-1", sentence, remedy, asked, block)


@SUITES.check(
    "messages.valid",
    rules=("X-1", "G-9", "GAD-6"),
    title="Every request keeps its schema",
)
def valid(bench: ConsumerBench) -> Findings:
    for asked in _readable(bench):
        told = {line for line in _told_elsewhere(asked) if line is not None}
        for violation in bench.verdict(asked).first:
            if violation.line not in told and not violation.rule.startswith("BP21-"):  # the envelope's own check
                sentence = f"{asked.interaction} breaks its schema at {violation.path}: {violation.sentence}."
                at = next((one for one in asked.elements() if one.line == violation.line), None)
                rule = "G-9" if violation.path.endswith("/subject_of_care") else "X-1"
                yield bench.finding(rule, sentence, "Send what the schema allows, in its order.", asked, at)


@SUITES.check(
    "messages.second-opinion",
    rules=("X-2",),
    title="A second validator finds nothing in a request that the first lets by",
)
def second_opinion(bench: ConsumerBench) -> Findings:
    for asked in _readable(bench):
        for line in bench.verdict(asked).second:
            at = next((one for one in asked.elements() if one.line == line), None)
            sentence = f"xmlschema does not take {asked.interaction} for valid, though libxml2 does."
            yield bench.finding("X-2", sentence, "Send what every validator takes for valid.", asked, at)


@SUITES.check(
    "messages.no-empty-elements",
    rules=("G-11",),
    title="No element is sent empty: what has no value is left out",
)
def no_empty_elements(bench: ConsumerBench) -> Findings:
    for asked in _scheduling(bench):
        for node in _empty(asked):
            sentence = f"{asked.interaction} carries {node.name} without anything in it."
            yield bench.finding("G-11", sentence, "Leave out an optional element that has no value.", asked, node)


@SUITES.check(
    "messages.days",
    rules=("G-2",),
    title="Days are sent as YYYYMMDD",
)
def days(bench: ConsumerBench) -> Findings:
    for asked, node, text in _texts(bench, _DAYS):
        if not re.fullmatch(r"\d{8}", text, re.ASCII):
            sentence = f"{asked.interaction}'s {node.name} is not a day of eight digits."
            yield bench.finding("G-2", sentence, "Send days as YYYYMMDD, without hyphens or a time.", asked, node)


@SUITES.check(
    "messages.moments",
    rules=("G-3", "G-4"),
    title="Points in time are sent as YYYYMMDDhhmmss, without a zone",
)
def moments(bench: ConsumerBench) -> Findings:
    for asked, node, text in _texts(bench, _MOMENTS):
        if re.fullmatch(r"\d{14}", text, re.ASCII):
            continue
        if re.fullmatch(r"\d{14}", _ZONE.sub("", text), re.ASCII):
            sentence = (
                f"{asked.interaction}'s {node.name} carries a time zone; every time is Swedish local time, unsaid."
            )
            yield bench.finding("G-4", sentence, "Send the 14 digits alone, in Swedish local time.", asked, node)
        else:
            sentence = f"{asked.interaction}'s {node.name} is not a time stamp of 14 digits."
            yield bench.finding("G-3", sentence, "Send points in time as YYYYMMDDhhmmss.", asked, node)


@SUITES.check(
    "messages.hsa-ids",
    rules=("G-7",),
    title="HSA-ids are sent in full",
)
def hsa_ids(bench: ConsumerBench) -> Findings:
    if not (bench.settings.facility.is_well_formed and bench.settings.other_facility.is_well_formed):
        raise NotJudged("The played clinics have no HSA-ids in full themselves; give them some.")
    for asked, node, text in _texts(bench, _HSA_IDS):
        if asked.interaction != "GetSubjectOfCareSchedule" and not HsaId(text.upper()).is_well_formed:
            sentence = f"{asked.interaction}'s {node.name} is not an HSA-id in full."
            remedy = "Send SE, the organisation's number, a hyphen and the unit's own part, as the clinic gave it."
            yield bench.finding("G-7", sentence, remedy, asked, node)


@SUITES.check(
    "messages.timeslot-of-make",
    rules=("TS-MB", "G-12"),
    title="MakeBooking's time carries no flags and no isInvitation",
)
def timeslot_of_make(bench: ConsumerBench) -> Findings:
    yield from _not_sent(bench, "MakeBooking", "TS-MB")


@SUITES.check(
    "messages.timeslot-of-update",
    rules=("TS-UB", "G-12"),
    title="UpdateBooking's time carries no flags and no isInvitation",
)
def timeslot_of_update(bench: ConsumerBench) -> Findings:
    yield from _not_sent(bench, "UpdateBooking", "TS-UB")


def _not_sent(bench: ConsumerBench, interaction: str, rule: str) -> Findings:
    sent = [one for one in _scheduling(bench) if one.interaction == interaction]
    if not sent:
        raise NotJudged(f"No {interaction} came.")
    for asked in sent:
        nodes = asked.slot.children() if asked.slot else ()
        found = [one for one in nodes if one.name in _NOT_SENT]
        if found:
            names = ", ".join(one.name for one in found)
            sentence = f"{interaction}'s requestedTimeslot carries {names}, which the producer alone sets."
            remedy = "Leave the flags of the listed time, and isInvitation, out of the request."
            yield bench.finding(rule, sentence, remedy, asked, found[0])


def _readable(bench: ConsumerBench) -> Iterator[Asked]:
    return (one for one in bench.everything if one.payload is not None)


def _scheduling(bench: ConsumerBench) -> Iterator[Asked]:
    """The requests under one of the eleven contracts."""
    return (one for one in bench.everything if one.contract in BY_CONTRACT)


def _texts(bench: ConsumerBench, names: tuple[str, ...]) -> Iterator[tuple[Asked, Node, str]]:
    for asked in _scheduling(bench):
        for node in asked.elements():
            if node.name in names and node.own_text:
                yield asked, node, node.own_text


def _empty(asked: Asked) -> Iterator[Node]:
    """Elements with nothing in them; those of subject_of_care_info that must be there are told as names."""
    for node in asked.elements():
        if node.own_text is None and next(node.children(), None) is None and node.name not in ("firstName", "lastName"):
            yield node


def _told_elsewhere(asked: Asked) -> Iterator[int | None]:
    """Lines of elements about which other checks say what is wrong."""
    for node in asked.elements():
        is_time = node.name in (*_DAYS, *_MOMENTS) and not re.fullmatch(r"\d{8}|\d{14}", node.own_text or "", re.ASCII)
        is_nameless = node.name == "subject_of_care_info" and not (node.text("firstName") and node.text("lastName"))
        if is_time or is_nameless:
            yield node.line
    yield from (node.line for node in _empty(asked))
