"""A scheduling system of one clinic, whole, of the standard library alone: python clinic.py [PORT]

It speaks crm:scheduling 1.1 at one address; which interaction is called, the body's element says. Bookings live in
memory. Written from the contracts, as a vendor would; docs/conformance.md takes it from its first draft to green.
"""

import sys
import threading
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

FACILITY, FACILITY_NAME = "SE2321009991-9P01", "Provmottagningen Fyren"
KINDS = {"PROV": ("Provtagning", 15), "SAMTAL": ("Hälsosamtal", 30)}  # by id: the name, and how many minutes
MOVABLE = {"PROV"}  # a talk can be cancelled online; to move it one has to ring
STOCKHOLM = ZoneInfo("Europe/Stockholm")
CORE, PING = "urn:riv:crm:scheduling:1", "urn:riv:itintegration:monitoring:PingForConfigurationResponder:1"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
ENVELOPE = f'<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope xmlns:s="{SOAP}"><s:Body>%s</s:Body></s:Envelope>'
FAULT = "<s:Fault><faultcode>s:%s</faultcode><faultstring>%s</faultstring></s:Fault>"
UNKNOWN = "Bokningen finns inte. Den kan ha avbokats eller flyttats."


class Refused(Exception):
    """A rule says no; the sentence is for the citizen."""


class Fault(Exception):
    """The question cannot be answered at all; the sentence is for technicians."""


def now() -> datetime:
    return datetime.now(STOCKHOLM).replace(tzinfo=None)


# -- The clinic


@dataclass(frozen=True)
class Time:
    id: str
    kind: str
    start: datetime

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=KINDS[self.kind][1])


@dataclass(frozen=True)
class Booking:
    person: str
    time: Time
    reason: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


