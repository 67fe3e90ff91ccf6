"""Where log events go: the message log to a file of its own, everything else to stderr, one line each.

A line is the event's constant name and its facts as JSON. Spyne's own loggers are silenced: they would quote messages.
"""

import json
import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

_USUAL = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}
_FILE_BYTES, _FILES = 20_000_000, 5


class FactFormatter(logging.Formatter):
    """`2026-12-01T08:00:00 WARNING answer_breaks_contract {"correlation_id": …}`"""

    def format(self, record: logging.LogRecord) -> str:
        facts = {name: value for name, value in record.__dict__.items() if name not in _USUAL}
        line = f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')} {record.levelname} {record.getMessage()}"
        line += f" {json.dumps(facts, ensure_ascii=False, default=str)}" if facts else ""
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up(data_directory: Path) -> None:
    """Send the process's log events on their ways."""
    stderr = logging.StreamHandler()
    stderr.setFormatter(FactFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[stderr], force=True)
    for name in ("spyne", "spyne.application", "spyne.protocol"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    calls = RotatingFileHandler(
        data_directory / "message-log.jsonl", maxBytes=_FILE_BYTES, backupCount=_FILES, encoding="utf-8"
    )
    calls.setFormatter(logging.Formatter("%(message)s"))
    message_log = logging.getLogger("tidbro.message_log")
    message_log.handlers = [calls]
    message_log.setLevel(logging.INFO)
    message_log.propagate = False
