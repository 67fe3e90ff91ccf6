"""Every answer of the run, whatever it was about: HTTP, the SOAP envelope, how long it took.

These checks ask nothing; they look at what the other suites got, and so run last. Form is judged by this suite alone:
the scenarios read leniently. What no request can demand of HTTP is said in observing.py.
Elsewhere: the schema (messages_schema.py), values (messages_values.py), which elements a timeslot has and what a result
holds (messages_times.py).
Source: contracts.md §2.2, §2.6, §12; WS-I Basic Profile 1.1.
"""

from collections.abc import Iterable

from conformance.checks import Findings, NotJudged
from conformance.exchange import Exchange
from conformance.producer.bench import ProducerBench, contract_of
from conformance.producer.observing import Seen, Tally, answers
from conformance.producer.suite import SUITES
from conformance.reading import Answer, Node
from contracts.namespaces import SOAP_12_ENVELOPE, SOAP_ENVELOPE

_SLOW_SECONDS = 3.0
_FEWEST_FOR_SPEED = 20


def _offered(found: Iterable[Seen]) -> frozenset[str]:
    return frozenset(one.interaction for one in found if one.answer.is_usable)


def _must_be_soap(one: Seen, offered: frozenset[str]) -> bool:
    """Whether SOAP can be demanded: not of an interaction that nobody offers, nor of HTTP's refusal of odd requests."""
    return one.interaction in offered and (one.is_ordinary or _is_success(one))


def _is_success(one: Seen) -> bool:
    return 200 <= (one.status or 0) < 300


# HTTP and SOAP


@SUITES.check(
    "messages.answers-are-envelopes",
    rules=("H-1",),
    title="Every answer is a SOAP 1.1 envelope with one element in its body",
)
def answers_are_envelopes(bench: ProducerBench) -> Findings:
    tally, found = Tally(), answers(bench)
    offered = _offered(found)
    for one in found:
        sentence = _wrong_envelope(one, _must_be_soap(one, offered))
        if sentence:
            tally.add("H-1", sentence, "Answer with a SOAP 1.1 envelope whose Body holds exactly one element.", one, 1)
    yield from tally.findings


def _wrong_envelope(one: Seen, must_be_soap: bool) -> str:
    root = one.envelope
    if root is None:
        if not (must_be_soap and _is_success(one)):
            return ""
        return "the answer is not XML." if one.answer.root is None else "the answer is XML, but no SOAP envelope."
    if root.tag == f"{{{SOAP_12_ENVELOPE}}}Envelope":
        return "the envelope is SOAP 1.2 where the contract's WSDL binds SOAP 1.1."
    if root.tag != f"{{{SOAP_ENVELOPE}}}Envelope":
        return "the envelope is in none of SOAP's namespaces."
    bodies = root.findall(f"{{{SOAP_ENVELOPE}}}Body")
    elements = [len(list(body.iterchildren("*"))) for body in bodies]
    return "" if elements == [1] else f"the envelope has {len(bodies)} Body with {sum(elements)} elements in all."


