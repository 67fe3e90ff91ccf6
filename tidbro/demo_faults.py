"""Mottagningen Ostadig: a timebook that fails when it is told to, so that everybody can see what then happens.

The plug-in `unsteady` answers as the demo's timebook does, on the same data, until a mode is set (demo_mode.py); then
every question to it meets that fault. The mode is read at each call: it can be switched while the region is served.
What time-out and bad-answer leave open, whether the booking was made, only a new question can tell.
Elsewhere: the command (demo_command.py), which clinic is routed here (demo_tak.toml).
Source: domain.md §10.1 (2B07), §10.5 (14, 15), §5.11 (E13, E14).
"""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from contracts.codec import SCHEDULING_INTERACTIONS
from contracts.errors import ProducerFault
from contracts.producer import Caller, Health, SchedulingProducer
from contracts.times import Clock, system_clock
from scheduling_backends.timebook import adapter as timebook
from tidbro.demo_mode import Mode, mode_in

SLOW_SECONDS = 5.0
TOO_LATE_SECONDS = 120.0
"""Longer than anybody waits for a producer."""
FAULTSTRING = "the timebook is out of order"

_METHODS = frozenset(one.method for one in SCHEDULING_INTERACTIONS.values())


def create(
    settings: Mapping[str, Any], *, clock: Clock = system_clock, data_directory: Path = Path("data")
) -> SchedulingProducer:
    """The timebook of these settings (TimebookSettings' names), not open yet, and fallible."""
    inner = timebook.create(settings, clock=clock, data_directory=data_directory)
    return cast(SchedulingProducer, Unsteady(inner, data_directory))


class Unsteady:
    """A SchedulingProducer that asks another one, and fails by the mode that is set in `folder`."""

    def __init__(self, inner: SchedulingProducer, folder: Path, slow_seconds: float = SLOW_SECONDS) -> None:
        self._inner = inner
        self._folder = folder
        self._slow_seconds = slow_seconds
        self._closing = threading.Event()

    def open(self) -> None:
        self._closing.clear()
        self._inner.open()

    def close(self) -> None:
        """Let those go whose answer nobody waits for, then close."""
        self._closing.set()
        self._inner.close()

    def health(self) -> Health:
        return self._inner.health()

    def __getattr__(self, name: str) -> Any:
        """One of the contracts' questions, as the mode lets it be answered."""
        if name not in _METHODS:
            raise AttributeError(name)
        return lambda request, caller: self._answer(name, request, caller)

    def _answer(self, method: str, request: object, caller: Caller) -> object:
        mode = mode_in(self._folder)
        if mode is Mode.FAULT:
            raise ProducerFault(FAULTSTRING, "Server")
        if mode is Mode.SLOW:
            self._closing.wait(self._slow_seconds)
        answer: object = getattr(self._inner, method)(request, caller)
        if mode is Mode.TIME_OUT:
            self._closing.wait(TOO_LATE_SECONDS)
        return "no answer at all" if mode is Mode.BAD_ANSWER else answer
