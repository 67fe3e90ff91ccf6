"""A million engagements in the index: FindContent, and Updates with one change and with a hundred.

Some 77,000 citizens with thirteen bookings each, in SQLite as it is by default: write-ahead log, full synchronisation.
Messages are SOAP and go in and out in process, without sockets: questions one at a time, each for another citizen;
Updates from thirty-two callers at once, each with a booking that is new. Every OK is durable; callers who wait at once
share a commit. Then the same with a subscriber whose notices are written with the change and delivered meanwhile.
"""

import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import insert, text

from bench import people
from bench.generator import WrongAnswer
from bench.report import Figure, Section, percentile
from contracts import engagement_codec as codec
from contracts import engagements as e
from contracts import envelope
from contracts.database import Database
from contracts.http_headers import CORRELATION_ID
from contracts.identifiers import HsaId
from contracts.outbox import Letter
from contracts.times import SWEDEN, format_ts
from contracts.transport import InProcessTransport, NotSent
from national_services.index.app import Index
from national_services.index.changes import Entry
from national_services.index.keys import key_of
from national_services.index.models import ENGAGEMENTS
from national_services.index.service import FIND_CONTENT_PATH, UPDATE_PATH
from national_services.index.settings import IndexSettings

BAR_MILLISECONDS, BAR_A_SECOND = 10, 500
ENTRIES, QUESTIONS, CALLERS = 1_000_000, 1000, 32
UPDATES, LARGE, IN_A_LARGE_ONE = 3000, 40, 100
NOW = datetime(2026, 11, 24, 7, 30, tzinfo=SWEDEN)
_INDEX, _SUBSCRIBER = "SE2321009991-EI01", "SE2321009991-PT01"
_PORTION = 20_000
_numbers = itertools.count(ENTRIES)


@dataclass(frozen=True, slots=True)
class Engagements:
    """Milliseconds of questions, by the clock and of this process's processor time; changes a second of Updates."""

    entries: int
    filling_seconds: float
    milliseconds: tuple[float, ...]
    processor_milliseconds: tuple[float, ...]
    single: float
    large: float
    single_with_notices: float
    delivered: int


class _Platform:
    """A subscriber that takes every letter at once; there is no registry."""

    def __init__(self) -> None:
        self.delivered = 0

    def call(
        self, contract: str, body: bytes, correlation_id: str, headers: Mapping[str, str] | None = None
    ) -> envelope.Message:
        raise NotSent("there is no registry")

    def deliver(self, letter: Letter) -> None:
        self.delivered += 1


def measure(folder: Path) -> Engagements:
    """Fill an index, ask it, tell it. Raises WrongAnswer for a fault, or an answer without what is there."""
    settings = IndexSettings(hsa_id=_INDEX, data_directory=folder, registry_address="", threads=CALLERS)
    citizens = [one.number for one in people.citizens()]
    began = time.perf_counter()
    _fill(settings, citizens)
    filling = time.perf_counter() - began
    with _opened(settings) as (transport, _):
        asked, worked = _questions(transport, citizens)
        single = _updates(transport, citizens, UPDATES, 1)
        large = _updates(transport, citizens, LARGE, IN_A_LARGE_ONE)
    rows = {"subscribers": [{"logicalAddress": _SUBSCRIBER, "filters": []}]}
    settings.subscribers_path.write_text(json.dumps(rows), encoding="utf-8")
    with _opened(settings) as (transport, platform):
        with_notices = _updates(transport, citizens, UPDATES, 1)
        delivered = platform.delivered
    return Engagements(ENTRIES, filling, asked, worked, single, large, with_notices, delivered)


@contextmanager
def _opened(settings: IndexSettings) -> Iterator[tuple[InProcessTransport, _Platform]]:
    platform = _Platform()
    index = Index(settings, lambda: NOW, platform)
    index.open()
    try:
        with InProcessTransport(index.application) as transport:
            yield transport, platform
    finally:
        index.close()


def _fill(settings: IndexSettings, citizens: Sequence[str]) -> None:
    index = Index(settings, lambda: NOW, _Platform())
    index.open(in_background=False)
    index.close()
    database = Database(settings.url)
    entries = (_entry(number, citizens).row() for number in range(ENTRIES))
    while rows := list(islice(entries, _PORTION)):
        with database.engine.begin() as connection:
            connection.execute(insert(ENGAGEMENTS), rows)
    with database.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
    database.close()


