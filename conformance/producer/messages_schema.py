"""Whether every answer of the run keeps the contract's schema, by two validators.

libxml2 says first; xmlschema is asked about what it lets by. What has a rule of its own (a date, an empty element, a
DocBook text as elements) is told by that rule and left out here, so that one mistake is one finding. Errata that an
answer needed are no fault of its sender; they are told in the run's notes.
Elsewhere: the validators themselves (conformance/schemas.py).
Source: contracts.md §1, §2.3, §2.6.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache

from lxml import etree

from conformance.checks import Findings
from conformance.producer.bench import ProducerBench, contract_of
from conformance.producer.observing import CHANGING, Seen, Tally, answers
from conformance.producer.suite import SUITES
from conformance.schemas import Schemas, Verdict
from contracts.errors import Violation

_LARGE = 100_000
_MOST_LARGE = 1
_OWN_RULE = ("startTimeInclusive", "endTimeExclusive", "pingDateTime", "date", "subject_of_care")
_RESULT = ("resultCode", "resultText")


@cache
def schemas() -> Schemas:
    """The validators, shared by all runs of a process: compiling them takes longer than using them."""
    return Schemas()


def _verdicts(bench: ProducerBench) -> Iterator[tuple[Seen, Verdict]]:
    """What the validators say of each answer. Of large ones, the second sees one an interaction: it is slow."""
    large: Counter[str] = Counter()
    for one in answers(bench):
        if one.envelope is None or one.answer.payload is None or one.answer.fault:
            continue
        is_large = len(one.http.body) > _LARGE
        large[one.interaction] += is_large
        second = not is_large or large[one.interaction] <= _MOST_LARGE
        yield one, _verdict(one, second)


def _verdict(one: Seen, second: bool) -> Verdict:
    kept: dict[str, Verdict] = one.__dict__
    if "verdict" not in kept:
        kept["verdict"] = schemas().judge(one.shown, contract_of(one.interaction), "answer", second=second)
    return kept["verdict"]


@SUITES.check(
    "messages.answers-are-valid",
    rules=("X-1", "GAD-6"),
    title="Every answer keeps the contract's schema, by libxml2 with the errata that the report names",
)
def answers_are_valid(bench: ProducerBench) -> Findings:
    tally = Tally()
    errata: Counter[str] = Counter()
    for one, verdict in _verdicts(bench):
        errata.update(dict.fromkeys(verdict.errata_needed, len(one.times)))
        for violation in _own_violations(one, verdict.first):
            sentence = f"{violation.path}: {violation.sentence} (schema rule {violation.rule})."
            tally.add("X-1", sentence, "Make the answer valid by the contract's XSD.", one, violation.line)
    _note(bench, errata)
    yield from tally.findings


def _note(bench: ProducerBench, errata: Counter[str]) -> None:
    """Tell in the run's notes which errata the answers needed: nobody's fault, but worth knowing."""
    for name, count in sorted(errata.items()):
        what = schemas().what_is(name)
        note = f"{count} answers keep their schema with the erratum {name} alone: {what}"
        bench.notes[:] = [one for one in bench.notes if f"erratum {name} alone" not in one] + [note]


def _own_violations(one: Seen, violations: Iterable[Violation]) -> Iterable[Violation]:
    """Those that no rule of its own tells, each once: libxml2 says of a wrong value both why and that it is wrong."""
    at: dict[tuple[str, int], Violation] = {}
    for violation in violations:
        if not _has_own_rule(one, violation):
            at.setdefault((violation.path, violation.line), violation)
    return at.values()


def _has_own_rule(one: Seen, violation: Violation) -> bool:
    name = violation.path.rpartition("/")[2]
    if violation.rule.startswith("BP21") or (violation.rule == "element" and "/" not in violation.path):
        return True  # H-1, BP-7
    if name in _OWN_RULE and violation.rule in ("pattern", "type"):
        return True  # G-2, G-3, G-9
    if name == "purpose" and violation.rule == "content":
        return True  # P-3
    if name in _RESULT and one.interaction not in CHANGING:
        return True  # G-15
    return violation.rule in ("pattern", "type", "enumeration") and _is_empty_at(one, name, violation.line)  # G-11


def _is_empty_at(one: Seen, name: str, line: int) -> bool:
    return any(leaf.is_empty and leaf.name == name and leaf.element.sourceline == line for leaf in one.leaves)


@SUITES.check(
    "messages.second-validator-agrees",
    rules=("X-2",),
    title="A second validator, xmlschema, finds nothing that libxml2 let by",
)
def second_validator_agrees(bench: ProducerBench) -> Findings:
    tally = Tally()
    for one, verdict in _verdicts(bench):
        for line in verdict.second:
            name = _name_at(one, line)
            sentence = f"xmlschema objects to {name} where libxml2 does not; other SOAP stacks may as well."
            tally.add("X-2", sentence, f"Compare {name} with the contract's XSD by the letter.", one, line)
    yield from tally.findings


def _name_at(seen: Seen, line: int) -> str:
    root = seen.answer.root
    elements = root.iter("*") if root is not None else ()
    return next((etree.QName(one).localname for one in elements if one.sourceline == line), "an element")
