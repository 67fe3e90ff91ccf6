"""Sending a flow, once, and finding out what came of it.

Before the call goes out it is written down that it does (journeys.begin_sending), so one flow makes one call whatever
is clicked. Three things can come back: done, and a copy goes to the inbox; refused, and the citizen goes where the
refusal leads (refusing.py), everything kept; or nothing (E14). Then nobody may try again: the citizen's booked times
are read until the wish is seen in them, or has been missed there so often that it was not carried out. A reading that
fails tells nothing and does not count, and nothing is read while the call may still be under way.
Elsewhere: the page that waits (step_done.py), what is written to the inbox (confirming.py).
Source: domain.md §5.6 (the id may change), §5.11 E1–E14; contracts.md MB-10, UB-6.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from contracts import scheduling as s
from contracts.times import SWEDEN
from eservice import confirming, flow, refusing, slots, step_words, visits
from eservice.journeys import Journey
from eservice.people import Person
from eservice.platform import wanted
from eservice.troubles import BookingUnknown, Done, NotReached, Outcome, OutcomeUnknown, Refused

_LONGEST_PAUSE = timedelta(seconds=30)
_ON_THE_WAY = timedelta(seconds=5)
"""What a call may take beside waiting for its answer."""


def send(journey: Journey, mark: str, about: s.SubjectOfCareInfo) -> str:
    """Send the flow, unless it has been sent; where to go then. Raises NotReached when nothing was sent."""
    journeys = visits.eservice().journeys
    if not journeys.begin_sending(journey, mark):
        is_open = flow.load(journey.id).phase == "open"  # a form of before, after a refusal
        return flow.place(journey, "check" if is_open else "done")
    try:
        outcome = _sent(journey, about, visits.visit().subject)
    except NotReached:
        journeys.conclude(replace(journey, phase="open"))
        raise
    except OutcomeUnknown:
        journeys.conclude(replace(journey, phase="unknown", result=_first_look()))
        return flow.place(journey, "done")
    return settle(journey, outcome)


def settle(journey: Journey, outcome: Outcome) -> str:
    """Write down what came of it; where to go. The copy in the inbox comes first: should the process end in between,
    looking again finds the same, and writes no second copy."""
    if isinstance(outcome, Refused):
        return refusing.refused(journey, outcome)
    done = replace(journey, phase="done", result=_done(journey, outcome))
    confirming.confirm(done, visits.visit().citizen, visits.visit().subject)
    visits.eservice().journeys.conclude(done)
    return flow.place(journey, "done")


def _sent(journey: Journey, about: s.SubjectOfCareInfo, person: Person) -> Outcome:
    platform = visits.eservice().platform
    if journey.kind == "cancel":
        assert journey.booking_id is not None
        return platform.cancel(journey.clinic, journey.booking_id, step_words.words(journey), person)
    if journey.kind == "book":
        return platform.make(journey.at, as_sent(journey, person), about, person)
    return platform.move(journey.at, as_sent(journey, person), about, person)


def as_sent(journey: Journey, person: Person) -> s.Timeslot:
    """The time as it goes to the clinic: the free time as it came, with its citizen and what is said (MB-3)."""
    assert journey.slot is not None
    return wanted(journey.slot, person, step_words.words(journey), journey.booking_id)


def _done(journey: Journey, outcome: Done) -> dict[str, Any]:
    booking_id = outcome.booking_id or _id_after(journey)
    return {"text": outcome.text or "", "booking_id": booking_id, "at": visits.now().isoformat()}


def _id_after(journey: Journey) -> str | None:
    """The booking's id after a move, which may be another one (UB-6, §5.6); None when it cannot be read."""
    if journey.kind == "cancel":
        return journey.booking_id
    try:
        found = _found(journey)
    except NotReached:
        return None
    return None if found is None else found.booking_id


# -- Unknown


@dataclass(frozen=True, slots=True)
class Look:
    """How often the booked times have been read without finding the wish, and when to read them next."""

    tries: int
    failures: int
    due_at: datetime


def look_of(journey: Journey) -> Look:
    told = journey.result
    due_at = told.get("due_at")
    return Look(
        told.get("tries", 0),
        told.get("failures", 0),
        datetime.fromisoformat(due_at).astimezone(SWEDEN) if due_at else visits.now(),
    )


def look_again(journey: Journey) -> Journey:
    """Read the booked times, if it is time, and write down what they say: done, not done, or not known yet (E14).

    A flow that was being sent when its process died is looked into in the same way.
    """
    look, journeys = look_of(journey), visits.eservice().journeys
    if look.due_at > visits.now() or _may_be_under_way(journey):
        return journey
    try:
        found = _found(journey)
    except (NotReached, BookingUnknown):
        failures = look.failures + 1
        failed = {**journey.result, "failures": failures, "due_at": _next_look(failures)}
        return journeys.conclude(replace(journey, phase="unknown", result=failed))
    if found is not None:
        settle(replace(journey, result={}), Done(None, found.booking_id))
        return flow.load(journey.id)
    tries = look.tries + 1
    if tries < visits.eservice().settings.reconcile_tries:
        told = {**journey.result, "tries": tries, "failures": 0, "due_at": _next_look()}
        return journeys.conclude(replace(journey, phase="unknown", result=told))
    return journeys.conclude(replace(journey, phase="failed", result={"tries": tries}))


def _may_be_under_way(journey: Journey) -> bool:
    """Whether somebody may still be waiting for the answer: until then a booking that is not seen tells nothing."""
    if journey.phase != "sending":
        return False
    sent_at = datetime.fromisoformat(journey.result["sent_at"])
    return visits.now() < sent_at + timedelta(seconds=visits.eservice().settings.read_seconds) + _ON_THE_WAY


def _first_look() -> dict[str, Any]:
    return {"tries": 0, "failures": 0, "due_at": visits.now().isoformat()}


def _next_look(failures: int = 0) -> str:
    """After the usual pause; a longer one the longer the clinic has been silent."""
    return (visits.now() + pause(failures)).isoformat()


def pause(failures: int) -> timedelta:
    """How long to wait before the booked times are read again."""
    usual = timedelta(seconds=visits.eservice().settings.reconcile_pause_seconds)
    return min(usual * (1 + failures), max(usual, _LONGEST_PAUSE))


def _found(journey: Journey) -> s.Timeslot | None:
    """The wish as the clinic's schedule has it; for a cancelling the booking when it is gone from there."""
    person = visits.visit().subject
    booked = visits.eservice().platform.schedule(journey.at, person)
    if journey.kind == "cancel":
        is_there = any(one.booking_id == journey.booking_id for one in booked)
        return None if is_there else journey.old
    assert journey.slot is not None
    return next((one for one in booked if slots.is_same_visit(one, journey.slot)), None)