def _engagement(number: int, citizens: Sequence[str]) -> e.Engagement:
    return e.Engagement(
        resident=citizens[number % len(citizens)],
        service_domain=e.DOMAIN,
        categorization=e.BOOKING,
        logical_address=f"SE2321009991-M{number % 40:03}",
        business_object=f"B-{number:030}",
        clinical_process=e.NOT_APPLICABLE,
        most_recent_content=format_ts(NOW + timedelta(minutes=number % 50_000)),
        source_system=f"SE2321009991-S{number % 5:03}",
        data_controller="SE2321009991",
        owner=_INDEX,
    )


def _entry(number: int, citizens: Sequence[str]) -> Entry:
    one = _engagement(number, citizens)
    return Entry(
        key=key_of(one),
        resident=one.resident,
        service_domain=one.service_domain,
        categorization=one.categorization,
        logical_address=one.logical_address,
        business_object=one.business_object,
        clinical_process=one.clinical_process,
        most_recent_content=one.most_recent_content,
        source_system=one.source_system,
        data_controller=one.data_controller,
        owner=_INDEX,
        created_at=NOW,
        updated_at=NOW,
    )


def _asked(transport: InProcessTransport, path: str, body: bytes) -> bytes:
    answer = transport.post(f"http://index{path}", body, {"Content-Type": "text/xml", CORRELATION_ID: "bench"})
    if answer.status != 200:
        raise WrongAnswer(f"the index answered with status {answer.status}")
    return answer.body


def _questions(transport: InProcessTransport, citizens: Sequence[str]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Milliseconds of each, from the request's bytes to the answer's: by the clock, and of processor time."""
    taken, worked = [], []
    for turn in range(QUESTIONS):
        question = e.FindContent(resident=citizens[turn * 7919 % len(citizens)], service_domain=e.DOMAIN)
        body = envelope.write_request(codec.encode(question), HsaId(_INDEX), None)
        began, began_work = time.perf_counter(), time.process_time()
        answer = _asked(transport, FIND_CONTENT_PATH, body)
        taken.append((time.perf_counter() - began) * 1000)
        worked.append((time.process_time() - began_work) * 1000)
        if answer.count(b"businessObjectInstanceIdentifier>") < 2 * (ENTRIES // len(citizens)):
            raise WrongAnswer("the index did not find all that a citizen has")
    return tuple(taken), tuple(worked)


def _updates(transport: InProcessTransport, citizens: Sequence[str], messages: int, size: int) -> float:
    """Changes a second. The messages are written beforehand."""
    bodies = [_update(citizens, size) for _ in range(messages)]
    tell: Callable[[bytes], bytes] = lambda body: _asked(transport, UPDATE_PATH, body)  # noqa: E731
    with ThreadPoolExecutor(CALLERS) as callers:
        began = time.perf_counter()
        answers = list(callers.map(tell, bodies))
        taken = time.perf_counter() - began
    if not all(b"ResultCode>OK<" in answer for answer in answers):
        raise WrongAnswer("the index did not say OK")
    return messages * size / taken


def _update(citizens: Sequence[str], size: int) -> bytes:
    changes = (e.EngagementTransaction(False, _engagement(next(_numbers), citizens)) for _ in range(size))
    return envelope.write_request(codec.encode(e.Update(tuple(changes))), HsaId(_INDEX), None)


def section(measured: Engagements) -> Section:
    """What the report says."""
    worst = percentile(measured.milliseconds, 99)
    single, large, told = measured.single, measured.large, measured.single_with_notices
    usual = percentile(measured.milliseconds, 50)
    figures = (
        Figure(
            "FindContent: p99", f"{worst:.1f} ms (p50 {usual:.1f})", f"{BAR_MILLISECONDS} ms", worst <= BAR_MILLISECONDS
        ),
        Figure("FindContent: p99 of processor time", f"{percentile(measured.processor_milliseconds, 99):.1f} ms"),
        Figure("Update with one change/s", f"{single:,.0f}", f"≥ {BAR_A_SECOND}", single >= BAR_A_SECOND),
        Figure(f"changes/s in Updates of {IN_A_LARGE_ONE}", f"{large:,.0f}"),
        Figure("Update with one change/s, a subscriber told", f"{told:,.0f}"),
    )
    remarks = (
        f"{measured.entries:,} entries, made in {measured.filling_seconds:.0f} s; of {UPDATES:,} notices "
        f"{measured.delivered:,} had been delivered when the last Update was answered.",
    )
    return Section("A million engagements", str(__doc__).partition("\n\n")[2].strip(), figures, remarks)
