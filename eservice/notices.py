"""The short word by e-mail and SMS that there is a new letter, without a thing about health.

Source: domain.md §5.9 (notification).
"""

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from eservice.models import ContactRow

if TYPE_CHECKING:
    from eservice.app import EService


def notify(eservice: "EService", session: Session, owner_number: str, key: str) -> None:
    """Tell the inbox's owner of a new letter where that is switched on, when the transaction is committed; `key` names
    the letter, which is told of once."""
    from eservice.pages import texts_in  # pages stand on the e-service

    row = session.get(ContactRow, owner_number)
    if row is None:
        return
    t, now = texts_in("sv"), eservice.clock()
    if row.email_is_on and row.email:
        eservice.post.send_email(session, row.email, t("notice.subject"), t("notice.text"), now, key)
    if row.mobile_is_on and row.mobile:
        eservice.post.send_sms(session, row.mobile, t("notice.text"), now, key)
