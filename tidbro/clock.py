"""The clock that a region lives by: the machine's own, or a virtual one that starts at a given moment and runs on.

Cut-offs, birthdays and clock changes can be tried without waiting for them. Source: domain.md §10.
"""

import time
from datetime import UTC, datetime, timedelta

from contracts.times import SWEDEN, Clock, exists, system_clock


def clock_of(setting: str) -> Clock:
    """The clock that the setting `clock` asks for: empty for the machine's, else `YYYY-MM-DDTHH:MM[:SS]`, Swedish time.

    Raises ValueError for other forms and for moments that the clocks skip.
    """
    if not setting:
        return system_clock
    start = datetime.fromisoformat(setting)
    start = start.replace(tzinfo=SWEDEN) if start.tzinfo is None else start.astimezone(SWEDEN)
    if not exists(start):
        raise ValueError("a moment that the clocks skip")
    return virtual_clock(start)


def virtual_clock(start: datetime) -> Clock:
    """A clock that shows `start` now and runs on at the usual pace; it knows summer time."""
    began_at, from_utc = time.monotonic(), start.astimezone(UTC)

    def now() -> datetime:
        return (from_utc + timedelta(seconds=time.monotonic() - began_at)).astimezone(SWEDEN)

    return now
