"""Waiting for free times: what citizens wait for, looking for it, and telling them.

A watch remembers which times were there when it was last looked at, by their starts; those that have come since are
told of in a letter, once. It is looked at when a booking at its clinic is gone, and every so often, for times also come
in other ways. Nobody's time is held: whoever books first has it. A watch ends when its last day is over, when its
citizen books a time of the kind, and when he says so.
Elsewhere: the pages (watches.py), the letter and its notice (letters.py), who hears of bookings that are gone
(engagements.py).
Source: domain.md §5.4 ("bevaka tider"), §5.9.
"""

import logging
import secrets
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from contracts import scheduling as s
from contracts.database import hold
from contracts.identifiers import HsaId
from contracts.periodic import Periodic
from contracts.times import SWEDEN
from eservice import letters
from eservice.models import WatchRow
from eservice.people import Person
from eservice.platform import Wish
from eservice.wording import texts_in

if TYPE_CHECKING:
    from eservice.app import EService

log = logging.getLogger(__name__)

MOST = 5
"""How many watches one person may have at a time."""
LOOK_SECONDS = 60.0
"""How often all watches are looked at."""
KEPT_ENDED = timedelta(days=30)
"""How long a watch that has ended is kept."""
_SIDE_BY_SIDE = 4  # questions at a time, so that citizens' own have room
_WAIT_SECONDS = 30.0


class TooMany(Exception):
    """The person has as many watches as there may be."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody waits for at a clinic, between two days, both included."""

    clinic: HsaId
    wish: Wish
    time_type_name: str
    performer_name: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Watch:
    """A watch that has not ended. `news` are the starts of its last letter that were still free at the last look."""

    id: str
    owner: str = field(repr=False)
    wanted: Wanted
    news: tuple[datetime, ...] = ()


