"""Settings of a part that come as a table of names, from a file or the command line."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Settings = TypeVar("Settings", bound="DataclassInstance")


def settings_from(kind: type[Settings], table: Mapping[str, Any], whose: str) -> Settings:
    """The settings of `table`, as the dataclass `kind`; `whose` they are is said when they are refused.

    Raises ValueError that names an unknown setting and those that there are; and what `kind` raises.
    """
    known = [one.name for one in fields(kind)]
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise ValueError(f"{whose} has no setting {unknown[0]}; it knows {', '.join(sorted(known))}")
    return kind(**table)


_KINDS: Mapping[Any, tuple[type, ...]] = {str: (str,), bool: (bool,), int: (int,), float: (int, float), Path: (Path,)}


def demand_kinds(settings: "DataclassInstance", whose: str) -> None:
    """Raises ValueError, naming the setting, unless each value is of its kind; a truth value is no number.

    Knows texts, truth values, numbers, paths, and tuples of texts or numbers; other kinds check themselves.
    """
    for name, kind in get_type_hints(type(settings)).items():
        if not _fits(getattr(settings, name), kind):
            raise ValueError(f"{whose}'s setting {name} is of the wrong kind")


def _fits(value: Any, kind: Any) -> bool:
    if kind in _KINDS:
        return isinstance(value, _KINDS[kind]) and (kind is bool or not isinstance(value, bool))
    if kind in (tuple[str, ...], tuple[float, ...], tuple[int, ...]):
        item = str if kind == tuple[str, ...] else (int, float)
        return all(isinstance(one, item) and not isinstance(one, bool) for one in value)
    return True
