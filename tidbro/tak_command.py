"""`tidbro tak`: the catalogue from the command line: look, change, preview, publish, take back, exchange.

Each action is one function; what they have in common is the database (`--database`, or `tak.db` in `--data`) and the
user whose changes are pending. Answers that people read fit a terminal of 80 columns; programs ask for `--json`.
Elsewhere: adding, changing and removing rows (tak_changing.py), options and exit codes (tak_running.py), the texts
(tak_texts.py), what each action does (gateway/tak/).
Source: platform.md §20.2, §20.3, §20.7.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway.settings import SettingsRefused
from tidbro import tak_changing
from tidbro.tak_running import (
    action,
    complain,
    day,
    json_flag,
    pending_line,
    say,
    say_json,
    say_wrapped,
    today,
)

if TYPE_CHECKING:
    from gateway.tak.snapshot import TakSnapshot
    from gateway.tak.store import Store

KINDS = (
    "routes",
    "authorisations",
    "filters",
    "contracts",
    "components",
    "addresses",
    "producer-addresses",
    "profiles",
)
PLATFORM = "TIDBRO"


# -- The commands


def add(commands: Any) -> None:
    """Add the command to those of `tidbro`."""
    tak = commands.add_parser("tak", help="the catalogue of routes and authorisations")
    actions = tak.add_subparsers(title="actions", required=True, metavar="ACTION")
    _add_looking(actions)
    tak_changing.add(actions)
    _add_publishing(actions)
    _add_exchanging(actions)


def _add_looking(actions: Any) -> None:
    action(actions, "status", "what is published and what is pending", _status)
    listing = action(actions, "list", "what stands in the catalogue, pending changes included", _list)
    listing.add_argument("kind", choices=KINDS, nargs="?", default="routes", help="what to list (routes)")
    for name, text in (("address", "logical address"), ("contract", "contract"), ("consumer", "consumer")):
        listing.add_argument(f"--{name}", default="", metavar="TEXT", help=f"only rows whose {text} holds this")
    listing.add_argument("--to", default="", metavar="TEXT", help="only rows whose producer's address holds this")
    listing.add_argument("--on", type=day, metavar="DAY", help="only rows in force on this day, as 2026-12-31")
    listing.add_argument("--published", action="store_true", help="the latest version, without pending changes")
    json_flag(listing)
    unused = action(actions, "unmatched", "addresses, contracts and components that nothing uses", _unmatched)
    unused.add_argument(
        "--by", choices=("routes", "authorisations", "either"), default="either", help="what counts as use (either)"
    )
    history = action(actions, "history", "every published version", _history)
    json_flag(history)
    show = action(actions, "show", "what one version holds", _show)
    show.add_argument("version", type=int, metavar="VERSION", help="number of a published version")
    differing = action(actions, "diff", "what one version changed from another, and who reaches what", _diff)
    differing.add_argument("before", type=int, metavar="A", help="number of a version")
    differing.add_argument("after", type=int, metavar="B", help="number of another")
    _reach_flags(differing)


def _add_publishing(actions: Any) -> None:
    pending = action(actions, "pending", "changes that are not published", _pending)
    pending.add_argument("--all", action="store_true", help="every user's, not only yours")
    preview = action(actions, "preview", "what publishing would change, and who could reach what", _preview)
    _reach_flags(preview)
    publish = action(actions, "publish", "make your pending changes the next version", _publish)
    publish.add_argument("--comment", default="", metavar="TEXT", help="why, for the history")
    action(actions, "rollback", "take back the latest version; its changes are pending again", _roll_back)


def _add_exchanging(actions: Any) -> None:
    order = action(actions, "order", "show what a JSON order would do, or do it", _order)
    order.add_argument("file", type=Path, metavar="FILE", help="the order")
    order.add_argument("--confirm", default="", metavar="HASH", help="do it: the hash that was shown with it")
    order.add_argument("--platform", default=PLATFORM, metavar="NAME", help=f"this platform's name ({PLATFORM})")
    taken = action(actions, "import", "take another catalogue's rows in, as pending changes", _import)
    taken.add_argument("file", type=Path, metavar="FILE", help="TOML, persistentCache XML, snapshot or export JSON")
    taken.add_argument("--component", default="", metavar="HSA-ID", help="whose the file's addresses are")
    taken.add_argument("--partly", action="store_true", help="take the rest when some rows are refused")
    given = action(actions, "export", "write a published version", _export)
    given.add_argument(
        "--format", choices=("toml", "xml", "json", "snapshot"), default="toml", help="form of the file (toml)"
    )
    given.add_argument("--version", type=int, metavar="N", help="number of the version (the latest)")
    given.add_argument("--output", type=Path, metavar="FILE", help="file to write; without it, to the terminal")
    checked = action(actions, "check", "whether a catalogue's file is sound, and what it opens", _check, False)
    checked.add_argument("file", type=Path, metavar="FILE", help="TOML, persistentCache XML, snapshot or export JSON")
    _reach_flags(checked)


def _reach_flags(parser: argparse.ArgumentParser) -> None:
    help_line = "who reaches what on this day (today, and on later days that change more)"
    parser.add_argument("--on", type=day, metavar="DAY", help=help_line)
    parser.add_argument("--everything", action="store_true", help="every line, however many")
    json_flag(parser)


# -- Looking


def _status(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    say(*tak_texts.status(store.current(), store.history(), store.pending(), today()))
    return 0


def _list(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    publication = store.current() if parsed.published else store.working_copy()
    rows = tak_texts.listed(parsed.kind, publication, parsed) if publication else ()
    marked = {(one.noun, one.number): one.owner for one in store.pending()} if not parsed.published else {}
    if parsed.json:
        say_json([row.as_json() for row in rows])
    else:
        say(*tak_texts.rows(rows, marked))
    return 0


def _unmatched(parsed: argparse.Namespace, store: "Store") -> int:
    from gateway.tak.unmatched import unmatched
    from tidbro import tak_texts

    say(*tak_texts.unused(unmatched(store.working_copy(), parsed.by), parsed.by))
    return 0


def _history(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    versions = store.history()
    if parsed.json:
        say_json([tak_texts.version_json(one) for one in versions])
    else:
        say(*tak_texts.history(versions))
    return 0


def _show(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    say(*tak_texts.version(store.publication(parsed.version)))
    return 0


def _diff(parsed: argparse.Namespace, store: "Store") -> int:
    before, after = (store.publication(number).snapshot() for number in (parsed.before, parsed.after))
    return _say_changes(parsed, before, after)


def _say_changes(parsed: argparse.Namespace, before: "TakSnapshot | None", after: "TakSnapshot") -> int:
    from gateway.tak import changes
    from gateway.tak.snapshot import TakSnapshot
    from tidbro import tak_texts

    before = before or TakSnapshot.of((), ())
    found = changes.between(before, after, parsed.on or today())
    later = () if parsed.on else changes.ahead(before, after, today())
    if parsed.json:
        say_json({**found.as_json(), "later": [one.as_json() for one in later]})
    else:
        say(*tak_texts.changes(found, later, parsed.everything))
    return 0


# -- Publishing


def _pending(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    say(*tak_texts.pending(store.pending(None if parsed.all else parsed.user), parsed.user, True))
    return 0


def _preview(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    preview = store.preview(parsed.user)
    if not parsed.json:
        say(*tak_texts.pending(preview.pending, parsed.user, parsed.everything))
    if preview.publication is None:
        complain(*preview.errors)
        return 1
    current = store.current()
    return _say_changes(parsed, current.snapshot() if current else None, preview.publication.snapshot())


def _publish(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    say(*tak_texts.published(store.publish(parsed.user, parsed.comment)))
    return 0


def _roll_back(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    say(*tak_texts.rolled_back(store.roll_back(), store.history()))
    return 0


# -- Exchanging


def _order(parsed: argparse.Namespace, store: "Store") -> int:
    from gateway.tak import orders

    text = _read_text(parsed.file)
    if parsed.confirm:
        plan = orders.carry_out(store, text, parsed.platform, parsed.user, parsed.confirm)
        say_wrapped(*plan.lines, pending_line("The order is carried out."))
        return 0
    plan = orders.preview(store, text, parsed.platform, parsed.user)
    say_wrapped(*plan.lines)
    say("", "Nothing is saved yet. To do exactly this, give the same command again and", "  --confirm \\")
    say(f"    {plan.confirmation}")
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
    say(*tak_texts.imported(report))
    complain(*report.refused)
    return 1 if report.refused else 0


def _export(parsed: argparse.Namespace, store: "Store") -> int:
    from tidbro import tak_texts

    version = parsed.version or next((one.number for one in store.history()), 0)
    content = tak_texts.exported(store, version, parsed.format, today())
    if lost := tak_texts.not_exported(store, version, parsed.format):
        complain(lost)
    if parsed.output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return 0
    try:
        parsed.output.write_bytes(content)
    except OSError as error:
        raise SettingsRefused(f"{parsed.output} cannot be written: {error.strerror}.") from None
    say(f"Version {version} is in {parsed.output}.")
    return 0


def _check(parsed: argparse.Namespace) -> int:
    """The file's rows are held against every rule in a store of their own that is not kept."""
    from gateway.tak import changes
    from gateway.tak.files import load_any
    from gateway.tak.importing import import_into
    from gateway.tak.publication import Publication
    from gateway.tak.snapshot import TakSnapshot
    from gateway.tak.store import Store
    from tidbro import tak_texts

    catalogue = load_any(parsed.file)
    store = Store("sqlite://")
    store.open()
    with store.editing("check", whole=True) as editing:
        report = import_into(editing, catalogue, partly=True)
    store.close()
    snapshot = catalogue.snapshot() if isinstance(catalogue, Publication) else catalogue
    opened = changes.opened(snapshot, parsed.on or today())
    later = () if parsed.on else changes.ahead(TakSnapshot.of((), ()), snapshot, today())
    if parsed.json:
        say_json({**opened.as_json(), "later": [one.as_json() for one in later], "refused": report.refused})
    else:
        say(*tak_texts.checked(opened, later, report, parsed.everything))
    complain(*report.refused)
    return 1 if report.refused else 0
