"""Wrong behaviours in form: HTTP, SOAP, XML, values and elements of answers, requests read too narrowly, WSDLs.

All of them are doors in front of a good system (twisting.py): what it does stays right, what one gets to see is wrong.
"""

import re
from collections.abc import Callable, Mapping

from tests.conformance.judging import TAKECARE
from tests.conformance.mutants import Mutant
from tests.conformance.twisting import Replacing, Reply, Twist
from tests.people import ANNA

FREE, DETAILS, SCHEDULE = "GetAvailableTimeslots", "GetBookingDetails", "GetSubjectOfCareSchedule"
FAULT = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Client</faultcode>'
    "<faultstring>The request could not be read.</faultstring></s:Fault></s:Body></s:Envelope>"
)


class Changing(Twist):
    """Changes answers in place; only those with the HTTP status `status`, only some interactions'."""

    def __init__(self, change: Callable[[Reply], object], *interactions: str, status: int | None = None) -> None:
        self._change, self._interactions, self._status = change, interactions, status

    def answer(self, interaction: str, request: bytes, reply: Reply) -> Reply:
        named = not self._interactions or interaction in self._interactions
        if named and self._status in (None, reply.status):
            self._change(reply)
        return reply


class Refusing(Twist):
    """Answers a fault to requests for which `refused` says so, by their bytes."""

    def __init__(self, refused: Callable[[bytes], object]) -> None:
        self._refused = refused

    def instead(self, interaction: str, request: bytes) -> Reply | None:
        return a_fault() if self._refused(request) else None


class Dispatching(Twist):
    """Goes by SOAPAction, as some stacks do."""

    def refusal(self, interaction: str, headers: Mapping[str, str]) -> Reply | None:
        told = headers.get("soapaction", "").strip('"')
        return a_fault() if interaction and not told.endswith(f":{interaction}") else None


class Page(Twist):
    """Replaces text in what is fetched with GET, where the query has `wanted`; what is replaced by None is gone."""

    def __init__(self, pattern: str, by: str | None, wanted: str = "wsdl") -> None:
        self._pattern, self._by, self._wanted = pattern, by, wanted

    def page(self, path: str, reply: Reply) -> Reply:
        if self._wanted in path and self._by is None:
            return Reply(404, b"nothing here", {"content-type": "text/plain"})
        if self._wanted in path:
            reply.body = re.sub(self._pattern, self._by or "", reply.body.decode(), flags=re.DOTALL).encode()
        return reply


class Pinged(Twist):
    """Answers a ping with another stamp, or with a fault for none."""

    def __init__(self, pattern: str | None, by: str = "") -> None:
        self._pattern, self._by = pattern, by

    def answer(self, interaction: str, request: bytes, reply: Reply) -> Reply:
        if interaction == "PingForConfiguration" and self._pattern:
            reply.body = re.sub(self._pattern, self._by, reply.body.decode()).encode()
        return reply

    def instead(self, interaction: str, request: bytes) -> Reply | None:
        return a_fault() if interaction == "PingForConfiguration" and not self._pattern else None


def a_fault(status: int = 500) -> Reply:
    return Reply(status, FAULT.encode(), {"content-type": "text/xml; charset=UTF-8"})


def _status(status: int) -> Callable[[Reply], None]:
    def change(reply: Reply) -> None:
        reply.status = status

    return change


def _content_type(text: str) -> Callable[[Reply], None]:
    def change(reply: Reply) -> None:
        reply.headers["content-type"] = text

    return change


def _without(name: str) -> str:
    """The pattern of an element of this name."""
    return rf"<(?:\w+:)?{name}>[^<]*</(?:\w+:)?{name}>"


def _stripped_of_prefix(reply: Reply) -> None:
    """Children of TimeslotType in no namespace at all."""
    text = re.sub(r"<core:(\w+)>", r'<\1 xmlns="">', reply.body.decode())
    reply.body = text.replace("</core:", "</").encode()


def _demands_order(request: bytes) -> bool:
    actor, address = request.find(b"Actor"), request.find(b"LogicalAddress")
    return -1 < actor < address


