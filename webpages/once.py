"""A form that is sent twice is carried out once: where the first led, the second leads too.

Each form that changes something carries a random mark, beside the token that says it is ours. The marks of the last
forms are kept in this process with where they led; two requests with one mark wait for each other. A double click and
a page that is sent again after going back so do nothing twice; what a seat or a booking allows, the database decides.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable

from flask import current_app, redirect, request
from werkzeug.wrappers import Response

MARK_FIELD = "form_mark"
KEPT = 2000


class Once:
    """The marks of a site's last forms."""

    def __init__(self) -> None:
        self._led: OrderedDict[str, str] = OrderedDict()
        self._locks: OrderedDict[str, threading.Lock] = OrderedDict()
        self._lock = threading.Lock()

    def carry_out(self, mark: str, act: Callable[[], Response]) -> Response:
        """Act, and remember where it led if it was done; a mark that was seen leads there at once."""
        with self._lock:
            lock = self._locks.setdefault(mark, threading.Lock())
            while len(self._locks) > KEPT:
                self._locks.popitem(last=False)
        with lock:
            if mark in self._led:
                return redirect(self._led[mark], 303)
            answer = act()
            if answer.status_code == 303:
                self._led[mark] = answer.headers["Location"]
                while len(self._led) > KEPT:
                    self._led.popitem(last=False)
            return answer


def new_mark() -> str:
    return secrets.token_urlsafe(12)


def carry_out(act: Callable[[], Response]) -> Response:
    """Act for this request's form, unless it was done before. A form without a mark is carried out as it is."""
    mark = request.form.get(MARK_FIELD, "")
    once: Once = current_app.extensions["tidbro_once"]
    return once.carry_out(mark, act) if mark else act()
