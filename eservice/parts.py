"""What templates ask for beside their page: small pure functions over values that pages show.

Source: domain.md §5.0 (title line, folding), §5.5 (tags).
"""

from markupsafe import Markup, escape

from contracts import scheduling as s
from eservice.folding import CLINIC_TEXT_SIGNS, PURPOSE_SIGNS, REASON_SIGNS, folded, folded_html
from eservice.icalendar import CONTENT_TYPE as CALENDAR
from eservice.links import phone_link, web_link
from eservice.prose import administrator_text, citizen_text, purpose
from eservice.slots import with_which, with_whom

__all__ = [
    "CALENDAR",
    "CLINIC_TEXT_SIGNS",
    "PURPOSE_SIGNS",
    "REASON_SIGNS",
    "administrator_text",
    "citizen_text",
    "folded",
    "folded_html",
    "name_of_time",
    "phone_link",
    "purpose",
    "web_link",
    "with_phone",
    "with_which",
    "with_whom",
]


def with_phone(text: str, phone: str) -> Markup:
    """The text, escaped, with the phone number in it as a link to ring."""
    if not phone:
        return escape(text)
    return escape(text).replace(escape(phone), phone_link(phone))


def name_of_time(slot: s.Timeslot, clock: str) -> str:
    """A time as it is read aloud: `08.20, Maria Ek, distriktssköterska`, never `08.20` alone when more is known."""
    return ", ".join(one for one in (clock, with_whom(slot)) if one)