class Watches:
    """All watches of an e-service. `open` begins to look for them, `close` ends that."""

    def __init__(self, eservice: "EService") -> None:
        self._eservice = eservice
        self._periodic = Periodic("eservice-watches", lambda: self.look(eservice.clock()), LOOK_SECONDS)
        self._looker: ThreadPoolExecutor | None = None
        self._freed: set[HsaId] = set()
        self._lock = threading.Lock()

    def open(self) -> None:
        self._looker = ThreadPoolExecutor(1, thread_name_prefix="eservice-looks")
        self._periodic.open()

    def close(self) -> None:
        self._periodic.close()
        with self._lock:
            looker, self._looker = self._looker, None
        if looker is not None:
            looker.shutdown()

    # -- What somebody waits for

    def begin(self, owner: Person, citizen: Person, wanted: Wanted) -> str:
        """Wait from now on; the watch's id. One for the same wish takes the older one's place.

        Raises TooMany, and NotReached when the times that are there now cannot be read.
        """
        seen = _starts(self._ask(owner, wanted))
        now, wish = self._eservice.clock(), _written(wanted)
        with self._eservice.database.writing() as session:
            hold(session, f"watches of {owner.number}")
            open_ones = session.scalars(_open().where(WatchRow.owner == owner.number)).all()
            same = [one for one in open_ones if (HsaId(one.clinic), one.wanted) == (wanted.clinic, wish)]
            if len(open_ones) - len(same) >= MOST:
                raise TooMany
            for one in same:
                one.ended_at = now
            row = WatchRow(
                id=secrets.token_urlsafe(12),
                owner=owner.number,
                citizen=citizen.number,
                clinic=wanted.clinic.text,
                wanted=wish,
                first_day=wanted.first_day,
                last_day=wanted.last_day,
                told={"seen": seen, "looks": 0},
                looked_at=now,
            )
            session.add(row)
        return row.id

    def of(self, owner: Person) -> tuple[Watch, ...]:
        """The person's watches, those that end first before others."""
        mine = _open().where(WatchRow.owner == owner.number, WatchRow.last_day >= self._today())
        with self._eservice.database.reading() as session:
            return tuple(map(_watch, session.scalars(mine.order_by(WatchRow.last_day, WatchRow.id))))

    def find(self, owner: Person, name: str) -> Watch | None:
        """The person's watch of that id; None for one that has ended, and for another's."""
        found = next((one for one in self.of(owner) if one.id == name), None)
        if found is None:
            with self._eservice.database.reading() as session:
                _is_owned(session.get(WatchRow, name), owner)
        return found

    def end(self, owner: Person, name: str) -> bool:
        """End a watch; False when the person has none of that id."""
        with self._eservice.database.writing() as session:
            row = session.get(WatchRow, name)
            if row is None or not _is_owned(row, owner) or row.ended_at is not None:
                return False
            row.ended_at = self._eservice.clock()
        return True

    def end_fulfilled(
        self, session: Session, owner: str, clinics: Collection[HsaId], time_type: str | None, booking_id: str | None
    ) -> None:
        """End, in the caller's transaction, what has been had: watches of the kind at these clinics, and those for
        another time in the place of this booking or invitation."""
        for row in session.scalars(_open().where(WatchRow.owner == owner)):
            wish = row.wanted
            is_had = wish.get("booking_id") == booking_id if wish.get("booking_id") else wish["time_type"] == time_type
            if is_had and HsaId(row.clinic) in clinics:
                row.ended_at = self._eservice.clock()

    # -- Looking

    def freed(self, clinic: HsaId) -> None:
        """A booking at the clinic is gone: look soon, in a thread of our own. Quick, and may be called within somebody
        else's transaction."""
        with self._lock:
            if self._looker is not None and clinic not in self._freed:
                self._freed.add(clinic)
                self._looker.submit(self._look_at, clinic)

    def settle(self) -> None:
        """Wait until everything that `freed` asked for has been looked at."""
        with self._lock:
            waiting = None if self._looker is None else self._looker.submit(lambda: None)
        if waiting is not None:
            waiting.result()

    def look(self, now: datetime, clinic: HsaId | None = None) -> int:
        """End what is over, and look for what is not, at one clinic or all; how many letters were written."""
        self._end_old(now)
        with self._eservice.database.reading() as session:
            rows = [one for one in session.scalars(_open()) if clinic is None or HsaId(one.clinic) == clinic]
        batches = (rows[at : at + _SIDE_BY_SIDE] for at in range(0, len(rows), _SIDE_BY_SIDE))
        return sum(self._look_for(batch, now) for batch in batches)

    def _look_at(self, clinic: HsaId) -> None:
        with self._lock:
            self._freed.discard(clinic)  # what is freed from here on is looked at once more
        try:
            self.look(self._eservice.clock(), clinic)
        except Exception as error:  # whoever asked has gone on, and all is looked at again before long
            log.error("watch_look_failed: %s", type(error).__name__, extra={"logical_address": clinic.text})

    def _end_old(self, now: datetime) -> None:
        with self._eservice.database.writing() as session:
            for row in session.scalars(_open().where(WatchRow.last_day < now.astimezone(SWEDEN).date())):
                row.ended_at = now
            session.execute(delete(WatchRow).where(WatchRow.ended_at < now - KEPT_ENDED))

    def _look_for(self, rows: Sequence[WatchRow], now: datetime) -> int:
        """Ask for what several watches want, side by side; clinics that do not answer are asked next time."""
        owners = [(row, self._eservice.people.person(row.owner)) for row in rows]
        asked = [(row, who) for row, who in owners if who is not None and self._is_open(row, who)]
        asks = [partial(self._ask, who, _watch(row).wanted) for row, who in asked]
        answers = zip(asked, self._eservice.platform.those_that_answer(asks, _WAIT_SECONDS), strict=True)
        return sum(self._tell(row, found, now) for (row, _), found in answers if found is not None)

    def _is_open(self, row: WatchRow, owner: Person) -> bool:
        """Whether the citizen could book what is found: nobody is told of what is closed to him."""
        clinic = self._eservice.clinics.clinic(HsaId(row.clinic))
        moves = row.wanted.get("booking_id") is not None
        return clinic is not None and clinic.is_open("booked" if moves else "book", owner, self._today())

    def _ask(self, owner: Person, wanted: Wanted) -> tuple[s.Timeslot, ...]:
        first = max(wanted.first_day, self._today())
        if first > wanted.last_day:
            return ()
        return self._eservice.platform.times(wanted.clinic, owner, wanted.wish, first, wanted.last_day).timeslots

    def _tell(self, row: WatchRow, found: Iterable[s.Timeslot], now: datetime) -> bool:
        """Remember what is there now, and write a letter about what was not there at the last look.

        Whoever looks at the same time as another writes nothing: the look that was counted first has told it all.
        """
        with self._eservice.database.writing() as session:
            kept = session.get(WatchRow, row.id, with_for_update=True)
            if kept is None or kept.ended_at is not None or kept.told["looks"] != row.told["looks"]:
                return False
            slots = {start: one for one in found for start in _starts([one])}
            news = [start for start in sorted(slots) if start not in set(kept.told["seen"])]
            told = {"seen": sorted(slots), "looks": kept.told["looks"] + 1, "news": news or kept.told.get("news", [])}
            kept.told, kept.looked_at = told, now
            if news:
                self._write(session, kept, [slots[start] for start in news], now)
        return bool(news)

    def _write(self, session: Session, row: WatchRow, news: Sequence[s.Timeslot], now: datetime) -> None:
        """A letter about the first of the new times, which says how many more there are, and a notice of it."""
        t, clinic = texts_in("sv"), HsaId(row.clinic)
        text = t("watch.letter") if len(news) == 1 else t("watch.letter_more", number=len(news) - 1)
        told = letters.told_of(news[0], self._eservice.clinics.clinic(news[0].healthcare_facility), text)
        told |= {"time_type": told["time_type"] or row.wanted["time_type_name"], "watch": row.id}
        key = f"watch:{row.id}:{row.told['looks']}"
        owner = self._eservice.people.person(row.owner)
        if owner is not None:
            letter = letters.NewLetter(owner, "freed", clinic, "", told, key)
            letters.write(self._eservice, session, letter, letters.readers_of(self._eservice, owner))

    def _today(self) -> date:
        return self._eservice.clock().astimezone(SWEDEN).date()


