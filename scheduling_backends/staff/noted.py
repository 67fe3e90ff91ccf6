"""Looks that a page repeats by itself: noted once for each visit, page and citizen, so that the log stays readable.

The calendar renews itself every half minute; who is shown anew then is noted, who has been noted is not noted again.
What was noted is kept in this process, for the last visits: after a restart a line more is written, never one less.
Elsewhere: the lines (bookings.py), that such a look does not keep a visit alive (visits.py).
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable

from flask import current_app

from scheduling_backends.staff.visits import visit

KEPT = 500

Look = tuple[str, str | None]
"""What is noted: the action, and whose number or which booking."""


class Noted:
    """What the last visits have seen on each page, as far as it is in the log."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], frozenset[Look]] = OrderedDict()
        self._lock = threading.Lock()

    def new(self, visit_token: str, page: str, looks: Iterable[Look]) -> frozenset[Look]:
        """Those that are not noted yet."""
        with self._lock:
            return frozenset(looks) - self._seen.get((visit_token, page), frozenset())

    def keep(self, visit_token: str, page: str, looks: Iterable[Look]) -> None:
        """They are in the log now."""
        with self._lock:
            before = self._seen.pop((visit_token, page), frozenset())
            self._seen[visit_token, page] = before | frozenset(looks)
            while len(self._seen) > KEPT:
                self._seen.popitem(last=False)


def new(page: str, looks: Iterable[Look]) -> frozenset[Look]:
    """Those of this visit's looks at the page that are not noted yet."""
    return _noted().new(visit().csrf_token, page, looks)


def keep(page: str, looks: Iterable[Look]) -> None:
    """To be called when their lines are committed."""
    _noted().keep(visit().csrf_token, page, looks)


def _noted() -> Noted:
    noted: Noted = current_app.extensions["tidbro_noted"]
    return noted
