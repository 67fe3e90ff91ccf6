"""What is known to fail: a file that a team keeps beside its CI, in which every entry has a reason.

    version = 1

    [expected]
    "booking.confirmed-is-seen" = { outcome = "failed", reason = "TB-1204: the schedule is cached for a minute" }

The file must stay true: a failure that it does not name, and an entry whose check passes now or is no longer there, are
both errors. An entry whose check could not be judged this time is told, and is no error. A check that the kit broke in
is never expected. `first_file` writes the entries of a run, reasons empty; such a file is refused until each is filled.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from conformance.model import CheckResult, Outcome, RunResult
from conformance.reports.hiding import hidden
from conformance.reports.words import counted, one_line, verdict

VERSION = 1
_HEAD = """\
# Checks of Tidbro's conformance kit that are known to fail: each with the reason why that is borne, and until when.
# An entry without a reason is refused, and so is one whose check passes: then take it out.
"""


class ExpectedUnreadable(Exception):
    """The file of expected results cannot be used; the message is a sentence that names the entry."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The reasons by the ids of the checks that are known to fail."""

    reasons: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Deviation:
    """How a run and what was expected of it differ, as ids of checks; `reasons` are the file's own.

    `unexpected` failed without being named, or the kit broke in them. `mended` are named and do not fail; `gone` are
    named and no check of a suite that was run. `unjudged` are named and were not judged. `known` failed as expected.
    `no_verdict` says why the run proves nothing, empty when it does.
    """

    unexpected: tuple[CheckResult, ...]
    mended: tuple[str, ...]
    gone: tuple[str, ...]
    unjudged: tuple[str, ...]
    known: tuple[str, ...]
    reasons: Mapping[str, str]
    no_verdict: str = ""

    @property
    def is_as_expected(self) -> bool:
        return not (self.unexpected or self.mended or self.gone or self.no_verdict)

    @property
    def exit_code(self) -> int:
        """0 when all is as expected, else 1."""
        return 0 if self.is_as_expected else 1


def read_expected(text: str) -> Expected:
    """The expectations that a file's text holds. Raises ExpectedUnreadable."""
    try:
        found = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ExpectedUnreadable(f"The file is no TOML: {error}.") from None
    if found.get("version") != VERSION or isinstance(found["version"], bool):
        raise ExpectedUnreadable(f"The file must say version = {VERSION} on a line of its own, before [expected].")
    if unknown := sorted(set(found) - {"version", "expected"}):
        raise ExpectedUnreadable(
            f"The file has {', '.join(unknown)}, which nothing reads; entries stand in [expected]."
        )
    entries = found.get("expected", {})
    if not isinstance(entries, dict):
        raise ExpectedUnreadable("The entries must stand in a table [expected].")
    return Expected({check: _reason_of(check, entry) for check, entry in entries.items()})


def _reason_of(check: str, entry: object) -> str:
    form = f'"{check}" = {{ outcome = "failed", reason = "…" }}'
    if not isinstance(entry, dict) or set(entry) - {"outcome", "reason"}:
        raise ExpectedUnreadable(f"{check}: an entry is written {form}.")
    if entry.get("outcome") != "failed":
        raise ExpectedUnreadable(f'{check}: the only outcome that can be expected is "failed", as in {form}.')
    reason = entry.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise ExpectedUnreadable(f"{check}: say why it may fail, as in {form}.")
    return reason.strip()


def against(result: RunResult, expected: Expected) -> Deviation:
    """How `result` differs from what was expected of it."""
    by_check = {one.check: one for one in result.results}
    named = {check: by_check.get(check) for check in expected.reasons}
    unexpected = (
        one
        for one in result.results
        if one.outcome is Outcome.BROKEN or (one.outcome is Outcome.FAILED and one.check not in named)
    )
    return Deviation(
        unexpected=tuple(unexpected),
        mended=_with(named, Outcome.PASSED, Outcome.WARNED),
        gone=tuple(check for check, one in named.items() if one is None and _was_run(check, result)),
        unjudged=_with(named, Outcome.NOT_JUDGED),
        known=_with(named, Outcome.FAILED),
        reasons=expected.reasons,
        no_verdict=_why_no_verdict(result),
    )


def _with(named: Mapping[str, CheckResult | None], *outcomes: Outcome) -> tuple[str, ...]:
    return tuple(check for check, one in named.items() if one is not None and one.outcome in outcomes)


def _was_run(check: str, result: RunResult) -> bool:
    return not result.suites or check.partition(".")[0] in result.suites


def _why_no_verdict(result: RunResult) -> str:
    """A run that was stopped, or in which nothing could be judged, keeps no promise."""
    if result.interrupted or result.unproven or not result.count(Outcome.PASSED) + result.count(Outcome.FAILED):
        return verdict(result).sentence
    return ""


def in_words(found: Deviation) -> str:
    """The deviation as text for a terminal or a log, ending with a line break."""
    lines = [found.no_verdict] if found.no_verdict else []
    lines += _told("failed, and no entry expects it", (f"{one.check} ({_rules_of(one)})" for one in found.unexpected))
    lines += _told("expected to fail, and did not: take the entry out", found.mended)
    lines += _told("expected to fail, but there is no such check: take the entry out", found.gone)
    lines += _told(
        "expected to fail, and could not be judged this time", (_with_reason(found, one) for one in found.unjudged)
    )
    lines += _told("failed as expected", (_with_reason(found, one) for one in found.known))
    lines.append("All is as expected." if found.is_as_expected else "Not as expected.")
    return "\n".join(lines) + "\n"


def _rules_of(one: CheckResult) -> str:
    rules = dict.fromkeys(one_line(finding.rule) for finding in one.findings)
    return "the kit itself failed" if one.outcome is Outcome.BROKEN else ", ".join(rules)


def _with_reason(found: Deviation, check: str) -> str:
    return f"{check}: {one_line(found.reasons[check])}"


def _told(what: str, rows: Iterable[str]) -> list[str]:
    told = [f"  {row}" for row in rows]
    return [f"{counted(len(told), 'check')} {what}:", *told] if told else []


def first_file(result: RunResult, reason: str = "") -> str:
    """A file that names every failed check of a run, what was seen as a comment. Reasons are for people to fill in."""
    told = hidden(result)
    lines = [_HEAD, f"version = {VERSION}", "", "[expected]"]
    for one in {one.check: one for one in told.failed}.values():
        seen = one.findings[0] if one.findings else None
        lines.append(f"# {one_line(f'{seen.rule}: {seen.sentence}' if seen else one.title)}")
        lines.append(f'{_quoted(one.check)} = {{ outcome = "failed", reason = {_quoted(reason)} }}')
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A basic string of TOML, which has JSON's escapes."""
    return json.dumps(one_line(text), ensure_ascii=False).replace("\x7f", "\\u007f")
