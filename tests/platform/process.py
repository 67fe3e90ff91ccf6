"""A gateway as its own process: started by its command, found by the line it prints, stopped at the end.

Source: DESIGN.md §4 (the command and its flags).
"""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from queue import Empty, Queue

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
_ADDRESS = re.compile(r"(https?)://[^:/\s]+(?:\[[^]]*\])?:(\d+)")


class GatewayProcess:
    """One running command of Tidbro; `ports` are those it prints, by scheme."""

    def __init__(self, arguments: Sequence[str], data: Path, schemes: Iterable[str] = ("http",)) -> None:
        self.data = data
        data.mkdir(parents=True, exist_ok=True)
        self._errors = (data / "stderr.txt").open("wb")
        self._lines: Queue[str | None] = Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tidbro.cli", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        threading.Thread(target=self._read_lines, daemon=True).start()
        self.ports: dict[str, int] = {}
        try:
            self._wait_for(set(schemes))
        except BaseException:
            self.stop()
            raise

    def _read_lines(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _wait_for(self, schemes: set[str]) -> None:
        while schemes - set(self.ports):
            try:
                line = self._lines.get(timeout=START_SECONDS)
            except Empty:
                line = None
            assert line is not None, f"the gateway does not tell {schemes - set(self.ports)}: {self.logged()}"
            for scheme, port in _ADDRESS.findall(line):
                self.ports.setdefault(scheme, int(port))

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def logged(self) -> str:
        """Everything that it wrote to stderr and into the text files of its data directory."""
        texts = [path.read_bytes() for path in sorted(self.data.rglob("*")) if path.is_file() and not _is_base(path)]
        return b"\n".join(texts).decode("utf-8", "replace")

    def look_for_certificates(self) -> None:
        """Tell it to look whether its certificates have changed, as an operator does."""
        self._process.send_signal(signal.SIGHUP)

    def stop(self) -> int:
        """Its exit code."""
        self._process.terminate()
        try:
            code = self._process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._errors.close()
        return code


def _is_base(path: Path) -> bool:
    return ".db" in path.suffixes or path.suffix in (".db-wal", ".db-shm")
