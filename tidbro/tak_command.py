"""`tidbro tak`: the catalogue from the command line: look, change, preview, publish, take back, exchange.

Each action is one function; what they have in common is the database (`--database`, or `tak.db` in `--data`) and the
user whose changes are pending. Answers that people read fit a terminal of 80 columns; programs ask for `--json`.
Exit codes: 0 done, 1 the catalogue or the file is found wrong or refuses, 2 the call does not fit.
Elsewhere: the texts (tak_texts.py), what each action does (gateway/tak/).
Source: platform.md §20.2, §20.3, §20.7.
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
    from gateway.tak.snapshot import TakSnapshot
    from gateway.tak.store import Store

KINDS = ("routes", "authorisations", "contracts", "components", "addresses", "producer-addresses", "profiles")
PLATFORM = "TIDBRO"
Action = Callable[[argparse.Namespace, "Store"], int]


# -- The commands


def add(commands: Any) -> None:
    """Add the command to those of `tidbro`."""
    tak = commands.add_parser("tak", help="the catalogue of routes and authorisations")
    actions = tak.add_subparsers(title="actions", required=True, metavar="ACTION")
    _add_looking(actions)
    _add_changing(actions)
    _add_publishing(actions)
    _add_exchanging(actions)


def _add_looking(actions: Any) -> None:
    _action(actions, "status", "what is published and what is pending", _status)
    listing = _action(actions, "list", "what stands in the catalogue, pending changes included", _list)
    listing.add_argument("kind", choices=KINDS, nargs="?", default="routes", help="what to list (routes)")
    for name, text in (("address", "logical address"), ("contract", "contract"), ("consumer", "consumer")):
        listing.add_argument(f"--{name}", default="", metavar="TEXT", help=f"only rows whose {text} holds this")
    listing.add_argument("--to", default="", metavar="TEXT", help="only rows whose producer's address holds this")
    listing.add_argument("--on", type=_day, metavar="DAY", help="only rows in force on this day, as 2026-12-31")
    listing.add_argument("--published", action="store_true", help="the latest version, without pending changes")
    _json_flag(listing)
    unused = _action(actions, "unmatched", "addresses, contracts and components that nothing uses", _unmatched)
    unused.add_argument(
        "--by", choices=("routes", "authorisations", "either"), default="either", help="what counts as use (either)"
    )
    history = _action(actions, "history", "every published version", _history)
    _json_flag(history)
    show = _action(actions, "show", "what one version holds", _show)
    show.add_argument("version", type=int, metavar="VERSION", help="number of a published version")
    differing = _action(actions, "diff", "what one version changed from another, and who reaches what", _diff)
    differing.add_argument("before", type=int, metavar="A", help="number of a version")
    differing.add_argument("after", type=int, metavar="B", help="number of another")
    _reach_flags(differing)


def _add_changing(actions: Any) -> None:
    kinds = _kinds(actions, "add", "add something, as a pending change")
    for name, key in (("contract", "NAMESPACE"), ("component", "HSA-ID"), ("address", "HSA-ID")):
        one = _action(kinds, name, f"add a {name}", _add_named)
        one.add_argument("key", metavar=key, help="its natural key")
        one.add_argument("--description", default="", metavar="TEXT", help="what it is")
        one.set_defaults(kind=name)
    route = _action(kinds, "route", "add a route", _add_route)
    route.add_argument("address", metavar="ADDRESS", help="logical address: an HSA-id, or * for all others")
    route.add_argument("contract", metavar="CONTRACT", help="namespace, or an interaction's name")
    route.add_argument("to", metavar="URL", help="where it leads: https://…, http://… or adapter:NAME")
    route.add_argument("--component", required=True, metavar="HSA-ID", help="the system that answers there")
    route.add_argument("--profile", default="RIVTABP21", help="RIV-TA profile (RIVTABP21)")
    _day_flags(route)
    authorisation = _action(kinds, "authorisation", "add an authorisation", _add_authorisation)
    authorisation.add_argument("consumer", metavar="CONSUMER", help="HSA-id of the system that may call")
    authorisation.add_argument("address", metavar="ADDRESS", help="logical address: an HSA-id, or * for all")
    authorisation.add_argument("contract", metavar="CONTRACT", help="namespace, or an interaction's name")
    authorisation.add_argument("--agreement", default="", metavar="TEXT", help="integration agreement")
    _day_flags(authorisation)
    gone = _action(actions, "remove", "remove something, as a pending change", _remove)
    gone.add_argument("kind", choices=("route", "authorisation", "contract", "component", "address"), help="what it is")
    gone.add_argument("key", metavar="KEY", help="its number in the list, or its natural key")


def _add_publishing(actions: Any) -> None:
    pending = _action(actions, "pending", "changes that are not published", _pending)
    pending.add_argument("--all", action="store_true", help="every user's, not only yours")
    preview = _action(actions, "preview", "what publishing would change, and who could reach what", _preview)
    _reach_flags(preview)
    publish = _action(actions, "publish", "make your pending changes the next version", _publish)
    publish.add_argument("--comment", default="", metavar="TEXT", help="why, for the history")
    _action(actions, "rollback", "take back the latest version; its changes are pending again", _roll_back)


def _add_exchanging(actions: Any) -> None:
    order = _action(actions, "order", "show what a JSON order would do, or do it", _order)
    order.add_argument("file", type=Path, metavar="FILE", help="the order")
    order.add_argument("--confirm", default="", metavar="HASH", help="do it: the hash that was shown with it")
    order.add_argument("--platform", default=PLATFORM, metavar="NAME", help=f"this platform's name ({PLATFORM})")
    taken = _action(actions, "import", "take another catalogue's rows in, as pending changes", _import)
    taken.add_argument("file", type=Path, metavar="FILE", help="TOML, persistentCache XML, snapshot or export JSON")
    taken.add_argument("--component", default="", metavar="HSA-ID", help="whose the file's addresses are")
    taken.add_argument("--partly", action="store_true", help="take the rest when some rows are refused")
    given = _action(actions, "export", "write a published version", _export)
    given.add_argument(
        "--format", choices=("toml", "xml", "json", "snapshot"), default="toml", help="form of the file (toml)"
    )
    given.add_argument("--version", type=int, metavar="N", help="number of the version (the latest)")
    given.add_argument("--output", type=Path, metavar="FILE", help="file to write; without it, to the terminal")
    checked = _action(actions, "check", "whether a catalogue's file is sound, and what it opens", _check, False)
    checked.add_argument("file", type=Path, metavar="FILE", help="TOML, persistentCache XML, snapshot or export JSON")
    _reach_flags(checked)


def _action(actions: Any, name: str, help_line: str, do: Any, on_store: bool = True) -> argparse.ArgumentParser:
    """One action's parser; those on the store get the options that they have in common."""
    parser: argparse.ArgumentParser = actions.add_parser(name, help=help_line)
    if on_store:
        parser.add_argument("--database", metavar="URL", help="the catalogue's database, SQLite or PostgreSQL")
        parser.add_argument("--data", type=Path, default=Path("var"), metavar="DIR", help="folder of tak.db (var)")
        parser.add_argument("--user", metavar="NAME", help="whose changes these are (your login name)")
    parser.set_defaults(run=lambda parsed: _run(parsed, do) if on_store else _told(lambda: do(parsed)))
    return parser


