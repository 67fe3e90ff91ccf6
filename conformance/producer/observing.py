"""All answers of a run, read once for the checks that only look at them, and findings told once a kind.

The observers (messages.py and its neighbours) go over every exchange that the other suites made, also those that were
sent broken on purpose: an answer has to be well-formed whatever was asked. What nobody can demand is that HTTP's own
refusals (400, 404, 415 …) of an odd request are SOAP; `is_ordinary` tells which requests leave no such excuse.
Equal answers are looked at once and counted as often as they came; cut-off ones are not looked at. A thing found wrong
in three hundred elements is one finding, which points at the first and tells how many there were.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from weakref import WeakKeyDictionary

from lxml import etree

from conformance.checks import NotJudged
from conformance.exchange import Evidence, Exchange, HttpMessage, Shown, shown
from conformance.model import Finding
from conformance.producer.bench import ProducerBench
from conformance.reading import Answer, Node, Slot
from contracts import codec, xml
from contracts.namespaces import INTEROPERABILITY_HEADERS, REGISTRY_HEADERS, SOAP_ENVELOPE

CHANGING = ("MakeBooking", "UpdateBooking", "CancelBooking")
"""The interactions that have a result structure (contracts.md G-15)."""


def _scalars(form: codec.Form) -> Iterator[str]:
    for part in form.parts:
        if isinstance(part.holds, codec.Form):
            yield from _scalars(part.holds)
        else:
            yield part.name


_HOLDING_TEXT = frozenset(
    name for forms in codec.SCHEDULING_INTERACTIONS.values() for name in _scalars(forms.response)
) | {"version", "pingDateTime", "name", "value"}


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element of an answer that by its contract holds text; `text` as it stands, blanks and all."""

    name: str
    text: str
    element: xml.Element

    @property
    def is_empty(self) -> bool:
        return not self.text.strip() and not len(self.element)


@dataclass(frozen=True)
class Seen:
    """An answer, and how often it came. `is_ordinary`: its request was plain, so that nothing excuses the answer."""

    exchange: Exchange
    answer: Answer
    is_ordinary: bool
    times: list[int] = field(default_factory=list)

    @property
    def interaction(self) -> str:
        return self.exchange.interaction

    @property
    def http(self) -> HttpMessage:
        assert self.exchange.answer is not None
        return self.exchange.answer

    @property
    def status(self) -> int | None:
        return self.http.status

    @cached_property
    def shown(self) -> Shown:
        return shown(self.http)

    @property
    def envelope(self) -> xml.Element | None:
        """The root when it is called Envelope, of whatever SOAP; None for anything else."""
        root = self.answer.root
        return root if root is not None and etree.QName(root).localname == "Envelope" else None

    @property
    def is_soap(self) -> bool:
        """Whether it is a SOAP 1.1 envelope with something in its body."""
        root = self.envelope
        return root is not None and root.tag == f"{{{SOAP_ENVELOPE}}}Envelope" and self.answer.payload is not None

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        return self.answer.slots

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """The elements in an answer that hold text, but for extensions; none in a fault or in what is no answer."""
        payload = self.answer.payload
        if payload is None or not self.answer.is_usable:
            return ()
        tags = ((str(one.tag), one) for one in payload.element.iterdescendants("*"))
        named = ((tag.rpartition("}")[2], one) for tag, one in tags if tag[0] != "{" or tag.startswith("{urn:riv:"))
        return tuple(Leaf(name, xml.text_of(one), one) for name, one in named if name in _HOLDING_TEXT)


_read: "WeakKeyDictionary[Evidence, tuple[int, tuple[Seen, ...]]]" = WeakKeyDictionary()


def answers(bench: ProducerBench) -> tuple[Seen, ...]:
    """All answers of the run up to now. Raises NotJudged when there are none."""
    found = seen(bench)
    if not found:
        raise NotJudged("No answer came in this run: this suite looks at what others got; run it together with them.")
    return found


def seen(bench: ProducerBench) -> tuple[Seen, ...]:
    """The answers, none too. Kept, so that each is parsed once for all observers."""
    exchanges = bench.evidence.exchanges
    known = _read.get(bench.evidence)
    if known is None or known[0] != len(exchanges):
        known = _read[bench.evidence] = (len(exchanges), _all(exchanges))
    return known[1]


def _all(exchanges: Sequence[Exchange]) -> tuple[Seen, ...]:
    found: dict[object, Seen] = {}
    for one in exchanges:
        if one.answer is None or one.failure is not None or not one.request.body:
            continue
        ordinary = _is_ordinary(one)
        kind = one.answer.headers.get("content-type")
        key = (one.interaction, one.answer.status, kind, ordinary, one.answer.body)
        found.setdefault(key, Seen(one, Answer(one), ordinary)).times.append(one.number)
    return tuple(found.values())


def _is_ordinary(exchange: Exchange) -> bool:
    """Whether a request is plain: SOAP 1.1 in UTF-8 with its content type, its SOAPAction and both header blocks."""
    body, headers = exchange.request.body, exchange.request.headers
    if not body.startswith(b"<soapenv:Envelope") or not headers.get("content-type", "").startswith("text/xml"):
        return False
    if not headers.get("soapaction", "").strip('"').endswith(f":{exchange.interaction}"):
        return False
    wanted = [REGISTRY_HEADERS] if exchange.interaction == "PingForConfiguration" else _HEADERS
    return all(one.encode() in body for one in wanted) and b"</soapenv:Envelope>" in body and b"<!" not in body


_HEADERS = [REGISTRY_HEADERS, INTEROPERABILITY_HEADERS]


@dataclass
class _Kind:
    rule: str
    sentence: str
    remedy: str
    first: Seen
    line: int | None
    count: int = 0
    answers: set[int] = field(default_factory=set)


class Tally:
    """Gathers what is found wrong: equal sentences about one interaction become one finding, with a count."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, str], _Kind] = {}

    def add(
        self, rule: str, sentence: str, remedy: str, one: Seen, at: "Node | xml.Element | int | None" = None
    ) -> None:
        """Note one thing found. `sentence` tells it of any of its kind; `at` is the element, or its line."""
        line = at.line if isinstance(at, Node) else at if at is None or isinstance(at, int) else at.sourceline
        key = (one.interaction, rule, sentence)
        kind = self._kinds.setdefault(key, _Kind(rule, sentence, remedy, one, line))
        kind.count += len(one.times)
        kind.answers.update(one.times)

    @property
    def findings(self) -> Iterator[Finding]:
        for (interaction, _, _), kind in self._kinds.items():
            sentence = f"{interaction}: {kind.sentence}{_how_often(kind)}"
            yield Finding(kind.rule, sentence, kind.remedy, kind.first.exchange.number, "answer", kind.line)


def _how_often(kind: _Kind) -> str:
    if kind.count == 1:
        return ""
    many = len(kind.answers)
    return f" This was seen {kind.count} times" + (f" in {many} answers." if many > 1 else " in this answer.")
