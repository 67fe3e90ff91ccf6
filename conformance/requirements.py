"""The requirements as data: every numbered rule of the contracts and of the platform, and who verifies it.

Each row of `requirements/*.csv`:

    id        the rule's id, as in contracts.md and platform.md (G-4, MB-9, PV-15); ours where those have none
    source    the document, schema or table that the rule is from
    level     must, should or may
    binds     whom: producer, consumer, gateway, or something that the kit does not judge; several joined by blanks
    text      the rule in one sentence
    reason    why no check can tell, empty where one does

Which check verifies a rule is told by the checks themselves. A rule that has neither a check nor a reason, or both,
stops the build (tests/conformance/test_requirements.py), as does a check that names no rule.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import cast

from conformance.checks import Check
from conformance.model import Level

_LEVELS = ("must", "should", "may")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One rule. Raises ValueError for a level that there is not, and for a rule that binds nobody."""

    id: str
    source: str
    level: Level
    binds: tuple[str, ...]
    text: str
    reason: str = ""

    def __post_init__(self) -> None:
        if self.level not in _LEVELS or not self.binds or not self.text or not self.source:
            raise ValueError(f"requirement {self.id}: a level, a source, a text and somebody whom it binds are needed")


@cache
def requirements() -> Mapping[str, Requirement]:
    """All rules by id, in the order of the files. Raises ValueError for an id that stands twice."""
    found: dict[str, Requirement] = {}
    folder = resources.files(__package__) / "requirements"
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".csv"):
            for row in csv.DictReader(file.read_text("utf-8").splitlines()):
                one = _requirement(row)
                if one.id in found:
                    raise ValueError(f"requirement {one.id} stands twice")
                found[one.id] = one
    return found


def _requirement(row: Mapping[str, str]) -> Requirement:
    level = cast(Level, row["level"])
    return Requirement(row["id"], row["source"], level, tuple(row["binds"].split()), row["text"], row["reason"])


def verified_by(checks: Iterable[Check]) -> Mapping[str, tuple[str, ...]]:
    """The ids of the checks that verify a rule, by the rule's id."""
    found: dict[str, list[str]] = {}
    for one in checks:
        for rule in one.rules:
            found.setdefault(rule, []).append(one.id)
    return {rule: tuple(ids) for rule, ids in found.items()}


def level_of(rule: str) -> Level:
    """How binding a rule is; an unknown one binds fully, so that a slip of ours cannot hide a finding."""
    known = requirements().get(rule)
    return known.level if known else "must"
