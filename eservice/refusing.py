"""Where a refusal leads: the step or the page that can do something about it, with the clinic's words shown there.

The code beside the text says which row of the error catalogue it is; where there is none the citizen reads the text one
step back (§5.11). Nothing that was chosen or typed is lost.
Elsewhere: what the codes are (troubles.py), sending (committing.py). Source: domain.md §5.11 E1–E12.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Literal

from flask import url_for

from contracts import scheduling as s
from contracts.times import SWEDEN
from eservice import flow, pages, visits, why
from eservice.flow import Step
from eservice.journeys import Journey
from eservice.platform import in_order
from eservice.shown import Shown
from eservice.troubles import BookingOfAnother, BookingUnknown, NotReached, Refused

_CLINIC_LIMIT = "CLINIC_LIMIT"
"""The reason of an E7 that is about all of one's times at a clinic."""


def refused(journey: Journey, refusal: Refused) -> str:
    """Open the flow again, with what the clinic said; where to go."""
    step = _step_for(journey, refusal)
    back = replace(_back_at(journey, step), phase="open", result=_told(journey, refusal, step))
    if refusal.error == "E8" and _asks_at(journey, step):
        back = _without_reason(back, refusal)
    visits.eservice().journeys.conclude(back)
    if step != "out":
        return flow.place(journey, step)
    pages.tell_refusal(back)
    return _way_out(journey, refusal)


def _told(journey: Journey, refusal: Refused, step: Step | Literal["out"]) -> dict[str, Any]:
    """What the page there shows. What was done already in another window is no red error (E11)."""
    tone = "note" if refusal.error == "E11" else "bad"
    told = {"refusal": _sentence(journey, refusal), "step": step, "error": refusal.error, "tone": tone}
    told |= {"rule": refusal.rule, "reason": refusal.reason, "why": why.sentence(refusal.rule, refusal.reason)}
    is_occupied = refusal.error == "E5"
    link = {"link": _page_of(journey, lambda one: _overlaps(one, journey.slot))} if is_occupied else {}
    return told | link


def _step_for(journey: Journey, refusal: Refused) -> Step | Literal["out"]:
    """The step of the flow that the refusal is about, or out of it."""
    leads_to = refusal.leads_to
    if leads_to in ("booking", "list"):
        return "out"
    if journey.kind == "cancel":
        return "check"
    if leads_to is None:
        return _step_before_check(journey)
    if leads_to == "reason":
        return "words" if flow.asks_for_words(journey) else "check"
    if leads_to == "kind" and journey.kind == "book":
        return "what" if journey.booking_id is None else "out"
    return "time"


def _step_before_check(journey: Journey) -> Step:
    order = flow.steps(journey)
    return order[order.index("check") - 1]


def _back_at(journey: Journey, step: Step | Literal["out"]) -> Journey:
    """The flow at a step: another time must be chosen at `time`, another kind, and so a time, at `what`."""
    if journey.slot is None or journey.slot.start is None or step not in ("time", "what"):
        return journey
    day = journey.slot.start.astimezone(SWEDEN).date().isoformat()
    back = replace(journey, slot=None).choose(day=day)
    return back.choose(from_check=None) if step == "what" else back


def _asks_at(journey: Journey, step: Step | Literal["out"]) -> bool:
    return step == "words" or (journey.kind == "cancel" and flow.asks_for_words(journey))


def _without_reason(journey: Journey, refusal: Refused) -> Journey:
    """E8: what the clinic says stands at the field, and the field must be filled in from now on."""
    is_missing = refusal.code == "REASON_REQUIRED"
    fault = {"reason_fault": refusal.text, **{name: journey.result[name] for name in ("step", "rule", "reason")}}
    return replace(journey, result=fault).choose(required=True if is_missing else journey.chosen.get("required"))


def _sentence(journey: Journey, refusal: Refused) -> str:
    """The clinic's text, which must be shown; for a time taken meanwhile our own, which says that nothing is lost."""
    if refusal.error == "E1" and journey.slot is not None and journey.slot.start is not None:
        t = pages.texts()
        return t("error.e1", clock=Shown(t).clock(journey.slot.start))
    return refusal.text


# -- Out of the flow


def _way_out(journey: Journey, refusal: Refused) -> str:
    """The booking that the refusal is about (B2), or the list of bookings (B1); for an invitation its own page, which
    tells what became of it."""
    if flow.is_invited(journey) and refusal.error != "E7":
        return flow.way_out(journey)
    if refusal.leads_to == "list":
        return url_for("bookings.everywhere")
    if refusal.error == "E7" and refusal.reason != _CLINIC_LIMIT and journey.slot is not None:
        kind = journey.slot.time_type_id
        return _page_of(journey, lambda one: one.time_type_id == kind)
    return flow.way_out(journey) if journey.booking_id is not None else url_for("bookings.everywhere")


def _page_of(journey: Journey, is_it: Callable[[s.Timeslot], bool]) -> str:
    """The page of the citizen's first booking that `is_it`, at the clinic or else at any, for those of a group count
    together; the list, when it cannot be found."""
    platform, person = visits.eservice().platform, visits.visit().subject
    asks: tuple[Callable[[], tuple[s.Timeslot, ...]], ...] = (
        partial(platform.schedule, journey.at, person),
        lambda: platform.everywhere(person).timeslots,
    )
    for ask in asks:
        with suppress(NotReached):
            for one in in_order(ask()):
                if one.booking_id and one.booking_id != journey.booking_id and is_it(one):
                    return flow.booking_page(one.healthcare_facility, one.booking_id)
    return url_for("bookings.everywhere")


def _overlaps(one: s.Timeslot, slot: s.Timeslot | None) -> bool:
    mine, wanted = _span(one), None if slot is None else _span(slot)
    return mine is not None and wanted is not None and mine[0] < wanted[1] and wanted[0] < mine[1]


def _span(slot: s.Timeslot) -> tuple[datetime, datetime] | None:
    return None if slot.start is None or slot.end is None else (slot.start, slot.end)


# -- Changed meanwhile


def moved_meanwhile(journey: Journey) -> str | None:
    """E11: where to go when the booking that the flow is about is no longer where its pages say; None while it is.

    A booking keeps its id when it moves within the clinic: without looking, a page of before would cancel the new time.
    When the clinic does not answer that, its answer to the change itself will have to do. Raises BookingOfAnother
    (R38).
    """
    if journey.kind == "book" or journey.booking_id is None or journey.old is None:
        return None
    try:
        now = visits.eservice().platform.booking(journey.clinic, journey.booking_id, visits.visit().subject)
    except BookingOfAnother:
        raise
    except (NotReached, BookingUnknown):
        return None
    if now.start == journey.old.start:
        return None
    t = pages.texts()
    text = t("error.e11", moment=Shown(t).visit(now))
    pages.tell_refusal(flow.keep(replace(journey, result={"refusal": text, "tone": "note", "error": "E11"})))
    return url_for("bookings.everywhere")