def _is_owned(row: WatchRow | None, owner: Person) -> bool:
    """Whether the watch is the person's; that it is another's is logged."""
    if row is not None and row.owner != owner.number:
        log.warning("watch_of_another_refused", extra={"logical_address": row.clinic})
    return row is not None and row.owner == owner.number


def _open() -> Any:
    return select(WatchRow).where(WatchRow.ended_at.is_(None))


def _starts(slots: Iterable[s.Timeslot]) -> list[str]:
    """The starts of free times, each once: another chair or another person at the same moment is no news."""
    return sorted({one.start.astimezone(SWEDEN).isoformat() for one in slots if one.start is not None})


def _written(wanted: Wanted) -> dict[str, Any]:
    wish = wanted.wish
    return {
        "time_type": wish.time_type,
        "time_type_name": wanted.time_type_name,
        "care_type": wish.care_type,
        "performer": wish.performer.text if wish.performer else None,
        "performer_name": wanted.performer_name,
        "booking_id": wish.booking_id,
    }


def _watch(row: WatchRow) -> Watch:
    told: Mapping[str, Any] = row.wanted
    performer = HsaId(told["performer"]) if told["performer"] else None
    wish = Wish(told["time_type"], told["care_type"], performer, told["booking_id"])
    names = told["time_type_name"], told["performer_name"]
    wanted = Wanted(HsaId(row.clinic), wish, *names, row.first_day, row.last_day)
    news = [one for one in row.told.get("news", ()) if one in row.told["seen"]]
    return Watch(row.id, row.owner, wanted, tuple(datetime.fromisoformat(one).astimezone(SWEDEN) for one in news))
