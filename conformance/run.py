"""The checks one after the other: what came of each, and what happens when the run is stopped or the target is gone.

A run always ends with a result. Each call is bounded by its carrier, a run by `most_seconds`, and by giving up on a
target that answers no more (`Evidence.why_to_stop`); benches ask that before each call. Ctrl-C stops the check under
way and skips the rest; what was booked is cancelled all the same, and Ctrl-C in the midst of that skips it too and says
what is left behind. What a check found before it was stopped is kept.
"""

import logging
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from conformance.checks import Check, NotJudged
from conformance.exchange import Evidence
from conformance.model import CheckResult, Finding, Outcome
from conformance.requirements import level_of

log = logging.getLogger(__name__)

_MOST_FINDINGS = 10


class Bench(Protocol):
    """What checks are run on: it collects evidence and can put things back."""

    evidence: Evidence

    def clean_up(self) -> Sequence[str]:
        """Cancel what the run booked; sentences about what could not be."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of all checks."""

    results: tuple[CheckResult, ...]
    left_behind: tuple[str, ...]
    interrupted: bool


Progress = Callable[[Check, CheckResult | None], None]
"""Told of each check twice: when it begins (None) and what came of it."""


def silent(check: Check, result: CheckResult | None) -> None:
    """No progress."""


def run_checks(
    bench: Bench, checks: Sequence[Check], progress: Progress = silent, *, most_seconds: float = 3600.0
) -> Carried:
    """Run `checks` on `bench` in order, and clean up."""
    bench.evidence.ends = time.monotonic() + most_seconds
    run = _Run(bench, checks, progress)
    while run.is_going_on:
        try:
            run.carry_on()
        except KeyboardInterrupt:
            run.is_interrupted = True
    return Carried(tuple(run.results), _cleaned(bench), run.is_interrupted)


class _Run:
    """What has come of the checks until now. Ctrl-C may come at any point of it, again and again: then `carry_on` is
    called once more, and finds the check that was under way without a result."""

    def __init__(self, bench: Bench, checks: Sequence[Check], progress: Progress) -> None:
        self._bench, self._checks, self._progress = bench, checks, progress
        self._under_way: Check | None = None
        self._findings: list[Finding] = []
        self._first = 0  # exchange of the check under way
        self._stopped = ""
        self.results: list[CheckResult] = []
        self.is_interrupted = False

    @property
    def is_going_on(self) -> bool:
        return len(self.results) < len(self._checks)

    def carry_on(self) -> None:
        """The checks that are left."""
        if self.is_interrupted:
            self._stopped = _STOPPED
        for check in self._checks[len(self.results) :]:
            if check is self._under_way:
                self._note(check, _outcome_of(self._findings, Outcome.NOT_JUDGED), _STOPPED)
            else:
                self._begin(check)
                self._note(check, *self._came_of(check))

    def _begin(self, check: Check) -> None:
        self._findings = []
        self._first = len(self._bench.evidence.exchanges)
        self._under_way = check
        self._progress(check, None)

    def _came_of(self, check: Check) -> tuple[Outcome, str]:
        self._stopped = self._stopped or self._bench.evidence.why_to_stop()
        if self._stopped and not _needs_no_target(check):
            return Outcome.NOT_JUDGED, self._stopped
        return self._judged(check)

    def _judged(self, check: Check) -> tuple[Outcome, str]:
        self._bench.evidence.check = check.id
        try:
            for one in check.run(self._bench) or ():
                self._findings.append(one)
        except NotJudged as error:
            return _outcome_of(self._findings, Outcome.NOT_JUDGED), error.reason
        except Exception as error:  # its words may be personal, so they are told nowhere
            log.error("check_broken", extra={"check": check.id, "kind": type(error).__name__})
            return Outcome.BROKEN, f"The kit itself failed in this check: {_place_of(error)}."
        return _outcome_of(self._findings, Outcome.PASSED), _more_than_told(self._findings)

    def _note(self, check: Check, outcome: Outcome, reason: str) -> None:
        told = tuple(self._findings[:_MOST_FINDINGS])
        made = {one.number for one in self._bench.evidence.exchanges[self._first :] if one.check == check.id}
        shown = {one.exchange for one in told if one.exchange is not None}
        numbers = tuple(sorted(made | shown))
        result = CheckResult(check.id, check.suite, check.title, check.rules, outcome, told, reason, numbers)
        self.results.append(result)
        self._under_way = None
        self._progress(check, result)


_STOPPED = "The run was stopped."


def _outcome_of(findings: Sequence[Finding], otherwise: Outcome) -> Outcome:
    """What the findings make of a check; `otherwise` when there are none."""
    if not findings:
        return otherwise
    return Outcome.FAILED if any(level_of(one.rule) == "must" for one in findings) else Outcome.WARNED


def _more_than_told(findings: Sequence[Finding]) -> str:
    number = len(findings)
    return f"{number} findings; the first {_MOST_FINDINGS} are told." if number > _MOST_FINDINGS else ""


def _needs_no_target(check: Check) -> bool:
    """Whether a check only looks at the evidence."""
    return check.suite == "messages"


def _place_of(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {Path(frames[-1].filename).name}, line {frames[-1].lineno}"


def _cleaned(bench: Bench) -> tuple[str, ...]:
    bench.evidence.check = "cleaning"
    try:
        return tuple(bench.clean_up())
    except KeyboardInterrupt:
        return ("The cleaning was stopped: bookings that this run made may still stand.",)
    except Exception as error:
        log.error("cleaning_broken", extra={"kind": type(error).__name__})
        return (f"The kit itself failed in cleaning ({_place_of(error)}): bookings of this run may still stand.",)
