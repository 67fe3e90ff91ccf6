"""How a consumer is brought to act: any callable that plays a scenario and tells what the citizen saw.

Two come with the kit: a person, told what to do and waited for, and a command, run once a scenario with its facts as
environment variables (TIDBRO_SCENARIO, TIDBRO_PERSON, TIDBRO_START …), whose standard output is what the citizen saw. A
command has a time; when that is over it is killed with all that it started.
"""

import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from conformance.consumer.scenarios import Scenario

PREFIX = "TIDBRO_"
_MOST_SEEN = 1_000_000


@dataclass(frozen=True, slots=True)
class Seen:
    """What the citizen saw at the end, as text; None when nobody tells."""

    text: str | None = field(default=None, repr=False)


Drive = Callable[[Scenario], Seen]
"""Plays a scenario and comes back when it is over. Raises DriveFailed."""


class DriveFailed(Exception):
    """The scenario could not be played; `sentence` says why."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def by_hand(write: Callable[[str], object], read: Callable[[], str]) -> Drive:
    """A person: `write` shows the instruction, `read` waits for a line and raises EOFError when there is nobody.

    What is typed before Enter is what the citizen saw; just Enter tells nothing.
    """

    def drive(scenario: Scenario) -> Seen:
        write(_shown(scenario))
        try:
            return Seen(read().strip() or None)
        except EOFError:
            raise DriveFailed("Nobody is there to do what the scenario says.") from None

    return drive


def _shown(scenario: Scenario) -> str:
    who = f"(The test person is {scenario.person.number}.)"
    then = "Press Enter when it is done; type first what the service showed, if texts are to be judged.\n> "
    return f"\n{scenario.name}: {scenario.instruction} {who}\n{then}"


def by_command(command: str, timeout_seconds: float = 120.0) -> Drive:
    """A command line, split as a shell does, without a shell. Raises ValueError for one that is empty or unfinished."""
    words = shlex.split(command)
    if not words:
        raise ValueError("the driver's command is empty")

    def drive(scenario: Scenario) -> Seen:
        facts = {f"{PREFIX}{name}": value for name, value in scenario.facts.items()}
        with tempfile.TemporaryFile() as output:
            code = _run(words, {**os.environ, **facts}, output, timeout_seconds)
            if code != 0:
                raise DriveFailed(f"The driver's command ended with code {code}.")
            output.seek(0)
            return Seen(output.read(_MOST_SEEN).decode("utf-8", "replace"))

    return drive


def _run(words: list[str], environment: dict[str, str], output: IO[bytes], seconds: float) -> int:
    try:
        process = subprocess.Popen(  # noqa: S603
            words, env=environment, stdin=subprocess.DEVNULL, stdout=output, start_new_session=True
        )
    except OSError as error:
        raise DriveFailed(f"The driver's command could not be started: {type(error).__name__}.") from None
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise DriveFailed(f"The driver's command was not done in {seconds:g} seconds and was killed.") from None
    finally:
        _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the command's own session: what it started does not outlive its scenario."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
