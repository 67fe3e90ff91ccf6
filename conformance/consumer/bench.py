"""Plays scenarios, each once, whichever check asks first, and keeps what came of them.

A scenario that could not be played, or in which nothing came, is not played again: its checks are not judged, with the
reason. After several in a row in which nothing came no more are played: the consumer does not come.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import TracebackType
from typing import Self

from conformance.checks import NotJudged
from conformance.consumer.asked import Asked, Question
from conformance.consumer.clinic import Clinic
from conformance.consumer.drivers import Drive, DriveFailed
from conformance.consumer.endpoint import Endpoint
from conformance.consumer.platform import Platform, Reply
from conformance.consumer.scenarios import PLOTS, Scenario, Stage, stage
from conformance.consumer.settings import ConsumerSettings
from conformance.exchange import Evidence, shown
from conformance.model import Finding
from conformance.reading import Node
from conformance.schemas import Schemas, Verdict
from contracts.consumer import PLATFORM_PATH
from contracts.errors import MessageUnreadable
from contracts.times import Clock, system_clock

_GIVES_UP_AFTER = 2


@dataclass(frozen=True)
class Played:
    """What came of a scenario: what was asked, in order, what the citizen saw (None: nobody tells), and the clinic."""

    scenario: Scenario
    asked: tuple[Asked, ...]
    seen: str | None = field(repr=False)
    clinic: Clinic

    def all(self, *interactions: str) -> tuple[Asked, ...]:
        return tuple(one for one in self.asked if one.interaction in interactions)

    def demand(self, interaction: str) -> Asked:
        """The first question of this kind. Raises NotJudged when none came."""
        found = self.all(interaction)
        if not found:
            raise NotJudged(f"In the scenario {self.scenario.name} no {interaction} came.")
        return found[0]

    def before(self, end: Asked, *interactions: str) -> tuple[Asked, ...]:
        """The questions of these kinds that came before another."""
        return tuple(one for one in self.all(*interactions) if one.number < end.number)

    def fact(self, name: str) -> str:
        return self.scenario.facts[name]

    @property
    def saw(self) -> str:
        """What the citizen saw. Raises NotJudged when nobody tells."""
        if self.seen is None:
            raise NotJudged("What the citizen saw is not known: have the driver print it.")
        return self.seen


class ConsumerBench:
    """The played clinic, open for a consumer at `url` until it is closed."""

    def __init__(
        self, settings: ConsumerSettings, drive: Drive, clock: Clock = system_clock, schemas: Schemas | None = None
    ) -> None:
        self.settings, self.clock = settings, clock
        self._given_schemas = schemas
        self.evidence = Evidence()
        self._drive = drive
        self._played: dict[str, Played | str] = {}
        self._in_vain, self._why = 0, ""
        self._read: dict[int, Asked] = {}
        self._verdicts: dict[int, Verdict] = {}
        self._platform = self._platform_of(stage(PLOTS[1].name, settings, clock().date()))
        self._endpoint = Endpoint(settings, self.evidence, self._answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._endpoint.close()

    @property
    def url(self) -> str:
        """Where the kit answers; any path will do."""
        return self._endpoint.url

    @property
    def address(self) -> str:
        """The address of each interaction, as the platform has them."""
        return self.url + PLATFORM_PATH

    def verdict(self, asked: Asked) -> Verdict:
        """What the two validators say of a request; nothing of what cannot be read, or is under no known contract."""
        if asked.number not in self._verdicts:
            try:
                verdict = self._schemas.judge(shown(asked.request), asked.contract, "request")
            except MessageUnreadable:
                verdict = Verdict()
            self._verdicts[asked.number] = verdict
        return self._verdicts[asked.number]

    @cached_property
    def _schemas(self) -> Schemas:
        return self._given_schemas or Schemas()

    @property
    def everything(self) -> tuple[Asked, ...]:
        """All that came in the run, whatever it is. Raises NotJudged when nothing did."""
        found = self._asked(0)
        if not found:
            raise NotJudged("Nothing came from the consumer; play scenarios of other suites with this one.")
        return found

    def played(self, name: str) -> Played:
        """The scenario of this name, played now or earlier. Raises NotJudged when it could not be, or nothing came."""
        if name not in self._played:
            self._played[name] = self._play(name)
        found = self._played[name]
        if isinstance(found, str):
            raise NotJudged(found)
        return found

    def so_far(self) -> tuple[Played, ...]:
        """The scenarios that have been played."""
        return tuple(one for one in self._played.values() if isinstance(one, Played))

    def _play(self, name: str) -> Played | str:
        if self._in_vain >= _GIVES_UP_AFTER:
            return f"{_GIVES_UP_AFTER} scenarios in a row came to nothing; no more were played. {self._why}"
        staged = stage(name, self.settings, self.clock().date())
        self._endpoint.purpose = f"Scenario {name}: {staged.scenario.instruction}"
        self._platform = self._platform_of(staged)
        before = len(self.evidence.exchanges)
        try:
            seen = self._drive(staged.scenario)
        except DriveFailed as error:
            return self._in_vain_because(f"The scenario {name} was not played. {error.sentence}")
        except Exception as error:  # a driver is anybody's code; its words may be personal
            return self._in_vain_because(f"The scenario {name} was not played: its driver failed ({_kind(error)}).")
        asked = self._settled(before)
        if not asked:
            return self._in_vain_because(f"In the scenario {name} nothing came to {self.address}.")
        self._in_vain = 0
        return Played(staged.scenario, asked, seen.text, staged.clinic)

    def _in_vain_because(self, why: str) -> str:
        self._in_vain, self._why = self._in_vain + 1, why
        return why

    def _settled(self, before: int) -> tuple[Asked, ...]:
        """What came, when nothing has come for a while; at most ten such whiles."""
        for _ in range(10):
            count = len(self.evidence.exchanges)
            time.sleep(self.settings.settle_seconds)
            if len(self.evidence.exchanges) == count:
                break
        return self._asked(before)

    def _asked(self, since: int) -> tuple[Asked, ...]:
        """The requests after the first so many, each read once in the run."""
        exchanges = self.evidence.exchanges[since:]
        return tuple(self._read.setdefault(one.number, Asked.of(one)) for one in exchanges)

    def _platform_of(self, staged: Stage) -> Platform:
        return Platform(staged.clinic, self.clock, self.settings.slow_seconds, self.settings.silent_seconds)

    def _answer(self, asked: Question) -> Reply:
        return self._platform.answer(asked)

    def finding(
        self, rule: str, sentence: str, remedy: str, asked: Asked | None = None, at: Node | None = None
    ) -> Finding:
        """A finding that points at an element of a request, or at the request as a whole."""
        return Finding(rule, sentence, remedy, asked.number if asked else None, "request", at.line if at else None)

    def clean_up(self) -> Sequence[str]:
        """The kit's clinic lives in memory: nothing is left behind."""
        return ()


def _kind(error: Exception) -> str:
    return type(error).__name__


Announce = Callable[[ConsumerBench], None]
"""Told when the kit answers, before the first scenario."""
