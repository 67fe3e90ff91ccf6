"""The demo's mailbox: whatever the e-service sends by e-mail or SMS ends here and can be read on a page.

It stands in for the citizens' mailboxes and for the gateway that turns e-mail into SMS. A message that is sent again
after a crash has the Message-ID that it had, and is kept once. Kept in a SQLite file, so that a restart keeps it; the
newest stay. Everybody at the machine can read it: it is for test people.
Elsewhere: SMTP (demo_smtp.py), the page (mailbox_page.py), who sends (eservice/post.py).
Source: domain.md §5.9, §5.10.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from sqlalchemy import Boolean, Column, Integer, MetaData, String, Table, Text, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from contracts.database import Database, UtcMoment
from contracts.times import Clock
from eservice.post import PostSettings
from gateway.door import Receive, Scope, Send
from tidbro import web_pages
from tidbro.demo_smtp import DemoSmtp
from tidbro.mailbox_page import mailbox_html

PATH = "/mailbox"
SMS_DOMAIN = "sms.tidbro.example"
SENDER = "inga-svar@tidbro.example"
MOST_KEPT = 500

_METADATA = MetaData()
_MAILBOX = Table(
    "mailbox",
    _METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("received_at", UtcMoment, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("is_sms", Boolean, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    sqlite_autoincrement=True,
)


@dataclass(frozen=True, slots=True)
class Received:
    """One message in the mailbox; `recipient` is an e-mail address, or for SMS a number with country code."""

    id: int
    received_at: datetime
    recipient: str = field(repr=False)
    is_sms: bool
    subject: str = field(repr=False)
    text: str = field(repr=False)


class DemoMailbox:
    """The mailbox in `folder`. While it is open it takes messages at `port` and shows them at /mailbox/."""

    def __init__(self, folder: Path, clock: Clock, port: int = 0, most_kept: int = MOST_KEPT) -> None:
        self._database = Database(f"sqlite:///{folder / 'mailbox.sqlite'}")
        self._clock, self._most_kept = clock, most_kept
        self._smtp = DemoSmtp(self._take, port)

    def open(self) -> None:
        """Begin to take messages. Raises OSError when the port is taken."""
        _METADATA.create_all(self._database.engine)
        self._smtp.open()

    def close(self) -> None:
        self._smtp.close()
        self._database.close()

    @property
    def port(self) -> int:
        """Where it listens on 127.0.0.1, once it is open."""
        return self._smtp.port

    @property
    def post_settings(self) -> PostSettings:
        """What the e-service sends with, once the mailbox is open."""
        return PostSettings(
            smtp_host="127.0.0.1", smtp_port=self.port, sender=SENDER, sms_domain=SMS_DOMAIN, use_starttls=False
        )

    def messages(self) -> tuple[Received, ...]:
        """What was received, newest first."""
        columns = [_MAILBOX.c[name] for name in Received.__slots__]
        with self._database.reading() as session:
            rows = session.execute(select(*columns).order_by(_MAILBOX.c.id.desc())).mappings()
            return tuple(Received(**row) for row in rows)

    async def application(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI: the page, at /mailbox/."""
        await web_pages.answer(self._page, scope, send)

    def _page(self, scope: Scope) -> str | None:
        if scope["path"] not in (PATH, f"{PATH}/"):
            return None
        return mailbox_html(self.messages(), scope.get("query_string", b""))

    def _take(self, recipients: tuple[str, ...], content: bytes) -> None:
        """Keep a message once for each recipient. Raises ValueError for what is no message."""
        message_id, subject, text = _read(content)
        for address in recipients:
            digest = hashlib.sha256(f"{message_id}\n{address.lower()}".encode()).hexdigest()
            self._keep({"digest": digest, "subject": subject, "text": text, **_recipient(address)})

    def _keep(self, told: dict[str, object]) -> None:
        try:
            with self._database.writing() as session:
                session.execute(insert(_MAILBOX), {**told, "received_at": self._clock()})
                newest = select(func.max(_MAILBOX.c.id)).scalar_subquery()
                session.execute(delete(_MAILBOX).where(_MAILBOX.c.id <= newest - self._most_kept))
        except IntegrityError:
            return  # it came before


def _recipient(address: str) -> dict[str, object]:
    name, _, domain = address.rpartition("@")
    is_sms = domain.lower() == SMS_DOMAIN
    return {"is_sms": is_sms, "recipient": f"+{name}" if is_sms else _clean(address)}


def _read(content: bytes) -> tuple[str, str, str]:
    """Message-ID, or a digest where there is none; subject; text. Raises ValueError for what cannot be read."""
    try:
        message = message_from_bytes(content, EmailMessage, policy=default)
        body = message.get_body(("plain",))
        text = "" if body is None else body.get_content()
        message_id = message["Message-ID"] or hashlib.sha256(content).hexdigest()
        return _clean(message_id), _clean(message["Subject"] or ""), _clean(text)
    except Exception as error:  # of what a stranger's message may do in the parser, its documentation tells little
        raise ValueError(f"not a message: {type(error).__name__}") from None


def _clean(text: str) -> str:
    """The text with lines as here, and without half signs, which no file and no page can hold."""
    return str(text).encode("utf-8", "replace").decode().replace("\r\n", "\n").strip()
