"""Wrong behaviours of the built-in systems, one each, and the check that must catch it.

A mutant is a `Twist` in front of the system, or a change inside of it (a context manager, for what no door can do). Each
is judged by the whole of the suites: the check named must turn red for the rule named, and nothing else, but for checks
about that very rule (`kin`).
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from tests.conformance.judging import TIMEBOOK
from tests.conformance.twisting import Twist


@dataclass(frozen=True)
class Mutant:
    """`name` says what is wrong; `check` and `rule` who must see it; `kin` other checks that may see it too."""

    name: str
    check: str
    rule: str
    twist: Callable[[], Twist] = Twist
    inside: Callable[[], AbstractContextManager[object]] = nullcontext
    clinic: str = TIMEBOOK
    kin: tuple[str, ...] = ()
    settings: dict[str, object] = field(default_factory=dict)
