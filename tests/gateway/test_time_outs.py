"""gateway/time_outs.py: how long a producer may take, by contract (platform.md §14.1; §25 rows 19, 27)."""

import asyncio
import json
import logging
from contextlib import suppress
from pathlib import Path

import pytest

from contracts.namespaces import responder
from gateway.settings import SettingsRefused
from gateway.time_outs import TimeOuts
from tests.gateway.builders import (
    CONTRACT,
    Behaviour,
    Gate,
    Stub,
    a_pipeline,
    a_request,
    a_route,
    an_http_producer,
    fault_in,
    forwarded,
    opened,
    sample,
)

NAME = "default_timeouts"


def an_entry(contract: str, milliseconds: object, **more: object) -> dict[str, object]:
    return {"tjanstekontrakt": contract, "producertimeout": milliseconds, **more}


def a_file(folder: Path, content: object) -> str:
    path = folder / "timeouts.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def loaded(folder: Path, *entries: dict[str, object], name: str = NAME) -> TimeOuts:
    return TimeOuts.load(a_file(folder, list(entries)), name, 29.0)


def test_the_exact_contract_counts_and_otherwise_the_default_entry(tmp_path: Path) -> None:
    """platform.md §14.1: lookup."""
    time_outs = loaded(tmp_path, an_entry(NAME, 1500), an_entry("urn:a", 250))
    assert [time_outs.producer_seconds(one) for one in ("urn:a", "urn:A", "urn:a:1", "", None)] == [
        0.25, 1.5, 1.5, 1.5, 1.5,
    ]  # fmt: skip


def test_the_default_entry_may_have_another_name(tmp_path: Path) -> None:
    """platform.md §14.1 (timeout.json.file.default.tjanstekontrakt.name)."""
    assert loaded(tmp_path, an_entry("others", 1000), name="others").producer_seconds("x") == 1


def test_a_file_that_is_missing_is_warned_about_and_29_seconds_count(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §14.1."""
    assert TimeOuts.load(str(tmp_path / "nosuch.json"), NAME, 29.0).producer_seconds("x") == 29
    assert "timeouts_file_is_missing: every producer gets 29 seconds" in caplog.text


def test_a_file_without_a_default_entry_is_warned_about_and_29_seconds_count(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §14.1."""
    time_outs = loaded(tmp_path, an_entry("urn:a", 250))
    assert (time_outs.producer_seconds("urn:a"), time_outs.producer_seconds("urn:b")) == (0.25, 29)
    assert "timeouts_file_has_no_default" in caplog.text


def test_the_file_is_read_once_at_the_start(tmp_path: Path) -> None:
    """platform.md §14.1."""
    time_outs = loaded(tmp_path, an_entry("urn:a", 250))
    loaded(tmp_path, an_entry("urn:a", 750))
    assert time_outs.producer_seconds("urn:a") == 0.25


def test_no_file_is_no_reason_to_warn(caplog: pytest.LogCaptureFixture) -> None:
    assert TimeOuts.load("", NAME, 7.0).producer_seconds("x") == 7
    assert caplog.records == []


def test_routetimeout_is_accepted_and_once_said_to_be_ignored(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """platform.md §25 row 19."""
    entries = [an_entry(one, 1000, routetimeout=5) for one in (NAME, "urn:a", "urn:b")]
    assert loaded(tmp_path, *entries).producer_seconds("urn:a") == 1
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.getMessage() for record in told] == [
        "timeouts_file_has_routetimeout: it is ignored, only producertimeout counts"
    ]


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "nonsense", "{}", "5", "[5]", "null", "[" * 100_000,
        [{}],
        [{"tjanstekontrakt": "a"}],
        [an_entry("", 5)],
        [an_entry(5, 5)],
        [an_entry("a", -1)],
        [an_entry("a", 0)],
        [an_entry("a", "5")],
        [an_entry("a", 1.5)],
        [an_entry("a", True)],
        [an_entry("a", None)],
        [an_entry("a", 10**9)],
    ],
)  # fmt: skip
def test_what_is_no_such_list_is_refused_with_a_sentence(tmp_path: Path, content: object) -> None:
    with pytest.raises(SettingsRefused, match=r"^timeouts_file .*\.$"):
        TimeOuts.load(a_file(tmp_path, content), NAME, 29.0)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match=r"timeouts_file .* cannot be read"):
        TimeOuts.load(str(tmp_path), NAME, 29.0)
    (tmp_path / "latin.json").write_bytes(b"\xe5")
    with pytest.raises(SettingsRefused, match="is not JSON"):
        TimeOuts.load(str(tmp_path / "latin.json"), NAME, 29.0)


# In a gateway


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


def test_a_producer_is_waited_for_as_long_as_its_contract_says(tmp_path: Path) -> None:
    """platform.md §14.1, from the file that the settings name."""
    path = a_file(tmp_path, [an_entry(NAME, 600_000), an_entry(CONTRACT, 100)])
    answer, _ = forwarded(None, behave=hang, timeouts_file=path)
    assert "Timeout when waiting on response from producer." in fault_in(answer).detail


