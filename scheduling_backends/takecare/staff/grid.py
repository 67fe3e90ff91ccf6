"""The calendar's grid: which time stands in which row and column, and over how many rows.

Pure. A row is a clock time at which something begins, in any column; a time that nothing else begins in goes over all
rows that it lasts, and a long pause in all columns has a row of its own. Columns are performers and resources of a day,
or the days of a week.
Elsewhere: what a cell looks like (templates/). Source: domain.md §6.2.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from contracts.times import SWEDEN
from scheduling_backends.engine.overview import Time

NOBODY = "-"
"""The column of times with neither performer nor resource."""

PAUSE_MINUTES = 30
"""What is shown as a pause, such as lunch; a few minutes between times are not."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What begins in a row of a column; over `rows` rows."""

    times: tuple[Time, ...]
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """A clock time, and a cell for each column; None where a cell above goes on. A pause has no cells, but an end."""

    clock: time
    cells: tuple[Cell | None, ...]
    pause_until: time | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, and its heading."""

    key: str
    heading: str


@dataclass(frozen=True, slots=True)
class Grid:
    """The whole table."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def day_grid(times: Sequence[Time], headings: Sequence[tuple[str, str]], nobody: str) -> Grid:
    """A day: a column for each performer and resource that has a time, in the order of `headings`."""
    used = {column_of(one) for one in times}
    named = [Column(key, heading) for key, heading in headings if key in used]
    columns = [*named, *([Column(NOBODY, nobody)] if NOBODY in used else [])]
    return _grid(times, columns, column_of)


def week_grid(times: Sequence[Time], monday: date, heading: Callable[[date], str]) -> Grid:
    """A week: Monday to Friday, and a day of the weekend that has a time."""
    used = {one.day for one in times}
    days = [monday + timedelta(days=n) for n in range(7)]
    shown = [day for day in days if day.weekday() < 5 or day in used]
    return _grid(times, [Column(day.isoformat(), heading(day)) for day in shown], lambda one: one.day.isoformat())


def by_day(times: Sequence[Time], week: Grid) -> tuple[tuple[date, tuple[Time, ...]], ...]:
    """The times under the days of a week's grid, in order."""
    days = [date.fromisoformat(column.key) for column in week.columns]
    return tuple((day, tuple(one for one in times if one.day == day)) for day in days)


def column_of(one: Time) -> str:
    if one.performer_id is not None:
        return f"p{one.performer_id}"
    return NOBODY if one.resource_id is None else f"r{one.resource_id}"


@dataclass(frozen=True, slots=True)
class _Placed:
    """A time and the Swedish clock times of its ends: told once, for each is compared with many."""

    what: Time
    begins: time
    ends: time


def _placed(one: Time) -> _Placed:
    """What goes on past midnight ends with the day's last moment."""
    start, end = one.start.astimezone(SWEDEN), one.end.astimezone(SWEDEN)
    return _Placed(one, start.time(), end.time() if end.date() == start.date() else time.max)


def _grid(times: Sequence[Time], columns: Sequence[Column], key_of: Callable[[Time], str]) -> Grid:
    placed = [_placed(one) for one in times]
    clocks = sorted({one.begins for one in placed})
    of_column: dict[str, list[_Placed]] = {column.key: [] for column in columns}
    for one in placed:
        if (key := key_of(one.what)) in of_column:
            of_column[key].append(one)
    by_column = [_cells(some, clocks) for some in of_column.values()]
    rows = [Row(clock, tuple(cells[n] for cells in by_column)) for n, clock in enumerate(clocks)]
    return Grid(tuple(columns), tuple(_with_pauses(rows, placed)))


def _with_pauses(rows: Sequence[Row], placed: Sequence[_Placed]) -> Iterator[Row]:
    """The rows, with one more wherever nothing goes on in any column for so long that it should be seen."""
    for n, row in enumerate(rows):
        ended = max((one.ends for one in placed if n and one.begins < row.clock), default=row.clock)
        if _minutes(row.clock) - _minutes(ended) >= PAUSE_MINUTES:
            yield Row(ended, (), row.clock)
        yield row


def _minutes(of: time) -> int:
    return of.hour * 60 + of.minute


def _cells(placed: Sequence[_Placed], clocks: Sequence[time]) -> list[Cell | None]:
    """A column's cells, one for each clock time."""
    cells: list[Cell | None] = [Cell(())] * len(clocks)
    for n, clock in enumerate(clocks):
        here = [one for one in placed if one.begins == clock]
        if not here:
            continue
        ends = here[0].ends
        is_alone = len(here) == 1 and not any(clock < one.begins < ends for one in placed)
        rows = sum(clock <= other < ends for other in clocks) if is_alone else 1
        cells[n] = Cell(tuple(one.what for one in here), rows)
    return _covered(cells)


def _covered(cells: list[Cell | None]) -> list[Cell | None]:
    """The same, with nothing where a cell above goes on."""
    left = 0
    for n, cell in enumerate(cells):
        if left:
            cells[n], left = None, left - 1
        elif cell is not None:
            left = cell.rows - 1
    return cells
