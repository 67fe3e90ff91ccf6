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
from typing import Any, TypeVar, cast

from conformance.exchange import HttpMessage, shown
from conformance.model import RunResult
from contracts.identifiers import PersonIdentity, hide_persons

Hide = Callable[[str], str]
Told = TypeVar("Told")

_PASSWORD = re.compile(r"(?<=://)(?!\(hidden\)@)[^/\s@]+@")
_PLAIN = ("", "identity")
_GZIP = b"\x1f\x8b"
_UTF_16 = ("utf-16-le", "utf-16-be")


def hidden(result: RunResult) -> RunResult:
    """`result` as it may be told; its moments keep their offset and lose their zone's name."""
    if result.is_hidden:
        return result
    hide = hiding_all_but(result.persons)
    told = _gone_over(replace(result, persons=()), hide)
    started, ended = _with_offset(result.started), _with_offset(result.ended)
    return replace(told, persons=result.persons, started=started, ended=ended, is_hidden=True)


def hiding_all_but(persons: Iterable[str]) -> Hide:
    """What hides every person's number in a text but those of `persons`, with or without century and separator."""
    forms = [_forms_of(number) for number in persons if _is_number(number)]
    known = re.compile(rf"(?<!\d)({'|'.join(forms)})(?!\d)", re.IGNORECASE | re.ASCII) if forms else None

    def hide(text: str) -> str:
        pieces = known.split(text) if known else [text]
        return "".join(piece if place % 2 else hide_persons(piece) for place, piece in enumerate(pieces))

    return hide


def _is_number(text: str) -> bool:
    try:
        PersonIdentity(text)
    except ValueError:
        return False
    return True


def _forms_of(number: str) -> str:
    return rf"(?:{number[:2]})?{number[2:8]}[-+ \u00a0\u2013]?{number[8:]}"


def _gone_over(value: Told, hide: Hide) -> Told:
    """`value` and all in it with its texts hidden."""
    return cast(Told, _any_gone_over(value, hide))


def _any_gone_over(value: Any, hide: Hide) -> Any:
    if isinstance(value, str):
        return _PASSWORD.sub("(hidden)@", hide(value))
    if isinstance(value, tuple):
        return tuple(_any_gone_over(one, hide) for one in value)
    if isinstance(value, Mapping):
        return {_any_gone_over(name, hide): _any_gone_over(one, hide) for name, one in value.items()}
    if isinstance(value, HttpMessage):
        headers = _gone_over(value.headers, hide)
        return HttpMessage(headers, _body_gone_over(value, hide), value.status)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _any_gone_over(getattr(value, one.name), hide) for one in fields(value)})
    return value


def _body_gone_over(message: HttpMessage, hide: Hide) -> bytes:
    packing = message.headers.get("content-encoding", "").strip().lower()
    if message.body and (packing not in _PLAIN or message.body.startswith(_GZIP)):
        return _left_out(message.body)
    body = _hidden_in_bytes(message.body, hide)
    read = shown(HttpMessage(message.headers, body)).text
    told = hide(read)
    return body if told == read else told.encode("utf-8", "replace")


def _left_out(body: bytes) -> bytes:
    if body.startswith(b"(hidden: "):
        return body
    return f"(hidden: {len(body):,} bytes that are packed; nobody can tell whose numbers are in them)".encode()


def _hidden_in_bytes(body: bytes, hide: Hide) -> bytes:
    """`body` gone over as UTF-8, as Windows-1252 and, where it has zero bytes, as UTF-16 from either byte."""
    for charset in ("utf-8", "cp1252"):
        body = _hidden_as(body, charset, "surrogateescape", hide)
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
