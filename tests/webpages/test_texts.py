"""texts.py: catalogues on top of each other, and one word for one thing."""

from pathlib import Path

import pytest

from webpages.texts import Texts

SHARED = 'skip = "Hoppa"\n[sign_in]\nheading = "Logga in, patient"\nlead = "Patienter: {count}. {name}"\n'
OWN = '[sign_in]\nheading = "Patientens kort"\n[words]\npatient = "invånare"\npatientens = "invånarens"\npatienter = "invånare"\n'


@pytest.fixture
def catalogues(tmp_path: Path) -> tuple[Path, Path]:
    shared, own = tmp_path / "shared.toml", tmp_path / "own.toml"
    shared.write_text(SHARED, encoding="utf-8")
    own.write_text(OWN, encoding="utf-8")
    return shared, own


def test_a_text_is_asked_for_by_its_whole_name(catalogues: tuple[Path, Path]) -> None:
    texts = Texts(catalogues[0])
    assert (texts("skip"), texts("sign_in.heading")) == ("Hoppa", "Logga in, patient")
    assert texts("sign_in.lead", count=2, name="Bo") == "Patienter: 2. Bo"
    assert texts.names() == ("skip", "sign_in.heading", "sign_in.lead")


def test_a_later_catalogue_overrides_an_earlier_one(catalogues: tuple[Path, Path]) -> None:
    assert Texts(*catalogues)("sign_in.heading") == "Invånarens kort"
    assert Texts(*reversed(catalogues))("sign_in.heading") == "Logga in, invånare"


def test_words_are_replaced_whole_and_keep_their_capital(catalogues: tuple[Path, Path]) -> None:
    assert Texts(*catalogues)("sign_in.lead", count=2, name="patient") == "Invånare: 2. patient"


def test_a_table_is_told_by_the_last_part_of_its_names(catalogues: tuple[Path, Path]) -> None:
    assert list(Texts(catalogues[0]).below("sign_in")) == ["heading", "lead"]


def test_a_text_that_is_missing_is_a_fault(catalogues: tuple[Path, Path]) -> None:
    texts = Texts(*catalogues)
    with pytest.raises(KeyError):
        texts("sign_in.nothing")
    with pytest.raises(KeyError):
        texts("sign_in.lead", count=1)
