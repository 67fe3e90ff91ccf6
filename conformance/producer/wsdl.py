"""The WSDL that a target serves, compared with the official one: names, parts, headers, style, and what it imports.

Nobody must serve a WSDL (BP 2.1 rule 20): without one, nothing is judged. Documents are fetched from the target's own
host alone, and not more of them than a contract has; what they name elsewhere is left alone. The address inside is
whatever it is, and order is no difference.
Elsewhere: what a WSDL says (conformance/wsdl_reading.py). The files' own names (rule 2) do not show from outside.
Source: contracts.md §2.1, §2.2, §2.6; BP 2.1 rules 2 to 17 and 20.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urljoin, urlsplit
from weakref import WeakKeyDictionary

from conformance.carrier import Carried
from conformance.checks import Findings, NotJudged
from conformance.exchange import Evidence, Exchange, Failure, HttpMessage
from conformance.producer.bench import ProducerBench, contract_of, lower
from conformance.producer.messages_schema import schemas
from conformance.producer.suite import SUITES
from conformance.reading import Answer
from conformance.wsdl_reading import Described, described, described_in, is_schema, is_wsdl, locations
from contracts import xml
from contracts.codec import SCHEDULING_INTERACTIONS
from contracts.errors import MessageUnreadable

_MOST_DOCUMENTS = 15
"""Of one interaction: the official ones have six at most."""

_ALL = (*SCHEDULING_INTERACTIONS, "PingForConfiguration")


@dataclass
class Served:
    """What came for one interaction: the WSDL's documents, and what could not be had of what they name."""

    interaction: str
    first: Exchange
    documents: list[xml.Element] = field(default_factory=list)
    broken: list[tuple[Exchange, str]] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    @property
    def described(self) -> Described | None:
        return described([one for one in self.documents if is_wsdl(one)], request_of(self.interaction))


def request_of(interaction: str) -> str:
    return f"{{{contract_of(interaction)}}}{interaction}"


@cache
def official(interaction: str) -> Described:
    """What the official WSDL says."""
    one = schemas().interaction(contract_of(interaction))
    assert one is not None
    return described_in(one.wsdl, one.request)


_fetched: "WeakKeyDictionary[Evidence, tuple[Served, ...]]" = WeakKeyDictionary()


def served(bench: ProducerBench) -> tuple[Served, ...]:
    """All WSDLs that the target serves, fetched once in a run. Raises NotJudged when there is none."""
    if bench.evidence not in _fetched:
        _fetched[bench.evidence] = tuple(_fetch_all(bench))
    found = _fetched[bench.evidence]
    if not found:
        raise NotJudged("The target serves no WSDL at its address with ?wsdl; it need not (BP 2.1 rule 20).")
    return found


def _fetch_all(bench: ProducerBench) -> Iterator[Served]:
    """One address for each interaction, or one for all: then what its WSDL describes is what counts.

    Stops at the first that gets no answer at all: a target that hangs up on such a question would seem to be gone.
    """
    asked: dict[str, Served | None] = {}
    for interaction in _ALL:
        address = bench.address_of(interaction)
        if address not in asked:
            exchange = _get(bench, interaction, _wsdl_of(address), "Is there a WSDL?")
            if exchange.failure:
                return
            asked[address] = _documents_from(bench, interaction, exchange)
        one = asked[address]
        if one is not None and (one.interaction == interaction or _describes(one, interaction)):
            yield Served(interaction, one.first, one.documents, one.broken, one.elsewhere)


def _describes(one: Served, interaction: str) -> bool:
    return described([each for each in one.documents if is_wsdl(each)], request_of(interaction)) is not None


def _wsdl_of(address: str) -> str:
    return f"{address}{'&' if urlsplit(address).query else '?'}wsdl"


def _get(bench: ProducerBench, interaction: str, url: str, purpose: str) -> Exchange:
    request = HttpMessage(lower(bench.settings.headers), b"")
    return _kept(bench, interaction, url, purpose, bench.carrier.call(url, request, method="GET"))


def _kept(bench: ProducerBench, interaction: str, url: str, purpose: str, got: Carried) -> Exchange:
    told = HttpMessage(dict.fromkeys(lower(bench.settings.headers), "(hidden)"), b"")
    return bench.evidence.add(purpose, interaction, url, told, got.answer, got.failure, got.seconds)


