"""The booking list: every time of some days, free or booked, with filters; for the screen, for printing, and as a file.

A cancelled booking keeps its row, struck through and in words. Numbers are masked on the screen, whole in prints and
files, which are for bookers and noted as such; with a protected identity no phone is told anywhere (R41). A cell of the
file that a spreadsheet would take for a formula begins with an apostrophe.
Source: domain.md §7.4, §3.1 (masked in lists).
"""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from flask import Blueprint, request
from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from contracts.times import SWEDEN
from scheduling_backends.engine import find, overview
from scheduling_backends.engine.models import SlotRow
from scheduling_backends.engine.overview import Entry, Time
from scheduling_backends.engine.states import BookingState, Role, SlotState
from scheduling_backends.staff import show
from scheduling_backends.staff.bookings import audit_all
from scheduling_backends.staff.pages import render, texts
from scheduling_backends.staff.visits import needs, system, visit
from webpages.texts import Texts

blueprint = Blueprint("listing", __name__, template_folder="templates")

PAGE_ROWS = 100
MOST_DAYS = 92
STATUSES = ("ledig", "bokad", "avbokad", "sparrad", "uteblev", "kom", "utkast", "slapps", "passerad")
BOOKERS = ("invanare", "mottagning")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """A time with one booking, or with its empty seats; `status` is one of STATUSES."""

    time: Time
    entry: Entry | None
    status: str

    @property
    def comments(self) -> tuple[tuple[str, str], ...]:
        return () if self.entry is None else comments(self.entry)

    def told_status(self, t: Texts) -> str:
        """The state in words: who cancelled, and when a time is released."""
        if self.status == "avbokad" and self.entry is not None:
            return t(f"booking_state.{self.entry.state}")
        if self.status == "slapps" and self.time.published_from is not None:
            return t("mark.released", moment=show.short_moment(self.time.published_from))
        return t(f"listing.status_{self.status}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters, as they were understood."""

    first_day: date
    last_day: date
    time_type: str = ""
    column: str = ""
    status: str = ""
    booker: str = ""

    @property
    def query(self) -> dict[str, str]:
        """For an address that leads to the same list."""
        told = {
            "fran": self.first_day.isoformat(),
            "till": self.last_day.isoformat(),
            "typ": self.time_type,
            "kolumn": self.column,
            "status": self.status,
            "av": self.booker,
        }
        return {name: text for name, text in told.items() if text}


@dataclass(frozen=True, slots=True)
class ListPage:
    """One page of the list."""

    wanted: Wanted
    rows: tuple[Row, ...]
    count: int
    number: int
    pages: int
    types: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]
    may_print: bool
    statuses: tuple[str, ...] = STATUSES


@dataclass(frozen=True, slots=True)
class PrintPage:
    """A day's or a week's booked times, by day."""

    heading: str
    days: tuple[tuple[date, tuple[Row, ...]], ...]


@blueprint.get("/bokningslista")
def listed() -> Response:
    here, wanted = visit().clinic, _wanted()
    with system().writing() as session:
        found = rows_of(_times(session, wanted), wanted, system().now())
        types = tuple((kind.settings.code, kind.settings.internal_name) for kind in find.time_types(session, [here]))
        columns = overview.columns(session, here)
        page = list_page(wanted, found, _number(), types, columns, visit().may(Role.BOOKER))
        audit_all(session, "read list", [row.entry for row in page.rows if row.entry])
    return render("timebook/listing.html", page)


