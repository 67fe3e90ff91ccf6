"""What the kit orders of a gateway: consumers, routes, authorisations and units, and the messages that use them.

Each logical address says what is special about it; `KIT-A` is the matrix's own: route to P, authorisation for C. The
contracts are of a domain that nobody knows, so that no schema has a say. A message names its call in its body, by which
the mock producers know what to do: headers are no help, for whether they go on is what is judged.
Source: platform.md §9.6, §11, §14.1, §24.
"""

import re
from dataclasses import dataclass
from datetime import date

from conformance.gateway.files import AuthorisationRow, RouteRow, days
from conformance.gateway.producers import Seen
from contracts.engagement_codec import FIND_CONTENT, PROCESS_NOTIFICATION, UPDATE
from contracts.namespaces import REGISTRY_HEADERS, SOAP_ENVELOPE, WS_ADDRESSING, responder

CONSUMER, STRANGER, LISTED = "SE2321009991-KC01", "SE2321009991-KC02", "SE2321009991-KC03"
"""Who may call; who may nothing; who may name another original consumer."""

GET = "urn:riv:conformance:kit:GetThingResponder:1"
"""Reads; the contract of most calls, and the only one that addresses of the form VE#VG are allowed for."""
MAKE = "urn:riv:conformance:kit:MakeThingResponder:1"
SLOW = "urn:riv:conformance:kit:GetSlowResponder:1"
"""Has a short time-out of its own."""
STANDARD = "urn:riv:conformance:kit:GetStandardResponder:1"
"""Has a standard route, and an authorisation at `*`."""
PERMITTED = "urn:riv:conformance:kit:GetPermittedResponder:1"
"""Has an authorisation at `*` and no standard route."""
EXCEPTED = "urn:riv:conformance:kit:GetExceptedResponder:1"
"""The tree of units is not climbed for it."""

SCHEDULE = responder("GetSubjectOfCareSchedule")
ADDRESSEES = responder("GetLogicalAddresseesByServiceContract", "infrastructure:itintegration:registry", 2)

A, TLS, UNKNOWN = "KIT-A", "KIT-TLS", "KIT-UNKNOWN"
AGGREGATED, MOCK_INDEX, REGISTRY, SUBSCRIBER = "KIT-AGGREGATED", "KIT-INDEX", "KIT-REGISTRY", "KIT-SUBSCRIBER"
UNITS_OF_SCHEDULE = ("KIT-UNIT-1", "KIT-UNIT-2", "KIT-UNIT-3")
UNIT_WITHOUT_PERMISSION = "KIT-UNIT-4"
WRONG_INDEX = "KIT-OTHER-INDEX"

SLOW_MILLISECONDS, RETRY_MILLISECONDS, MOST_BYTES = 400, 150, 12_000_000
USER_AGENT = "Conformance/1.0"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the mock producers are, and the systems that are judged together with the gateway (empty: they are not)."""

    http: str
    https: str
    refused: str
    resetting: str
    aggregating: str = ""
    index_update: str = ""
    index_find: str = ""
    index_address: str = "SE2321009991-KE01"  # ei.hsa.id
    aggregating_sender: str = "SE2321009991-KG01"  # ei.senderId of the aggregating service


def routes(at: Places, today: date) -> list[RouteRow]:
    """Each row's URL ends in what tells it apart."""
    well = at.http
    expired = days(-30, -2, today)
    own = [
        *(RouteRow(A, well, contract) for contract in (GET, MAKE, SLOW, STANDARD, PERMITTED)),
        RouteRow(TLS, at.https, GET),
        RouteRow("KIT-PROFILE-20", well, GET, "RIVTABP20"),
        RouteRow("KIT-PROFILE-99", well, GET, "RIVTABP99"),
        RouteRow("KIT-EXPIRED", well, GET, period=expired),
        RouteRow("KIT-EXPIRED", f"{well}/old", STANDARD, period=expired),
        RouteRow("*", f"{well}/standard", STANDARD),
        RouteRow("KIT-TWICE", well, GET),
        RouteRow("KIT-TWICE", f"{well}/other", GET),
        RouteRow("KIT-NO-URL", "", GET),
        RouteRow("KIT-UNPERMITTED", well, GET),
        RouteRow("KIT-PARENT", f"{well}/parent", STANDARD),
        RouteRow("KIT-CHILD-ROUTED", well, GET),
        RouteRow("KIT-CHILD-ROUTED", well, EXCEPTED),
        RouteRow("KIT-VG", f"{well}/vg", GET),
        RouteRow("KIT-VG", f"{well}/vg", MAKE),
        RouteRow("KIT-REFUSED", at.refused, GET),
        RouteRow("KIT-RESETTING", at.resetting, GET),
    ]
    return [*own, *_routes_of_national_services(at)]


