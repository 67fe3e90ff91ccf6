"""What the index keeps of what it is told, and finds again (platform.md §21.2; contracts.md EI-1 to EI-7)."""

from dataclasses import replace

import pytest

from contracts import engagements as e
from contracts.engagement_codec import version_of
from contracts.engagements import NOT_APPLICABLE
from national_services.index.keys import key_of, with_version
from tests.national_services.index.world import (
    CLINIC,
    INDEX,
    OTHER_INDEX,
    SYSTEM,
    World,
    an_engagement,
    gone,
    pieces,
    told,
)
from tests.people import ANNA, BERTIL, RESERV


def test_row_69_what_is_told_is_found_and_is_gone_when_deleted(any_world: World) -> None:
    """platform.md §24 row 69; EI-7."""
    any_world.update(told())
    assert pieces(any_world.find()) == [("B-1", "20261214081000")]
    any_world.update(gone())
    assert pieces(any_world.find()) == []


def test_the_index_owns_what_it_is_told_and_says_when_r6(any_world: World) -> None:
    any_world.update(told(owner=OTHER_INDEX, creation_time=None))
    any_world.clock.move(hours=1)
    any_world.update(told(most_recent_content="20261215081000"))
    (one,) = any_world.find().engagements
    assert one == an_engagement(
        most_recent_content="20261215081000",
        owner=INDEX,
        creation_time="20261124073000",
        update_time="20261124083000",
    )


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("categorization", e.INVITATION),
        ("logical_address", "SE2321009991-1A01"),
        ("business_object", "B-2"),
        ("clinical_process", "42"),
        ("source_system", "SE2321009991-TC01"),
        ("data_controller", "SE5560000000"),
    ],
)
def test_each_part_of_the_key_tells_two_entries_apart(world: World, part: str, other: str) -> None:
    """EI-1."""
    world.update(told(), told(**{part: other}))
    assert len(world.find().engagements) == 2
    assert [getattr(one, part) for one in world.find(**{part: other}).engagements] == [other]


def test_hsa_ids_and_the_citizens_letters_are_one_in_any_case(world: World) -> None:
    """platform.md §21.4; contracts.md G-8."""
    lettered = RESERV.number[:8] + "t" + RESERV.number[9:]
    world.update(told(resident=lettered), told(resident=RESERV.number))
    world.update(gone(resident=lettered.upper(), logical_address=CLINIC.lower(), source_system=SYSTEM.lower()))
    assert world.operations() == ["new", "new", "deleted"]
    assert pieces(world.find(resident=RESERV.number, logical_address=CLINIC.lower())) == [("B-1", "20261214081000")]


def test_a_part_without_value_counts_as_na_in_the_key() -> None:
    assert key_of(an_engagement(clinical_process="")) == key_of(an_engagement(clinical_process=NOT_APPLICABLE))


def test_a_deletion_takes_one_entry_alone_ei_3(world: World) -> None:
    world.update(told(), told(business_object="B-2"), told(resident=BERTIL.number))
    world.update(gone())
    assert pieces(world.find()) == [("B-2", "20261214081000")]
    assert len(world.find(resident=BERTIL.number).engagements) == 1


def test_most_recent_content_means_at_or_after(world: World) -> None:
    world.update(
        told(business_object="B-1", most_recent_content="20261214081000"),
        told(business_object="B-2", most_recent_content="20261214081001"),
        told(business_object="B-3", most_recent_content="20261214080959"),
        told(business_object="B-4", most_recent_content=None),
    )
    found = world.find(most_recent_content="20261214081000")
    assert [one.business_object for one in found.engagements] == ["B-1", "B-2"]


def test_owner_and_source_limit_an_answer(world: World) -> None:
    world.update(told())
    assert len(world.find(owner=INDEX, source_system=SYSTEM).engagements) == 1
    assert pieces(world.find(owner=OTHER_INDEX)) == []
    assert pieces(world.find(source_system="SE2321009991-TC01")) == []


def test_another_domain_is_not_found(world: World) -> None:
    world.update(told())
    assert pieces(world.find(service_domain="riv:clinicalprocess:healthcond:description")) == []


def test_a_call_is_stored_whole_ei_7(any_world: World) -> None:
    any_world.update(*(told(business_object=f"B-{number:04}") for number in range(1000)))
    assert len(any_world.find().engagements) == 1000
    any_world.update(*(gone(business_object=f"B-{number:04}") for number in range(999)))
    assert [one.business_object for one in any_world.find().engagements] == ["B-0999"]


