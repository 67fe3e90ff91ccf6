"""A producer as its own process: found by the line that it prints first, ended by its id."""

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

HERE = Path(__file__).parent
ROOT = Path(__file__).parents[3]
START_SECONDS = 60

PLAIN = HERE / "plain" / "clinic.py"
PLAIN_CLINIC = "SE2321009991-9P01"
NODE = HERE / "node" / "clinic.mjs"
NODE_CLINIC = "SE2321009991-9N01"


@contextmanager
def started(command: Sequence[str], folder: Path) -> Iterator[str]:
    """The URL at which a program says that it answers, until the block ends."""
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield _told(process)
        finally:
            process.kill()


def plain(program: Path = PLAIN) -> AbstractContextManager[str]:
    return started([sys.executable, str(program), "0"], ROOT)


def node(folder: Path, *how: str) -> AbstractContextManager[str]:
    """`folder` holds Node's packages."""
    return started(["node", str(NODE), str(ROOT / "wsdl" / "crm_scheduling_1.1"), "0", *how], folder)


def _told(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    lines: Queue[str] = Queue()
    Thread(target=lambda: lines.put(process.stdout.readline()), daemon=True).start()  # type: ignore[union-attr]
    try:
        first = lines.get(timeout=START_SECONDS)
    except Empty:
        first = "nothing"
    found = re.search(r"http://127\.0\.0\.1:\d+", first)
    assert found, f"{process.args!r} told {first!r} instead of its address"
    return found[0]
