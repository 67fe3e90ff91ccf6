"""An engagement index behind the gateway: what it refuses, finds and passes on (rows 67–70).

The kit is a source system that updates, and the only subscriber. What is written is deleted again by the check; an
index stores later than it answers, so it is asked until it has, in bounded time.
Source: platform.md §21, §24.
"""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from conformance.checks import Findings, NotJudged
from conformance.gateway import national
from conformance.gateway.bench import GatewayBench
from conformance.gateway.reply import Reply
from conformance.gateway.rows import SUBSCRIBER, WRONG_INDEX
from conformance.gateway.suite import SUITES
from conformance.people import TestPerson
from contracts import engagements as e
from contracts.errors import PlatformError
from contracts.xml import parse

_UNIT = "KIT-UNIT-1"
_MOST_SECONDS, _ASKS_EVERY_SECONDS = 20.0, 0.1
_START, _OTHER_START = "20991214081000", "20991215081000"


@dataclass(frozen=True)
class _Row:
    """One engagement of a check's own."""

    bench: GatewayBench
    person: TestPerson
    booking: str

    def change(
        self, purpose: str, *, start: str = _START, is_deletion: bool = False, to: str = "", times: int = 1
    ) -> Reply:
        one = national.an_engagement(self.person, _UNIT, self.booking, start)
        changes = [e.EngagementTransaction(is_deletion, one)] * times
        return self.bench.call(purpose, national.an_update(to or self.bench.setup.index_address, *changes))

    def is_found(self) -> bool:
        search = national.a_search(self.bench.setup.index_address, self.person, self.booking)
        reply = self.bench.call("Is the engagement in the index?", search)
        return self.booking in reply.text

    def told(self) -> list[str]:
        """The starts that the subscriber was told of, in their order."""
        told: list[str] = []
        for seen in self.bench.http.seen(f"to:{SUBSCRIBER}"):
            told += [start for booking, start in _notified(seen.body) if booking == self.booking]
        return told


def _notified(body: bytes) -> list[tuple[str, str]]:
    try:
        changes = parse(body).iter("{*}engagement")
        return [
            (str(one.findtext("{*}businessObjectInstanceIdentifier")), str(one.findtext("{*}mostRecentContent")))
            for one in changes
        ]
    except PlatformError:
        return []


@contextmanager
def _a_row(bench: GatewayBench) -> Iterator[_Row]:
    """Deleted at the end. Raises NotJudged when there is no index, or nobody to write of."""
    if not bench.setup.index_update_url:
        raise NotJudged("The set-up names no engagement index; write it again with the index's URLs.")
    row = _Row(bench, bench.person, f"kit-{uuid.uuid4()}")
    try:
        yield row
    finally:
        row.change("The engagement of this check is deleted again.", is_deletion=True)


def _in_time(becomes: Callable[[], bool]) -> bool:
    """Whether something becomes so within the time that an index may take."""
    waiting = threading.Event()
    for _ in range(int(_MOST_SECONDS / _ASKS_EVERY_SECONDS)):
        if becomes():
            return True
        waiting.wait(_ASKS_EVERY_SECONDS)
    return False


@SUITES.check("index.pv-67-same-key-twice", rules=("PV-67",), title="An Update with one key twice is EI002")
def same_key_twice(bench: GatewayBench) -> Findings:
    with _a_row(bench) as row:
        reply = row.change("An Update with the same engagement twice.", times=2)
        if reply.code != "EI002":
            sentence = f"Two transactions have the same key, which is EI002; the answer was {reply.in_words}."
            yield bench.finding("PV-67", sentence, "Refuse an Update whose transactions share a key (EI002).", reply)


@SUITES.check("index.pv-68-wrong-address", rules=("PV-68",), title="An Update to another logical address is EI003")
def wrong_address(bench: GatewayBench) -> Findings:
    with _a_row(bench) as row:
        reply = row.change("An Update that is addressed to somebody else.", to=WRONG_INDEX)
        if reply.code != "EI003":
            sentence = f"The logical address is not the index's own, which is EI003; the answer was {reply.in_words}."
            yield bench.finding("PV-68", sentence, "Refuse an Update to another address (EI003).", reply)


@SUITES.check(
    "index.pv-69-found-and-gone", rules=("PV-69",), title="What an Update told is found, and is gone after its deletion"
)
def found_and_gone(bench: GatewayBench) -> Findings:
    with _a_row(bench) as row:
        reply = row.change("An Update with a new engagement.")
        if not _in_time(row.is_found):
            sentence = f"FindContent does not find what an Update told {_MOST_SECONDS:g} s before ({reply.in_words})."
            yield bench.finding("PV-69", sentence, "Store what an Update tells, and find it by its resident.", reply)
            return
        gone = row.change("The same with deleteFlag.", is_deletion=True)
        if not _in_time(lambda: not row.is_found()):
            sentence = "FindContent still finds an engagement that was deleted."
            yield bench.finding("PV-69", sentence, "Delete the row of the key when deleteFlag is true.", gone)


@SUITES.check(
    "index.pv-70-notified-once", rules=("PV-70",), title="Of the same content twice the subscriber is told once"
)
def notified_once(bench: GatewayBench) -> Findings:
    with _a_row(bench) as row:
        row.change("An Update with a new engagement.")
        if not bench.http.has_seen(lambda: _START in row.told(), _MOST_SECONDS):
            raise NotJudged(f"The subscriber {SUBSCRIBER} was told nothing; does the index know of it by its registry?")
        again = row.change("The same Update once more.")
        row.change("An Update with another start, so that the end of the notices is known.", start=_OTHER_START)
        bench.http.has_seen(lambda: _OTHER_START in row.told(), _MOST_SECONDS)
        count = row.told().count(_START)
        if count != 1:
            sentence = f"The subscriber was told {count} times of one content that was sent twice."
            yield bench.finding(
                "PV-70", sentence, "Notify when a row is new, gone or has a new mostRecentContent.", again
            )
