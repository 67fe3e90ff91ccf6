"""The demo's mailbox: what it takes, what it keeps, and its page (domain.md §5.9, §5.10, §5.12)."""

import asyncio
import re
import smtplib
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from html import unescape
from pathlib import Path

import pytest

from tests.eservice.posts import ANNA_AT, BERTIL_AT, BERTIL_MOBILE, NOW, a_post_office
from tests.serving import SetClock
from tidbro.demo_mailbox import SENDER, DemoMailbox
from tidbro.demo_smtp import MESSAGE_BYTES

HOSTILE = "<script>alert(1)</script>&amp;'\"{{ 7*7 }}"


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def mailbox(tmp_path: Path, clock: SetClock) -> Iterator[DemoMailbox]:
    mailbox = DemoMailbox(tmp_path, clock, most_kept=5)
    mailbox.open()
    yield mailbox
    mailbox.close()


def post(mailbox: DemoMailbox, content: bytes | str = "", *to: str, message_id: str = "<1@here.example>") -> None:
    """Send a message as somebody else's program would: raw, or with that text."""
    if isinstance(content, str):
        message = EmailMessage()
        message["Message-ID"], message["Subject"] = message_id, "Hej"
        message.set_content(content)
        content = bytes(message)
    with smtplib.SMTP("127.0.0.1", mailbox.port, "here.example") as connection:
        connection.sendmail(SENDER, to or [ANNA_AT], content)


def asked(
    mailbox: DemoMailbox, path: str = "/mailbox/", query: str = "", method: str = "GET"
) -> tuple[int, str, dict[str, str]]:
    """Status, page and headers."""
    sent: list[dict] = []

    async def send(event) -> None:
        sent.append(event)

    async def receive() -> dict:
        return {"type": "http.request"}

    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": []}
    asyncio.run(mailbox.application(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], sent[1]["body"].decode(), headers


def texts_on(page: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'<p class="written">(.*?)</p>', page, re.DOTALL)]


# What it keeps


def test_a_message_with_the_same_id_is_kept_once_for_each_recipient(mailbox: DemoMailbox) -> None:
    post(mailbox, "a")
    post(mailbox, "a")
    post(mailbox, "a", ANNA_AT.upper(), BERTIL_AT)
    post(mailbox, "b", message_id="<2@here.example>")
    assert [(one.recipient, one.text) for one in mailbox.messages()] == [
        (ANNA_AT, "b"),
        (BERTIL_AT, "a"),
        (ANNA_AT, "a"),
    ]


def test_messages_without_an_id_are_one_when_they_are_the_same(mailbox: DemoMailbox) -> None:
    for content in (b"Subject: a\r\n\r\na", b"Subject: a\r\n\r\na", b"Subject: b\r\n\r\na"):
        post(mailbox, content)
    assert [one.subject for one in mailbox.messages()] == ["b", "a"]


def test_the_newest_stay(mailbox: DemoMailbox) -> None:
    for number in range(8):
        post(mailbox, str(number), message_id=f"<{number}@here.example>")
    assert [one.text for one in mailbox.messages()] == ["7", "6", "5", "4", "3"]


def test_a_restart_keeps_what_was_received(tmp_path: Path, clock: SetClock) -> None:
    for text in ("a", "b"):
        mailbox = DemoMailbox(tmp_path, clock)
        mailbox.open()
        post(mailbox, text, message_id=f"<{text}@here.example>")
        mailbox.close()
        clock.now += timedelta(hours=1)
    mailbox = DemoMailbox(tmp_path, clock)
    mailbox.open()
    assert [(one.text, one.received_at) for one in mailbox.messages()] == [("b", NOW + timedelta(hours=1)), ("a", NOW)]
    mailbox.close()


def test_a_message_that_is_too_long_is_not_taken(mailbox: DemoMailbox) -> None:
    with pytest.raises(smtplib.SMTPResponseException) as refused:
        post(mailbox, b"Subject: a\r\n\r\n" + b"a\r\n" * MESSAGE_BYTES)
    assert refused.value.smtp_code == 552
    assert mailbox.messages() == ()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: \xe5\xe4\r\nContent-Type: text/plain; charset=none-such\r\n\r\n\xe5",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--y",
        b"Subject: =?utf-8?b?////?=\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%",
        b"Message-ID: <[\r\nSubject:\r\n" + b" a\r\n" * 500 + b"\r\nb",
    ],
)
def test_a_broken_message_is_kept_or_refused_and_the_page_still_shows(mailbox: DemoMailbox, content: bytes) -> None:
    with suppress(smtplib.SMTPDataError):
        post(mailbox, content)
    post(mailbox, "hel", message_id="<whole@here.example>")
    status, page, _ = asked(mailbox)
    assert (status, texts_on(page)[0]) == (200, "hel")


