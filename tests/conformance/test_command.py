"""`tidbro conform` as it is typed: exit codes, files, keys, and what a dead target looks like."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.times import system_clock
from tests.conformance.judging import TIMEBOOK
from tests.conformance.twisting import Replacing, twisted
from tests.serving import Served, demo_region
from tidbro import cli


@pytest.fixture(scope="module")
def region_now(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A region that lives today, as the command does."""
    with demo_region(tmp_path_factory.mktemp("now"), clock=system_clock) as served:  # type: ignore[arg-type]
        yield served


def conform(*arguments: object) -> int:
    return cli.main(["conform", *map(str, arguments)])


def booking_at(url: str, *more: object) -> int:
    return conform(url, "--platform", "--facility", TIMEBOOK, "--suite", "booking", *more)


SEEN = r"<core:bookingId>[^<]*</core:bookingId>"


def test_a_good_system_passes_and_every_form_of_report_is_written(
    region_now: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("html", "json", "junit", "write-expected")
    files = {name: tmp_path / f"report.{name}" for name in names}
    assert booking_at(region_now.url, *(part for name, path in files.items() for part in (f"--{name}", path))) == 0
    assert all(path.stat().st_size for path in files.values())
    said = capsys.readouterr()
    assert "Passed: no rule that must be kept was seen broken" in said.out
    assert "booking.confirmed-is-seen" in said.err


def test_a_broken_system_fails_until_its_failure_is_expected_and_then_is_held_to_it(
    region_now: Served, tmp_path: Path
) -> None:
    known, report = tmp_path / "known.toml", tmp_path / "report.json"
    with twisted(region_now.url, Replacing(SEEN, "", "GetSubjectOfCareSchedule")) as url:
        assert booking_at(url, "--quiet", "--write-expected", known, "--json", report) == 1
        assert booking_at(url, "--quiet", "--expected", known) == 2  # no reason yet
        known.write_text(known.read_text().replace('reason = ""', 'reason = "TB-1: mended in March"'))
        assert booking_at(url, "--quiet", "--expected", known) == 0
    assert booking_at(region_now.url, "--quiet", "--expected", known) == 1  # it passes: the entry is no longer true
    assert json.loads(report.read_text())["results"]


def test_two_reports_are_compared_and_a_signed_one_is_verified(
    region_now: Served, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, good, signed = tmp_path / "key", tmp_path / "good.json", tmp_path / "bad.signed"
    assert conform("keys", key) == 0
    assert booking_at(region_now.url, "--quiet", "--json", good) == 0
    with twisted(region_now.url, Replacing(SEEN, "", "GetSubjectOfCareSchedule")) as url:
        assert booking_at(url, "--quiet", "--sign", key, "--signed", signed) == 1
    assert conform("verify", signed, "--key", f"{key}.pub") == 0
    assert conform("verify", signed) == 1  # nobody was said to be trusted
    assert conform("compare", good, signed) == 1
    assert "newly red" in capsys.readouterr().out
    assert conform("compare", signed, good) == 0
    signed.write_text(signed.read_text().replace('"outcome": "failed"', '"outcome": "passed"'))
    assert conform("verify", signed, "--key", f"{key}.pub") == 1
    assert "altered" in capsys.readouterr().out


def test_a_target_that_is_not_there_ends_with_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert booking_at("http://127.0.0.1:9") == 1
    assert "the port is closed or the host does not answer" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--suite", "bookings"], "No suite is called bookings; there are basics,"),
        (["--offers", "GetAllPerfomers"], "There is no interaction GetAllPerfomers; there are CancelBooking,"),
        (["--sign", "key"], "--sign and --signed belong together"),
        (["--html", "nowhere/report.html"], "--html: there is no folder for nowhere/report.html."),
        (["--expected", "nowhere.toml"], "nowhere.toml cannot be read"),
        (["--ca", "nowhere.pem"], "No such file"),
    ],
)
def test_what_does_not_fit_stops_before_the_run(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert conform("http://127.0.0.1:9", "--facility", TIMEBOOK, *arguments) == 2
    assert sentence in capsys.readouterr().err


def test_a_clinic_that_nothing_can_be_booked_at_gives_no_verdict(
    region_now: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    at = (region_now.url, "--platform", "--facility", "SE2321009991-1A03", "--suite", "basics", "--suite", "booking")
    assert conform(*at) == 1
    assert "Is the HSA-id right" in " ".join(capsys.readouterr().out.split())


def test_an_address_without_its_scheme_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert conform("127.0.0.1:8400", "--facility", TIMEBOOK) == 2
    assert "must begin with http:// or https://" in capsys.readouterr().err


def test_a_consumer_that_nobody_drives_ends_without_a_verdict(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert conform("consumer", "--suite", "seeing") == 1
    said = capsys.readouterr().out
    assert "Point your e-service there" in said
    assert "No verdict: none of" in said


def test_a_driver_is_run_for_each_scenario_and_what_it_writes_is_what_the_citizen_saw(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    drive = "sh -c 'echo $TIDBRO_SCENARIO >> \"" + str(tmp_path / "played") + "\"'"
    assert conform("consumer", "--suite", "seeing", "--drive", drive, "--json", report) == 1
    assert (tmp_path / "played").read_text().split()[0] == "see"
    assert json.loads(report.read_text())["role"] == "consumer"


def test_a_gateway_that_is_not_there_is_told_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "judged"
    assert conform("set-up-gateway", folder) == 0
    assert "README.txt says what to do" in capsys.readouterr().out
    assert conform("set-up-gateway", folder) == 2
    assert conform("gateway", folder, "--suite", "routing") == 1
    assert "the port is closed" in " ".join(capsys.readouterr().out.split())
    assert conform("gateway", tmp_path / "elsewhere") == 2


def test_files_that_are_no_reports_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text("{}")
    assert conform("report", tmp_path / "x.json") == 2
    assert conform("verify", tmp_path / "missing.json") == 2
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("role", ["producer", "consumer", "gateway"])
def test_the_suites_are_listed_with_their_rules(role: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert conform("suites", role) == 0
    assert all(len(line.split()) > 2 for line in capsys.readouterr().out.splitlines())


def test_a_rule_is_explained_by_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert conform("rules", "mb-9") == 0
    assert "booking" in capsys.readouterr().out
    assert conform("rules", "MB-99") == 2
    assert "There is no rule MB-99" in capsys.readouterr().err
