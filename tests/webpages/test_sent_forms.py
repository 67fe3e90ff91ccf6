"""tokens.py, once.py: a form is ours, and is carried out once."""

import re
import threading

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from webpages.once import MARK_FIELD, Once, new_mark
from webpages.tokens import TOKEN_FIELD


def hidden(client: FlaskClient) -> dict[str, str]:
    """The token and the mark of a form that was just opened."""
    page = client.get("/form").get_data(as_text=True)
    return dict(re.findall(r'name="([^"]+)" value="([^"]+)"', page))


def test_a_form_of_ours_is_carried_out(client: FlaskClient, site: Flask) -> None:
    assert client.post("/form", data={**hidden(client), "text": "one"}).headers["Location"] == "/done/1"
    assert site.extensions["done"] == ["one"]


@pytest.mark.parametrize("token", ["", "forged", "å"])
def test_a_forged_form_is_refused(client: FlaskClient, site: Flask, token: str) -> None:
    assert client.post("/form", data={**hidden(client), TOKEN_FIELD: token}).status_code == 400
    assert site.extensions["done"] == []


def test_a_form_without_a_cookie_is_refused_whatever_its_token(site: Flask) -> None:
    for token in ("", "anything"):
        assert site.test_client().post("/form", data={TOKEN_FIELD: token}).status_code == 400


def test_the_token_stays_the_same_from_page_to_page(client: FlaskClient) -> None:
    assert hidden(client)[TOKEN_FIELD] == hidden(client)[TOKEN_FIELD]
    assert hidden(client)[MARK_FIELD] != hidden(client)[MARK_FIELD]


def test_a_form_sent_twice_is_carried_out_once_and_leads_to_the_same_place(client: FlaskClient, site: Flask) -> None:
    sent = hidden(client)
    assert [client.post("/form", data=sent).headers["Location"] for _ in range(2)] == ["/done/1", "/done/1"]
    assert len(site.extensions["done"]) == 1
    assert client.post("/form", data=hidden(client)).headers["Location"] == "/done/2"


def test_a_form_that_was_not_right_can_be_sent_again(client: FlaskClient) -> None:
    sent = hidden(client)
    assert client.post("/form", data={**sent, "wrong": "1"}).status_code == 422
    assert client.post("/form", data=sent).headers["Location"] == "/done/1"


def test_a_form_without_a_mark_is_carried_out_as_it_is(client: FlaskClient, site: Flask) -> None:
    sent = {TOKEN_FIELD: hidden(client)[TOKEN_FIELD]}
    for _ in range(2):
        client.post("/form", data=sent)
    assert len(site.extensions["done"]) == 2


def test_a_double_click_waits_for_the_first() -> None:
    once, mark, is_acting, may_end, done = Once(), new_mark(), threading.Event(), threading.Event(), []

    def act() -> Response:
        done.append(1)
        is_acting.set()
        may_end.wait()
        return redirect("/there", 303)

    answers: list[Response] = []
    clicks = [threading.Thread(target=lambda: answers.append(once.carry_out(mark, act))) for _ in range(2)]
    for click in clicks:
        click.start()
    is_acting.wait()
    may_end.set()
    for click in clicks:
        click.join()
    assert done == [1]
    assert [answer.headers["Location"] for answer in answers] == ["/there", "/there"]
