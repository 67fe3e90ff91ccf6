"""Who is told what, and that it arrives (platform.md §21.2, §21.3; contracts.md EI-6, EI-8, EI-10, REG-2, REG-4)."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table

from contracts import engagement_codec as codec
from contracts import engagements as e
from contracts import envelope, xml
from contracts.database import Database
from contracts.soap_service import Question
from contracts.subscriber import Subscriber, notice_table
from national_services.index import notices
from national_services.index.notices import Filter
from national_services.index.subscribers import ADDRESSEES, read_answer
from tests.national_services.index.world import (
    INDEX,
    OTHER_INDEX,
    PLATFORM,
    PORTAL,
    Receiver,
    SetClock,
    World,
    a_town,
    a_world,
    get,
    gone,
    pieces,
    soap,
    told,
)
from tests.people import ANNA

OTHER_PORTAL = "SE2321009991-PT02"


def heard(receiver: Receiver) -> list[tuple[bool, str, str | None]]:
    """What a subscriber was told: deleted or not, of what, until when."""
    return [
        (change.is_deletion, change.engagement.business_object, change.engagement.most_recent_content)
        for change in receiver.changes
    ]


def test_row_70_the_same_content_twice_is_told_once_ei_6(any_world: World) -> None:
    """platform.md §24 row 70."""
    receiver = any_world.subscriber()
    any_world.update(told())
    any_world.update(told())
    any_world.index.deliver_all()
    assert heard(receiver) == [(False, "B-1", "20261214081000")]


def test_what_is_new_has_changed_or_is_deleted_is_told_and_nothing_else(world: World) -> None:
    receiver = world.subscriber()
    world.update(told())
    world.update(told(most_recent_content="20261215081000"))
    world.update(told(most_recent_content="20261215081000"))
    world.update(gone())
    world.update(gone())
    world.index.deliver_all()
    assert heard(receiver) == [
        (False, "B-1", "20261214081000"),
        (False, "B-1", "20261215081000"),
        (True, "B-1", None),
    ]


def test_a_notice_mirrors_the_update_plus_owner_and_times(world: World) -> None:
    """EI-8. Foreign elements, our own version among them, go along."""
    receiver = world.subscriber()
    world.update(told(version=4))
    world.index.deliver_all()
    (change,) = receiver.changes
    times = {"creation_time": "20261124073000", "update_time": "20261124073000"}
    assert change == told(version=4, owner=INDEX, **times)


def test_one_update_is_one_letter_with_what_was_news(world: World) -> None:
    receiver = world.subscriber()
    world.update(told())
    world.update(told(), told(business_object="B-2"), gone(business_object="B-3"), told(business_object="B-4"))
    world.index.deliver_all()
    assert [len(message.transactions) for _, message in receiver.messages] == [1, 2]


def test_a_notice_from_another_index_is_passed_on_with_its_owner(any_world: World) -> None:
    receiver = any_world.subscriber()
    any_world.notify(told(owner=OTHER_INDEX))
    any_world.notify(told(owner=OTHER_INDEX))
    any_world.index.deliver_all()
    assert [change.engagement.owner for change in receiver.changes] == [OTHER_INDEX]


def test_a_subscriber_is_not_told_what_it_owns_itself(world: World) -> None:
    """EI-8: no loops."""
    other, portal = world.subscriber(OTHER_INDEX), world.subscriber()
    world.notify(told(owner=OTHER_INDEX))
    world.index.deliver_all()
    assert (len(other.changes), len(portal.changes)) == (0, 1)


def test_the_index_never_subscribes_to_itself(world: World) -> None:
    world.town.registered = [(INDEX.lower(), ())]
    world.index.refresh_subscribers()
    assert world.index.subscriber_status() == ()


# -- Filters


@pytest.mark.parametrize(
    ("filters", "is_told"),
    [
        ((), True),
        ([(e.DOMAIN, ())], True),
        ([(e.DOMAIN.upper(), ["BOOKING"])], True),
        ([(e.DOMAIN, ["Invitation", "Booking"])], True),
        ([(e.DOMAIN, ["Invitation"])], False),
        ([("riv:x", ["Booking"])], False),
        ([("riv:x", ()), (e.DOMAIN, ["Booking"])], True),
    ],
)
def test_filters_choose_by_domain_and_category_in_any_case_reg_4(world: World, filters: object, is_told: bool) -> None:
    receiver = world.subscriber(PORTAL, *filters)
    world.update(told())
    world.index.deliver_all()
    assert bool(receiver.changes) is is_told


def test_each_subscriber_gets_its_own_part(world: World) -> None:
    every, invitations = world.subscriber(), world.subscriber(OTHER_PORTAL, (e.DOMAIN, [e.INVITATION]))
    world.update(told(), told(categorization=e.INVITATION), told(service_domain="riv:x"))
    world.index.deliver_all()
    assert len(every.changes) == 3
    assert [one.engagement.categorization for one in invitations.changes] == [e.INVITATION]


def test_records_of_one_address_add_up() -> None:
    record = "<logicalAddressRecord><logicalAddress>{}</logicalAddress>{}</logicalAddressRecord>"
    one = "<filter><serviceDomain>a</serviceDomain></filter>"
    two = "<filter><serviceDomain>b</serviceDomain><categorization>c</categorization></filter>"
    rows = [("P1", one), ("p1", two), ("P2", one), ("P2", ""), (" ", one)]
    body = "".join(record.format(*row) for row in rows)
    listed = read_answer(xml.parse(f'<r xmlns="{ADDRESSEES}">{body}</r>'.encode()))
    assert listed == (
        notices.Subscriber("P1", (Filter("a"), Filter("b", ("c",)))),
        notices.Subscriber("P2", ()),
    )


def test_a_letter_holds_at_most_1000_changes() -> None:
    many = [told(business_object=f"B-{number}") for number in range(2001)]
    bodies = list(notices.letters(many, notices.Subscriber(PORTAL)))
    sizes = []
    for body in bodies:
        message = envelope.read(body)
        assert message.payload is not None
        assert message.logical_address == PORTAL
        sizes.append(len(codec.decode(codec.PROCESS_NOTIFICATION.request, message.payload).transactions))
    assert sizes == [1000, 1000, 1]


# -- The list


def test_the_registry_is_asked_as_its_contract_says(world: World) -> None:
    """EI-10; the town checks the messages and the header's own namespace."""
    world.subscriber()
    assert world.town.asked == [(PLATFORM, INDEX)]


