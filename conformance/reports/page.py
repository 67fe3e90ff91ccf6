"""What stands on the page of a report (html.py): values alone, made by pure functions of a result.

The page is bounded, whatever came back: `MOST_TOLD` checks are told with their evidence, a line is cut after
`MOST_IN_LINE` characters, a text of the kit or of a target after `MOST_IN_TEXT`, and messages have `MOST_OF_MESSAGES`
characters in all between them, `MOST_OF_MESSAGE` each. What did not fit is named where it is missing; the JSON report
has it all. A message stands whole where it is first needed; later findings lead there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from conformance.exchange import Exchange
from conformance.model import CheckResult, Finding, Outcome, Part, RunResult
from conformance.reports import words
from conformance.reports.excerpts import Excerpt, Line, Messages, came_of, without_indent
from conformance.reports.words import Rule, counted, one_line

MOST_UNFOLDED = 20
MOST_TOLD = 1_000
MOST_IN_LINE = 500
MOST_IN_TEXT = 2_000
MOST_OF_MESSAGE = 60_000
MOST_OF_MESSAGES = 3_000_000
_MOST_ASKED = 25  # exchanges of a check that are listed
_MOST_RULES = 20  # that the verdict names
_CUT = " […]"


@dataclass(frozen=True, slots=True)
class Code:
    """A piece of a message. `label` names it for who hears the page; unique on it. `missing` is what was left out."""

    label: str
    lines: tuple[Line, ...]
    missing: str = ""


@dataclass(frozen=True, slots=True)
class WholeExchange:
    """An exchange with both of its messages. `headers` are (request, answer), a line each."""

    anchor: str
    title: str
    purpose: str
    address: str
    came_of: str
    request: Code
    answer: Code
    request_headers: tuple[str, ...]
    answer_headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToldFinding:
    """One finding. `whole` is its exchange when it stands here first, else `elsewhere` is the anchor where it does."""

    number: int
    rule: Rule
    sentence: str
    remedy: str
    where: str
    failure: str
    excerpt: Code | None
    whole: WholeExchange | None
    elsewhere: str


@dataclass(frozen=True, slots=True)
class ToldCheck:
    """One check. `asked` are its exchanges in a line each; `more` says what is not told."""

    anchor: str
    id: str
    title: str
    outcome: Outcome
    rules: tuple[Rule, ...]
    reason: str
    findings: tuple[ToldFinding, ...]
    asked: tuple[str, ...]
    more: str = ""

    @property
    def broken_rules(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.rule.id for one in self.findings))


@dataclass(frozen=True, slots=True)
class Group:
    """The checks of a suite, or those that were not judged for one reason."""

    anchor: str
    name: str
    checks: tuple[ToldCheck, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The checks of one outcome. `is_folded` when they are too many to stand open."""

    anchor: str
    heading: str
    outcome: Outcome
    meaning: str
    count: int
    groups: tuple[Group, ...]
    is_folded: bool


@dataclass(frozen=True, slots=True)
class Page:
    """The whole page. `facts` are names and values, `sections` in the order in which they are read."""

    title: str
    kind: str
    verdict: str
    broken_rules: str
    kit: str
    facts: tuple[tuple[str, str], ...]
    scope: tuple[str, ...]
    sections: tuple[Section, ...]
    counts: tuple[tuple[Outcome, int, str], ...]
    left_behind: tuple[str, ...]
    notes: tuple[str, ...]


_ORDER = (
    (Outcome.FAILED, "Failed"),
    (Outcome.BROKEN, "The kit broke"),
    (Outcome.WARNED, "Recommendations that are not followed"),
    (Outcome.NOT_JUDGED, "Not judged"),
    (Outcome.PASSED, "Passed"),
)


def page_of(told: RunResult) -> Page:
    """The page of a result that hiding.hidden has gone over."""
    verdict = words.verdict(told)
    writer = _Writer(told)
    sections = tuple(writer.section(outcome, heading) for outcome, heading in _ORDER if told.count(outcome))
    anchors = {one.outcome: one.anchor for one in sections}
    return Page(
        title=f"{verdict.sentence} {_text(told.target)}",
        kind=verdict.kind,
        verdict=verdict.sentence,
        broken_rules=_broken_rules(told),
        kit=_text(told.kit),
        facts=tuple(_facts(told)),
        scope=tuple(_scope(told)),
        sections=sections,
        counts=tuple((outcome, told.count(outcome), anchors.get(outcome, "")) for outcome in Outcome),
        left_behind=tuple(map(_text, told.left_behind)),
        notes=tuple(map(_text, told.notes)),
    )


