"""contracts/identifiers.py: HSA-ids and person identities (contracts.md G-7 to G-9; domain.md §3.1, §3.2, §10.4)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identifiers import HsaId, PersonIdentity, PersonKind, hide_persons
from tests import people
from tests.people import PEOPLE, Person

TODAY = date(2026, 12, 1)
every_person = pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.first_name)
who_may_log_in = pytest.mark.parametrize(
    "person", [one for one in PEOPLE if one is not people.RESERV], ids=lambda person: person.first_name
)


# HSA-ids


def test_hsa_ids_are_compared_without_regard_to_case() -> None:
    """contracts.md G-8."""
    assert HsaId("SE2321009991-1hz5") == HsaId("se2321009991-1HZ5")
    assert len({HsaId("SE2321009991-1hz5"), HsaId("SE2321009991-1HZ5")}) == 1


def test_an_hsa_id_is_shown_as_it_was_written_without_the_blanks_around_it() -> None:
    """contracts.md §6.2: real traffic has ids followed by a line break."""
    assert str(HsaId(" SE2321009991-1hz5\n")) == "SE2321009991-1hz5"


def test_an_hsa_id_equals_no_other_kind_of_value() -> None:
    assert HsaId("SE2321009991-1HZ5") != "SE2321009991-1HZ5"


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_an_empty_hsa_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        HsaId(text)


@pytest.mark.parametrize(
    ("text", "well_formed"),
    [
        ("SE2321009991-1A01", True),
        ("SE2321009991-a", True),
        ("SE2321009991-" + "A" * 18, True),
        ("SE2321009991-" + "A" * 19, False),
        ("SE2321009991-", False),
        ("SE232100999-1A01", False),
        ("NO2321009991-1A01", False),
        ("SE2321009991-1Å01", False),
        ("SE2321009991-1A@1", False),
        ("SE2321009991-1A01 x", False),
        ("SE٢٣٢١٠٠٩٩٩١-1A01", False),
        ("?", False),
    ],
)
def test_an_hsa_id_tells_whether_it_is_well_formed(text: str, well_formed: bool) -> None:
    """domain.md §3.2: SE, ten digits, a hyphen, A–Z a–z 0–9; at most 31 characters."""
    assert HsaId(text).is_well_formed is well_formed


# Person identities


@every_person
def test_every_test_person_has_a_valid_check_digit(person: Person) -> None:
    """domain.md §3.1, column Check."""
    assert person.identity.has_valid_check_digit


@every_person
def test_any_other_last_digit_does_not_fit(person: Person) -> None:
    """domain.md §3.1. (The wrong numbers exist in this loop alone.)"""
    right = int(person.number[-1])
    others = [PersonIdentity(person.number[:-1] + str(digit)) for digit in range(10) if digit != right]
    assert not any(other.has_valid_check_digit for other in others)


@pytest.mark.parametrize("person", [people.ANNA, people.HULDA, people.ALMA])
def test_an_ordinary_number_is_a_personnummer(person: Person) -> None:
    assert person.identity.kind is PersonKind.PERSONNUMMER


def test_a_day_above_60_is_a_samordningsnummer() -> None:
    """domain.md §10.4: Samir, born 18 April 1985."""
    assert people.SAMIR.identity.kind is PersonKind.SAMORDNINGSNUMMER
    assert people.SAMIR.identity.birth_date == date(1985, 4, 18)


def test_a_number_that_starts_with_99_is_stockholms_reservnummer_and_tells_no_birth() -> None:
    assert people.RESERV.identity.kind is PersonKind.RESERVNUMMER
    assert people.RESERV.identity.birth_date is None
    assert people.RESERV.identity.age_on(TODAY) is None


@pytest.mark.parametrize("letter", "pPtTfF")
def test_a_letter_in_the_ninth_place_makes_a_reservnummer_in_upper_case(letter: str) -> None:
    """contracts.md G-9. No check digit is known for these."""
    identity = PersonIdentity(f"00000000{letter}000")
    assert identity.kind is PersonKind.RESERVNUMMER
    assert identity.number == f"00000000{letter.upper()}000"
    assert not identity.has_valid_check_digit


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0" * 11,
        "0" * 13,
        "00000000-0000",
        "^000000000000$",
        "00000000x000",
        "0000000a0000",
        "٠" * 12,
        "000000000000\n",
    ],
)
def test_other_forms_are_refused_without_being_quoted(text: str) -> None:
    """contracts.md G-9."""
    with pytest.raises(ValueError, match="12 characters") as told:
        PersonIdentity(text)
    assert not text or text not in str(told.value)


def test_an_impossible_day_is_a_number_without_a_birth_date() -> None:
    """domain.md §3.1: the schema does not look; co-ordination numbers may have month 00 or day 60."""
    assert PersonIdentity("198500600000").birth_date is None
    assert PersonIdentity("000000000000").birth_date is None


@pytest.mark.parametrize(
    ("person", "day", "age"),
    [
        (people.LARS, date(2026, 12, 11), 64),
        (people.LARS, date(2026, 12, 12), 65),
        (people.OSKAR, date(2026, 11, 10), 17),
        (people.OSKAR, date(2026, 11, 11), 18),
        (people.NELLY, date(2026, 12, 30), 17),
        (people.NELLY, date(2026, 12, 31), 18),
        (people.MOA, date(2026, 12, 29), 12),
        (people.MOA, date(2026, 12, 30), 13),
        (people.HULDA, date(2026, 12, 1), 105),
        (people.ALMA, date(2026, 12, 1), 7),
        (people.SAMIR, date(2026, 4, 17), 40),
        (people.SAMIR, date(2026, 4, 18), 41),
    ],
    ids=lambda value: getattr(value, "first_name", None),
)
def test_age_is_counted_on_the_day_asked_about(person: Person, day: date, age: int) -> None:
    """domain.md §3.1, §10.4: age is computed on the visit date."""
    assert person.identity.age_on(day) == age


def test_who_is_born_on_29_february_has_the_birthday_on_1_march() -> None:
    leap = PersonIdentity("200002290000")
    assert (leap.age_on(date(2026, 2, 28)), leap.age_on(date(2026, 3, 1))) == (25, 26)


@who_may_log_in
def test_a_typed_number_may_be_long_or_short_with_hyphen_blanks_or_none(person: Person) -> None:
    """domain.md §3.1: accept 10 or 12 digits, with or without `-` or space; strip spaces first."""
    number, sign = person.number, "+" if person is people.HULDA else "-"
    forms = [number, f"{number[:8]}-{number[8:]}", f" {number[:8]} {number[8:]} ", f"{number[2:8]}{sign}{number[8:]}"]
    assert {PersonIdentity.from_input(form, TODAY) for form in forms} == {person.identity}


def test_plus_means_a_hundred_years_or_older() -> None:
    """domain.md §3.1, §10.4: Hulda."""
    short = f"{people.HULDA.number[2:8]}+{people.HULDA.number[8:]}"
    assert PersonIdentity.from_input(short, TODAY) == people.HULDA.identity
    assert PersonIdentity.from_input(short.replace("+", "-"), TODAY).number.startswith("2021")
    assert PersonIdentity.from_input(f"{people.HULDA.number[:2]}{short}", TODAY) == people.HULDA.identity


def test_ten_digits_belong_to_the_latest_century_that_puts_the_birth_in_the_past() -> None:
    short = people.ALMA.number[2:]
    assert PersonIdentity.from_input(short, date(2019, 1, 2)).number[:2] == "20"
    assert PersonIdentity.from_input(short, date(2019, 1, 1)).number[:2] == "19"


@pytest.mark.parametrize("text", ["", "anna", "12345", "7912129280x", "1979+1212-9280", "19791212--9280"])
def test_what_is_no_number_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="10 or 12 digits"):
        PersonIdentity.from_input(text, TODAY)


def test_a_typed_number_with_a_wrong_check_digit_is_refused() -> None:
    with pytest.raises(ValueError, match="check digit"):
        PersonIdentity.from_input(people.ANNA.number[:-1] + "1", TODAY)


def test_a_person_is_displayed_with_a_hyphen_and_masked_in_lists() -> None:
    """domain.md §3.1: show as ÅÅÅÅMMDD-NNNC, mask the last four in lists on shared screens."""
    assert people.ANNA.identity.displayed == f"{people.ANNA.number[:8]}-{people.ANNA.number[8:]}"
    assert people.ANNA.identity.masked == f"{people.ANNA.number[:8]}-****"


@every_person
def test_a_person_never_shows_in_repr_or_str(person: Person) -> None:
    """DESIGN decision 10."""
    told = f"{person.identity!r} {person.identity} {[person.identity]}"
    assert person.number[8:] not in told
    assert person.number[:8] not in told


@given(st.text(alphabet="0123456789pPtTfF-+ ^$\n", max_size=16))
def test_any_text_is_a_person_identity_or_a_value_error(text: str) -> None:
    for read in (PersonIdentity, lambda given: PersonIdentity.from_input(given, TODAY)):
        try:
            identity = read(text)
        except ValueError:
            continue
        identity.age_on(TODAY)
        assert len(identity.number) == 12


# Hiding


every_way_of_writing = pytest.mark.parametrize(
    "form",
    [
        "{0}{1}",
        "{0}-{1}",
        "{0}+{1}",
        "{0} {1}",
        "{0}\u2013{1}",
        "{0}\u00a0{1}",
        "x{0}{1}y",
        "<id>{0}{1}</id>",
        "a={0}-{1}&b",
    ],
)


@every_person
@every_way_of_writing
def test_what_looks_like_a_person_is_hidden_however_it_is_written(person: Person, form: str) -> None:
    """DESIGN decision 10."""
    assert person.number[8:] not in hide_persons(form.format(person.number[:8], person.number[8:]))


@who_may_log_in
@every_way_of_writing
def test_a_number_without_its_century_is_hidden_too(person: Person, form: str) -> None:
    """DESIGN decision 10. (Nobody writes a reserve number short.)"""
    assert person.number[8:] not in hide_persons(form.format(person.number[2:8], person.number[8:]))


@pytest.mark.parametrize(
    "text",
    [
        "SE2321009991-1A01",
        "SE2321009991-ET01",
        "SE165565594230-1000",
        "20261214081000",
        "20261214",
        "line 22, column 1204",
        "urn:riv:crm:scheduling:MakeBookingResponder:1",
        "4a1b2c3d-0000-4000-8000-0123456789ab",
    ],
)
def test_hsa_ids_organisation_numbers_and_times_stay(text: str) -> None:
    assert hide_persons(text) == text


def test_every_person_in_a_text_is_hidden_and_the_rest_stays() -> None:
    text = f"{people.ANNA.number} and {people.DAN.number} at SE2321009991-1A01"
    assert hide_persons(text) == "(hidden) and (hidden) at SE2321009991-1A01"


def test_a_mistyped_number_is_hidden_too() -> None:
    assert hide_persons(people.ANNA.number[:-1] + "1") == "(hidden)"


@given(st.text(alphabet="0123456789-+ aSE", max_size=40))
def test_hiding_leaves_nothing_to_hide(text: str) -> None:
    once = hide_persons(text)
    assert hide_persons(once) == once
