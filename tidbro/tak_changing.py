"""`tidbro tak add`, `change` and `remove`: rows of the catalogue, one at a time, as pending changes.

Rows with a natural key of one word are named by it, others by their number in the list; every kind can be named by
number. What is changed is what an option names. A filter has categories of its own, which go and come with it.
Elsewhere: what may be changed, and by whom (gateway/tak/editing.py), publishing (tak_command.py).
Source: platform.md §20.1, §20.2, §20.7.
"""

import argparse
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from gateway.settings import SettingsRefused
from tidbro.tak_running import action, day, day_flags, kinds, pending_line, say_wrapped, today

if TYPE_CHECKING:
    from gateway.tak.editing import Editing
    from gateway.tak.entities import EntityRow, ProducerAddressRow, ProfileRow, RouteRow
    from gateway.tak.store import Store

ADDRESSES = "https://…, http://…, adapter:NAME, or platform: for this platform itself"
USUAL_PROFILE = "RIVTABP21"
_KEYS = {"contract": "NAMESPACE", "component": "HSA-ID", "address": "HSA-ID", "profile": "NAME"}
_NUMBERED = ("route", "authorisation", "filter", "producer-address")


# -- The commands


def add(actions: Any) -> None:
    """Add the three actions to those of `tidbro tak`."""
    _add_adding(kinds(actions, "add", "add something, as a pending change"))
    _add_changing(kinds(actions, "change", "change something, as a pending change"))
    gone = action(actions, "remove", "remove something, as a pending change", _remove)
    gone.add_argument("kind", choices=(*_NUMBERED, *_KEYS), help="what it is; a filter goes with its categories")
    gone.add_argument("key", metavar="KEY", help="its number in the list, or its natural key")


def _add_adding(adding: Any) -> None:
    for name, key in _KEYS.items():
        one = action(adding, name, f"add a {name}", _add_named)
        one.add_argument("key", metavar=key, help="its natural key")
        one.add_argument("--description", default="", metavar="TEXT", help="what it is")
        if name == "contract":
            _version_flags(one)
        one.set_defaults(kind=name)
    to = action(adding, "producer-address", "add a producer's address, for routes to lead to", _add_producer_address)
    to.add_argument("to", metavar="URL", help=f"where it leads: {ADDRESSES}")
    _producer_flags(to)
    route = action(adding, "route", "add a route", _add_route)
    route.add_argument("address", metavar="ADDRESS", help="logical address: an HSA-id, or * for all others")
    route.add_argument("contract", metavar="CONTRACT", help="namespace, or an interaction's name")
    route.add_argument("to", metavar="URL", help=f"where it leads: {ADDRESSES}")
    _producer_flags(route)
    day_flags(route)
    authorisation = action(adding, "authorisation", "add an authorisation", _add_authorisation)
    authorisation.add_argument("consumer", metavar="CONSUMER", help="HSA-id of the system that may call")
    authorisation.add_argument("address", metavar="ADDRESS", help="logical address: an HSA-id, or * for all")
    authorisation.add_argument("contract", metavar="CONTRACT", help="namespace, or an interaction's name")
    authorisation.add_argument("--agreement", default="", metavar="TEXT", help="integration agreement")
    day_flags(authorisation)
    sieve = action(adding, "filter", "add a filter to an authorisation", _add_filter)
    sieve.add_argument("authorisation", type=int, metavar="NUMBER", help="the authorisation's number in the list")
    sieve.add_argument("domain", metavar="DOMAIN", help="service domain, as riv:crm:scheduling")
    sieve.add_argument(
        "--category", dest="categories", action="append", default=[], metavar="TEXT", help="a category; repeatable"
    )


def _producer_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--component", required=True, metavar="HSA-ID", help="the system that answers there")
    parser.add_argument("--profile", default=USUAL_PROFILE, help=f"RIV-TA profile ({USUAL_PROFILE})")


def _version_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--major", type=int, metavar="N", help="major version (1)")
    parser.add_argument("--minor", type=int, metavar="N", help="minor version (0)")


