"""The gateway's own copy of the catalogue: loaded at the start, again when asked to, never replaced by a broken one.

A load that fails, or brings no routes or no authorisations, leaves what is in memory in force; when there is nothing
in memory the last good copy in a file is read. What cannot be had at all leaves the gateway answering VP008. How old
the file is does not matter: old routes carry more calls than none.
The real platform fetches routes and authorisations one after the other and lets new routes in although their
authorisations failed, even when it has none at all (and then calls that a success); `takes_half` does the same.
Reading never waits: a reload makes a new snapshot and puts it in the old one's place. Reloads wait for each other.
Elsewhere: where a catalogue comes from (sources.py), the page that asks for a reload (gateway/admin.py).
Source: platform.md §17.3, §18; §24 rows 50 to 52; §25 row 21.
"""

import logging
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from contracts.errors import MessageUnreadable
from contracts.files import replace_whole
from contracts.identifiers import hide_persons
from contracts.times import Clock
from gateway.tak.exchange import CatalogueUnreadable, read_persistent_cache, write_persistent_cache
from gateway.tak.model import Route
from gateway.tak.snapshot import TakSnapshot

log = logging.getLogger(__name__)

RefreshStatus = Literal[
    "Not initialized", "REFRESH_OK", "REUSING_EXISTING_CACHE", "RESTORED_FROM_LOCAL_CACHE", "REFRESH_FAILED"
]
Source = Callable[[], TakSnapshot]
"""Fetches the catalogue anew. Raises CatalogueUnreadable with a sentence."""

FETCHED = "Succeeded to get virtualizations and/or permissions from TAK, save to local TAK copy..."
REUSED = (
    "Failed to get virtualizations and/or permissions from TAK, see logfiles for details. "
    "Will continue to use already loaded TAK data."
)
NOT_FETCHED = (
    "Failed to get virtualizations and/or permissions from TAK, see logfiles for details. "
    "Restore from local TAK copy..."
)
_NO_COPY = "no file is named to keep it in."


class AuthorisationsUnreadable(CatalogueUnreadable):
    """The routes could be fetched, but not the authorisations."""

    def __init__(self, sentence: str, routes: tuple[Route, ...]) -> None:
        super().__init__(sentence)
        self.routes = routes


@dataclass(frozen=True, slots=True)
class Refresh:
    """What the last load led to, with what is in force since.

    `lines` are the real platform's for the page that asked, between its opening and the numbers loaded (§17.3);
    `reason` is what was wrong with what the catalogue gave, empty when nothing was.
    """

    status: RefreshStatus
    at: datetime | None = None
    routes: int = 0
    authorisations: int = 0
    lines: tuple[str, ...] = ()
    reason: str = ""

    @property
    def is_successful(self) -> bool:
        return self.status == "REFRESH_OK"


