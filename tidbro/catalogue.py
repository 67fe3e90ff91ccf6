"""Where a region's catalogue of routes and authorisations comes from, and its copy in the gateway.

The first that is named: a file (`tak_file`), a TAK's service (`tak_endpoint`), or else the region's own database,
tak.db in the data directory, which `tidbro tak` edits. Where no such database is, a gateway alone takes its local copy
for the catalogue.
The last good copy is kept in a file, and is what a start falls back on when the source is gone.
Elsewhere: loading and keeping it (gateway/tak/cache.py), what the demo's holds (demo_catalogue.py).
Source: platform.md §18; DESIGN §4.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from contracts.times import Clock
from gateway.settings import SettingsRefused
from gateway.tak import exchange, sources
from gateway.tak.cache import Source, TakCache
from gateway.tak.exchange import CatalogueUnreadable
from gateway.tak.publication import Publication
from gateway.tak.refusals import CatalogueRefused
from gateway.tak.snapshot import TakSnapshot
from gateway.tak.store import Store
from tidbro.settings import RegionSettings

log = logging.getLogger(__name__)

DATABASE, LOCAL_COPY, LOCAL_COPY_OF_FILE = "tak.db", "tak-cache.xml", "tak-file-cache.xml"


def loaded(settings: RegionSettings, clock: Clock, is_gateway_alone: bool) -> TakCache:
    """The catalogue's copy, loaded if it can be. Raises SettingsRefused for a tak_file that cannot be used."""
    if settings.tak_file:
        _demand_usable(Path(settings.tak_file))
    own = settings.gateway
    cache = TakCache(
        source_of(settings, clock, is_gateway_alone),
        clock,
        local_copy_of(settings),
        takes_half=own.tak_half_loads,
        tells_reason=not own.is_skltp,
    )
    cache.reload()
    if cache.snapshot() is None and (is_gateway_alone or own.tak_endpoint):
        log.error("catalogue_missing: every call will be refused with VP008 until it can be loaded")
    return cache


def source_of(settings: RegionSettings, clock: Clock, is_gateway_alone: bool) -> Source | None:
    """Fetches the catalogue anew; None when there is no place to fetch it from."""
    own = settings.gateway
    if settings.tak_file:
        return sources.from_file(Path(settings.tak_file))
    if own.tak_endpoint:
        return sources.from_service(own.tak_endpoint, own)
    if has_versions(settings, is_gateway_alone):
        return partial(_published_snapshot, settings, clock)
    if own.tak_local_copy:
        return sources.from_file(Path(own.tak_local_copy))
    return None


def has_versions(settings: RegionSettings, is_gateway_alone: bool) -> bool:
    """Whether the region's own database is where its catalogue comes from."""
    if settings.tak_file or settings.gateway.tak_endpoint:
        return False
    return not is_gateway_alone or database_of(settings).exists()


def newest_of(settings: RegionSettings, clock: Clock, is_gateway_alone: bool) -> Callable[[], int | None]:
    """Gives a number that is another one when the catalogue is: of the version, or of the file's last change.

    A TAK's service tells none, so each look counts as news.
    """
    if settings.tak_file:
        return lambda: Path(settings.tak_file).stat().st_mtime_ns
    if has_versions(settings, is_gateway_alone):
        return partial(_newest_version, settings, clock)
    return partial(next, count())


def _newest_version(settings: RegionSettings, clock: Clock) -> int | None:
    with store_of(settings, clock) as store:
        return next((one.number for one in store.history()), None)


def database_of(settings: RegionSettings) -> Path:
    """The file of the region's own catalogue."""
    return Path(settings.data_directory) / DATABASE


def local_copy_of(settings: RegionSettings) -> Path:
    """The file of the last good copy: the one that is named, unless it is the catalogue itself."""
    named = settings.gateway.tak_local_copy
    if named and settings.gateway.tak_endpoint:
        return Path(named)
    return Path(settings.data_directory) / (LOCAL_COPY_OF_FILE if settings.tak_file or named else LOCAL_COPY)


class Versions:
    """The versions that are published in a region's database; it is opened for each question, and let go of after."""

    def __init__(self, settings: RegionSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock

    def current(self) -> Publication | None:
        """The latest; None when nothing is published. Raises CatalogueRefused."""
        with store_of(self._settings, self._clock) as store:
            return store.current()

    def publication(self, version: int) -> Publication:
        """One of them. Raises CatalogueRefused."""
        with store_of(self._settings, self._clock) as store:
            return store.publication(version)


@contextmanager
def store_of(settings: RegionSettings, clock: Clock) -> Iterator[Store]:
    """The region's own catalogue, open. Raises CatalogueRefused."""
    store = Store(f"sqlite:///{database_of(settings)}", clock)
    try:
        store.open()
        yield store
    finally:
        store.close()


def _published_snapshot(settings: RegionSettings, clock: Clock) -> TakSnapshot:
    try:
        publication = Versions(settings, clock).current()
    except CatalogueRefused as error:
        raise CatalogueUnreadable(str(error)) from None
    if publication is None:
        raise CatalogueUnreadable(f"Nothing is published in {DATABASE}.")
    return publication.snapshot()


def _demand_usable(path: Path) -> None:
    try:
        exchange.load(path)
    except CatalogueUnreadable as error:
        raise SettingsRefused(f"tak_file cannot be used: {error}") from None