def _add_changing(changing: Any) -> None:
    for name in _KEYS:
        one = _change(changing, name, "its natural key, or its number in the list", _change_plain)
        one.add_argument("--description", metavar="TEXT", help="what it is")
        if name == "contract":
            one.add_argument("--major", type=int, metavar="N", help="major version")
            one.add_argument("--minor", type=int, metavar="N", help="minor version")
    number = "its number in the list"
    route = _change(changing, "route", number, _change_route)
    _changed_days(route)
    _changed_producer(route)
    authorisation = _change(changing, "authorisation", number, _change_plain)
    _changed_days(authorisation)
    authorisation.add_argument("--agreement", metavar="TEXT", help="integration agreement")
    _changed_producer(_change(changing, "producer-address", number, _change_producer_address))
    sieve = _change(changing, "filter", number, _change_filter)
    sieve.add_argument("--domain", dest="service_domain", metavar="DOMAIN", help="service domain")
    for option, text in (("--add", "a category to add"), ("--remove", "a category to remove")):
        sieve.add_argument(
            f"{option}-category", action="append", default=[], metavar="TEXT", help=f"{text}; repeatable"
        )


def _change(changing: Any, name: str, key: str, do: Any) -> argparse.ArgumentParser:
    parser = action(changing, name, f"change a{'n' if name == 'authorisation' else ''} {name}", do)
    parser.add_argument("key", metavar="KEY", help=key)
    parser.set_defaults(kind=name)
    return parser


def _changed_days(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="first_day", type=day, metavar="DAY", help="first day, as 2026-12-31")
    parser.add_argument("--until", dest="last_day", type=day, metavar="DAY", help="last day")


def _changed_producer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", metavar="URL", help=f"where it leads: {ADDRESSES}")
    parser.add_argument("--profile", metavar="NAME", help="RIV-TA profile")
    parser.add_argument("--component", metavar="HSA-ID", help="the system that answers there")


# -- Adding


def _add_named(parsed: argparse.Namespace, store: "Store") -> int:
    with store.editing(parsed.user) as editing:
        adders: dict[str, Callable[..., Any]] = {
            "contract": editing.add_contract,
            "component": editing.add_component,
            "address": editing.add_logical_address,
            "profile": editing.add_profile,
        }
        versions = _given(parsed, "major", "minor")
        _say_done("Added", adders[parsed.kind](parsed.key, parsed.description, **versions))
    return 0


def _add_producer_address(parsed: argparse.Namespace, store: "Store") -> int:
    with store.editing(parsed.user) as editing:
        profile, component = _profile(editing, parsed.profile), _component(editing, parsed.component)
        _say_done("Added", editing.add_producer_address(parsed.to, profile, component))
    return 0


def _add_route(parsed: argparse.Namespace, store: "Store") -> int:
    with store.editing(parsed.user) as editing:
        profile, component = _profile(editing, parsed.profile), _component(editing, parsed.component)
        row = editing.add_route(
            _there(editing.logical_address(parsed.address), "address", parsed.address),
            _there(editing.contract(_contract(parsed.contract)), "contract", _contract(parsed.contract)),
            _leading_to(editing, parsed.to, profile, component),
            *_days(parsed),
        )
        _say_done("Added", row)
    return 0


def _add_authorisation(parsed: argparse.Namespace, store: "Store") -> int:
    with store.editing(parsed.user) as editing:
        row = editing.add_authorisation(
            _component(editing, parsed.consumer),
            _there(editing.logical_address(parsed.address), "address", parsed.address),
            _there(editing.contract(_contract(parsed.contract)), "contract", _contract(parsed.contract)),
            *_days(parsed),
            parsed.agreement,
        )
        _say_done("Added", row)
    return 0


def _add_filter(parsed: argparse.Namespace, store: "Store") -> int:
    from gateway.tak.entities import AuthorisationRow

    with store.editing(parsed.user) as editing:
        row = editing.row(AuthorisationRow, parsed.authorisation)
        _say_done("Added", editing.add_filter(row, parsed.domain, parsed.categories))
    return 0


# -- Changing


def _change_plain(parsed: argparse.Namespace, store: "Store") -> int:
    """Change the values of a row that stand in no other row."""
    changes = _demanded(_given(parsed, "description", "major", "minor", "first_day", "last_day", "agreement"))
    with store.editing(parsed.user) as editing:
        _say_done("Changed", editing.change(_row(editing, parsed.kind, parsed.key), **changes))
    return 0


