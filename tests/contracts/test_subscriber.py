"""contracts/subscriber.py: kept before the OK, handed on once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from contracts import engagement_codec as codec
from contracts import engagements as e
from contracts import envelope
from contracts.database import Database
from contracts.http_headers import CORRELATION_ID
from contracts.identifiers import HsaId
from contracts.soap_service import Question, ServiceFault
from contracts.subscriber import Notice, Subscriber, notice_table
from tests.people import ANNA, BERTIL
from tests.serving import SetClock

METADATA = MetaData()
NOTICES = notice_table(METADATA)
INBOX = Table(
    "inbox_of_a_test", METADATA, Column("id", Integer, primary_key=True), Column("about", String(64), nullable=False)
)
SUBSCRIBER = HsaId("SE2321009991-ET01")


def an_engagement(**changes: object) -> e.Engagement:
    whole = e.Engagement(
        resident=ANNA.number,
        service_domain=e.DOMAIN,
        categorization=e.BOOKING,
        logical_address="SE2321009991-2B02",
        business_object="B-1",
        clinical_process=e.NOT_APPLICABLE,
        most_recent_content="20261201082000",
        source_system="SE2321009991-FT01",
        data_controller="SE2321009991",
        owner="SE2321009991-EI01",
    )
    return replace(whole, **changes)


def a_notice(*objects: str, is_deletion: bool = False) -> e.ProcessNotification:
    return e.ProcessNotification(
        tuple(e.EngagementTransaction(is_deletion, an_engagement(business_object=one)) for one in objects)
    )


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'notices.sqlite'}")
    METADATA.create_all(database.engine)
    yield database
    database.close()


@pytest.fixture
def subscriber(database: Database) -> Subscriber:
    return Subscriber(database, NOTICES, SetClock())


def asked(told: object, correlation_id: str = "c-1") -> Question:
    body = envelope.write_request(codec.encode(told), SUBSCRIBER, None)
    return Question(envelope.read(body), {CORRELATION_ID: correlation_id})


def handed(subscriber: Subscriber) -> list[str]:
    taken: list[str] = []
    subscriber.hand_on(lambda session, notice: taken.append(notice.change.engagement.business_object))
    return taken


def test_a_notice_is_kept_before_it_is_acknowledged(database, subscriber):
    answer = envelope.read(subscriber.answer(asked(a_notice("B-1", "B-2"))))
    assert codec.decode(codec.PROCESS_NOTIFICATION.response, answer.payload).result_code == "OK"
    assert handed(Subscriber(database, NOTICES, SetClock())) == ["B-1", "B-2"]


def test_what_cannot_be_kept_is_not_acknowledged(database, subscriber):
    METADATA.drop_all(database.engine)
    with pytest.raises(Exception, match="no such table"):
        subscriber.answer(asked(a_notice("B-1")))


def test_ei_9_a_notice_that_comes_twice_is_handed_on_once(subscriber):
    subscriber.answer(asked(a_notice("B-1")))
    assert handed(subscriber) == ["B-1"]
    subscriber.answer(asked(a_notice("B-1")))
    assert handed(subscriber) == []


def test_the_same_change_told_anew_is_another_notice(subscriber):
    subscriber.answer(asked(a_notice("B-1"), "c-1"))
    subscriber.answer(asked(a_notice("B-1"), "c-2"))
    assert handed(subscriber) == ["B-1", "B-1"]


def test_two_changes_that_look_alike_in_one_message_are_two(subscriber):
    subscriber.answer(asked(a_notice("B-1", "B-1")))
    assert handed(subscriber) == ["B-1", "B-1"]


def test_what_a_notice_leads_to_is_undone_with_its_mark_when_it_fails(database, subscriber):
    subscriber.answer(asked(a_notice("B-1", "B-2")))
    may_fail = [True]

    def write(session: object, notice: Notice) -> None:
        session.execute(insert(INBOX), {"about": notice.change.engagement.business_object})
        if notice.change.engagement.business_object == "B-2" and may_fail.pop():
            may_fail.append(False)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        subscriber.hand_on(write)
    subscriber.hand_on(write)
    with database.reading() as session:
        assert session.scalars(select(INBOX.c.about).order_by(INBOX.c.id)).all() == ["B-1", "B-2"]


def test_the_latest_come_first(subscriber):
    subscriber.keep(a_notice("B-1"), "c-1")
    subscriber.keep(a_notice("B-2", is_deletion=True), "c-2")
    assert [(one.change.engagement.business_object, one.change.is_deletion) for one in subscriber.latest(1)] == [
        ("B-2", True)
    ]


def test_a_notice_names_nobody_in_its_repr(subscriber):
    subscriber.keep(a_notice("B-1"), "c-1")
    (notice,) = subscriber.latest()
    assert ANNA.number not in repr(notice)
    assert ANNA.number not in repr(notice.change)


def test_its_owner_is_told_that_there_is_something(subscriber):
    told: list[str] = []
    subscriber.has_news = lambda: told.append("news")
    subscriber.answer(asked(a_notice("B-1")))
    assert told == ["news"]


def test_another_message_is_refused(subscriber):
    with pytest.raises(ServiceFault, match="no ProcessNotification"):
        subscriber.answer(asked(e.FindContent(resident=BERTIL.number, service_domain=e.DOMAIN)))


def test_a_message_against_its_contract_is_refused_and_not_quoted(subscriber):
    body = envelope.write_request(codec.encode(a_notice("B-1")), SUBSCRIBER, None)
    broken = body.replace(b"deleteFlag>false", b"deleteFlag>maybe")
    with pytest.raises(ServiceFault, match="breaks its contract") as raised:
        subscriber.answer(Question(envelope.read(broken), {}))
    assert ANNA.number not in str(raised.value.detail)
