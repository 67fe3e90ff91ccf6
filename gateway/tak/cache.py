"""The gateway's own copy of the catalogue: loaded at the start, again when asked to, never replaced by a broken one.

A failed load keeps what is in memory; at the start it falls back on the last good copy in a file. What cannot be
loaded at all leaves the gateway answering VP008. An empty catalogue counts as a failed load.
Elsewhere: where a catalogue comes from (sources.py), the page that asks for a reload (gateway/admin.py).
Source: platform.md §17.3, §18; §25 row 21.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from contracts.times import Clock
from gateway.tak.exchange import CatalogueUnreadable
from gateway.tak.snapshot import TakSnapshot

RefreshStatus = Literal[
    "Not initialized", "REFRESH_OK", "REUSING_EXISTING_CACHE", "RESTORED_FROM_LOCAL_CACHE", "REFRESH_FAILED"
]
Source = Callable[[], TakSnapshot]
"""Fetches the catalogue anew. Raises CatalogueUnreadable with a sentence."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """What the last load led to. `lines` are the real platform's, for the page that asked for it."""

    status: RefreshStatus
    at: datetime | None = None
    routes: int = 0
    authorisations: int = 0
    lines: tuple[str, ...] = ()

    @property
    def is_successful(self) -> bool:
        return self.status == "REFRESH_OK"


class TakCache:
    """Holds one snapshot; `reload` may be called from any thread."""

    def __init__(self, source: Source | None, clock: Clock, local_copy: Path | None = None) -> None:
        self._source = source
        self._clock = clock
        self._local_copy = local_copy
        self._loading = threading.Lock()
        self._snapshot: TakSnapshot | None = None
        self.last_refresh = Refresh("Not initialized")

    def snapshot(self) -> TakSnapshot | None:
        """The catalogue in force; None when none was ever loaded."""
        return self._snapshot

    def reload(self) -> Refresh:
        """Fetch the catalogue anew and put it in force, if it is whole; what came of it."""
        with self._loading:
            if self._source is None:
                return self.last_refresh
            try:
                self._snapshot = self._source()
            except CatalogueUnreadable as error:
                status: RefreshStatus = "REFRESH_FAILED" if self._snapshot is None else "REUSING_EXISTING_CACHE"
                self.last_refresh = Refresh(status, self._clock(), lines=(str(error),))
            else:
                counts = len(self._snapshot.routes), len(self._snapshot.authorisations)
                self.last_refresh = Refresh("REFRESH_OK", self._clock(), *counts)
            return self.last_refresh
