"""What the page of the national services tells one to type works as it stands; only the address is another."""

import subprocess

import requests

from tests.docs.pages import ROOT, rows, section, the_block
from tests.journeys.test_national_services import settled

PAGE = ROOT / "docs" / "national-services.md"
SHOWN_URL = "http://127.0.0.1:8080"


def test_the_question_to_everybody_is_answered_by_everybody(town):
    settled(town)
    command = the_block(PAGE, "bash", "curl").replace(SHOWN_URL, town.served.url)
    told = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=True).stdout
    assert told.count("<h:statusCode>DataFromSource</h:statusCode>") > 5
    assert told.count("<timeslotDetail") > 5


def test_every_page_and_service_named_is_there(town):
    services = {row[1].strip("`") for row in rows(section(PAGE, "## The index")) if row[1].startswith("`")}
    assert len(services) == 4
    for path in services:
        answer = requests.post(f"{town.served.url}{path}", "<no-soap/>", timeout=30)
        assert (answer.status_code, "Fault" in answer.text) == (500, True), path
    for path in ("status", "subscriber/status", "deadletters", "resetcache", "writelock/status"):
        assert requests.get(f"{town.served.url}/skltp-ei/{path}", timeout=30).status_code == 200, path
