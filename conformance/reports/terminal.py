"""A run as a developer reads it in a terminal: a line a check while it runs, and a summary at the end.

Every outcome stands as a word; colours only add, on a terminal that wants them. Nothing is wider than 80 characters,
and nothing that a target said can command the terminal (words.printable). The verdict is the last line, for that is
where a terminal stands. The first `most` red checks are told whole, the rest by a line each.
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from conformance.checks import Check
from conformance.model import CheckResult, Finding, Outcome, RunResult
from conformance.reports.excerpts import Messages, without_indent
from conformance.reports.hiding import hidden
from conformance.reports.words import ROLES, by_reason, counted, lasted, moment, one_line, rule, verdict

WIDTH = 80
MOST = 20
_FACT = 9  # the column of names in the head
_MOST_NAMED = 8  # checks that one reason names
_MOST_ROWS = 6  # that a lit line may take

_MARKS = {
    Outcome.PASSED: "ok",
    Outcome.FAILED: "FAILED",
    Outcome.WARNED: "warned",
    Outcome.NOT_JUDGED: "not judged",
    Outcome.BROKEN: "KIT BROKE",
}
_COLOURS = {
    Outcome.PASSED: "32",
    Outcome.FAILED: "1;31",
    Outcome.WARNED: "33",
    Outcome.NOT_JUDGED: "2",
    Outcome.BROKEN: "1;35",
}
_OF_VERDICT = {"passed": "1;32", "not passed": "1;31", "no verdict": "1;33"}


class Stream(Protocol):
    """What lines are written to; `sys.stderr` is one."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...

    def isatty(self) -> bool: ...


