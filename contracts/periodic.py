"""Work that is done again and again, in a thread of its own, until it is told to stop.

What the work raises is logged by its kind and does not end it.
"""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class Periodic:
    """Does `work` every so many seconds, the first time when so many have passed, and whenever it is woken.

    May be opened again once closed.
    """

    def __init__(self, name: str, work: Callable[[], object], seconds: float) -> None:
        self._name, self._work, self._seconds = name, work, seconds
        self._is_time, self._is_over = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        self._is_time.clear()
        self._is_over.clear()
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Have the next round begin now, or as soon as the one that is under way has ended."""
        self._is_time.set()

    def close(self) -> None:
        """Stop, after the round that is under way."""
        self._is_over.set()
        self._is_time.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @property
    def is_closing(self) -> bool:
        """Whether somebody waits for the round that is under way: long ones should ask."""
        return self._is_over.is_set()

    def _run(self) -> None:
        while True:
            self._is_time.wait(self._seconds)
            if self._is_over.is_set():
                return
            self._is_time.clear()
            try:
                self._work()
            except Exception as error:
                log.error("periodic_work_failed: %s", type(error).__name__, extra={"work": self._name})
