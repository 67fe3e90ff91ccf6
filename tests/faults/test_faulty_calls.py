"""Every faulty call of cases.toml gets its answer, disturbs nobody else, and is nobody's traceback (platform.md §3, §5,
§8, §12, §14.4, §14.5, §15; DESIGN decisions 1, 2, 5).

The connection's two ends are a test and a process: what the tests of the gateway show within it holds from outside.
"""

import re
import ssl
import struct
import warnings
from contextlib import suppress
from socket import SHUT_WR, SO_LINGER, SOL_SOCKET, socket

import pytest

from conformance.gateway.certificates import Issued
from tests.faults.cases import FaultCase, all_cases
from tests.platform import letter, wire
from tests.platform.world import CERTIFICATE, Gateway, World

CASES = all_cases()
MODES = ("skltp", "tidbro")
NO_HANDSHAKE = "no handshake"
CLOSED = "closed"
each = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "_"))
in_each_mode = pytest.mark.parametrize("mode", MODES)


@pytest.fixture(scope="session")
def faced(world: World) -> dict[tuple[str, bool], Gateway]:
    """A gateway for each mode; of two kinds, patient and not. They are started when they are needed."""
    return {}


def gateway_for(world: World, faced: dict[tuple[str, bool], Gateway], mode: str, is_impatient: bool) -> Gateway:
    if (mode, is_impatient) not in faced:
        given = {"request_timeout_seconds": 0.5 if is_impatient else 20, "max_message_bytes": 3_000_000}
        faced[mode, is_impatient] = world.share(mode, given, with_tls=True)
    return faced[mode, is_impatient]


@in_each_mode
@each
def test_a_faulty_call_gets_its_answer_and_disturbs_nobody(
    world: World, faced: dict[tuple[str, bool], Gateway], case: FaultCase, mode: str
) -> None:
    """platform.md §2–§5, §8, §12–§15: the rule stands beside each case."""
    gateway = gateway_for(world, faced, mode, case.impatient)
    errors = gateway.process.data / "stderr.txt"
    logged_before = errors.stat().st_size
    told = answer_to(gateway, case)
    assert fits(told, case.expected[mode]), (case.expected[mode], told[:700])
    assert gateway.still_answers()
    assert gateway.process.is_running
    with errors.open("rb") as log:
        log.seek(logged_before)
        assert b"Traceback" not in log.read()


def answer_to(gateway: Gateway, case: FaultCase) -> bytes:
    """All bytes that come back; `no handshake` when it does not come to that."""
    try:
        connection = connected(gateway, case)
    except (ssl.SSLError, ConnectionError):
        return NO_HANDSHAKE.encode()
    raw = case.request(f"{CERTIFICATE}: {gateway.world.consumer.pem_on_one_line}")
    try:
        return exchanged(connection, raw, case.then)
    except ssl.SSLError:
        return NO_HANDSHAKE.encode()
    finally:
        connection.close()


def connected(gateway: Gateway, case: FaultCase) -> socket:
    port = gateway.process.ports["http" if case.over == "plain" else "https"]
    if case.over in ("plain", "plain to tls"):
        return wire.connect(port)
    shown: dict[str, Issued | None] = {"nothing": None}
    context = gateway.world.client_context(shown.get(case.shows, getattr(gateway.world, case.shows, None)))
    if case.newest:
        speak_at_most(context, ssl.TLSVersion[case.newest])
    return wire.connect(port, context)


def speak_at_most(context: ssl.SSLContext, version: ssl.TLSVersion) -> None:
    """Make a caller of long ago, about which Python warns."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version


def exchanged(connection: socket, raw: bytes, then: str) -> bytes:
    try:
        connection.sendall(raw)
        if then == "half close":
            connection.shutdown(SHUT_WR)
        if then == "reset":
            connection.setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
            return b""
    except ssl.SSLError:
        raise
    except OSError:
        pass  # the answer and the end may come before all is sent
    return read_all(connection)


def read_all(connection: socket) -> bytes:
    """TLS 1.3 tells a refused certificate at the first read: that is no handshake either."""
    parts = []
    with suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def fits(told: bytes, expected: str) -> bool:
    """Whether an answer is as one case's word for it."""
    if expected in (NO_HANDSHAKE, CLOSED):
        return told == (NO_HANDSHAKE.encode() if expected == NO_HANDSHAKE else b"")
    if not told.startswith(b"HTTP/1.1 ") or (reply := wire.split(told)) is None or reply.rest:
        return False
    if expected.isdigit():
        return reply.status == int(expected) and (reply.status == 200 or not reply.body)
    return is_fault(reply, *expected.split(": ", 1))


def is_fault(reply: wire.Reply, code: str, beginning: str = "") -> bool:
    """Whether it is this fault to the letter; `fault` is one without a code."""
    if code == "fault":
        return reply.status == 500 and b"<faultstring>" in reply.body and b"<faultstring>VP" not in reply.body
    correlated = reply if "x-skltp-correlation-id" in reply.names else with_correlation_id(reply)
    try:
        return letter.detail_of(correlated, code).startswith(beginning)
    except AssertionError:
        return False


def with_correlation_id(reply: wire.Reply) -> wire.Reply:
    """What is no HTTP request has no call to correlate: its fault need not have one (platform.md §2 step 0)."""
    rows = (*reply.headers, ("x-skltp-correlation-id", "none"))
    return wire.Reply(reply.status, reply.reason, rows, reply.body)


def test_each_case_has_exactly_one_answer_in_a_mode() -> None:
    """What a fault leads to is decided; a case that allows two answers tests neither."""
    simple = re.compile(r"\d{3}|VP0\d\d(: [^|]+)?|fault|closed|no handshake")
    assert [case.name for case in CASES if not all(map(simple.fullmatch, case.expected.values()))] == []


def test_there_are_at_least_a_hundred_cases_and_each_has_its_name() -> None:
    """So that none is lost unnoticed."""
    assert len(CASES) >= 100
    assert len({case.name for case in CASES}) == len(CASES)
    assert all("§" in case.rule for case in CASES)
