"""Booked times of the demo with reminders that were asked for on the pages, and what the demo's mailbox got."""

from datetime import datetime, timedelta

from contracts import scheduling as s
from eservice.app import EService
from eservice.people import Person as Known
from eservice.reminders import Booked
from tests.eservice.browser import Browser
from tests.eservice.conftest import Demo, clinic
from tests.people import DAN, Person

AT, MOBILE = "nagon@post.example", "070-174 06 05"
SENT_TO = "+46701740605"
SOUTH, SHAKY = "2B03", "2B07"
EVERYTHING = {"by_email": "yes", "by_sms": "yes", "email": AT, "mobile": MOBILE}


def by_hand(eservice: EService) -> None:
    """Reminders go out when the test says so, and not by themselves."""
    eservice._reminding.close()


def known(demo: Demo, person: Person) -> Known:
    found = demo.eservice.people.person(person.number)
    assert found is not None
    return found


def booked(demo: Demo, person: Person = DAN, where: str = SOUTH, days: int = 10) -> s.Timeslot:
    """A time that the person books, not through the e-service, at least so many days ahead."""
    visitor = demo.town.visitor(person, where)
    wanted = demo.clock.now + timedelta(days=days)
    made = visitor.book(next(one for one in visitor.times() if one.start >= wanted))
    assert made.booking_id, made.result_text
    return visitor.details(made.booking_id)


def page_of(demo: Demo, booking: s.Timeslot, person: Person = DAN) -> str:
    """Where reminders of a booking are chosen."""
    assert booking.booking_id is not None
    reference = demo.eservice.references.of(known(demo, person), booking.healthcare_facility, booking.booking_id)
    return f"bokad-tid/{reference.name}/paminnelse"


def ask(demo: Demo, window: Browser, booking: s.Timeslot, person: Person = DAN, **typed: str | None) -> Browser:
    """Ask for reminders by e-mail and SMS, a day before unless it is typed otherwise."""
    window.get(page_of(demo, booking, person)).submit("Spara påminnelser", **{**EVERYTHING, **typed})
    assert window.status == 200, window.text
    return window


def due_on(demo: Demo, booking: s.Timeslot, days: int = 0, **before: float) -> int:
    """Let it be so long before the visit, a day before by the clock for each of `days`, and send what is due."""
    demo.clock.now = booking.start - timedelta(days=days) - timedelta(**before)
    written = demo.eservice.send_due(demo.clock.now)
    assert demo.eservice.settle_post(60)  # before the clock goes on: what comes too late is not sent
    return written


def received(demo: Demo) -> list[tuple[str, str]]:
    """Recipient and text of all that arrived, in order, when everything has."""
    assert demo.eservice.settle_post(60)
    return [(one.recipient, one.text.partition("\n\n")[0]) for one in reversed(demo.mailbox.messages())]


def outcomes(demo: Demo, booking: s.Timeslot, person: Person = DAN) -> list[str]:
    """What became of the reminders of a booking, in the order of their moments."""
    asked = Booked(person.number, clinic(booking.healthcare_facility.text[-4:]), booking.booking_id or "")
    return [one.outcome for one in demo.eservice.reminders.of(known(demo, person), asked)]


def moved(demo: Demo, booking: s.Timeslot, after: datetime, person: Person = DAN) -> s.Timeslot:
    """The booking at the first free time after that moment: moved by somebody else than this e-service."""
    visitor = demo.town.visitor(person, booking.healthcare_facility.text[-4:])
    free = visitor.times(booking_id=booking.booking_id)
    answer = visitor.move(booking.booking_id, next(one for one in free if one.start > after))
    assert answer.result_code != "ERROR", answer.result_text
    return visitor.details(booking.booking_id)