def _compares_by_case(request: bytes) -> bool:
    found = re.search(rb"healthcare_facility>([^<]*)<", request)
    return found is not None and found[1].strip() != found[1].strip().upper()


def _lets_entities_by(request: bytes) -> bytes:
    found = re.search(rb'<!DOCTYPE [^\[]*\[<!ENTITY e "([^"]*)">\]>', request)
    return request.replace(found[0], b"").replace(b"&e;", found[1]) if found else request


class Expanding(Twist):
    """Expands what a document type declares."""

    def request(self, interaction: str, body: bytes) -> bytes:
        return _lets_entities_by(body)


class Crashing(Twist):
    """Shows its insides for a request without Actor."""

    def instead(self, interaction: str, request: bytes) -> Reply | None:
        if b"Actor" in request or interaction != SCHEDULE or b"DOCTYPE" in request:
            return None
        page = b"<html><body>NullPointerException\n  at se.example.Actor.read(Actor.java:17)</body></html>"
        return Reply(500, page, {"content-type": "text/html"})


_ENVELOPE = "messages.answers-are-envelopes"
_VALID = "messages.answers-are-valid"
_TYPE = "messages.content-type-is-true"
_DESCRIBES, _NAMES = "wsdl.describes-the-contract", "wsdl.names-are-the-contracts"
_TS = r"(TimeInclusive>|TimeExclusive>)(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)<"
_FACILITY = r"(<core:healthcare_facility>[^<]*</core:healthcare_facility>)"
_DOCBOOK = "<article><info><title>Kallelse</title></info><para>Kom.</para></article>"
_AS_TEXT = "&lt;article&gt;&lt;para&gt;Kom.&lt;/para&gt;&lt;table/&gt;&lt;/article&gt;"

_HTTP = (
    Mutant("a fault comes with 200", "messages.faults-are-soap-1.1", "H-3", lambda: Changing(_status(200), status=500)),
    Mutant(
        "an answer comes with 500",
        "messages.answers-come-with-200",
        "H-2",
        lambda: Changing(_status(500), status=200),
    ),
    Mutant("an answer comes with 202", "messages.answers-come-with-200", "H-2", lambda: Changing(_status(202), SCHEDULE, status=200)),
    Mutant(
        "the envelope is SOAP 1.2",
        _ENVELOPE,
        "H-1",
        lambda: Replacing("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"),
    ),
    Mutant("the body holds two elements", _ENVELOPE, "H-1", lambda: Replacing(r"(</\w+:Body>)", r'<more xmlns="urn:x"/>\1', FREE)),
    Mutant("the content type is JSON's", _TYPE, "H-4", lambda: Changing(_content_type("application/json"))),
    Mutant("the charset lies", _TYPE, "H-4", lambda: Changing(_content_type("text/xml; charset=us-ascii"), FREE)),
    Mutant("the charset is UTF-16 and the bytes are not", _TYPE, "H-4", lambda: Changing(_content_type("text/xml; charset=utf-16"), SCHEDULE)),
    Mutant("a fault has its elements in a namespace", "messages.faults-are-soap-1.1", "H-3", lambda: Replacing(r"(</?)(fault(?:code|string)>)", r"\1SOAP-ENV:\2")),
)  # fmt: skip

_SCHEMA = (
    Mutant("elements come in another order", _VALID, "X-1", lambda: Replacing(_FACILITY + r"(<core:performer>[^<]*</core:performer>)", r"\2\1", SCHEDULE), clinic=TAKECARE),
    Mutant("children are in no namespace", _VALID, "X-1", lambda: Changing(_stripped_of_prefix, DETAILS)),
    Mutant("children are in the Responder namespace", _VALID, "X-1", lambda: Replacing(r"(</?)core:", r"\1", SCHEDULE)),
    Mutant("a foreign element stands in a timeslot", _VALID, "X-1", lambda: Replacing(r"(</timeslotDetail>)", r'<x:note xmlns:x="urn:x">1</x:note>\1', DETAILS)),
    Mutant("resultCode is in small letters", _VALID, "X-1", lambda: Replacing("<resultCode>(?:OK|INFO)<", "<resultCode>ok<", "MakeBooking")),
    Mutant("the answer's element is in another namespace", "messages.body-is-the-interactions-own", "BP-7", lambda: Replacing("GetBookingDetailsResponder:1", "GetBookingDetails:1", DETAILS)),
    Mutant("a query has a result", "messages.queries-have-no-result", "G-15", lambda: Replacing("(</GetSubjectOfCareScheduleResponse>)", r"<resultCode>OK</resultCode>\1", SCHEDULE)),
)  # fmt: skip

