"""E-mail and SMS: written with what they tell of, sent over SMTP, kept once by who receives them (domain.md §5.9, §5.10)."""

import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult
from hypothesis import given, strategies

from contracts.outbox import Letter, NotDelivered
from eservice.post import POLICY, PostSettings
from eservice.smtp import smtp_sender
from tests.eservice.posts import (
    ANNA_AT,
    ANNA_MOBILE,
    BERTIL_AT,
    BERTIL_MOBILE,
    NOW,
    SETTINGS,
    PostOffice,
    a_post_office,
)
from tests.gateway.certificates import a_certificate, an_authority
from tidbro.demo_mailbox import DemoMailbox
from tidbro.demo_smtp import DemoSmtp

PERSONAL = ("anna", "bertil", "post.example", "0701740605", "46701740605", "174 06", "Logga in", "Hemlig")


class Crash(BaseException):
    """The process ends: nobody below the test catches it."""


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[DemoMailbox]:
    mailbox = DemoMailbox(tmp_path, lambda: NOW)
    mailbox.open()
    yield mailbox
    mailbox.close()


@pytest.fixture
def office(tmp_path: Path, mailbox: DemoMailbox) -> Iterator[PostOffice]:
    office = a_post_office(tmp_path, mailbox.post_settings)
    yield office
    office.database.close()


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def told(mailbox: DemoMailbox) -> list[tuple[str, str, str]]:
    return [(one.recipient, one.subject, one.text) for one in reversed(mailbox.messages())]


# What is sent


def test_an_email_and_an_sms_arrive_as_they_were_written(office: PostOffice, mailbox: DemoMailbox) -> None:
    office.email(subject="Du har fått ett nytt meddelande", text="Logga in för att läsa.\n.\nåäö €")
    office.sms(text="Påminnelse: du har en bokad tid i morgon kl. 08.20.")
    assert office.relay().deliver_all() == 2
    assert told(mailbox) == [
        (ANNA_AT, "Du har fått ett nytt meddelande", "Logga in för att läsa.\n.\nåäö €"),
        ("+46701740605", "", "Påminnelse: du har en bokad tid i morgon kl. 08.20."),
    ]
    assert [one.is_sms for one in mailbox.messages()] == [True, False]


def test_a_relay_that_is_open_sends_what_a_commit_brings(office: PostOffice, mailbox: DemoMailbox) -> None:
    relay = office.relay()
    relay.open()
    for key in range(5):
        office.email(key=str(key))
    assert relay.settle(60)
    relay.close()
    assert len(mailbox.messages()) == 5


def test_a_message_says_that_a_machine_wrote_it_and_is_ascii_of_short_lines(tmp_path: Path) -> None:
    """RFC 3834 §5; RFC 5321 §4.5.3.1.6."""
    office = a_post_office(tmp_path)
    office.email(subject="Bokad tid", text="å" * 3000)
    (letter,) = office.letters()
    message = message_from_bytes(letter.body, policy=POLICY)
    assert (message["Auto-Submitted"], message["From"]) == ("auto-generated", "inga-svar@tidbro.example")
    assert message["Date"] == "Tue, 24 Nov 2026 07:30:00 +0100"
    assert letter.body.isascii()
    assert max(map(len, letter.body.split(b"\r\n"))) <= 998
    assert b"\n" not in letter.body.replace(b"\r\n", b"")
    office.database.close()


def test_what_is_rolled_back_is_never_sent(office: PostOffice, mailbox: DemoMailbox) -> None:
    with suppress(Crash), office.database.writing() as session:
        office.post.send_email(session, ANNA_AT, "Hej", "Hej", NOW, "1")
        raise Crash
    assert office.relay().deliver_all() == 0
    assert mailbox.messages() == ()


def test_where_no_server_is_set_nothing_is_written(tmp_path: Path) -> None:
    office = a_post_office(tmp_path, PostSettings())
    office.email()
    office.sms()
    assert (office.post.is_on, office.post.sends_sms, office.letters()) == (False, False, [])
    with pytest.raises(ValueError, match="no SMTP server"):
        smtp_sender(PostSettings(), lambda: NOW)
    office.database.close()


def test_without_a_gateway_for_sms_email_alone_is_sent(tmp_path: Path) -> None:
    office = a_post_office(tmp_path, replace(SETTINGS, sms_domain=""))
    office.email()
    office.sms()
    assert (office.post.is_on, office.post.sends_sms, len(office.letters())) == (True, False, 1)
    office.database.close()