def wants_colours(stream: Stream, environment: Mapping[str, str]) -> bool:
    """Whether `stream` is a terminal that shows colours, for somebody who has not asked for none (NO_COLOR)."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


@dataclass(frozen=True)
class Paint:
    """Colours, or none."""

    is_on: bool = False

    def __call__(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.is_on and text else text


class ProgressLines:
    """The progress of a run (run.Progress): a line for each check that came to its end.

    On a terminal the check under way has a line too, which its result takes the place of.
    """

    def __init__(self, stream: Stream, total: int, environment: Mapping[str, str]) -> None:
        self._stream, self._total, self._done = stream, total, 0
        self._is_live = stream.isatty() and environment.get("TERM") != "dumb"
        self._paint = Paint(wants_colours(stream, environment))

    def __call__(self, check: Check, result: CheckResult | None) -> None:
        if result is None:
            self._say(f"{self._count(self._done + 1)} {'…':<10} {check.id}", is_over=False)
            return
        self._done += 1
        mark = self._paint(f"{_MARKS[result.outcome]:<10}", _COLOURS[result.outcome])
        self._say(f"{self._count(self._done)} {mark} {check.id}", is_over=True)

    def _count(self, number: int) -> str:
        digits = len(str(self._total))
        return f"{number:>{digits}}/{self._total}"

    def _say(self, line: str, *, is_over: bool) -> None:
        if self._is_live:
            self._stream.write(f"\r\033[K{line if is_over else line[:WIDTH]}")
        elif is_over:
            self._stream.write(line)
        if is_over:
            self._stream.write("\n")
        self._stream.flush()


def summary(result: RunResult, *, colours: bool = False, most: int = MOST) -> str:
    """The whole summary, ending with a line break."""
    return "\n".join(_Summary(hidden(result), Paint(colours), most).lines()) + "\n"


class _Summary:
    def __init__(self, result: RunResult, paint: Paint, most: int) -> None:
        self._result, self._paint, self._most = result, paint, most
        self._messages = Messages(result)

    def lines(self) -> Iterator[str]:
        yield from self._head()
        yield from self._red()
        yield from self._unjudged()
        yield from self._listed("Left behind at the target:", self._result.left_behind)
        yield from self._listed("Notes:", self._result.notes)
        yield from self._end()

    def _head(self) -> Iterator[str]:
        told = self._result
        yield from _wrapped(f"Tidbro's conformance kit {one_line(told.kit)}")
        facts = {
            "target": one_line(told.target),
            "as a": ROLES[told.role],
            "facility": one_line(told.facility),
            "suites": one_line(", ".join(told.suites)),
            "persons": one_line(", ".join(told.persons)),
            "started": f"{moment(told.started)}, took {lasted(told)}",
        }
        for name, value in facts.items():
            if value:
                yield from _wrapped(value, f"{name:<{_FACT}}", " " * _FACT)

    def _red(self) -> Iterator[str]:
        order = (Outcome.FAILED, Outcome.BROKEN, Outcome.WARNED)
        red = [one for outcome in order for one in self._result.results if one.outcome is outcome]
        for one in red[: self._most]:
            yield from self._check(one)
        if rest := red[self._most :]:
            yield ""
            yield from _wrapped(f"{counted(len(rest), 'more check')}, told whole in the other forms of report:")
            for one in rest:
                yield from self._titled(one)

    def _titled(self, one: CheckResult) -> Iterator[str]:
        mark = _MARKS[one.outcome]
        first, *rest = _wrapped(one_line(one.check), f"{mark}  ", " " * (len(mark) + 2))
        yield self._paint(mark, _COLOURS[one.outcome]) + first[len(mark) :]
        yield from rest

    def _check(self, one: CheckResult) -> Iterator[str]:
        yield ""
        yield from self._titled(one)
        yield from _wrapped(one_line(one.title), "  ")
        if one.reason:
            yield from _wrapped(one_line(one.reason), "  ")
        for number, finding in enumerate(one.findings, 1):
            yield from self._finding(finding, number if len(one.findings) > 1 else 0)

    def _finding(self, one: Finding, number: int) -> Iterator[str]:
        about = rule(one.rule)
        source = f", {about.source}" if about.source else ""
        yield ""
        lead = f"  {number}. " if number else "  "
        yield from _wrapped(f"Rule {one_line(about.id)} ({about.level}{source}): {about.text}", lead, "    ")
        yield from _wrapped(one_line(one.sentence), "    Seen:   ", " " * 12)
        yield from self._excerpt(one)
        yield from _wrapped(one_line(one.remedy), "    Change: ", " " * 12)

    def _excerpt(self, one: Finding) -> Iterator[str]:
        exchange = self._messages.exchange(one.exchange)
        if exchange is None:
            return
        found = self._messages.excerpt(one)
        where = found.where if found else f"exchange {exchange.number}, {one_line(exchange.interaction)}"
        failure = f" {one_line(exchange.failure.sentence)}" if exchange.failure else ""
        yield from _wrapped(f"{where} ({one_line(exchange.purpose)}){failure}", "    At:     ", " " * 12)
        if found is None:
            return
        digits = len(str(found.lines[-1].number))
        for line in without_indent(found.lines):
            lead = f"    {'>' if line.is_lit else ' '} {line.number:>{digits}} | "
            rows = _cut(line.text, WIDTH - len(lead), _MOST_ROWS if line.is_lit else 1)
            for place, row in enumerate(rows):
                shown = f"{lead if place == 0 else lead[:6] + ' ' * digits + ' | '}{row}".rstrip()
                yield self._paint(shown, "1;31") if line.is_lit else self._paint(shown, "2")

    def _unjudged(self) -> Iterator[str]:
        unjudged = [one for one in self._result.results if one.outcome is Outcome.NOT_JUDGED]
        if not unjudged:
            return
        yield ""
        yield "Not judged:"
        for reason, checks in by_reason(unjudged).items():
            named = ", ".join(one_line(one.check) for one in checks[:_MOST_NAMED])
            more = f" and {len(checks) - _MOST_NAMED} more" if len(checks) > _MOST_NAMED else ""
            yield from _wrapped(one_line(reason) or "No reason was given.", "  - ", "    ")
            yield from _wrapped(f"{counted(len(checks), 'check')}: {named}{more}", "    ", "    ")

    def _listed(self, heading: str, sentences: Sequence[str]) -> Iterator[str]:
        if sentences:
            yield ""
            yield heading
            for sentence in sentences:
                yield from _wrapped(one_line(sentence), "  - ", "    ")

    def _end(self) -> Iterator[str]:
        told = self._result
        counts = ", ".join(f"{told.count(one):,} {one.value}" for one in Outcome)
        what = verdict(told)
        yield ""
        yield from _wrapped(f"{counted(len(told.results), 'check')}: {counts}.")
        yield from (self._paint(line, _OF_VERDICT[what.kind]) for line in _wrapped(what.sentence))


def _wrapped(text: str, lead: str = "", rest: str | None = None) -> Iterable[str]:
    """`text` in lines of at most WIDTH; at least one, if only its lead."""
    follow = lead if rest is None else rest
    lines = textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=follow, break_on_hyphens=False)
    return lines or [lead.rstrip()]


def _cut(text: str, width: int, most: int) -> list[str]:
    """`text` in rows of `width`, at most `most`; what is left over is an ellipsis."""
    rows = [text[start : start + width] for start in range(0, len(text), width)] or [""]
    if len(rows) > most:
        rows = [*rows[: most - 1], rows[most - 1][: width - 1] + "…"]
    return rows