_VALUES = (
    Mutant("stamps have separators", "messages.times-are-ts", "G-3", lambda: Replacing(_TS, r"\1\2-\3-\4T\5:\6:\7<", DETAILS)),
    Mutant("stamps have a zone", "messages.times-are-ts", "G-3", lambda: Replacing(_TS, r"\1\2\3\4\5\6\7Z<", DETAILS)),
    Mutant("a time is on 31 February", "messages.days-exist", "G-5", lambda: Replacing(_TS, r"\1\g<2>0231\5\6\7<", DETAILS)),
    Mutant("dates have hyphens", "messages.dates-are-dt", "G-2", lambda: Replacing(r"date>(\d{4})(\d\d)(\d\d)<", r"date>\1-\2-\3<", "GetAvailableDates")),
    Mutant("a time ends when it starts", "messages.start-is-before-end", "G-6", lambda: Replacing(r"(TimeInclusive>)(\d{14})(<.*?TimeExclusive>)\d{14}", r"\1\2\3\2", DETAILS)),
    Mutant("what has no value is empty", "messages.nothing-is-empty", "G-11", lambda: Replacing(r"(</core:bookingId>)", r"\1<core:reason/>", FREE)),
    Mutant("a flag is empty", "messages.nothing-is-empty", "G-11", lambda: Replacing(r"<core:message_allowed>\w+<", "<core:message_allowed><", DETAILS, SCHEDULE)),
    Mutant("HSA-ids are cut short", "messages.hsa-ids-are-whole", "G-7", lambda: Replacing(r"performer>SE\d{10}-", "performer>", SCHEDULE), clinic=TAKECARE, kin=("booking.is-what-was-asked-for",)),
    Mutant("a patient's id has a hyphen", "messages.person-ids-have-twelve-signs", "G-9", lambda: Replacing(r"(subject_of_care>\d{8})(\d{4}<)", r"\1-\2", DETAILS)),
)  # fmt: skip

_ELEMENTS = (
    Mutant("a free time has a subject_of_care", "messages.free-times-have-their-elements", "TS-GAT", lambda: Replacing(r"(</core:bookingId>)", rf"\1<core:subject_of_care>{ANNA.number}</core:subject_of_care>", FREE)),
    Mutant("a free time has isInvitation", "messages.free-times-have-their-elements", "TS-GAT", lambda: Replacing(r"(</timeslotDetail>)", r'<e:isInvitation xmlns:e="urn:riv:crm:scheduling:1.1">false</e:isInvitation>\1', FREE)),
    Mutant("details lack a flag", "messages.details-have-their-elements", "GBD-2", lambda: Replacing(_without("message_allowed"), "", DETAILS, SCHEDULE)),
    Mutant("details lack subject_of_care", "messages.details-have-their-elements", "GBD-2", lambda: Replacing(_without("subject_of_care"), "", DETAILS)),
    Mutant("the schedule lacks subject_of_care", "messages.scheduled-times-have-their-elements", "TS-GSS", lambda: Replacing(_without("subject_of_care"), "", SCHEDULE)),
    Mutant("details lack the end", "messages.start-and-end-come-together", "I-2", lambda: Replacing(_without("endTimeExclusive"), "", DETAILS)),
    Mutant("DocBook stands in purpose as elements", "messages.purpose-is-text", "P-3", lambda: Replacing(r"(</core:subject_of_care>)", rf"\1<core:purpose>{_DOCBOOK}</core:purpose>", DETAILS)),
    Mutant("DocBook has other elements", "messages.purpose-is-plain-or-docbook", "P-2", lambda: Replacing(r"(</core:subject_of_care>)", rf"\1<core:purpose>{_AS_TEXT}</core:purpose>", DETAILS)),
    Mutant("INFO has no text", "messages.result-says-why", "G-17", lambda: Replacing("<resultCode>OK<", "<resultCode>INFO<", "CancelBooking")),
    Mutant("a booking's id is not told", "messages.booking-id-comes-with-success", "MB-1", lambda: Replacing(_without("bookingId"), "", "MakeBooking")),
)  # fmt: skip