# Once


def test_what_a_process_wrote_and_did_not_send_is_sent_once_by_the_next(tmp_path: Path, mailbox: DemoMailbox) -> None:
    first = a_post_office(tmp_path, mailbox.post_settings)
    first.email()
    with pytest.raises(Crash):
        first.relay(crash_before).deliver_all()
    first.database.close()
    second = a_post_office(tmp_path, mailbox.post_settings)
    assert [second.relay().deliver_all(), second.relay().deliver_all()] == [1, 0]
    assert len(mailbox.messages()) == 1
    second.database.close()


def test_a_crash_after_the_servers_yes_sends_again_and_is_received_once(
    office: PostOffice, mailbox: DemoMailbox
) -> None:
    bodies: list[bytes] = []

    def send(letter: Letter) -> None:
        bodies.append(letter.body)
        smtp_sender(office.settings, lambda: NOW)(letter)
        if len(bodies) == 1:
            raise Crash

    office.email()
    relay = office.relay(send)
    with pytest.raises(Crash):
        relay.deliver_all()
    assert relay.deliver_all() == 1
    assert len(bodies) == 2
    assert len(mailbox.messages()) == 1


def test_the_same_key_is_the_same_message_and_another_key_or_recipient_is_not(
    office: PostOffice, mailbox: DemoMailbox
) -> None:
    office.email(key="a")
    office.email(key="a")
    office.email(key="b")
    office.email(BERTIL_AT, key="a")
    office.sms(key="a")
    assert office.relay().deliver_all() == 5
    assert [one.recipient for one in mailbox.messages()] == ["+46701740605", BERTIL_AT, ANNA_AT, ANNA_AT]


