"""What the README tells one to type works as it stands, against the demo that `make run` starts.

Only the port is another. Elsewhere: what else the pages say (test_docs_are_true.py).
"""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import README, ROOT, rows, section, the_block

SHOWN_URL = "http://127.0.0.1:8080"
OF_GATEWAY = "http://127.0.0.1:8090"
OPERATIONS = ROOT / "docs" / "operations.md"
TIDBRO = [sys.executable, "-m", "tidbro.cli"]
SECONDS = 60


@pytest.fixture(scope="module")
def curl() -> None:
    """Fails with a sentence where the README's own tool is missing."""
    if shutil.which("curl") is None:
        pytest.fail("The README's commands need curl. Install it (Debian and Ubuntu: apt-get install curl).")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the README's commands are typed; the demo's data stand in its `var`."""
    return tmp_path_factory.mktemp("typed")


@pytest.fixture(scope="module")
def url(curl: None, folder: Path) -> Iterator[str]:
    """The demo, started by the command line on a free port with data of its own."""
    data = folder / "var"
    data.mkdir()
    command = [*TIDBRO, "serve", "--demo", "--port", "0", "--data", str(data)]
    log = (data / "stderr.txt").open("wb")
    with log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, cwd=data, text=True) as served:
        try:
            told = re.search(r"http://127\.0\.0\.1:\d+", served.stdout.readline())
            assert told, (data / "stderr.txt").read_text(encoding="utf-8")
            await_answer(told[0])
            yield told[0]
        finally:
            served.terminate()
            served.wait(SECONDS)


def test_the_curl_block_books_sees_and_cancels(url):
    told = in_bash(the_block(README, "bash", "MakeBooking"), url)
    made, seen, cancelled = (line for line in told.splitlines() if line)
    assert re.search(r"<resultCode>(OK|INFO)</resultCode>", made)
    booking = re.search(r"<bookingId>([^<]+)</bookingId>", made)[1]
    assert f"bookingId>{booking}<" in seen
    assert "cancel_booking_allowed>true<" in seen
    assert "<resultCode>OK</resultCode>" in cancelled


def test_the_curl_block_can_be_run_again_and_again(url):
    block = the_block(README, "bash", "MakeBooking")
    assert [in_bash(block, url).count("<resultCode>OK</resultCode>") for _ in range(2)] == [1, 1]


def test_the_plain_zeep_block_books_and_cancels(url):
    assert_booked_and_cancelled(in_python(the_block(README, "python", "from zeep"), url))


def test_our_own_consumer_s_block_books_and_cancels(url):
    assert_booked_and_cancelled(in_python(the_block(README, "python", "contracts.consumer"), url))


def test_a_refusal_looks_as_shown(url):
    block = the_block(README, "bash", "MakeBooking")
    (anna,) = re.findall(r"`(who=\d{12})`", README.read_text(encoding="utf-8"))
    made = in_bash(re.sub(r"^who=\d+", anna, block, flags=re.MULTILINE), url).splitlines()[0]
    assert without_indent(the_block(README, "xml", "<refusal")) in made


def test_a_fault_looks_as_shown(url):
    told = in_bash(the_block(README, "bash", "<Envelope/>"), url)
    assert told == without_indent(the_block(README, "xml", "<SOAP-ENV:Fault>"))


def test_a_violation_is_told_as_shown(url):
    ((day, shown),) = re.findall(r"written (\S+) gives\s`(line \d+, [^`]*)…`", README.read_text(encoding="utf-8"))
    first_question = the_block(README, "bash", "MakeBooking").split("\n# Which times", 1)[0]
    told = in_bash(
        first_question.replace("$(date +%Y%m%d)", day).replace("| texts date | tail -n 1", "") + 'echo "$day"', url
    )
    assert shown in told


def test_the_demo_s_consumer_is_told_that_it_was_taken_for_it(url):
    told = in_bash("curl -s -o /dev/null -D - http://127.0.0.1:8080/vp -d '<Envelope/>'", url)
    assert "x-tidbro-identity: demo SE2321009991-ET01" in told


def test_a_second_consumer_is_let_in_as_shown(url, folder):
    question = the_block(README, "bash", "x-vp-sender-id: SE2321009991-ET02")
    assert "VP007" in in_bash(typed(question), url, folder)
    told = in_bash(typed(the_block(README, "bash", "tak publish")), url, folder)
    assert the_block(README, "text", "ET02") in told
    assert "Init done, was successful: true" in told
    assert "<core:careTypeName>" in in_bash(typed(question), url, folder)


@pytest.fixture(scope="module", params=["", "--set compatibility=skltp"])
def gateway_url(request: pytest.FixtureRequest, url: str, folder: Path) -> Iterator[str]:
    """The gateway alone, as the README starts it, in front of the demo; and as the real platform."""
    assert f"`{request.param}`" in README.read_text(encoding="utf-8") or not request.param
    catalogue = moved(the_block(README, "toml", "[[route]]"), url)
    (folder / "var" / "tak.toml").write_text(catalogue, encoding="utf-8")
    command = typed(the_block(README, "bash", "tidbro gateway")).replace("8090", "0").replace("\\\n", " ")
    with subprocess.Popen(
        shlex.split(f"{command} {request.param}"), stdout=subprocess.PIPE, cwd=folder, text=True
    ) as served:
        try:
            yield re.search(r"http://127\.0\.0\.1:\d+", served.stdout.readline())[0]
        finally:
            served.terminate()
            served.wait(SECONDS)


def test_the_gateway_alone_is_reached_as_shown(gateway_url, folder):
    question = typed(the_block(README, "bash", OF_GATEWAY)).replace(OF_GATEWAY, gateway_url)
    assert "<core:careTypeName>" in run(["bash", "-c", question], folder)


def test_the_pages_of_the_gateway_are_those_of_the_table(gateway_url):
    named = [row[0] for row in rows(section(README, "## A gateway of your own"))]
    pages = re.findall(r"`(/[\w/]+)`", " ".join(named))
    assert len(pages) == 5
    asked = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} "]
    assert [run([*asked, gateway_url + page]) for page in pages] == ["200 "] * len(pages)


@pytest.mark.parametrize("holding", ["pki demo", "--cacert"])
def test_mutual_tls_is_shown_as_on_the_page_whose_blocks_are_run(holding):
    """Run there: test_operations.py."""
    assert the_block(README, "bash", holding) == the_block(OPERATIONS, "bash", holding)


def test_the_command_with_two_platforms_is_understood():
    (shown,) = re.findall(r"`\.venv/bin/tidbro (serve [^`]*--regional)`", README.read_text(encoding="utf-8"))
    told = subprocess.run(
        [*TIDBRO, *shown.split(), "--port", "99999"], capture_output=True, check=False, text=True, timeout=SECONDS
    )
    assert "port must be between" in told.stderr


def await_answer(url: str) -> None:
    """Come back when the demo takes connections: curl tries again for as long as they are refused."""
    patience = ["--retry", "600", "--retry-connrefused", "--retry-max-time", str(SECONDS)]
    run(["curl", "-s", "-o", "/dev/null", *patience, f"{url}/health"])


def typed(block: str) -> str:
    """A block that can be typed in any folder."""
    return block.replace(".venv/bin/tidbro", shlex.join(TIDBRO)).replace("@tests/", f"@{ROOT}/tests/")


def in_bash(script: str, url: str, cwd: Path = ROOT) -> str:
    """What a script says, its demo at `url`."""
    return run(["bash", "-c", moved(script, url)], cwd)


def in_python(program: str, url: str) -> str:
    return run([sys.executable, "-c", moved(program, url)])


def moved(text: str, url: str) -> str:
    assert SHOWN_URL in text, text
    return text.replace(SHOWN_URL, url)


def run(command: list[str], cwd: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True, encoding="utf-8", timeout=SECONDS)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def assert_booked_and_cancelled(told: str) -> None:
    made, cancelled = told.splitlines()
    assert re.fullmatch(r"(OK|INFO) .* B-\w+", made)
    assert cancelled == "OK"


def without_indent(xml: str) -> str:
    return "".join(re.sub(r">\s+<", "><", line.strip()) for line in xml.splitlines())
