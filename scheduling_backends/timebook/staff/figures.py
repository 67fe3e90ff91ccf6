"""Statistics pages: a table, a file, and plots drawn on the server, each with its table beneath.

Source: domain.md §7.5; look.md (plots: SVG with title, axes with units, the table beneath).
"""

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint
from werkzeug.wrappers import Response

from contracts.times import SWEDEN
from scheduling_backends.engine.states import Role
from scheduling_backends.engine.statistics import Figures, Statistics, statistics
from scheduling_backends.staff.pages import render, texts
from scheduling_backends.staff.visits import needs, system, visit
from scheduling_backends.timebook.staff.listing import _day, harmless

blueprint = Blueprint("figures", __name__, template_folder="templates")

USUAL_DAYS, MOST_DAYS = 28, 366
COUNTS = (
    "offered",
    "by_web",
    "by_staff",
    "moved",
    "cancelled_by_citizen",
    "cancelled_by_care",
    "no_shows",
    "unused",
)
MEDIANS = ("lead_days", "hours_before_by_citizen", "hours_before_by_care")
SERIES = ("by_web", "by_staff", "cancelled", "no_shows")
"""What the second plot shows of each week, beside each other."""
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 640, 256, 48, 28, 32


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of the plot, in the drawing's units, and what it says."""

    x: float
    width: float
    booked_y: float
    booked_height: float
    free_y: float
    free_height: float
    what: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Seats a week, booked and free."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, int], ...]
    left: int
    bottom: float


@dataclass(frozen=True, slots=True)
class Column:
    """A bar of the second plot: one of SERIES in one week."""

    series: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class SeriesPlot:
    """What became of the bookings each week: booked on the web and by staff, cancelled, no-shows."""

    width: int
    height: int
    columns: tuple[Column, ...]
    weeks: tuple[tuple[float, str], ...]
    ticks: tuple[tuple[float, int], ...]
    left: int
    bottom: float


@dataclass(frozen=True, slots=True)
class FiguresPage:
    """The figures of some days."""

    first_day: date
    last_day: date
    found: Statistics
    plot: Plot
    series: SeriesPlot


@blueprint.get("/statistik")
@needs(Role.ADMINISTRATOR, Role.SCHEDULER)
def listed() -> Response:
    first, last, found = _found()
    return render(
        "timebook/figures.html", FiguresPage(first, last, found, plot(found.by_week), series_plot(found.by_week))
    )


@blueprint.get("/statistik.csv")
@needs(Role.ADMINISTRATOR, Role.SCHEDULER)
def as_file() -> Response:
    first, last, found = _found()
    answer = Response(written(found, first, last), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="statistik.csv"'
    return answer


def _found() -> tuple[date, date, Statistics]:
    today = system().now().astimezone(SWEDEN).date()
    first = _day("fran", today - timedelta(days=USUAL_DAYS))
    last = min(max(_day("till", first + timedelta(days=2 * USUAL_DAYS)), first), first + timedelta(days=MOST_DAYS))
    with system().reading() as session:
        return first, last, statistics(session, visit().clinic, first, last, system().now())


def written(found: Statistics, first: date, last: date) -> bytes:
    """The figures as CSV with semicolons, in UTF-8 with a byte order mark.

    Each row says which section it is of and which days it is about: no two rows are told in the same words.
    """
    t, file = texts(), io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    told = ("section", "period", "what", *COUNTS, *MEDIANS, "web_share")
    writer.writerow([t(f"figures.{name}") for name in told])
    for section, rows in _sections(found):
        for row in rows:
            period = _week_in(row.what, first, last) if section == "by_week" else (first, last)
            name = harmless(row.what) or t("figures.total")
            counts = [getattr(row, count) for count in COUNTS]
            writer.writerow([t(f"figures.{section}"), _period(*period), name, *counts, *_parts(row)])
    return b"\xef\xbb\xbf" + file.getvalue().encode("utf-8")


def _sections(found: Statistics) -> tuple[tuple[str, tuple[Figures, ...]], ...]:
    return (
        ("total", (found.total,)),
        ("by_type", found.by_type),
        ("by_column", found.by_column),
        ("by_week", found.by_week),
    )


def _week_in(name: str, first: date, last: date) -> tuple[date, date]:
    """The days of the week `2026 v. 49` that lie in the period."""
    year, _, number = name.partition(" v. ")
    monday = date.fromisocalendar(int(year), int(number), 1)
    return max(first, monday), min(last, monday + timedelta(days=6))


def _period(first: date, last: date) -> str:
    return f"{first.isoformat()}/{last.isoformat()}"


def _parts(row: Figures) -> tuple[str, ...]:
    medians = [getattr(row, name) for name in MEDIANS]
    told = ["" if one is None else f"{one:g}".replace(".", ",") for one in medians]
    return (*told, "" if row.web_share is None else f"{row.web_share:.2f}".replace(".", ","))


def plot(weeks: tuple[Figures, ...]) -> Plot:
    """A bar for each week: booked seats below, free seats above them."""
    most = max((row.offered for row in weeks), default=0) or 1
    floor, inner = _HEIGHT - _BOTTOM, _HEIGHT - _BOTTOM - _TOP
    step = (_WIDTH - _LEFT) / max(1, len(weeks))
    bars = []
    for n, row in enumerate(weeks):
        booked, free = row.booked / most * inner, (row.offered - row.booked) / most * inner
        x, width = round(_LEFT + n * step + step * 0.15, 1), round(step * 0.7, 1)
        top = floor - booked
        bars.append(Bar(x, width, round(top, 1), round(booked, 1), round(top - free, 1), round(free, 1), row.what))
    ticks = tuple((round(floor - inner * part, 1), round(most * part)) for part in (0, 0.5, 1))
    return Plot(_WIDTH, _HEIGHT, tuple(bars), ticks, _LEFT, floor)


def series_plot(weeks: tuple[Figures, ...]) -> SeriesPlot:
    """Four bars for each week, of one scale."""
    counts = [[_count(row, name) for name in SERIES] for row in weeks]
    most = max((count for week in counts for count in week), default=0) or 1
    floor, inner = _HEIGHT - _BOTTOM, _HEIGHT - _BOTTOM - _TOP
    step = (_WIDTH - _LEFT) / max(1, len(weeks))
    width = round(step * 0.8 / len(SERIES), 1)
    columns, names = [], []
    for n, (row, week) in enumerate(zip(weeks, counts, strict=True)):
        left = _LEFT + n * step + step * 0.1
        names.append((round(left + step * 0.4, 1), row.what[5:]))
        for place, (name, count) in enumerate(zip(SERIES, week, strict=True)):
            height = round(count / most * inner, 1)
            columns.append(Column(name, round(left + place * width, 1), round(floor - height, 1), width, height))
    ticks = tuple((round(floor - inner * part, 1), round(most * part)) for part in (0, 0.5, 1))
    return SeriesPlot(_WIDTH, _HEIGHT, tuple(columns), tuple(names), ticks, _LEFT, floor)


def _count(row: Figures, name: str) -> int:
    if name == "cancelled":
        return row.cancelled_by_citizen + row.cancelled_by_care
    found: int = getattr(row, name)
    return found
