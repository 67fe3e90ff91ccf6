"""Who and where: HSA-ids and person identities, in every form that real traffic has.

Both are values that compare the way the rules say. A person identity never shows itself in a log: its repr is masked.
Elsewhere: which of a person's numbers may log in where (the e-service), whether an HSA-id is known (the catalogue).
Source: contracts.md G-7, G-8, G-9, §6.2; domain.md §3.1, §3.2.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import Enum

_HSA_ID = re.compile(r"SE\d{10}-[A-Za-z0-9]+", re.ASCII)
_HSA_ID_LENGTH = 31
_ON_THE_WIRE = re.compile(r"[0-9]{8}[0-9pPtTfF][0-9]{3}", re.ASCII)
_TYPED_LONG = re.compile(r"(\d{8})[-+]?(\d{4})", re.ASCII)
_TYPED_SHORT = re.compile(r"(\d{6})([-+]?)(\d{4})", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class HsaId:
    """An HSA-id of a care unit, a system or a member of staff, as it was written; compared without regard to case.

    `text` is trimmed (real traffic has ids followed by a line break, contracts.md §6.2) and must not be empty. Any
    other text is let through, for the schema type is an open string: ask `is_well_formed`. Raises ValueError when
    nothing is left.
    """

    text: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text.strip())
        if not self.text:
            raise ValueError("an HSA-id must not be empty")

    @property
    def key(self) -> str:
        """The form to compare and to look up by (contracts.md G-8)."""
        return self.text.lower()

    @property
    def is_well_formed(self) -> bool:
        """SE, ten digits, a hyphen and a part of A–Z a–z 0–9; at most 31 characters in all (domain.md §3.2)."""
        return len(self.text) <= _HSA_ID_LENGTH and _HSA_ID.fullmatch(self.text) is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HsaId) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        return self.text


class PersonKind(Enum):
    """What sort of number a person identity is."""

    PERSONNUMMER = "personnummer"
    SAMORDNINGSNUMMER = "samordningsnummer"
    RESERVNUMMER = "reservnummer"


@dataclass(frozen=True, slots=True)
class PersonIdentity:
    """A citizen's identity as the contracts carry it: 12 characters, century first, no hyphen (contracts.md G-9).

    `number` matches the schema's intended pattern; letters become upper case. Dates and check digits are not
    demanded, for the schema demands neither: ask `kind`, `has_valid_check_digit` and `birth_date`. Raises ValueError
    for any other form, without quoting it. `repr` and `str` are masked; write `number` only into messages.
    """

    number: str

    def __post_init__(self) -> None:
        if _ON_THE_WIRE.fullmatch(self.number) is None:
            raise ValueError(
                "a person identity is 12 characters: eight digits, a digit or one of p, t, f, three digits"
            )
        object.__setattr__(self, "number", self.number.upper())

    @classmethod
    def from_input(cls, text: str, today: date) -> "PersonIdentity":
        """The identity that somebody typed: 10 or 12 digits, with or without `-`, `+` or blanks (domain.md §3.1).

        With 10 digits the century is the latest that puts the birth at or before `today`; `+` means 100 years or
        older, and with 12 digits says nothing more. Raises ValueError for other forms and for a wrong check digit.
        """
        compact = re.sub(r"\s", "", text)
        if long := _TYPED_LONG.fullmatch(compact):
            identity = cls(long[1] + long[2])
        elif short := _TYPED_SHORT.fullmatch(compact):
            identity = cls(_century(short[1], short[2], today) + short[1] + short[3])
        else:
            raise ValueError("a person identity is written with 10 or 12 digits")
        if not identity.has_valid_check_digit:
            raise ValueError("the check digit does not fit the number")
        return identity

    @property
    def kind(self) -> PersonKind:
        """Reserve numbers start with 99 or carry a letter; co-ordination numbers have the day plus 60."""
        if self.number.startswith("99") or not self.number.isdigit():
            return PersonKind.RESERVNUMMER
        return PersonKind.SAMORDNINGSNUMMER if int(self.number[6:8]) >= 60 else PersonKind.PERSONNUMMER

    @property
    def has_valid_check_digit(self) -> bool:
        """Whether the last digit fits (Luhn): over YYMMDDNNN, for Stockholm's reserve numbers over positions 5–11."""
        if not self.number.isdigit():
            return False
        covered = self.number[4:11] if self.kind is PersonKind.RESERVNUMMER else self.number[2:11]
        return _luhn_digit(covered) == int(self.number[11])

    @property
    def birth_date(self) -> date | None:
        """The day of birth; None when the number does not tell it (reserve numbers, unknown month or day)."""
        if self.kind is PersonKind.RESERVNUMMER:
            return None
        day = int(self.number[6:8])
        try:
            return date(int(self.number[:4]), int(self.number[4:6]), day - 60 if day >= 60 else day)
        except ValueError:
            return None

    def age_on(self, day: date) -> int | None:
        """Whole years of age on `day`, usually the day of the visit (domain.md §3.1); None when the birth is unknown.

        Who is born on 29 February has the birthday on 1 March in years without that day.
        """
        born = self.birth_date
        if born is None:
            return None
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))

    @property
    def displayed(self) -> str:
        """For the person's own eyes: `ÅÅÅÅMMDD-NNNC`."""
        return f"{self.number[:8]}-{self.number[8:]}"

    @property
    def masked(self) -> str:
        """For lists on shared screens: the last four signs hidden."""
        return f"{self.number[:8]}-****"

    def __repr__(self) -> str:
        return "PersonIdentity(************)"

    __str__ = __repr__


def _luhn_digit(digits: str) -> int:
    total = 0
    for place, digit in enumerate(map(int, digits)):
        doubled = digit * 2 if place % 2 == 0 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return -total % 10


def _century(six_digits: str, sign: str, today: date) -> str:
    year, month, day = int(six_digits[:2]), int(six_digits[2:4]), int(six_digits[4:6]) % 60
    century = today.year // 100
    if (century * 100 + year, month, day) > (today.year, today.month, today.day):
        century -= 1
    return f"{century - (sign == '+'):02d}"


_PERSON_IN_TEXT = re.compile(
    r"(?<!\d)(?:99(?:18|19|20)\d{4}|(?:\d{2})?\d{2}(?P<month>\d{2})(?P<day>\d{2}))"
    r"[-+ \u00a0\u2013]?[\dpPtTfF]\d{3}(?!\d)",
    re.ASCII,
)


def hide_persons(text: str) -> str:
    """`text` with everything that looks like a person's number replaced by `(hidden)`; for logs and faults.

    Ten or twelve signs with a possible month and day count, whatever their check digit: a mistyped number is still
    somebody's. Stockholm's reserve numbers, which tell a year, count too. Organisation numbers, and so HSA-ids, have no
    possible month and stay.
    """
    return _PERSON_IN_TEXT.sub(
        lambda m: "(hidden)" if int(m["month"] or 0) <= 12 and int(m["day"] or 0) <= 91 else m[0], text
    )
