"""A gateway that the kit starts itself, by the command it was given, and ends again by its process.

The command's placeholders: {dir} the folder with its configuration, {shared} the set-up's folder, {port} and
{https_port} where it is to listen. Its output goes into files of that folder. It is there when its HTTP port takes
connections; it is given `seconds` for that.
"""

import shlex
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

_LOOKS_EVERY_SECONDS = 0.05
_MOST_TO_END_SECONDS = 20.0


class Stoppable(Protocol):
    def stop(self) -> None:
        """End it, whatever it does."""


Starter = Callable[[str, Mapping[str, str], str, int, float], Stoppable]
"""Starts a gateway by a command, with the values of its placeholders, and waits until it takes connections at a host
and port, so many seconds at most. Raises NotStarted."""


class NotStarted(Exception):
    """The command did not lead to a gateway; the sentence says what it did."""


class StartedGateway:
    """One process. `stop` ends it. Raises NotStarted."""

    def __init__(self, command: str, places: Mapping[str, str], host: str, port: int, seconds: float = 60.0) -> None:
        folder = Path(places["dir"])
        self._output = (folder / "output.txt").open("wb")
        words = [_filled(word, places) for word in shlex.split(command)]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - the command of whoever asked for the run
                words, stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT
            )
        except OSError as error:
            self._output.close()
            raise NotStarted(f"The start command cannot be run: {error.strerror}.") from None
        try:
            self._wait_for(host, port, time.monotonic() + seconds, folder)
        except BaseException:
            self.stop()
            raise

    def _wait_for(self, host: str, port: int, ends: float, folder: Path) -> None:
        while time.monotonic() < ends:
            with suppress(OSError), socket.create_connection((host, port), timeout=1.0):
                return
            with suppress(subprocess.TimeoutExpired):
                code = self._process.wait(_LOOKS_EVERY_SECONDS)
                raise NotStarted(f"The gateway ended with code {code} at its start; see {folder / 'output.txt'}.")
        raise NotStarted(f"The gateway took no connections at port {port} in time; see {folder / 'output.txt'}.")

    def stop(self) -> None:
        """End the process, at first gently."""
        self._process.terminate()
        try:
            self._process.wait(_MOST_TO_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()


def _filled(word: str, places: Mapping[str, str]) -> str:
    for name, value in places.items():
        word = word.replace(f"{{{name}}}", value)
    return word
