"""A scheduling system of one clinic, whole, of the standard library alone: python clinic.py [PORT]

It speaks crm:scheduling 1.1 at one address; which interaction is called, the body's element says. Bookings live in
memory. Written from the contracts, as a vendor would; docs/conformance.md takes it from its first draft to green.
"""

import sys
import threading
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.etree import ElementTree
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

HERE, NAME = "SE2321009991-9P01", "Provmottagningen Fyren"
KINDS = {"PROV": ("Provtagning", 15), "SAMTAL": ("Hälsosamtal", 30)}  # by id: the name, and how many minutes
MOVABLE = {"PROV"}  # a talk can be cancelled online; to move it one has to ring

CORE, SOAP = "urn:riv:crm:scheduling:1", "http://schemas.xmlsoap.org/soap/envelope/"
ENVELOPE = f'<?xml version="1.0" encoding="UTF-8"?>\n<s:Envelope xmlns:s="{SOAP}"><s:Body>%s</s:Body></s:Envelope>'
FAULT = "<s:Fault><faultcode>s:%s</faultcode><faultstring>%s</faultstring></s:Fault>"
UNKNOWN = "Bokningen finns inte. Den kan ha avbokats eller flyttats."


class Refused(Exception):
    """A rule says no; the sentence is for the citizen."""


class Fault(Exception):
    """The question cannot be answered at all; the sentence is for technicians."""


def now() -> datetime:
    """Swedish time without a zone, as all times here."""
    return datetime.now(ZoneInfo("Europe/Stockholm")).replace(tzinfo=None)


# -- Reading


class Element:
    """An element of a request, read by local names."""

    def __init__(self, node: ElementTree.Element) -> None:
        self.space, _, self.name = node.tag[1:].rpartition("}")
        self.own_text, self.node = (node.text or "").strip(), node

    def all(self, name: str) -> list["Element"]:
        return [one for one in map(Element, self.node) if one.name == name]

    def one(self, name: str) -> "Element":
        for one in self.all(name):
            return one
        raise Fault(f"{name} is missing.")

    def text(self, name: str) -> str:
        """The text of a child, empty when there is none."""
        return next((one.own_text for one in self.all(name)), "")

    def moment(self, name: str, form: str, digits: int) -> datetime:
        text = self.text(name)
        try:
            if len(text) == digits:
                return datetime.strptime(text, form)
        except ValueError:
            pass
        raise Fault(f"{name} is no date that exists, written {form}.")

    @property
    def is_here(self) -> bool:
        """Whether it is this clinic that is asked. HSA-ids are compared without regard to case."""
        return self.text("healthcare_facility").upper() == HERE.upper()


@dataclass(frozen=True)
class Caller:
    """Who acts, by the header Actor."""

    id: str
    is_agent: bool

    def is_or_helps(self, person: str) -> bool:
        return self.is_agent or self.id == person


class Builder(ElementTree.TreeBuilder):
    """Takes no document type, for entities come with it. SOAP 1.1 forbids both."""

    def doctype(self, name: str, public_id: str, system: str) -> None:
        raise ValueError(name)


def read(message: bytes, charset: str | None) -> tuple[Element, Caller]:
    """The element in the body, and who acts. The charset of HTTP, where it is told, goes before the XML's own."""
    try:
        envelope = Element(ElementTree.fromstring(message, ElementTree.XMLParser(target=Builder(), encoding=charset)))
        body = [Element(one) for one in envelope.one("Body").node]
    except (ElementTree.ParseError, LookupError, ValueError):
        raise Fault("The message is no XML.") from None
    if (envelope.space, envelope.name) != (SOAP, "Envelope") or len(body) != 1:
        raise Fault("The message is no SOAP 1.1 envelope with one element in its body.")
    for actor in (one for header in envelope.all("Header") for one in header.all("Actor")):
        return body[0], Caller(actor.text("actorId"), actor.text("actorType") == "subject_of_care_agent")
    return body[0], Caller("", False)


# -- The clinic, and what is said of its times


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
    time: Time
    person: str
    reason: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


