"""The services' own copy of the catalogue: loaded at the start, again when asked to, never replaced by a broken one.

A load that fails, or brings no routes or no authorisations, leaves what is in memory in force; when there is nothing in
memory the last good copy in a file is read. Without any copy nobody can tell who may be called (PermissionsUnknown).
Reading never waits: a reload makes new permissions and puts them in the old ones' place. Reloads wait for each other.
Elsewhere: where rows come from (tak_rows.py), what they permit (permissions.py).
Source: platform.md §17.3, §18, §22.1 step 5; §25 row 21.
"""

import logging
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from contracts.files import replace_whole
from contracts.identifiers import hide_persons
from contracts.times import Clock
from national_services.aggregation import tak_rows
from national_services.aggregation.permissions import Permissions
from national_services.aggregation.plan import PermissionsUnknown
from national_services.aggregation.tak_rows import CatalogueUnreadable, Fetch, TakRows

log = logging.getLogger(__name__)

RefreshStatus = Literal[
    "Not initialized", "REFRESH_OK", "REUSING_EXISTING_CACHE", "RESTORED_FROM_LOCAL_CACHE", "REFRESH_FAILED"
]

_FAILED = "Failed to get virtualizations and/or permissions from TAK, see logfiles for details. "
_FETCHED = "Succeeded to get virtualizations and/or permissions from TAK, save to local TAK copy..."


@dataclass(frozen=True, slots=True)
class Refresh:
    """What the last load led to; `lines` are the real platform's for the page that asked."""

    status: RefreshStatus
    at: datetime | None = None
    routes: int = 0
    authorisations: int = 0
    lines: tuple[str, ...] = ()


class TakCopy:
    """Tells who may call whom: a MayCall. `reload` may be called from any thread."""

    def __init__(self, fetch: Fetch | None, clock: Clock, file: Path | None = None) -> None:
        self._fetch, self._clock, self._file = fetch, clock, file
        self._loading = threading.Lock()
        self._permissions: Permissions | None = None
        self.last_refresh = Refresh("Not initialized")

    @property
    def is_loaded(self) -> bool:
        return self._permissions is not None

    def __call__(self, address: str, consumer: str, contract: str, now: datetime) -> bool:
        if self._permissions is None:
            raise PermissionsUnknown
        return self._permissions.permit(address, consumer, contract, now)

    def reload(self) -> Refresh:
        """Fetch the catalogue anew and put it in force, if it is whole; what came of it. Never raises."""
        with self._loading:
            status, lines = self._reloaded()
            held = self._permissions
            counts = (held.routes, held.authorisations) if held is not None else (0, 0)
            self.last_refresh = Refresh(status, self._clock(), *counts, lines)
            return self.last_refresh

    def _reloaded(self) -> tuple[RefreshStatus, tuple[str, ...]]:
        try:
            rows = self._fetched()
            self._permissions = Permissions.of(rows)
        except CatalogueUnreadable as error:
            return self._without(hide_persons(str(error)))
        return "REFRESH_OK", (_FETCHED, *self._saved(rows))

    def _fetched(self) -> TakRows:
        if self._fetch is None:
            raise CatalogueUnreadable("No source of a catalogue is set.")
        try:
            return self._fetch()
        except CatalogueUnreadable:
            raise
        except Exception as error:
            raise CatalogueUnreadable(f"The catalogue's source failed: {type(error).__name__}.") from None

    def _without(self, reason: str) -> tuple[RefreshStatus, tuple[str, ...]]:
        """What is in force after a load that failed, and the lines that tell so."""
        log.error("catalogue_not_loaded: %s", reason)
        told = f"Reason for failure: {reason}"
        if self._permissions is not None:
            return "REUSING_EXISTING_CACHE", (f"{_FAILED}Will continue to use already loaded TAK data.", told)
        lines = (f"{_FAILED}Restore from local TAK copy...", told)
        try:
            self._permissions = Permissions.of(self._restored())
        except CatalogueUnreadable as error:
            failed = self._about_copy("Failed to restore", "from")
            return "REFRESH_FAILED", (*lines, failed, f"Reason for failure: {error}")
        return "RESTORED_FROM_LOCAL_CACHE", (*lines, self._about_copy("Succesfully restored", "from"))

    def _restored(self) -> TakRows:
        if self._file is None:
            raise CatalogueUnreadable("No file is named to keep it in.")
        return tak_rows.from_file(self._file)

    def _saved(self, rows: TakRows) -> tuple[str, ...]:
        """Keep this good copy, and the lines that tell so. Where it cannot be kept, the one before stays."""
        if self._file is None:
            return ("The local TAK copy is not kept: no file is named to keep it in.",)
        try:
            replace_whole(self._file, tak_rows.as_local_copy(rows))
        except (OSError, ValueError) as error:
            log.error("catalogue_copy_not_saved: %s", type(error).__name__)
            return self._about_copy("Failed to save", "to"), f"Reason for failure: {type(error).__name__}"
        return (self._about_copy("Succesfully saved", "to"),)

    def _about_copy(self, outcome: str, way: str) -> str:
        return f"{outcome} virtualizations and permissions {way} local TAK copy: {self._file or ''}"
