"""`tidbro demo fault`: shows or sets what is wrong with Mottagningen Ostadig, also while the region is served.

Elsewhere: what each mode means (demo_mode.py). Source: domain.md §10.1 (fault switch).
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from gateway.settings import SettingsRefused
from tidbro.demo_mode import Mode, mode_in, set_mode


def add(commands: Any) -> None:
    """The command `demo` and its actions."""
    modes = [mode.value for mode in Mode]
    demo = commands.add_parser("demo", help="switches of the demo region")
    actions = demo.add_subparsers(title="actions", required=True, metavar="ACTION")
    fault = actions.add_parser("fault", help="what is wrong with Mottagningen Ostadig (SE2321009991-2B07)")
    fault.add_argument("mode", nargs="?", choices=modes, metavar="MODE", help=f"{', '.join(modes)}; without: show it")
    fault.add_argument("--data", type=Path, default=Path("var"), metavar="DIR", help="the region's data folder (var)")
    fault.set_defaults(run=_fault)


def _fault(parsed: argparse.Namespace) -> int:
    if not parsed.data.is_dir():
        raise SettingsRefused(f"DIR must be the data folder of a region; {parsed.data} is none.")
    if parsed.mode is not None:
        set_mode(parsed.data, Mode(parsed.mode))
    sys.stdout.write(f"{mode_in(parsed.data)}\n")
    return 0