def _documents_from(bench: ProducerBench, interaction: str, exchange: Exchange) -> Served | None:
    """The WSDL and what it imports, breadth first; None when what came is no WSDL."""
    root = _root_of(exchange.answer, exchange.failure)
    if root is None or not is_wsdl(root):
        return None
    found = Served(interaction, exchange, [root])
    waiting = [(exchange.address, root)]
    known = {exchange.address}
    while waiting and len(known) < _MOST_DOCUMENTS:
        base, document = waiting.pop(0)
        for location in locations(document):
            url = urljoin(base, location)
            if url in known or len(known) >= _MOST_DOCUMENTS:
                continue
            known.add(url)
            if urlsplit(url).netloc != urlsplit(exchange.address).netloc:
                found.elsewhere.append(url)
                continue
            _take(bench, found, url, location, waiting)
    return found


def _take(bench: ProducerBench, found: Served, url: str, location: str, waiting: list[tuple[str, xml.Element]]) -> None:
    """Fetch one document more. Evidence is kept of those alone that cannot be had: the others are the official ones."""
    got = bench.carrier.call(url, HttpMessage(lower(bench.settings.headers), b""), method="GET")
    root = _root_of(got.answer, got.failure)
    if root is None or not (is_wsdl(root) or is_schema(root)):
        exchange = _kept(bench, found.interaction, url, "Can what the WSDL names be had?", got)
        found.broken.append((exchange, location))
        return
    found.documents.append(root)
    waiting.append((url, root))


def _root_of(answer: HttpMessage | None, failure: Failure | None) -> xml.Element | None:
    """The document's root; None for what is no XML, or came with another status than 200."""
    if answer is None or failure or answer.status != 200:
        return None
    try:
        return xml.parse(answer.body, answer.charset)
    except MessageUnreadable:
        return None


