"""The states that slots and bookings pass through, as they are stored.

Source: domain.md §7.3 item 5 (slots), §9.5 (bookings).
"""

from enum import StrEnum


class SlotState(StrEnum):
    """Utkast, publicerad, spärrad. Booked and passed are not stored: a seat and the clock tell them."""

    DRAFT = "draft"
    PUBLISHED = "published"
    BLOCKED = "blocked"


class BookingState(StrEnum):
    """Inbjuden (öppen kallelse), bokad, and how it ended. MOVED: it goes on under another id at another clinic."""

    INVITED = "invited"
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED_BY_CITIZEN = "cancelled by citizen"
    CANCELLED_BY_CARE = "cancelled by care"
    COMPLETED = "completed"
    NO_SHOW = "no-show"


class Initiative(StrEnum):
    """Who made the booking what it is: the rules for cancelling and moving differ (R23, R25)."""

    CITIZEN = "citizen"
    CARE = "care"


class Happening(StrEnum):
    """What a line of a booking's history tells."""

    INVITED = "invited"
    BOOKED = "booked"
    MOVED = "moved"
    MOVED_AWAY = "moved to another clinic"
    CANCELLED = "cancelled"
    CAME = "came"
    STAYED_AWAY = "stayed away"
    REOPENED = "reopened"  # came or stayed away was a mistake; it is a booked time again
    TOLD = "told"  # staff have told the citizen of a time that was moved or cancelled


class Role(StrEnum):
    """What a member of staff may do at a clinic (domain.md §7.1)."""

    SUPERADMIN = "superadmin"
    ADMINISTRATOR = "administrator"
    SCHEDULER = "scheduler"
    BOOKER = "booker"
    READER = "reader"
