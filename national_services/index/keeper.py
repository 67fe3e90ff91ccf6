"""A thread that looks after what time brings: messages collected long enough, an old list of subscribers.

What it does is its owner's; it only sees to when, and that a failure is not its last act.
"""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Keeper:
    """Calls `tend` every `seconds`, first at once. `open` and `close` are its life."""

    def __init__(self, tend: Callable[[], None], seconds: float) -> None:
        self._tend, self._seconds = tend, seconds
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        self._is_over.clear()
        self._thread = threading.Thread(target=self._run, name="index-keeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop after what is being done."""
        self._is_over.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._is_over.is_set():
            try:
                self._tend()
            except Exception as error:  # the database is away: the next time may go better
                log.error("index_not_tended: %s", type(error).__name__)
            self._is_over.wait(self._seconds)
