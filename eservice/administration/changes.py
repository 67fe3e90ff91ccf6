"""What a change of a clinic's settings was, as names: `book.is_on:off closing.reason`.

Pure. Names are of the settings' fields, for who reads the log; switches tell how they stand since, all else its name
alone, for a text is long and whom a service is limited to is nobody's business.
Elsewhere: where the log is kept (eservice/clinics.py), how it is told (text/sv.toml, administration.part).
Source: domain.md §8.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from eservice.clinic_settings import ClinicSettings


def names_of(old: ClinicSettings, new: ClinicSettings) -> tuple[str, ...]:
    """What differs, in the order of the settings; nothing when nothing does."""
    return tuple(_differences("", old, new))


def _differences(before: str, old: Any, new: Any) -> Iterator[str]:
    for one in fields(new):
        was, is_now, name = getattr(old, one.name), getattr(new, one.name), f"{before}{one.name}"
        if was == is_now:
            continue
        if is_dataclass(is_now):
            yield from _differences(f"{name}.", was, is_now)
        elif isinstance(is_now, bool):
            yield f"{name}:{'on' if is_now else 'off'}"
        else:
            yield name
