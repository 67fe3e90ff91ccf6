"""The relay of an outbox under load: no lane is forgotten, and closing waits for what is on its way alone."""

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import MetaData

from contracts.database import Database
from contracts.outbox import Letter, NotDelivered, Outbox, Redelivery, Relay, Send, outbox_table

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
LANES = [f"lane-{number}" for number in range(20)]


class Post:
    """An outbox with a letter in each lane."""

    def __init__(self, folder: Path) -> None:
        metadata = MetaData()
        self.outbox = Outbox(outbox_table(metadata))
        self.database = Database(f"sqlite:///{folder / 'outbox.sqlite'}")
        metadata.create_all(self.database.engine)
        with self.database.writing() as session:
            for lane in LANES:
                self.outbox.put(session, lane=lane, contract="c", logical_address="a", body=b"<a/>", now=NOW)

    def relay(self, send: Send, redelivery: Redelivery, lanes_at_once: int = 8) -> Relay:
        return Relay(self.database, self.outbox, send, redelivery, lambda: NOW, lanes_at_once)


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    post = Post(tmp_path)
    yield post
    post.database.close()


def test_every_lane_gets_its_attempts_while_others_fail_at_the_same_time(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    attempts: Counter[str] = Counter()
    done, guard = threading.Event(), threading.Lock()

    def send(letter: Letter) -> None:
        with guard:
            attempts[letter.lane] += 1
            if sum(attempts.values()) == 6 * len(LANES):
                done.set()
        raise NotDelivered("nobody is at home")

    relay = post.relay(send, Redelivery((0.001,) * 5, gives_up=True))
    with caplog.at_level(logging.ERROR, "contracts"):
        relay.open()
        assert done.wait(60)
        relay.close()
    assert attempts == dict.fromkeys(LANES, 6)
    with post.database.reading() as session:
        assert [letter.attempts for letter in post.outbox.dead(session)] == [6] * len(LANES)
    assert {record.getMessage() for record in caplog.records} == {"letter_not_delivered"}


def test_closing_waits_for_the_letters_on_their_way_alone(post: Post) -> None:
    on_its_way, sent = threading.Event(), []
    relay: Relay

    def send(letter: Letter) -> None:
        sent.append(letter.lane)
        on_its_way.set()
        while relay.is_open:  # until close has begun
            threading.Event().wait(0.001)

    relay = post.relay(send, Redelivery((1.0,), gives_up=False), lanes_at_once=2)
    relay.open()
    assert on_its_way.wait(60)
    relay.close()
    assert 1 <= len(sent) <= 2
    with post.database.reading() as session:
        assert len(post.outbox.waiting(session)) == len(LANES) - len(sent)
