"""The version that the TAK's services answer from: the latest one at the start, then whatever a reset asks for.

What is published later waits until then (activation). A version that cannot be had leaves the loaded one in its place.
Source: platform.md §20.2, §20.5.
"""

import logging
import threading
from typing import Protocol

from contracts.identifiers import hide_persons
from gateway.tak.exchange import CatalogueUnreadable
from gateway.tak.publication import Publication
from gateway.tak.refusals import CatalogueRefused

log = logging.getLogger(__name__)


class Versions(Protocol):
    """Where published versions are kept."""

    def current(self) -> Publication | None:
        """The latest; None when nothing is published."""

    def publication(self, version: int) -> Publication:
        """One of them. Raises CatalogueRefused when there is none of that number."""


class LoadedVersion:
    """Holds one publication; may be used from any thread."""

    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._loading = threading.Lock()
        self._has_loaded = False
        self._publication: Publication | None = None

    @property
    def number(self) -> int | None:
        return None if self._publication is None else self._publication.version

    def load(self, version: int | None = None) -> Publication:
        """Put the latest version in force, or the one of a number. Raises CatalogueRefused or what the store raises."""
        with self._loading:
            self._has_loaded = True
            self._publication = self.of(version)
            return self._publication

    def publication(self) -> Publication | None:
        """What is loaded; the first caller loads it, if nobody did at the start."""
        if not self._has_loaded:
            self.reload()
        return self._publication

    def reload(self) -> bool:
        """Put the latest version in force; whether that succeeded. Never raises."""
        try:
            self.load()
        except Exception as error:
            log.error("tak_services_not_loaded: %s", sentence_of(error))
            return False
        return True

    def of(self, version: int | None) -> Publication:
        """A version as it is kept, without putting it in force; None: the latest. Raises as `load` does."""
        found = self._versions.current() if version is None else self._versions.publication(version)
        if found is None:
            raise CatalogueRefused("Nothing has been published yet.")
        return found


def sentence_of(error: Exception) -> str:
    """What may be said of a failure: our own sentences whole, of others their kind, for they may quote a password."""
    if isinstance(error, CatalogueRefused | CatalogueUnreadable):
        return hide_persons(str(error))
    return f"The catalogue cannot be read: {type(error).__name__}."
