"""The two catalogues of the citizens' pages tell the same things (domain.md §5.0; look.md)."""

import re
from string import Formatter

import pytest

from eservice.wording import LANGUAGES
from webpages.texts import read

SWEDISH, ENGLISH = (read(LANGUAGES[language][-1]) for language in ("sv", "en"))

# Without the administrators' pages: staff read Swedish, whatever language the citizens' pages have.
FOR_CITIZENS = {name: text for name, text in SWEDISH.items() if not name.startswith("administration.")}


def place_holders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_every_swedish_text_is_there_in_english():
    missing = [f'{name} = "{text}"' for name, text in FOR_CITIZENS.items() if name not in ENGLISH]
    assert not missing, "eservice/text/en.toml lacks, with what sv.toml says:\n" + "\n".join(missing)


def test_no_english_text_is_left_of_what_is_not_told_in_swedish_any_more():
    left = sorted(set(ENGLISH) - set(FOR_CITIZENS))
    assert not left, "eservice/text/en.toml has what sv.toml has not for citizens:\n" + "\n".join(left)


def test_both_languages_fill_in_the_same_place_holders():
    other = [
        f"{name}: sv {sorted(place_holders(SWEDISH[name]))}, en {sorted(place_holders(ENGLISH[name]))}"
        for name in SWEDISH
        if name in ENGLISH and place_holders(SWEDISH[name]) != place_holders(ENGLISH[name])
    ]
    assert not other, "place holders differ:\n" + "\n".join(other)


def test_both_languages_ask_for_the_same_marks_and_names_of_dates():
    for table, number in (("dates.weekdays", 7), ("dates.months", 12)):
        assert len(SWEDISH[table].split()) == len(ENGLISH[table].split()) == number


@pytest.mark.parametrize("catalogue", [SWEDISH, ENGLISH], ids=["sv", "en"])
def test_no_text_is_empty_or_tells_an_hsa_id_or_a_contract(catalogue):
    """§5.0: never HSA-ids or contract names to citizens."""
    wrong = [
        name
        for name, text in catalogue.items()
        if not text.strip() or re.search(r"SE\d{10}-|\b(Make|Update|Cancel|Get[A-Z])\w*(Booking|All|Available)", text)
    ]
    assert not wrong
