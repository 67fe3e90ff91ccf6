"""The page at `/mailbox/`: what the e-service sent, newest first, to everybody or to one recipient.

Pure. A recipient is chosen by the number of a message to them, so that no address of a page holds theirs.
Elsewhere: what was received (demo_mailbox.py), how a page is answered (web_pages.py), its words (texts_sv.toml).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import parse_qsl

from contracts.times import SWEDEN
from tidbro import web_pages

_MOST_SHOWN = 100


class Message(Protocol):
    """What the page asks of a message."""

    @property
    def id(self) -> int: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def recipient(self) -> str: ...
    @property
    def is_sms(self) -> bool: ...
    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """A recipient who can be chosen; `number` is that of the oldest message to them."""

    number: int
    recipient: str = field(repr=False)
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One message, in words."""

    number: int
    channel: str
    recipient: str = field(repr=False)
    at: str
    subject: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailboxPage:
    """What the page shows."""

    texts: Mapping[str, str]
    choices: tuple[Choice, ...]
    messages: tuple[Shown, ...]


def mailbox_html(messages: tuple[Message, ...], query: bytes) -> str:
    """The page as HTML; `query` is the address's query string."""
    chosen = dict(parse_qsl(query.decode("latin-1"))).get("till", "")
    page = mailbox_page(messages, chosen, web_pages.texts()["mailbox"])
    return web_pages.template("mailbox.html").render(page=page)


def mailbox_page(messages: tuple[Message, ...], chosen: str, texts: Mapping[str, str]) -> MailboxPage:
    """The page of `messages`, newest first: those to the recipient of the message number `chosen`, or all."""
    recipient = next((one.recipient for one in messages if str(one.id) == chosen), None)
    wanted = [one for one in messages if recipient in (None, one.recipient)]
    return MailboxPage(texts, _choices(messages, recipient), tuple(_shown(one, texts) for one in wanted[:_MOST_SHOWN]))


def _choices(messages: Iterable[Message], recipient: str | None) -> tuple[Choice, ...]:
    oldest = {one.recipient: one.id for one in messages}  # the last one stays
    return tuple(Choice(oldest[one], one, one == recipient) for one in sorted(oldest))


def _shown(message: Message, texts: Mapping[str, str]) -> Shown:
    return Shown(
        number=message.id,
        channel=texts["sms" if message.is_sms else "email"],
        recipient=message.recipient,
        at=f"{message.received_at.astimezone(SWEDEN):%Y-%m-%d kl. %H.%M}",
        subject=message.subject or texts["sms_subject" if message.is_sms else "no_subject"],
        text=message.text,
    )