def _broken_rules(told: RunResult) -> str:
    """The ids of the rules that failed checks saw broken, in words."""
    ids = list(dict.fromkeys(_text(finding.rule) for one in told.failed for finding in one.findings))
    more = [f"{len(ids) - _MOST_RULES:,} more"] if len(ids) > _MOST_RULES else []
    return words.joined([*ids[:_MOST_RULES], *more])


def _facts(told: RunResult) -> Iterator[tuple[str, str]]:
    yield "Target", _text(told.target)
    yield "Judged as", words.ROLES[told.role]
    if told.facility:
        yield "Care unit", _text(told.facility)
    yield "Run", f"{words.moment(told.started)}, {words.lasted(told)}"
    yield "Test persons", _text(", ".join(told.persons)) or "none"
    yield "Suites", _text(", ".join(told.suites)) or "none"


def _scope(told: RunResult) -> Iterator[str]:
    """What was judged, what not, and why."""
    judged = [one for one in told.results if one.outcome not in (Outcome.NOT_JUDGED, Outcome.BROKEN)]
    rules = {rule for one in judged for rule in one.rules}
    yield (
        f"{counted(len(judged), 'check')} of {len(told.results):,} came to a judgement; they are about"
        f" {counted(len(rules), 'rule')}. The evidence is {counted(len(told.exchanges), 'exchange')} with the target."
    )
    reasons = words.by_reason(one for one in told.results if one.outcome is Outcome.NOT_JUDGED)
    if reasons:
        reason, checks = next(iter(reasons.items()))
        number = sum(map(len, reasons.values()))
        why = f" The most frequent reason ({len(checks):,}): {_text(reason)}" if reason else ""
        yield f"{counted(number, 'check')} could not be judged.{why}"
    if told.interrupted:
        yield "The run was stopped before its end: what follows is what was known by then."


class _Budget:
    """How many characters of messages still fit, counted as they stand in the page."""

    def __init__(self, left: int) -> None:
        self._left = left

    def lines(self, lines: Sequence[Line], most: int) -> tuple[tuple[Line, ...], str]:
        """The first lines that fit, cut where they are too long, and what is missing in words."""
        kept: list[Line] = []
        spent = cut = 0
        for line in lines:
            text = line.text if len(line.text) <= MOST_IN_LINE else f"{line.text[:MOST_IN_LINE]}{_CUT}"
            cost = len(escape(text)) + 1
            if spent + cost > min(most, self._left):
                break
            spent += cost
            cut += text is not line.text
            kept.append(Line(line.number, text, line.is_lit))
        self._left -= spent
        return tuple(kept), _missing(len(lines) - len(kept), cut)


def _missing(lines: int, cut: int) -> str:
    told = [f"{counted(lines, 'line')} left out"] if lines else []
    told += [f"{counted(cut, 'line')} cut after {MOST_IN_LINE} characters"] if cut else []
    return f"{words.joined(told)}; the JSON report has the whole message." if told else ""


