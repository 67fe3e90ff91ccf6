"""A booked time as a file for the citizen's calendar, and the file that takes a cancelled one out of it.

Neither the file's name nor its summary tells what kind of care it is; the end is told only where the clinic shows it.
Elsewhere: how it is written (icalendar.py), the uid and the sequence (calendar_entries.py).
Source: domain.md §5.10, R35.
"""

from flask import Blueprint, abort
from flask import Response as FlaskResponse
from werkzeug.wrappers import Response

from contracts import scheduling as s
from eservice import flow, pages, visits
from eservice.calendar_entries import Booking, Entry
from eservice.icalendar import CONTENT_TYPE, Event, Method, calendar_file

blueprint = Blueprint("calendar_files", __name__)

FILE_NAME = "tid.ics"


@blueprint.get("/bokad-tid/<name>/kalender.ics")
def file(name: str) -> Response:
    """The booking as the clinic has it now. An open invitation has no time to put anywhere (404)."""
    eservice, person = visits.eservice(), visits.visit().subject
    reference = eservice.references.find(person, name)
    slot = eservice.platform.booking(reference.clinic, reference.booking_id, person)
    if slot.start is None:
        abort(404)
    booking = Booking(person.number, reference.clinic, reference.booking_id)
    return _sent(slot, eservice.calendar_entries.at(booking, slot.start), "PUBLISH")


@blueprint.get("/arende/<journey>/avbokad.ics")
def cancelled(journey: str) -> Response:
    """What takes the booking out of the calendar, for whoever has cancelled it here."""
    found = flow.load(journey)
    if found.kind != "cancel" or found.phase != "done" or found.old is None or found.booking_id is None:
        abort(404)
    booking = Booking(visits.visit().subject.number, found.clinic, found.booking_id)
    return _sent(found.old, visits.eservice().calendar_entries.after_cancelling(booking), "CANCEL")


def _sent(slot: s.Timeslot, entry: Entry, method: Method) -> Response:
    content = calendar_file(_event(slot, entry), method)
    disposition = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return FlaskResponse(content, headers=disposition, content_type=CONTENT_TYPE)


def _event(slot: s.Timeslot, entry: Entry) -> Event:
    assert slot.start is not None
    clinic = pages.clinic_of(slot.healthcare_facility)
    shows_end = clinic is not None and clinic.settings.shows_end_time
    return Event(
        uid=entry.uid,
        sequence=entry.sequence,
        start=slot.start,
        end=slot.end if shows_end else None,
        stamped=visits.now(),
        summary=pages.texts()("calendar.summary"),
        location="" if clinic is None else clinic.address,
    )
