"""How long a producer may take, by contract, from the real platform's JSON file.

The file is a list of `{"tjanstekontrakt": NAMESPACE, "routetimeout": MS, "producertimeout": MS}`. Only the last counts;
`routetimeout` is accepted, and said to be ignored. One entry, by its name, is for all other contracts.
Source: platform.md §14.1; §25 row 19.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.settings import SettingsRefused

log = logging.getLogger(__name__)

_CONTRACT, _PRODUCER, _IGNORED = "tjanstekontrakt", "producertimeout", "routetimeout"
_MOST_MILLISECONDS = 1_000_000_000


@dataclass(frozen=True)
class TimeOuts:
    """Seconds by contract; `default_seconds` is for all others."""

    default_seconds: float = 29.0
    by_contract: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def load(cls, path: str, default_name: str, default_seconds: float) -> "TimeOuts":
        """The time-outs of a file; `default_seconds` counts where it has no entry called `default_name`.

        No `path` means no file; one that is missing is warned about. Raises SettingsRefused for what cannot be read.
        """
        if not path:
            return cls(default_seconds)
        if not Path(path).exists():
            log.warning("timeouts_file_is_missing: every producer gets %g seconds", default_seconds)
            return cls(default_seconds)
        by_contract = _read(Path(path))
        if default_name not in by_contract:
            log.warning("timeouts_file_has_no_default: other producers get %g seconds", default_seconds)
        return cls(by_contract.get(default_name, default_seconds), by_contract)

    def producer_seconds(self, contract: str | None) -> float:
        return self.by_contract.get(contract or "", self.default_seconds)


def _read(path: Path) -> dict[str, float]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsRefused(f"timeouts_file {path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise SettingsRefused(f"timeouts_file {path} is not JSON.") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise SettingsRefused(f"timeouts_file {path} must hold a list of objects.")
    if any(_IGNORED in entry for entry in entries):
        log.warning("timeouts_file_has_routetimeout: it is ignored, only producertimeout counts")
    return {_contract(path, entry): _seconds(path, entry) for entry in entries}


def _contract(path: Path, entry: Mapping[str, Any]) -> str:
    contract = entry.get(_CONTRACT)
    if not isinstance(contract, str) or not contract.strip():
        raise SettingsRefused(f"timeouts_file {path} has an entry without {_CONTRACT}.")
    return contract


def _seconds(path: Path, entry: Mapping[str, Any]) -> float:
    milliseconds = entry.get(_PRODUCER)
    fits = isinstance(milliseconds, int) and not isinstance(milliseconds, bool)
    if not fits or not 0 < milliseconds < _MOST_MILLISECONDS:  # type: ignore[operator]
        raise SettingsRefused(
            f"timeouts_file {path}: {_PRODUCER} of {entry[_CONTRACT]} must be a whole number of milliseconds above 0."
        )
    return int(milliseconds) / 1000  # type: ignore[arg-type]
