"""A run as JSON and back, exactly: `from_json(to_json(result))` is the result as it may be told (hiding.py).

    {"schema": "tidbro-conformance-report", "version": 1,
     "kit", "role", "target", "facility", "suites", "started", "ended", "interrupted", "unproven", "persons",
     "verdict": {"kind", "sentence"}, "counts": {outcome: number},       derived, for readers; not read back
     "results":   [{"check", "suite", "title", "rules", "outcome", "reason", "exchanges",
                    "findings": [{"rule", "sentence", "remedy", "exchange", "part", "line"}]}],
     "exchanges": [{"number", "check", "purpose", "interaction", "address", "seconds",
                    "request": MESSAGE, "answer": MESSAGE or null, "failure": {"kind", "sentence"} or null}],
     "bodies":    [{"text": as it is shown, to which a finding's line refers,
                    "base64": the bytes, only where they are not the text in UTF-8}],
     "left_behind": [sentence], "notes": [sentence]}

    MESSAGE: {"status", "headers": {name: value}, "body": the place of its body in "bodies", from 0}

A body that came many times stands there once, for a run asks the same questions over and over.
Moments are ISO 8601. A reader of version 1 may ignore members that it does not know; what is named here is there in
every version 1. Another version number means that something here has changed its meaning.
"""

import base64
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast, get_args

from conformance.exchange import Exchange, Failure, FailureKind, HttpMessage, shown
from conformance.model import CheckResult, Finding, Outcome, Part, Role, RunResult
from conformance.reports.hiding import hidden
from conformance.reports.words import verdict

SCHEMA = "tidbro-conformance-report"
VERSION = 1

Read = TypeVar("Read")
Row = Mapping[str, Any]

_SURROGATE = re.compile("[\ud800-\udfff]")


class ReportUnreadable(Exception):
    """What was read is no report of a run; the message says why, in a sentence that quotes nothing."""


class VersionUnknown(ReportUnreadable):
    """A report in a version that this kit does not read."""


def to_json(result: RunResult) -> str:
    """The report, with all of its evidence."""
    text = json.dumps(as_rows(result), indent=1, ensure_ascii=False, allow_nan=False)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def from_json(text: str | bytes) -> RunResult:
    """The run that a report tells. Raises ReportUnreadable, VersionUnknown."""
    return of_rows(read_json(text))


def read_json(text: str | bytes) -> Any:
    """Any JSON. A name that stands twice in an object is refused: readers differ in which they take.

    Raises ReportUnreadable.
    """
    try:
        return json.loads(text, object_pairs_hook=_each_once, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ReportUnreadable(
            "This is not JSON, or has a name twice, a number that is none, or too many levels."
        ) from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refuse(name: str) -> None:
    raise ValueError(name)


# Writing


def as_rows(result: RunResult) -> dict[str, Any]:
    """The report as JSON's own values."""
    told = hidden(result)
    what, bodies = verdict(told), _Bodies()
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "kit": told.kit,
        "role": told.role,
        "target": told.target,
        "facility": told.facility,
        "suites": list(told.suites),
        "started": told.started.isoformat(),
        "ended": told.ended.isoformat(),
        "interrupted": told.interrupted,
        "unproven": told.unproven,
        "persons": list(told.persons),
        "verdict": {"kind": what.kind, "sentence": what.sentence},
        "counts": {one.value: told.count(one) for one in Outcome},
        "results": [_row_of_check(one) for one in told.results],
        "exchanges": [_row_of_exchange(one, bodies) for one in told.exchanges],
        "bodies": bodies.rows,
        "left_behind": list(told.left_behind),
        "notes": list(told.notes),
    }


def _row_of_check(one: CheckResult) -> dict[str, Any]:
    return {
        "check": one.check,
        "suite": one.suite,
        "title": one.title,
        "rules": list(one.rules),
        "outcome": one.outcome.value,
        "reason": one.reason,
        "findings": [_row_of_finding(finding) for finding in one.findings],
        "exchanges": list(one.exchanges),
    }


def _row_of_finding(one: Finding) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "sentence": one.sentence,
        "remedy": one.remedy,
        "exchange": one.exchange,
        "part": one.part,
        "line": one.line,
    }


def _row_of_exchange(one: Exchange, bodies: "_Bodies") -> dict[str, Any]:
    return {
        "number": one.number,
        "check": one.check,
        "purpose": one.purpose,
        "interaction": one.interaction,
        "address": one.address,
        "seconds": one.seconds,
        "request": _row_of_message(one.request, bodies),
        "answer": _row_of_message(one.answer, bodies) if one.answer else None,
        "failure": {"kind": one.failure.kind, "sentence": one.failure.sentence} if one.failure else None,
    }


def _row_of_message(one: HttpMessage, bodies: "_Bodies") -> dict[str, Any]:
    return {"status": one.status, "headers": dict(one.headers), "body": bodies.place_of(one)}


