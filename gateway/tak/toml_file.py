"""Writing a catalogue as TOML that people review: few tables, sorted, the same text for the same catalogue.

Rows with one address, profile and validity share tables; within them, logical addresses with the same contracts (or
contracts with the same logical addresses, whichever gives fewer tables) are written once. Equal rows beside each other
are two: they stay two. What is over or has not begun at `today` has a comment that says so.
Elsewhere: what the tables mean, and reading them (exchange.py).
Source: platform.md §18, §20.1.
"""

import json
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import TypeVar

from contracts.namespaces import responder
from gateway.tak.details import Details, Filters, details_of
from gateway.tak.exchange import ALWAYS, USUAL_PROFILE, whole_days
from gateway.tak.model import Authorisation, Route, Validity
from gateway.tak.snapshot import TakSnapshot

_WIDTH = 110
_INDENT = "    "
_SHORT = responder("X").partition("X")
A = TypeVar("A", bound=Hashable)
B = TypeVar("B", bound=Hashable)
Row = TypeVar("Row", bound=Hashable)
Texts = tuple[str, ...]
Product = tuple[Texts, Texts]


def write_toml(snapshot: TakSnapshot, today: date, heading: str = "") -> str:
    """The text of a catalogue's file; `heading` becomes a comment at its top."""
    told = details_of(snapshot)
    tables = [
        *_route_tables(snapshot.routes, told, today),
        *_authorisation_tables(snapshot.authorisations, told, today),
        *_thing_tables(told),
    ]
    head = [f"# {line}".rstrip() for line in heading.splitlines()]
    return "\n\n".join(filter(None, ["\n".join(head), *tables])) + "\n"


def _route_tables(routes: Sequence[Route], told: Details, today: date) -> Iterator[str]:
    owners = told.components_of
    groups = _grouped(routes, lambda one: (one.address, one.profile, owners.get(one, ""), _days(one.validity)))
    for (address, profile, component, days), rows in sorted(groups.items()):
        for logical_addresses, contracts in _products((one.logical_address, one.contract) for one in rows):
            yield "\n".join(
                (
                    *_comment(days, today),
                    "[[route]]",
                    f"address = {_text(address)}",
                    *([] if profile == USUAL_PROFILE else [f"profile = {_text(profile)}"]),
                    *([f"component = {_text(component)}"] if component else []),
                    f"logical_addresses = {_list(logical_addresses)}",
                    f"contracts = {_list(map(short_name, contracts))}",
                    *_day_lines(days),
                )
            )


def _authorisation_tables(authorisations: Sequence[Authorisation], told: Details, today: date) -> Iterator[str]:
    groups = _grouped(
        authorisations,
        lambda one: (_days(one.validity), told.agreements.get(one, ""), told.filters.get(one, ())),
    )
    for (days, agreement, filters), rows in sorted(groups.items()):
        more = (
            *([f"agreement = {_text(agreement)}"] if agreement else []),
            *([f"filters = {_filter_list(filters)}"] if filters else []),
        )
        of_consumer = _grouped(rows, lambda one: one.consumer)
        pairs = {
            consumer: _products((one.logical_address, one.contract) for one in mine)
            for consumer, mine in of_consumer.items()
        }
        sharing = _grouped(
            [(consumer, product) for consumer, products in pairs.items() for product in products], lambda pair: pair[1]
        )
        for consumers, (logical_addresses, contracts) in sorted(
            (tuple(sorted(consumer for consumer, _ in shared)), product) for product, shared in sharing.items()
        ):
            yield from _authorisation_table(consumers, logical_addresses, contracts, more, days, today)


def _authorisation_table(
    consumers: Texts, logical_addresses: Texts, contracts: Texts, more: Texts, days: Texts, today: date
) -> Iterator[str]:
    yield "\n".join(
        (
            *_comment(days, today),
            "[[authorisation]]",
            f"consumers = {_list(consumers)}",
            f"logical_addresses = {_list(logical_addresses)}",
            f"contracts = {_list(map(short_name, contracts))}",
            *more,
            *_day_lines(days),
        )
    )


def _filter_list(filters: Filters) -> str:
    told = (f"{{ domain = {_text(domain)}, categories = {_list(categories)} }}" for domain, categories in filters)
    return f"[{', '.join(told)}]"