def _kinds(actions: Any, name: str, help_line: str) -> Any:
    return actions.add_parser(name, help=help_line).add_subparsers(title="kinds", required=True, metavar="KIND")


def _json_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for programs: JSON")


def _reach_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--on", type=_day, metavar="DAY", help="who reaches what on this day (today)")
    parser.add_argument("--everything", action="store_true", help="every line, however many")
    _json_flag(parser)


def _day_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="first_day", type=_day, metavar="DAY", help="first day (today)")
    parser.add_argument("--until", dest="last_day", type=_day, metavar="DAY", help="last day (in 100 years)")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"a day is written 2026-12-31, not {text!r}") from None


# -- Running one


def _run(parsed: argparse.Namespace, do: Action) -> int:
    """One action on the catalogue's store."""

    def on_store() -> int:
        with _opened(parsed) as store:
            return do(parsed, store)

    parsed.user = parsed.user or _login_name()
    return _told(on_store)


def _told(do: Callable[[], int]) -> int:
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
        _complain(*error.reasons)
    except ImportRefused as error:
        _complain(*error.report.refused, "Nothing is taken in; --partly takes the rest.")
    except (CatalogueRefused, CatalogueUnreadable) as error:
        _complain(str(error))
    return 1


@contextmanager
def _opened(parsed: argparse.Namespace) -> Iterator["Store"]:
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


