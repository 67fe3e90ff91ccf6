"""`tidbro takecare`: the record system in a process of its own, and a demo region that reaches it over HTTP."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import zeep

from contracts.consumer import SchedulingConsumer
from contracts.transport import HttpTransport
from tests.people import BERTIL
from tests.serving import demo_region
from tests.town import E_SERVICE, Town
from tidbro.cli import main

CLOCK = "2026-11-24T07:30"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a demo's record system answers, in a process of its own."""
    flags = ["--demo", "--port", "0", "--clock", CLOCK, "--data", str(tmp_path_factory.mktemp("takecare"))]
    command = [sys.executable, "-m", "tidbro.cli", "takecare", *flags]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        try:
            found = re.fullmatch(
                r"The record system answers on (http://127\.0\.0\.1:\d+)/service, staff on \1/ \(stop with Ctrl-C\)\n",
                told,
            )
            assert found, told
            yield found[1]
        finally:
            process.terminate()
            process.wait()


def test_its_service_is_called_by_its_own_wsdl(address: str) -> None:
    """As somebody's own zeep does it, who has read docs/takecare.md."""
    caller = {"System": "SE2321009991-TP01", "Ursprung": "SE2321009991-ET01", "Adressat": "SE2321009991-1A01"}
    client = zeep.Client(f"{address}/service?wsdl")
    answer = client.service.HamtaEnheter(_soapheaders={"anrop": {**caller, "KorrelationsId": "prov-1"}})
    codes = sorted(unit.Enhetskod for unit in answer.Enhet)
    assert (answer.Returkod, codes) == (0, ["BJBM", "BJVC", "DSORT", "REHAN"])


def test_staff_sign_in_at_its_own_pages(address: str) -> None:
    with requests.Session() as browser:
        page = browser.get(f"{address}/logga-in/mottagning", params={"staff": "SE2321009991-S004"}, timeout=30).text
        token = re.search('name="csrf_token" value="([^"]+)"', page)
        assert token
        typed = {"csrf_token": token[1], "staff": "SE2321009991-S004", "clinic": "1"}
        answer = browser.post(f"{address}/logga-in", data=typed, timeout=30)
        assert (answer.status_code, "Stina Reception" in answer.text) == (200, True)


def test_a_region_books_in_it_over_http(address: str, tmp_path: Path) -> None:
    adapters = {"takecare": {"service_url": f"{address}/service"}}
    with demo_region(tmp_path, adapters=adapters) as served, HttpTransport(read_seconds=60) as transport:
        assert not (tmp_path / "takecare.sqlite").exists()
        assert requests.get(f"{served.url}/takecare/", timeout=30).status_code == 404
        bertil = Town(served, SchedulingConsumer(served.url, transport, caller=E_SERVICE)).visitor(BERTIL, "1A01")
        made = bertil.book(bertil.times("SSK30")[0], "Ont i halsen")
        assert made.result_code == "OK"
        assert made.booking_id in [one.booking_id for one in bertil.schedule()]


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--clock", "snart"], "clock must be a moment such as 2026-12-12T08:00, in Swedish time."),
        (["--host", "192.0.2.1"], "port 8081 on host 192.0.2.1 cannot be used: Cannot assign requested address."),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(
    flags: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["takecare", "--data", str(tmp_path), *flags]) == 2
    assert capsys.readouterr().err == f"tidbro: {sentence}\n"
