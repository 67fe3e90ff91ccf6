"""gateway/producer_client.py: one request, one answer, and each way to fail told apart (platform.md §13, §14)."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

import pytest
from yarl import URL

from gateway import producer_failures as failures
from gateway.producer_client import Patience, ProducerClient, Received, Request
from gateway.producer_failures import ExchangeFailed, Failure

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Producer:
    """A producer on loopback: how many connections it took, and each request's head and body."""

    port: int = 0
    connections: int = 0
    requests: list[tuple[bytes, bytes]] = field(default_factory=list)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> URL:
        return URL(f"http://127.0.0.1:{self.port}/answer?x=1")

    async def read(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        body = await reader.readexactly(int(lengths[0])) if lengths else await reader.readuntil(b"0\r\n\r\n")
        self.requests.append((head, body))
        return head


@asynccontextmanager
async def a_producer(*replies: bytes | None, then: Serve | None = None) -> AsyncIterator[Producer]:
    """Gives each request on a connection its reply, in turn; None closes the connection instead, as the end does."""
    producer, tasks = Producer(), set()
    waiting = list(replies)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        producer.connections += 1
        try:
            while waiting or then:
                await producer.read(reader)
                if not waiting:
                    await then(reader, writer)
                    return
                reply = waiting.pop(0)
                if reply is None:
                    return
                writer.write(reply)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            producer.closed.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    producer.port = server.sockets[0].getsockname()[1]
    try:
        yield producer
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


PATIENCE = Patience(2, 29, True)


async def exchanged(
    producer: Producer,
    client: ProducerClient | None = None,
    method: str = "POST",
    headers: tuple[tuple[str, str], ...] = (("Host", "producer"), ("SOAPAction", '"x"')),
    patience: Patience = PATIENCE,
    is_fresh: bool = False,
    is_chunked: bool = False,
) -> Received:
    made = client or ProducerClient(1000, is_chunked=is_chunked)
    if client is None:
        await made.open()
    try:
        return await made.exchange(Request(method, producer.url, headers, b"<a/>", None, is_fresh), patience)
    finally:
        if client is None:
            await made.close()


async def a_client(**made: object) -> ProducerClient:
    client = ProducerClient(1000, **made)
    await client.open()
    return client


@contextmanager
def fails_as(failure: Failure) -> Iterator[None]:
    with pytest.raises(ExchangeFailed) as told:
        yield
    assert told.value.failure is failure


def answered(*replies: bytes | None, then: Serve | None = None, **given: object) -> Received:
    async def ask() -> Received:
        async with a_producer(*replies, then=then) as producer:
            return await exchanged(producer, **given)

    return asyncio.run(ask())


def test_a_request_goes_out_as_it_was_given_and_the_answer_comes_back_as_it_was_sent() -> None:
    """platform.md §7.2, §7.3: headers in their order and case, several of one name apart."""
    reply = b"HTTP/1.1 202 Quite Accepted\r\nSet-Cookie: a\r\nset-cookie: b\r\nContent-Length: 2\r\n\r\nhi"

    async def ask() -> tuple[Received, Producer]:
        async with a_producer(reply) as producer:
            return await exchanged(producer, headers=(("Host", "p:80"), ("SOAPAction", '"x"'), ("x-B", "å"))), producer

    received, producer = asyncio.run(ask())
    assert producer.requests == [
        (
            'POST /answer?x=1 HTTP/1.1\r\nHost: p:80\r\nSOAPAction: "x"\r\nx-B: å\r\n'
            "Connection: keep-alive\r\nContent-Length: 4\r\n\r\n".encode("latin-1"),
            b"<a/>",
        )
    ]
    assert (received.status, received.reason, received.body) == (202, "Quite Accepted", b"hi")
    assert received.headers == (("Set-Cookie", "a"), ("set-cookie", "b"), ("Content-Length", "2"))
    assert not received.is_short


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", b"old"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"hello"),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK, b"hello"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b", b"\x1f\x8b"),
    ],
)
def test_every_way_to_frame_an_answer_is_read(reply: bytes, body: bytes) -> None:
    """platform.md §13 row 1xx; §8: nothing is decompressed."""
    received = answered(reply)
    assert (received.body, received.is_short) == (body, False)


def test_headers_of_an_answer_do_not_mix_with_those_of_100_continue() -> None:
    assert answered(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK).headers == (("Content-Length", "5"),)


def test_a_trailer_is_no_header() -> None:
    """RFC 9110 §6.5.1: what comes after the body cannot say what the body is, or who answered."""
    received = answered(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nContent-Type: text/html\r\n\r\n"
    )
    assert (received.body, received.headers) == (b"a", (("Transfer-Encoding", "chunked"),))


