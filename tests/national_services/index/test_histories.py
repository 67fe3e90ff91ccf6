"""Random histories with repeats, late and out-of-order messages and circular notices: the index ends right
(contracts.md EI-6, EI-8, EI-9; platform.md §21.2, R4, R5)."""

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import engagements as e
from tests.national_services.index.test_subscribers import two_worlds
from tests.national_services.index.world import INDEX, OTHER_INDEX, World, a_world, gone, pieces, told

THINGS = ("B-1", "B-2", "B-3")
TIMES = ("20261214081000", "20261215081000", "20261216081000")
few = settings(max_examples=12, deadline=None)

steps = st.lists(st.tuples(st.sampled_from(THINGS), st.none() | st.sampled_from(TIMES)), min_size=1, max_size=12)
"""What a source system did, in order: each thing has a time from then on, or is gone."""


def messages(history: Sequence[tuple[str, str | None]]) -> list[e.EngagementTransaction]:
    """A history as the source system tells it, with rising versions."""
    return [
        gone(business_object=thing, version=number)
        if time is None
        else told(business_object=thing, most_recent_content=time, version=number)
        for number, (thing, time) in enumerate(history, 1)
    ]


def outcome(history: Sequence[tuple[str, str | None]]) -> list[tuple[str, str]]:
    """What is true when the history is over."""
    return sorted((thing, time) for thing, time in dict(history).items() if time is not None)


def found(world: World) -> list[tuple[str, str | None]]:
    return sorted(pieces(world.find()))


@few
@given(steps)
def test_in_order_and_without_versions_the_last_word_counts(history: list[tuple[str, str | None]]) -> None:
    with tempfile.TemporaryDirectory() as folder, a_world(Path(folder)) as world:
        for change in messages(history):
            one = change.engagement
            world.update(
                (gone if change.is_deletion else told)(
                    business_object=one.business_object, most_recent_content=one.most_recent_content
                )
            )
        assert found(world) == outcome(history)


@few
@given(steps, st.randoms(use_true_random=False), st.booleans(), st.sampled_from([0.0, 5.0]))
def test_whatever_order_versioned_messages_come_in_the_index_ends_right(
    history: list[tuple[str, str | None]], chance: random.Random, restarts: bool, collect_seconds: float
) -> None:
    """Each message comes once or more, in any order; some come back from another index as our own."""
    sent = messages(history)
    sent += [chance.choice(sent) for _ in range(4)]
    chance.shuffle(sent)
    with tempfile.TemporaryDirectory() as folder, a_world(Path(folder), collect_seconds=collect_seconds) as world:
        for number, change in enumerate(sent):
            world.update(change)
            if number == len(sent) // 2 and restarts:
                world.reopen()
        world.notify(told(owner=INDEX, business_object="B-1", most_recent_content="20270101000000", version=99))
        world.clock.move(seconds=5)
        world.index.tend()
        assert found(world) == outcome(history)


@few
@given(steps, st.randoms(use_true_random=False))
def test_a_subscriber_that_hears_every_notice_knows_what_the_index_knows(
    history: list[tuple[str, str | None]], chance: random.Random
) -> None:
    sent = messages(history) * 2
    chance.shuffle(sent)
    with tempfile.TemporaryDirectory() as folder, a_world(Path(folder)) as world:
        receiver = world.subscriber()
        for change in sent:
            world.update(change)
        world.index.deliver_all()
        known = {
            change.engagement.business_object: None if change.is_deletion else change.engagement.most_recent_content
            for change in receiver.changes
        }
        assert sorted((thing, time) for thing, time in known.items() if time is not None) == found(world)


@few
@given(steps, steps, st.randoms(use_true_random=False))
def test_two_indexes_that_subscribe_to_each_other_never_loop_and_agree(
    history: list[tuple[str, str | None]], others: list[tuple[str, str | None]], chance: random.Random
) -> None:
    """Each has a source system of its own, whose messages come late and repeated; letters go between them at any time."""
    with tempfile.TemporaryDirectory() as folder, two_worlds(Path(folder)) as (one, other):
        sent = [(one, change) for change in messages(history) * 2]
        sent += [(other, change) for change in messages([(f"{thing}-x", time) for thing, time in others]) * 2]
        chance.shuffle(sent)
        for world, change in sent:
            world.update(change)
            if chance.random() < 0.3:
                world.index.deliver_all()
        rounds = 0
        while one.index.deliver_all() + other.index.deliver_all():
            rounds += 1
            assert rounds <= 2, "the indexes keep telling each other the same"
        assert found(one) == found(other)
        expected = outcome(history) + [(f"{thing}-x", time) for thing, time in outcome(others)]
        assert found(one) == sorted(expected)
        owners = {x.business_object[-2:] == "-x": x.owner for x in one.find().engagements}
        assert owners.get(False, INDEX) == INDEX
        assert owners.get(True, OTHER_INDEX) == OTHER_INDEX
