"""A clinic's settings as a document, and what a change of them is called (domain.md §8)."""

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from eservice.administration.changes import names_of
from eservice.clinic_settings import (
    Audience,
    ClinicSettings,
    Closing,
    ContactData,
    ServiceSettings,
    Texts,
    read,
    written,
)

TEXTS = some.text(max_size=30)
NAMES = some.lists(TEXTS, max_size=3).map(tuple)
DAYS = some.dates()
AGES = some.none() | some.integers(0, 130)
AUDIENCES = some.builds(
    lambda ages, **rest: Audience(age_from=ages[0], age_to=ages[1], **rest),
    some.tuples(AGES, AGES).filter(lambda two: None in two or two[0] <= two[1]),
    regions=NAMES,
    municipalities=NAMES,
    sexes=some.sampled_from([(), ("woman",), ("man",), ("woman", "man")]),
    selected=NAMES,
)
CLOSINGS = some.one_of(
    some.builds(Closing, reason=TEXTS, first_day=some.none() | DAYS),
    some.tuples(DAYS, DAYS).map(sorted).map(lambda days: Closing("", *days)),
)
FLOW_TEXTS = some.builds(Texts, clinic=TEXTS, concerns=TEXTS, to_care=some.text(max_size=150), terms=TEXTS)
SERVICES = some.builds(ServiceSettings, is_on=some.booleans(), name=TEXTS, audience=AUDIENCES)
SETTINGS = some.builds(
    ClinicSettings,
    is_active=some.booleans(),
    book=SERVICES,
    booked=SERVICES,
    closing=CLOSINGS,
    book_texts=FLOW_TEXTS,
    rebook_texts=FLOW_TEXTS,
    cancel_texts=FLOW_TEXTS,
    contact=some.builds(ContactData, *[TEXTS] * 6),
    shows_end_time=some.booleans(),
    shows_care_types=some.booleans(),
    place_in_menu=some.integers(0, 999),
)


@given(SETTINGS)
def test_any_settings_are_read_back_as_they_were_written(settings):
    document = json.loads(json.dumps(written(settings)))
    assert read(ClinicSettings, document) == settings


@given(SETTINGS, SETTINGS)
def test_what_differs_has_a_name_and_what_does_not_has_none(old, new):
    names = names_of(old, new)
    assert bool(names) == (old != new)
    assert names_of(old, old) == ()
    assert len(set(names)) == len(names)


def test_what_is_as_usual_is_left_out_and_what_nobody_knows_is_passed_over():
    assert written(ClinicSettings()) == {}
    settings = replace(ClinicSettings(), book=ServiceSettings(is_on=False))
    assert written(settings) == {"book": {"is_on": False}}
    assert read(ClinicSettings, {"book": {"is_on": False, "new": 1}, "newer": {}}) == settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"book_texts": {"to_care": "x" * 151}},
        {"book": {"audience": {"age_from": 9, "age_to": 8}}},
        {"closing": {"first_day": "2026-12-02", "last_day": "2026-12-01"}},
        {"closing": {"last_day": "2026-12-01"}},
        {"closing": {"first_day": "snart"}},
    ],
)
def test_settings_that_cannot_be_are_a_value_error(wrong):
    with pytest.raises(ValueError):
        read(ClinicSettings, wrong)


def test_a_change_names_switches_with_how_they_stand_and_never_whom_a_service_is_for():
    old = ClinicSettings()
    audience = Audience(regions=("Region Demolän",), selected=("197912129280",))
    new = replace(old, book=ServiceSettings(False, "Boka", audience), closing=Closing("Flytt.", date(2026, 12, 1)))
    names = ("book.is_on:off", "book.name", "book.audience.regions", "book.audience.selected")
    assert names_of(old, new) == (*names, "closing.reason", "closing.first_day")
