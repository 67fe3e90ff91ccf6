"""What a value in the catalogue may look like. Pure: each function gives the value back, or raises EntityRefused.

The real catalogue lets days overlap nowhere and blanks stand nowhere; these are the rules for one value at a time.
Elsewhere: natural keys and overlaps (editing.py), whether a whole version holds together (quality.py).
Source: platform.md §20.1.
"""

import re
from datetime import date

from contracts.identifiers import hide_persons
from gateway.tak.refusals import EntityRefused

STANDARD_ADDRESS = "*"
MOST_CHARACTERS = 255
LEAST_URL_CHARACTERS = 5
_URL = re.compile(r"[0-9a-zA-Z_.:/\-?&]*", re.ASCII)
_HSA_ID = re.compile(r"[0-9a-zA-Z_\-]*", re.ASCII)
_CONTRACT = re.compile(r"[0-9a-zA-Z_.:\-]*", re.ASCII)
_PROFILE = re.compile(r"RIVTABP\d{2}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def url(text: str) -> str:
    """The address of a producer: 5–255 of `0-9a-zA-Z_.:/-?&`, so `adapter:timebook` too."""
    if not LEAST_URL_CHARACTERS <= len(text) <= MOST_CHARACTERS:
        raise EntityRefused(f"The address {shown(text)} must have 5 to {MOST_CHARACTERS} characters.")
    return _fitting("address", text, _URL, "0-9 a-z A-Z _ . : / - ? &")


def hsa_id(text: str) -> str:
    """The HSA-id of a component."""
    return _fitting("HSA-id", _some("HSA-id", text), _HSA_ID, "0-9 a-z A-Z _ -")


def logical_address(text: str) -> str:
    """The HSA-id of a logical address, or `*`."""
    return text if text == STANDARD_ADDRESS else hsa_id(text)


def contract(text: str) -> str:
    """The namespace of a contract."""
    return _fitting("contract", _some("contract", text), _CONTRACT, "0-9 a-z A-Z _ . : -")


def profile(text: str) -> str:
    """The name of a RIV-TA profile, in the catalogue's spelling."""
    return _fitting("profile", text, _PROFILE, "RIVTABP and two digits")


def description(text: str) -> str:
    """A describing text; it may be empty, and holds no person's number."""
    return described("description", text)


def described(name: str, text: str) -> str:
    """A free text of at most 255 characters that XML can carry, without blanks around it or a person's number."""
    if len(text) > MOST_CHARACTERS or _CONTROL.search(text):
        raise EntityRefused(f"The {name} must have at most {MOST_CHARACTERS} characters, all of them printable.")
    if text != text.strip():
        raise EntityRefused(f"The {name} {shown(text)} begins or ends with a blank.")
    if hide_persons(text) != text:
        raise EntityRefused(f"The {name} must not hold a person's number.")
    return text


def demanded(name: str, text: str) -> str:
    """Such a text that must not be empty."""
    return described(name, _some(name, text))


def version_number(name: str, number: int) -> int:
    if not 0 <= number <= 9999:
        raise EntityRefused(f"The {name} must be a number from 0 to 9999, not {number}.")
    return number


def period(first_day: date, last_day: date) -> tuple[date, date]:
    """Two days of which the second is not before the first."""
    if last_day < first_day:
        raise EntityRefused(f"The last day, {last_day}, is before the first, {first_day}.")
    return first_day, last_day


def years_later(day: date, years: int = 100) -> date:
    """The day that a row ends on when nobody says otherwise (platform.md §20.1, §20.7). Raises EntityRefused."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        if day.year + years > date.max.year:
            raise EntityRefused(f"{day} is too late a day.") from None
        return day.replace(year=day.year + years, day=28)


def _some(name: str, text: str) -> str:
    if not text:
        raise EntityRefused(f"The {name} must not be empty.")
    if len(text) > MOST_CHARACTERS:
        raise EntityRefused(f"The {name} {shown(text)} must have at most {MOST_CHARACTERS} characters.")
    return text


def _fitting(name: str, text: str, pattern: "re.Pattern[str]", allowed: str) -> str:
    if text != text.strip():
        raise EntityRefused(f"The {name} {shown(text)} begins or ends with a blank.")
    if pattern.fullmatch(text) is None:
        raise EntityRefused(f"The {name} {shown(text)} may hold only {allowed}.")
    return text


def shown(text: str) -> str:
    """A text as a sentence may quote it: cut short, without a person's number."""
    shown = hide_persons(text if len(text) <= 60 else f"{text[:60]}…")
    return repr(shown)
