"""surroundings.py, look.py: headers, the cookie, troubles, the style sheet that all sites link to."""

import logging
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from webpages.surroundings import configure


@pytest.mark.parametrize("path", ["/form", "/nowhere", "/broken", "/gone"])
def test_every_answer_forbids_what_a_site_does_not_need(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["X-Frame-Options"]) == ("no-store", "DENY")
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "same-origin")


def test_a_file_that_is_the_same_for_everybody_may_be_kept(client: FlaskClient) -> None:
    with client.get("/look/tokens.css") as answer:
        assert "max-age=3600" in answer.headers["Cache-Control"]
        assert "no-store" not in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_mounted_site_serves_the_tokens_below_its_own_path(client: FlaskClient) -> None:
    page = client.get("/form", base_url="https://localhost/somewhere").get_data(as_text=True)
    linked = re.findall(r'href="([^"]+)"', page)
    assert linked == ["/somewhere/look/tokens.css"]
    with client.get("/look/tokens.css", base_url="https://localhost/somewhere") as answer:
        assert answer.content_type == "text/css; charset=utf-8"
        assert "--paper" in answer.get_data(as_text=True)


def test_the_cookie_is_for_the_site_alone_and_no_script(client: FlaskClient) -> None:
    told = client.get("/form", base_url="http://localhost/somewhere").headers["Set-Cookie"]
    assert told.startswith("a_visit=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/somewhere/"} <= set(told.split("; "))
    assert "Secure" not in told


def test_over_https_the_cookie_is_secure(client: FlaskClient) -> None:
    assert "Secure" in client.get("/form", base_url="https://localhost").headers["Set-Cookie"].split("; ")


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/broken", 500), ("/missing-text", 500)])
def test_trouble_is_told_by_the_sites_own_page(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.get_data(as_text=True)) == (status, f"trouble {status}")


def test_a_status_without_a_page_has_an_empty_one(client: FlaskClient) -> None:
    answer = client.get("/gone")
    assert (answer.status_code, answer.data) == (410, b"")


def test_a_fault_of_ours_is_logged_by_its_kind_alone(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert "words that a citizen wrote" not in client.get("/broken").get_data(as_text=True)
    assert "page_failed: RuntimeError" in caplog.text
    assert "words that a citizen wrote" not in caplog.text


def test_a_form_that_is_too_large_is_refused(client: FlaskClient) -> None:
    answer = client.post("/form", data={"text": "x" * 600_000})
    assert (answer.status_code, answer.get_data(as_text=True)) == (413, "trouble 413")


@pytest.mark.parametrize("secret", [b"", b"fifteen bytes.."])
def test_a_site_without_a_secret_is_not_configured(secret: bytes) -> None:
    with pytest.raises(ValueError, match="secret"):
        configure(Flask("tests.webpages"), cookie="a_visit", secret=secret)