def _say(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


def _say_wrapped(*lines: str) -> None:
    from tidbro.tak_texts import wrapped

    for line in lines:
        _say(*wrapped(line))


def _say_json(told: Any) -> None:
    _say(json.dumps(told, ensure_ascii=False, indent=1))


def _complain(*sentences: str) -> None:
    for sentence in sentences:
        sys.stderr.write(f"tidbro: {sentence}\n")


def _today() -> date:
    from contracts.times import system_clock

    return system_clock().date()


# -- Looking


def _status(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    _say(*tak_texts.status(store.current(), store.history(), store.pending(), _today()))
    return 0


def _list(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    publication = store.current() if parsed.published else store.working_copy()
    rows = tak_texts.listed(parsed.kind, publication, parsed) if publication else ()
    marked = {(one.noun, one.number): one.owner for one in store.pending()} if not parsed.published else {}
    if parsed.json:
        _say_json([row.as_json() for row in rows])
    else:
        _say(*tak_texts.rows(rows, marked))
    return 0


def _unmatched(parsed: argparse.Namespace, store: "Store") -> int:
    from gateway.tak.unmatched import unmatched
    from tidbro import tak_texts

    _say(*tak_texts.unused(unmatched(store.working_copy(), parsed.by), parsed.by))
    return 0


def _history(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    versions = store.history()
    if parsed.json:
        _say_json([tak_texts.version_json(one) for one in versions])
    else:
        _say(*tak_texts.history(versions))
    return 0


def _show(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    _say(*tak_texts.version(store.publication(parsed.version)))
    return 0


def _diff(parsed: argparse.Namespace, store: "Store") -> int:
    before, after = (store.publication(number).snapshot() for number in (parsed.before, parsed.after))
    return _say_changes(parsed, before, after)


def _say_changes(parsed: argparse.Namespace, before: "TakSnapshot | None", after: "TakSnapshot") -> int:
    from gateway.tak import changes
    from gateway.tak.snapshot import TakSnapshot
    from tidbro import tak_texts

    found = changes.between(before or TakSnapshot.of((), ()), after, parsed.on or _today())
    if parsed.json:
        _say_json(found.as_json())
    else:
        _say(*tak_texts.changes(found, parsed.everything))
    return 0


# -- Changing


def _add_named(parsed: argparse.Namespace, store: "Store") -> int:
    with store.editing(parsed.user) as editing:
        adders: dict[str, Callable[[str, str], Any]] = {
            "contract": editing.add_contract,
            "component": editing.add_component,
            "address": editing.add_logical_address,
        }
        row = adders[parsed.kind](parsed.key, parsed.description)
        _say_wrapped(_pending_line(f"Added the {row.noun} {row.key}."))
    return 0


def _add_route(parsed: argparse.Namespace, store: "Store") -> int:
    with store.editing(parsed.user) as editing:
        profile = editing.profile(parsed.profile) or editing.add_profile(parsed.profile)
        component = _there(editing.component(parsed.component), "component", parsed.component)
        to = editing.producer_address(parsed.to, profile, component)
        row = editing.add_route(
            _there(editing.logical_address(parsed.address), "address", parsed.address),
            _there(editing.contract(_contract(parsed.contract)), "contract", _contract(parsed.contract)),
            to or editing.add_producer_address(parsed.to, profile, component),
            *_days(parsed),
        )
        _say_wrapped(_pending_line(f"Added the route {row.key}."))
    return 0


def _add_authorisation(parsed: argparse.Namespace, store: "Store") -> int:
    with store.editing(parsed.user) as editing:
        row = editing.add_authorisation(
            _there(editing.component(parsed.consumer), "component", parsed.consumer),
            _there(editing.logical_address(parsed.address), "address", parsed.address),
            _there(editing.contract(_contract(parsed.contract)), "contract", _contract(parsed.contract)),
            *_days(parsed),
            parsed.agreement,
        )
        _say_wrapped(_pending_line(f"Added the authorisation {row.key}."))
    return 0


def _remove(parsed: argparse.Namespace, store: "Store") -> int:
    with store.editing(parsed.user) as editing:
        row = _row(editing, parsed.kind, parsed.key)
        noun, key = row.noun, row.key
        editing.delete(row)
    _say_wrapped(_pending_line(f"Removed the {noun} {key}."))
    return 0


def _row(editing: Any, kind: str, key: str) -> Any:
    """A row by its number, or by its natural key where that is one word."""
    from gateway.tak.entities import AuthorisationRow, ComponentRow, ContractRow, LogicalAddressRow, RouteRow

    kinds = {
        "route": RouteRow,
        "authorisation": AuthorisationRow,
        "contract": ContractRow,
        "component": ComponentRow,
        "address": LogicalAddressRow,
    }
    if key.isascii() and key.isdigit():
        return editing.row(kinds[kind], int(key))
    finders = {"contract": editing.contract, "component": editing.component, "address": editing.logical_address}
    if kind not in finders:
        raise SettingsRefused(f"KEY must be the number of the {kind}, as tidbro tak list shows it.")
    return _there(finders[kind](_contract(key) if kind == "contract" else key), kind, key)


def _there(row: Any, kind: str, key: str) -> Any:
    from gateway.tak.refusals import EntityMissing

    if row is None:
        raise EntityMissing(f"There is no {kind} {key}. Add it first: tidbro tak add {kind} {key}")
    return row


def _contract(name: str) -> str:
    from contracts.namespaces import responder

    return name if ":" in name else responder(name)


def _days(parsed: argparse.Namespace) -> tuple[date, date]:
    from gateway.tak.rules import years_later

    first_day = parsed.first_day or _today()
    return first_day, parsed.last_day or years_later(first_day)


def _pending_line(sentence: str) -> str:
    return f"{sentence} It is pending until you publish."


# -- Publishing


def _pending(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    _say(*tak_texts.pending(store.pending(None if parsed.all else parsed.user), parsed.user, True))
    return 0


def _preview(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    preview = store.preview(parsed.user)
    if not parsed.json:
        _say(*tak_texts.pending(preview.pending, parsed.user, parsed.everything))
    if preview.publication is None:
        _complain(*preview.errors)
        return 1
    current = store.current()
    return _say_changes(parsed, current.snapshot() if current else None, preview.publication.snapshot())


def _publish(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    _say(*tak_texts.published(store.publish(parsed.user, parsed.comment)))
    return 0


def _roll_back(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    _say(*tak_texts.rolled_back(store.roll_back(), store.history()))
    return 0


# -- Exchanging


def _order(parsed: argparse.Namespace, store: "Store") -> int:
    from gateway.tak import orders

    text = _read_text(parsed.file)
    if parsed.confirm:
        plan = orders.carry_out(store, text, parsed.platform, parsed.user, parsed.confirm)
        _say_wrapped(*plan.lines, _pending_line("The order is carried out."))
        return 0
    plan = orders.preview(store, text, parsed.platform, parsed.user)
    _say_wrapped(*plan.lines)
    _say("", "Nothing is saved yet. To do exactly this, give the same command again and", "  --confirm \\")
    _say(f"    {plan.confirmation}")
    return 0


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsRefused(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise SettingsRefused(f"{path} is not a text in UTF-8.") from None


def _import(parsed: argparse.Namespace, store: "Store") -> int:
    from gateway.tak.files import load_any
    from gateway.tak.importing import import_into
    from tidbro import tak_texts

    catalogue = load_any(parsed.file)
    with store.editing(parsed.user, whole=True) as editing:
        report = import_into(editing, catalogue, parsed.component, parsed.partly)
    _say(*tak_texts.imported(report))
    _complain(*report.refused)
    return 1 if report.refused else 0


def _export(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    version = parsed.version or next((one.number for one in store.history()), 0)
    content = tak_texts.exported(store, version, parsed.format, _today())
    if parsed.output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return 0
    try:
        parsed.output.write_bytes(content)
    except OSError as error:
        raise SettingsRefused(f"{parsed.output} cannot be written: {error.strerror}.") from None
    _say(f"Version {version} is in {parsed.output}.")
    return 0


def _check(parsed: argparse.Namespace) -> int:
    """The file's rows are held against every rule in a store of their own that is not kept."""
    from gateway.tak import changes
    from gateway.tak.files import load_any
    from gateway.tak.importing import import_into
    from gateway.tak.publication import Publication
    from gateway.tak.store import Store
    from tidbro import tak_texts

    catalogue = load_any(parsed.file)
    store = Store("sqlite://")
    store.open()
    with store.editing("check", whole=True) as editing:
        report = import_into(editing, catalogue, partly=True)
    store.close()
    opened = changes.opened(
        catalogue.snapshot() if isinstance(catalogue, Publication) else catalogue, parsed.on or _today()
    )
    if parsed.json:
        _say_json({**opened.as_json(), "refused": report.refused})
    else:
        _say(*tak_texts.checked(opened, report, parsed.everything))
    _complain(*report.refused)
    return 1 if report.refused else 0
