"""A run in words, the same in every form of report: the verdict, counts, rules, durations; and text made safe to show.

What comes from a target is hostile until shown: a header may hold what a terminal takes for a command, a name may turn
the direction of the line. `printable` names such characters in place of showing them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from conformance.model import CheckResult, Level, Outcome, RunResult
from conformance.requirements import requirements

Kind = Literal["passed", "not passed", "no verdict"]

ROLES = {
    "producer": "scheduling system (producer)",
    "consumer": "e-service (consumer)",
    "gateway": "service platform (gateway)",
}
MEANINGS = {
    Outcome.PASSED: "The rule was seen to hold.",
    Outcome.FAILED: "A rule that must be kept is broken.",
    Outcome.WARNED: "A rule that should be kept, or may be, is not; this alone does not fail a run.",
    Outcome.NOT_JUDGED: "It could not be told here whether the rule holds; the reason says why.",
    Outcome.BROKEN: "The kit itself failed, which says nothing about the target.",
}

_UNSHOWN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a run, in a word and in a sentence that begins with it."""

    kind: Kind
    sentence: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as a report tells it; one that the kit does not know says so."""

    id: str
    level: Level
    source: str
    text: str


def printable(text: str) -> str:
    """`text` with what cannot be seen, or changes how the rest is seen, as `[U+202E]`. Line breaks and tabs stay."""
    return _UNSHOWN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def one_line(text: str) -> str:
    """`text` printable, with single blanks for all white space."""
    return " ".join(printable(text).split())


def counted(number: int, one: str, several: str = "") -> str:
    """`1 check`, `2 checks`."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def joined(pieces: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = list(pieces) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def verdict(result: RunResult) -> Verdict:
    """The sentence that everything else in a report explains."""
    failed, broken = result.count(Outcome.FAILED), result.count(Outcome.BROKEN)
    stopped = "the run was stopped before its end"
    if failed:
        told = f"Not passed: {failed:,} of {counted(_judged(result), 'judged check')} failed"
        return Verdict("not passed", f"{told}, and {stopped}." if result.interrupted else f"{told}.")
    if result.interrupted:
        return Verdict("no verdict", f"No verdict: {stopped}. Nothing had failed until then.")
    if broken:
        return Verdict("no verdict", f"No verdict: the kit itself failed in {counted(broken, 'check')}.")
    if result.unproven:
        return Verdict("no verdict", f"No verdict: {result.unproven}")
    if not result.count(Outcome.PASSED):
        return Verdict("no verdict", f"No verdict: {_why_none(result)}.")
    return Verdict("passed", f"Passed: {_what_held(result)}.")


def _judged(result: RunResult) -> int:
    return sum(result.count(one) for one in (Outcome.PASSED, Outcome.FAILED, Outcome.WARNED))


def _why_none(result: RunResult) -> str:
    if not result.results:
        return "no check was run"
    if result.count(Outcome.NOT_JUDGED) == len(result.results):
        return f"none of {counted(len(result.results), 'check')} could be judged"
    return "no check passed, and none failed"


def _what_held(result: RunResult) -> str:
    warned, unjudged = result.count(Outcome.WARNED), result.count(Outcome.NOT_JUDGED)
    told = [f"no rule that must be kept was seen broken in {counted(_judged(result), 'judged check')}"]
    if warned:
        told.append(f"{counted(warned, 'check')} found a recommendation that is not followed")
    if unjudged:
        told.append(f"{counted(unjudged, 'check')} could not be judged")
    return "; ".join(told)


def rule(id: str) -> Rule:
    """The rule by its id. One that is not known binds fully, as it does when a check is judged."""
    known = requirements().get(id)
    if known is None:
        return Rule(id, "must", "", "This kit's list of rules does not have this one.")
    return Rule(id, known.level, known.source, known.text)


def by_suite(results: Iterable[CheckResult]) -> dict[str, list[CheckResult]]:
    """The results by suite, suites in the order in which they first come."""
    found: dict[str, list[CheckResult]] = {}
    for one in results:
        found.setdefault(one.suite, []).append(one)
    return found


def by_reason(results: Iterable[CheckResult]) -> dict[str, list[CheckResult]]:
    """What was not judged, by why: the reason that most checks share first."""
    found: dict[str, list[CheckResult]] = {}
    for one in results:
        found.setdefault(one.reason, []).append(one)
    return dict(sorted(found.items(), key=lambda row: -len(row[1])))


def moment(when: datetime) -> str:
    """`2026-11-24 07:30:00 +01:00`."""
    text = when.isoformat(" ", "seconds")
    return f"{text[:19]} {text[19:]}".rstrip()


def lasted(result: RunResult) -> str:
    """How long a run took."""
    seconds = max(0.0, (result.ended - result.started).total_seconds())
    if seconds < 60:
        return f"{seconds:.1f} seconds"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{f'{hours} h ' if hours else ''}{minutes} min {rest} s"