def test_the_list_is_used_for_two_hours(world: World) -> None:
    world.index.tend()
    world.clock.move(seconds=7199)
    world.index.tend()
    assert len(world.town.asked) == 1
    world.clock.move(seconds=1)
    world.index.tend()
    assert len(world.town.asked) == 2


def test_a_registry_that_is_away_is_asked_again_after_five_minutes_reg_5(world: World) -> None:
    receiver = world.subscriber()
    world.town.registry_is_up = False
    world.clock.move(hours=2)
    world.index.tend()
    world.update(told())
    world.index.deliver_all()
    assert len(receiver.changes) == 1
    world.town.registry_is_up = True
    world.clock.move(seconds=299)
    world.index.tend()
    assert len(world.town.asked) == 1
    world.clock.move(seconds=1)
    world.index.tend()
    assert len(world.town.asked) == 2


def test_the_index_starts_from_the_last_good_list(world: World) -> None:
    receiver = world.subscriber(PORTAL, (e.DOMAIN, [e.BOOKING]))
    world.town.registry_is_up = False
    world.reopen()
    world.index.tend()
    world.update(told(), told(categorization=e.INVITATION))
    world.index.deliver_all()
    assert [one.engagement.categorization for one in receiver.changes] == [e.BOOKING]
    assert world.index.status().subscribers_source == "file"


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"subscribers": [1]}', '{"subscribers": null}'])
def test_a_broken_list_is_none(world: World, text: str) -> None:
    world.settings.subscribers_path.write_text(text)
    world.reopen()
    assert world.index.status().subscribers is None


def test_what_is_told_before_anybody_is_known_is_held_back_not_lost(any_world: World) -> None:
    any_world.update(told())
    any_world.notify(told(owner=OTHER_INDEX, business_object="B-2"))
    assert any_world.index.deliver_all() == 0
    any_world.reopen()
    any_world.clock.move(seconds=5)
    receiver = any_world.subscriber()
    any_world.update(told(business_object="B-3"))
    any_world.index.deliver_all()
    assert [change.engagement.business_object for change in receiver.changes] == ["B-1", "B-2", "B-3"]


