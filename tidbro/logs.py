"""Where log events go: records of calls and the real platform's events to files of their own, the rest to stderr.

On stderr a line is the event's constant name and its facts as JSON; a line in a file is a record as it was made.
Files are for their owner alone. Spyne's own loggers are silenced: they would quote messages.
Elsewhere: what the records say (gateway/message_log.py, gateway/ecs_log.py).
"""

import json
import logging
import os
import re
from contextlib import suppress
from pathlib import Path

_USUAL = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_FILE_BYTES, _OLD_FILES = 20_000_000, 5
_CLOSED, _LOST = -1, -2  # no file's numbers

REGIONAL = "regional"
"""The demo's regional platform: its folder in the data directory, where its own message log is too."""
REGIONAL_MESSAGE_LOG = f"tidbro.message_log.{REGIONAL}"


def visible(line: str) -> str:
    """`line` without signs that would change what a terminal shows: escapes, and turns of the direction of writing.

    They are written as JSON writes them, so that a record in JSON stays the same record.
    """
    return line if line.isprintable() else _UNSEEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", line)


class FactFormatter(logging.Formatter):
    """`2026-12-01T08:00:00 WARNING answer_breaks_contract {"correlation_id": …}`"""

    def format(self, record: logging.LogRecord) -> str:
        facts = {name: value for name, value in record.__dict__.items() if name not in _USUAL}
        line = f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')} {record.levelname} {record.getMessage()}"
        line += f" {json.dumps(facts, ensure_ascii=False, default=str)}" if facts else ""
        return visible(f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line)


class LineFile(logging.Handler):
    """Appends each message as a line, by one write, so that a record is there or not, never half; begins a new file
    when one is full and keeps some old ones. The standard handler asks the file system twice before every line.
    """

    def __init__(self, path: Path, file_bytes: int = _FILE_BYTES, old_files: int = _OLD_FILES) -> None:
        super().__init__()
        self._path, self._file_bytes, self._old_files = path, file_bytes, old_files
        self._open()

    def _open(self) -> None:
        self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._file).st_size

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = f"{visible(record.getMessage())}\n".encode("utf-8", "backslashreplace")
            if self._file == _LOST:
                self._open()
            if self._size and self._size + len(line) > self._file_bytes:
                self._begin_anew()
            self._size += os.write(self._file, line)
        except Exception:
            self.handleError(record)

    def _begin_anew(self) -> None:
        os.close(self._file)
        self._file = _LOST  # if it cannot be opened, nothing is written to whatever gets its number
        with suppress(OSError):  # rather a file that grows than lines that are lost
            for number in range(self._old_files - 1, 0, -1):
                if self._old(number).exists():
                    self._old(number).replace(self._old(number + 1))
            self._path.replace(self._old(1))
        self._open()

    def _old(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = _CLOSED
        super().close()


def set_up(data_directory: Path, *, has_events: bool = False, has_regional: bool = False) -> None:
    """Send the process's log events on their ways; the real platform's only when `has_events` asks for them.

    With `has_regional` the calls of the demo's regional platform go to a message log of its own.
    """
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False  # told nowhere, asked every time
    stderr = logging.StreamHandler()
    stderr.setFormatter(FactFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[stderr], force=True)
    for name in ("spyne", "spyne.application", "spyne.protocol"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    _send("tidbro.message_log", data_directory / "message-log.jsonl")
    if has_regional:
        _send(REGIONAL_MESSAGE_LOG, data_directory / REGIONAL / "message-log.jsonl")
    if has_events:
        _send("tidbro.ecs", data_directory / "ecs.jsonl")


def _send(name: str, path: Path) -> None:
    logger = logging.getLogger(name)
    for handler in logger.handlers:
        handler.close()
    logger.handlers = [LineFile(path)]
    logger.setLevel(logging.INFO)
    logger.propagate = False