# -- Late and out of order


def test_a_change_with_a_version_that_is_not_higher_is_acknowledged_and_ignored(any_world: World) -> None:
    any_world.update(told(version=2, most_recent_content="20261215081000"))
    any_world.update(told(version=1))
    any_world.update(told(version=2))
    assert pieces(any_world.find()) == [("B-1", "20261215081000")]
    assert any_world.operations() == ["new", "ignored", "ignored"]


def test_a_deleted_entry_does_not_come_back_by_what_is_late(any_world: World) -> None:
    any_world.update(told(version=1))
    any_world.update(gone(version=3))
    any_world.update(told(version=2))
    assert pieces(any_world.find()) == []
    any_world.update(told(version=4))
    assert pieces(any_world.find()) == [("B-1", "20261214081000")]


def test_a_deletion_that_overtakes_its_entry_is_remembered(any_world: World) -> None:
    any_world.update(gone(version=2))
    any_world.update(told(version=1))
    assert pieces(any_world.find()) == []
    assert any_world.operations() == ["same", "ignored"]


def test_without_versions_the_last_word_counts(world: World) -> None:
    world.update(told(version=7))
    world.update(told(most_recent_content="20261201080000"))
    assert pieces(world.find()) == [("B-1", "20261201080000")]
    world.update(told(version=7))
    assert pieces(world.find()) == [("B-1", "20261201080000")]  # what had been seen is not forgotten


def test_old_tombstones_are_forgotten(world: World) -> None:
    world.update(gone(version=2))
    world.clock.move(days=401)
    world.index.tend()
    world.update(told(version=1))
    assert pieces(world.find()) == [("B-1", "20261214081000")]


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "", "9" * 19, "9" * 30, "١"])
def test_what_is_no_version_counts_as_none(text: str) -> None:
    one = an_engagement(extensions=(f'<version xmlns="urn:tidbro:engagementindex:1">{text}</version>'.encode(),))
    assert version_of(one) is None


def test_other_elements_are_no_version() -> None:
    assert version_of(with_version(an_engagement(extensions=(b'<version xmlns="urn:x">9</version>',)), 5)) == 5


# -- From other indexes


def theirs(**changes: object) -> e.EngagementTransaction:
    return told(owner=OTHER_INDEX, **changes)


def test_a_notice_is_stored_with_its_senders_owner(any_world: World) -> None:
    any_world.notify(theirs(creation_time="20261101080000"))
    (one,) = any_world.find().engagements
    assert (one.owner, one.creation_time, one.update_time) == (OTHER_INDEX, "20261101080000", "20261124073000")


def test_a_notice_of_our_own_is_dropped_r4(world: World) -> None:
    receiver = world.subscriber()
    world.notify(told(owner=INDEX.lower()))
    world.index.deliver_all()
    assert (pieces(world.find()), receiver.changes, world.operations()) == ([], [], ["ignored"])


def test_what_another_owns_now_is_no_longer_ours_r5(any_world: World) -> None:
    any_world.update(told())
    any_world.notify(theirs())
    assert [one.owner for one in any_world.find().engagements] == [OTHER_INDEX]


def test_another_owners_deletion_leaves_ours(world: World) -> None:
    """A thing that has moved here: its former index says that it is gone there."""
    world.notify(theirs())
    world.update(told())
    world.notify(replace(gone(), engagement=replace(gone().engagement, owner=OTHER_INDEX)))
    assert [one.owner for one in world.find().engagements] == [INDEX]


# -- Events


def test_the_latest_events_say_what_became_of_each_change(world: World) -> None:
    world.update(told())
    world.update(told())
    world.update(told(most_recent_content="20261215081000"))
    world.update(gone())
    world.update(gone())
    assert world.operations() == ["new", "same", "changed", "deleted", "same"]
    last, *_, first = world.index.events()
    assert (first.is_notified, last.is_notified) == (True, False)
    assert (first.kind, first.source_system, first.logical_address) == ("update", SYSTEM, CLINIC)
    assert (first.categorization, first.business_object, first.resident) == (e.BOOKING, "B-1", ANNA.number)
    assert ANNA.number not in repr(first)


def test_only_so_many_events_are_kept(world: World) -> None:
    world.reopen(events_kept=3)
    world.update(*(told(business_object=f"B-{number}") for number in range(5)))
    world.update(told(business_object="B-5"))
    assert [one.business_object for one in world.index.events()] == ["B-5", "B-4", "B-3"]