def test_without_any_list_the_registry_is_asked_every_five_seconds(world: World) -> None:
    world.town.registry_is_up = False
    world.index.tend()
    world.town.registry_is_up = True
    world.clock.move(seconds=5)
    world.index.tend()
    assert world.index.status().subscribers == 0


def test_an_index_without_a_registry_has_no_subscribers(tmp_path: Path) -> None:
    with a_world(tmp_path, registry_address="") as world:
        world.update(told())
        world.index.tend()
        status = world.index.status()
        assert (status.subscribers, world.town.asked, world.index.refresh_subscribers()) == (0, [], False)


def test_a_reset_asks_the_registry_at_once(world: World) -> None:
    world.index.tend()
    world.town.registered = [(PORTAL, ())]
    with soap(world) as asked:
        assert asked.page("/skltp-ei/resetcache") == {"refreshed": True, "subscribers": 1}
        world.town.registry_is_up = False
        assert asked.page("/skltp-ei/resetcache") == {"refreshed": False, "subscribers": 1}


# -- Delivery


def test_a_letter_is_sent_until_it_is_taken_always_with_one_correlation_id(world: World) -> None:
    receiver = world.subscriber()
    seen: list[str] = []
    world.town.receivers[PORTAL.lower()] = lambda question: _deaf_at_first(question, seen, receiver)
    world.update(told())
    assert world.index.deliver_all() == 0
    assert [one.waiting for one in world.index.subscriber_status()] == [1]
    assert world.index.deliver_all() == 1
    assert len(seen) == 2
    assert len(set(seen)) == 1
    assert heard(receiver) == [(False, "B-1", "20261214081000")]


def _deaf_at_first(question: Question, seen: list[str], receiver: Receiver) -> bytes:
    seen.append(question.headers["x-skltp-correlation-id"])
    if len(seen) == 1:
        raise RuntimeError("deaf")
    return receiver.answer(question)


def test_one_subscriber_that_is_away_does_not_hold_up_another(world: World) -> None:
    broken, well = world.subscriber(), world.subscriber(OTHER_PORTAL)
    broken.refuses = "not today"
    world.update(told())
    world.update(gone())
    world.index.deliver_all()
    assert (len(broken.changes), len(well.changes)) == (0, 2)


def test_what_cannot_be_delivered_is_dead_can_be_read_and_sent_again(any_world: World) -> None:
    receiver = any_world.subscriber()
    receiver.refuses = f"not today, {ANNA.number}"
    any_world.update(told())
    any_world.update(told(business_object="B-2"))
    for _ in range(3):
        any_world.index.deliver_all()
    with soap(any_world) as asked:
        first = asked.page("/skltp-ei/deadletters")["deadLetters"][0]
        assert first == {
            "id": 1,
            "lane": PORTAL.lower(),
            "logical_address": PORTAL,
            "made_at": "2026-11-24T06:30:00+00:00",
            "dead_at": "2026-11-24T06:30:00+00:00",
            "attempts": 3,
            "last_failure": "not today, (hidden)",
        }
        (status,) = asked.page("/skltp-ei/subscriber/status")["subscribers"]
        assert status["dead"] + status["waiting"] == 2
        receiver.refuses = ""
        any_world.index.deliver_all()
        sent = asked.page("/skltp-ei/deadletters/resend")
        assert sent == {"sentAgain": status["dead"]}
        any_world.index.deliver_all()
        assert asked.page("/skltp-ei/deadletters") == {"deadLetters": []}
    assert sorted(one[1] for one in heard(receiver)) == ["B-1", "B-2"]


def test_dead_letters_of_one_subscriber_alone_may_be_sent_again(world: World) -> None:
    receivers = [world.subscriber(), world.subscriber(OTHER_PORTAL)]
    for receiver in receivers:
        receiver.refuses = "no"
    world.update(told())
    for _ in range(3):
        world.index.deliver_all()
    assert world.index.send_dead_again(OTHER_PORTAL.lower()) == 1
    assert [letter.logical_address for letter in world.index.dead_letters()] == [PORTAL]


