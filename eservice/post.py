"""E-mail and SMS that go out for certain: written as letters of an outbox, in the transaction of what they tell of.

A letter's body is the whole message (RFC 5322). Its Message-ID follows from whom is told what: a crash after the
server's yes and before the letter's removal sends it a second time, with the same Message-ID, by which a receiver can
keep it once. SMTP knows no other way. An SMS goes as an e-mail to a gateway that makes SMS of them.
Nothing personal stands in a letter but in its body: a lane is told by a hash that no other process can repeat.
Elsewhere: how a letter travels (smtp.py), how an address is written (recipients.py), what is said (the caller: no
health data, domain.md §5.9), that letters go in order and again (contracts/outbox.py).
Source: domain.md §5.9, §5.10; RFC 5322, RFC 3834 §5.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from sqlalchemy.orm import Session

from contracts.outbox import Outbox, Redelivery
from contracts.settings_tables import settings_from
from eservice.recipients import email_address, mobile

CONTRACT = "smtp"
"""What stands in a letter's contract: it is no SOAP message."""

REDELIVERY = Redelivery((5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0), gives_up=True)
"""How long a message is tried: for well over three hours. What nobody needs by then has `good_until` besides."""

POLICY = SMTP.clone(cte_type="7bit")
"""How messages are written: lines end in CRLF, and every byte is ASCII, so that any server takes them."""

_LONGEST_SUBJECT = 200
_TEXTS = ("smtp_host", "sender", "sms_domain", "user_name", "password")


def _setting(default: Any, help: str, *, is_shown: bool = True) -> Any:
    return field(default=default, metadata={"help": help}, repr=is_shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostSettings:
    """Where messages go out. Raises ValueError, naming the setting, for a value that doesn't fit."""

    smtp_host: str = _setting("", "Host name of the SMTP server that takes e-mail and SMS; empty: nothing is sent.")
    smtp_port: int = _setting(587, "The SMTP server's port.")
    sender: str = _setting("", "E-mail address that messages come from.")
    sms_domain: str = _setting("", "Domain of the gateway that turns e-mail to 467…@domain into SMS; empty: no SMS.")
    use_starttls: bool = _setting(True, "Whether the connection is encrypted (STARTTLS), the certificate verified.")
    user_name: str = _setting("", "User name at the SMTP server; empty: it asks for none.")
    password: str = _setting("", "Password at the SMTP server.", is_shown=False)
    timeout_seconds: float = _setting(20.0, "How long each step with the SMTP server may take.")

    def __post_init__(self) -> None:
        for name in _TEXTS:
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"the post's setting {name} must be a text")
        if not isinstance(self.use_starttls, bool):
            raise ValueError("the post's setting use_starttls must be true or false")
        if not _is_number(self.smtp_port, int) or not 0 < self.smtp_port < 65536:
            raise ValueError("the post's setting smtp_port must be a port")
        if not _is_number(self.timeout_seconds, int | float) or not 0 < self.timeout_seconds <= 600:
            raise ValueError("the post's setting timeout_seconds must be above 0 and at most 600")
        if self.smtp_host:
            self._check_addresses()
        if self.user_name and not self.use_starttls:
            raise ValueError("the post's setting user_name needs use_starttls: a password is never sent unencrypted")

    def _check_addresses(self) -> None:
        object.__setattr__(self, "sender", _address_setting("sender", self.sender))
        if self.sms_domain:
            address = _address_setting("sms_domain", f"sms@{self.sms_domain}")
            object.__setattr__(self, "sms_domain", address.partition("@")[2])

    @classmethod
    def from_mapping(cls, table: Mapping[str, Any]) -> "PostSettings":
        """The settings of `table`. Raises ValueError that names an unknown setting."""
        return settings_from(cls, table, "the post")

    @property
    def sender_domain(self) -> str:
        """The domain that messages come from, in ASCII."""
        return self.sender.rpartition("@")[2]


class Post:
    """Writes messages into an outbox; `outbox` is its owner's, whose relay sends with `smtp.smtp_sender`.

    `key` names what is told, for good: the same key to the same recipient makes the same Message-ID. After
    `good_until`, if it is given, a message that has not gone out yet doesn't go at all. Where sending is off no
    letter is written: nobody should be told next month what was meant for today.
    """

    def __init__(self, outbox: Outbox, settings: PostSettings) -> None:
        self._outbox, self._settings = outbox, settings
        self._lane_key = secrets.token_bytes(32)

    @property
    def is_on(self) -> bool:
        """Whether anything is sent."""
        return bool(self._settings.smtp_host)

    @property
    def sends_sms(self) -> bool:
        return self.is_on and bool(self._settings.sms_domain)

    def send_email(
        self,
        session: Session,
        to: str,
        subject: str,
        text: str,
        now: datetime,
        key: str,
        good_until: datetime | None = None,
    ) -> None:
        """Have an e-mail sent when the transaction is committed. Raises ValueError for an address or subject that
        cannot be."""
        if self.is_on:
            self._put(session, email_address(to), _checked(subject), text, now, key, good_until)

    def send_sms(
        self, session: Session, to: str, text: str, now: datetime, key: str, good_until: datetime | None = None
    ) -> None:
        """Have an SMS sent when the transaction is committed. Raises ValueError for what is no Swedish mobile."""
        if self.sends_sms:
            address = f"{mobile(to).removeprefix('+')}@{self._settings.sms_domain}"
            self._put(session, email_address(address), "", text, now, key, good_until)

    def _put(
        self, session: Session, to: str, subject: str, text: str, now: datetime, key: str, good_until: datetime | None
    ) -> None:
        message = EmailMessage(POLICY)
        message["From"] = self._settings.sender
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{_digest(to, key)}@{self._settings.sender_domain}>"
        message["Auto-Submitted"] = "auto-generated"
        if good_until is not None:
            message["Expires"] = format_datetime(good_until)
        message.set_content(text)
        lane = hmac.digest(self._lane_key, to.lower().encode(), "sha256").hex()
        self._outbox.put(session, lane=lane, contract=CONTRACT, logical_address="", body=message.as_bytes(), now=now)


def _digest(to: str, key: str) -> str:
    return hashlib.sha256(f"{to}\n{key}".encode()).hexdigest()[:40]


def _checked(subject: str) -> str:
    """The subject as it is. Raises ValueError for what would not arrive as it is: more lines, or an encoded word, which
    may hide lines."""
    if len(subject) > _LONGEST_SUBJECT or not subject.isprintable() or "=?" in subject:
        raise ValueError(f"a subject is one line of at most {_LONGEST_SUBJECT} signs")
    return subject


def _address_setting(name: str, address: str) -> str:
    try:
        return email_address(address)
    except ValueError as error:
        raise ValueError(f"the post's setting {name} does not fit: {error}") from None


def _is_number(value: object, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)
