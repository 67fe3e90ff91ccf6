"""What `tidbro conform` is told: options over a file, and sentences for what does not fit."""

from pathlib import Path

import pytest

from gateway.settings import SettingsRefused
from tests.people import ANNA, DAN
from tidbro import cli, conform_command, conform_settings


def told(*arguments: str) -> dict[str, object]:
    parsed = cli._parser().parse_args(conform_command.with_action(["conform", *arguments]))
    return conform_settings.given(parsed)


def settings(*arguments: str):
    return conform_settings.producer_settings(told(*arguments))


URL = "http://127.0.0.1:9/soap/{interaction}"
FACILITY = ("--facility", "SE2321009991-2B02")


def test_a_url_alone_means_a_producer() -> None:
    assert settings(URL, *FACILITY).address == URL


def test_a_platform_is_asked_at_its_own_paths() -> None:
    expected = "http://127.0.0.1:8080/vp/crm/scheduling/{interaction}/1/rivtabp21"
    for base in ("http://127.0.0.1:8080", "http://127.0.0.1:8080/", "http://127.0.0.1:8080/vp"):
        assert settings(base, "--platform", *FACILITY).address == expected


def test_the_people_of_the_demo_are_the_default_and_grown_up() -> None:
    persons = settings(URL, *FACILITY).persons
    assert len(persons) >= 8
    assert all(one.number < "2005" for one in persons)


def test_persons_have_names_or_none() -> None:
    named = ("--person", f"{ANNA.number}:Anna:Provbäck", "--person", DAN.number)
    anna, dan = settings(URL, *FACILITY, *named).persons
    assert (anna.number, anna.first_name, anna.last_name) == (ANNA.number, "Anna", "Provbäck")
    assert (dan.number, dan.first_name) == (DAN.number, "Test")


def test_the_command_line_counts_above_the_file(tmp_path: Path) -> None:
    file = tmp_path / "conform.toml"
    file.write_text(f'address = "{URL}"\nfacility = "SE2321009991-1A01"\nweeks = 3\nanswer_seconds = 2\n')
    given = told("producer", "--settings", str(file), "--weeks", "5")
    read = conform_settings.producer_settings(given)
    assert (read.address, read.facility.text, read.weeks) == (URL, "SE2321009991-1A01", 5)
    assert conform_settings.bounds(given).answer_seconds == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("adress = 'x'", "there is no setting adress"),
        ("weeks = 'three'", "weeks must be a whole number"),
        ("weeks = true", "weeks must be a whole number"),
        ("weeks = ", "cannot be read as TOML"),
    ],
)
def test_a_file_that_does_not_fit_stops_the_command(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "conform.toml"
    file.write_text(text)
    with pytest.raises(SettingsRefused, match=sentence):
        told("producer", URL, "--settings", str(file))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "URL is needed: where the target answers."),
        ([URL], "--facility is needed"),
        (["ftp://127.0.0.1/", *FACILITY], "URL is needed|must begin with http"),
        ([URL, *FACILITY, "--person", DAN.number], "Two test persons are needed at least"),
        (
            [URL, *FACILITY, "--person", f"{DAN.number}:Dan"],
            "A person is written NUMBER or NUMBER:First name:Last name",
        ),
        ([URL, *FACILITY, "--person", "Dan"], "."),
        ([URL, *FACILITY, "--header", "Authorization"], "A header is written NAME: VALUE"),
        ([URL, *FACILITY, "--open-invitation", DAN.number], "An invitation or a booking is written NUMBER=BOOKING-ID"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(SettingsRefused, match=sentence):
        settings("producer", *arguments)


def test_a_wait_without_an_end_is_refused() -> None:
    with pytest.raises(SettingsRefused, match="--answer-seconds must be above 0"):
        conform_settings.bounds(told(URL, "--answer-seconds", "9999"))
