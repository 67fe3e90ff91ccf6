"""A twist that keeps book: which bookings went through the door, when they are, and what the lists showed of them.

What mutants of the journeys are made of: what is taken out of an answer, put into it or moved in it is whole elements,
so that the message stays valid and only the behaviour is wrong.
"""

import re
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta

from lxml import etree

from contracts import xml
from contracts.times import format_dt, format_ts, parse_dt, parse_ts
from tests.conformance.twisting import Reply, Twist

FREE = ("GetAvailableDates", "GetAvailableTimeslots")
_CORE = "urn:riv:crm:scheduling:1"


def root_of(body: bytes) -> etree._Element:
    return xml.parse(body)


def text(root: etree._Element, name: str) -> str:
    """The text of the first element of this name, wherever it is; empty when there is none."""
    found = next(root.iter(f"{{*}}{name}"), None)
    return "" if found is None else (found.text or "")


def every(root: etree._Element, name: str) -> list[etree._Element]:
    return list(root.iter(f"{{*}}{name}"))


def set_text(element: etree._Element, name: str, value: str) -> None:
    for found in every(element, name):
        found.text = value


def later(stamp: str, by: timedelta) -> str:
    return format_ts(parse_ts(stamp) + by)


def later_day(day: str, days: int) -> str:
    return format_dt(parse_dt(day) + timedelta(days=days))


def without(body: bytes, *names: str) -> bytes:
    """The message without every element of these names."""
    root = root_of(body)
    for name in names:
        for element in every(root, name):
            element.getparent().remove(element)
    return etree.tostring(root)


@dataclass
class Kept:
    """A booking that went through: its person and the times that it was booked at and is now, with all that was said."""

    person: str
    wanted: etree._Element
    first_start: str
    start: str
    is_cancelled: bool = False


class Ledger(Twist):
    """Keeps `bookings` by id. Subclasses change the requests in `asked`, and in `seen` the answers, parsed."""

    def __init__(self) -> None:
        self.bookings: dict[str, Kept] = {}

    def answer(self, interaction: str, request: bytes, reply: Reply) -> Reply:
        if "utf-8" not in reply.headers.get("content-type", "").lower():
            return reply
        asked, root = root_of(request), root_of(reply.body)
        done = text(root, "resultCode") in ("OK", "INFO")
        if done:
            self._note(interaction, asked, root)
        self.seen(interaction, asked, root, done)
        reply.body = etree.tostring(root)
        return reply

    def _note(self, interaction: str, asked: etree._Element, root: etree._Element) -> None:
        if interaction == "MakeBooking":
            wanted = every(asked, "requestedTimeslot")[0]
            start = text(wanted, "startTimeInclusive")
            self.bookings[text(root, "bookingId")] = Kept(text(wanted, "subject_of_care"), wanted, start, start)
        kept = self.bookings.get(text(asked, "bookingId"))
        if kept is not None and interaction == "UpdateBooking":
            kept.start = text(asked, "startTimeInclusive")
        if kept is not None and interaction == "CancelBooking":
            kept.is_cancelled = True

    def seen(self, interaction: str, asked: etree._Element, root: etree._Element, done: bool) -> None:
        """Change `root`, the answer to `asked`, in place; `done` says whether a change was carried out."""


def drop(root: etree._Element, item: str, name: str, values: set[str]) -> None:
    """Take out of an answer the items whose element `name` has one of the values."""
    for element in every(root, item):
        if text(element, name) in values:
            element.getparent().remove(element)


def add_to_schedule(root: etree._Element, booking_id: str, kept: Kept, start: str) -> None:
    """Put a booking at `start` into the answer of GetSubjectOfCareSchedule."""
    response = every(root, "GetSubjectOfCareScheduleResponse")[0]
    slot = etree.SubElement(response, f"{{{etree.QName(response).namespace}}}timeslotDetail")
    by = parse_ts(start) - parse_ts(text(kept.wanted, "startTimeInclusive"))
    for element in kept.wanted:
        slot.append(deepcopy(element))
    for name in ("startTimeInclusive", "endTimeExclusive"):
        set_text(slot, name, later(text(slot, name), by))
    for old in slot.findall(f"{{{_CORE}}}bookingId"):
        slot.remove(old)
    named = etree.Element(f"{{{_CORE}}}bookingId")
    named.text = booking_id
    slot.insert(list(slot).index(slot.find(f"{{{_CORE}}}subject_of_care")), named)


def make_invitation(root: etree._Element) -> None:
    """Let the details be those of an invitation, with a text as one must have."""
    set_text(root, "isInvitation", "true")
    for slot in every(root, "timeslotDetail"):
        if not text(slot, "purpose"):
            purpose = etree.Element(f"{{{_CORE}}}purpose")
            purpose.text = "Välkommen."
            slot.find(f"{{{_CORE}}}subject_of_care").addnext(purpose)


def as_patient(request: bytes) -> bytes:
    """An agent's request as if the patient had sent it."""
    person = re.search(rb"<(?:\w+:)?subject_of_care>([^<]*)<", request)
    if person is None or b"subject_of_care_agent" not in request:
        return request
    request = re.sub(rb"(actorId>)[^<]*", rb"\g<1>" + person[1], request)
    return request.replace(b"subject_of_care_agent", b"subject_of_care")
