"""Whether a newer version of the catalogue is published, and having it taken over without anybody asking.

The real platform has a process of its own for this, tak-monitor: every minute it reads the number of the newest
version and, when that is another one than last time, calls the reset pages in order, the TAK's services first. Here it
is a task beside the gateway, off unless `tak_poll_seconds` says how often. A take-over that fails is tried again.
Source: platform.md §17.4 (no periodic refresh), §20.6.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from gateway.tak.loaded import sentence_of

log = logging.getLogger(__name__)

Reset = Callable[[], bool]
"""Takes the newest version over; whether that succeeded."""
Wait = Callable[[float], Awaitable[None]]


class Monitor:
    """Looks at `newest`, the number of the version published last, and does the resets in their order."""

    def __init__(
        self, newest: Callable[[], int | None], resets: Sequence[Reset], seconds: float, wait: Wait = asyncio.sleep
    ) -> None:
        self._newest = newest
        self._resets = resets
        self._seconds = seconds
        self._wait = wait
        self._taken_over: int | None = None
        self._task: asyncio.Task[None] | None = None

    def look(self) -> bool:
        """Whether a version was taken over now. Never raises."""
        try:
            number = self._newest()
            if number is None or number == self._taken_over:
                return False
            outcomes = [reset() for reset in self._resets]  # each of them, whatever comes of the one before
            if all(outcomes):
                self._taken_over = number
                return True
        except Exception as error:
            log.error("catalogue_not_looked_at: %s", sentence_of(error))
        return False

    async def open(self) -> None:
        """Begin to look, in the background of the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._look_again_and_again())

    async def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _look_again_and_again(self) -> None:
        while True:
            await self._wait(self._seconds)
            await asyncio.to_thread(self.look)
