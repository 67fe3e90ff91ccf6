"""Durable before the OK: the write lock, the collect queue, commits that are shared (platform.md §21.2, §21.3; EI-7)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contracts import engagements as e
from national_services.index.changes import merged
from national_services.index.faults import IndexFault
from tests.national_services.index.world import (
    INDEX,
    OTHER_INDEX,
    World,
    a_world,
    get,
    gone,
    pieces,
    soap,
    told,
)

# -- The write lock


def test_while_writing_is_locked_updates_are_taken_and_stored_in_order_afterwards(any_world: World) -> None:
    receiver = any_world.subscriber()
    with soap(any_world) as asked:
        assert asked.page("/skltp-ei/writelock/status") == {"writeLock": False}
        assert asked.page("/skltp-ei/writelock/enable") == {"writeLock": True}
        any_world.update(told())
        any_world.update(gone())
        any_world.update(told(most_recent_content="20261215081000"), told(business_object="B-2"))
        any_world.notify(told(owner=OTHER_INDEX, business_object="B-3"))
        assert pieces(any_world.find()) == []
        assert asked.page("/skltp-ei/status")["incoming"] == 4
        assert asked.page("/skltp-ei/writelock/disable") == {"writeLock": False}
    found = [("B-2", "20261214081000"), ("B-3", "20261214081000"), ("B-1", "20261215081000")]
    assert pieces(any_world.find()) == found
    assert any_world.operations() == ["new", "deleted", "new", "new", "new"]
    any_world.index.deliver_all()
    assert len(receiver.changes) == 5


def test_the_write_lock_outlives_a_restart(any_world: World) -> None:
    any_world.index.lock_writing()
    any_world.update(told())
    any_world.reopen()
    any_world.index.tend()
    any_world.update(told(business_object="B-2"))
    assert any_world.index.is_write_locked
    assert pieces(any_world.find()) == []
    any_world.index.unlock_writing()
    assert len(any_world.find().engagements) == 2


def test_what_is_refused_is_refused_under_the_write_lock_too(world: World) -> None:
    world.index.lock_writing()
    with pytest.raises(IndexFault, match="EI002"):
        world.update(told(), told())


def test_many_messages_are_drained_in_order(world: World) -> None:
    world.index.lock_writing()
    for number in range(120):
        world.update(told(most_recent_content=f"20261214{number // 60:02}{number % 60:02}00"))
    world.index.unlock_writing()
    assert pieces(world.find()) == [("B-1", "20261214015900")]
    assert world.index.status().incoming == 0


def test_the_pages_answer_a_get(world: World) -> None:
    paths = ("status", "resetcache", "subscriber/status", "writelock/enable", "writelock/status", "writelock/disable")
    for path in (*paths, "deadletters"):
        assert get(world.index.application, f"/skltp-ei/{path}")[0] == 200, path
    assert get(world.index.application, "/skltp-ei/elsewhere")[0] == 404


# -- Collecting


def test_collected_messages_are_stored_when_their_time_has_come(tmp_path: Path, database_url: str) -> None:
    with a_world(tmp_path, database_url=database_url, collect_seconds=5.0) as world:
        receiver = world.subscriber()
        world.update(told())
        world.update(told(most_recent_content="20261215081000"))
        world.clock.move(seconds=4)
        world.index.tend()
        assert pieces(world.find()) == []
        world.clock.move(seconds=1)
        world.index.tend()
        assert pieces(world.find()) == [("B-1", "20261215081000")]
        assert world.operations() == ["new"]
        world.index.deliver_all()
        assert len(receiver.changes) == 1


def test_the_tenth_message_ends_the_wait(tmp_path: Path) -> None:
    with a_world(tmp_path, collect_seconds=5.0) as world:
        for number in range(9):
            world.update(told(business_object=f"B-{number}"))
        assert pieces(world.find()) == []
        world.update(told(business_object="B-9"))
        assert len(world.find().engagements) == 10


def test_a_message_with_more_changes_does_not_overtake_what_was_collected(tmp_path: Path) -> None:
    with a_world(tmp_path, collect_seconds=5.0) as world:
        world.update(told())
        world.update(gone(), told(business_object="B-2"))
        assert pieces(world.find()) == [("B-2", "20261214081000")]
        assert world.operations() == ["new", "deleted", "new"]


def test_what_was_collected_outlives_a_restart(tmp_path: Path) -> None:
    with a_world(tmp_path, collect_seconds=5.0) as world:
        world.update(told())
        world.reopen()
        assert pieces(world.find()) == [("B-1", "20261214081000")]


def test_the_write_lock_holds_what_is_collected_too(tmp_path: Path) -> None:
    with a_world(tmp_path, collect_seconds=5.0) as world:
        world.index.lock_writing()
        for number in range(12):
            world.update(told(business_object=f"B-{number}"))
        world.clock.move(minutes=1)
        world.index.tend()
        assert pieces(world.find()) == []
        world.index.unlock_writing()
        assert len(world.find().engagements) == 12


def test_in_a_merge_a_deletion_wins() -> None:
    assert merged([told(), gone(), told()]) == (gone(),)


def test_in_a_merge_the_newest_content_wins() -> None:
    late, early = told(most_recent_content="20261215081000"), told(most_recent_content="20261214081000")
    assert merged([early, late, told(most_recent_content=None)]) == (late,)


def test_in_a_merge_of_versions_the_highest_wins() -> None:
    again = told(version=3, most_recent_content="20261201081000")
    assert merged([told(version=1), again, gone(version=2)]) == (again,)


def test_a_merge_keeps_other_keys_apart() -> None:
    assert merged([told(), told(business_object="B-2")]) == (told(), told(business_object="B-2"))


# -- Many at once


def test_calls_at_once_are_each_durable_before_their_ok(any_world: World) -> None:
    """Each thread sees its own change at once, though commits are shared."""
    receiver = any_world.subscriber()
    ready = threading.Barrier(8)

    def tell(thread: int) -> bool:
        ready.wait()
        seen = []
        for number in range(10):
            name = f"B-{thread}-{number}"
            any_world.index.update(e.Update((told(business_object=name),)), INDEX, f"c-{name}")
            question = e.FindContent(told().engagement.resident, e.DOMAIN, business_object=name)
            seen.append(len(any_world.index.find(question, "c").engagements) == 1)
        return all(seen)

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(tell, range(8)))
    assert len(any_world.find().engagements) == 80
    any_world.index.deliver_all()
    assert len({change.engagement.business_object for change in receiver.changes}) == 80


def test_of_many_who_say_the_same_at_once_one_is_news(any_world: World) -> None:
    receiver = any_world.subscriber()
    ready = threading.Barrier(8)

    def tell(number: int) -> None:
        ready.wait()
        any_world.index.update(e.Update((told(),)), INDEX, f"c-{number}")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(tell, range(8)))
    any_world.index.deliver_all()
    assert sorted(any_world.operations()) == ["new", *["same"] * 7]
    assert len(receiver.changes) == 1
