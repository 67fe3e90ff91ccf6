"""What a scenario's clinic does beside being a good one: refusals, silence, faults, oddities that are allowed.

Pure values; clinic.py and platform.py act on them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from contracts.scheduling import ResultCode

INFO_TEXT = "Kom fastande till provtagningen. Drick bara vatten."
ERROR_TEXT = "Den tiden togs just av en annan. Ring mottagningen om ingen ny passar."
FAULT_TEXT = "KIT-7Q4: deadlock in table APPOINTMENT"
"""For operations staff: a citizen must never see it (G-14)."""
FAULT_MARK = "KIT-7Q4"

Lost = Literal["done", "not done"]


@dataclass(frozen=True, slots=True)
class Told:
    """A result that is answered whatever is asked; an ERROR is not carried out."""

    code: ResultCode
    text: str


@dataclass(frozen=True, slots=True)
class Script:
    """Each name is an interaction's.

    `told`: its result. `lost`: its first call gets no answer at all, and was carried out or not. `faults`: its first
    call gets a SOAP fault and is not carried out. `slow`: its first answer takes long. `is_silent`: no clinic tells
    what anybody has booked; `is_partly_silent`: the one that offers less does not. `changes_ids`: a moved booking gets
    another id. `omits_flags`: the schedule leaves out the flags that are false. `has_extras`: answers carry elements
    and a header block that nobody knows. `respells`: HSA-ids are answered in other case than the consumer's.
    `in_utf_16`: answers are in that encoding.
    """

    told: Mapping[str, Told] = field(default_factory=dict)
    lost: Mapping[str, Lost] = field(default_factory=dict)
    faults: frozenset[str] = frozenset()
    slow: frozenset[str] = frozenset()
    is_silent: bool = False
    is_partly_silent: bool = False
    changes_ids: bool = False
    omits_flags: bool = False
    has_extras: bool = False
    respells: bool = False
    in_utf_16: bool = False
