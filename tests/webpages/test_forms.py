"""forms.py: what was typed, as values, or as one sentence for each field that is not right."""

from datetime import date, time
from enum import StrEnum
from pathlib import Path

import pytest

from contracts.identifiers import PersonIdentity
from tests.people import PEOPLE
from webpages.forms import Form
from webpages.texts import Texts

SENTENCES = ("required", "unprintable", "day", "clock", "choice", "person")
TODAY = date(2026, 12, 1)


class Colour(StrEnum):
    RED = "red"


@pytest.fixture
def texts(tmp_path: Path) -> Texts:
    """Each sentence is its own name; these are all that forms.py needs."""
    lines = [f'{name} = "{name}"' for name in SENTENCES]
    lines += ['too_long = "at most {most}"', 'number = "{least} to {most}"']
    (tmp_path / "texts.toml").write_text("[form]\n" + "\n".join(lines), encoding="utf-8")
    return Texts(tmp_path / "texts.toml")


def test_right_fields_are_values(texts: Texts) -> None:
    typed = {
        "t": " a\r\nb ",
        "n": "7",
        "d": "2026-12-01",
        "c": "8.20",
        "k": "red",
        "o": "x",
        "y": "1",
        "many": ["1", "2"],
    }
    form = Form(texts, {name: [value] if isinstance(value, str) else value for name, value in typed.items()})
    assert (form.text("t"), form.number("n"), form.day("d"), form.clock("c")) == ("a\nb", 7, TODAY, time(8, 20))
    assert (form.choice("k", Colour), form.one_of("o", "xy"), form.values("many")) == (Colour.RED, "x", ["1", "2"])
    assert (form.ticked("y"), form.ticked("z"), form.is_right) == (True, False, True)


@pytest.mark.parametrize(
    ("read", "typed", "told"),
    [
        (lambda form: form.text("f", required=True), "  ", "required"),
        (lambda form: form.text("f", most=3), "long", "at most 3"),
        (lambda form: form.text("f"), "a\x00", "unprintable"),
        (lambda form: form.number("f", most=5), "6", "0 to 5"),
        (lambda form: form.number("f"), "١", "0 to 10000"),
        (lambda form: form.number("f"), "", "required"),
        (lambda form: form.day("f"), "1/12", "day"),
        (lambda form: form.clock("f"), "24:00", "clock"),
        (lambda form: form.clock("f"), "8:5", "clock"),
        (lambda form: form.choice("f", Colour), "blue", "choice"),
        (lambda form: form.one_of("f", ["x"]), "y", "choice"),
        (lambda form: form.one_of("f", ["x"]), "", "choice"),
        (lambda form: form.person("f", TODAY), "191212121", "person"),
    ],
)
def test_a_wrong_field_is_told_by_its_sentence_and_what_was_typed_is_kept(texts: Texts, read, typed, told) -> None:
    form = Form(texts, {"f": [typed]})
    read(form)
    assert (form.faults, form.value("f"), form.is_right) == ({"f": told}, typed, False)


def test_what_may_be_left_out_is_none(texts: Texts) -> None:
    form = Form(texts)
    left_out = [form.text("f"), form.number_or_none("f"), form.day_or_none("f"), form.clock_or_none("f")]
    assert (left_out, form.one_of("f", ["x"], required=False)) == ([None] * 4, None)
    assert (form.number("f", default=3), form.faults) == (3, {})


def test_the_first_thing_said_of_a_field_stays(texts: Texts) -> None:
    form = Form(texts)
    form.fault("f", "form.day")
    form.fault("f", "form.clock")
    assert form.faults == {"f": "day"}


def test_a_person_is_read_with_ten_or_twelve_digits(texts: Texts) -> None:
    number = PEOPLE[0].number
    form = Form(texts, {"long": [number], "short": [f"{number[2:8]}-{number[8:]}"]})
    assert form.person("long", TODAY) == form.person("short", TODAY) == PersonIdentity(number)


def test_a_form_does_not_show_what_was_typed_in_its_repr(texts: Texts) -> None:
    assert "secret words" not in repr(Form(texts, {"f": ["secret words"]}))