class TakCache:
    """Holds one snapshot; `reload` may be called from any thread.

    `local_copy` is a file for the last good copy, persistentCache XML; `tells_reason` adds a line of ours to the
    platform's, with what was wrong with a load.
    """

    def __init__(
        self,
        source: Source | None,
        clock: Clock,
        local_copy: Path | None = None,
        *,
        takes_half: bool = False,
        tells_reason: bool = True,
    ) -> None:
        self._source = source
        self._clock = clock
        self._local_copy = local_copy
        self._takes_half = takes_half
        self._tells_reason = tells_reason
        self._loading = threading.Lock()
        self._snapshot: TakSnapshot | None = None
        self.last_refresh = Refresh("Not initialized")

    def snapshot(self) -> TakSnapshot | None:
        """The catalogue in force; None when none was ever loaded."""
        return self._snapshot

    def reload(self) -> Refresh:
        """Fetch the catalogue anew and put it in force, if it is whole; what came of it. Never raises."""
        with self._loading:
            reason = ""
            try:
                self._snapshot = self._fetched()
            except CatalogueUnreadable as error:
                reason = hide_persons(str(error))
                log.error("catalogue_not_loaded: %s", reason)
                status, lines = self._without(error)
            else:
                status, lines = "REFRESH_OK", (FETCHED, *self._saved(self._snapshot))
            held = self._snapshot
            counts = (len(held.routes), len(held.authorisations)) if held else (0, 0)
            self.last_refresh = Refresh(status, self._clock(), *counts, lines, reason)
            return self.last_refresh

    def _fetched(self) -> TakSnapshot:
        """The new catalogue, whole. Raises CatalogueUnreadable, whatever the source does."""
        if self._source is None:
            raise CatalogueUnreadable("No source of a catalogue is set.")
        try:
            return _whole(self._source())
        except CatalogueUnreadable:
            raise
        except Exception as error:
            kind, where = type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
            log.error("catalogue_source_failed: %s at %s", kind, where)  # without its message, which may quote a URL
            raise CatalogueUnreadable(f"The catalogue's source failed: {kind}.") from None

    def _without(self, error: CatalogueUnreadable) -> tuple[RefreshStatus, tuple[str, ...]]:
        """What is in force after a load that failed, and the lines that tell so (platform.md §18, rows 2 to 5)."""
        reason = (f"Reason for failure: {hide_persons(str(error))}",) if self._tells_reason else ()
        held = self._snapshot
        half = error.routes if self._takes_half and isinstance(error, AuthorisationsUnreadable) else None
        if held is not None and held.authorisations:
            if half is not None:
                self._snapshot = TakSnapshot.of(half, held.authorisations)
            return "REUSING_EXISTING_CACHE", (REUSED, *reason)
        try:
            self._snapshot = self._restored()
        except CatalogueUnreadable as missing:
            if self._local_copy is not None and self._local_copy.exists():
                log.error("catalogue_copy_not_restored: %s: %s", self._local_copy.name, hide_persons(str(missing)))
            lines = (
                NOT_FETCHED,
                *reason,
                self._about_copy("Failed to restore", "from"),
                f"Reason for failure: {missing}",
            )
            if half is None:
                return "REFRESH_FAILED", lines
            self._snapshot = TakSnapshot.of(half, ())
            return "REFRESH_OK", lines
        restored = self._about_copy("Succesfully restored", "from")
        return "RESTORED_FROM_LOCAL_CACHE", (NOT_FETCHED, *reason, restored)

    def _restored(self) -> TakSnapshot:
        """The last good copy. Raises CatalogueUnreadable."""
        if self._local_copy is None:
            raise CatalogueUnreadable(_NO_COPY)
        try:
            return _whole(read_persistent_cache(self._local_copy.read_bytes()))
        except OSError as error:
            raise CatalogueUnreadable(f"{error.strerror}.") from None
        except (ValueError, MessageUnreadable) as error:
            raise CatalogueUnreadable(f"{error}.") from None

    def _saved(self, snapshot: TakSnapshot) -> tuple[str, ...]:
        """Keep this good copy, and the lines that tell so. Where it cannot be kept, the one before stays."""
        if self._local_copy is None:
            return (f"The local TAK copy is not kept: {_NO_COPY}",)
        try:
            _replace(self._local_copy, write_persistent_cache(snapshot))
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "XML cannot carry what it says"
            log.error("catalogue_copy_not_saved: %s", reason)
            return self._about_copy("Failed to save", "to"), f"Reason for failure: {reason}"
        return (self._about_copy("Succesfully saved", "to"),)

    def _about_copy(self, outcome: str, way: str) -> str:
        return f"{outcome} virtualizations and permissions {way} local TAK copy: {self._local_copy or ''}"


def _whole(snapshot: TakSnapshot) -> TakSnapshot:
    """A catalogue with rows of both kinds. An empty one counts as a failed load (platform.md §18, §25 row 21)."""
    if not snapshot.routes:
        raise CatalogueUnreadable("The catalogue has no routes, so it counts as not loaded.")
    if not snapshot.authorisations:
        sentence = "The catalogue has no authorisations, so it counts as not loaded."
        raise AuthorisationsUnreadable(sentence, snapshot.routes)
    return snapshot


def _replace(path: Path, text: bytes) -> None:
    """Put `text` in the place of a file, whole or not at all, readable by its owner alone. Raises OSError."""
    if path.suffix == ".toml":
        raise OSError(0, "a .toml file is somebody's own, not a copy to write over")
    replace_whole(path, text)
