"""Which rule is verified by which check, which by none and why, and what is wrong with that bookkeeping.

A rule has a check or a reason why no check can tell; whatever is otherwise is a problem, and stops the build
(tests/conformance/test_requirements.py). Two ways of looking at it: `problems` for us, `tables` for whoever reads
docs/conformance-coverage.md. Pure but for the reading of the requirements.
Elsewhere: the rules themselves (requirements.py), one rule at a time (explain.py).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from conformance.checks import Check
from conformance.consumer import suite as consumer
from conformance.gateway import suite as gateway
from conformance.model import Level
from conformance.producer import suite as producer
from conformance.requirements import BOUND, Requirement, requirements, themes, verified_by

_NEITHER = "neither a check nor a reason"


def all_checks() -> tuple[Check, ...]:
    """Every check of the kit, role by role."""
    return (*producer.load().all, *consumer.load().all, *gateway.load().all)


# -- What is wrong


def problems(checks: Sequence[Check], rules: Sequence[Requirement] | None = None) -> list[str]:
    """What is wrong with `rules` (those of the kit when None) and the checks of them, a line each; empty when all is
    well."""
    rules = tuple(requirements().values()) if rules is None else rules
    return [
        *_without_or_with_both(rules, verified_by(checks)),
        *_of_checks(checks, {one.id: one for one in rules}),
        *_out_of_order(rules),
        *_badly_written(rules),
    ]


def _without_or_with_both(rules: Sequence[Requirement], checked: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for one in rules:
        if one.id not in checked and not one.reason:
            yield f"{one.id} ({one.level}, {' '.join(one.binds)}) has {_NEITHER}: {one.text}"
    for one in rules:
        if one.id in checked and one.reason:
            by = ", ".join(checked[one.id])
            yield f"{one.id} is verified by {by}, and has a reason why no check can: {one.reason}"


def _of_checks(checks: Sequence[Check], rules: Mapping[str, Requirement]) -> Iterator[str]:
    for check in checks:
        for rule in check.rules:
            if rule not in rules:
                yield f"{check.id} names {rule}, and there is no such rule"
            elif check.role not in rules[rule].binds:
                yield f"{check.id} judges a {check.role} by {rule}, which binds {' '.join(rules[rule].binds)}"


def _out_of_order(rules: Sequence[Requirement]) -> Iterator[str]:
    """Rules of a family stand together, by number; those of ours that have a word for a number, anywhere in it."""
    left: set[str] = set()
    latest: Requirement | None = None
    for one in rules:
        if latest is not None and one.family != latest.family:
            left.add(latest.family)
        if one.family in left:
            yield f"{one.id} stands apart from the other rules that begin with {one.family}-"
        elif latest is not None and one.family == latest.family and _is_before(one.number, latest.number):
            yield f"{one.id} stands after {latest.id}"
        latest = one


def _is_before(number: int | None, other: int | None) -> bool:
    return number is not None and other is not None and number <= other


def _badly_written(rules: Sequence[Requirement]) -> Iterator[str]:
    for one in rules:
        for name, text in (("text", one.text), ("reason", one.reason)):
            if text != text.strip() or (text and not text.endswith(".")):
                yield f"{one.id}: the {name} is no whole sentence that ends in a full stop"


# -- For readers


@dataclass(frozen=True, slots=True)
class Totals:
    """How many rules there are, and how it is told whether they are kept.

    `checked` have a check of the role that is counted, `elsewhere` one of another role alone.
    """

    levels: Mapping[Level, int]
    checked: int
    elsewhere: int
    reasoned: int
    neither: int


def totals(checks: Sequence[Check], whom: str | None = None) -> Totals:
    """The numbers of the rules that bind `whom`, or of all rules, with the checks of all roles, for None."""
    rules = [one for one in requirements().values() if whom is None or whom in one.binds]
    by_all = verified_by(checks)
    by_role = by_all if whom is None else verified_by(one for one in checks if one.role == whom)
    unchecked = [one for one in rules if one.id not in by_all]
    checked = sum(one.id in by_role for one in rules)
    return Totals(
        {level: sum(one.level == level for one in rules) for level in get_args(Level)},
        checked,
        len(rules) - len(unchecked) - checked,
        sum(bool(one.reason) for one in unchecked),
        sum(not one.reason for one in unchecked),
    )


def tables(checks: Sequence[Check]) -> list[str]:
    """The coverage as lines of Markdown: the totals by whom a rule binds, then the rules of each theme."""
    lines = ["## Totals", "", *_table(_OF_TOTALS, _totals(checks))]
    for theme, rules in themes().items():
        lines += ["", f"## {theme.capitalize()}", "", *_table(_OF_RULES, (_row(one, checks) for one in rules))]
    return lines


_OF_TOTALS = ("Binds", "must", "should", "may", "A check", "Another role's check", "A reason", "Neither")
_OF_RULES = ("Rule", "Level", "Binds", "What it says", "Checks, or why there is none")


def _totals(checks: Sequence[Check]) -> Iterator[tuple[str, ...]]:
    """One row for each who is bound by a rule; a rule that binds several counts for each, and once for all."""
    bound = {name for one in requirements().values() for name in one.binds}
    for name in (*(name for name in BOUND if name in bound), None):
        found = totals(checks, name)
        numbers = (*found.levels.values(), found.checked, found.elsewhere, found.reasoned, found.neither)
        yield name or "all together", *map(str, numbers)


def _row(rule: Requirement, checks: Sequence[Check]) -> tuple[str, ...]:
    return rule.id, rule.level, ", ".join(rule.binds), rule.text, _told(rule, checks) or rule.reason or _NEITHER


def _told(rule: Requirement, checks: Sequence[Check]) -> str:
    """The checks of a rule; for one that binds several, whose checks they are."""
    by_role: dict[str, list[str]] = {}
    for one in checks:
        if rule.id in one.rules:
            by_role.setdefault(one.role, []).append(f"`{one.id}`")
    label = "{}: " if len(rule.binds) > 1 else ""
    return "; ".join(label.format(role) + ", ".join(ids) for role, ids in by_role.items())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
