"""Citizens for load: numbers that no living person has, born 1890–1910 with birth numbers 980–989 (domain.md §3.1)."""

from collections.abc import Iterator
from datetime import date, timedelta

from contracts.identifiers import PersonIdentity

_FIRST_BIRTHDAY, _DAYS = date(1890, 1, 1), 21 * 365


def citizens() -> Iterator[PersonIdentity]:
    """Some 76,000 different citizens, always the same ones in the same order."""
    for birth_number in range(980, 990):
        for days in range(_DAYS):
            yield _citizen(f"{_FIRST_BIRTHDAY + timedelta(days=days):%Y%m%d}{birth_number}")


def _citizen(eleven_digits: str) -> PersonIdentity:
    candidates = (PersonIdentity(f"{eleven_digits}{digit}") for digit in range(10))
    return next(one for one in candidates if one.has_valid_check_digit)
