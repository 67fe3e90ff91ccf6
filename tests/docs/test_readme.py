"""What the README tells one to type works as it stands, against the demo that `make run` starts.

Only the port is another. Elsewhere: what else the pages say (test_docs_are_true.py).
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import README, ROOT, the_block

SHOWN_URL = "http://127.0.0.1:8080"
SECONDS = 60


@pytest.fixture(scope="module")
def curl() -> None:
    """Fails with a sentence where the README's own tool is missing."""
    if shutil.which("curl") is None:
        pytest.fail("The README's commands need curl. Install it (Debian and Ubuntu: apt-get install curl).")


@pytest.fixture(scope="module")
def url(curl: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo, started by the command line on a free port with data of its own."""
    data = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "tidbro.cli", "serve", "--demo", "--port", "0", "--data", str(data)]
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


def await_answer(url: str) -> None:
    """Come back when the demo takes connections: curl tries again for as long as they are refused."""
    patience = ["--retry", "600", "--retry-connrefused", "--retry-max-time", str(SECONDS)]
    run(["curl", "-s", "-o", "/dev/null", *patience, f"{url}/health"])


def in_bash(script: str, url: str) -> str:
    """What a script says, its demo at `url`."""
    return run(["bash", "-c", moved(script, url)])


def in_python(program: str, url: str) -> str:
    return run([sys.executable, "-c", moved(program, url)])


def moved(text: str, url: str) -> str:
    assert SHOWN_URL in text
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