def list_page(
    wanted: Wanted,
    found: Sequence[Row],
    number: int,
    types: tuple[tuple[str, str], ...],
    columns: tuple[tuple[str, str], ...],
    may_print: bool,
) -> ListPage:
    pages = max(1, -(-len(found) // PAGE_ROWS))
    number = min(max(1, number), pages)
    shown = tuple(found[(number - 1) * PAGE_ROWS : number * PAGE_ROWS])
    return ListPage(wanted, shown, len(found), number, pages, types, columns, may_print)


@blueprint.get("/bokningslista.csv")
@needs(Role.BOOKER)
def as_file() -> Response:
    wanted = _wanted()
    with system().writing() as session:
        found = rows_of(_times(session, wanted), wanted, system().now())
        audit_all(session, "export", [row.entry for row in found if row.entry])
    answer = Response(written(found), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="bokningslista.csv"'
    return answer


@blueprint.get("/bokningslista/utskrift")
@needs(Role.BOOKER)
def printed() -> Response:
    wanted = _wanted()
    is_week = request.args.get("vy") == "vecka"
    first = wanted.first_day - timedelta(days=wanted.first_day.weekday()) if is_week else wanted.first_day
    wanted = replace(wanted, first_day=first, last_day=first + timedelta(days=6 if is_week else 0))
    with system().writing() as session:
        times, now = _times(session, wanted), system().now()
        found = [row for row in rows_of(times, wanted, now) if row.entry and not row.entry.is_cancelled]
        audit_all(session, "print", [row.entry for row in found if row.entry])
    days = sorted({row.time.day for row in found})
    by_day = tuple((day, tuple(row for row in found if row.time.day == day)) for day in days)
    return render("timebook/print.html", PrintPage(show.week(first) if is_week else show.day(first), by_day))


def rows_of(times: Sequence[Time], wanted: Wanted, now: datetime) -> list[Row]:
    """The rows of these times that the filters let by, in order."""
    return [row for time in times for row in _rows(time, now) if _is_wanted(row, wanted)]


def _rows(time: Time, now: datetime) -> Iterator[Row]:
    for entry in time.cancelled:
        yield Row(time, entry, "avbokad")
    for entry in time.seated:
        yield Row(time, entry, _STATUS.get(entry.state, "bokad"))
    if time.free:
        yield Row(time, None, _free(time, now))


_STATUS = {BookingState.NO_SHOW: "uteblev", BookingState.COMPLETED: "kom"}
_NOT_OUT = {SlotState.BLOCKED: "sparrad", SlotState.DRAFT: "utkast"}


def _free(time: Time, now: datetime) -> str:
    """What empty seats are: first what the schedule says of them, then the clock, then when they are released."""
    if time.state in _NOT_OUT:
        return _NOT_OUT[time.state]
    if time.end <= now:
        return "passerad"
    return "slapps" if time.published_from is not None and time.published_from > now else "ledig"


def _is_wanted(row: Row, wanted: Wanted) -> bool:
    if wanted.status and row.status != wanted.status:
        return False
    if wanted.booker:
        return row.entry is not None and row.entry.is_web == (wanted.booker == "invanare")
    return True


def _times(session: Session, wanted: Wanted) -> tuple[Time, ...]:
    """The times of the days, of one kind and one performer or resource if asked."""
    here, narrowed = visit().clinic, list[ColumnElement[bool]]()
    with suppress(ValueError):
        narrowed += [overview.of_column(wanted.column)] if wanted.column else []
    if wanted.time_type:
        kinds = [kind.id for kind in find.time_types(session, [here], wanted.time_type)]
        narrowed.append(SlotRow.time_type_id.in_(kinds))
    return overview.times(session, here, wanted.first_day, wanted.last_day, *narrowed)


def _wanted() -> Wanted:
    today = system().now().astimezone(SWEDEN).date()
    first = _day("fran", today)
    last = min(max(_day("till", first + timedelta(days=6)), first), first + timedelta(days=MOST_DAYS))
    told = request.args
    status = told.get("status", "") if told.get("status", "") in STATUSES else ""
    booker = told.get("av", "") if told.get("av", "") in BOOKERS else ""
    return Wanted(first, last, told.get("typ", "")[:20], told.get("kolumn", "")[:12], status, booker)


def _day(name: str, otherwise: date) -> date:
    with suppress(ValueError):
        asked = date.fromisoformat(request.args.get(name, ""))
        if 2000 <= asked.year <= 2199:
            return asked
    return otherwise


def _number() -> int:
    text = request.args.get("sida", "1")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1


# -- The file


def written(rows: Sequence[Row]) -> bytes:
    """The rows as CSV with semicolons, in UTF-8 with a byte order mark, as Swedish spreadsheets want it."""
    t = texts()
    columns = ("day", "time", "type", "with", "status", "number", "name", "phone", "booked_by", "made_at", "reason")
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow([t(f"listing.{name}") for name in (*columns, "comment", "care_note")])
    for row in rows:
        writer.writerow([harmless(text) for text in _cells(row)])
    return b"\xef\xbb\xbf" + file.getvalue().encode("utf-8")


def _cells(row: Row) -> list[str]:
    t, time, entry = texts(), row.time, row.entry
    told = [
        time.day.isoformat(),
        show.hours(time.start, time.end),
        time.time_type.settings.internal_name,
        time.performer or time.resource or "",
        row.told_status(t),
    ]
    if entry is None:
        return [*told, *[""] * 8]
    return [
        *told,
        show.person(entry.subject_of_care),
        entry.name,
        t("layout.protected") if entry.is_protected else entry.phone or "",
        t("listing.by_invanare") if entry.is_web else t("listing.by_mottagning"),
        show.short_moment(entry.made_at),
        entry.reason or "",
        " / ".join(text for _, text in comments(entry)),
        entry.care_note or "",
    ]


def comments(entry: Entry) -> tuple[tuple[str, str], ...]:
    """What was said when the booking was moved, by citizen or staff, and when it was cancelled; each with its name."""
    said = (
        ("moved", entry.rebooking_comment),
        ("moved_by_care", entry.move_comment),
        ("cancelled", entry.cancelling_comment),
    )
    return tuple((name, text) for name, text in said if text)


def harmless(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
