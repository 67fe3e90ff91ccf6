"""gateway/settings.py: what does not fit stops the start with a sentence that names it (STYLE §9; platform.md §25 row 20)."""

from dataclasses import fields

import pytest

from gateway.settings import GatewaySettings, SettingsRefused, read_settings


def refused(**given: object) -> str:
    with pytest.raises(SettingsRefused) as told:
        read_settings(given)
    sentence = str(told.value)
    assert sentence.endswith(".")
    return sentence


def test_every_setting_says_what_it_is_for() -> None:
    assert all(one.metadata["help"].endswith(".") for one in fields(GatewaySettings))


def test_without_anything_given_the_defaults_hold() -> None:
    """DESIGN decision 8."""
    settings = read_settings({})
    assert settings == GatewaySettings()
    assert (settings.compatibility, settings.validation, settings.answer_validation) == ("tidbro", "refuse", "warn")
    assert settings.max_message_bytes == 15_728_640  # platform.md §14.4


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("max_message_bytes", "1000", 1000),
        ("producer_timeout_seconds", "1.5", 1.5),
        ("producer_timeout_seconds", 2, 2.0),
        ("errata", "False", False),
        ("errata", True, True),
        ("ip_whitelist", "127.0.0.1, 10.0.0.0/8 ,", ("127.0.0.1", "10.0.0.0/8")),
        ("ip_whitelist", ["10."], ("10.",)),
        ("ip_whitelist", [], ()),
        ("validation", "warn", "warn"),
        ("instance_name", "Regionen", "Regionen"),
    ],
)
def test_a_value_is_read_as_its_setting_has_it(name: str, given: object, value: object) -> None:
    assert getattr(read_settings({name: given}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_message_bytes", "many"),
        ("max_message_bytes", 0),
        ("max_message_bytes", -1),
        ("max_message_bytes", 1.5),
        ("max_message_bytes", True),
        ("max_message_bytes", None),
        ("producer_timeout_seconds", "soon"),
        ("producer_timeout_seconds", 0),
        ("producer_timeout_seconds", "nan"),
        ("producer_timeout_seconds", "inf"),
        ("producer_timeout_seconds", [1]),
        ("adapter_threads", "0"),
        ("errata", "yes"),
        ("errata", 1),
        ("validation", "sometimes"),
        ("validation", ["refuse"]),
        ("compatibility", "camel"),
        ("instance_id", ""),
        ("instance_name", "  "),
        ("certificate_header", ""),
        ("instance_name", 5),
        ("ip_whitelist", 5),
        ("ip_whitelist", [5]),
        ("ip_whitelist", "10.0.0.0/99"),
        ("ip_whitelist", "nonsense/8"),
        ("sender_id_pattern", "("),
        ("sender_id_pattern", "OU=.*"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_name(name: str, value: object) -> None:
    assert name in refused(**{name: value})


def test_an_empty_entry_of_the_white_list_would_let_everybody_in_and_is_refused() -> None:
    with pytest.raises(SettingsRefused, match="ip_whitelist"):
        GatewaySettings(ip_whitelist=("",))


@pytest.mark.parametrize(
    "name", ["messageLoggerMethod", "Validation", "vagvalrouter.default.routing.address.delimiter"]
)
def test_an_unknown_name_is_refused_with_the_known_ones(name: str) -> None:
    """platform.md §25 row 20."""
    sentence = refused(**{name: "x"})
    assert sentence.startswith(f"There is no setting {name}; there are instance_id, ")


def test_compatibility_changes_the_defaults_and_what_is_given_by_name_still_counts() -> None:
    """DESIGN decision 8: the real platform never looks at the body (platform.md §1), unless it is told to here."""
    settings = read_settings({"compatibility": "skltp"})
    assert (settings.validation, settings.answer_validation, settings.retries_updates) == ("off", "off", True)
    assert settings.user_agent == "SKLTP VP/4.3.x"
    settings = read_settings({"compatibility": "skltp", "validation": "refuse", "retries_updates": False})
    assert (settings.validation, settings.answer_validation, settings.retries_updates) == ("refuse", "off", False)


@pytest.mark.parametrize(("attempts", "fits"), [(0, True), (-1, True), (-2, False), (3, True)])
def test_a_call_may_be_sent_again_never_some_times_or_for_ever(attempts: int, fits: bool) -> None:
    """platform.md §14.2."""
    if fits:
        assert read_settings({"retry_attempts": attempts}).retry_attempts == attempts
    else:
        assert "retry_attempts must be at least -1" in refused(retry_attempts=attempts)
