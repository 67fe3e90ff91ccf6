"""Valid values for the gateway's tests, which each test changes where it matters; an adapter and a producer of our own."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from lxml import etree

from contracts import envelope, scheduling, xml
from contracts.catalogue import Catalogue
from contracts.namespaces import SOAP_ENVELOPE, responder
from contracts.producer import Caller, Health
from contracts.times import SWEDEN
from gateway.admin import AdminPages
from gateway.call import Answer, Call, HttpRequest
from gateway.door import Page
from gateway.pipeline import Pipeline
from gateway.settings import GatewaySettings, read_settings
from gateway.status import Status
from gateway.tak.model import Authorisation, Route, Validity
from gateway.tak.snapshot import TakSnapshot

SAMPLES = Path(__file__).parents[1] / "samples"
NOW = datetime(2026, 12, 1, 12, 0, tzinfo=SWEDEN)
CONSUMER = "SE2321009991-ET01"
CLINIC = "SE2321009991-2B02"
CONTRACT = responder("GetAllCareTypes")
ALWAYS = Validity.of_days(date(2026, 1, 1), date(2026, 12, 31))
INTERNAL = {"x-vp-sender-id": CONSUMER, "x-vp-instance-id": "SE2321009991-TP01"}
OFFICIAL = Catalogue.official()
_NAMES = ("GetAllCareTypes", "GetAvailableDates", "MakeBooking", "PingForConfiguration")
FEW = Catalogue(tuple(one for one in OFFICIAL.interactions if one.name in _NAMES), OFFICIAL.errata)
"""Four of the contracts: a gateway is made in a fifth of the time."""
SETTINGS = GatewaySettings()


def sample(
    interaction: str = "GetAllCareTypes", name: str = "request", contract_set: str = "crm_scheduling_1.1"
) -> bytes:
    return (SAMPLES / contract_set / interaction / f"{name}.xml").read_bytes()


def a_route(**changes: object) -> Route:
    return replace(Route(CLINIC, CONTRACT, "adapter:stub", "RIVTABP21", ALWAYS), **changes)


def an_authorisation(**changes: object) -> Authorisation:
    return replace(Authorisation(CONSUMER, CLINIC, CONTRACT, ALWAYS), **changes)


def a_snapshot(*routes: Route, authorisations: tuple[Authorisation, ...] | None = None) -> TakSnapshot:
    """A catalogue of these routes, with an authorisation of the consumer for each unless they are given."""
    if authorisations is None:
        authorisations = tuple(
            an_authorisation(logical_address=route.logical_address, contract=route.contract) for route in routes
        )
    return TakSnapshot.of(routes, authorisations)


def a_request(body: bytes | None = None, **changes: object) -> HttpRequest:
    """A call on the loopback listener that names its sender by the internal headers."""
    request = HttpRequest(
        "POST", "/vp/x", headers=dict(INTERNAL), body=sample() if body is None else body, peer="127.0.0.1"
    )
    return replace(request, **changes)


def with_headers(headers: Mapping[str, str], body: bytes | None = None) -> HttpRequest:
    return a_request(body, headers={**INTERNAL, **headers})


def a_call(body: bytes | None = None, **changes: object) -> Call:
    """A call that has come as far as its route."""
    request = a_request(body)
    call = Call(request, "correlation-1", NOW, 0.0, sender=CONSUMER, original_consumer=CONSUMER, route=a_route())
    call.message = envelope.read(request.body)
    for name, value in changes.items():
        setattr(call, name, value)
    return call


@dataclass
class Stub:
    """A scheduling system that answers every question with little; `before` may do or raise something first."""

    before: Callable[[], object] = lambda: None
    answer: object = scheduling.GetAllCareTypesResponse((scheduling.CareType("PROV", "Provtagning"),))
    asked: list[tuple[object, Caller]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    is_ready: bool = True

    def open(self) -> None:
        self.told.append("open")

    def close(self) -> None:
        self.told.append("close")

    def health(self) -> Health:
        return Health(self.is_ready, "All is well." if self.is_ready else "The database is away.")

    def _answer(self, request: object, caller: Caller) -> object:
        self.asked.append((request, caller))
        self.before()
        return self.answer

    get_all_care_types = _answer
    get_all_healthcare_facilities = _answer
    get_all_performers = _answer
    get_all_time_types = _answer
    get_available_dates = _answer
    get_available_timeslots = _answer
    get_booking_details = _answer
    get_subject_of_care_schedule = _answer
    make_booking = _answer
    update_booking = _answer
    cancel_booking = _answer


def a_pipeline(
    *routes: Route,
    adapters: Mapping[str, Stub] | None = None,
    snapshot: TakSnapshot | None = None,
    now: datetime = NOW,
    catalogue: Catalogue = FEW,
    **settings: object,
) -> Pipeline:
    """A pipeline with these routes (by default one to the adapter `stub`), each open for the consumer."""
    tak = snapshot or a_snapshot(*(routes or (a_route(),)))
    made = {"stub": Stub()} if adapters is None else adapters
    own = read_settings({"instance_id": SETTINGS.instance_id, **settings})
    return Pipeline(own, catalogue, lambda: tak, made, lambda: now)


def pages_of(pipeline: Pipeline) -> dict[str, Page]:
    """Health and status, as a gateway has them."""
    admin = AdminPages(Status(pipeline, lambda: NOW))
    return dict.fromkeys(("/health", "/status"), admin.answer)


@asynccontextmanager
async def opened(pipeline: Pipeline) -> AsyncIterator[Pipeline]:
    """The pipeline with its producers open; its schemas are compiled when they are needed."""
    await pipeline.producers.open()
    try:
        yield pipeline
    finally:
        await pipeline.close()


def carried(pipeline: Pipeline, request: HttpRequest | None = None) -> Answer:
    """The answer to one request, in an event loop of its own."""

    async def ask() -> Answer:
        async with opened(pipeline):
            return await pipeline.answer(request or a_request())

    return asyncio.run(ask())


@dataclass(frozen=True)
class Fault:
    """A SOAP 1.1 fault, read back."""

    faultcode: str
    faultstring: str
    detail: str

    @property
    def code(self) -> str:
        return self.faultstring.split(" ", 1)[0]


def read_fault(body: bytes) -> Fault:
    """The fault in an answer; fails when it is anything else than one."""
    (fault,) = xml.parse(body).findall(f"{{{SOAP_ENVELOPE}}}Body/{{{SOAP_ENVELOPE}}}Fault")
    return Fault(
        fault.findtext("faultcode"), fault.findtext("faultstring"), fault.findtext("detail/detailString") or ""
    )


def fault_in(answer: Answer) -> Fault:
    assert answer.status == 500
    assert dict(answer.headers)["Content-Type"] == "text/xml; charset=UTF-8"
    return read_fault(answer.body)


def payload_of(answer: Answer) -> etree._Element:
    """The first element in the body of an answer with HTTP status 200."""
    assert answer.status == 200, answer.body
    payload = envelope.read(answer.body).payload
    assert payload is not None
    return payload


@dataclass
class HttpProducer:
    """What an HTTP producer saw: whole requests, head and body."""

    url: str
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def header(self, name: str) -> str | None:
        """The value of a header in the last request."""
        for line in self.heads[-1].decode("latin-1").split("\r\n")[1:]:
            key, _, value = line.partition(": ")
            if key.lower() == name.lower():
                return value
        return None


Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]


@asynccontextmanager
async def an_http_producer(reply: bytes | None, behave: Behaviour | None = None) -> AsyncIterator[HttpProducer]:
    """A producer on loopback that reads one request a connection, then writes `reply`, or does what `behave` does."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            producer.heads.append(head)
            producer.bodies.append(await reader.readexactly(int(producer.header("content-length") or 0)))
            if behave is not None:
                await behave(reader, writer)
            if reply is not None:
                writer.write(reply)
                await writer.drain()
        except (asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    producer = HttpProducer(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/producer")
    try:
        yield producer
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def http_reply(status: str, body: bytes, *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def forwarded(
    reply: bytes | None,
    request: HttpRequest | None = None,
    behave: Behaviour | None = None,
    profile: str = "RIVTABP21",
    **settings: object,
) -> tuple[Answer, HttpProducer]:
    """What the consumer got, and the producer that saw the call, when an HTTP producer behaves like this."""

    async def ask() -> tuple[Answer, HttpProducer]:
        async with an_http_producer(reply, behave) as producer:
            contract = envelope.scan((request or a_request()).body).contract or ""
            route = a_route(address=producer.url, profile=profile, contract=contract)
            async with opened(a_pipeline(route, **settings)) as pipeline:
                return await pipeline.answer(request or a_request()), producer

    return asyncio.run(ask())


class Gate:
    """A place where an adapter's threads stop until the test lets them on."""

    def __init__(self) -> None:
        self.reached = threading.Semaphore(0)
        self._open = threading.Event()

    def __call__(self) -> None:
        self.reached.release()
        self._open.wait(30)

    def let_on(self) -> None:
        self._open.set()
