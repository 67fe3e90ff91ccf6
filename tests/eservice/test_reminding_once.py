"""A reminder is sent once: killed at any moment, or asked for by two processes at once (domain.md §5.10)."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.transport import HttpTransport
from eservice import reminding
from eservice.app import EService
from tests.eservice.browser import Browser
from tests.eservice.conftest import Demo, a_demo
from tests.eservice.reminded import SENT_TO, ask, booked, by_hand, outcomes, received
from tests.people import DAN
from tests.scheduling_backends.timebooks import postgresql
from tidbro import demo_eservice

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("moment", "left"), [("before", ["", ""]), ("after", ["sent", "sent"])])
def test_killed_before_or_after_the_commit_it_is_sent_once_by_the_next(demo, browse, moment, left):
    by_hand(demo.eservice)
    booking = booked(demo)
    ask(demo, browse(DAN), booking)
    demo.mailbox._smtp.close()  # so that nobody sends before the process is dead
    demo.clock.now = booking.start - timedelta(days=1)
    told = [str(demo.served.data), demo.served.url, str(demo.mailbox.port), demo.clock.now.isoformat(), moment]
    command = [sys.executable, "-m", "tests.eservice.killed_reminding", *told]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    assert outcomes(demo, booking) == left

    with a_restart(demo) as next_one:
        next_one.send_due(demo.clock.now)
        next_one.send_due(demo.clock.now)
        assert next_one.settle_post(60)
    assert sorted(one.is_sms for one in demo.mailbox.messages()) == [False, True]
    assert outcomes(demo, booking) == ["sent", "sent"]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_of_two_processes_that_have_both_seen_it_due_one_sends_it(planted, tmp_path, kind):
    with database(kind) as url, a_demo(planted, tmp_path, eservice={"database_url": url}) as demo:
        by_hand(demo.eservice)
        booking = booked(demo)
        window = Browser(demo.site)
        ask(demo, window.sign_in(DAN), booking)
        window.close()
        demo.clock.now = booking.start - timedelta(days=1)
        both = threading.Barrier(2)
        with a_restart(demo, Meeting(both)) as one, a_restart(demo, Meeting(both)) as other:
            written: list[int] = []
            threads = [
                threading.Thread(target=lambda run=run: written.append(run.send_due(demo.clock.now)))
                for run in (one, other)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert sorted(written) == [0, 2]
        assert sorted(to for to, _ in received(demo))[0] == SENT_TO
        assert len(demo.mailbox.messages()) == 2


def test_an_open_e_service_sends_by_itself(planted, tmp_path, monkeypatch):
    monkeypatch.setattr(reminding, "EVERY_SECONDS", 0.05)
    with a_demo(planted, tmp_path) as demo:
        booking, is_written = booked(demo), threading.Event()
        window = Browser(demo.site)
        ask(demo, window.sign_in(DAN), booking)
        window.close()
        demo.eservice._outbox.tell_of_new(is_written.set)
        demo.clock.now = booking.start - timedelta(days=1)
        assert is_written.wait(60)
        assert len(received(demo)) == 2


class Meeting(HttpTransport):
    """Lets no question to a clinic out before two have come to ask: both have read then what is due."""

    def __init__(self, both: threading.Barrier) -> None:
        super().__init__(read_seconds=60)
        self._both = both

    def post(self, *told, **more):
        self._both.wait(60)
        return super().post(*told, **more)


@contextmanager
def database(kind: str) -> Iterator[str]:
    if kind == "sqlite":
        yield ""
    else:
        with postgresql() as url:
            yield url


@contextmanager
def a_restart(demo: Demo, transport: HttpTransport | None = None) -> Iterator[EService]:
    """Another process's e-service on the demo's database."""
    first = demo.eservice
    if demo.mailbox._smtp._thread is None:
        demo.mailbox._smtp.open()
    other = EService(
        first.settings,
        demo_eservice.people(),
        demo_eservice.units(),
        demo.clock,
        transport,
        lambda: demo.mailbox.post_settings,
    )
    other.open()
    by_hand(other)
    try:
        yield other
    finally:
        other.close()
        if transport is not None:
            transport.close()
