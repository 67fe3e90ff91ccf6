"""What a producer must read: the same request in every form that XML, SOAP and HTTP allow, and in some that they don't.

Each check sends the plain question that the target has answered before, written otherwise, and looks only at whether
an answer comes; what the answer looks like is for the suite `messages`. Where the contract lets a producer refuse,
a SOAP fault is as good as an answer.
Elsewhere: how the variants are written (variants.py).
Source: contracts.md §2.2, §2.3, §2.5, §4 (A-1, A-6), G-8, §6.2; WS-I Basic Profile 1.1 for what HTTP may refuse.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from conformance.checks import Findings, NotJudged
from conformance.producer import variants
from conformance.producer.bench import REQUIRED, ProducerBench, contract_of
from conformance.producer.suite import SUITES
from conformance.reading import Answer
from contracts import codec, envelope

_PLAIN = REQUIRED[0]
_LISTS = ("GetAllTimeTypes", "GetAvailableTimeslots", "GetAvailableDates", "GetAllPerformers")
_PROOF = "expanded" + "entity"
_INTERNAL = f'"{_PROOF}"'


def _request(bench: ProducerBench, interaction: str = _PLAIN) -> bytes:
    """A plain question as bytes. Raises NotJudged when the target does not answer it as the kit writes it."""
    if not bench.offers(interaction):
        raise NotJudged(f"The plain {interaction} is not answered, so nothing can be told of other ways to write it.")
    whom = bench.settings.logical_address or bench.settings.facility
    return envelope.write_request(codec.encode(bench.plain_question(interaction)), whom, bench.person.actor)


def _judge(
    bench: ProducerBench,
    rule: str,
    ways: Mapping[str, tuple[bytes, Mapping[str, str | None]]],
    remedy: str,
    interaction: str = _PLAIN,
) -> Findings:
    """A finding when some of these ways to ask are not answered: one for all of them, that points at the first."""
    refused = []
    for what, (body, headers) in ways.items():
        answer = bench.send(interaction, body, f"The plain question {what}.", headers=headers)
        if not answer.is_usable:
            refused.append((what, answer))
    if refused:
        told = "; ".join(f"asked {what}, the target gave {answer.in_words}" for what, answer in refused)
        sentence = f"The same question is answered when the kit writes it as usual; {told}."
        yield bench.finding(rule, sentence, remedy, refused[0][1], part="request")


def _plain_ways(request: bytes, *ways: tuple[str, Callable[[bytes], bytes]]) -> dict[str, tuple[bytes, dict[str, Any]]]:
    return {what: (write(request), {}) for what, write in ways}


# Allowed forms


@SUITES.check(
    "headers.order-is-free",
    rules=("HDR-1",),
    title="The header's two blocks may come in either order",
)
def order_is_free(bench: ProducerBench) -> Findings:
    ways = _plain_ways(_request(bench), ("with Actor before LogicalAddress", variants.with_blocks_turned))
    yield from _judge(bench, "HDR-1", ways, "Find the header's blocks by their names, not by their places.")


@SUITES.check(
    "headers.any-prefix-is-read",
    rules=("BP-1",),
    title="Namespaces count, not prefixes; declarations, comments and a byte order mark change nothing",
)
def any_prefix_is_read(bench: ProducerBench) -> Findings:
    ways = _plain_ways(
        _request(bench),
        ("with default namespaces and no prefix", variants.with_default_namespaces),
        ("with other prefixes, all declared on the envelope", variants.with_other_prefixes),
        ("with an XML declaration, line breaks and comments", variants.with_declaration_and_comments),
        ("with a byte order mark", variants.with_byte_order_mark),
    )
    yield from _judge(
        bench, "BP-1", ways, "Read requests with an XML parser that knows namespaces, from the first byte."
    )


@SUITES.check(
    "headers.unknown-is-ignored",
    rules=("X-3",),
    title="Header blocks and extension elements that the target does not know are ignored",
)
def unknown_is_ignored(bench: ProducerBench) -> Findings:
    ways = _plain_ways(
        _request(bench),
        ("with header blocks of another namespace", variants.with_unknown_block),
        ("with elements of another namespace at the schema's extension points", variants.with_unknown_elements),
    )
    yield from _judge(bench, "X-3", ways, "Pass over elements of other namespaces at the end of each type.")


@SUITES.check(
    "headers.soap-action-does-not-decide",
    rules=("H-5",),
    title="The body's element says what is asked, whatever SOAPAction says",
)
def soap_action_does_not_decide(bench: ProducerBench) -> Findings:
    request = _request(bench)
    other = f'"{contract_of("GetAllTimeTypes")}:GetAllTimeTypes"'
    ways: dict[str, tuple[bytes, Mapping[str, str | None]]] = {
        "with an empty SOAPAction": (request, {"soapaction": '""'}),
        "without SOAPAction": (request, {"soapaction": None}),
        "with another interaction's SOAPAction": (request, {"soapaction": other}),
    }
    remedy = "Dispatch by the body's first element; consumers and platforms in between may change SOAPAction."
    yield from _judge(bench, "H-5", ways, remedy)


@SUITES.check("headers.utf-16-is-read", rules=("H-6",), title="A request in UTF-16 is read, as one in UTF-8 is")
def utf_16_is_read(bench: ProducerBench) -> Findings:
    told = {"content-type": "text/xml; charset=utf-16"}
    ways = {"in UTF-16": (variants.in_utf_16(_request(bench)), told)}
    yield from _judge(bench, "H-6", ways, "Read UTF-16 too, by the charset and the byte order mark: WS-I demands it.")


@SUITES.check(
    "headers.blanks-round-ids-are-ignored",
    rules=("X-4",),
    title="Blanks and line breaks round the HSA-id of a unit change nothing",
)
def blanks_round_ids_are_ignored(bench: ProducerBench) -> Findings:
    interaction, plain = _one_with_content(bench)
    around = f" {bench.settings.facility}\n"
    request = variants.with_other_value(_request(bench, interaction), "healthcare_facility", around)
    answer = bench.send(interaction, request, "Blanks and a line break stand round the unit's HSA-id.")
    yield from _same_content(
        bench, "X-4", plain, answer, "with blanks round the unit's HSA-id", "Trim ids in requests."
    )


@SUITES.check(
    "headers.letter-case-of-hsa-ids-does-not-count",
    rules=("G-8",),
    title="A unit is found whatever the case of the letters in its HSA-id",
)
def letter_case_of_hsa_ids_does_not_count(bench: ProducerBench) -> Findings:
    interaction, plain = _one_with_content(bench)
    other = bench.settings.facility.text.swapcase()
    for name, where in (("healthcare_facility", "the question"), ("LogicalAddress", "the header")):
        if name == "LogicalAddress" and bench.settings.logical_address:
            continue  # it names somebody else
        request = variants.with_other_value(_request(bench, interaction), name, other)
        answer = bench.send(interaction, request, f"The unit's HSA-id stands in {where} in the other letter case.")
        if name == "LogicalAddress" and answer.fault and "VP00" in answer.fault.text:
            continue  # said by a platform in between, before the target saw it
        what = f"with the unit's HSA-id in {where} in the other letter case"
        yield from _same_content(bench, "G-8", plain, answer, what, "Compare HSA-ids without regard to letter case.")


def _one_with_content(bench: ProducerBench) -> tuple[str, Answer]:
    """A question whose plain answer lists something: an empty answer is like that of somebody who did not understand.

    Raises NotJudged when there is none.
    """
    for interaction in _LISTS:
        if bench.offers(interaction):
            answer = bench.send(interaction, _request(bench, interaction), "What is listed, asked plainly?")
            if _listed(answer):
                return interaction, answer
    raise NotJudged(f"None of {', '.join(_LISTS)} lists anything, so no difference could be seen; open some times.")


def _listed(answer: Answer) -> int:
    return len(list(answer.payload.children())) if answer.is_usable and answer.payload else 0


def _same_content(bench: ProducerBench, rule: str, plain: Answer, answer: Answer, what: str, remedy: str) -> Findings:
    if answer.is_usable and _listed(answer):
        return
    came = "an empty list" if answer.is_usable else answer.in_words
    sentence = (
        f"{answer.exchange.interaction} listed {_listed(plain)} entries when asked plainly, but {what} came {came}."
    )
    yield bench.finding(rule, sentence, remedy, answer, part="request")


# Where a fault is as good as an answer


def _answer_or_fault(bench: ProducerBench, rule: str, answer: Answer, what: str) -> Findings:
    """A finding when neither an answer nor a SOAP fault came; what a fault may tell is for the suite `refusals`."""
    if not answer.is_usable and not answer.fault:
        remedy = "Answer, or refuse with a SOAP fault and HTTP 500."
        yield bench.finding(rule, f"{what} gave {answer.in_words}.", remedy, answer)


@SUITES.check(
    "headers.missing-actor-is-handled",
    rules=("A-1",),
    title="A request without Actor is answered or refused with a proper fault",
)
def missing_actor_is_handled(bench: ProducerBench) -> Findings:
    answer = bench.send(_PLAIN, variants.without_actor(_request(bench)), "The Actor, which 1.1 demands, is left out.")
    yield from _answer_or_fault(bench, "A-1", answer, "A request without Actor")


@SUITES.check(
    "headers.unknown-actor-type-is-handled",
    rules=("A-6",),
    title="An actorType that the contract does not know is tolerated or refused with a proper fault",
)
def unknown_actor_type_is_handled(bench: ProducerBench) -> Findings:
    for kind in ("?", "1.2.752.129.2.1.3.1"):
        request = variants.with_other_value(_request(bench), "actorType", kind)
        answer = bench.send(_PLAIN, request, "The actorType is one that test traffic has and the contract has not.")
        yield from _answer_or_fault(bench, "A-6", answer, f"A request whose actorType is {kind}")


@SUITES.check(
    "headers.older-profile-is-handled",
    rules=("BP-8",),
    title="A request with its address in wsa:To, as in profile 2.0, is answered or refused with a proper fault",
)
def older_profile_is_handled(bench: ProducerBench) -> Findings:
    answer = bench.send(_PLAIN, variants.in_profile_2_0(_request(bench)), "The address stands in wsa:To: profile 2.0.")
    found = list(_answer_or_fault(bench, "BP-8", answer, "A request of profile 2.0"))
    if answer.fault and not found:
        raise NotJudged("The target speaks profile 2.1 alone, as it may: a request of profile 2.0 got a proper fault.")
    yield from found


@SUITES.check(
    "headers.older-version-is-handled",
    rules=("X-1",),
    title="A request of version 1.0, without what 1.1 demands, is answered or refused with a proper fault",
)
def older_version_is_handled(bench: ProducerBench) -> Findings:
    interaction = "GetAvailableTimeslots"
    if not bench.offers(interaction):
        raise NotJudged("The target does not answer GetAvailableTimeslots, which 1.0 and 1.1 ask differently.")
    request = variants.of_version_1_0(_request(bench, interaction))
    answer = bench.send(interaction, request, "A consumer of version 1.0 asks.")
    yield from _answer_or_fault(bench, "X-1", answer, "A request of version 1.0")


# What must not be read


@SUITES.check(
    "headers.malformed-is-refused",
    rules=("H-3",),
    title="What is not well-formed is refused with a fault, or by HTTP itself",
)
def malformed_is_refused(bench: ProducerBench) -> Findings:
    request = _request(bench)
    broken = {
        "A request that ends in the middle": variants.cut_off(request),
        "A request with a prefix that stands for no namespace": variants.with_unbound_prefix(request),
        "A request that is no XML": b"no XML",
        "An envelope with nothing in its body": variants.SOAP_WITHOUT_BODY,
    }
    for what, body in broken.items():
        answer = bench.send(_PLAIN, body, f"{what}.")
        if not _is_refused(answer):
            sentence = f"{what} gave {answer.in_words}."
            remedy = "Refuse what cannot be read with a SOAP fault and HTTP 500; WS-I allows HTTP 400 as well."
            yield bench.finding("H-3", sentence, remedy, answer, part="answer")


def _is_refused(answer: Answer) -> bool:
    """By a fault, or by HTTP's own means, which SOAP stacks use before SOAP begins; the form is judged elsewhere."""
    got = answer.exchange.answer
    return answer.fault is not None or (got is not None and (got.status or 0) >= 400)


