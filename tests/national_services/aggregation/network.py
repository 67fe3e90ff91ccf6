"""A platform on loopback with an index and clinics behind it: real HTTP, each clinic behaving as its test says.

The platform is known by the LogicalAddress and the contract of each message. Behaviours are coroutines on the network's
own loop, in a thread; `Network` is a context manager.
"""

import asyncio
import gzip as gzipping
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from contracts import engagement_codec, envelope, xml
from contracts import engagements as e
from contracts.namespaces import SCHEDULING, responder
from tests.people import ANNA

CONTRACT = responder("GetSubjectOfCareSchedule")
INDEX = "SE2321009991-EI01"


@dataclass(frozen=True)
class Seen:
    """A message as the platform saw it."""

    path: str
    headers: dict[str, str]
    message: envelope.Message = field(repr=False)

    @property
    def logical_address(self) -> str:
        return self.message.logical_address or ""

    def said(self, name: str) -> str:
        found = next(self.message.root.iter(f"{{*}}{name}"), None)
        return "" if found is None else xml.text_of(found)


@dataclass(frozen=True)
class Wire:
    """One connection while its request is answered."""

    seen: Seen
    writer: asyncio.StreamWriter
    network: "Network"

    async def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        rows = {"Content-Type": "text/xml; charset=UTF-8", "Content-Length": str(len(body)), "x-skltp-prt": "1"}
        rows |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in rows.items())
        self.writer.write(f"HTTP/1.1 {status} Any\r\n{head}\r\n".encode() + body)
        await self.writer.drain()


Behaviour = Callable[[Wire], Awaitable[None]]


# What clinics say


def times(address: str, *ids: str, more: str = "") -> bytes:
    """A clinic's answer: a time for each booking id, and `more` after them."""
    return enveloped("".join(timeslot(address, one) for one in ids) + more)


def timeslot(address: str, booking_id: str) -> str:
    return (
        f'<m:timeslotDetail xmlns:c="{SCHEDULING}"><c:startTimeInclusive>20261214081000</c:startTimeInclusive>'
        f"<c:endTimeExclusive>20261214082000</c:endTimeExclusive><c:healthcare_facility>{address}"
        f"</c:healthcare_facility><c:bookingId>{booking_id}</c:bookingId>"
        f"<c:subject_of_care>{ANNA.number}</c:subject_of_care></m:timeslotDetail>"
    )


def enveloped(inner: str, root: str = "GetSubjectOfCareScheduleResponse", contract: str = CONTRACT) -> bytes:
    body = f'<m:{root} xmlns:m="{contract}">{inner}</m:{root}>'
    return envelope.write_response(xml.parse(body.encode()))


# How clinics behave


def answers(body: bytes, status: int = 200, **headers: str) -> Behaviour:
    async def behave(wire: Wire) -> None:
        await wire.send(body, status, **headers)

    return behave


def answers_gzipped(body: bytes) -> Behaviour:
    return answers(gzipping.compress(body), Content_Encoding="gzip")


def faults(faultstring: str, detail: str | None = None, status: int = 500) -> Behaviour:
    return answers(envelope.write_fault("Server", faultstring, detail), status)


async def hangs(wire: Wire) -> None:
    """Says nothing until the network lets go, and nothing then."""
    await _hung(wire)
    wire.writer.close()


async def _hung(wire: Wire) -> None:
    wire.network.one_more_hangs()
    await wire.network.let_go.wait()


def hangs_then(behaviour: Behaviour) -> Behaviour:
    async def behave(wire: Wire) -> None:
        await _hung(wire)
        await behaviour(wire)

    return behave


async def resets(wire: Wire) -> None:
    wire.writer.transport.abort()


async def breaks_off(wire: Wire) -> None:
    await wire.send(b"<half>", Content_Length="5000")
    wire.writer.close()


async def trickles(wire: Wire) -> None:
    """Never silent, never done."""
    await wire.send(b"<", Content_Length="100000")
    while True:
        wire.writer.write(b" ")
        await wire.writer.drain()
        with suppress(TimeoutError):
            await asyncio.wait_for(wire.network.let_go.wait(), 0.02)
            return


class Network:
    """Answers at `url`; what clinics do stands in `clinics`, what the index knows in `engagements`.

    `seen` are all messages to clinics, `asked_index` those to the index.
    """

    def __init__(self, clinics: dict[str, Behaviour] | None = None, index: Behaviour | None = None) -> None:
        self.clinics = dict(clinics or {})
        self.engagements = [engagement(address) for address in self.clinics]
        self.index = index
        self.seen: list[Seen] = []
        self.asked_index: list[Seen] = []
        self._hanging = 0
        self._changed = threading.Condition()
        self._started = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live()))

    def __enter__(self) -> "Network":
        self._thread.start()
        self._started.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._leave.set)
        self._thread.join()

    async def _live(self) -> None:
        self._loop, self._leave, self.let_go = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=1000)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._started.set()
        await self._leave.wait()
        self.let_go.set()
        server.close()
        for _ in range(20):
            await asyncio.sleep(0)  # who has been let in last gets as far as its own task, which then closes it
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for _ in range(5):
            await asyncio.sleep(0)

    def release(self) -> None:
        """Let all who hang go on."""
        self._loop.call_soon_threadsafe(self.let_go.set)

    def one_more_hangs(self) -> None:
        with self._changed:
            self._hanging += 1
            self._changed.notify_all()

    def wait_until_hanging(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._hanging >= count, timeout=60)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while (request := await _request(reader)) is not None:
                await self._answer(Wire(request, writer, self))
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.transport.abort()

    async def _answer(self, wire: Wire) -> None:
        if wire.seen.message.contract == engagement_codec.FIND_CONTENT.contract:
            self.asked_index.append(wire.seen)
            await (self.index or self._index)(wire)
        else:
            self.seen.append(wire.seen)
            await self.clinics[wire.seen.logical_address](wire)

    async def _index(self, wire: Wire) -> None:
        found = e.FindContentResponse(tuple(self.engagements))
        await wire.send(envelope.write_response(engagement_codec.encode(found)))


def engagement(address: str, booking_id: str = "B-1", **changes: str) -> e.Engagement:
    told = {
        "resident": ANNA.number,
        "service_domain": e.DOMAIN,
        "categorization": e.BOOKING,
        "logical_address": address,
        "business_object": booking_id,
        "clinical_process": "NA",
        "source_system": "SE2321009991-SYS1",
        "data_controller": "SE2321009991",
        **changes,
    }
    return e.Engagement(**told)


async def _request(reader: asyncio.StreamReader) -> Seen | None:
    line = (await reader.readline()).decode()
    if not line:
        return None
    headers = {}
    while (row := (await reader.readline()).decode().strip()) != "":
        name, _, value = row.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(line.split()[1], headers, envelope.read(body))
