"""The tree of care units (HSA): which units stand above one, for routes and authorisations that are inherited.

A unit's place is its distinguished name (`ou=Unit,ou=Area,o=Region,c=SE`); above it stands the nearest unit that has
the rest of that name. Ids are compared with regard to letter case. A unit that is not known stands right below SE.
Units come from files in the form of the national HSA directory's export; a reload that fails keeps the tree there was.
Elsewhere: when climbing comes in turn (routing.py, authorisation.py), the page that asks for a reload (admin.py).
Source: platform.md §11, §17.2, §17.4.
"""

import logging
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from contracts import xml
from contracts.errors import MessageUnreadable
from contracts.identifiers import hide_persons
from contracts.times import Clock

log = logging.getLogger(__name__)

ROOT = "SE"

_NAMESPACE = "urn:riv:hsa:HsaWsResponder:3"
_LIMITS = xml.Limits(max_bytes=1_000_000_000, max_tags=100_000_000, max_declarations=10_000_000)
_PART = re.compile(r"(?:[^,\\]|\\.)+", re.DOTALL)  # a comma within a name is written \,
_FIELDS = ("hsaIdentity", "DN", "name")

Place = tuple[str, ...]
"""A distinguished name in its parts, the unit's own first."""


class HsaUnreadable(Exception):
    """A file of units that cannot be used; the message is a sentence that says where and why."""


@dataclass(frozen=True)
class HsaTree:
    """Units by HSA-id, compared with regard to letter case, and the one above each."""

    parents: Mapping[str, str] = field(default_factory=dict)

    def above(self, hsa_id: str) -> tuple[str, ...]:
        """The units above `hsa_id`, nearest first, up to and with the root; of an unknown unit the root alone."""
        found: dict[str, None] = {}
        while hsa_id != ROOT:
            hsa_id = self.parents.get(hsa_id, ROOT)
            if hsa_id in found:  # two units that are above each other: the rest is the root
                hsa_id = ROOT
            found[hsa_id] = None
        return tuple(found)


NO_TREE = HsaTree()


def climbs(contract: str, is_on: bool, exceptions: Iterable[str]) -> bool:
    """Whether the units above count for a contract: `is_on`, or the opposite where it begins as one of `exceptions`."""
    return is_on != any(contract.startswith(one) for one in exceptions)


def load(files: Iterable[Path]) -> tuple[HsaTree, int]:
    """The tree of the units in `files`, and how many they are; of two with one place, the later file's counts.

    Raises HsaUnreadable when a file cannot be read, a unit lacks a field or a file has two units in one place.
    """
    units: dict[Place, str] = {}
    for path in files:
        for place, hsa_id in _read(path).items():
            units.pop(place, None)  # so that what comes later stands later
            units[place] = hsa_id
    return tree_of(units), len(units)


def tree_of(units: Mapping[Place, str]) -> HsaTree:
    """The tree of units by their places; SE, at `c=SE`, needs no file to be there."""
    known = {("c=SE",): ROOT, **units}
    return HsaTree({hsa_id: _nearest_above(place, known) for place, hsa_id in units.items() if hsa_id != ROOT})


def _nearest_above(place: Place, units: Mapping[Place, str]) -> str:
    return next((units[place[cut:]] for cut in range(1, len(place)) if place[cut:] in units), ROOT)


def _read(path: Path) -> dict[Place, str]:
    try:
        return _units(xml.parse(path.read_bytes(), limits=_LIMITS))
    except OSError as error:
        raise HsaUnreadable(f"{path.name} cannot be read: {error.strerror}.") from None
    except (ValueError, MessageUnreadable) as error:
        raise HsaUnreadable(f"{path.name}: {error}.") from None


def _units(root: xml.Element) -> dict[Place, str]:
    if root.tag != f"{{{_NAMESPACE}}}FileGetHsaUnitsResponse":
        raise ValueError(f"the root element is not FileGetHsaUnitsResponse in {_NAMESPACE}")
    units: dict[Place, str] = {}
    for unit in _unit_elements(root):
        hsa_id, name, _ = (_text(unit, field_name) for field_name in _FIELDS)
        place = place_of(name)
        if place in units:
            raise ValueError(f"line {unit.sourceline}: two units have this DN")
        units[place] = hsa_id
    return units


def _unit_elements(root: xml.Element) -> Iterator[xml.Element]:
    for units in root.iterchildren(f"{{{_NAMESPACE}}}hsaUnits"):
        yield from units.iterchildren(f"{{{_NAMESPACE}}}hsaUnit")


def _text(unit: xml.Element, name: str) -> str:
    child = unit.find(f"{{{_NAMESPACE}}}{name}")
    text = "" if child is None else xml.text_of(child).strip()
    if not text:
        raise ValueError(f"line {unit.sourceline}: {name} is missing")
    return text


def place_of(name: str) -> Place:
    """A distinguished name in its parts: `ou=A\\, B,c=SE` has two."""
    return tuple(part.strip() for part in _PART.findall(name))


@dataclass(frozen=True, slots=True)
class HsaRefresh:
    """What the last load led to: how many units there were and are, and why it failed, as a sentence, if it did."""

    at: datetime
    old_count: int
    new_count: int
    reason: str = ""

    @property
    def is_successful(self) -> bool:
        return not self.reason


class HsaCache:
    """Holds one tree; `reload` may be called from any thread. Without files every unit stands right below SE."""

    def __init__(self, files: Iterable[str | Path], clock: Clock) -> None:
        self.files = tuple(Path(one) for one in files)
        self._clock = clock
        self._loading = threading.Lock()
        self._tree, self._count = NO_TREE, 0
        self.last_refresh: HsaRefresh | None = None

    def tree(self) -> HsaTree:
        """The tree in force."""
        return self._tree

    @property
    def is_initialized(self) -> bool:
        """Whether the last load succeeded; False before the first."""
        return self.last_refresh is not None and self.last_refresh.is_successful

    def reload(self) -> HsaRefresh:
        """Read the files anew and put the tree in force, if every file could be used; what came of it."""
        with self._loading:
            old, reason = self._count, ""
            try:
                self._tree, self._count = load(self.files)
            except HsaUnreadable as error:
                reason = str(error)
                log.error("units_not_loaded: %s", hide_persons(reason))
            self.last_refresh = HsaRefresh(self._clock(), old, self._count, reason)
            return self.last_refresh
