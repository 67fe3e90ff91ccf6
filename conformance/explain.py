"""A rule in full, for whoever doubts a finding: its sentence, how binding it is, where it is from, who verifies it.

Used by `tidbro conform rules`. The same for all rules at once, as a page: coverage.py.
"""

import textwrap
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from conformance.checks import Check
from conformance.requirements import Requirement, requirements, verified_by

_WIDTH = 100


class UnknownRule(ValueError):
    """There is no rule of that id; the message names those that come near."""


def explain(wanted: Sequence[str], checks: Sequence[Check]) -> list[str]:
    """The rules wanted, as lines of text with a blank line between two rules.

    Each of `wanted` is a rule's id or a family (MB for all that begin with MB-), in either letter case; none is all
    rules. Raises UnknownRule.
    """
    rules = {one.id: one for name in wanted for one in _named(name)} if wanted else requirements()
    checked = verified_by(checks)
    return [line for one in rules.values() for line in ("", *_lines(one, checked.get(one.id, ())))][1:]


def _named(name: str) -> Sequence[Requirement]:
    known, wanted = requirements(), name.strip().upper()
    if wanted in known:
        return (known[wanted],)
    family = tuple(one for one in known.values() if one.family == wanted)
    if not family:
        near = get_close_matches(wanted, known, n=3)
        raise UnknownRule(f"there is no rule {name}{'; near it are ' + ', '.join(near) if near else ''}")
    return family


def _lines(rule: Requirement, checks: Sequence[str]) -> Iterator[str]:
    yield f"{rule.id}  {rule.level}  binds {', '.join(rule.binds)}"
    yield from _wrapped("", rule.text)
    yield from _wrapped("Source: ", f"{rule.source}.")
    if checks:
        yield from _wrapped("Checked by ", f"{', '.join(checks)}.")
    else:
        yield from _wrapped("Not checked: ", rule.reason or "no check looks at it yet.")


def _wrapped(label: str, text: str) -> list[str]:
    return textwrap.wrap(
        label + text,
        _WIDTH,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    )
