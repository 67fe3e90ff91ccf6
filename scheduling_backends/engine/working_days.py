"""Swedish holidays, working days, and the moment after which a booking can no longer be changed.

Pure: no clock. Rules: domain.md §9.4 (R24, R25), §7.3 item 3. The dates come from the `holidays` library.
Elsewhere: whether changing is allowed at all (rules.py).
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice

from holidays.countries.sweden import Sweden

from contracts.times import SWEDEN
from scheduling_backends.engine.offer import CutOff, LimitUnit

IsWorkingDay = Callable[[date], bool]

_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_HOLIDAYS_WITH_AN_EVE = ("Påskdagen", "Midsommardagen", "Juldagen")  # New Year's eve is of the year before its day


@lru_cache(maxsize=256)
def holidays_of(year: int, with_eves: bool) -> frozenset[date]:
    """The Swedish public holidays of `year` that are not plain Sundays; with påsk-, midsommar-, jul- and nyårsafton."""
    names = Sweden(years=year, include_sundays=False, language="sv")
    if not with_eves:
        return frozenset(names)
    before = frozenset(day - _ONE_DAY for day, name in names.items() if name in _HOLIDAYS_WITH_AN_EVE)
    return frozenset(names) | before | {date(year, 12, 31)}


def is_holiday(day: date, with_eves: bool) -> bool:
    """Whether `day` is a Swedish holiday; ordinary Saturdays and Sundays are not."""
    return day in holidays_of(day.year, with_eves)


def working_day_rule(with_eves: bool) -> IsWorkingDay:
    """What counts as a vardag for a clinic: Monday to Friday, and no holiday."""
    return lambda day: day.weekday() < _SATURDAY and not is_holiday(day, with_eves)


def last_moment(start: datetime, limit: CutOff, is_working_day: IsWorkingDay) -> datetime:
    """The last moment, in UTC, when a time that starts at `start` may be changed: allowed while now <= this.

    Timmar are elapsed hours, also over a night when the clocks change. Vardagar are whole working days of Swedish
    clock time: the same clock time so many working days earlier. What is left of a day off before the start does not
    count, so a Saturday's visit reckons from Saturday 00:00.
    """
    if limit.unit is LimitUnit.HOURS:
        return start.astimezone(UTC) - timedelta(hours=limit.count)
    if limit.count == 0:
        return start.astimezone(UTC)
    local = start.astimezone(SWEDEN)
    day, clock = local.date(), local.time()
    if not is_working_day(day):
        day, clock = _working_day_before(day, 1, is_working_day) + _ONE_DAY, time()
    earlier = _working_day_before(day, limit.count, is_working_day)
    return datetime.combine(earlier, clock, SWEDEN).astimezone(UTC)


def _working_day_before(day: date, count: int, is_working_day: IsWorkingDay) -> date:
    backwards = (day - _ONE_DAY * n for n in range(1, 366 + 7 * count))
    return next(islice(filter(is_working_day, backwards), count - 1, None))
