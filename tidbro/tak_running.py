"""What the actions of `tidbro tak` have in common: their options, the store they work on, what they say, exit codes.

Exit codes: 0 done, 1 the catalogue or the file is found wrong or refuses, 2 the call does not fit.
Elsewhere: the actions (tak_command.py, tak_changing.py), the texts (tak_texts.py).
Source: platform.md §20.2, §20.7.
"""

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.settings import SettingsRefused

if TYPE_CHECKING:
    from gateway.tak.store import Store

Action = Callable[[argparse.Namespace, "Store"], int]


# -- Options


def action(actions: Any, name: str, help_line: str, do: Any, on_store: bool = True) -> argparse.ArgumentParser:
    """One action's parser; those on the store get the options that they have in common."""
    parser: argparse.ArgumentParser = actions.add_parser(name, help=help_line)
    if on_store:
        parser.add_argument("--database", metavar="URL", help="the catalogue's database, SQLite or PostgreSQL")
        parser.add_argument("--data", type=Path, default=Path("var"), metavar="DIR", help="folder of tak.db (var)")
        parser.add_argument("--user", metavar="NAME", help="whose changes these are (your login name)")
    parser.set_defaults(run=lambda parsed: _run(parsed, do) if on_store else told(lambda: do(parsed)))
    return parser


def kinds(actions: Any, name: str, help_line: str) -> Any:
    return actions.add_parser(name, help=help_line).add_subparsers(title="kinds", required=True, metavar="KIND")


def json_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs: JSON")


def day_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="first_day", type=day, metavar="DAY", help="first day (today)")
    parser.add_argument("--until", dest="last_day", type=day, metavar="DAY", help="last day (in 100 years)")


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a day is written 2026-12-31, not {text!r}") from None


# -- Running one


def _run(parsed: argparse.Namespace, do: Action) -> int:
    """One action on the catalogue's store."""

    def on_store() -> int:
        with opened(parsed) as store:
            return do(parsed, store)

    parsed.user = parsed.user or _login_name()
    return told(on_store)


def told(do: Callable[[], int]) -> int:
    """What an action says when it is refused, and its exit code."""
    from gateway.tak.exchange import CatalogueUnreadable
    from gateway.tak.importing import ImportRefused
    from gateway.tak.refusals import CatalogueRefused, CatalogueStoreUnusable, OrderRefused

    try:
        code = do()
        sys.stdout.flush()
        return code
    except CatalogueStoreUnusable as error:
        raise SettingsRefused(str(error)) from None
    except BrokenPipeError:  # whoever read has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OrderRefused as error:
        complain(*error.reasons)
    except ImportRefused as error:
        complain(*error.report.refused, "Nothing is taken in; --partly takes the rest.")
    except (CatalogueRefused, CatalogueUnreadable) as error:
        complain(str(error))
    return 1


@contextmanager
def opened(parsed: argparse.Namespace) -> Iterator["Store"]:
    from gateway.tak.store import Store

    if parsed.database is None:
        _demand_folder(parsed.data)
    store = Store(parsed.database or f"sqlite:///{parsed.data / 'tak.db'}")
    try:
        store.open()
        yield store
    finally:
        store.close()


def _demand_folder(folder: Path) -> None:
    """The folder of the database, made where the one that it stands in is there: elsewhere is a mistyped name."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise SettingsRefused(f"The folder {folder} cannot be made: {error.strerror}.") from None


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "operator"


def say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


def say_wrapped(*lines: str) -> None:
    from tidbro.tak_texts import wrapped

    for line in lines:
        say(*wrapped(line))


def say_json(told: Any) -> None:
    say(json.dumps(told, ensure_ascii=False, indent=1))


def complain(*sentences: str) -> None:
    for sentence in sentences:
        sys.stderr.write(f"tidbro: {sentence}\n")


def today() -> date:
    from contracts.times import system_clock

    return system_clock().date()


def pending_line(sentence: str) -> str:
    return f"{sentence} It is pending until you publish."
