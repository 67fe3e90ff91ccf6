"""Two runs of the same target: what is worse, what is mended, what nobody can tell any more.

Red is a check that failed, or in which the kit broke. Worse is: a check that is red now and was not, also one that the
earlier run did not have, for nobody has seen it yet; a red check with a rule broken that was not broken before; a check
that warns now and passed; a check that was judged and is not any more. The rest is better, or as it was.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

from conformance.model import CheckResult, Outcome, RunResult
from conformance.reports.hiding import hidden
from conformance.reports.words import counted, moment, one_line

SCHEMA = "tidbro-conformance-comparison"
VERSION = 1

_RED = (Outcome.FAILED, Outcome.BROKEN)


@dataclass(frozen=True, slots=True)
class Change:
    """A check in both runs; `before` or `now` is None where a run does not have it.

    `rules` are the rules seen broken now, `new_rules` those of them that were not seen broken before.
    """

    check: str
    title: str
    before: Outcome | None
    now: Outcome | None
    rules: tuple[str, ...] = ()
    new_rules: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every check whose outcome says something new, or that is red, in one of the lists; `remarks` are sentences about
    what makes the runs hard to compare."""

    newly_red: tuple[Change, ...]
    newly_warned: tuple[Change, ...]
    no_longer_judged: tuple[Change, ...]
    still_red: tuple[Change, ...]
    mended: tuple[Change, ...]
    new_checks: tuple[Change, ...]
    remarks: tuple[str, ...] = ()

    @property
    def is_worse(self) -> bool:
        lists = (self.newly_red, self.newly_warned, self.no_longer_judged)
        return any(lists) or any(one.new_rules for one in self.still_red)

    @property
    def exit_code(self) -> int:
        """0 when nothing is worse, else 1."""
        return int(self.is_worse)


_HEADINGS = {
    "newly_red": "newly red",
    "newly_warned": "newly warned",
    "no_longer_judged": "no longer judged",
    "still_red": "still red",
    "mended": "mended",
    "new_checks": "new",
}


def compare(before: RunResult, now: RunResult) -> Comparison:
    """What became of each check between the two runs."""
    earlier, later = hidden(before), hidden(now)
    changes = _changes(earlier, later)

    def those(kind: str) -> tuple[Change, ...]:
        return tuple(one for one in changes if _kind_of(one) == kind)

    return Comparison(
        newly_red=those("newly_red"),
        newly_warned=those("newly_warned"),
        no_longer_judged=those("no_longer_judged"),
        still_red=those("still_red"),
        mended=those("mended"),
        new_checks=those("new_checks"),
        remarks=tuple(_remarks(earlier, later)),
    )


def _changes(before: RunResult, now: RunResult) -> list[Change]:
    """In the order of the later run; checks that only the earlier one had come last."""
    earlier = {one.check: one for one in before.results}
    later = {one.check: one for one in now.results}
    return [_change(earlier.get(check), later.get(check)) for check in dict.fromkeys((*later, *earlier))]


def _change(before: CheckResult | None, now: CheckResult | None) -> Change:
    named = now or before
    assert named is not None
    was, rules = _broken(before), _broken(now)
    return Change(
        named.check,
        named.title,
        before.outcome if before else None,
        now.outcome if now else None,
        rules,
        tuple(one for one in rules if one not in was),
        now.reason if now else "The later run does not have this check.",
    )


def _broken(one: CheckResult | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(finding.rule for finding in one.findings)) if one else ()


def _kind_of(one: Change) -> str:
    """The list that a change belongs to; empty for what is as it was, or came to be judged and holds."""
    was_judged = one.before not in (None, Outcome.NOT_JUDGED)
    if one.now in _RED:
        return "still_red" if one.before in _RED else "newly_red"
    if one.now in (None, Outcome.NOT_JUDGED):
        return "no_longer_judged" if was_judged else ""
    if one.before is None:
        return "new_checks"
    if one.now is Outcome.WARNED and one.before is Outcome.PASSED:
        return "newly_warned"
    if one.before in _RED or (one.before is Outcome.WARNED and one.now is Outcome.PASSED):
        return "mended"
    return ""


def _remarks(before: RunResult, now: RunResult) -> Iterable[str]:
    for name, was, became in (
        ("role", before.role, now.role),
        ("target", before.target, now.target),
        ("facility", before.facility, now.facility),
        ("kit", before.kit, now.kit),
        ("suites", ", ".join(before.suites), ", ".join(now.suites)),
    ):
        if was != became:
            told = f"{one_line(was) or 'none'} before, {one_line(became) or 'none'} now"
            yield f"The runs differ in their {name}: {told}."
    for which, one in (("earlier", before), ("later", now)):
        if one.interrupted:
            yield f"The {which} run was stopped before its end."
    if _is_before(now, before):
        told = f"{moment(now.started)}, the other {moment(before.started)}"
        yield f"The run given as the later one began earlier: {told}."


def _is_before(one: RunResult, other: RunResult) -> bool:
    try:
        return one.started < other.started
    except TypeError:  # one has no zone
        return False


def in_words(found: Comparison) -> str:
    """The comparison as text, ending with a line break; its last line says whether anything is worse."""
    lines = [*found.remarks, *([""] if found.remarks else [])]
    for name, heading in _HEADINGS.items():
        changes: tuple[Change, ...] = getattr(found, name)
        if changes:
            lines.append(f"{counted(len(changes), 'check')} {heading}:")
            lines += [f"  {_row_in_words(one)}" for one in changes]
    lines.append("Something is worse." if found.is_worse else "Nothing is worse.")
    return "\n".join(lines) + "\n"


def _row_in_words(one: Change) -> str:
    was = one.before.value if one.before else "not in the earlier run"
    became = one.now.value if one.now else "not in the later run"
    told = [f"{one_line(one.check)}: {was}, now {became}" if one.before is not one.now else f"{one_line(one.check)}"]
    if one.rules:
        told.append(f"rules {', '.join(map(one_line, one.rules))}")
    if one.new_rules and one.before in _RED and one.new_rules != one.rules:
        told.append(f"new among them {', '.join(map(one_line, one.new_rules))}")
    if one.now is Outcome.NOT_JUDGED and one.reason:
        told.append(one_line(one.reason))
    return "; ".join(told)


def to_json(found: Comparison) -> str:
    """The comparison as JSON: a list of checks by each name of `Comparison`, `worse`, and `remarks`."""
    lists = {name: [_row(one) for one in getattr(found, name)] for name in _HEADINGS}
    rows = {"schema": SCHEMA, "version": VERSION, "worse": found.is_worse, **lists, "remarks": list(found.remarks)}
    return json.dumps(rows, indent=1) + "\n"


def _row(one: Change) -> dict[str, Any]:
    row = {field.name: getattr(one, field.name) for field in fields(one)}
    return {name: value.value if isinstance(value, Outcome) else value for name, value in row.items()}
