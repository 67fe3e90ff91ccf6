"""The TAK's REST pages: reset, which puts a version in force, export, and what the process says of itself.

A failure is told in the answer, with HTTP status 200; only health has a status of its own.
Elsewhere: who may ask (services.py), the form of an export (published_json.py).
Source: platform.md §20.3, §20.5.
"""

import json
import logging
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any
from urllib.parse import parse_qs

from gateway.call import Answer, HttpRequest
from gateway.tak import published_json
from gateway.tak.loaded import LoadedVersion, sentence_of
from gateway.tak.refusals import CatalogueRefused

log = logging.getLogger(__name__)

SUCCESSFUL = "Successfully updated server with new published version"


class RestPages:
    """The pages by their paths below the base of the services."""

    def __init__(self, loaded: LoadedVersion) -> None:
        self._loaded = loaded
        self.by_path: Mapping[str, Callable[[HttpRequest], Answer]] = {
            "reset/pv": self.reset,
            "export/pv": self.export,
            "actuator/health": self.health,
            "actuator/info": self.info,
        }

    def reset(self, request: HttpRequest) -> Answer:
        """Load the latest version, or `?version=n`."""
        try:
            publication = self._loaded.load(_version_in(request))
        except Exception as error:
            told = {"status": "ERROR", "message": sentence_of(error), "currentVersion": self._loaded.number}
            return _json(told)
        log.info("tak_services_reset", extra={"version": publication.version})
        counts = {
            "VIRTUALISERING": len(publication.routes),
            "ANROPSBEHORIGHT": len(publication.authorisations),  # spelled as platform.md §20.5 has it
            "TJANSTEKOMPONENT": len(publication.components),
            "TJANSTEKONTRAKT": len(publication.contracts),
        }
        told = {"status": "OK", "message": SUCCESSFUL, "currentVersion": publication.version}
        return _json({**told, "servicesList": counts})

    def export(self, request: HttpRequest) -> Answer:
        """The loaded version, or `?version=n`; indented with `?pretty=true`."""
        try:
            version = _version_in(request)
            publication = self._loaded.publication() if version is None else self._loaded.of(version)
            if publication is None:
                raise CatalogueRefused("Nothing has been published yet.")
        except Exception as error:
            return _json({"Status": "ERROR", "message": sentence_of(error)})
        is_pretty = _parameter(request, "pretty").lower() == "true"
        return _written(published_json.write(published_json.document_of(publication, by_key=True), is_pretty))

    def health(self, request: HttpRequest) -> Answer:
        """Up when there is a version to answer from."""
        is_loaded = self._loaded.publication() is not None
        return _json({"status": "UP" if is_loaded else "DOWN"}, 200 if is_loaded else 503)

    def info(self, request: HttpRequest) -> Answer:
        self._loaded.publication()
        return _json({"version": metadata.version("tidbro"), "tak.pvCacheVersion": self._loaded.number})


def _parameter(request: HttpRequest, name: str) -> str:
    return parse_qs(request.query).get(name, [""])[0]


def _version_in(request: HttpRequest) -> int | None:
    """The version that is asked for; None when none is. Raises CatalogueRefused for one that is no number."""
    text = _parameter(request, "version")
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise CatalogueRefused("The version must be a number.")
    return int(text) if text else None


def _json(told: Mapping[str, Any], status: int = 200) -> Answer:
    return _written(json.dumps(told, ensure_ascii=False).encode(), status)


def _written(body: bytes, status: int = 200) -> Answer:
    return Answer(status, body, (("Content-Type", "application/json"),))