def test_sending_again_takes_a_post(world: World) -> None:
    assert get(world.index.application, "/skltp-ei/deadletters/resend")[0] == 405
    status, body = get(world.index.application, "/skltp-ei/deadletters/resend", method="POST")
    assert (status, json.loads(body)) == (200, {"sentAgain": 0})


def test_a_queue_outlives_a_restart(any_world: World) -> None:
    receiver = any_world.subscriber()
    any_world.update(told())
    any_world.reopen()
    any_world.index.deliver_all()
    assert len(receiver.changes) == 1


def test_a_former_subscribers_queue_is_still_shown(world: World) -> None:
    receiver = world.subscriber()
    receiver.refuses = "gone for good"
    world.update(told())
    world.index.deliver_all()
    world.town.registered = []
    world.index.refresh_subscribers()
    (status,) = world.index.subscriber_status()
    assert (status.logical_address, status.is_current, status.waiting) == (PORTAL, False, 1)
    assert status.last_failure == "gone for good"


def test_a_real_subscriber_keeps_each_notice_once(world: World, tmp_path: Path) -> None:
    """The index and contracts/subscriber.py understand each other, also when a letter comes twice."""
    metadata = MetaData()
    table = notice_table(metadata)
    Table("other", metadata, Column("id", Integer, primary_key=True))
    database = Database(f"sqlite:///{tmp_path / 'portal.sqlite'}")
    metadata.create_all(database.engine)
    portal = Subscriber(database, table, world.clock)
    world.subscriber()
    world.town.receivers[PORTAL.lower()] = lambda question: [portal.answer(question), portal.answer(question)][0]
    world.update(told(), told(business_object="B-2"))
    world.index.deliver_all()
    taken: list[str] = []
    assert portal.hand_on(lambda session, notice: taken.append(notice.change.engagement.business_object)) == 2
    assert taken == ["B-1", "B-2"]
    database.close()


def test_in_the_background_letters_go_by_themselves(tmp_path: Path) -> None:
    """The keeper asks the registry, the relay delivers; nobody calls them."""
    with a_town() as (town, transport):
        arrived = threading.Event()

        def answer(question: Question) -> bytes:
            arrived.set()
            return envelope.write_response(codec.encode(e.ProcessNotificationResponse("OK")))

        town.receivers[PORTAL.lower()], town.registered = answer, [(PORTAL, ())]
        world = World(tmp_path, town, transport, SetClock())
        world.open(in_background=True)
        try:
            world.update(told())
            assert arrived.wait(30)
        finally:
            world.index.close()


# -- Two indexes


@contextmanager
def two_worlds(folder: Path) -> Iterator[tuple[World, World]]:
    """Two indexes that subscribe to each other."""
    with ExitStack() as stack:
        town, transport = stack.enter_context(a_town())
        worlds = []
        for hsa_id in (INDEX, OTHER_INDEX):
            (folder / hsa_id).mkdir(exist_ok=True)
            world = World(folder / hsa_id, town, transport, SetClock(), hsa_id=hsa_id)
            world.open()
            stack.callback(world.index.close)
            worlds.append(world)
        town.registered = [(INDEX, ()), (OTHER_INDEX, ())]
        assert all(world.index.refresh_subscribers() for world in worlds)
        yield worlds[0], worlds[1]


def test_two_indexes_that_subscribe_to_each_other_agree_and_fall_silent(tmp_path: Path) -> None:
    with two_worlds(tmp_path) as (one, other):
        one.update(told())
        other.update(told(business_object="B-2"))
        assert one.index.deliver_all() + other.index.deliver_all() == 2
        assert one.index.deliver_all() + other.index.deliver_all() == 0
        assert one.find().engagements == other.find().engagements
        assert [x.owner for x in one.find().engagements] == [INDEX, OTHER_INDEX]
        one.update(gone())
        assert one.index.deliver_all() + other.index.deliver_all() == 1
        assert one.index.deliver_all() + other.index.deliver_all() == 0
        assert pieces(other.find()) == pieces(one.find()) == [("B-2", "20261214081000")]
