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
class FiguresPage:
    """The figures of some days."""

    first_day: date
    last_day: date
    found: Statistics
    plot: Plot


@blueprint.get("/statistik")
@needs(Role.ADMINISTRATOR, Role.SCHEDULER)
def listed() -> Response:
    first, last, found = _found()
    return render("timebook/figures.html", FiguresPage(first, last, found, plot(found.by_week)))


@blueprint.get("/statistik.csv")
@needs(Role.ADMINISTRATOR, Role.SCHEDULER)
def as_file() -> Response:
    _, _, found = _found()
    answer = Response(written(found), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="statistik.csv"'
    return answer


def _found() -> tuple[date, date, Statistics]:
    today = system().now().astimezone(SWEDEN).date()
    first = _day("fran", today - timedelta(days=USUAL_DAYS))
    last = min(max(_day("till", first + timedelta(days=2 * USUAL_DAYS)), first), first + timedelta(days=MOST_DAYS))
    with system().reading() as session:
        return first, last, statistics(session, visit().clinic, first, last, system().now())


def written(found: Statistics) -> bytes:
    """The figures as CSV with semicolons, in UTF-8 with a byte order mark."""
    t, file = texts(), io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(
        [t("figures.what"), *(t(f"figures.{name}") for name in COUNTS), t("figures.lead_days"), t("figures.web_share")]
    )
    for row in (found.total, *found.by_type, *found.by_column, *found.by_week):
        writer.writerow(
            [harmless(row.what) or t("figures.total"), *(getattr(row, name) for name in COUNTS), *_parts(row)]
        )
    return b"\xef\xbb\xbf" + file.getvalue().encode("utf-8")


def _parts(row: Figures) -> tuple[str, str]:
    lead = "" if row.lead_days is None else f"{row.lead_days:g}".replace(".", ",")
    return lead, "" if row.web_share is None else f"{row.web_share:.2f}".replace(".", ",")


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