def _thing_tables(told: Details) -> Iterator[str]:
    """Things that have something to tell, or that no row uses."""
    for namespace, one in sorted(told.contracts.items()):
        lines = [f"namespace = {_text(namespace)}"]
        lines += [f"major = {one.major}"] if one.major is not None else []
        lines += [f"minor = {one.minor}"] if one.minor else []
        yield _thing_table("contract", lines, one.description)
    for name, key, things in (
        ("component", "hsa_id", told.components),
        ("logical_address", "hsa_id", told.logical_addresses),
        ("profile", "name", told.profiles),
    ):
        for thing, description in sorted(things.items()):
            yield _thing_table(name, [f"{key} = {_text(thing)}"], description)


def _thing_table(name: str, lines: list[str], description: str) -> str:
    more = [f"description = {_text(description)}"] if description else []
    return "\n".join([f"[[{name}]]", *lines, *more])


# -- Grouping


def _grouped(rows: Iterable[A], key: Callable[[A], B]) -> dict[B, list[A]]:
    groups: dict[B, list[A]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _products(pairs: Iterable[tuple[str, str]]) -> list[Product]:
    """Products of logical addresses and contracts that make up exactly these pairs; sorted."""
    counted = Counter(pairs)
    products: list[Product] = []
    while counted:
        by_address, by_contract = _by_first(counted), _by_second(counted)
        products += by_address if len(by_address) <= len(by_contract) else by_contract
        counted = Counter({pair: left - 1 for pair, left in counted.items() if left > 1})
    return sorted(products)


def _by_first(pairs: Iterable[tuple[str, str]]) -> list[Product]:
    """One product for all logical addresses that have the same contracts."""
    contracts_of = _grouped(pairs, lambda pair: pair[0])
    alike = _grouped(contracts_of, lambda address: tuple(sorted(contract for _, contract in contracts_of[address])))
    return [(tuple(sorted(addresses)), contracts) for contracts, addresses in alike.items()]


def _by_second(pairs: Iterable[tuple[str, str]]) -> list[Product]:
    return [(second, first) for first, second in _by_first((contract, address) for address, contract in pairs)]


# -- Lines


def short_name(contract: str) -> str:
    """A contract of crm:scheduling by its interaction's name alone, which reads back as the same; others in full.

    Raises ValueError for a text that would read back as another contract: one without a colon.
    """
    if ":" not in contract:
        raise ValueError(f"{contract!r} is no contract, for it has no colon")
    before, _, after = _SHORT
    name = contract.removeprefix(before).removesuffix(after)
    return name if ":" not in name and responder(name) == contract else contract


def _days(validity: Validity) -> Texts:
    """Both ends as TOML writes them: dates, or date-times where the catalogue tells moments."""
    days = whole_days(validity)
    if days is not None:
        return days[0].isoformat(), days[1].isoformat()
    return _end(validity.unzoned_start, validity.start), _end(validity.unzoned_end, validity.end)


def _end(unzoned: datetime | None, moment: datetime) -> str:
    told = moment if unzoned is None else unzoned
    is_day = unzoned is not None and unzoned.time() == unzoned.min.time()
    return told.date().isoformat() if is_day else told.isoformat()


def _day_lines(days: Texts) -> Iterator[str]:
    for name, day in zip(ALWAYS, days, strict=True):
        if day != ALWAYS[name].isoformat():
            yield f"{name} = {day}"


def _comment(days: Texts, today: date) -> Iterator[str]:
    first, last = days[0][:10], days[1][:10]
    if last < today.isoformat():
        yield f"# Expired: its last day was {last}."
    elif first > today.isoformat():
        yield f"# Not yet in force: its first day is {first}."


def _list(texts: Iterable[str]) -> str:
    """A list on one line if it fits, else on several."""
    items = [_text(text) for text in texts]
    line = f"[{', '.join(items)}]"
    if len(line) <= _WIDTH - 22:
        return line
    lines = [_INDENT]
    for item in items:
        if len(lines[-1]) + len(item) + 2 > _WIDTH and lines[-1] != _INDENT:
            lines.append(_INDENT)
        lines[-1] += f"{item}, "
    return "\n".join(["[", *(line.rstrip() for line in lines), "]"])


def _text(text: str) -> str:
    """A basic string of TOML: JSON's escapes, and one more."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
