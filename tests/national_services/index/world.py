"""An index among others: a platform that carries messages by address, a registry, subscribers that remember."""

import asyncio
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from lxml import etree

from contracts import engagement_codec as codec
from contracts import engagements as e
from contracts import envelope, xml
from contracts.catalogue import Catalogue
from contracts.consumer import InternalCaller
from contracts.database import Database
from contracts.http_headers import CORRELATION_ID, INSTANCE_ID, SENDER_ID
from contracts.identifiers import HsaId
from contracts.namespaces import REGISTRY_HEADERS_2
from contracts.platform_client import PlatformClient
from contracts.soap_service import Answer, Question, ServiceFault, SoapServices
from contracts.times import SWEDEN
from contracts.transport import HttpAnswer, InProcessTransport
from contracts.validation import Validator
from national_services.index import service
from national_services.index.app import Index
from national_services.index.keys import with_version
from national_services.index.migrations import HEAD, LOCATION
from national_services.index.settings import IndexSettings
from national_services.index.subscribers import ADDRESSEES
from tests.people import ANNA

INDEX, OTHER_INDEX, PLATFORM = "SE2321009991-EI01", "SE2321009991-EI02", "SE2321009991-TP01"
PORTAL = "SE2321009991-PT01"
SYSTEM, CLINIC = "SE2321009991-TB01", "SE2321009991-2B02"
MORNING = datetime(2026, 11, 24, 7, 30, tzinfo=SWEDEN)


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


# -- Messages


def an_engagement(**changes: Any) -> e.Engagement:
    """A booking of Anna's, or what takes its place."""
    one = e.Engagement(
        resident=ANNA.number,
        service_domain=e.DOMAIN,
        categorization=e.BOOKING,
        logical_address=CLINIC,
        business_object="B-1",
        clinical_process=e.NOT_APPLICABLE,
        most_recent_content="20261214081000",
        source_system=SYSTEM,
        data_controller="SE2321009991",
    )
    version = changes.pop("version", None)
    one = replace(one, **changes)
    return one if version is None else with_version(one, version)


def told(**changes: Any) -> e.EngagementTransaction:
    """A booking that is there."""
    return e.EngagementTransaction(False, an_engagement(**changes))


def gone(**changes: Any) -> e.EngagementTransaction:
    """A booking that is gone."""
    return e.EngagementTransaction(True, an_engagement(**{"most_recent_content": None, **changes}))


def question(**changes: Any) -> e.FindContent:
    return replace(e.FindContent(resident=ANNA.number, service_domain=e.DOMAIN), **changes)


def pieces(found: e.FindContentResponse) -> list[tuple[str, str | None]]:
    """What was found, as business objects and times."""
    return [(one.business_object, one.most_recent_content) for one in found.engagements]


@cache
def validator() -> Validator:
    return Validator(Catalogue.official())


def demand_valid(message: envelope.Message, interaction: str | None = None) -> None:
    """What goes over the wire keeps its contract; errata applied."""
    if interaction is None:
        assert validator().check_request(message) == ()
    else:
        known = Catalogue.official().find(interaction, "rivtabp21")
        assert known is not None
        assert validator().check_response(message, known) == ()


# -- The others


@dataclass
class Receiver:
    """A subscriber that remembers what it was told; `refuses` is the fault it answers with instead."""

    changes: list[e.EngagementTransaction] = field(default_factory=list)
    messages: list[tuple[str, e.ProcessNotification]] = field(default_factory=list, repr=False)
    refuses: str = ""

    def answer(self, question: Question) -> bytes:
        if self.refuses:
            raise ServiceFault(self.refuses)
        assert question.message.payload is not None
        told: e.ProcessNotification = codec.decode(codec.PROCESS_NOTIFICATION.request, question.message.payload)
        self.messages.append((question.headers[CORRELATION_ID], told))
        self.changes += told.transactions
        return envelope.write_response(codec.encode(e.ProcessNotificationResponse("OK")))


class Town:
    """The platform between indexes and subscribers: takes each message to who has its address.

    `registered` is what the registry answers: addresses with filters, a domain and categories each.
    """

    def __init__(self) -> None:
        self.receivers: dict[str, Answer] = {}
        self.registered: list[tuple[str, Sequence[tuple[str, Sequence[str]]]]] = []
        self.registry_is_up = True
        self.asked: list[tuple[str, str]] = []
        self.application = SoapServices({"/vp": self._carry}, threads=4)

    def _carry(self, question: Question) -> bytes:
        demand_valid(question.message)
        assert question.headers[SENDER_ID]
        assert question.headers[INSTANCE_ID] == PLATFORM
        if question.message.contract == ADDRESSEES:
            return self._registry(question)
        answer = self.receivers[(question.message.logical_address or "").lower()](question)
        assert isinstance(answer, bytes)
        demand_valid(envelope.read(answer), question.message.contract)
        return answer

    def _registry(self, question: Question) -> bytes:
        if not self.registry_is_up:
            raise ServiceFault("VP009 The registry is away.")
        payload = question.message.payload
        assert payload is not None
        assert question.message.header is not None
        (address,) = question.message.header
        assert etree.QName(address).namespace == REGISTRY_HEADERS_2
        self.asked.append((xml.text_of(address), payload.findtext(f"{{{ADDRESSEES}}}serviceConsumerHsaId") or ""))
        rows = "".join(
            f"<logicalAddressRecord><logicalAddress>{escape(one)}</logicalAddress>{''.join(map(_filter, filters))}"
            "</logicalAddressRecord>"
            for one, filters in self.registered
        )
        name = "GetLogicalAddresseesByServiceContractResponse"
        answer = envelope.write_response(xml.parse(f'<{name} xmlns="{ADDRESSEES}">{rows}</{name}>'.encode()))
        demand_valid(envelope.read(answer), ADDRESSEES)
        return answer


