"""The command line: `tidbro serve`, `tidbro gateway`, `tidbro contracts check` and more.

Exit codes: 0 done, 1 something was found wrong, 2 the call or a setting does not fit (with a sentence on stderr).
"""

import argparse
import gc
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from gateway.settings import SettingsRefused
from tidbro import (
    conform_command,
    demo_command,
    gateway_command,
    index_command,
    pki_command,
    tak_command,
    takecare_command,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    typed = sys.argv[1:] if arguments is None else list(arguments)
    parsed = _parser().parse_args(conform_command.with_action(typed))
    try:
        code: int = parsed.run(parsed)
    except SettingsRefused as error:
        print(f"tidbro: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0  # Ctrl-C is how a region is stopped
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tidbro", description=metadata.metadata("tidbro")["Summary"])
    parser.add_argument("--version", action="version", version=f"tidbro {metadata.version('tidbro')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_serve(commands)
    gateway_command.add(commands)
    _add_contracts(commands)
    demo_command.add(commands)
    takecare_command.add(commands)
    index_command.add(commands)
    pki_command.add(commands)
    tak_command.add(commands)
    conform_command.add(commands)
    return parser


def _add_serve(commands: Any) -> None:
    serve = commands.add_parser("serve", help="the whole region in one process")
    serve.add_argument("--demo", action="store_true", default=None, help="plant the demo region and let it in")
    serve.add_argument(
        "--regional",
        action="store_true",
        default=None,
        help="let a clinic group of the demo be reached through a second platform",
    )
    serve.add_argument("--settings", type=Path, metavar="FILE", help="settings of the region, a TOML file")
    serve.add_argument("--data", dest="data_directory", metavar="DIR", help="folder for databases and logs")
    serve.add_argument("--host", help="address to listen on (127.0.0.1)")
    serve.add_argument("--port", type=int, metavar="N", help="port to listen on (8080; 0 takes a free one)")
    gateway_command.add_tls(serve)
    serve.add_argument("--tak", dest="tak_file", metavar="FILE", help="routes and authorisations, TOML or XML")
    serve.add_argument("--clock", metavar="MOMENT", help="start a virtual clock, as 2026-12-12T08:00 in Swedish time")
    serve.set_defaults(run=_serve)


_OF_SERVE = (
    "demo", "regional", "data_directory", "host", "port", "tak_file", "clock",
    "tls_port", "tls_certificate", "tls_key", "tls_client_ca",
)  # fmt: skip


def _serve(parsed: argparse.Namespace) -> int:
    # A start makes much and throws little away: looking for that takes a fifth of its time, and is not worth it.
    gc.disable()
    from tidbro import server
    from tidbro.settings import read_region
    from tidbro.start import start

    given = {name: getattr(parsed, name) for name in _OF_SERVE if getattr(parsed, name) is not None}
    try:
        started = start(read_region(parsed.settings, given))
        gc.freeze()
    finally:
        gc.enable()
    return server.serve(started.region, started.listeners)


def _add_contracts(commands: Any) -> None:
    contracts = commands.add_parser("contracts", help="RIV-TA domain folders")
    actions = contracts.add_subparsers(title="actions", required=True, metavar="ACTION")
    check = actions.add_parser("check", help="read and compile every contract of a folder")
    check.add_argument("folder", type=Path, metavar="DIR")
    check.set_defaults(run=_check_contracts)


def _check_contracts(parsed: argparse.Namespace) -> int:
    from contracts.catalogue import ContractBroken, check

    if not parsed.folder.is_dir():
        raise SettingsRefused(f"DIR must be a folder; {parsed.folder} is none.")
    try:
        rows = check(parsed.folder)
    except ContractBroken as error:
        print(f"tidbro: {error}", file=sys.stderr)
        return 1
    for row in rows:
        print(f"{row.name}\t{row.contract}\t{row.reason or 'ok'}")
    return 1 if any(row.reason for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
