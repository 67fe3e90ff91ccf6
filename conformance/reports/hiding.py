"""A result as it may be told: of people's numbers only those of the run's test persons are left.

A target that answers with somebody else's bookings breaks a rule, and its report must not pass them on. So every text
of a result is gone over, and every body, in each encoding that it could be in; a body that shows a number only when it
is read (as character references) is told as it was read. What is packed cannot be gone over and is left out. Passwords
in addresses are hidden too. Going over a result twice changes nothing more.
Source: DESIGN.md decision 10; what looks like a number, contracts.identifiers.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any

from conformance.exchange import HttpMessage
from conformance.model import RunResult
from conformance.reports.excerpts import ShownTexts
from contracts.identifiers import PersonIdentity, hide_persons

Hide = Callable[[str], str]

_PASSWORD = re.compile(r"(?<=://)(?!\(hidden\)@)[^/\s@]+@")
_MAY_HOLD_A_NUMBER = re.compile(r"[0-9]{6}[-+ \u00a0\u20130-9pPtTfF]{4,}")  # found fast; begins where digits begin
_PLAIN = ("", "identity")
_GZIP = b"\x1f\x8b"
_UTF_16 = ("utf-16-le", "utf-16-be")


def hidden(result: RunResult) -> RunResult:
    """`result` as it may be told; its moments keep their offset and lose their zone's name."""
    if result.is_hidden:
        return result
    told: RunResult = _GoingOver(hiding_all_but(result.persons))(replace(result, persons=()))
    started, ended = _with_offset(result.started), _with_offset(result.ended)
    return replace(told, persons=result.persons, started=started, ended=ended, is_hidden=True)


def hiding_all_but(persons: Iterable[str]) -> Hide:
    """What hides every person's number in a text but those of `persons`, with or without century and separator."""
    forms = [_forms_of(number) for number in persons if _is_number(number)]
    known = re.compile(rf"(?<!\d)({'|'.join(forms)})(?!\d)", re.IGNORECASE | re.ASCII) if forms else None

    def hide_in_span(span: re.Match[str]) -> str:
        pieces = known.split(span[0]) if known else [span[0]]
        return "".join(piece if place % 2 else hide_persons(piece) for place, piece in enumerate(pieces))

    return lambda text: _MAY_HOLD_A_NUMBER.sub(hide_in_span, text)


def _is_number(text: str) -> bool:
    try:
        PersonIdentity(text)
    except ValueError:
        return False
    return True


def _forms_of(number: str) -> str:
    return rf"(?:{number[:2]})?{number[2:8]}[-+ \u00a0\u2013]?{number[8:]}"


class _GoingOver:
    """Goes over values and all in them; each body once, for most of them come many times."""

    def __init__(self, hide: Hide) -> None:
        self._hide, self._texts = hide, ShownTexts()
        self._bodies: dict[tuple[bytes, str | None], bytes] = {}

    def __call__(self, value: Any) -> Any:
        if isinstance(value, str):
            return _PASSWORD.sub("(hidden)@", self._hide(value))
        if isinstance(value, tuple):
            return tuple(map(self, value))
        if isinstance(value, Mapping):
            return {self(name): self(one) for name, one in value.items()}
        if isinstance(value, HttpMessage):
            return HttpMessage(self(value.headers), self._body(value), value.status)
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{one.name: self(getattr(value, one.name)) for one in fields(value)})
        return value

    def _body(self, message: HttpMessage) -> bytes:
        packing = message.headers.get("content-encoding", "").strip().lower()
        if message.body and (packing not in _PLAIN or message.body.startswith(_GZIP)):
            return _left_out(message.body)
        key = (message.body, message.charset)
        if key not in self._bodies:
            self._bodies[key] = self._told(message)
        return self._bodies[key]

    def _told(self, message: HttpMessage) -> bytes:
        body = _hidden_in_bytes(message.body, self._hide)
        read = self._texts.of(HttpMessage(message.headers, body))
        told = self._hide(read)
        return body if told == read else told.encode("utf-8", "replace")


def _left_out(body: bytes) -> bytes:
    if body.startswith(b"(hidden: "):
        return body
    return f"(hidden: {len(body):,} bytes that are packed; nobody can tell whose numbers are in them)".encode()


def _hidden_in_bytes(body: bytes, hide: Hide) -> bytes:
    """`body` gone over as UTF-8, as Windows-1252 and, where it has zero bytes, as UTF-16 from either byte."""
    body = _hidden_as(body, "utf-8", "surrogateescape", hide)
    if b"\xa0" in body or b"\x96" in body:  # the separators that other bytes stand for there
        body = _hidden_as(body, "cp1252", "surrogateescape", hide)
    if b"\x00" in body:
        for charset in _UTF_16:
            for start in (0, 1):
                end = start + (len(body) - start) // 2 * 2
                piece = _hidden_as(body[start:end], charset, "surrogatepass", hide)
                body = body[:start] + piece + body[end:]
    return body


def _hidden_as(body: bytes, charset: str, errors: str, hide: Hide) -> bytes:
    text = body.decode(charset, errors)
    told = hide(text)
    return body if told == text else told.encode(charset, errors)


def _with_offset(moment: datetime) -> datetime:
    offset: timedelta | None = moment.utcoffset()
    return moment if offset is None else moment.replace(tzinfo=timezone(offset), fold=0)
