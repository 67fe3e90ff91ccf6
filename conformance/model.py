"""The values of a run: what was found, what came of each check, and all of it together.

Nothing here knows how a report looks (reports/) or how a check is carried out (run.py, the suites).
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Literal

from conformance.exchange import Exchange

Level = Literal["must", "should", "may"]
Role = Literal["producer", "consumer", "gateway"]
Part = Literal["request", "answer"]


class Outcome(Enum):
    """What came of a check. FAILED: a `must` is broken; WARNED: only a `should` or `may`.

    NOT_JUDGED: its ground was missing, `reason` says which. BROKEN: the kit itself failed, which is our fault.
    """

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    NOT_JUDGED = "not judged"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found wrong: the rule, what was seen, and what to change.

    `exchange` is the number of the exchange that shows it, `part` which of its two messages, and `line` the line in
    that message as the evidence shows it (1 is the first); each None where there is nothing to point at. `sentence`
    and `remedy` are whole sentences that quote no person's number or name.
    """

    rule: str
    sentence: str
    remedy: str
    exchange: int | None = None
    part: Part = "answer"
    line: int | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of one check. `exchanges` are the numbers of those made for it, its evidence."""

    check: str
    suite: str
    title: str
    rules: tuple[str, ...]
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    exchanges: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RunResult:
    """One run of the kit. `target` is the address as it was given; `left_behind` are sentences about what the kit
    booked and could not cancel; `persons` the test persons' numbers, the only ones that a report may show;
    `unproven` why the run proves nothing in spite of what passed, a sentence, empty when it does."""

    kit: str
    role: Role
    target: str
    facility: str
    suites: tuple[str, ...]
    started: datetime
    ended: datetime
    results: tuple[CheckResult, ...]
    exchanges: tuple[Exchange, ...] = field(default=(), repr=False)
    left_behind: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    interrupted: bool = False
    unproven: str = ""
    persons: tuple[str, ...] = field(default=(), repr=False)
    is_hidden: bool = field(default=False, compare=False, repr=False)
    """Whether reports/hiding.py has gone over it, which takes long for a long run and is done once."""

    def count(self, outcome: Outcome) -> int:
        return sum(one.outcome is outcome for one in self.results)

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        return tuple(one for one in self.results if one.outcome is Outcome.FAILED)

    @property
    def is_passed(self) -> bool:
        """Whether nothing failed or broke, something passed, and the run came to its end."""
        bad = self.count(Outcome.FAILED) + self.count(Outcome.BROKEN)
        return not bad and not self.interrupted and not self.unproven and self.count(Outcome.PASSED) > 0
