"""What somebody typed into a form: as values, or as sentences about what is wrong with each field.

A form is read once, field by field; what was typed is kept for showing it again. Sentences are from the site's own
catalogue, whose table `form` has, with these place holders: required, too_long {most}, unprintable,
number {least} {most}, day, clock, choice, person.
Elsewhere: whether the form is ours at all (tokens.py), what the values mean to the site.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum
from typing import TypeVar

from contracts.identifiers import PersonIdentity
from webpages.texts import Texts

Value = TypeVar("Value")
Choice = TypeVar("Choice", bound=StrEnum)

TEXT_MOST = 500


@dataclass
class Form:
    """A form as it was sent. After reading, `faults` has a sentence for each field that is not right."""

    texts: Texts
    typed: Mapping[str, list[str]] = field(default_factory=dict, repr=False)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def is_right(self) -> bool:
        return not self.faults

    def value(self, name: str) -> str:
        """As it was typed, for showing it again; empty when it was not."""
        values = self.typed.get(name, [])
        return values[0] if values else ""

    def values(self, name: str) -> list[str]:
        return list(self.typed.get(name, []))

    def fault(self, name: str, text: str, /, **told: object) -> None:
        """Say what is wrong with a field; the first thing said stays."""
        self.faults.setdefault(name, self.texts(text, **told))

    # -- Fields

    def text(self, name: str, *, required: bool = False, most: int = TEXT_MOST) -> str | None:
        """A text without blanks around it; None when it is blank."""
        typed = self.value(name).replace("\r\n", "\n").strip()
        if not typed and required:
            self.fault(name, "form.required")
        if len(typed) > most:
            self.fault(name, "form.too_long", most=most)
        if not all(map(_is_shown, typed)):
            self.fault(name, "form.unprintable")
        return typed or None

    def number(self, name: str, *, least: int = 0, most: int = 10_000, default: int | None = None) -> int | None:
        """A whole number; `default` when nothing was typed, and a fault when that is None."""
        typed = self.value(name).strip()
        if not typed and default is not None:
            return default
        return self._read(name, typed, lambda text: _whole(text, least, most), "form.number", least=least, most=most)

    def number_or_none(self, name: str, *, least: int = 0, most: int = 10_000) -> int | None:
        """A whole number, or None when nothing was typed."""
        return self.number(name, least=least, most=most) if self.value(name).strip() else None

    def day(self, name: str) -> date | None:
        return self._read(name, self.value(name).strip(), date.fromisoformat, "form.day")

    def day_or_none(self, name: str) -> date | None:
        return self.day(name) if self.value(name).strip() else None

    def clock(self, name: str) -> time | None:
        """A time of day, `08:20` or `08.20`."""
        return self._read(name, self.value(name).strip().replace(".", ":"), _clock, "form.clock")

    def clock_or_none(self, name: str) -> time | None:
        return self.clock(name) if self.value(name).strip() else None

    def choice(self, name: str, kind: type[Choice]) -> Choice | None:
        return self._read(name, self.value(name), kind, "form.choice")

    def one_of(self, name: str, offered: Iterable[str], *, required: bool = True) -> str | None:
        """One of the offered values; None when nothing was chosen."""
        typed = self.value(name)
        if not typed and not required:
            return None
        if typed not in set(offered):
            self.fault(name, "form.choice")
            return None
        return typed

    def ticked(self, name: str) -> bool:
        return bool(self.value(name))

    def person(self, name: str, today: date) -> PersonIdentity | None:
        """A person's number with 10 or 12 digits and a check digit that fits (domain.md §3.1)."""
        typed = self.value(name).strip()
        return self._read(name, typed, lambda text: PersonIdentity.from_input(text, today), "form.person")

    def _read(self, name: str, typed: str, read: Callable[[str], Value], text: str, **told: object) -> Value | None:
        if not typed:
            self.fault(name, "form.required")
            return None
        try:
            return read(typed)
        except ValueError:
            self.fault(name, text, **told)
            return None


def _is_shown(char: str) -> bool:
    """Whether the sign can stand in a text; blanks that do not break come with what is pasted."""
    return char.isprintable() or char in "\n\t" or unicodedata.category(char) == "Zs"


def _whole(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.lstrip("-").isdigit() and len(text) < 10):
        raise ValueError
    number = int(text)
    if not least <= number <= most:
        raise ValueError
    return number


def _clock(text: str) -> time:
    hour, _, minute = text.partition(":")
    if not (hour.isdigit() and minute.isdigit() and len(minute) == 2 and hour.isascii() and minute.isascii()):
        raise ValueError
    return time(int(hour), int(minute))