class _Bodies:
    """The bodies of a report, each once for each way in which it is shown."""

    def __init__(self) -> None:
        self.rows: list[dict[str, str]] = []
        self._places: dict[tuple[bytes, str | None], int] = {}

    def place_of(self, message: HttpMessage) -> int:
        key = (message.body, message.charset)
        if key not in self._places:
            self._places[key] = len(self.rows)
            text = shown(message).text
            row = {"text": text}
            is_text = text.encode() == message.body
            self.rows.append(row if is_text else {**row, "base64": base64.b64encode(message.body).decode()})
        return self._places[key]


# Reading


def of_rows(rows: Any) -> RunResult:
    """The run that JSON's own values tell. Raises ReportUnreadable, VersionUnknown."""
    if not isinstance(rows, dict) or rows.get("schema") != SCHEMA:
        raise ReportUnreadable("This is no report of a conformance run.")
    if rows.get("version") != VERSION or isinstance(rows["version"], bool):
        raise VersionUnknown(f"The report is in a version that is not read here; this kit reads version {VERSION}.")
    try:
        return _result(rows)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ReportUnreadable(
            "This is a report of a conformance run with something missing or of another kind."
        ) from None


def _result(row: Row) -> RunResult:
    bodies = _all(row["bodies"], _body)
    return RunResult(
        kit=_text(row["kit"]),
        role=_one_of(row["role"], Role),
        target=_text(row["target"]),
        facility=_text(row["facility"]),
        suites=_all(row["suites"], _text),
        started=_moment(row["started"]),
        ended=_moment(row["ended"]),
        results=_all(row["results"], _check),
        exchanges=_all(row["exchanges"], lambda one: _exchange(one, bodies)),
        left_behind=_all(row["left_behind"], _text),
        notes=_all(row["notes"], _text),
        interrupted=_typed(row["interrupted"], bool),
        unproven=_text(row["unproven"]),
        persons=_all(row["persons"], _text),
    )


def _check(row: Row) -> CheckResult:
    return CheckResult(
        check=_text(row["check"]),
        suite=_text(row["suite"]),
        title=_text(row["title"]),
        rules=_all(row["rules"], _text),
        outcome=Outcome(row["outcome"]),
        findings=_all(row["findings"], _finding),
        reason=_text(row["reason"]),
        exchanges=_all(row["exchanges"], _number),
    )


def _finding(row: Row) -> Finding:
    return Finding(
        rule=_text(row["rule"]),
        sentence=_text(row["sentence"]),
        remedy=_text(row["remedy"]),
        exchange=_or_none(row["exchange"], _number),
        part=_one_of(row["part"], Part),
        line=_or_none(row["line"], _number),
    )


def _exchange(row: Row, bodies: Sequence[bytes]) -> Exchange:
    return Exchange(
        number=_number(row["number"]),
        check=_text(row["check"]),
        purpose=_text(row["purpose"]),
        interaction=_text(row["interaction"]),
        address=_text(row["address"]),
        request=_message(row["request"], bodies),
        answer=_or_none(row["answer"], lambda one: _message(one, bodies)),
        failure=_or_none(row["failure"], _failure),
        seconds=_seconds(row["seconds"]),
    )


def _message(row: Row, bodies: Sequence[bytes]) -> HttpMessage:
    headers = {name: _text(value) for name, value in _typed(row["headers"], dict).items()}
    place = _number(row["body"])
    if not 0 <= place < len(bodies):
        raise ValueError
    return HttpMessage(headers, bodies[place], _or_none(row["status"], _number))


def _body(row: Row) -> bytes:
    told = _typed(row, dict).get("base64")
    text = _text(row["text"])
    return text.encode() if told is None else base64.b64decode(_text(told), validate=True)


def _failure(row: Row) -> Failure:
    return Failure(_one_of(row["kind"], FailureKind), _text(row["sentence"]))


def _typed(value: Any, kinds: type | tuple[type, ...]) -> Any:
    """`value` if it is of one of `kinds`; true and false are no numbers. Raises TypeError."""
    if not isinstance(value, kinds) or (isinstance(value, bool) and kinds is not bool):
        raise TypeError
    return value


def _text(value: Any) -> str:
    return cast(str, _typed(value, str))


def _number(value: Any) -> int:
    return cast(int, _typed(value, int))


def _seconds(value: Any) -> float:
    seconds = float(_typed(value, (int, float)))
    if not math.isfinite(seconds):
        raise ValueError
    return seconds


def _moment(value: Any) -> datetime:
    return datetime.fromisoformat(_text(value))


def _one_of(value: Any, names: Any) -> Any:
    """`value` if a Literal has it. Raises ValueError."""
    if value not in get_args(names):
        raise ValueError
    return value


def _all(value: Any, read: Callable[[Any], Read]) -> tuple[Read, ...]:
    return tuple(read(one) for one in _typed(value, list))


def _or_none(value: Any, read: Callable[[Any], Read]) -> Read | None:
    return None if value is None else read(value)