def _filter(one: tuple[str, Sequence[str]]) -> str:
    categories = "".join(f"<categorization>{each}</categorization>" for each in one[1])
    return f"<filter><serviceDomain>{one[0]}</serviceDomain>{categories}</filter>"


class World:
    """One index, opened without threads of its own, in its town."""

    def __init__(
        self, folder: Path, town: Town, transport: InProcessTransport, clock: SetClock, **settings: Any
    ) -> None:
        self.town, self.clock = town, clock
        self.settings = IndexSettings.from_mapping(
            {"hsa_id": INDEX, "data_directory": folder, "redelivery_waits": (0.0, 0.0), **settings}
        )
        self.platform = PlatformClient("http://platform", transport, InternalCaller(self.settings.hsa_id, PLATFORM))
        self.index = Index(self.settings, clock, self.platform)
        self._number = 0

    def open(self, in_background: bool = False) -> None:
        self.index.open(in_background)
        town_answer = service.services(self.index)[service.NOTIFICATION_PATH]
        self.town.receivers[self.settings.hsa_id.lower()] = town_answer

    def close(self) -> None:
        self.index.close()

    def reopen(self, **settings: Any) -> None:
        """The same data, another process."""
        self.index.close()
        self.settings = replace(self.settings, **settings)
        self.index = Index(self.settings, self.clock, self.platform)
        self.open()

    def subscriber(self, address: str = PORTAL, *filters: tuple[str, Sequence[str]]) -> Receiver:
        """Somebody who subscribes from now on."""
        receiver = Receiver()
        self.town.receivers[address.lower()] = receiver.answer
        self.town.registered.append((address, filters))
        assert self.index.refresh_subscribers()
        return receiver

    def correlation_id(self) -> str:
        self._number += 1
        return f"c-{self._number}"

    def update(self, *changes: e.EngagementTransaction) -> None:
        answer = self.index.update(e.Update(changes), self.settings.hsa_id, self.correlation_id())
        assert answer == e.UpdateResponse("OK")

    def notify(self, *changes: e.EngagementTransaction) -> None:
        answer = self.index.process_notification(e.ProcessNotification(changes), self.correlation_id())
        assert answer == e.ProcessNotificationResponse("OK")

    def find(self, **changes: Any) -> e.FindContentResponse:
        return self.index.find(question(**changes), self.correlation_id())

    def operations(self) -> list[str]:
        """What became of the changes, oldest first."""
        return [one.operation for one in reversed(self.index.events(1000))]


@contextmanager
def a_town() -> Iterator[tuple[Town, InProcessTransport]]:
    town = Town()
    with InProcessTransport(town.application) as transport:
        yield town, transport
    town.application.close()


@cache
def _empty_database() -> bytes:
    """A SQLite file with the index's tables: making them takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/index.sqlite")
        database.upgrade(LOCATION, HEAD)
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        return Path(folder, "index.sqlite").read_bytes()


@contextmanager
def a_world(folder: Path, **settings: Any) -> Iterator[World]:
    """An open index whose town is its own."""
    if "database_url" not in settings:
        (folder / "index.sqlite").write_bytes(_empty_database())
    with ExitStack() as stack:
        town, transport = stack.enter_context(a_town())
        world = World(folder, town, transport, SetClock(), **settings)
        world.open()
        stack.callback(world.close)
        yield world


# -- By SOAP


@dataclass
class Soap:
    """The index's application, asked by SOAP."""

    transport: InProcessTransport

    def post(self, path: str, body: bytes, correlation_id: str | None = "c-0") -> HttpAnswer:
        headers = {"Content-Type": "text/xml; charset=UTF-8"}
        if correlation_id is not None:
            headers[CORRELATION_ID] = correlation_id
        return self.transport.post(f"http://index{path}", body, headers)

    def ask(self, path: str, message: object, address: str = INDEX, correlation_id: str | None = "c-0") -> Any:
        """The typed answer; its message keeps the contract."""
        answer = self.post(path, a_request(message, address), correlation_id)
        assert answer.status == 200, fault_of(answer)
        read = envelope.read(answer.body)
        demand_valid(read, read.contract)
        assert read.payload is not None
        assert read.contract is not None
        return codec.decode(codec.BY_CONTRACT[read.contract].response, read.payload)

    def fault(self, path: str, message: object, address: str = INDEX, correlation_id: str | None = "c-0") -> str:
        """The fault string of an answer that is a fault of the index's form."""
        return fault_of(self.post(path, a_request(message, address), correlation_id))

    def page(self, path: str) -> Any:
        answer = self.transport.post(f"http://index{path}", b"", {})
        assert answer.status == 200, answer.body
        return json.loads(answer.body)


def a_request(message: object, address: str = INDEX) -> bytes:
    return envelope.write_request(codec.encode(message), HsaId(address), None)


def fault_of(answer: HttpAnswer) -> str:
    assert answer.status == 500
    fault = envelope.read(answer.body).payload
    assert fault is not None
    assert fault.findtext("faultcode") == "soap:Server"
    return fault.findtext("faultstring") or ""


@contextmanager
def soap(world: World) -> Iterator[Soap]:
    with InProcessTransport(world.index.application) as transport:
        yield Soap(transport)


def get(application: SoapServices, path: str, client: str = "127.0.0.1", method: str = "GET") -> tuple[int, bytes]:
    """A page's status and body."""
    sent: list[Any] = []

    async def run() -> None:
        async def send(event: Any) -> None:
            sent.append(event)

        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        scope = {"type": "http", "method": method, "path": path, "headers": [], "client": (client, 1)}
        await application(scope, receive, send)

    asyncio.run(run())
    return sent[0]["status"], sent[1]["body"]
