"""The settings: defaults are the real services', what doesn't fit is named."""

from dataclasses import fields

import pytest

from national_services.aggregation.settings import AggregationSettings


def test_the_times_are_those_of_the_real_services():
    told = AggregationSettings()
    assert (told.connect_seconds, told.read_seconds, told.total_seconds) == (2, 27, 28)
    assert (told.index_connect_seconds, told.index_read_seconds) == (2, 20)
    assert (told.validates_answers, told.fills_in_missing_synch, told.validates_soap_action) == (True, False, False)


def test_every_setting_says_what_it_is_for():
    assert all(one.metadata["help"].endswith(".") for one in fields(AggregationSettings))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("read_seconds", 0), ("read_seconds", "27"), ("total_seconds", True), ("total_seconds", float("nan")),
        ("most_calls_at_once", 1.5), ("reading_threads", 0), ("validates_answers", "true"), ("logical_address", ""),
        ("index_sender", "å"), ("instance_id", "a\nb"), ("platform_url", "ftp://x"), ("tak_endpoint", "x"),
        ("peers", "127.0.0.1"), ("plugins", [1]), ("tak_file", 1),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_named(name, value):
    with pytest.raises(ValueError, match=f"^{name} "):
        AggregationSettings.from_mapping({name: value})


def test_an_unknown_setting_is_named():
    with pytest.raises(ValueError, match="no setting read_second;"):
        AggregationSettings.from_mapping({"read_second": 1})


def test_lists_become_tuples():
    assert AggregationSettings.from_mapping({"peers": ["::1"]}).peers == ("::1",)