def opening_hours() -> list[Time]:
    """Three weeks of weekdays: samples from eight to eleven, talks from one to four."""
    found = []
    for days in range(1, 22):
        day = now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)
        for kind, hour in (("PROV", 8), ("SAMTAL", 13)):
            for minutes in range(0, 180 if day.weekday() < 5 else 0, KINDS[kind][1]):
                start = day + timedelta(hours=hour, minutes=minutes)
                found.append(Time(f"{kind}-{start:%d%b-%H%M}", kind, start))
    return found


def element(name: str, value: str) -> str:
    """An element, or nothing when there is nothing to put into it: empty elements are not allowed."""
    return f"<c:{name}>{escape(value)}</c:{name}>" if value else ""


def boolean(value: bool) -> str:
    return "true" if value else "false"


def timeslot(time: Time, booking: Booking | None = None) -> str:
    """A TimeslotType, free or booked, its elements in the order of the schema."""
    parts = {
        "startTimeInclusive": f"{time.start:%Y%m%d%H%M%S}",
        "endTimeExclusive": f"{time.end:%Y%m%d%H%M%S}",
        "healthcare_facility": HERE,
        "bookingId": booking.id if booking else time.id,
        "subject_of_care": booking.person if booking else "",
        "reason": booking.reason if booking else "",
        "healthcare_facility_name": NAME,
        "timeTypeName": KINDS[time.kind][0],
        "timeTypeID": time.kind,
        "cancel_booking_allowed": boolean(time.start > now()),
        "rebooking_allowed": boolean(time.start > now() and time.kind in MOVABLE),
        "message_allowed": boolean(time.kind in MOVABLE),
    }
    return "<timeslotDetail>" + "".join(element(*part) for part in parts.items()) + "</timeslotDetail>"


def result(code: str, text: str = "", booking_id: str = "") -> str:
    told = f"<bookingId>{booking_id}</bookingId>" if booking_id else ""
    told += f"<resultCode>{code}</resultCode>"
    return told + (f"<resultText>{escape(text)}</resultText>" if text else "")


