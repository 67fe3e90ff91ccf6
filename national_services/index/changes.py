"""What a change does to an entry of the index, and which of several changes counts.

Pure: what is there, what was told, and the moment go in; what is there afterwards and what became of it come out.
Without versions the last that is told counts, as in the real index. A change with a version counts only when it is
higher than the highest that has been seen for its key, also when the entry is gone by then: late and repeated messages
change nothing.
Source: platform.md §21.2; contracts.md EI-3, EI-4, EI-6.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from contracts.engagement_codec import version_of
from contracts.engagements import Engagement, EngagementTransaction
from contracts.times import format_ts, parse_ts
from national_services.index.keys import key_of

Operation = Literal["new", "changed", "deleted", "same", "ignored"]
"""What became of a change. same: it told what was known; ignored: it came too late, or had gone in a circle."""
Kind = Literal["update", "notification"]


@dataclass(frozen=True, slots=True)
class Told:
    """A message that the index has taken: an Update, its owner stamped, or a ProcessNotification."""

    kind: Kind
    transactions: tuple[EngagementTransaction, ...] = field(repr=False)
    correlation_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """An engagement as it is kept."""

    key: bytes
    resident: str = field(repr=False)
    service_domain: str
    categorization: str
    logical_address: str
    business_object: str
    clinical_process: str
    most_recent_content: str | None
    source_system: str
    data_controller: str
    owner: str
    created_at: datetime
    updated_at: datetime
    version: int | None = None

    def row(self) -> dict[str, Any]:
        """The entry's fields by their names."""
        return {name: getattr(self, name) for name in self.__slots__}

    def engagement(self) -> Engagement:
        """The entry as answers and notices have it; the times are set by the index (EI-4)."""
        return Engagement(
            resident=self.resident,
            service_domain=self.service_domain,
            categorization=self.categorization,
            logical_address=self.logical_address,
            business_object=self.business_object,
            clinical_process=self.clinical_process,
            most_recent_content=self.most_recent_content,
            source_system=self.source_system,
            creation_time=format_ts(self.created_at),
            update_time=format_ts(self.updated_at),
            data_controller=self.data_controller,
            owner=self.owner,
        )


@dataclass(frozen=True, slots=True)
class State:
    """What is known of a key: its entry, if there is one, and the highest version that has been seen."""

    entry: Entry | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What is known afterwards, and what became of the change. `notice` is what subscribers are to be told, if they
    are: the change as it came, with its times filled in."""

    state: State
    operation: Operation
    notice: EngagementTransaction | None = None


def decide(state: State, told: EngagementTransaction, now: datetime) -> Decision:
    """What a change does to its key. Notices are for what was deleted, is new, or has another mostRecentContent."""
    version = version_of(told.engagement)
    if version is not None and state.version is not None and version <= state.version:
        return Decision(state, "ignored")
    highest = state.version if version is None else version
    entry = state.entry
    if told.is_deletion:
        if entry is None:
            return Decision(State(None, highest), "same")
        return Decision(State(None, highest), "deleted", _notice(told, entry.created_at, now))
    if entry is None:
        fresh = _entry(told.engagement, now, highest)
        return Decision(State(fresh, highest), "new", _notice(told, fresh.created_at, now))
    if entry.most_recent_content == told.engagement.most_recent_content:
        return Decision(State(replace(entry, version=highest), highest), "same")
    changed = replace(entry, most_recent_content=told.engagement.most_recent_content, updated_at=now, version=highest)
    return Decision(State(changed, highest), "changed", _notice(told, entry.created_at, now))


def merged(changes: Iterable[EngagementTransaction]) -> tuple[EngagementTransaction, ...]:
    """One change for each key. Of two with versions the higher one counts; else a deletion wins, else the newest
    mostRecentContent, and of equals the last that was told."""
    chosen: dict[bytes, EngagementTransaction] = {}
    for change in changes:
        key = key_of(change.engagement)
        before = chosen.get(key)
        if before is None or not _outdoes(before, change):
            chosen[key] = change
    return tuple(chosen.values())


def _outdoes(before: EngagementTransaction, change: EngagementTransaction) -> bool:
    versions = version_of(before.engagement), version_of(change.engagement)
    if versions[0] is not None and versions[1] is not None:
        return versions[0] >= versions[1]
    if before.is_deletion or change.is_deletion:
        return not change.is_deletion
    return (before.engagement.most_recent_content or "") > (change.engagement.most_recent_content or "")


def _entry(one: Engagement, now: datetime, version: int | None) -> Entry:
    return Entry(
        key=key_of(one),
        resident=one.resident.upper(),
        service_domain=one.service_domain,
        categorization=one.categorization,
        logical_address=one.logical_address,
        business_object=one.business_object,
        clinical_process=one.clinical_process,
        most_recent_content=one.most_recent_content,
        source_system=one.source_system,
        data_controller=one.data_controller,
        owner=one.owner or "",
        created_at=parse_ts(one.creation_time) if one.creation_time else now,
        updated_at=now,
        version=version,
    )


def _notice(told: EngagementTransaction, created_at: datetime, now: datetime) -> EngagementTransaction:
    one = replace(told.engagement, creation_time=format_ts(created_at), update_time=format_ts(now))
    return replace(told, engagement=one)