def test_closing_parts_from_whoever_is_connected(tmp_path: Path, clock: SetClock) -> None:
    mailbox = DemoMailbox(tmp_path, clock)
    mailbox.open()
    with socket.create_connection(("127.0.0.1", mailbox.port), timeout=60) as connection:
        assert connection.recv(3) == b"220"
        mailbox.close()
        while connection.recv(1000):
            pass
    assert "demo-smtp" not in {thread.name for thread in threading.enumerate()}


def test_it_listens_on_this_machine_alone_and_says_when_it_cannot(mailbox: DemoMailbox, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = DemoMailbox(tmp_path / "other", SetClock(NOW), mailbox.port)
    with pytest.raises(OSError, match="in use"):
        other.open()
    other.close()


# Its page


def test_the_page_shows_channel_recipient_time_subject_and_text_newest_first(
    mailbox: DemoMailbox, tmp_path: Path, clock: SetClock
) -> None:
    office = a_post_office(tmp_path, mailbox.post_settings)
    office.email(subject="Nytt meddelande", text="Logga in\nför att läsa.")
    office.relay().deliver_all()
    clock.now += timedelta(minutes=5)
    office.sms(text="Påminnelse")
    office.relay().deliver_all()
    office.database.close()
    status, page, _ = asked(mailbox)
    assert (status, texts_on(page)) == (200, ["Påminnelse", "Logga in\nför att läsa."])
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", page) == ["SMS", "Nytt meddelande"]
    assert re.findall(r'<p class="soft">(.*?)</p>', page) == [
        "SMS till +46701740605 · 2026-11-24 kl. 07.35",
        "E-post till anna@post.example · 2026-11-24 kl. 07.30",
    ]


def test_the_page_of_one_recipient_has_no_address_in_its_own(mailbox: DemoMailbox, tmp_path: Path) -> None:
    office = a_post_office(tmp_path, mailbox.post_settings)
    for number, to in enumerate((ANNA_AT, BERTIL_AT, ANNA_AT)):
        office.email(to, text=f"{number}", key=f"{number}")
    office.sms(BERTIL_MOBILE, text="sms")
    office.relay().deliver_all()
    office.database.close()
    _, page, _ = asked(mailbox)
    choices = {unescape(name): value for value, name in re.findall(r'<option value="(.*?)".*?>(.*?)</option>', page)}
    assert list(choices) == ["Alla mottagare", "+46701740615", ANNA_AT, BERTIL_AT]
    assert all(value.isdigit() for value in choices.values() if value)
    _, page, _ = asked(mailbox, query=f"till={choices[ANNA_AT]}")
    assert texts_on(page) == ["2", "0"]
    assert f'<option value="{choices[ANNA_AT]}" selected>' in page


@pytest.mark.parametrize("query", ["", "till=", "till=99", "till=<script>", "till=%ff", "till=1%00", "&&=", "a=b"])
def test_a_choice_that_is_none_shows_all(mailbox: DemoMailbox, query: str) -> None:
    post(mailbox, "a", message_id="<a@here.example>")
    post(mailbox, "b", BERTIL_AT, message_id="<b@here.example>")
    assert texts_on(asked(mailbox, query=query)[1]) == ["b", "a"]


def test_an_empty_mailbox_says_so(mailbox: DemoMailbox) -> None:
    _, page, _ = asked(mailbox)
    assert "Inga meddelanden än." in page
    assert "<select" not in page


def test_what_a_stranger_wrote_is_text_on_the_page(mailbox: DemoMailbox) -> None:
    to = '"<b>x"@post.example'
    post(mailbox, f"Subject: {HOSTILE}\r\n\r\n{HOSTILE}".encode(), to)
    _, page, headers = asked(mailbox)
    assert texts_on(page) == [HOSTILE]
    assert (mailbox.messages()[0].subject, mailbox.messages()[0].recipient) == (HOSTILE, to)
    assert "<script" not in page
    assert "<b>" not in page
    assert headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/mailbox", "GET", 200), ("/mailbox/", "HEAD", 200), ("/mailbox/x", "GET", 404), ("/mailbox/", "POST", 405)],
)
def test_the_page_is_at_its_path_alone_and_is_only_read(
    mailbox: DemoMailbox, path: str, method: str, status: int
) -> None:
    assert asked(mailbox, path, method=method)[0] == status