class Clinic:
    """Times, bookings, and the interactions by their names in the contracts: what stands inside of each answer."""

    def __init__(self) -> None:
        self.lock, self.times, self.bookings = threading.Lock(), opening_hours(), dict[str, Booking]()

    def GetAllTimeTypes(self, ask: Element, caller: Caller) -> str:
        kinds = KINDS.items() if ask.is_here else ()
        shown = (element("timeTypeName", name) + element("timeTypeId", kind) for kind, (name, _) in kinds)
        return "".join(f"<ListOfTimeTypes>{one}</ListOfTimeTypes>" for one in shown)

    def GetAvailableDates(self, ask: Element, caller: Caller) -> str:
        days = sorted({(f"{one.start:%Y%m%d}", one.kind) for one in self._found(ask, caller)})
        return "".join(
            f"<performerAvailabilityByDate><healthcare_facility>{HERE}</healthcare_facility><date>{day}</date>"
            f"<timeTypeName>{KINDS[kind][0]}</timeTypeName><timeTypeID>{kind}</timeTypeID></performerAvailabilityByDate>"
            for day, kind in days
        )

    def GetAvailableTimeslots(self, ask: Element, caller: Caller) -> str:
        return "".join(map(timeslot, self._found(ask, caller)))

    def GetSubjectOfCareSchedule(self, ask: Element, caller: Caller) -> str:
        person = ask.text("subject_of_care")
        mine = [one for one in self.bookings.values() if one.person == person == caller.id and ask.is_here]
        return "".join(timeslot(one.time, one) for one in mine)

    def GetBookingDetails(self, ask: Element, caller: Caller) -> str:
        booking = self.bookings.get(ask.text("bookingId"))
        if booking is None or not ask.is_here or caller.id != booking.person:
            raise Fault("There is no such booking.")
        return timeslot(booking.time, booking)

    def MakeBooking(self, ask: Element, caller: Caller) -> str:
        slot = ask.one("requestedTimeslot")
        person, info = slot.text("subject_of_care"), ask.one("subject_of_care_info")
        if not info.text("firstName") or not info.text("lastName"):
            raise Fault("subject_of_care_info must have firstName and lastName.")
        if not caller.is_or_helps(person):
            raise Refused("Du kan inte boka tid åt den personen.")
        booking = Booking(self._wanted(slot), person, slot.text("reason"))
        self.bookings[booking.id] = booking
        if booking.time.kind == "PROV":
            return result("INFO", "Ät och drick ingenting på morgonen före provet.", booking.id)
        return result("OK", booking_id=booking.id)

    def UpdateBooking(self, ask: Element, caller: Caller) -> str:
        slot = ask.one("requestedTimeslot")
        booking, time = self._booking(slot, caller), self._wanted(slot)
        if booking.time.kind not in MOVABLE or booking.time.start <= now():
            raise Refused("Tiden kan inte ombokas på nätet. Ring mottagningen.")
        if time.kind != booking.time.kind:
            raise Refused("Bokningen kan bara flyttas till en tid av samma slag.")
        self.bookings[booking.id] = replace(booking, time=time, reason=slot.text("reason") or booking.reason)
        return result("OK")

    def CancelBooking(self, ask: Element, caller: Caller) -> str:
        booking = self._booking(ask, caller)
        if booking.time.start <= now():
            raise Refused("Tiden har passerat och kan inte avbokas.")
        del self.bookings[booking.id]
        return result("OK")

    def PingForConfiguration(self, ask: Element, caller: Caller) -> str:
        return f"<version>1.0</version><pingDateTime>{now():%Y%m%d%H%M%S}</pingDateTime>"

    def _free(self) -> list[Time]:
        taken = {one.time.id for one in self.bookings.values()}
        return [one for one in self.times if one.start > now() and one.id not in taken]

    def _found(self, ask: Element, caller: Caller) -> list[Time]:
        """The free times that are asked for: for a new booking, or for moving one."""
        first, last = (ask.moment(f"{which}DateInclusive", "%Y%m%d", 8).date() for which in ("start", "end"))
        kind, name, moved = (ask.text(one) for one in ("timeTypeID", "timeTypeName", "bookingId"))
        if not ask.is_here or ask.all("performer"):
            return []  # another clinic's times, or somebody's: those here are nobody's in particular
        if moved:
            booking = self.bookings.get(moved)
            if booking is None or not caller.is_or_helps(booking.person) or booking.time.kind not in MOVABLE:
                return []
            kind, name = booking.time.kind, ""
        times = [one for one in self._free() if first <= one.start.date() <= last]
        return [one for one in times if kind in ("", one.kind) and name in ("", KINDS[one.kind][0])]

    def _wanted(self, slot: Element) -> Time:
        """The free time that a request names."""
        ends = [slot.moment(name, "%Y%m%d%H%M%S", 14) for name in ("startTimeInclusive", "endTimeExclusive")]
        for one in self._free():
            if slot.is_here and [one.start, one.end] == ends and slot.text("timeTypeID") in ("", one.kind):
                return one
        raise Refused("Tiden är inte längre ledig. Välj en annan tid.")

    def _booking(self, ask: Element, caller: Caller) -> Booking:
        """A booking, for its owner or for an agent; to others it does not exist."""
        booking = self.bookings.get(ask.text("bookingId"))
        if booking is None or not ask.is_here or not caller.is_or_helps(booking.person):
            raise Refused(UNKNOWN)
        return booking


# -- HTTP and SOAP


OFFERED = {
    f"urn:riv:crm:scheduling:{name}Responder:1": name
    for name in (
        "GetAllTimeTypes", "GetAvailableDates", "GetAvailableTimeslots", "GetSubjectOfCareSchedule",
        "GetBookingDetails", "MakeBooking", "UpdateBooking", "CancelBooking",
    )
} | {"urn:riv:itintegration:monitoring:PingForConfigurationResponder:1": "PingForConfiguration"}  # fmt: skip


def answer(clinic: Clinic, message: bytes, charset: str | None) -> str:
    """What a message is answered with. Raises Fault."""
    ask, caller = read(message, charset)
    if OFFERED.get(ask.space) != ask.name:
        raise Fault("This interaction is not offered.")
    try:
        with clinic.lock:
            told = getattr(clinic, ask.name)(ask, caller)
    except Refused as refusal:
        told = result("ERROR", str(refusal))
    return f'<{ask.name}Response xmlns="{ask.space}" xmlns:c="{CORE}">{told}</{ask.name}Response>'


class Door(BaseHTTPRequestHandler):
    """Where messages come in and answers go out."""

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