# What must be as in the official file


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to compare: the field of Described, its rule, and what to call it."""

    field: str
    rule: str
    what: str


_NAMES = (
    Fact("definitions", "BP-3", "the name of definitions"),
    Fact("target_namespace", "BP-4", "the targetNamespace"),
    Fact("messages", "BP-9", "the names of the two messages"),
    Fact("port_type", "BP-10", "the name of the portType"),
    Fact("operation", "BP-11", "the name of the operation"),
    Fact("binding", "BP-12", "the name of the binding"),
    Fact("service", "BP-13", "the name of the service"),
    Fact("port", "BP-14", "the name of the port"),
)
_BODY = (Fact("body_parts", "BP-7", "the body's parts"), Fact("style", "BP-7", "style, use and transport"))
_HEADERS = (
    Fact("header_parts", "BP-8", "the request message's header parts"),
    Fact("bound_headers", "BP-8", "what the binding puts into the header"),
)
_ACTION = (Fact("soap_action", "BP-15", "the soapAction"),)
_TYPES = (Fact("inline_schema", "BP-16", "the targetNamespace of the schema in types"),)
_ONE_OPERATION = (Fact("operations", "BP-17", "the number of operations in the portType"),)
_FAULTS = (Fact("faults", "G-14", "the number of faults that the operation declares"),)


def _compared(bench: ProducerBench, facts: tuple[Fact, ...]) -> Findings:
    """One finding for each fact that differs, which tells of the first interaction and counts the others."""
    described_ones = [(one, found) for one in served(bench) if (found := one.described) is not None]
    if not described_ones:
        raise NotJudged("No WSDL that is served has an operation of these contracts; see wsdl.describes-the-contract.")
    for fact in facts:
        differing = [
            (one, getattr(found, fact.field), wanted)
            for one, found in described_ones
            if getattr(found, fact.field) != (wanted := getattr(official(one.interaction), fact.field))
        ]
        if differing:
            one, there, wanted = differing[0]
            others = f" So it is with {len(differing) - 1} more of the WSDLs." if len(differing) > 1 else ""
            sentence = (
                f"{one.interaction}: {fact.what} is {_told(there)} where the official WSDL has {_told(wanted)}.{others}"
            )
            remedy = "Serve the official WSDL file, or make yours say the same."
            yield bench.finding(fact.rule, sentence, remedy, Answer(one.first))


def _told(value: str | frozenset[str]) -> str:
    text = value if isinstance(value, str) else ", ".join(sorted(value))
    return text or "nothing"


@SUITES.check(
    "wsdl.describes-the-contract",
    rules=("BP-7", "G-14"),
    title="A WSDL that is served describes its contract: one body part named parameters, document/literal, no faults",
)
def describes_the_contract(bench: ProducerBench) -> Findings:
    for one in served(bench):
        if one.described is None:
            wanted = request_of(one.interaction)
            sentence = f"The WSDL at the address of {one.interaction} has no operation whose input is {wanted}."
            remedy = "Serve the WSDL of the contract that the address answers."
            yield bench.finding("BP-7", sentence, remedy, Answer(one.first))
    yield from _compared(bench, (*_BODY, *_FAULTS))


@SUITES.check(
    "wsdl.names-are-the-contracts",
    rules=tuple(fact.rule for fact in _NAMES),
    title="The names in a WSDL that is served are those of the official one",
)
def names_are_the_contracts(bench: ProducerBench) -> Findings:
    yield from _compared(bench, _NAMES)


@SUITES.check(
    "wsdl.headers-are-bound",
    rules=("BP-8",),
    title="A WSDL that is served binds LogicalAddress and Actor to the header of the request",
)
def headers_are_bound(bench: ProducerBench) -> Findings:
    yield from _compared(bench, _HEADERS)


@SUITES.check(
    "wsdl.soap-action-is-the-contracts",
    rules=("BP-15",),
    title="The soapAction of a WSDL that is served is the contract's",
)
def soap_action_is_the_contracts(bench: ProducerBench) -> Findings:
    yield from _compared(bench, _ACTION)


@SUITES.check(
    "wsdl.is-built-as-the-profile-says",
    rules=("BP-16", "BP-17"),
    title="A portType has one operation, and the schema in types has the WSDL's targetNamespace",
)
def is_built_as_the_profile_says(bench: ProducerBench) -> Findings:
    yield from _compared(bench, (*_TYPES, *_ONE_OPERATION))


@SUITES.check(
    "wsdl.imports-can-be-had",
    rules=("WSDL-1",),
    title="What a WSDL that is served imports can be fetched from where it says",
)
def imports_can_be_had(bench: ProducerBench) -> Findings:
    broken = [(one, *found) for one in served(bench) for found in one.broken]
    for one, exchange, location in broken[:1]:
        status = exchange.answer.status if exchange.answer else None
        came = exchange.failure.sentence if exchange.failure else f"HTTP {status} and no schema"
        sentence = f"The WSDL of {one.interaction} imports {location}, and fetching that gave {came}"
        several = f"; so it is with {len(broken)} imports in all" if len(broken) > 1 else ""
        remedy = "Serve the schemas beside the WSDL, and let it name them as they can be fetched."
        yield bench.finding("WSDL-1", f"{sentence}{several}.", remedy, Answer(exchange))


def elsewhere(bench: ProducerBench) -> Mapping[str, list[str]]:
    """What the WSDLs name on other hosts, which the kit does not go to, by interaction."""
    return {one.interaction: one.elsewhere for one in served(bench) if one.elsewhere}


@SUITES.check(
    "wsdl.address-follows-the-profile",
    rules=("BP-19",),
    title="The address of an interaction has its name, the major version and the profile in its path",
)
def address_follows_the_profile(bench: ProducerBench) -> Findings:
    interaction = "GetSubjectOfCareSchedule"
    if "{interaction}" not in bench.settings.address:
        raise NotJudged("One address was given for all interactions; write {interaction} where each has its own.")
    path = urlsplit(bench.address_of(interaction)).path
    pieces = [piece.lower() for piece in path.split("/")]
    missing = [one for one in (interaction, "1", "rivtabp21") if one.lower() not in pieces]
    if missing or "1.1" in pieces:
        lacks = f"has no {', no '.join(missing)}" if missing else "has the minor version 1.1"
        sentence = f"The path of the address, {path or '/'}, {lacks}."
        remedy = f"Let addresses end as …/{interaction}/1/rivtabp21: consumers then tell contracts and versions apart."
        yield bench.finding("BP-19", sentence, remedy)