def test_an_adapter_is_waited_for_as_long_as_its_contract_says(tmp_path: Path) -> None:
    """platform.md §14.1: adapters are producers too; the other contract still has its ten minutes."""
    path = a_file(tmp_path, [an_entry(NAME, 600_000), an_entry(CONTRACT, 50)])
    gate = Gate()
    routes = (a_route(), a_route(contract=responder("MakeBooking")))
    pipeline = a_pipeline(*routes, adapters={"stub": Stub(before=gate)}, timeouts_file=path)

    async def ask() -> tuple[str, bool]:
        async with opened(pipeline):
            booking = asyncio.create_task(pipeline.answer(a_request(sample("MakeBooking"))))
            await asyncio.to_thread(gate.reached.acquire)
            late = await pipeline.answer(a_request())
            is_waiting = not booking.done()
            gate.let_on()
            await booking
            return fault_in(late).detail, is_waiting

    detail, is_waiting = asyncio.run(ask())
    assert "(ReadTimeout: Timeout when waiting on response from producer.)" in detail
    assert is_waiting


def test_a_file_that_cannot_be_used_keeps_the_gateway_from_starting(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="timeouts_file"):
        a_pipeline(timeouts_file=a_file(tmp_path, "nonsense"))


def dripping(parts: int) -> Behaviour:
    """An answer in parts, each after a wait that is short beside the time-out for one and long for the whole."""

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {parts}\r\nConnection: close\r\n\r\n".encode())
        for _ in range(parts):
            writer.write(b"x")
            with suppress(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.1)  # the caller says nothing more

    return behave


def test_a_dripping_answer_ends_with_the_time_for_the_whole() -> None:
    """platform.md §25 row 27: by default a call has an end."""
    answer, _ = forwarded(None, behave=dripping(1000), producer_timeout_seconds=1)
    assert "Timeout when waiting on response from producer." in fault_in(answer).detail


PER_WAIT = {"producer_timeout_seconds": 1, "bounds_whole_answer": False, "answer_validation": "off"}


def test_a_dripping_answer_may_take_for_ever_where_each_wait_is_bounded() -> None:
    """platform.md §14.1: as the real platform does."""
    assert forwarded(None, behave=dripping(13), **PER_WAIT)[0].body == b"x" * 13


def test_an_answer_that_drips_for_ever_ends_when_it_is_too_large() -> None:
    """platform.md §14.4."""
    body = sample()
    settings = {**PER_WAIT, "max_message_bytes": len(body)}

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * 1000)
            await writer.drain()

    assert "AnswerTooLarge" in fault_in(forwarded(None, a_request(body), behave=flood, **settings)[0]).detail


def test_a_silence_ends_a_call_where_each_wait_is_bounded() -> None:
    settings = {"producer_timeout_seconds": 0.1, "bounds_whole_answer": False}
    assert "ReadTimeout" in fault_in(forwarded(None, behave=hang, **settings)[0]).detail


def test_a_producer_that_never_takes_the_connection_is_given_up() -> None:
    """platform.md §13, §14.3: connect timeout, here in the TLS handshake, which nobody answers."""

    async def ask() -> str:
        async with an_http_producer(None, hang) as producer:
            url = producer.url.replace("http://", "https://")
            settings = {"https_connect_timeout_seconds": 0.1, "connect_timeout_seconds": 60, "retry_attempts": 0}
            async with opened(a_pipeline(a_route(address=url), **settings)) as pipeline:
                return fault_in(await pipeline.answer(a_request())).detail

    assert "(ConnectTimeout: Timeout when connecting to producer.)" in asyncio.run(ask())


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_producer_that_takes_no_request_is_given_up(is_whole: bool) -> None:
    """platform.md §13: no reply before the time-out, also where the request could not be sent."""
    body = sample().replace(b"</soap:Envelope>", b"<!--" + b"x" * 14_000_000 + b"--></soap:Envelope>")
    settings = {"producer_timeout_seconds": 0.3, "bounds_whole_answer": is_whole}

    async def ask() -> str:
        never = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(asyncio.CancelledError):
                await never.wait()
            writer.transport.abort()

        server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1000)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
        async with opened(a_pipeline(a_route(address=url), **settings)) as pipeline:
            answer = await asyncio.wait_for(pipeline.answer(a_request(body)), 60)  # else it would wait for ever
        never.set()
        server.close()
        return fault_in(answer).detail

    assert "(ReadTimeout: " in asyncio.run(ask())


def test_the_example_in_the_documentation_works(tmp_path: Path) -> None:
    """docs/operations.md, Time-outs."""
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    example = page.partition("## Time-outs")[2].partition("```json\n")[2].partition("```")[0]
    time_outs = TimeOuts.load(a_file(tmp_path, example), NAME, 1.0)
    seconds = [time_outs.producer_seconds(responder(one)) for one in ("GetSubjectOfCareSchedule", "MakeBooking")]
    assert seconds == [60, 29]