@SUITES.check("messages.answers-come-with-200", rules=("H-2",), title="What is no fault comes with the HTTP status 200")
def answers_come_with_200(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one in answers(bench):
        if one.envelope is not None and one.answer.payload and one.answer.fault is None and one.status != 200:
            sentence = f"an answer that is no fault came with HTTP {one.status}; many SOAP stacks then throw it away."
            tally.add("H-2", sentence, "Send every answer that is no SOAP fault with HTTP 200.", one, 1)
    yield from tally.findings


@SUITES.check(
    "messages.faults-are-soap-1.1",
    rules=("H-3",),
    title="An error is a SOAP 1.1 fault with faultcode and faultstring, and comes with HTTP 500",
)
def faults_are_soap_1_1(bench: ProducerBench) -> Findings:
    tally, found = Tally(), answers(bench)
    offered = _offered(found)
    for one in found:
        for sentence in _wrong_fault(one, offered):
            remedy = "Answer an error with a SOAP 1.1 fault (faultcode, faultstring, no namespace) and HTTP 500."
            tally.add("H-3", sentence, remedy, one, one.answer.fault.line if one.answer.fault else None)
    yield from tally.findings


def _wrong_fault(one: Seen, offered: frozenset[str]) -> Iterable[str]:
    if one.envelope is None and not _is_success(one) and _must_be_soap(one, offered):
        yield f"an error came with HTTP {one.status} and no SOAP envelope, so that a consumer's stack cannot read it."
    if one.answer.fault is None or not one.is_soap or one.answer.payload is None:
        return
    if one.status != 500:
        yield f"a SOAP fault came with HTTP {one.status}; WS-I Basic Profile 1.1 and the contract say 500."
    fault = one.answer.payload.element
    for name in ("faultcode", "faultstring"):
        child = next((node for node in Node(fault).all(name)), None)
        if child is None:
            yield f"a SOAP fault has no {name}."
        elif child.element.tag != name:
            yield f"{name} in a SOAP fault is in a namespace; SOAP 1.1 has it in none."
    if fault.tag != f"{{{SOAP_ENVELOPE}}}Fault":
        yield "the Fault is not in the envelope's namespace."


@SUITES.check(
    "messages.content-type-is-true",
    rules=("H-4",),
    title="The content type is text/xml, and its charset is the one that the answer is in",
)
def content_type_is_true(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one in answers(bench):
        if one.envelope is None and not _looks_like_xml(one):
            continue
        told = one.http.headers.get("content-type", "")
        kind = told.partition(";")[0].strip().lower()
        is_12 = one.envelope is not None and one.envelope.tag == f"{{{SOAP_12_ENVELOPE}}}Envelope"
        if kind != "text/xml" and not is_12 and one.envelope is not None:
            sentence = f"the Content-Type is {kind or 'missing'}; SOAP 1.1 demands text/xml."
            tally.add("H-4", sentence, "Send answers as text/xml; charset=UTF-8.", one)
        lie = untrue_charset(one.http.charset, one.http.body)
        if lie:
            tally.add("H-4", lie, "Name the charset that the bytes are in, best UTF-8.", one)
    yield from tally.findings


def _looks_like_xml(one: Seen) -> bool:
    return b"Envelope" in one.http.body[:500] and _is_success(one)


def untrue_charset(charset: str | None, body: bytes) -> str:
    """Why the charset of a Content-Type cannot be the one of `body`, as a sentence; nothing when it can, or is absent.

    A charset of single bytes fits any bytes; that what is UTF-8 throughout, and more than ASCII, is meant as another
    is too unlikely to be taken for true.
    """
    if charset is None:
        return ""
    try:
        text = body.decode(charset)
    except LookupError:
        return f"the Content-Type says charset={charset}, which is none."
    except UnicodeDecodeError:
        return f"the Content-Type says charset={charset}, but the bytes are not in it."
    if not text.lstrip("\ufeff \t\r\n").startswith("<"):
        return f"the Content-Type says charset={charset}, but read so the answer is not XML."
    is_utf_8 = charset.lower().replace("_", "-") in ("utf-8", "utf8")
    if not is_utf_8 and not body.isascii() and b"\x00" not in body[:4] and _is_utf_8(body):
        return f"the Content-Type says charset={charset}, but the bytes are UTF-8: å, ä and ö become two signs each."
    return ""


def _is_utf_8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


@SUITES.check(
    "messages.body-is-the-interactions-own",
    rules=("BP-7",),
    title="The element in the body is the operation's name with Response, in the contract's namespace",
)
def body_is_the_interactions_own(bench: ProducerBench) -> Findings:
    tally, found = Tally(), answers(bench)
    known = _offered(found)
    for one in found:
        payload = one.answer.payload
        if payload is None or one.answer.fault or one.envelope is None or one.interaction not in known:
            continue
        wanted = f"{{{contract_of(one.interaction)}}}{one.interaction}Response"
        if payload.element.tag != wanted:
            sentence = f"the body holds {payload.element.tag!s}, where the contract has {wanted}."
            remedy = "Name the answer's element as the contract's WSDL does, namespace and all."
            tally.add("BP-7", sentence, remedy, one, payload)
    yield from tally.findings


# How long it took


def _tells_of_speed(one: Exchange) -> bool:
    return one.answer is not None or (one.failure is not None and one.failure.kind == "late")


@SUITES.check(
    "messages.answers-come-in-time",
    rules=("NF-1",),
    title="95 of 100 answers come within three seconds",
)
def answers_come_in_time(bench: ProducerBench) -> Findings:
    """The duel's calls don't count: nobody has to be quick for more than one call a second."""
    counted = [
        one
        for one in bench.evidence.exchanges
        if one.request.body and not one.check.startswith("duel.") and _tells_of_speed(one)
    ]
    if len(counted) < _FEWEST_FOR_SPEED:
        raise NotJudged(f"{len(counted)} calls are too few to tell; {_FEWEST_FOR_SPEED} are needed. Run more suites.")
    slow = [one for one in counted if one.seconds >= _SLOW_SECONDS]
    if len(slow) > 0.05 * len(counted):
        worst = max(slow, key=lambda one: one.seconds)
        sentence = (
            f"{len(slow)} of {len(counted)} calls took {_SLOW_SECONDS:g} seconds or longer, as seen from here; at most"
            f" 5 of 100 may. {worst.interaction} took longest, {worst.seconds:.1f} seconds."
        )
        remedy = "Find out what the slow interactions wait for; each answer should come within three seconds."
        yield bench.finding("NF-1", sentence, remedy, Answer(worst))
