"""What is wrong with Mottagningen Ostadig: one word in a file of the data directory.

off          nothing; it answers as any other clinic
slow         the true answer, after some seconds
time-out     it is done, a booking too, but the answer comes when nobody waits for it any more
fault        nothing is done, and the timebook's own SOAP fault comes back
bad-answer   it is done, but what comes back cannot be used

Elsewhere: who reads it at each call (demo_faults.py), who sets it (demo_command.py). Source: domain.md §10.1 (2B07).
"""

import os
from enum import StrEnum
from pathlib import Path

_FILE = "unsteady.mode"


class Mode(StrEnum):
    """What happens to a question to the clinic."""

    OFF = "off"
    SLOW = "slow"
    TIME_OUT = "time-out"
    FAULT = "fault"
    BAD_ANSWER = "bad-answer"


def mode_in(folder: Path) -> Mode:
    """The mode that is set in the data directory; off where none is, or none that we know."""
    try:
        return Mode((folder / _FILE).read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        return Mode.OFF


def set_mode(folder: Path, mode: Mode) -> None:
    """Set the mode for all calls from now on; whoever reads just then finds the old one or the new."""
    fresh = folder / f"{_FILE}.new"
    fresh.write_text(mode, encoding="utf-8")
    os.replace(fresh, folder / _FILE)