class _Writer:
    def __init__(self, told: RunResult) -> None:
        self._told, self._messages, self._budget = told, Messages(told), _Budget(MOST_OF_MESSAGES)
        self._anchors: dict[int, str] = {}
        self._lit = _lit_lines(told)
        self._numbers = {id(one): number for number, one in enumerate(told.results, 1)}
        self._told_whole = 0

    def section(self, outcome: Outcome, heading: str) -> Section:
        results = [one for one in self._told.results if one.outcome is outcome]
        grouped = words.by_reason(results) if outcome is Outcome.NOT_JUDGED else words.by_suite(results)
        anchor = outcome.value.replace(" ", "-")
        groups = tuple(
            Group(f"{anchor}-{number}", _text(name), tuple(map(self._check, checks)))
            for number, (name, checks) in enumerate(grouped.items(), 1)
        )
        is_folded = len(results) > MOST_UNFOLDED
        return Section(anchor, heading, outcome, words.MEANINGS[outcome], len(results), groups, is_folded)

    def _check(self, one: CheckResult) -> ToldCheck:
        anchor = f"check-{self._numbers[id(one)]}"
        self._told_whole += bool(one.findings)
        is_told = self._told_whole <= MOST_TOLD
        findings = one.findings if is_told else ()
        more = "" if is_told or not one.findings else "This page is full: the JSON report has the findings."
        return ToldCheck(
            anchor=anchor,
            id=_text(one.check),
            title=_text(one.title),
            outcome=one.outcome,
            rules=tuple(words.rule(rule) for rule in one.rules),
            reason=_text(one.reason),
            findings=tuple(self._finding(finding, number, anchor) for number, finding in enumerate(findings, 1)),
            asked=tuple(self._asked(one)) if findings or one.outcome is Outcome.BROKEN else (),
            more=more,
        )

    def _finding(self, one: Finding, number: int, check: str) -> ToldFinding:
        exchange = self._messages.exchange(one.exchange)
        found = self._messages.excerpt(one)
        anchor = f"{check}-{number}"
        excerpt = (
            self._excerpt(found, anchor) if found else None
        )  # before the whole, whose share may be all that is left
        is_first = exchange is not None and exchange.number not in self._anchors
        return ToldFinding(
            number=number,
            rule=words.rule(one.rule),
            sentence=_text(one.sentence),
            remedy=_text(one.remedy),
            where=self._where(one, exchange, found),
            failure=_text(exchange.failure.sentence) if exchange and exchange.failure else "",
            excerpt=excerpt,
            whole=self._whole(exchange) if exchange and is_first else None,
            elsewhere=self._anchors[exchange.number] if exchange and not is_first else "",
        )

    def _where(self, one: Finding, exchange: Exchange | None, found: Excerpt | None) -> str:
        if found:
            return found.where[0].upper() + found.where[1:]
        if exchange:
            return f"Exchange {exchange.number}, {one_line(exchange.interaction)}"
        return "" if one.exchange is None else f"Exchange {one.exchange}, which is not part of this result"

    def _excerpt(self, found: Excerpt, anchor: str) -> Code | None:
        lines, missing = self._budget.lines(without_indent(found.lines), MOST_OF_MESSAGE)
        number = anchor.removeprefix("check-").replace("-", ".")
        return Code(f"Finding {number}: {found.where}", lines, missing)

    def _whole(self, exchange: Exchange) -> WholeExchange:
        anchor = self._anchors[exchange.number] = f"exchange-{exchange.number}"
        interaction = one_line(exchange.interaction)
        return WholeExchange(
            anchor=anchor,
            title=f"Exchange {exchange.number}, {interaction}",
            purpose=_text(exchange.purpose),
            address=_text(exchange.address),
            came_of=came_of(exchange),
            request=self._message(exchange, "request"),
            answer=self._message(exchange, "answer"),
            request_headers=_headers(exchange.request.headers.items()),
            answer_headers=_headers(exchange.answer.headers.items()) if exchange.answer else (),
        )

    def _message(self, exchange: Exchange, part: Part) -> Code:
        lit = self._lit.get((exchange.number, part), frozenset())
        texts = self._messages.lines(exchange, part)
        told = [Line(number, text, number in lit) for number, text in enumerate(texts, 1)]
        lines, missing = self._budget.lines(told, MOST_OF_MESSAGE)
        return Code(f"Whole {part} of exchange {exchange.number}", lines, missing)

    def _asked(self, one: CheckResult) -> Iterator[str]:
        exchanges = [found for number in one.exchanges if (found := self._messages.exchange(number))]
        for exchange in exchanges[:_MOST_ASKED]:
            told = f"{exchange.number}. {one_line(exchange.interaction)}: {one_line(exchange.purpose)}"
            yield _text(f"{told} {came_of(exchange)}")
        if len(exchanges) > _MOST_ASKED:
            yield f"… and {len(exchanges) - _MOST_ASKED:,} more."


def _lit_lines(told: RunResult) -> dict[tuple[int, Part], frozenset[int]]:
    """The lines that any finding points at, by message."""
    found: dict[tuple[int, Part], set[int]] = {}
    for finding in (finding for one in told.results for finding in one.findings):
        if finding.exchange is not None and finding.line is not None:
            found.setdefault((finding.exchange, finding.part), set()).add(finding.line)
    return {message: frozenset(lines) for message, lines in found.items()}


def _headers(headers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(_text(f"{name}: {value}") for name, value in list(headers)[:50])


def _text(text: str) -> str:
    told = one_line(text)
    return told if len(told) <= MOST_IN_TEXT else f"{told[:MOST_IN_TEXT]}{_CUT}"