def _change_route(parsed: argparse.Namespace, store: "Store") -> int:
    days, producer = _given(parsed, "first_day", "last_day"), _given(parsed, "to", "profile", "component")
    _demanded({**days, **producer})
    with store.editing(parsed.user) as editing:
        row: RouteRow = _row(editing, "route", parsed.key)
        if days:
            editing.change(row, **days)
        if producer:
            editing.readdress(row, _leading_to(editing, *_producer(editing, parsed, row.producer_address)))
        _say_done("Changed", row)
    return 0


def _change_producer_address(parsed: argparse.Namespace, store: "Store") -> int:
    """Every route that leads there leads elsewhere afterwards."""
    _demanded(_given(parsed, "to", "profile", "component"))
    with store.editing(parsed.user) as editing:
        row: ProducerAddressRow = _row(editing, "producer-address", parsed.key)
        _say_done("Changed", editing.move(row, *_producer(editing, parsed, row)))
    return 0


def _change_filter(parsed: argparse.Namespace, store: "Store") -> int:
    domain = _given(parsed, "service_domain")
    _demanded({**domain, **dict.fromkeys((*parsed.add_category, *parsed.remove_category), "")})
    with store.editing(parsed.user) as editing:
        row = _row(editing, "filter", parsed.key)
        if domain:
            editing.rename_filter(row, **domain)
        editing.categorise(row, parsed.add_category, parsed.remove_category)
        _say_done("Changed", row)
    return 0


def _remove(parsed: argparse.Namespace, store: "Store") -> int:
    with store.editing(parsed.user) as editing:
        row = _row(editing, parsed.kind, parsed.key)
        noun, key = row.noun, row.key
        if parsed.kind == "filter":
            editing.categorise(row, (), [one.category for one in editing.categories(row)])
        editing.delete(row)
    say_wrapped(pending_line(f"Removed the {noun} {key}."))
    return 0


# -- What a command names


def _given(parsed: argparse.Namespace, *names: str) -> dict[str, Any]:
    """The options among these that were given."""
    return {name: value for name in names if (value := getattr(parsed, name, None)) is not None}


def _demanded(changes: dict[str, Any]) -> dict[str, Any]:
    if not changes:
        raise SettingsRefused("Say what to change; --help shows what can be.")
    return changes


def _row(editing: "Editing", kind: str, key: str) -> Any:
    """A row by its number, or by its natural key where that is one word."""
    from gateway.tak import entities

    known = {
        "route": entities.RouteRow,
        "authorisation": entities.AuthorisationRow,
        "filter": entities.FilterRow,
        "producer-address": entities.ProducerAddressRow,
        "contract": entities.ContractRow,
        "component": entities.ComponentRow,
        "address": entities.LogicalAddressRow,
        "profile": entities.ProfileRow,
    }
    if key.isascii() and key.isdigit():
        return editing.row(known[kind], int(key))
    finders: dict[str, Callable[[str], Any]] = {
        "contract": editing.contract,
        "component": editing.component,
        "address": editing.logical_address,
        "profile": editing.profile,
    }
    if kind not in finders:
        raise SettingsRefused(f"KEY must be the number of the {kind}, as tidbro tak list shows it.")
    return _there(finders[kind](_contract(key) if kind == "contract" else key), kind, key)


def _profile(editing: "Editing", name: str) -> "ProfileRow":
    return editing.profile(name) or editing.add_profile(name)


def _component(editing: "Editing", hsa_id: str) -> Any:
    return _there(editing.component(hsa_id), "component", hsa_id)


def _producer(editing: "Editing", parsed: argparse.Namespace, was: "ProducerAddressRow") -> tuple[str, Any, Any]:
    """URL, profile and component as they are told, or else as they were."""
    profile = was.profile if parsed.profile is None else _profile(editing, parsed.profile)
    component = was.component if parsed.component is None else _component(editing, parsed.component)
    return was.url if parsed.to is None else parsed.to, profile, component


def _leading_to(editing: "Editing", url: str, profile: Any, component: Any) -> "ProducerAddressRow":
    found = editing.producer_address(url, profile, component)
    return found or editing.add_producer_address(url, profile, component)


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

    first_day = parsed.first_day or today()
    return first_day, parsed.last_day or years_later(first_day)


def _say_done(what: str, row: "EntityRow") -> None:
    say_wrapped(pending_line(f"{what} the {row.noun} {row.key}."))
