"""contracts/outbox.py: written with what they tell of, sent after it, in order, again until they are taken."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select
from sqlalchemy.exc import IntegrityError

from contracts.database import Database
from contracts.outbox import Letter, NotDelivered, Outbox, Redelivery, Relay, outbox_table
from contracts.times import SWEDEN
from tests.people import ANNA
from tests.serving import SetClock

METADATA = MetaData()
BOX = Outbox(outbox_table(METADATA))
BOOKINGS = Table("bookings_of_a_test", METADATA, Column("id", Integer, primary_key=True))
AT_ONCE = Redelivery((0.0,), gives_up=False)
ONCE_MORE = Redelivery((0.0,), gives_up=True)
CLOCK = SetClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'letters.sqlite'}")
    METADATA.create_all(database.engine)
    yield database
    database.close()


def put(database: Database, *bodies: str, lane: str = "a") -> None:
    with database.writing() as session:
        for body in bodies:
            BOX.put(session, lane=lane, contract="urn:x", logical_address="SE1", body=body.encode(), now=CLOCK.now)


class Receiver:
    """Takes letters, but for the bodies in `refused`, as often as they are to be refused."""

    def __init__(self, **refused: int) -> None:
        self.refused = refused
        self.got: list[str] = []
        self.correlation_ids: list[str] = []
        self.has_all = threading.Event()
        self.wanted = -1

    def __call__(self, letter: Letter) -> None:
        body = letter.body.decode()
        self.correlation_ids.append(letter.correlation_id)
        if self.refused.get(body, 0):
            self.refused[body] -= 1
            raise NotDelivered("no")
        self.got.append(body)
        if len(self.got) == self.wanted:
            self.has_all.set()


def a_relay(database: Database, send: Receiver, redelivery: Redelivery = AT_ONCE) -> Relay:
    return Relay(database, BOX, send, redelivery, CLOCK)


def book_and_tell(database: Database, number: int, again: int | None = None) -> None:
    with database.writing() as session:
        session.execute(insert(BOOKINGS), {"id": number})
        BOX.put(session, lane="a", contract="urn:x", logical_address="SE1", body=b"1", now=CLOCK.now)
        if again is not None:
            session.execute(insert(BOOKINGS), {"id": again})


def waiting(database: Database) -> dict[str, int]:
    with database.reading() as session:
        return dict(BOX.waiting(session))


def test_a_letter_is_there_exactly_when_what_it_tells_of_is(database):
    book_and_tell(database, 1)
    with pytest.raises(IntegrityError):
        book_and_tell(database, 2, again=1)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(BOOKINGS)) == 1
    assert waiting(database) == {"a": 1}


def test_letters_of_a_lane_go_in_the_order_they_were_written_and_are_gone_when_taken(database):
    put(database, "1", "2", "3")
    receiver = Receiver()
    assert a_relay(database, receiver).deliver_all() == 3
    assert receiver.got == ["1", "2", "3"]
    assert waiting(database) == {}


def test_a_letter_that_is_not_taken_holds_up_its_own_lane_and_no_other(database):
    put(database, "1", "2")
    put(database, "x", lane="b")
    receiver = Receiver(**{"1": 1})
    relay = a_relay(database, receiver)
    assert relay.deliver_all() == 1
    assert receiver.got == ["x"]
    assert relay.deliver_all() == 2
    assert receiver.got == ["x", "1", "2"]


def test_a_letter_bears_the_same_correlation_id_each_time(database):
    put(database, "1", "2")
    receiver = Receiver(**{"1": 2})
    relay = a_relay(database, receiver)
    relay.deliver_all(), relay.deliver_all(), relay.deliver_all()
    first, again, at_last, another = receiver.correlation_ids
    assert first == again == at_last != another


def test_ei_9_who_never_gives_up_tries_for_ever(database):
    put(database, "1")
    receiver = Receiver(**{"1": 50})
    relay = a_relay(database, receiver)
    for _ in range(50):
        assert relay.deliver_all() == 0
    assert relay.deliver_all() == 1


def test_a_letter_that_is_given_up_is_dead_and_the_lane_goes_on(database):
    put(database, "1", "2")
    receiver = Receiver(**{"1": 2})
    relay = a_relay(database, receiver, ONCE_MORE)
    relay.deliver_all(), relay.deliver_all()
    assert receiver.got == ["2"]
    with database.reading() as session:
        (dead,) = BOX.dead(session)
    assert (dead.body, dead.attempts, dead.last_failure) == (b"1", 2, "no")
    assert dead.dead_at is not None
    assert dead.dead_at.astimezone(SWEDEN) == CLOCK.now


def test_dead_letters_go_once_more_when_they_are_told_to(database):
    put(database, "1")
    put(database, "x", lane="b")
    receiver = Receiver(**{"1": 2, "x": 2})
    relay = a_relay(database, receiver, ONCE_MORE)
    relay.deliver_all(), relay.deliver_all()
    with database.writing() as session:
        assert BOX.send_again(session, lane="b") == 1
    relay.deliver_all()
    assert receiver.got == ["x"]
    with database.writing() as session:
        assert BOX.send_again(session) == 1
    relay.deliver_all()
    assert receiver.got == ["x", "1"]


def test_what_fails_for_good_is_not_tried_again(database):
    put(database, "1")

    def refuse(letter: Letter) -> None:
        raise NotDelivered("never", is_final=True)

    Relay(database, BOX, refuse, AT_ONCE, CLOCK).deliver_all()
    with database.reading() as session:
        assert [letter.last_failure for letter in BOX.dead(session)] == ["never"]


def test_an_unexpected_error_is_a_failure_like_another_and_quotes_nobody(database):
    put(database, "1", "2")

    def fail(letter: Letter) -> None:
        if letter.body == b"1":
            raise NotDelivered(f"about {ANNA.number}", is_final=True)
        raise KeyError(ANNA.number)

    Relay(database, BOX, fail, AT_ONCE, CLOCK).deliver_all()
    with database.reading() as session:
        assert ANNA.number not in BOX.dead(session)[0].last_failure
        second = BOX.head(session, ())
    assert second is not None
    assert second.last_failure == "KeyError"


def test_an_open_relay_sends_what_was_there_and_what_comes(database):
    put(database, "1")
    receiver = Receiver(**{"1": 3, "2": 1})
    receiver.wanted = 3
    relay = a_relay(database, receiver)
    relay.open()
    put(database, "2")
    put(database, "x", lane="b")
    assert receiver.has_all.wait(30)
    relay.close()
    assert sorted(receiver.got) == ["1", "2", "x"]
    assert receiver.got.index("1") < receiver.got.index("2")
    assert waiting(database) == {}


def test_one_can_wait_until_every_letter_has_been_taken(database):
    put(database, "1", "2", "3")
    receiver = Receiver(**{"2": 2})
    relay = a_relay(database, receiver)
    relay.open()
    assert relay.settle(30)
    assert receiver.got == ["1", "2", "3"]
    relay.close()
    put(database, "4")
    assert not relay.settle(0.01)


def test_a_lane_that_hangs_holds_up_no_other(database):
    put(database, "hangs")
    put(database, "x", lane="b")
    may_go, has_gone = threading.Event(), threading.Event()

    def send(letter: Letter) -> None:
        if letter.body == b"hangs":
            may_go.wait(30)
        else:
            has_gone.set()

    relay = Relay(database, BOX, send, AT_ONCE, CLOCK)
    relay.open()
    assert has_gone.wait(30)
    may_go.set()
    relay.close()


def test_a_relay_that_was_closed_can_be_opened_again(database):
    receiver = Receiver()
    receiver.wanted = 1
    relay = a_relay(database, receiver)
    relay.open(), relay.close()
    put(database, "1")
    relay.open()
    assert receiver.has_all.wait(30)
    relay.close()


def test_an_id_is_never_used_again(database):
    put(database, "1")
    a_relay(database, Receiver()).deliver_all()
    put(database, "2")
    with database.reading() as session:
        letter = BOX.head(session, ())
    assert letter is not None
    assert letter.id == 2


@pytest.mark.parametrize(("waits", "gives_up"), [((-1.0,), True), ((), False)])
def test_redelivery_needs_sensible_waits(waits, gives_up):
    with pytest.raises(ValueError, match="waits"):
        Redelivery(waits, gives_up)


def test_the_last_wait_holds_for_all_after_it():
    waits = Redelivery((1.0, 5.0), gives_up=False)
    assert [waits.wait_after(failures) for failures in (1, 2, 3, 100)] == [1.0, 5.0, 5.0, 5.0]