def opening_hours() -> list[Time]:
    """Six weeks of weekdays: samples from eight to eleven, talks from one to four."""
    found = []
    for days in range(1, 43):
        day = now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)
        for kind, first in (("PROV", 8), ("SAMTAL", 13)):
            for place in range(180 // KINDS[kind][1] if day.weekday() < 5 else 0):
                start = day + timedelta(hours=first, minutes=place * KINDS[kind][1])
                found.append(Time(f"{kind}-{start:%Y%m%d%H%M}", kind, start))
    return found


class Clinic:
    """Times and bookings. Each call holds the lock from its first look to its last change."""

    def __init__(self) -> None:
        self.lock, self.times, self.bookings = threading.Lock(), opening_hours(), dict[str, Booking]()

    def free(self) -> list[Time]:
        taken = {one.time.id for one in self.bookings.values()}
        return [one for one in self.times if one.start > now() and one.id not in taken]

    def of(self, booking_id: str, caller: "Caller") -> Booking:
        """A booking, for its owner or for an agent; to others it does not exist."""
        booking = self.bookings.get(booking_id)
        if booking is None or not caller.may_act_for(booking.person):
            raise Refused(UNKNOWN)
        return booking

    def wanted(self, slot: "Question") -> Time:
        """The free time that a request names."""
        start, end, known = slot.moment("startTimeInclusive"), slot.moment("endTimeExclusive"), slot.text("timeTypeID")
        for one in self.free():
            if (one.start, one.end) == (start, end) and known in ("", one.kind):
                return one
        raise Refused("Tiden är inte längre ledig. Välj en annan tid.")

    def book(self, person: str, time: Time, reason: str) -> Booking:
        booking = Booking(person, time, reason)
        self.bookings[booking.id] = booking
        return booking

    def move(self, booking: Booking, time: Time, reason: str) -> None:
        if booking.time.kind not in MOVABLE or booking.time.start <= now():
            raise Refused("Tiden kan inte ombokas på nätet. Ring mottagningen.")
        if time.kind != booking.time.kind:
            raise Refused("Bokningen kan bara flyttas till en tid av samma slag.")
        self.bookings[booking.id] = Booking(booking.person, time, reason or booking.reason, booking.id)

    def cancel(self, booking: Booking) -> None:
        if booking.time.start <= now():
            raise Refused("Tiden har passerat och kan inte avbokas.")
        del self.bookings[booking.id]


# -- Reading


class Question:
    """A request's element, read by local names."""

    def __init__(self, element: ElementTree.Element) -> None:
        self.element = element
        self.space, _, self.name = element.tag[1:].rpartition("}")

    def all(self, name: str) -> list["Question"]:
        return [one for one in map(Question, self.element) if one.name == name]

    def one(self, name: str) -> "Question":
        for one in self.all(name):
            return one
        raise Fault(f"{name} is missing.")

    def text(self, name: str) -> str:
        """The text of a child, empty when there is none."""
        return next(((one.element.text or "").strip() for one in self.all(name)), "")

    def moment(self, name: str, form: str = "%Y%m%d%H%M%S", digits: int = 14) -> datetime:
        text = self.text(name)
        try:
            if not (len(text) == digits and text.isascii() and text.isdigit()):
                raise ValueError
            return datetime.strptime(text, form)
        except ValueError:
            raise Fault(f"{name} is no date that exists, written {form}.") from None

    @property
    def is_here(self) -> bool:
        """Whether it is this clinic that is asked. HSA-ids are compared without regard to case."""
        return self.text("healthcare_facility").upper() == FACILITY.upper()


@dataclass(frozen=True)
class Caller:
    """Who acts, by the header Actor."""

    id: str
    is_agent: bool

    def may_act_for(self, person: str) -> bool:
        return self.is_agent or self.id == person


def read(message: bytes, charset: str | None) -> tuple[Question, Caller]:
    """The element in the body, and who acts. The charset of HTTP, where it is told, goes before the XML's own."""
    try:
        envelope = Question(ElementTree.fromstring(message, ElementTree.XMLParser(encoding=charset)))
        body = [Question(one) for one in envelope.one("Body").element]
    except (ElementTree.ParseError, LookupError, ValueError):
        raise Fault("The message is no XML.") from None
    if (envelope.space, envelope.name) != (SOAP, "Envelope") or len(body) != 1:
        raise Fault("The message is no SOAP 1.1 envelope with one element in its body.")
    actors = [actor for header in envelope.all("Header") for actor in header.all("Actor")]
    actor = actors[0] if actors else None
    kind = actor.text("actorType") if actor else ""
    return body[0], Caller(actor.text("actorId") if actor else "", kind == "subject_of_care_agent")


# -- Writing


def element(name: str, value: Any) -> str:
    """An element, or nothing when there is nothing to put into it: empty elements are not allowed."""
    if isinstance(value, bool):
        value = str(value).lower()
    elif isinstance(value, datetime):
        value = f"{value:%Y%m%d%H%M%S}"
    return f"<c:{name}>{escape(value)}</c:{name}>" if value else ""


def timeslot(time: Time, booking: Booking | None = None) -> str:
    """A TimeslotType, free or booked, its elements in the order of the schema."""
    movable = time.kind in MOVABLE
    parts = {
        "startTimeInclusive": time.start,
        "endTimeExclusive": time.end,
        "healthcare_facility": FACILITY,
        "bookingId": booking.id if booking else time.id,
        "subject_of_care": booking.person if booking else "",
        "reason": booking.reason if booking else "",
        "healthcare_facility_name": FACILITY_NAME,
        "timeTypeName": KINDS[time.kind][0],
        "timeTypeID": time.kind,
        "cancel_booking_allowed": time.start > now(),
        "rebooking_allowed": movable and time.start > now(),
        "message_allowed": movable,
    }
    return "<timeslotDetail>" + "".join(element(*part) for part in parts.items()) + "</timeslotDetail>"


def result(code: str, text: str = "", booking_id: str = "") -> str:
    told = f"<bookingId>{booking_id}</bookingId>" if booking_id else ""
    told += f"<resultCode>{code}</resultCode>"
    return told + (f"<resultText>{escape(text)}</resultText>" if text else "")


# -- The interactions


def found(clinic: Clinic, question: Question, caller: Caller) -> list[Time]:
    """The free times that are asked for: for a new booking, or for moving one."""
    days = [question.moment(f"{end}DateInclusive", "%Y%m%d", 8).date() for end in ("start", "end")]
    kind, name, moved = (question.text(one) for one in ("timeTypeID", "timeTypeName", "bookingId"))
    times = [one for one in clinic.free() if days[0] <= one.start.date() <= days[1]]
    if not question.is_here or question.all("performer"):
        return []  # another clinic's times, or somebody's: these are everybody's
    if moved:
        booking = clinic.bookings.get(moved)
        kind = booking.time.kind if booking and caller.may_act_for(booking.person) else ""
        times = [one for one in times if one.kind == kind and kind in MOVABLE]
    return [one for one in times if kind in ("", one.kind) and name in ("", KINDS[one.kind][0])]


def get_all_time_types(clinic: Clinic, question: Question, caller: Caller) -> str:
    kinds = KINDS.items() if question.is_here else ()
    shown = (element("timeTypeName", name) + element("timeTypeId", id) for id, (name, _) in kinds)
    return "".join(f"<ListOfTimeTypes>{one}</ListOfTimeTypes>" for one in shown)


def get_available_dates(clinic: Clinic, question: Question, caller: Caller) -> str:
    days = sorted({(f"{one.start:%Y%m%d}", one.kind) for one in found(clinic, question, caller)})
    return "".join(
        f"<performerAvailabilityByDate><healthcare_facility>{FACILITY}</healthcare_facility><date>{day}</date>"
        f"<timeTypeName>{KINDS[kind][0]}</timeTypeName><timeTypeID>{kind}</timeTypeID></performerAvailabilityByDate>"
        for day, kind in days
    )


def get_available_timeslots(clinic: Clinic, question: Question, caller: Caller) -> str:
    return "".join(map(timeslot, found(clinic, question, caller)))


def get_subject_of_care_schedule(clinic: Clinic, question: Question, caller: Caller) -> str:
    person = question.text("subject_of_care")
    mine = [one for one in clinic.bookings.values() if one.person == person and question.is_here]
    return "".join(timeslot(one.time, one) for one in mine if caller.id == person and not caller.is_agent)


def get_booking_details(clinic: Clinic, question: Question, caller: Caller) -> str:
    booking = clinic.bookings.get(question.text("bookingId"))
    if booking is None or not question.is_here or caller.is_agent or caller.id != booking.person:
        raise Fault("There is no such booking.")
    return timeslot(booking.time, booking)


def make_booking(clinic: Clinic, question: Question, caller: Caller) -> str:
    slot = question.one("requestedTimeslot")
    person = slot.text("subject_of_care")
    if not slot.is_here or not caller.may_act_for(person):
        raise Refused("Tiden kan inte bokas här för den personen.")
    booking = clinic.book(person, clinic.wanted(slot), slot.text("reason"))
    is_sample = booking.time.kind == "PROV"
    text = "Ät och drick ingenting på morgonen före provet." if is_sample else ""
    return result("INFO" if is_sample else "OK", text, booking.id)


def update_booking(clinic: Clinic, question: Question, caller: Caller) -> str:
    slot = question.one("requestedTimeslot")
    if not slot.is_here:
        raise Refused("Bokningen kan bara flyttas inom mottagningen.")
    clinic.move(clinic.of(slot.text("bookingId"), caller), clinic.wanted(slot), slot.text("reason"))
    return result("OK")


def cancel_booking(clinic: Clinic, question: Question, caller: Caller) -> str:
    if not question.is_here:
        raise Refused(UNKNOWN)
    clinic.cancel(clinic.of(question.text("bookingId"), caller))
    return result("OK")


def ping_for_configuration(clinic: Clinic, question: Question, caller: Caller) -> str:
    return f"<version>1.0</version><pingDateTime>{now():%Y%m%d%H%M%S}</pingDateTime>"


ANSWERED = {
    f"urn:riv:crm:scheduling:{name}Responder:1": (name, answer)
    for name, answer in (
        ("GetAllTimeTypes", get_all_time_types),
        ("GetAvailableDates", get_available_dates),
        ("GetAvailableTimeslots", get_available_timeslots),
        ("GetSubjectOfCareSchedule", get_subject_of_care_schedule),
        ("GetBookingDetails", get_booking_details),
        ("MakeBooking", make_booking),
        ("UpdateBooking", update_booking),
        ("CancelBooking", cancel_booking),
    )
} | {PING: ("PingForConfiguration", ping_for_configuration)}


def answer(clinic: Clinic, message: bytes, charset: str | None) -> str:
    """What a message is answered with. Raises Fault."""
    question, caller = read(message, charset)
    name, function = ANSWERED.get(question.space, ("", None))
    if function is None or name != question.name:
        raise Fault("This interaction is not offered.")
    try:
        with clinic.lock:
            told = function(clinic, question, caller)
    except Refused as refusal:
        told = result("ERROR", str(refusal))
    return f'<{name}Response xmlns="{question.space}" xmlns:c="{CORE}">{told}</{name}Response>'


class Door(BaseHTTPRequestHandler):
    """HTTP: an answer has status 200, a fault 500."""

    clinic = Clinic()
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        message = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            status, told = 200, answer(self.clinic, message, self.headers.get_content_charset())
        except Fault as fault:
            status, told = 500, FAULT % ("Client", escape(str(fault)))
        except Exception:
            status, told = 500, FAULT % ("Server", "The question could not be answered.")
        body = (ENVELOPE % told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged: messages hold people's numbers."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 8400), Door)
    print(f"The clinic answers at http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
