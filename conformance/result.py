"""A run as a value: what every role's judge puts together in the same way."""

from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from conformance.checks import Check
from conformance.exchange import Evidence
from conformance.model import Role, RunResult
from conformance.people import TestPerson
from conformance.run import Carried


def result_of(
    role: Role,
    checks: Sequence[Check],
    came: Carried,
    evidence: Evidence,
    started: datetime,
    ended: datetime,
    *,
    target: str,
    facility: str = "",
    persons: Sequence[TestPerson] = (),
    notes: Sequence[str] = (),
    unproven: str = "",
) -> RunResult:
    """What came of `checks`, with its evidence."""
    return RunResult(
        kit=_kit(),
        role=role,
        target=target,
        facility=facility,
        suites=tuple(dict.fromkeys(one.suite for one in checks)),
        started=started,
        ended=ended,
        results=came.results,
        exchanges=evidence.exchanges,
        left_behind=came.left_behind,
        notes=tuple(notes),
        interrupted=came.interrupted,
        unproven=unproven,
        persons=tuple(one.number for one in persons),
    )


def _kit() -> str:
    try:
        return version("tidbro")
    except PackageNotFoundError:
        return "unknown"
