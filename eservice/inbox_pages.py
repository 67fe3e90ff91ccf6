"""The inbox: the letters, newest first, and one of them in full, as it was written.

What has become of a booking since then stands beside its letter in words; the letter does not change. From a letter one
comes to its booking as long as that is to come. A letter of somebody else is as unknown as one that never was.
Elsewhere: what letters there are (inbox.py), who writes them (confirming.py, news.py).
Source: domain.md §5.9.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, request, url_for
from werkzeug.wrappers import Response

from contracts.times import SWEDEN
from eservice import pages, visits
from eservice.inbox import Letter
from eservice.pages import render
from eservice.shown import Shown, swedish_day

blueprint = Blueprint("inbox_pages", __name__)

_OF_A_TIME = ("booked", "rebooked", "care_booked", "care_moved", "invited")
"""The kinds of letters whose time may still be to come."""


@dataclass(frozen=True, slots=True)
class Row:
    """A letter in the list. `tag` says what became of its booking, empty for nothing."""

    id: str
    subject: str
    clinic_name: str
    made_at: datetime
    is_read: bool
    tag: str


@dataclass(frozen=True, slots=True)
class InboxPage:
    """One page of the list, and the URLs of those before and after it, empty where there is none."""

    rows: tuple[Row, ...]
    number: int
    newer: str
    older: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a letter keeps of a time; texts as they were, moments None where there are none."""

    start: datetime | None
    end: datetime | None
    old_start: datetime | None
    time_type: str
    with_whom: str
    with_which: str
    clinic_name: str
    address: str
    phone: str
    purpose: str = field(repr=False)
    reason: str = field(repr=False)
    text: str = field(repr=False)

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Told":
        moments: dict[str, Any] = {name: _moment(told.get(name, "")) for name in ("start", "end", "old_start")}
        if not told.get("shows_end"):
            moments["end"] = None
        texts: dict[str, Any] = {
            one.name: str(told.get(one.name, "")) for one in fields(cls) if one.name not in moments
        }
        return cls(**moments, **texts)


@dataclass(frozen=True, slots=True)
class LetterPage:
    """`booking` is the booking's name in URLs as long as there is one to see, `invitation` that of an open one."""

    letter: Letter
    subject: str
    tag: str
    told: Told
    words_label: str
    booking: str
    invitation: str
    url: str


@blueprint.get("/inkorg")
def listed() -> Response:
    number = _number(request.args.get("sida", ""))
    letters, has_older = visits.eservice().inbox.page(visits.visit().subject, number)
    if number > 1 and not letters:
        abort(404)
    page = InboxPage(
        rows=tuple(map(_row, letters)),
        number=number,
        newer=url_for("inbox_pages.listed", sida=number - 1 if number > 2 else None) if number > 1 else "",
        older=url_for("inbox_pages.listed", sida=number + 1) if has_older else "",
    )
    return render("inbox.html", page)


@blueprint.get("/inkorg/<letter>")
def one(letter: str) -> Response:
    found = visits.eservice().inbox.read(visits.visit().subject, letter, visits.now())
    if found is None:
        abort(404)
    told, name = Told.of(found.told), _name_of_booking(found)
    is_open = found.kind == "invited" and told.start is None
    page = LetterPage(
        letter=found,
        subject=subject_of(found),
        tag=_tag(found),
        told=told,
        words_label=pages.texts()(f"fact.words.{_FLOWS.get(found.kind, 'book')}"),
        booking="" if is_open else name,
        invitation=name if is_open else "",
        url=str(found.told.get("url", "")),
    )
    return render("letter.html", page)


_FLOWS = {"rebooked": "rebook", "cancelled": "cancel"}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) > 0 else 1


def _row(letter: Letter) -> Row:
    clinic_name = str(letter.told.get("clinic_name", ""))
    return Row(letter.id, subject_of(letter), clinic_name, letter.made_at, letter.read_at is not None, _tag(letter))


def subject_of(letter: Letter) -> str:
    """`Bokad tid: Blodprov tisdag 1 december 2026`."""
    t, told = pages.texts(), Told.of(letter.told)
    day = "" if told.start is None else Shown(t).day(swedish_day(told.start))
    what = " ".join(one for one in (told.time_type or told.clinic_name, day) if one)
    return t(f"inbox.subject.{letter.kind}", what=what)


def _tag(letter: Letter) -> str:
    if not letter.status:
        return ""
    kind = "invitation" if letter.kind == "invited" and not letter.told.get("start") else "time"
    return pages.texts()(f"inbox.status.{kind}.{letter.status}")


def _name_of_booking(letter: Letter) -> str:
    """The name of the letter's booking or open invitation in URLs; empty when there is none to see any more."""
    start = Told.of(letter.told).start
    if letter.kind not in _OF_A_TIME or letter.status or not letter.booking_id:
        return ""
    if start is not None and start <= visits.now():
        return ""
    eservice, owner = visits.eservice(), visits.visit().subject
    known = eservice.engagements.find(owner, letter.clinic, letter.booking_id)
    if known is not None and not known.is_there:
        return ""
    return eservice.references.of(owner, letter.clinic, letter.booking_id).name


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(SWEDEN) if text else None
