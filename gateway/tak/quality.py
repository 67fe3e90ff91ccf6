"""Whether what would be published is a whole catalogue: everything named is there, each key once, no days overlapping.

Rows are held against each other when they are changed, but a version takes only one user's changes: what it would
need of another's, or what that other has not yet let go, shows here. Pure: takes a snapshot's lists, gives sentences.
Elsewhere: rules for single values (rules.py).
Source: platform.md §20.1, §20.2 (preview).
"""

from collections.abc import Callable, Iterator
from itertools import pairwise

from gateway.tak.published_json import Item, Lists

_NAMED = {
    "anropsadress": {"rivtaprofil": "rivtaprofil", "tjanstekomponent": "tjanstekomponent"},
    "vagval": {"anropsadress": "anropsadress", "logiskadress": "logiskadress", "tjanstekontrakt": "tjanstekontrakt"},
    "anropsbehorighet": {
        "logiskAdress": "logiskadress",
        "tjanstekomponent": "tjanstekomponent",
        "tjanstekontrakt": "tjanstekontrakt",
    },
    "filter": {"anropsbehorighet": "anropsbehorighet"},
    "filtercategorization": {"filter": "filter"},
}
_KEYS: dict[str, tuple[str, ...]] = {
    "rivtaprofil": ("namn",),
    "tjanstekontrakt": ("namnrymd",),
    "logiskadress": ("hsaId",),
    "tjanstekomponent": ("hsaId",),
    "anropsadress": ("adress", "rivtaprofil", "tjanstekomponent"),
    "filter": ("servicedomain", "anropsbehorighet"),
    "filtercategorization": ("category", "filter"),
}
_IGNORING_CASE = {"tjanstekontrakt", "logiskadress", "tjanstekomponent"}
_NOUNS = {
    "rivtaprofil": "profile",
    "tjanstekontrakt": "contract",
    "logiskadress": "logical address",
    "tjanstekomponent": "component",
    "anropsadress": "producer address",
    "anropsbehorighet": "authorisation",
    "vagval": "route",
    "filter": "filter",
    "filtercategorization": "category of a filter",
}


def errors_of(lists: Lists) -> tuple[str, ...]:
    """What is wrong with a version of these lists, a sentence each; empty when it is whole."""
    return (*_missing(lists), *_doubled(lists), *_overlapping(lists))


def _missing(lists: Lists) -> Iterator[str]:
    there = {name: {item["id"] for item in items} for name, items in lists.items()}
    for name, named in _NAMED.items():
        for item in lists[name]:
            for relationship, target in named.items():
                if item["relationships"][relationship] not in there[target]:
                    yield (
                        f"The {_NOUNS[name]} number {item['id']} needs {_NOUNS[target]} number "
                        f"{item['relationships'][relationship]}, which would not be published."
                    )


def _doubled(lists: Lists) -> Iterator[str]:
    for name, parts in _KEYS.items():
        seen: dict[tuple[object, ...], Item] = {}
        for item in lists[name]:
            key = tuple(_part(item, part, name in _IGNORING_CASE) for part in parts)
            if key in seen:
                yield f"The {_NOUNS[name]} {item[parts[0]]} would be published twice."
            seen[key] = item


def _part(item: Item, part: str, ignores_case: bool) -> object:
    value = item[part] if part in item else item["relationships"][part]
    return value.lower() if ignores_case and isinstance(value, str) else value


def _overlapping(lists: Lists) -> Iterator[str]:
    named = {name: {item["id"]: item for item in items} for name, items in lists.items()}
    for name, key in _OVERLAP_KEYS.items():
        by_key: dict[tuple[int, ...], list[Item]] = {}
        for item in lists[name]:
            by_key.setdefault(key(item), []).append(item)
        for items in by_key.values():
            items.sort(key=lambda item: (item["fromTidpunkt"], item["tomTidpunkt"]))
            for before, after in pairwise(items):
                if after["fromTidpunkt"] <= before["tomTidpunkt"]:
                    yield _overlap(name, before, after, named)


def _overlap(name: str, before: Item, after: Item, named: dict[str, dict[int, Item]]) -> str:
    related = {key.lower(): value for key, value in after["relationships"].items()}
    address = named["logiskadress"].get(related["logiskadress"], {}).get("hsaId", "?")
    contract = named["tjanstekontrakt"].get(related["tjanstekontrakt"], {}).get("namnrymd", "?")
    return (
        f"Two {_NOUNS[name]}s for {address}, {contract} would be in force at once: {before['fromTidpunkt']} to "
        f"{before['tomTidpunkt']} and {after['fromTidpunkt']} to {after['tomTidpunkt']}."
    )


def _by(*names: str) -> Callable[[Item], tuple[int, ...]]:
    return lambda item: tuple(item["relationships"][name] for name in names)


_OVERLAP_KEYS = {
    "vagval": _by("logiskadress", "tjanstekontrakt"),
    "anropsbehorighet": _by("logiskAdress", "tjanstekomponent", "tjanstekontrakt"),
}
