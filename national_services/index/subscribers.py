"""Who subscribes: the service registry's answer, kept for a while in memory and for bad days in a file.

Subscribers are the producers of ProcessNotification that this index may call. The list is asked for at the start, when
it has grown old, and at a reset; an index that cannot reach the registry goes on with the last good list. Until there
has been one, `current` is None and notices are held back.
Elsewhere: what subscribers get (notices.py), how it reaches them (contracts/outbox.py).
Source: platform.md §20.4, §21.3; contracts.md §9, REG-2 to REG-5, EI-10.
"""

import json
import logging
import threading
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from typing import Any, Literal, Protocol

from contracts import envelope, xml
from contracts.engagement_codec import PROCESS_NOTIFICATION
from contracts.files import replace_whole
from contracts.namespaces import REGISTRY_HEADERS_2, SOAP_ENVELOPE, responder
from contracts.outbox import Letter
from contracts.times import Clock
from national_services.index.notices import Filter, Subscriber
from national_services.index.settings import IndexSettings

log = logging.getLogger(__name__)

ADDRESSEES = responder("GetLogicalAddresseesByServiceContract", "infrastructure:itintegration:registry", 2)
SOON = timedelta(seconds=5)
"""When to ask again while there has never been a list."""

Source = Literal["nobody", "registry", "file"]


class Platform(Protocol):
    """What the index needs of the platform; contracts.platform_client.PlatformClient is it."""

    def call(
        self, contract: str, body: bytes, correlation_id: str, headers: Mapping[str, str] | None = None
    ) -> envelope.Message: ...

    def deliver(self, letter: Letter) -> None: ...


class Subscribers:
    """The list and its age. May be asked from any thread."""

    def __init__(self, settings: IndexSettings, platform: Platform, clock: Clock) -> None:
        self._settings, self._platform, self._clock = settings, platform, clock
        self._refreshing = threading.Lock()
        self._current: tuple[Subscriber, ...] | None = None
        self._due: datetime | None = None
        self.source: Source = "nobody"
        self.loaded_at: datetime | None = None

    def open(self) -> None:
        """Begin with the last good list, if there is one. Nobody is asked."""
        if not self._settings.registry_address:
            self._current = ()
        if (listed := _read_file(self._settings.subscribers_path)) is not None:
            self._take(listed, "file")

    @property
    def current(self) -> tuple[Subscriber, ...] | None:
        """The subscribers; None while nobody has said who they are."""
        return self._current

    @property
    def is_due(self) -> bool:
        """Whether it is time to ask the registry."""
        return bool(self._settings.registry_address) and (self._due is None or self._clock() >= self._due)

    def refresh(self) -> bool:
        """Ask the registry; whether it answered. If not, the list stays as it is."""
        with self._refreshing:
            try:
                listed = self._asked()
            except Exception as error:  # no answer, a fault, something unreadable: the old list goes on
                log.warning("subscribers_not_refreshed: %s", type(error).__name__)
                retry = timedelta(seconds=self._settings.subscribers_retry_seconds)
                self._due = self._clock() + (SOON if self._current is None else retry)
                return False
            self._take(listed, "registry")
            self._due = self._clock() + timedelta(seconds=self._settings.subscribers_ttl_seconds)
            _write_file(self._settings.subscribers_path, listed)
            log.info("subscribers_refreshed", extra={"number": len(listed)})
            return True

    def _take(self, listed: tuple[Subscriber, ...], source: Source) -> None:
        self._current = tuple(one for one in listed if one.lane not in self._settings.addresses)
        self.source, self.loaded_at = source, self._clock()

    def _asked(self) -> tuple[Subscriber, ...]:
        if not self._settings.registry_address:
            raise ValueError("there is no registry to ask")
        question = _question(self._settings.registry_address, self._settings.hsa_id)
        payload = self._platform.call(ADDRESSEES, question, str(uuid.uuid4())).payload
        if payload is None or payload.tag != f"{{{ADDRESSEES}}}GetLogicalAddresseesByServiceContractResponse":
            raise ValueError("the registry answered something else")
        return read_answer(payload)


def read_answer(payload: xml.Element) -> tuple[Subscriber, ...]:
    """The subscribers in the registry's answer, one for each address. Of several records for one address the filters
    add up, and one without filters lets all by."""
    found: dict[str, Subscriber] = {}
    for record in payload.iterchildren(f"{{{ADDRESSEES}}}logicalAddressRecord"):
        address = _told(record, "logicalAddress")
        filters = tuple(_filter(one) for one in record.iterchildren(f"{{{ADDRESSEES}}}filter"))
        if address:
            _add(found, Subscriber(address, filters))
    return tuple(found.values())


def _add(found: dict[str, Subscriber], one: Subscriber) -> None:
    before = found.get(one.lane)
    if before is None:
        found[one.lane] = one
    else:
        both = before.filters + one.filters if before.filters and one.filters else ()
        found[one.lane] = Subscriber(before.logical_address, both)


def _filter(element: xml.Element) -> Filter:
    categories = element.iterchildren(f"{{{ADDRESSEES}}}categorization")
    return Filter(_told(element, "serviceDomain"), tuple(xml.text_of(each).strip() for each in categories))


def _told(element: xml.Element, name: str) -> str:
    child = element.find(f"{{{ADDRESSEES}}}{name}")
    return "" if child is None else xml.text_of(child).strip()


def _question(registry: str, consumer: str) -> bytes:
    """The address stands in the registry's own namespace, another than the basic profile's (contracts.md §9)."""
    return (
        f'<soapenv:Envelope xmlns:soapenv="{SOAP_ENVELOPE}" xmlns:core="{REGISTRY_HEADERS_2}"><soapenv:Header>'
        f"<core:LogicalAddress>{escape(registry)}</core:LogicalAddress></soapenv:Header><soapenv:Body>"
        f'<GetLogicalAddresseesByServiceContract xmlns="{ADDRESSEES}">'
        f"<serviceConsumerHsaId>{escape(consumer)}</serviceConsumerHsaId><serviceContractNameSpace>"
        f"<core:ServiceContractNamespace>{PROCESS_NOTIFICATION.contract}</core:ServiceContractNamespace>"
        "</serviceContractNameSpace></GetLogicalAddresseesByServiceContract></soapenv:Body></soapenv:Envelope>"
    ).encode()


def _read_file(path: Path) -> tuple[Subscriber, ...] | None:
    """The list in a file; None when there is none that can be used."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["subscribers"]
        return tuple(_subscriber(row) for row in rows)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("subscribers_file_unusable: %s", type(error).__name__)
        return None


def _subscriber(row: Any) -> Subscriber:
    filters = (Filter(str(one["serviceDomain"]), tuple(map(str, one["categorizations"]))) for one in row["filters"])
    return Subscriber(str(row["logicalAddress"]), tuple(filters))


def _write_file(path: Path, listed: Sequence[Subscriber]) -> None:
    """Whole or not at all: a killed process leaves the old list."""
    rows = [{"logicalAddress": one.logical_address, "filters": [_row(each) for each in one.filters]} for one in listed]
    try:
        replace_whole(path, json.dumps({"subscribers": rows}, indent=1).encode())
    except OSError as error:
        log.warning("subscribers_file_not_written: %s", type(error).__name__)


def _row(one: Filter) -> dict[str, Any]:
    return {"serviceDomain": one.service_domain, "categorizations": list(one.categorizations)}
