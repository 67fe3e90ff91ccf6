"""Settings of a part that come as a table of names, from a file or the command line."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

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
