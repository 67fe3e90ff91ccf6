"""Taking a letter of the post to an SMTP server, one connection each.

What may pass is tried again: no connection, a server that is busy (4xx), an account or sender that it doesn't know
yet. What is final: the server refuses the recipient or the message (5xx), or the message comes too late to be of use.
Once the server has said yes the message is sent, however the connection ends.
No sentence quotes an address, a message, or what the server says, for it may quote them.
Elsewhere: what a letter holds (post.py), when it is tried again (contracts/outbox.py).
Source: RFC 5321 §4.2.1; RFC 3207.
"""

import smtplib
import ssl
from contextlib import suppress
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime

from contracts.outbox import Letter, NotDelivered, Send
from contracts.times import Clock
from eservice.post import POLICY, PostSettings

_REFUSED_FOR_GOOD = 500


def smtp_sender(settings: PostSettings, clock: Clock, trust: ssl.SSLContext | None = None) -> Send:
    """What a relay of the post sends with. `trust` says whose certificates are believed; usually the machine's own.

    Raises ValueError where sending is off.
    """
    if not settings.smtp_host:
        raise ValueError("there is no SMTP server to send to")
    trusted = trust or ssl.create_default_context()

    def send(letter: Letter) -> None:
        message = message_from_bytes(letter.body, policy=POLICY)
        _demand_in_time(message, clock())
        try:
            _deliver(settings, trusted, str(message["To"]), letter.body)
        except (OSError, smtplib.SMTPException) as error:
            raise _failure(error) from None

    return send


def _demand_in_time(message: Message, now: datetime) -> None:
    expires = message["Expires"]
    if expires is not None and parsedate_to_datetime(expires) < now:
        raise NotDelivered("the message came too late to be of use", is_final=True)


def _deliver(settings: PostSettings, trust: ssl.SSLContext, to: str, body: bytes) -> None:
    connection = smtplib.SMTP(
        settings.smtp_host, settings.smtp_port, settings.sender_domain, timeout=settings.timeout_seconds
    )
    try:
        if settings.use_starttls:
            connection.starttls(context=trust)
        if settings.user_name:
            connection.login(settings.user_name, settings.password)
        connection.sendmail(settings.sender, [to], body)
    finally:
        _part_from(connection)


def _part_from(connection: smtplib.SMTP) -> None:
    """Whatever goes wrong here changes nothing for the message."""
    with suppress(OSError, smtplib.SMTPException):
        connection.quit()
    connection.close()


def _failure(error: Exception) -> NotDelivered:
    match error:
        case smtplib.SMTPRecipientsRefused(recipients=refused):
            code = max(code for code, _ in refused.values())
            return NotDelivered(f"the recipient was refused ({code})", code >= _REFUSED_FOR_GOOD)
        case smtplib.SMTPDataError(smtp_code=code) | smtplib.SMTPSenderRefused(smtp_code=552 as code):  # too large
            return NotDelivered(f"the message was refused ({code})", code >= _REFUSED_FOR_GOOD)
        case smtplib.SMTPResponseException(smtp_code=code):
            return NotDelivered(f"the SMTP server refused ({code}): {type(error).__name__}")
        case _:
            return NotDelivered(f"the SMTP server was not reached: {type(error).__name__}")
