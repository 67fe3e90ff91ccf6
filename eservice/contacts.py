"""How somebody wants to be reached: e-mail and mobile, and whether notices go there.

Source: domain.md §5.9 (settings), §5.12 (12).
"""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from contracts.database import Database
from eservice.models import ContactRow
from eservice.people import Person
from eservice.recipients import email_address
from webpages.forms import Form

_MOST = 254


@dataclass(frozen=True, slots=True)
class Contact:
    """What a citizen has set; empty and off until then."""

    email: str = field(default="", repr=False)
    mobile: str = field(default="", repr=False)
    email_is_on: bool = False
    mobile_is_on: bool = False


class Contacts:
    """Everybody's settings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, owner: Person) -> Contact:
        with self._database.reading() as session:
            return self.read(session, owner)

    def read(self, session: Session, owner: Person) -> Contact:
        """The same in the caller's transaction."""
        row = session.get(ContactRow, owner.number)
        return Contact() if row is None else Contact(row.email, row.mobile, row.email_is_on, row.mobile_is_on)

    def are_set(self, owner: Person) -> bool:
        """Whether the citizen has ever set them."""
        with self._database.reading() as session:
            return session.get(ContactRow, owner.number) is not None

    def change(self, owner: Person, contact: Contact) -> None:
        with self._database.writing() as session:
            session.merge(
                ContactRow(
                    owner=owner.number,
                    email=contact.email,
                    mobile=contact.mobile,
                    email_is_on=contact.email_is_on,
                    mobile_is_on=contact.mobile_is_on,
                )
            )


def is_email(typed: str) -> bool:
    """Whether an e-mail could be sent there."""
    try:
        email_address(typed)
    except ValueError:
        return False
    return True


def is_phone(typed: str) -> bool:
    """Whether it has the signs of a telephone number alone."""
    return any(map(str.isdigit, typed)) and all(char.isdigit() or char in " +-()" for char in typed)


def contact_faults(form: Form) -> dict[str, str]:
    """Phone and e-mail for a booking, as they were typed; what is wrong with them stands in the form.

    The clinic rings the number, so it may be anybody's in any country.
    """
    phone, email = form.text("phone", most=32) or "", form.text("email", most=_MOST) or ""
    if phone and not is_phone(phone):
        form.fault("phone", "form.phone")
    if email and not is_email(email):
        form.fault("email", "form.email")
    return {"phone": phone, "email": email}
