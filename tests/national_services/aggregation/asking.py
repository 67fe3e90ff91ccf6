"""Asking an Aggregation through its application, as the platform does, and reading what comes back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from contracts import codec, envelope, processing_status, xml
from contracts import scheduling as s
from contracts.identifiers import HsaId
from contracts.processing_status import SourceStatus
from contracts.times import SWEDEN
from national_services.aggregation.app import Aggregation
from national_services.aggregation.settings import AggregationSettings
from tests.national_services.aggregation.network import CONTRACT, INDEX, Network
from tests.people import ANNA

NOW = datetime(2026, 12, 1, 12, 0, tzinfo=SWEDEN)
OWN = "SE2321009991-AG01"
SENDER, ORIGINAL = "SE2321009991-ET01", "SE2321009991-ET02"
CORRELATION = "c0ffee"
PATH = "/GetAggregatedSubjectOfCareSchedule/service/v1"
HEADERS = {
    "Content-Type": "text/xml; charset=UTF-8",
    "x-vp-sender-id": SENDER,
    "x-vp-instance-id": "SE2321009991-TP01",
    "x-rivta-original-serviceconsumer-hsaid": ORIGINAL,
    "x-skltp-correlation-id": CORRELATION,
}


def everybody_may(address: str, consumer: str, contract: str, now: datetime) -> bool:
    return True


def settings_for(network: Network, **changes: object) -> AggregationSettings:
    told = {"logical_address": OWN, "index_sender": OWN, "index_logical_address": INDEX, "platform_url": network.url}
    return AggregationSettings.from_mapping({**told, **changes})


def aggregation(
    network: Network, may_call: Callable[..., bool] | None = everybody_may, plugins=None, **changes: object
) -> Aggregation:
    return Aggregation(settings_for(network, **changes), lambda: NOW, may_call, plugins)


def a_question(facility: str = OWN, person=ANNA, actor: s.Actor | None = ANNA.actor) -> bytes:
    request = s.GetSubjectOfCareSchedule(HsaId(facility), person.identity)
    return envelope.write_request(codec.encode(request), HsaId(OWN), actor)


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def message(self) -> envelope.Message:
        return envelope.read(self.body)

    @property
    def payload(self) -> xml.Element:
        payload = self.message.payload
        assert payload is not None
        return payload

    @property
    def booking_ids(self) -> list[str]:
        assert self.payload.tag == f"{{{CONTRACT}}}GetSubjectOfCareScheduleResponse"
        return [xml.text_of(one) for one in self.payload.iter("{*}bookingId")]

    @property
    def sources(self) -> tuple[SourceStatus, ...]:
        told = processing_status.read(self.message)
        assert told is not None
        return told

    @property
    def codes(self) -> dict[str, str]:
        """Each source's code of failure, empty for those that answered."""
        return {one.logical_address: one.error.code if one.error else "" for one in self.sources}

    def text_of(self, address: str) -> str:
        (one,) = (one for one in self.sources if one.logical_address == address)
        return one.error.text if one.error else ""

    @property
    def faultstring(self) -> str:
        assert (self.status, self.payload.tag.rpartition("}")[2]) == (500, "Fault")
        return self.payload.findtext("faultstring") or ""


async def asking(
    service: Aggregation, body: bytes | None = None, headers=None, path: str = PATH, method: str = "POST"
) -> Answered:
    """The answer to one question; `headers` that are None are left out."""
    told = {name: value for name, value in {**HEADERS, **(headers or {})}.items() if value is not None}
    scope = {
        "type": "http",
        "path": path,
        "method": method,
        "client": ("127.0.0.1", 1),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in told.items()],
    }
    waiting = [{"type": "http.request", "body": a_question() if body is None else body}]
    events = []

    async def receive():
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(event):
        events.append(event)

    await service.application(scope, receive, send)
    start, end = events
    rows = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    return Answered(start["status"], rows, end["body"])


def ask(service: Aggregation, body: bytes | None = None, headers=None, **rest: str) -> Answered:
    return asyncio.run(asking(service, body, headers, **rest))