def test_an_answer_that_ends_before_its_announced_length_says_so() -> None:
    """platform.md §13: announces a Content-Length larger than what it sends, then closes."""
    received = answered(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhello")
    assert (received.body, received.is_short) == (b"hello", True)


@pytest.mark.parametrize(
    "reply",
    [b"", b"HTTP/1.1 200 OK\r\nContent-", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"],
)
def test_a_connection_that_ends_within_the_answer_is_broken(reply: bytes) -> None:
    """platform.md §13: reset or closed during the call."""
    with fails_as(failures.CONNECTION_BROKEN):
        answered(reply or None)


def test_a_reset_is_a_broken_connection() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        writer.transport.abort()

    with fails_as(failures.CONNECTION_BROKEN):
        answered(then=reset)


@pytest.mark.parametrize(
    "reply", [b"SMTP ready\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\x16\x03\x01\x02\x00", OK[:9] + b"0\r\n\r\n"]
)
def test_what_is_not_http_is_unreadable(reply: bytes) -> None:
    with fails_as(failures.ANSWER_UNREADABLE):
        answered(reply)


def test_an_offer_of_another_protocol_is_unreadable() -> None:
    with fails_as(failures.ANSWER_UNREADABLE):
        answered(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")


def test_an_answer_may_be_so_large_and_no_larger() -> None:
    """platform.md §14.4."""

    def of(size: int) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size

    assert len(answered(of(1000)).body) == 1000
    with fails_as(failures.ANSWER_TOO_LARGE):
        answered(of(1001))


@pytest.mark.parametrize("rest", [b"1;x=", b"0\r\nX: "])
def test_an_answer_whose_chunk_or_trailer_has_no_end_is_given_up(rest: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    async def without_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head + rest)
        while not writer.is_closing():
            writer.write(b"x" * 65_536)
            await writer.drain()

    with fails_as(failures.ANSWER_UNREADABLE):
        answered(then=without_end)


def test_an_answer_whose_head_has_no_end_is_given_up() -> None:
    async def for_ever(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"x-%b: y\r\n" % (b"z" * 1000))
            await writer.drain()

    with fails_as(failures.ANSWER_UNREADABLE):
        answered(then=for_ever)


def hanging(*first: bytes) -> Serve:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in first:
            writer.write(part)
        await asyncio.Event().wait()

    return hang


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"])
@pytest.mark.parametrize("is_for_whole_answer", [True, False])
def test_an_answer_that_does_not_come_is_late(first: bytes, is_for_whole_answer: bool) -> None:
    """platform.md §14.1."""
    with fails_as(failures.READ_TIMEOUT):
        answered(then=hanging(first), patience=Patience(2, 0.05, is_for_whole_answer))


@pytest.mark.parametrize(
    ("is_for_whole_answer", "seconds_since_heard", "is_late"),
    [(True, 0, True), (True, 30, True), (False, 0, False), (False, 30, True)],
)
def test_a_producer_that_drips_is_late_when_the_bound_is_for_the_whole_answer(
    is_for_whole_answer: bool, seconds_since_heard: int, is_late: bool
) -> None:
    """platform.md §14.1; §25 row 27: what happens when the time is up, by when something was last heard."""

    async def ask() -> bool:
        patience = Patience(2, 29, is_for_whole_answer)
        client, seen = await a_client(), asyncio.Event()

        async def start(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.set()
            await asyncio.Event().wait()

        async with a_producer(then=start) as producer:
            connection = await client._connect(("127.0.0.1", producer.port, 0), None, 2)
            answer = connection.ask(b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", patience, is_head=False)
            await seen.wait()
            connection._last_heard = asyncio.get_running_loop().time() - seconds_since_heard
            connection._stop_timer()
            connection._late()
            is_late = answer.done() and isinstance(answer.exception(), ExchangeFailed)
            connection.abandon()
            return is_late

    assert asyncio.run(ask()) is is_late


def test_where_nobody_listens_the_connection_is_refused() -> None:
    """platform.md §13: connection refused, with host and port."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    producer = Producer(port)
    with fails_as(failures.CONNECT_ERROR):
        asyncio.run(exchanged(producer))


def test_a_name_that_nobody_has_is_refused() -> None:
    async def ask() -> Received:
        request = Request("POST", URL("http://producer.invalid/"), (), b"")
        return await (await a_client()).exchange(request, PATIENCE)

    with fails_as(failures.HOST_UNKNOWN):
        asyncio.run(ask())


# Connections that are kept


def in_turn(*replies: bytes | None, calls: int = 2, **made: object) -> tuple[list[object], Producer]:
    """What each of some calls one after the other led to, over one set of pools."""

    async def ask() -> tuple[list[object], Producer]:
        client = await a_client(**made)
        async with a_producer(*replies) as producer:
            found: list[object] = []
            for _ in range(calls):
                try:
                    found.append((await exchanged(producer, client)).body)
                except ExchangeFailed as error:
                    found.append(error)
            await client.close()
            return found, producer

    return asyncio.run(ask())


def test_a_connection_serves_the_next_call_too() -> None:
    """platform.md §14.3: keep-alive."""
    found, producer = in_turn(OK, OK)
    assert (found, producer.connections) == ([b"hello", b"hello"], 1)


def test_without_keep_alive_every_call_has_its_own_connection_and_says_so() -> None:
    """platform.md §14.3."""
    found, producer = in_turn(OK, OK, keeps_alive=False)
    assert (found, producer.connections) == ([b"hello", b"hello"], 2)
    assert all(b"\r\nConnection: close\r\n" in head for head, _ in producer.requests)


@pytest.mark.parametrize(
    "last",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        OK + OK,
    ],
)
def test_a_connection_that_shall_close_or_has_said_too_much_is_not_used_again(last: bytes) -> None:
    found, producer = in_turn(last, OK)
    assert (found, producer.connections) == ([b"hello", b"hello"], 2)


def test_nothing_is_sent_twice_when_a_kept_connection_breaks() -> None:
    """platform.md §14.2 is the platform's own decision, not the client's."""
    found, producer = in_turn(OK, None)
    assert found[0] == b"hello"
    assert isinstance(found[1], ExchangeFailed)
    assert found[1].failure is failures.CONNECTION_BROKEN
    assert len(producer.requests) == 2


def test_a_fresh_connection_is_made_when_it_is_asked_for() -> None:
    async def ask() -> int:
        client = await a_client()
        async with a_producer(OK, OK) as producer:
            await exchanged(producer, client)
            await exchanged(producer, client, is_fresh=True)
            await client.close()
            return producer.connections

    assert asyncio.run(ask()) == 2


def test_a_connection_that_the_producer_closed_while_idle_is_not_used_again() -> None:
    async def ask() -> list[bytes]:
        client = await a_client()

        async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(OK)

        async with a_producer(then=close) as producer:
            first = await exchanged(producer, client)
            await producer.closed.wait()
            (pool,) = client._idle.values()
            while not pool[0].is_closed:
                await asyncio.sleep(0)
            second = await exchanged(producer, client)
            await client.close()
            return [first.body, second.body]

    assert asyncio.run(ask()) == [b"hello", b"hello"]


def test_an_answer_that_nobody_asked_for_is_not_the_next_callers() -> None:
    """The worst that a kept connection could do: it lies in the socket, unread, when the next call comes."""

    async def ask() -> list[bytes]:
        client = await a_client()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            listening.settimeout(30)
            producer = Producer(listening.getsockname()[1])
            first = asyncio.ensure_future(exchanged(producer, client))
            with (await asyncio.to_thread(listening.accept))[0] as connection:
                connection.sendall(OK)
                found = [(await first).body]
                connection.sendall(
                    OK.replace(b"hello", b"wrong")
                )  # the loop cannot read it before the next call begins
                second = asyncio.ensure_future(exchanged(producer, client))
                with (await asyncio.to_thread(listening.accept))[0] as another:
                    another.sendall(OK)
                    found.append((await second).body)
            await client.close()
            return found

    assert asyncio.run(ask()) == [b"hello", b"hello"]


def test_a_connection_whose_request_was_not_read_to_its_end_is_not_used_again() -> None:
    """It was answered early; the next call would wait behind the rest of this one."""

    async def ask() -> bytes:
        client = await a_client()
        with socket.create_server(("127.0.0.1", 0)) as listening:
            url = Producer(listening.getsockname()[1]).url
            request = Request("POST", url, (("Host", "producer"),), b"x" * 30_000_000)
            call = asyncio.ensure_future(client.exchange(request, PATIENCE))
            with (await asyncio.to_thread(listening.accept))[0] as connection:
                connection.sendall(OK)
                body = (await call).body
                assert not any(client._idle.values())
                connection.settimeout(30)
                with suppress(ConnectionResetError):
                    while await asyncio.to_thread(connection.recv, 1_000_000):
                        pass
            return body

    assert asyncio.run(ask()) == b"hello"


def test_a_call_that_is_given_up_closes_its_connection() -> None:
    async def ask() -> bool:
        client = await a_client()
        gone = asyncio.Event()

        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert await reader.read() == b""
            gone.set()

        async with a_producer(then=hang) as producer:
            call = asyncio.ensure_future(exchanged(producer, client))
            while not producer.requests:
                await asyncio.sleep(0)
            call.cancel()
            await gone.wait()
            return client._idle == {}

    assert asyncio.run(ask())


def test_a_request_can_go_in_chunks() -> None:
    """platform.md §14.3: producer.chunked.encoding."""

    async def ask() -> Producer:
        async with a_producer(OK) as producer:
            await exchanged(producer, is_chunked=True)
            return producer

    ((head, body),) = asyncio.run(ask()).requests
    assert b"\r\nTransfer-Encoding: chunked\r\n" in head
    assert b"Content-Length" not in head
    assert body == b"4\r\n<a/>\r\n0\r\n\r\n"


@pytest.mark.parametrize(("name", "value"), [("a", "b\r\nx: y"), ("a\r\nx", "y"), ("a", "b\nc"), ("a", "b\rc")])
def test_a_header_of_more_than_one_line_is_never_sent(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        answered(OK, headers=((name, value),))


def test_the_answer_to_head_has_no_body() -> None:
    assert answered(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", method="HEAD").body == b""
