"""Sending a flow, once, and finding out what came of it.

Before the call goes out it is written down that it does (journeys.begin_sending), so one flow makes one call whatever
is clicked. Three things can come back: done, and a copy goes to the inbox; refused, and the citizen goes back to the
step that the refusal is about, everything kept; or nothing (E14). Then nobody may try again: the citizen's booked times
are read until the wish is seen in them, or has been missed there so often that it was not carried out. A reading that
fails tells nothing and does not count.
Elsewhere: the page that waits (step_done.py), what is written to the inbox (confirming.py).
Source: domain.md §5.6 (the id may change), §5.11 E1–E14; contracts.md MB-10, UB-6.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from flask import url_for

from contracts import scheduling as s
from contracts.times import SWEDEN
from eservice import confirming, flow, pages, slots, step_words, visits, why
from eservice.flow import Step
from eservice.journeys import Journey
from eservice.people import Person
from eservice.platform import wanted
from eservice.shown import Shown
from eservice.troubles import BookingUnknown, Done, NotReached, Outcome, OutcomeUnknown, Refused


def send(journey: Journey, mark: str, about: s.SubjectOfCareInfo) -> str:
    """Send the flow, unless it has been sent; where to go then. Raises NotReached when nothing was sent."""
    journeys = visits.eservice().journeys
    if not journeys.begin_sending(journey, mark):
        return flow.place(journey, "done")
    try:
        outcome = _sent(journey, about, visits.visit().subject)
    except NotReached:
        journeys.keep(replace(journey, phase="open"))
        raise
    except OutcomeUnknown:
        journeys.keep(replace(journey, phase="unknown", result=_first_look()))
        return flow.place(journey, "done")
    return settle(journey, outcome)


def settle(journey: Journey, outcome: Outcome) -> str:
    """Write down what came of it; where to go."""
    if isinstance(outcome, Refused):
        return _refused(journey, outcome)
    done = replace(journey, phase="done", result=_done(journey, outcome))
    visits.eservice().journeys.keep(done)
    confirming.confirm(done, visits.visit().citizen, visits.visit().subject)
    return flow.place(journey, "done")


def _sent(journey: Journey, about: s.SubjectOfCareInfo, person: Person) -> Outcome:
    platform, words = visits.eservice().platform, step_words.words(journey)
    if journey.kind == "cancel":
        assert journey.booking_id is not None
        return platform.cancel(journey.clinic, journey.booking_id, words, person)
    assert journey.slot is not None
    slot = wanted(journey.slot, person, words, journey.booking_id)
    if journey.kind == "book":
        return platform.make(journey.at, slot, about, person)
    return platform.move(journey.at, slot, about, person)


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


# -- Refused


def _refused(journey: Journey, refused: Refused) -> str:
    """Back to the step that the refusal is about, which shows it; nothing else changes."""
    step = _step_for(journey, refused)
    result: dict[str, Any] = {"refusal": _sentence(journey, refused), "error": refused.error, "step": step}
    if step == "words":
        result = {"reason_fault": refused.text}
        journey = flow.leave_out(journey.choose(required=True), "words", False)
    result |= {"rule": refused.rule, "reason": refused.reason}
    if refused.error == "E5":
        result["link"] = url_for("bookings.everywhere")
    keeps_slot = step not in ("time", "what")
    slot = journey.slot if keeps_slot else None
    visits.eservice().journeys.keep(replace(journey, phase="open", slot=slot, result=result).choose(from_check=None))
    if step == "out":
        pages.tell(f"{result['refusal']} {why.sentence(refused.rule, refused.reason)}".strip())
        return flow.way_out(journey) if journey.booking_id else url_for("bookings.everywhere")
    return flow.place(journey, step)


def _step_for(journey: Journey, refused: Refused) -> Any:
    """Where to go on: the row of the error catalogue says, else it is the step before (§5.11)."""
    leads_to = refused.leads_to
    if journey.kind == "cancel":
        return "check" if leads_to in ("reason", None) else "out"
    by_row: dict[str | None, Step | str] = {
        "times": "time",
        "reason": "words",
        "kind": "what" if journey.kind == "book" and journey.booking_id is None else "out",
        "booking": "out",
        "list": "out",
        None: "time",
    }
    return by_row[leads_to]


def _sentence(journey: Journey, refused: Refused) -> str:
    """The clinic's text, which must be shown; for a time taken meanwhile our own, which says that nothing is lost."""
    if refused.error == "E1" and journey.slot is not None and journey.slot.start is not None:
        t = pages.texts()
        return t("error.e1", clock=Shown(t).clock(journey.slot.start))
    return refused.text


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
    look = look_of(journey)
    if look.due_at > visits.now() and visits.eservice().settings.reconcile_pause_seconds:
        return journey
    try:
        found = _found(journey)
    except (NotReached, BookingUnknown):
        failed = {**journey.result, "failures": look.failures + 1, "due_at": _next_look()}
        return visits.eservice().journeys.keep(replace(journey, phase="unknown", result=failed))
    if found is not None:
        settle(replace(journey, result={}), Done(None, found.booking_id))
        return flow.load(journey.id)
    tries = look.tries + 1
    if tries < visits.eservice().settings.reconcile_tries:
        told = {**journey.result, "tries": tries, "due_at": _next_look()}
        return visits.eservice().journeys.keep(replace(journey, phase="unknown", result=told))
    return visits.eservice().journeys.keep(replace(journey, phase="failed", result={"tries": tries}))


def _first_look() -> dict[str, Any]:
    return {"tries": 0, "failures": 0, "due_at": visits.now().isoformat()}


def _next_look() -> str:
    pause = timedelta(seconds=visits.eservice().settings.reconcile_pause_seconds)
    return (visits.now() + pause).isoformat()


def _found(journey: Journey) -> s.Timeslot | None:
    """The wish as the clinic's schedule has it; for a cancelling the booking when it is gone from there."""
    person = visits.visit().subject
    booked = visits.eservice().platform.schedule(journey.at, person)
    if journey.kind == "cancel":
        is_there = any(one.booking_id == journey.booking_id for one in booked)
        return None if is_there else journey.old
    assert journey.slot is not None
    return next((one for one in booked if slots.is_same_visit(one, journey.slot)), None)
