"""The page at `/`: what it shows, and that its first request works as it stands."""

import re
import subprocess
from html import unescape

import pytest
import requests


@pytest.fixture
def page(town):
    return requests.get(f"{town.served.url}/", timeout=30)


def test_the_page_maps_every_clinic_of_the_region_with_its_address(page):
    shown = re.findall(r"<code>(SE2321009991-2\w{3})</code>", page.text)
    assert shown == [
        f"SE2321009991-{unit}" for unit in ("2B01", "2B02", "2B03", "2B04", "2B05", "2B99", "2b06", "2B07")
    ]


def test_every_link_on_the_page_leads_somewhere(page, town):
    links = re.findall(r'href="([^"]+)"', page.text)
    assert len(links) == 1 + 11 + 6
    assert {"/eservice/", "/mailbox/"} <= set(links)
    assert [link for link in links if requests.get(f"{town.served.url}{link}", timeout=30).status_code != 200] == []


def test_the_first_request_copied_from_the_page_answers_with_days(page):
    command = unescape(re.search(r"<pre[^>]*><code>(.*?)</code></pre>", page.text, re.DOTALL)[1])
    answer = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=True)
    assert "<date>20261125</date>" in answer.stdout
    assert "GetAvailableDatesResponse" in answer.stdout


def test_the_page_is_swedish_has_one_heading_of_the_first_rank_and_runs_no_script(page):
    assert '<html lang="sv">' in page.text
    assert page.text.count("<h1>") == 1
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("host", ["<script>alert(1)</script>", "x$(touch me)", "a b", "x';ls;'"])
def test_a_forged_host_puts_nothing_on_the_page_or_into_the_command(town, host):
    answer = requests.get(f"{town.served.url}/", headers={"Host": host}, timeout=30)
    assert "curl -s http://127.0.0.1/vp/" in answer.text


def test_a_path_that_is_not_there_is_not_found(town):
    assert requests.get(f"{town.served.url}/nowhere", timeout=30).status_code == 404


def test_health_and_status_say_that_the_region_is_up(town):
    health = requests.get(f"{town.served.url}/health", timeout=30)
    assert (health.status_code, health.json()["status"]) == (200, "UP")
    assert health.json()["components"]["adapter:timebook"]["status"] == "UP"
    status = requests.get(f"{town.served.url}/status", timeout=30).json()
    assert status["TakCacheResetInfo"].endswith("Status:REFRESH_OK vagval:144 behorigheter:144")


def test_a_forwarded_address_does_not_change_who_the_peer_is(town):
    """platform.md §5.2: the white list looks at the TCP peer, whatever a header says."""
    body = "<not-soap"
    answer = requests.post(f"{town.served.url}/vp", data=body, headers={"X-Forwarded-For": "10.1.2.3"}, timeout=30)
    assert "VP015" in answer.text
    assert answer.headers["x-tidbro-identity"] == "demo SE2321009991-ET01"
