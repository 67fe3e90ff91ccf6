"""The checks one after the other: what came of each, and what happens when the run is stopped or the target is gone.

A run always ends with a result. Each call is bounded by its carrier; a run is bounded by `most_seconds`, and by giving
up on a target that has not answered `_GONE_AFTER` calls in a row. Ctrl-C stops the check under way and skips the rest;
what was booked is cancelled all the same, and a second Ctrl-C skips that too and says what is left behind.
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

_GONE_AFTER = 3
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
    ends = time.monotonic() + most_seconds
    results: list[CheckResult] = []
    stopped = ""
    interrupted = False
    for check in checks:
        stopped = stopped or _why_to_stop(bench, ends)
        progress(check, None)
        try:
            result = _not_judged(check, stopped) if stopped and not _needs_no_target(check) else _judge(bench, check)
        except KeyboardInterrupt:
            interrupted, stopped = True, "The run was stopped."
            result = _not_judged(check, stopped)
        results.append(result)
        progress(check, result)
    return Carried(tuple(results), _cleaned(bench), interrupted)


def _needs_no_target(check: Check) -> bool:
    """Whether a check only looks at the evidence."""
    return check.suite == "messages"


def _why_to_stop(bench: Bench, ends: float) -> str:
    if time.monotonic() > ends:
        return "The time for the run was over."
    latest = bench.evidence.exchanges[-_GONE_AFTER:]
    if len(latest) == _GONE_AFTER and all(one.failure and one.failure.kind != "dropped" for one in latest):
        why = latest[-1].failure.sentence if latest[-1].failure else ""
        return f"The target had stopped answering: {_GONE_AFTER} calls in a row without an answer. {why}".strip()
    return ""


def _judge(bench: Bench, check: Check) -> CheckResult:
    bench.evidence.check = check.id
    before = len(bench.evidence.exchanges)
    outcome, findings, reason = _outcome_of(bench, check)
    made = tuple(one.number for one in bench.evidence.exchanges[before:] if one.check == check.id)
    shown = {one.exchange for one in findings if one.exchange is not None}
    return CheckResult(
        check.id, check.suite, check.title, check.rules, outcome, findings, reason, tuple(sorted({*made, *shown}))
    )


def _outcome_of(bench: Bench, check: Check) -> tuple[Outcome, tuple[Finding, ...], str]:
    findings: list[Finding] = []
    try:
        for one in check.run(bench) or ():
            findings.append(one)
    except NotJudged as error:
        if not findings:
            return Outcome.NOT_JUDGED, (), error.reason
    except Exception as error:
        log.error("check_broken", extra={"check": check.id, "kind": type(error).__name__})  # its words may be personal
        return Outcome.BROKEN, tuple(findings), f"The kit itself failed in this check: {_place_of(error)}."
    if not findings:
        return Outcome.PASSED, (), ""
    is_bad = any(level_of(one.rule) == "must" for one in findings)
    more = f"{len(findings)} findings; the first {_MOST_FINDINGS} are told." if len(findings) > _MOST_FINDINGS else ""
    return Outcome.FAILED if is_bad else Outcome.WARNED, tuple(findings[:_MOST_FINDINGS]), more


def _place_of(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} in {Path(frames[-1].filename).name}, line {frames[-1].lineno}"


def _not_judged(check: Check, reason: str) -> CheckResult:
    return CheckResult(check.id, check.suite, check.title, check.rules, Outcome.NOT_JUDGED, (), reason)


def _cleaned(bench: Bench) -> tuple[str, ...]:
    bench.evidence.check = "cleaning"
    try:
        return tuple(bench.clean_up())
    except KeyboardInterrupt:
        return ("The cleaning was stopped: bookings that this run made may still stand.",)
