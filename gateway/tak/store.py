"""The catalogue as it is kept: pending changes, and the published versions that the services and the gateway read.

A user's changes stay pending, seen by nobody's services, until that user publishes: then they, and only they, are put
on top of the latest version's snapshot and become the next version. The latest version can be taken back; its changes
are then pending again, owned by whoever published it. Old versions stay as they were.
One publication runs at a time, by a lock in the database that a killed process loses after ten minutes; the number of
a version taken back is not used again, for somebody may have loaded it.
Elsewhere: changing rows (editing.py), whether a version is whole (quality.py), its documents (published_json.py).
Source: platform.md §20.1, §20.2, §20.3.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import CursorResult, Select, or_, select, update
from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from contracts.times import SWEDEN, Clock, system_clock
from gateway.tak import published_json, rules
from gateway.tak.database import Database
from gateway.tak.editing import Editing
from gateway.tak.entities import KINDS, Base, EntityRow, LockRow, PubVersionRow, SettingRow
from gateway.tak.importing import import_into
from gateway.tak.publication import Publication
from gateway.tak.published_json import Document, Lists
from gateway.tak.quality import errors_of
from gateway.tak.refusals import (
    CatalogueRefused,
    CatalogueStoreUnusable,
    ChangedMeanwhile,
    EntityMissing,
    EntityRefused,
    PublicationRefused,
    PublicationRunning,
)
from gateway.tak.snapshot import TakSnapshot

LOCK = "PubVersion"
_LOCK_IS_LOST_AFTER = timedelta(minutes=10)
_SCHEMA_SETTING = "tidbro.schema"
_SCHEMA = "1"


@dataclass(frozen=True, slots=True)
class Version:
    """A published version as the history lists it; `size` is that of its compressed snapshot, in bytes."""

    number: int
    published_at: datetime
    publisher: str
    comment: str
    size: int


@dataclass(frozen=True, slots=True)
class Pending:
    """One change that is not published. `happening` is created, changed or deleted."""

    number: int
    noun: str
    key: str
    happening: str
    owner: str
    at: datetime | None


@dataclass(frozen=True)
class Preview:
    """What publishing would give now: the changes, what is wrong with them, and the version, if it is whole."""

    pending: tuple[Pending, ...]
    errors: tuple[str, ...]
    publication: Publication | None


class Store:
    """One catalogue in a database. Making one connects to nothing; `open` makes the tables that are missing."""

    def __init__(self, url: str, clock: Clock = system_clock) -> None:
        self._database = Database(url)
        self._clock = clock

    def open(self) -> None:
        """Raises CatalogueStoreUnusable for a database that cannot be reached, or is of another version."""
        with suppress(OSError):  # then the database itself says what is wrong
            self._database.make_private()
        try:
            with self._database.writing() as session:
                Base.metadata.create_all(session.connection())
                schema = session.get(SettingRow, _SCHEMA_SETTING)
                if schema is None:
                    session.add_all((SettingRow(name=_SCHEMA_SETTING, value=_SCHEMA), LockRow(name=LOCK)))
                elif schema.value != _SCHEMA:
                    raise CatalogueStoreUnusable(f"The catalogue is of version {schema.value}; this is {_SCHEMA}.")
        except SQLAlchemyError as error:
            raise CatalogueStoreUnusable(f"The catalogue's database cannot be used: {_kind(error)}.") from None

    def close(self) -> None:
        self._database.close()

    # -- Reading what is published

    def current(self) -> Publication | None:
        """The latest version; None when nothing is published."""
        with self._database.reading() as session:
            latest = _latest(session)
            return None if latest is None else _publication(latest)

    def publication(self, version: int) -> Publication:
        """One version. Raises EntityMissing."""
        return published_json.read(published_json.unpack(self.download(version)))

    def download(self, version: int) -> bytes:
        """The snapshot of a version as it is kept, `PubVersion-<version>.json.gzip`. Raises EntityMissing."""
        with self._database.reading() as session:
            row = session.get(PubVersionRow, version)
            if row is None:
                raise EntityMissing(f"There is no published version {version}.")
            return row.snapshot

    def history(self) -> tuple[Version, ...]:
        """Every version, the latest first."""
        asked = select(
            PubVersionRow.id,
            PubVersionRow.published_at,
            PubVersionRow.publisher,
            PubVersionRow.comment,
            PubVersionRow.size,
        )
        with self._database.reading() as session:
            rows = session.execute(asked.order_by(PubVersionRow.id.desc())).all()
        return tuple(Version(row[0], row[1].astimezone(SWEDEN), *row[2:]) for row in rows)

    # -- Reading what is pending

    def pending(self, user: str | None = None) -> tuple[Pending, ...]:
        """The changes that wait for their owner to publish them; of one user, or of all."""
        with self._database.reading() as session:
            return tuple(_told(row) for row in _pending(session, user))

    def working_copy(self) -> Publication:
        """Everything as it would stand if all that is pending were published now."""
        with self._database.reading() as session:
            lists = {
                kind.list_name: [row.item(row.pub_version or 0) for row in session.scalars(_live(kind))]
                for kind in KINDS
            }
        return published_json.read(published_json.framed(lists, 0, self._clock(), "", ""))

    def preview(self, user: str) -> Preview:
        """What publishing would give this user now."""
        with self._database.reading() as session:
            rows = _pending(session, user)
            latest = _latest(session)
            lists = _applied(latest, rows, (latest.id if latest else 0) + 1)
            errors = errors_of(lists)
            told = tuple(_told(row) for row in rows)
        if errors:
            return Preview(told, errors, None)
        document = published_json.framed(lists, (latest.id if latest else 0) + 1, self._clock(), user, "")
        return Preview(told, (), published_json.read(document))

    # -- Changing

    @contextmanager
    def editing(self, user: str, whole: bool = False) -> Iterator[Editing]:
        """A transaction of one user's changes: all of them, or none when the block raises.

        Raises ChangedMeanwhile when somebody else changed a row first, EntityRefused for a key that is taken.
        """
        try:
            with self._database.writing() as session:
                yield Editing(session, user, self._clock(), whole)
        except StaleDataError:
            raise ChangedMeanwhile("Something has been changed meanwhile; look at it again.") from None
        except IntegrityError:
            raise EntityRefused("Something of that key is there already, or is still used.") from None
        except OperationalError as error:
            raise CatalogueStoreUnusable(f"The catalogue's database cannot be used: {_kind(error)}.") from None

    @contextmanager
    def trying(self, user: str) -> Iterator[Editing]:
        """The same, but nothing of it is kept: for showing what would happen."""
        with self._database.trying() as session:
            yield Editing(session, user, self._clock())

    # -- Publishing

    def publish(self, user: str, comment: str = "") -> Publication:
        """Make the user's pending changes the next version.

        Raises PublicationRunning while another publication runs, PublicationRefused when nothing is pending or the
        version would not be whole; then nothing has changed.
        """
        rules.demanded("name of the user", user)
        rules.described("comment", comment)
        with self.publication_lock() as token, self._database.writing() as session:
            rows, latest = _pending(session, user), _latest(session)
            if not rows:
                raise PublicationRefused(f"Nothing that {user} has changed is pending.")
            if errors := errors_of(_applied(latest, rows, 0)):
                raise PublicationRefused(" ".join(errors))
            document = self._kept(session, user, comment, rows, latest)
            if not _let_go(session, token):
                raise PublicationRunning
        return published_json.read(document)

    def roll_back(self) -> Version:
        """Take back the latest version: its changes are pending again, owned by its publisher; what was taken back.

        Rows that somebody has changed since keep that owner. Raises PublicationRunning, PublicationRefused.
        """
        with self.publication_lock() as token, self._database.writing() as session:
            latest = _latest(session)
            if latest is None:
                raise PublicationRefused("Nothing is published that could be taken back.")
            before = session.scalar(
                select(PubVersionRow).where(PubVersionRow.id < latest.id).order_by(PubVersionRow.id.desc()).limit(1)
            )
            _return_to_pending(session, latest, _pub_versions(before))
            taken_back = Version(
                latest.id, latest.published_at.astimezone(SWEDEN), latest.publisher, latest.comment, latest.size
            )
            session.delete(latest)
            if not _let_go(session, token):
                raise PublicationRunning
        return taken_back

    @contextmanager
    def publication_lock(self) -> Iterator[str]:
        """The lock of publications, and the token that lets it go. Raises PublicationRunning (platform.md §20.2)."""
        token, now = secrets.token_hex(16), self._clock()
        free = or_(LockRow.taken_at.is_(None), LockRow.taken_at < now - _LOCK_IS_LOST_AFTER)
        with self._database.writing() as session:
            taken = session.execute(update(LockRow).where(LockRow.name == LOCK, free).values(token=token, taken_at=now))
            if cast("CursorResult[object]", taken).rowcount != 1:
                raise PublicationRunning
        try:
            yield token
        finally:
            with self._database.writing() as session:
                _let_go(session, token)

    def _kept(
        self, session: Session, user: str, comment: str, rows: Sequence[EntityRow], latest: PubVersionRow | None
    ) -> Document:
        now = self._clock()
        made = PubVersionRow(
            format_version=published_json.FORMAT_VERSION,
            published_at=now,
            publisher=user,
            comment=comment,
            size=0,
            snapshot=b"",
        )
        session.add(made)
        session.flush()
        document = published_json.framed(_applied(latest, rows, made.id), made.id, now, user, comment)
        made.snapshot = published_json.pack(document)
        made.size = len(made.snapshot)
        for row in rows:
            row.pub_version, row.updated_by = made.id, None
        return document

    def plant(self, catalogue: TakSnapshot | Publication, user: str, comment: str = "") -> Publication:
        """Fill an empty catalogue with what another holds, and publish it. Raises CatalogueRefused when it is not."""
        if self.history() or self.pending():
            raise CatalogueRefused("The catalogue is not empty.")
        with self.editing(user, whole=True) as editing:
            import_into(editing, catalogue)
        return self.publish(user, comment)


def _kind(error: Exception) -> str:
    return type(getattr(error, "orig", None) or error).__name__


def _latest(session: Session) -> PubVersionRow | None:
    return session.scalar(select(PubVersionRow).order_by(PubVersionRow.id.desc()).limit(1))


def _publication(row: PubVersionRow) -> Publication:
    return published_json.read(published_json.unpack(row.snapshot))


def _live(kind: type[EntityRow]) -> Select[EntityRow]:
    return select(kind).where(kind.deleted.is_(False)).order_by(kind.id)


def _pending(session: Session, user: str | None) -> list[EntityRow]:
    owned = [kind.updated_by.is_not(None) if user is None else kind.updated_by == user for kind in KINDS]
    return [
        row
        for kind, where in zip(KINDS, owned, strict=True)
        for row in session.scalars(select(kind).where(where).order_by(kind.id))
    ]


def _told(row: EntityRow) -> Pending:
    happening = "deleted" if row.is_deleted else "created" if row.pub_version is None else "changed"
    return Pending(row.id, row.noun, row.key, happening, row.updated_by or "", row.updated_time)


def _applied(latest: PubVersionRow | None, rows: Sequence[EntityRow], version: int) -> Lists:
    """The lists of the latest version with the rows' changes on top."""
    lists: Lists = {name: [] for name in published_json.LISTS}
    if latest is not None:
        lists |= published_json.unpack(latest.snapshot)["data"]
    for kind in KINDS:
        mine = [row for row in rows if isinstance(row, kind)]
        if mine:
            items = {item["id"]: item for item in lists[kind.list_name]}
            for row in mine:
                items.pop(row.id, None)
                if not row.is_deleted:
                    items[row.id] = row.item(version)
            lists[kind.list_name] = [items[number] for number in sorted(items)]
    return lists


def _pub_versions(row: PubVersionRow | None) -> dict[tuple[str, int], int]:
    """Which publication last changed each thing, as a version tells it."""
    if row is None:
        return {}
    lists = published_json.unpack(row.snapshot)["data"]
    return {(name, item["id"]): item["pubversion"] for name, items in lists.items() for item in items}


def _return_to_pending(session: Session, version: PubVersionRow, before: dict[tuple[str, int], int]) -> None:
    for kind in KINDS:
        for row in session.scalars(select(kind).where(kind.pub_version == version.id)):
            row.pub_version = before.get((kind.list_name, row.id))
            row.updated_by = row.updated_by or version.publisher


def _let_go(session: Session, token: str) -> bool:
    """Free the lock, if it is still held with this token."""
    held = update(LockRow).where(LockRow.name == LOCK, LockRow.token == token).values(token=None, taken_at=None)
    return cast("CursorResult[object]", session.execute(held)).rowcount == 1