def _routes_of_national_services(at: Places) -> list[RouteRow]:
    units = (*UNITS_OF_SCHEDULE, UNIT_WITHOUT_PERMISSION)
    rows = [RouteRow(unit, at.http, SCHEDULE) for unit in units]
    rows += [RouteRow(MOCK_INDEX, at.http, FIND_CONTENT.contract), RouteRow(REGISTRY, at.http, ADDRESSEES)]
    rows += [RouteRow(SUBSCRIBER, at.http, PROCESS_NOTIFICATION.contract)]
    if at.aggregating:
        rows += [RouteRow(AGGREGATED, at.aggregating, SCHEDULE)]
    if at.index_update:
        rows += [RouteRow(one, at.index_update, UPDATE.contract) for one in (at.index_address, WRONG_INDEX)]
        rows += [RouteRow(at.index_address, at.index_find, FIND_CONTENT.contract)]
    return rows


def authorisations(at: Places) -> list[AuthorisationRow]:
    """The consumer may call what has a route, but for the rows that are about that."""
    called = (
        A, TLS, "KIT-PROFILE-20", "KIT-PROFILE-99", "KIT-EXPIRED", "KIT-TWICE", "KIT-NO-URL", "KIT-PARENT", "KIT-VG",
        "KIT-REFUSED", "KIT-RESETTING", UNKNOWN,
    )  # fmt: skip
    by_contract = [
        *((address, GET) for address in called),
        *((A, contract) for contract in (MAKE, SLOW)),
        *(("*", contract) for contract in (STANDARD, PERMITTED)),
        ("KIT-PARENT", EXCEPTED),
        ("KIT-VG", MAKE),
        *((address, SCHEDULE) for address in (AGGREGATED, *UNITS_OF_SCHEDULE)),
        *((address, UPDATE.contract) for address in (at.index_address, WRONG_INDEX)),
        (at.index_address, FIND_CONTENT.contract),
    ]
    return [
        *(AuthorisationRow(address, contract, CONSUMER) for address, contract in by_contract),
        AuthorisationRow(A, GET, LISTED),
        AuthorisationRow(MOCK_INDEX, FIND_CONTENT.contract, at.aggregating_sender),
        AuthorisationRow(REGISTRY, ADDRESSEES, at.index_address),
        AuthorisationRow(SUBSCRIBER, PROCESS_NOTIFICATION.contract, at.index_address),
    ]


UNITS = {
    "KIT-REGION": "o=Region,l=Kit,c=SE",
    "KIT-PARENT": "ou=Parent,o=Region,l=Kit,c=SE",
    "KIT-CHILD": "ou=Child,ou=Parent,o=Region,l=Kit,c=SE",
    "KIT-CHILD-ROUTED": "ou=Routed,ou=Parent,o=Region,l=Kit,c=SE",
}


# Messages

CASE = "case-0"
"""Stands for the call's name in a message that is not sent yet."""
_CASE = re.compile(rb"case-\d+")
_ADDRESS = re.compile(rb"LogicalAddress[^>]*>\s*([^<\s]+)")


def case_in_body(seen: Seen) -> str:
    """The call that a request belongs to; for messages of others, `to:` and the logical address."""
    text = seen.body.replace(b"\0", b"")
    if found := _CASE.search(text):
        return found[0].decode()
    found = _ADDRESS.search(text)
    return f"to:{found[1].decode('utf-8', 'replace')}" if found else ""


def header_21(address: str) -> str:
    return f'<riv:LogicalAddress xmlns:riv="{REGISTRY_HEADERS}">{address}</riv:LogicalAddress>'


def header_20(address: str) -> str:
    return f'<wsa:To xmlns:wsa="{WS_ADDRESSING}">{address}</wsa:To>'


def payload(contract: str = GET, content: str = "") -> str:
    name = contract.rsplit(":", 2)[1].removesuffix("Responder")
    return f'<t:{name} xmlns:t="{contract}"><id>{CASE}</id>{content}</t:{name}>'


def an_envelope(header: str, body: str, declaration: str = "") -> str:
    return (
        f'{declaration}<soap:Envelope xmlns:soap="{SOAP_ENVELOPE}"><soap:Header>{header}</soap:Header>'
        f"<soap:Body>{body}</soap:Body></soap:Envelope>"
    )


def a_message(address: str = A, contract: str = GET, content: str = "") -> str:
    """A call in profile 2.1."""
    return an_envelope(header_21(address), payload(contract, content))


def a_message_20(address: str = A) -> str:
    """A call in profile 2.0."""
    return an_envelope(header_20(address), payload())


ANSWER = an_envelope(
    "", f'<t:GetThingResponse  xmlns:t="{GET}"><text>Åre,\n 1 &lt; 2</text ><empty></empty></t:GetThingResponse>'
).encode()
"""What producers answer when they are told nothing else; written so that who writes it anew cannot hide it."""
A_FAULT = (
    f'<s:Envelope xmlns:s="{SOAP_ENVELOPE}"><s:Body><s:Fault ><faultcode>s:Server</faultcode>'
    "<faultstring>the producer&apos;s own</faultstring></s:Fault></s:Body></s:Envelope>"
).encode()
