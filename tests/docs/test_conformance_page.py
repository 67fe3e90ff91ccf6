"""The tutorial of docs/conformance.md, typed as it stands: from a first draft to green, mend by mend.

Only the port is another. The mends of the page are made on the draft one after the other, and lead to the clinic as it
is in the repository. Elsewhere: what the kit says of that clinic whole (tests/conformance/test_foreign_producers.py).
"""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.producer.suite import load
from conformance.reports.expected import read_expected
from tests.clients.node import missing
from tests.conformance.producers.running import PLAIN, PLAIN_CLINIC, plain
from tests.docs.pages import ROOT, blocks, rows, section, the_block
from tidbro.conform_settings import producer_settings

PAGE = ROOT / "docs" / "conformance.md"
SHOWN_URL = "http://127.0.0.1:8400"
SECONDS = 600


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands are typed, with the draft that the first of them make."""
    if shutil.which("git") is None:
        missing("git is missing: apt-get install git (Debian and Ubuntu), then run the test again.")
    made = tmp_path_factory.mktemp("typed")
    assert in_bash(the_block(PAGE, "bash", "git apply"), made).returncode == 0
    return made


@pytest.fixture(scope="module")
def first(folder: Path) -> "subprocess.CompletedProcess[str]":
    """What the first report's command does."""
    with clinic(folder) as url:
        return in_bash(the_block(PAGE, "bash", "--json var/first.json"), folder, url)


@pytest.fixture(scope="module")
def mended(folder: Path, first: object) -> str:
    """The program with all mends of the page, put in the draft's place."""
    program = folder / "var" / "clinic.py"
    text = program.read_text("utf-8")
    for block in blocks(PAGE, "diff"):
        before, after = (side(block, sign) for sign in "-+")
        assert text.count(before) == 1, block
        text = text.replace(before, after)
    program.write_text(text, "utf-8")
    return text


@pytest.fixture(scope="module")
def now(folder: Path, mended: str) -> "subprocess.CompletedProcess[str]":
    """What the command for the mended clinic does, and the comparison after it."""
    with clinic(folder) as url:
        return in_bash(the_block(PAGE, "bash", "conform compare"), folder, url)


def test_the_first_report_shows_what_the_page_shows(first: "subprocess.CompletedProcess[str]") -> None:
    assert first.returncode == 1
    shown = section(PAGE, "### The first report")
    finding = the_block(PAGE, "text", "FAILED  moving")
    assert finding in shown
    assert_told(finding, first.stdout)
    assert_told(the_block(PAGE, "text", "ok         booking"), first.stderr)


def test_the_first_report_has_the_page_s_checks_red_and_no_other(folder: Path, first: object) -> None:
    table = rows(section(PAGE, "### The first report"))
    listed = {name: set(row[1].split(", ")) for row in table for name in re.findall(r"`([\w.-]+)`", row[0])}
    told = json.loads((folder / "var" / "first.json").read_text("utf-8"))
    red = {one["check"]: one for one in told["results"] if one["outcome"] in ("failed", "warned", "broken")}
    assert set(red) == set(listed)
    assert [
        name for name, one in red.items() if not listed[name] & {finding["rule"] for finding in one["findings"]}
    ] == []
    assert "<html" in (folder / "var" / "first.html").read_text("utf-8")


def test_the_mends_lead_to_the_clinic_that_is_in_the_repository(mended: str) -> None:
    assert mended == PLAIN.read_text("utf-8")


def test_the_mended_clinic_is_green_and_nothing_is_worse(now: "subprocess.CompletedProcess[str]") -> None:
    assert now.returncode == 0, now.stdout
    assert_told(
        the_block(PAGE, "text", "Passed: no rule that must be kept was seen broken in … judged checks"), now.stdout
    )
    assert_told(the_block(PAGE, "text", "checks mended"), now.stdout)


def test_a_report_is_signed_and_verified_as_shown(folder: Path, now: object) -> None:
    told = in_bash(the_block(PAGE, "bash", "conform keys"), folder)
    assert told.returncode == 0, told.stderr
    shown = the_block(PAGE, "text", "The report is unaltered").replace(SHOWN_URL, "http://127.0.0.1:…")
    assert_told(shown, told.stdout)


def test_the_commands_that_are_shown_alone_are_understood(folder: Path) -> None:
    """One suite on a target that is not there: it ends with a report, and exit code 1."""
    (shown,) = [block for block in blocks(PAGE, "text") if "--suite moving" in block]
    command = shown.replace("tidbro", f"{sys.executable} -m tidbro.cli", 1)
    assert in_bash(command, folder, "http://127.0.0.1:9").returncode == 1


def test_the_settings_shown_can_be_read() -> None:
    settings = producer_settings(tomllib.loads(the_block(PAGE, "toml", "facility")))
    assert (settings.facility.text, len(settings.persons)) == (PLAIN_CLINIC, 2)


def test_the_expected_results_shown_can_be_read() -> None:
    assert set(read_expected(the_block(PAGE, "toml", "[expected]")).reasons) == {"messages.nothing-is-empty"}


def test_every_suite_is_in_the_table() -> None:
    table = section(PAGE, "## What it judges, and what not")
    assert {name for row in rows(table) for name in re.findall(r"`([\w-]+)`", row[0])} == set(load().names)


@contextmanager
def clinic(folder: Path) -> Iterator[str]:
    """The clinic of the folder, as the page starts it."""
    assert "var/clinic.py" in the_block(PAGE, "text", "python var/clinic.py")
    with plain(folder / "var" / "clinic.py") as url:
        yield url


def in_bash(commands: str, folder: Path, url: str = SHOWN_URL) -> "subprocess.CompletedProcess[str]":
    typed = commands.replace(".venv/bin/tidbro", f"PYTHONPATH={ROOT} {sys.executable} -m tidbro.cli")
    typed = typed.replace("tests/conformance", f"{ROOT}/tests/conformance").replace(SHOWN_URL, url)
    command = ["bash", "-ec", typed]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, encoding="utf-8", timeout=SECONDS)


def side(block: str, sign: str) -> str:
    """The lines of a diff as they are before (-) or after (+)."""
    return "".join(line[1:] for line in block.splitlines(keepends=True) if line[0] in f" {sign}")


def assert_told(shown: str, told: str) -> None:
    """That `shown` stands in `told`, whatever stands where it has `…`; breaks of lines count as blanks."""
    pattern = r".*?".join(re.escape(" ".join(piece.split())) for piece in shown.split("…"))
    pattern = re.sub(r"(\\ |\s)+", r"\\s+", pattern)
    assert re.search(pattern, told, re.DOTALL), f"{shown}\nis not in\n{told}"
