"""The catalogues of staff pages: one word for the citizen in each system (docs/terms.md)."""

from pathlib import Path

import pytest

from scheduling_backends.staff.texts import staff_texts
from scheduling_backends.takecare.staff import TEXTS as TAKECARE
from scheduling_backends.timebook.staff import TEXTS as TIMEBOOK


def told(catalogue: Path) -> dict[str, str]:
    texts = staff_texts(catalogue)
    return {name: texts(name) for name in texts.names() if not name.startswith("words.")}


def test_the_record_system_speaks_of_patients_alone() -> None:
    assert [name for name, text in told(TAKECARE).items() if "invånar" in text.lower()] == []


def test_the_timebook_speaks_of_invanare_alone() -> None:
    assert [name for name, text in told(TIMEBOOK).items() if "patient" in text.lower()] == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("time.book", "Boka för en invånare"),
        ("citizen.search_title", "Invånare"),
        ("booking.reason", "Invånarens kommentar vid bokning"),
        ("bookable_by.both", "vården och invånaren"),
    ],
)
def test_a_systems_own_words_stand_in_the_shared_sentences(name: str, told: str) -> None:
    assert staff_texts(TIMEBOOK)(name) == told


def test_the_shared_catalogue_alone_says_patient() -> None:
    assert staff_texts()("time.book") == "Boka för en patient"
