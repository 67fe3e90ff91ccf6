"""Which WSDL is served on which path, and which files belong to it.

Paths are the contracts' own, made of their WSDL namespaces; a JSON file in the real platform's form can give contracts
paths of their own, and then says all about these contracts. Files are named by what other files call them, and only
those inside the domain's folder are served: a location never leads out of it.
Elsewhere: answering requests, and the addresses in what is served (wsdl_pages.py).
Source: platform.md §16.1, §16.2.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from contracts import xml
from contracts.catalogue import Catalogue
from contracts.namespaces import WSDL, XML_SCHEMA
from gateway.settings import SettingsRefused

_KEYS = ("tjanstekontrakt", "wsdlfilepath", "wsdlurl")
_IMPORT = (f"{{{XML_SCHEMA}}}import", "schemaLocation")
_INCLUDES = (
    (f"{{{XML_SCHEMA}}}include", "schemaLocation"),
    (f"{{{XML_SCHEMA}}}redefine", "schemaLocation"),
    (f"{{{WSDL}}}import", "location"),
)
_FOLDERS_OF_A_DOMAIN = ("core_components", "interactions")


@dataclass(frozen=True, slots=True)
class ServedWsdl:
    """A WSDL file, the path it is served on (`vp/crm/…`, no slash before it), and the folder that it may refer into."""

    path: str
    wsdl: Path
    folder: Path


def served_wsdls(catalogue: Catalogue, wsdl_file: str) -> dict[str, ServedWsdl]:
    """Every WSDL by its path in lower case. Raises SettingsRefused when `wsdl_file` cannot be used; "" means none."""
    contracts, given = _given(Path(wsdl_file)) if wsdl_file else (set(), [])
    found = {
        path: ServedWsdl(one.virtual_path, one.wsdl, one.folder)
        for path, one in catalogue.by_path.items()
        if one.contract not in contracts
    }
    return found | {one.path.lower(): one for one in given}


def _given(path: Path) -> tuple[set[str], list[ServedWsdl]]:
    """The contracts that the JSON file speaks of, and where it has them served."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsRefused(f"wsdl_file {path.name} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise SettingsRefused(f"wsdl_file {path.name} is not JSON.") from None
    if not isinstance(rows, list) or not all(map(_fits, rows)):
        raise SettingsRefused(f"wsdl_file {path.name} must be a list of objects with {', '.join(_KEYS)}.")
    return {row["tjanstekontrakt"] for row in rows}, [_served(row, path) for row in rows]


def _fits(row: Any) -> bool:
    return isinstance(row, dict) and all(isinstance(row.get(key), str) and row[key] for key in _KEYS)


def _served(row: Mapping[str, str], path: Path) -> ServedWsdl:
    """One row; its file is looked for from the JSON file's folder, then from where the gateway was started."""
    places = (path.parent / row["wsdlfilepath"], Path(row["wsdlfilepath"]))
    wsdl = next((place.resolve() for place in places if place.is_file()), None)
    if wsdl is None:
        raise SettingsRefused(f"wsdl_file {path.name} names {row['wsdlfilepath']}, which is not there.")
    return ServedWsdl(row["wsdlurl"].strip("/"), wsdl, _domain_of(wsdl))


def _domain_of(wsdl: Path) -> Path:
    """The domain's folder around a WSDL, or the folder that it stands in."""
    around = (place for place in wsdl.parents if any((place / name).is_dir() for name in _FOLDERS_OF_A_DOMAIN))
    return next(around, wsdl.parent)


def references(root: xml.Element, with_includes: bool) -> Iterator[tuple[xml.Element, str]]:
    """The elements that refer to other files, each with the name of the attribute that says where."""
    for tag, attribute in (_IMPORT, *_INCLUDES) if with_includes else (_IMPORT,):
        for one in root.iter(tag):
            if one.get(attribute):
                yield one, attribute


@cache
def files_of(served: ServedWsdl, with_includes: bool) -> Mapping[str, Path]:
    """Every file that the WSDL needs, directly or by others, by the name it is asked for with.

    That is the location by which it is referred to. Of two files that are called alike in different places the one
    nearer to the WSDL is meant; the other is named by its place in the domain's folder.
    """
    folder, found = served.folder.resolve(), dict[str, Path]()
    waiting, seen = [served.wsdl.resolve()], set[Path]()
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        seen.add(path)
        for location, target in _targets(path, with_includes):
            if target.is_relative_to(folder) and target.is_file():
                name = location if found.get(location, target) == target else target.relative_to(folder).as_posix()
                found.setdefault(name, target)
                waiting.append(target)
    return found


def _targets(path: Path, with_includes: bool) -> list[tuple[str, Path]]:
    rows = references(xml.parse_file(path), with_includes)
    locations = [cast(str, one.get(attribute)) for one, attribute in rows]
    return [(location, target_of(path, location)) for location in locations]


def target_of(path: Path, location: str) -> Path:
    """The file that a location in the file at `path` means."""
    return (path.parent / location).resolve()
