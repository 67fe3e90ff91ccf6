"""What the index tells the e-service: open invitations, changes that staff made, times that became free.

Source: domain.md §5.8, §5.9.
"""

from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from contracts.subscriber import Notice

if TYPE_CHECKING:
    from eservice.app import EService


def take(eservice: "EService", session: Session, notice: Notice) -> None:
    """Take in one notice, in the transaction that marks it as taken."""