@SUITES.check(
    "headers.entities-are-not-expanded",
    rules=("X-5",),
    title="A document type is refused, and no entity is expanded, of the message's own or of a file",
)
def entities_are_not_expanded(bench: ProducerBench) -> Findings:
    request = _request(bench)
    facility = bench.settings.facility.text
    declared = f'"{facility}"'
    for what, entity in (("the unit's HSA-id", declared), ("another text", _INTERNAL), *_FILES):
        body = variants.with_entity(request, facility, entity)
        answer = bench.send(_PLAIN, body, f"A document type declares an entity that stands for {what}.")
        yield from _of_entity(bench, answer, what)


_FILES = (("a file that every Unix has", 'SYSTEM "file:///etc/passwd"'),)
_FROM_FILE = re.compile(rb"root:[^:<]*:0:0:")


def _of_entity(bench: ProducerBench, answer: Answer, what: str) -> Iterable[Any]:
    got = answer.exchange.answer
    body = got.body if got is not None else b""
    remedy = "Refuse every document type (SOAP 1.1 forbids them) and let the parser resolve no entity."
    if _PROOF.encode() in body or _FROM_FILE.search(body):
        yield bench.finding("X-5", f"The answer shows the text of an entity that stood for {what}.", remedy, answer)
    elif answer.is_usable:
        sentence = f"A request with a document type, whose entity stood for {what}, was answered as if it were none."
        yield bench.finding("X-5", sentence, remedy, answer, part="request")
    elif not _is_refused(answer):
        yield bench.finding("X-5", f"A request with a document type gave {answer.in_words}.", remedy, answer)
