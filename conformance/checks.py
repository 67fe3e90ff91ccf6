"""How a check is written, and where the runner finds it.

    @check("booking.confirmed-is-seen", rules=("G-21",), title="A confirmed booking is seen at once")
    def confirmed_is_seen(bench: ProducerBench) -> Findings:
        with bench.booked() as booking:
            if booking.id not in bench.ids_of(booking.person):
                yield bench.finding("G-21", "…", remedy="…", answer=…)

A check yields what it finds wrong and nothing when all is well. It raises `NotJudged` when its ground is missing. It
belongs to the suite that its id begins with. Reports and expected-results files name ids: never change one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.model import Finding, Role

Findings = Iterable[Finding]


class NotJudged(Exception):
    """Whether the rule is kept cannot be told here; the sentence says why, and what would help."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `rules` are the requirements that it verifies, the first the one that it is about; `title` is the
    behaviour as a sentence without a full stop."""

    id: str
    role: Role
    rules: tuple[str, ...]
    title: str
    run: Callable[[Any], Findings]

    @property
    def suite(self) -> str:
        return self.id.partition(".")[0]


class Suites:
    """The checks of one role, in the order in which they were added, which is the order in which they run."""

    def __init__(self, role: Role) -> None:
        self.role: Role = role
        self._checks: dict[str, Check] = {}

    def check(
        self, id: str, *, rules: Sequence[str], title: str
    ) -> Callable[[Callable[[Any], Findings]], Callable[[Any], Findings]]:
        """Decorates a check's function. Raises ValueError for an id that is taken and for a check without a rule."""

        def add(run: Callable[[Any], Findings]) -> Callable[[Any], Findings]:
            if id in self._checks or not rules:
                raise ValueError(f"{id}: the id is taken, or no rule is named")
            self._checks[id] = Check(id, self.role, tuple(rules), title, run)
            return run

        return add

    def arrange(self, modules: Sequence[str]) -> None:
        """Put the checks in the order of the modules that they are from, whichever was imported first."""
        place = {name: number for number, name in enumerate(modules)}
        in_order = sorted(self._checks.values(), key=lambda one: place[one.run.__module__.rpartition(".")[2]])
        self._checks = {one.id: one for one in in_order}

    @property
    def all(self) -> tuple[Check, ...]:
        return tuple(self._checks.values())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.suite for one in self.all))

    def chosen(self, suites: Sequence[str]) -> tuple[Check, ...]:
        """The checks of these suites, all for none. Raises ValueError for a suite that does not exist."""
        unknown = sorted(set(suites) - set(self.names))
        if unknown:
            raise ValueError(f"no suite is called {', '.join(unknown)}; there are {', '.join(self.names)}")
        return tuple(one for one in self.all if not suites or one.suite in suites)
