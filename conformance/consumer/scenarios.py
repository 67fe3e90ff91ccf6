"""What a consumer is brought to do: a short instruction for a person or a machine, and what the clinic has ready.

Each scenario has a clinic of its own, on days of its own, so that what a consumer remembers of an earlier one is not in
its way. The names are also those that a driver command gets.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from conformance.consumer.clinic import TIME_TYPE, Clinic, Facility
from conformance.consumer.script import ERROR_TEXT, INFO_TEXT, Script, Told
from conformance.consumer.settings import ConsumerSettings
from conformance.people import TestPerson
from contracts.times import SWEDEN, format_ts, parse_ts

Where = Literal["full", "plain"]
Had = Literal["", "booking", "locked", "wordless", "timed invitation", "open invitation"]

REASON = "Hosta i tre veckor"
_BOOKED_AT, _FREE_AT, _LATER_AT = 9, 10, 13
_FIRST_DAY = 7


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing to do. `instruction` is for whoever does it, `facts` the same for a machine, by names in upper case.

    `instruction` names the person as “the test person”; the number stands in `person` and in the facts alone.
    """

    name: str
    instruction: str
    person: TestPerson = field(repr=False)
    facts: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Plot:
    """How a scenario is set up. `at` is the clinic that it is about, `goes_to` the one that a time is wanted at."""

    name: str
    instruction: str
    script: Script = Script()
    had: Had = ""
    at: Where = "full"
    goes_to: Where | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A scenario that can begin: what is to be done, and the clinic as it stands."""

    scenario: Scenario
    clinic: Clinic


def _told(interaction: str, code: Literal["INFO", "ERROR"]) -> Script:
    return Script(told={interaction: Told(code, INFO_TEXT if code == "INFO" else ERROR_TEXT)})


_BOOK = (
    "Book the time at {start} at {place} ({kind}) for the test person, with the reason “{reason}” if one is asked for"
)
_MOVE = "Move the test person's booking of {booked} at {place} to {later}"
_CANCEL = "Cancel the test person's booking of {booked} at {place}"

PLOTS = (
    Plot("see", "Show the test person's booked times, and open the one at {booked} at {place}.", had="booking"),
    Plot("see-none", "Show the test person's booked times at all clinics; there are none."),
    Plot("see-unknown", "Show the test person's booked times at all clinics; no clinic will tell.",
         Script(is_silent=True)),
    Plot("see-part", "Show the test person's booked times at all clinics; there are none, and {other} will not tell.",
         Script(is_partly_silent=True), goes_to="plain"),
    Plot("book", f"{_BOOK}."),
    Plot("book-plain", f"{_BOOK}.", at="plain"),
    Plot("book-info", f"{_BOOK}, and read what the clinic says.", _told("MakeBooking", "INFO")),
    Plot("book-refused", f"{_BOOK}; it will be refused. Read why, and leave it.", _told("MakeBooking", "ERROR")),
    Plot("book-extras", f"{_BOOK}.", Script(has_extras=True)),
    Plot("book-respelled", f"{_BOOK}.", Script(respells=True)),
    Plot("book-utf-16", f"{_BOOK}.", Script(in_utf_16=True)),
    Plot("book-slow", f"{_BOOK}; the answer takes its time. Wait for it.", Script(slow=frozenset({"MakeBooking"}))),
    Plot("book-lost-done", f"{_BOOK}; no answer will come. Follow what the service offers until it says how it went.",
         Script(lost={"MakeBooking": "done"})),
    Plot("book-lost-undone", f"{_BOOK}; no answer will come. Follow what the service offers, trying again too.",
         Script(lost={"MakeBooking": "not done"})),
    Plot("book-fault", f"{_BOOK}; it will fail. Follow what the service offers, trying again too.",
         Script(faults=frozenset({"MakeBooking"}))),
    Plot("move", f"{_MOVE}. Then cancel it again.", Script(changes_ids=True), had="booking"),
    Plot("move-away", f"{_MOVE} at {{other}}.", had="booking", goes_to="plain"),
    Plot("cancel", f"{_CANCEL}, giving the reason “{{reason}}” if one is asked for.", had="booking"),
    Plot("cancel-wordless", f"{_CANCEL}, giving the reason “{{reason}}” if the service lets you; read what the clinic"
         " says.", _told("CancelBooking", "INFO"), had="wordless"),
    Plot("cancel-refused", f"{_CANCEL}; it will be refused. Read why, and leave it.",
         _told("CancelBooking", "ERROR"), had="booking"),
    Plot("locked", "Try to cancel the test person's booking of {booked} at {place}, then to move it to {later}; the"
         " service should allow neither.", Script(omits_flags=True), had="locked"),
    Plot("open-invitation", "The test person has an open invitation from {place}. Choose the time at {start} at {other}"
         " for it.", had="open invitation", goes_to="plain"),
    Plot("timed-invitation", "Move the time that {place} has called the test person to, {booked}, to {later}; read what"
         " the clinic says.", _told("UpdateBooking", "INFO"), had="timed invitation"),
)  # fmt: skip


def stage(name: str, settings: ConsumerSettings, today: date) -> Stage:
    """The scenario of this name, set up. Raises KeyError for a name that there is not."""
    place = [one.name for one in PLOTS].index(name) if name in {one.name for one in PLOTS} else None
    if place is None:
        raise KeyError(name)
    return _staged(PLOTS[place], settings, _day(today, place))


def _day(today: date, place: int) -> date:
    """A weekday of the scenario's own, a week ahead at least."""
    day = today + timedelta(days=_FIRST_DAY)
    left = place
    while left or day.weekday() > 4:
        left -= day.weekday() <= 4 and left > 0
        day += timedelta(days=1)
    return day