_READING = (
    Mutant("the header's order is demanded", "headers.order-is-free", "HDR-1", lambda: Refusing(_demands_order)),
    Mutant("an unknown header block is refused", "headers.unknown-is-ignored", "X-3", lambda: Refusing(lambda body: b"Header><u:Unknown" in body)),
    Mutant("an unknown element is refused", "headers.unknown-is-ignored", "X-3", lambda: Refusing(lambda body: re.search(rb"Unknown></(\w+:)?\w*Get", body))),
    Mutant("a prefix is demanded", "headers.any-prefix-is-read", "BP-1", lambda: Refusing(lambda body: b":Envelope" not in body and b"\x00" not in body and b"Envelope" in body)),
    Mutant("a byte order mark is refused", "headers.any-prefix-is-read", "BP-1", lambda: Refusing(lambda body: body.startswith(b"\xef\xbb\xbf"))),
    Mutant("UTF-16 is refused", "headers.utf-16-is-read", "H-6", lambda: Refusing(lambda body: b"\x00" in body)),
    Mutant("HSA-ids are compared by letter case", "headers.letter-case-of-hsa-ids-does-not-count", "G-8", lambda: Refusing(_compares_by_case)),
    Mutant("blanks round ids are not trimmed", "headers.blanks-round-ids-are-ignored", "X-4", lambda: Refusing(lambda body: re.search(rb"<(\w+:)?healthcare_facility> ", body))),
    Mutant("SOAPAction decides", "headers.soap-action-does-not-decide", "H-5", Dispatching),
    Mutant("entities are expanded", "headers.entities-are-not-expanded", "X-5", Expanding),
    Mutant("a missing Actor crashes", "headers.missing-actor-is-handled", "A-1", Crashing),
)  # fmt: skip

_BASICS = (
    Mutant("a ping is not answered", "basics.ping-is-answered", "PING-1", lambda: Pinged(None)),
    Mutant("a ping tells UTC", "basics.ping-is-quick-and-true", "PING-4", lambda: Pinged(r"(pingDateTime>\d{8})07", r"\g<1>06")),
    Mutant("a ping's stamp has separators", "messages.times-are-ts", "G-3", lambda: Pinged(r"(pingDateTime>\d{4})(\d\d)(\d\d)", r"\1-\2-\3T")),
)  # fmt: skip

_WSDL = (
    Mutant("the WSDL names its binding otherwise", _NAMES, "BP-12", lambda: Page("ResponderBinding", "Soap11")),
    Mutant("the WSDL has another targetNamespace", _NAMES, "BP-4", lambda: Page(":1:rivtabp21", ":1:rivtabp20"), kin=("wsdl.is-built-as-the-profile-says",)),
    Mutant("the WSDL has another soapAction", "wsdl.soap-action-is-the-contracts", "BP-15", lambda: Page('soapAction="[^"]*"', 'soapAction=""')),
    Mutant("the WSDL forgets the Actor", "wsdl.headers-are-bound", "BP-8", lambda: Page(r'<soap:header [^>]*part="actor"[^>]*/>', "")),
    Mutant("the WSDL is wrapped in RPC", _DESCRIBES, "BP-7", lambda: Page('style="document"', 'style="rpc"')),
    Mutant("the WSDL's schema has no namespace", "wsdl.is-built-as-the-profile-says", "BP-16", lambda: Page(r'<xs:schema targetNamespace="[^"]*"', "<xs:schema")),
    Mutant("the WSDL imports what is not there", "wsdl.imports-can-be-had", "WSDL-1", lambda: Page("", None, wanted="xsd=")),
)  # fmt: skip

MUTANTS: tuple[Mutant, ...] = (*_HTTP, *_SCHEMA, *_VALUES, *_ELEMENTS, *_READING, *_BASICS, *_WSDL)
