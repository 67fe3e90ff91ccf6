"""What the page at `/` shows of the index: a demo person's entries, what each event wrote, what the subscriber heard.

Pure: from the index's answers to rows of Swedish text. People are chosen by their place in the demo's list, so that no
address of a page holds a number; of anybody who is not of the demo no name is shown.
Elsewhere: the index (national_services/index), the page (home.py), its words (texts_sv.toml).
Source: domain.md §10.4; contracts.md §7.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from contracts import engagements as e
from contracts.subscriber import Notice
from contracts.times import SWEDEN, parse_ts
from national_services.index.find import Event
from tidbro.demo_people import Citizen, by_number
from webpages import show


@dataclass(frozen=True, slots=True)
class Choice:
    """Somebody whose entries can be shown; `place` is their place in the list."""

    place: int
    name: str = field(repr=False)
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry of the index, in words."""

    category: str
    clinic: str
    when: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """What became of one message, in words."""

    at: str
    citizen: str = field(repr=False)
    category: str
    clinic: str
    source: str
    became: str


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """What the subscriber was told, in words."""

    at: str
    citizen: str = field(repr=False)
    category: str
    clinic: str
    told: str


@dataclass(frozen=True, slots=True)
class IndexView:
    """The index as the page shows it."""

    people: tuple[Choice, ...]
    entries: tuple[EntryRow, ...]
    events: tuple[EventRow, ...]
    notices: tuple[NoticeRow, ...]


def index_view(
    people: tuple[Citizen, ...],
    chosen: int,
    entries: Iterable[e.Engagement],
    events: Iterable[Event],
    notices: Iterable[Notice],
    clinics: Mapping[str, str],
    texts: Mapping[str, str],
) -> IndexView:
    """The view of the person at the place `chosen`; `clinics` are names by logical address in lower case."""

    def clinic(address: str) -> str:
        return clinics.get(address.lower(), address)

    def category(name: str) -> str:
        return texts.get(f"category_{name.lower()}", name)

    return IndexView(
        people=tuple(Choice(place, name_of(one), place == chosen) for place, one in enumerate(people)),
        entries=tuple(
            EntryRow(category(one.categorization), clinic(one.logical_address), _when(one, texts)) for one in entries
        ),
        events=tuple(
            EventRow(
                _moment(one.at),
                _citizen(one.resident),
                category(one.categorization),
                clinic(one.logical_address),
                texts.get(f"source_{one.source_system.rpartition('-')[2].lower()}", one.source_system),
                texts[f"became_{one.operation}"],
            )
            for one in events
        ),
        notices=tuple(
            NoticeRow(
                _moment(one.received_at),
                _citizen(one.change.engagement.resident),
                category(one.change.engagement.categorization),
                clinic(one.change.engagement.logical_address),
                texts["told_gone" if one.change.is_deletion else "told_there"],
            )
            for one in notices
        ),
    )


def name_of(citizen: Citizen) -> str:
    return f"{citizen.contact.first_name} {citizen.contact.last_name}"


def _citizen(number: str) -> str:
    known = by_number().get(number)
    return "–" if known is None else name_of(known)


def _when(one: e.Engagement, texts: Mapping[str, str]) -> str:
    """When it is; an open invitation has only the day that it was made."""
    if one.most_recent_content is None:
        return "–"
    moment = parse_ts(one.most_recent_content)
    if one.categorization == e.INVITATION and one.most_recent_content.endswith("000000"):
        return f"{texts['invited_on']} {show.day(moment.date())}"
    return show.moment(moment)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(SWEDEN):%Y-%m-%d %H.%M.%S}"