def _staged(plot: Plot, settings: ConsumerSettings, day: date) -> Stage:
    full = Facility(settings.facility, settings.facility_name or f"the clinic {settings.facility}", True)
    plain = Facility(
        settings.other_facility, settings.other_facility_name or f"the clinic {settings.other_facility}", False
    )
    clinic = Clinic(full, plain, plot.script)
    clinic.open_times(day, _FREE_AT, _LATER_AT)
    booking_id = _plant(plot, clinic, settings.person, _at(day, _BOOKED_AT))
    facts = _facts(plot, clinic, day, booking_id)
    words = {name: _words(facts[fact]) for name, fact in _WORDS.items()}
    instruction = plot.instruction.format(
        place=facts["CLINIC_NAME"], other=facts["NEW_CLINIC_NAME"], kind=TIME_TYPE.name, reason=REASON, **words
    )
    told = {"SCENARIO": plot.name, "INSTRUCTION": instruction, "PERSON": settings.person.number, **facts}
    return Stage(Scenario(plot.name, instruction, settings.person, told), clinic)


_WORDS = {"booked": "BOOKED_START", "start": "START", "later": "NEW_START"}


def _plant(plot: Plot, clinic: Clinic, person: TestPerson, start: datetime) -> str:
    """What is there when it begins; its id, empty for nothing."""
    made, who = f"KIT-{plot.name.upper()}", person.identity
    if not plot.had:
        return ""
    if plot.had == "open invitation":
        clinic.invite(made, who, "Nu kan du välja en tid för ditt besök.")
        return made
    if plot.had == "locked":
        clinic.plant(made, clinic.full, who, start, cancel_booking_allowed=False, rebooking_allowed=False)
    elif plot.had == "wordless":
        clinic.plant(made, clinic.full, who, start, message_allowed=False)
    elif plot.had == "timed invitation":
        clinic.plant(made, clinic.full, who, start, is_invitation=True, purpose="Du är kallad till ett besök.")
    else:
        clinic.plant(made, clinic.full, who, start)
    if plot.goes_to == "plain":
        clinic.listed_for[made] = (clinic.full, clinic.plain)
    return made


def _facts(plot: Plot, clinic: Clinic, day: date, booking_id: str) -> dict[str, str]:
    at = clinic.full if plot.at == "full" else clinic.plain
    goes_to = at if plot.goes_to is None else clinic.plain if plot.goes_to == "plain" else clinic.full
    return {
        "CLINIC": at.hsa_id.text,
        "CLINIC_NAME": at.name,
        "NEW_CLINIC": goes_to.hsa_id.text,
        "NEW_CLINIC_NAME": goes_to.name,
        "START": format_ts(_at(day, _FREE_AT)),
        "NEW_START": format_ts(_at(day, _LATER_AT)),
        "BOOKED_START": format_ts(_at(day, _BOOKED_AT)) if plot.had and plot.had != "open invitation" else "",
        "BOOKING_ID": booking_id,
        "TIME_TYPE": TIME_TYPE.time_type_id,
        "REASON": REASON,
    }


def _at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=SWEDEN)


def _words(stamp: str) -> str:
    """`09:00 on 14 December 2026`; empty for no time."""
    if not stamp:
        return ""
    moment = parse_ts(stamp)
    return f"{moment:%H:%M} on {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