def test_a_server_that_hangs_up_after_its_yes_has_taken_the_message(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        thread = threading.Thread(target=take_one_and_hang_up, args=(listening,))
        thread.start()
        settings = replace(SETTINGS, smtp_port=listening.getsockname()[1], use_starttls=False)
        office = a_post_office(tmp_path, settings)
        office.email()
        assert office.relay().deliver_all() == 1
        thread.join()
        office.database.close()


def crash_before(letter: Letter) -> None:
    raise Crash


def take_one_and_hang_up(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection, connection.makefile("rwb", buffering=0) as lines:
        lines.write(b"220 here\r\n")
        while line := lines.readline():
            lines.write(b"354 go on\r\n" if line.startswith(b"data") else b"250 yes\r\n")
            if line.startswith(b"data"):
                while lines.readline() != b".\r\n":
                    pass
                lines.write(b"250 kept\r\n")
                return


# What cannot be sent


def test_a_refused_recipient_is_final_and_holds_up_nobody(office: PostOffice, mailbox: DemoMailbox) -> None:
    office.email("finns-inte@post.example", key="1")
    office.email("finns-inte@post.example", key="2")
    office.email(BERTIL_AT)
    office.relay().deliver_all()
    assert [one.recipient for one in mailbox.messages()] == [BERTIL_AT]
    assert [one.last_failure for one in office.letters()] == ["the recipient was refused (550)"] * 2
    assert all(one.dead_at for one in office.letters())


def test_a_recipient_whose_turn_fails_for_now_holds_up_nobody_else(office: PostOffice, mailbox: DemoMailbox) -> None:
    real = smtp_sender(office.settings, lambda: NOW)

    def send(letter: Letter) -> None:
        if ANNA_AT.encode() in letter.body:
            raise NotDelivered("not now")
        real(letter)

    office.email(key="1")
    office.email(BERTIL_AT)
    office.sms(BERTIL_MOBILE)
    assert office.relay(send).deliver_all() == 2
    assert [(one.attempts, one.dead_at) for one in office.letters()] == [(1, None)]


def test_a_server_that_is_away_or_busy_is_tried_again(
    office: PostOffice, mailbox: DemoMailbox, closed_port: int
) -> None:
    office.email()
    away = smtp_sender(replace(office.settings, smtp_port=closed_port), lambda: NOW)
    assert office.relay(away).deliver_all() == 0
    with a_server(fails) as busy:
        assert office.relay(smtp_sender(replace(office.settings, smtp_port=busy.port), lambda: NOW)).deliver_all() == 0
        assert office.letters()[0].last_failure == "the message was refused (451)"
    assert [(one.attempts, one.dead_at) for one in office.letters()] == [(2, None)]
    assert office.relay().deliver_all() == 1
    assert len(mailbox.messages()) == 1


def test_a_message_that_the_server_refuses_for_good_is_final(office: PostOffice) -> None:
    """The demo's mailbox says 552 to what is too long."""
    office.email(text="å" * 100_000)
    office.email(BERTIL_AT)
    office.relay().deliver_all()
    (letter,) = office.letters()
    assert (letter.dead_at, letter.last_failure) == (NOW, "the message was refused (552)")


def test_what_comes_too_late_to_be_of_use_is_not_sent(office: PostOffice, mailbox: DemoMailbox) -> None:
    """domain.md §5.10: a reminder that says "i morgon" is wrong the day after."""
    with office.database.writing() as session:
        office.post.send_sms(session, ANNA_MOBILE, "I dag", NOW, "1", good_until=NOW + timedelta(hours=1))
        office.post.send_email(session, ANNA_AT, "I dag", "I dag", NOW, "1", good_until=NOW + timedelta(hours=3))
    office.relay(now=NOW + timedelta(hours=2)).deliver_all()
    assert [one.recipient for one in mailbox.messages()] == [ANNA_AT]
    assert "too late" in office.letters()[0].last_failure


class a_server:
    """An SMTP server for the length of a block, with what `take` does and with the library's parameters."""

    def __init__(self, take, **parameters: object) -> None:
        self._server = DemoSmtp(take, **parameters)

    def __enter__(self) -> DemoSmtp:
        self._server.open()
        return self._server

    def __exit__(self, *_: object) -> None:
        self._server.close()


def fails(recipients: tuple[str, ...], content: bytes) -> None:
    raise OSError("the disk is full")


# Encryption


def a_tls_context(folder: Path, host: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(a_certificate(an_authority("Test CA"), host).bundle(folder / "smtp.pem"))
    return context


def who_believes(name: str) -> ssl.SSLContext:
    """The tests' certificates are plain: Python 3.13 demands extensions of them that others don't."""
    context = ssl.create_default_context(cadata=an_authority(name).certificate_pem.decode())
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def test_with_starttls_a_message_and_the_password_go_encrypted(tmp_path: Path) -> None:
    taken: list[tuple[str, ...]] = []
    names: list[object] = []

    def authenticator(server, session, envelope, mechanism, login) -> AuthResult:
        names.append((login.login, login.password))
        return AuthResult(success=session.ssl is not None)

    given = {"tls_context": a_tls_context(tmp_path, "127.0.0.1"), "require_starttls": True, "auth_required": True}
    with a_server(lambda to, content: taken.append(to), authenticator=authenticator, **given) as server:
        settings = replace(SETTINGS, smtp_port=server.port, user_name="tidbro", password="s3cret")
        office = a_post_office(tmp_path, settings)
        office.email()
        office.relay(smtp_sender(settings, lambda: NOW, who_believes("Test CA"))).deliver_all()
        assert [one.last_failure for one in office.letters()] == []
        office.database.close()
    assert (taken, names) == ([(ANNA_AT,)], [(b"tidbro", b"s3cret")])
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    ("host", "authority"), [("127.0.0.1", "Other CA"), ("smtp.example", "Test CA"), ("127.0.0.1", "")]
)
def test_a_server_whose_certificate_is_not_believed_gets_nothing(tmp_path: Path, host: str, authority: str) -> None:
    """Without an authority of its own the sender believes the machine's."""
    taken: list[tuple[str, ...]] = []
    trust = who_believes(authority) if authority else None
    with a_server(lambda to, content: taken.append(to), tls_context=a_tls_context(tmp_path, host)) as server:
        settings = replace(SETTINGS, smtp_port=server.port)
        office = a_post_office(tmp_path, settings)
        office.email()
        assert office.relay(smtp_sender(settings, lambda: NOW, trust)).deliver_all() == 0
        (letter,) = office.letters()
        office.database.close()
    assert (taken, letter.dead_at, letter.last_failure.rpartition(" ")[2]) == ([], None, "SSLCertVerificationError")


def test_a_server_without_starttls_gets_nothing_that_should_be_encrypted(
    office: PostOffice, mailbox: DemoMailbox
) -> None:
    office.email()
    assert office.relay(smtp_sender(replace(office.settings, use_starttls=True), lambda: NOW)).deliver_all() == 0
    assert mailbox.messages() == ()


# Hostile texts, and what nobody may read


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\x00"])
def test_a_subject_of_more_lines_is_refused(tmp_path: Path, breaks: str) -> None:
    office = a_post_office(tmp_path)
    for subject in (f"Hej{breaks}Bcc: {BERTIL_AT}", f"=?utf-8?q?a=0ABcc:_{BERTIL_AT}?="):
        with pytest.raises(ValueError, match="one line"):
            office.email(subject=subject)
    assert office.letters() == []
    office.database.close()


@pytest.mark.parametrize("to", [f"{ANNA_AT}\r\nBcc: {BERTIL_AT}", f"{ANNA_AT},{BERTIL_AT}", f"<{ANNA_AT}>", "", "@"])
def test_a_recipient_who_is_more_than_an_address_is_refused_without_being_quoted(tmp_path: Path, to: str) -> None:
    office = a_post_office(tmp_path)
    with pytest.raises(ValueError, match="name@domain") as refused:
        office.email(to)
    with pytest.raises(ValueError, match="mobile number"):
        office.sms(to)
    assert not any(word in str(refused.value) for word in PERSONAL)
    office.database.close()


@given(subject=strategies.text(max_size=60), text=strategies.text(max_size=200), key=strategies.text(max_size=20))
def test_no_subject_text_or_key_adds_a_header_or_changes_the_recipient(
    tmp_path_factory: pytest.TempPathFactory, subject: str, text: str, key: str
) -> None:
    office = a_post_office(tmp_path_factory.mktemp("post"))
    with suppress(ValueError):
        office.email(subject=subject, text=text, key=key)
    for letter in office.letters():
        message = message_from_bytes(letter.body, policy=POLICY)
        assert set(map(str.lower, message.keys())) == {
            "from", "to", "subject", "date", "message-id", "auto-submitted",
            "content-type", "content-transfer-encoding", "mime-version",
        }  # fmt: skip
        assert (message["To"], message["Subject"].strip()) == (ANNA_AT, subject.strip())
    office.database.close()


def test_nothing_personal_is_logged_or_stands_in_a_letter_but_in_its_body(
    office: PostOffice, mailbox: DemoMailbox, closed_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        office.email(subject="Hemligt", key=ANNA_AT)
        office.email("finns-inte@post.example", key="bertil")
        office.sms()
        away = smtp_sender(replace(office.settings, smtp_port=closed_port), lambda: NOW)
        for relay in (office.relay(away), office.relay()):
            for letter in office.letters():
                assert_impersonal(repr(letter))
            relay.deliver_all()
    assert len(mailbox.messages()) == 2
    assert any(record.getMessage() == "letter_not_delivered" for record in caplog.records)
    for record in caplog.records:
        assert_impersonal(f"{record.getMessage()} {record.__dict__}")


def assert_impersonal(text: str) -> None:
    assert [word for word in PERSONAL if word.lower() in text.replace(__file__, "").lower()] == []


def test_a_lane_is_the_recipients_own_and_leads_to_nobody_in_another_process(tmp_path: Path) -> None:
    lanes = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        office = a_post_office(tmp_path / folder)
        for to, key in ((ANNA_AT, "1"), (ANNA_AT.upper(), "2"), (BERTIL_AT, "3")):
            office.email(to, key=key)
        lanes.append([letter.lane for letter in office.letters()])
        office.database.close()
    for one, same, other in lanes:
        assert one == same != other
    assert not set(lanes[0]) & set(lanes[1])


# Settings


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"sender": ""}, "sender"),
        ({"sender": "a@b@c"}, "sender"),
        ({"sms_domain": "sms domain"}, "sms_domain"),
        ({"smtp_port": 0}, "smtp_port"),
        ({"smtp_port": True}, "smtp_port"),
        ({"smtp_host": 7}, "smtp_host"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"timeout_seconds": "3"}, "timeout_seconds"),
        ({"use_starttls": "yes"}, "use_starttls"),
        ({"use_starttls": False, "user_name": "tidbro"}, "unencrypted"),
        ({"smpt_host": "a"}, "smpt_host"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(changes: dict[str, object], names: str) -> None:
    right = {"smtp_host": "smtp.example", "sender": "inga-svar@tidbro.example"}
    assert PostSettings.from_mapping(right).sender_domain == "tidbro.example"
    with pytest.raises(ValueError, match=names):
        PostSettings.from_mapping({**right, **changes})
