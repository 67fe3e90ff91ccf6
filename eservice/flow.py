"""The flows' steps: which there are, in what order, where each is, and what must hold before one is shown.

Three flows share their steps: new booking (A1–A7, also from an open invitation), rebooking (C1–C5) and cancelling
(D1–D3). Each step has a URL of its own; a step that has nothing to ask is left out.

    before   terms, the clinic's text, which clinic      A1, C1, D1
    what     kind of care and time                       A2
    who      with whom                                   A3
    time     day and time                                A4, C2
    words    what the citizen wants to say               A5, C3
    check    all of it, and the button that does it      A6, C4, D2
    done     what came of it                             A7, C5, D3

Elsewhere: the pages of the steps (step_*.py), what is kept (journeys.py).
Source: domain.md §5.0, §5.4, §5.6, §5.7, §5.8.
"""

from dataclasses import dataclass
from typing import Literal

from flask import abort, url_for
from werkzeug.wrappers import Response

from contracts.identifiers import HsaId
from eservice import clinic_settings, pages, visits
from eservice.clinic_settings import Kind, Service
from eservice.clinics import Clinic
from eservice.journeys import Journey
from eservice.platform import Wish
from webpages.texts import Texts

Step = Literal["before", "what", "who", "time", "words", "check", "done"]

_STEPS: dict[Kind, tuple[Step, ...]] = {
    "book": ("before", "what", "who", "time", "words", "check"),
    "rebook": ("before", "time", "words", "check"),
    "cancel": ("before", "check"),
}


@dataclass(frozen=True, slots=True)
class StepLink:
    """A step in the list of steps. `url` is empty for those that have not been reached."""

    name: Step
    text: str
    url: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class FlowPage:
    """What every page of a flow shows beside its own: the flow's name, the clinic, the steps, the ways out."""

    journey: Journey
    clinic: Clinic
    heading: str
    title: str
    number: int
    steps: tuple[StepLink, ...]
    back_url: str
    cancel_url: str


def load(name: str) -> Journey:
    """The flow of this visit. Raises JourneyUnknown."""
    here = visits.visit()
    return visits.eservice().journeys.find(name, here.citizen, here.subject)


def load_open(name: str) -> Journey:
    """The flow, which must still be open: after sending there is only what came of it, so going back shows that."""
    journey = load(name)
    if journey.phase != "open":
        abort(pages.see_other(place(journey, "done")))
    return journey


def clinic(journey: Journey) -> Clinic:
    """Where the time is wanted."""
    return clinic_at(journey.at)


def clinic_at(hsa_id: HsaId) -> Clinic:
    """The clinic; one that the e-service does not know is not found (404)."""
    found = visits.eservice().clinics.clinic(hsa_id)
    if found is None:
        abort(404)
    return found


def place(journey: Journey, step: Step) -> str:
    return url_for(f"step_{step}.show", journey=journey.id)


def service_of(kind: Kind) -> Service:
    return "book" if kind == "book" else "booked"


def texts_of(journey: Journey) -> clinic_settings.Texts:
    """What the clinic where the flow began says in it."""
    return clinic_at(journey.clinic).texts(journey.kind)


def steps(journey: Journey) -> tuple[Step, ...]:
    """The steps of this flow, as far as it is known: one is left out when there is nothing to ask."""
    return tuple(one for one in _STEPS[journey.kind] if one not in _left_out(journey))


def _left_out(journey: Journey) -> frozenset[Step]:
    """The steps that turned out to ask nothing; they are found out as the flow goes."""
    told = set(journey.chosen.get("left_out", ()))
    if journey.booking_id is not None and journey.kind == "book":
        told |= {"what", "who"}  # an invitation decides both
    if journey.slot is not None and not asks_for_words(journey):
        told.add("words")
    return frozenset(told)


def leave_out(journey: Journey, step: Step, is_out: bool = True) -> Journey:
    """The flow, with a step left out or back in."""
    told = [one for one in journey.chosen.get("left_out", ()) if one != step]
    return journey.choose(left_out=[*told, step] if is_out else told)


def asks_for_words(journey: Journey) -> bool:
    """Whether the clinic wants the citizen's words: by the free time's flag (R18), else by the booking's (R19)."""
    asked = journey.slot if journey.kind == "book" else journey.old
    return bool(asked is not None and asked.message_allowed)


def after(journey: Journey, step: Step) -> Step:
    """The step that follows."""
    order = _STEPS[journey.kind]
    following = order[order.index(step) + 1 :]
    return next(one for one in following if one not in _left_out(journey))


def on_from(journey: Journey, step: Step) -> str:
    """Where to go from a step: back to the summary when that is where the citizen came from, else the next one."""
    if journey.chosen.get("from_check") and journey.slot is not None:
        return place(journey, "check")
    return place(journey, after(journey, step))


def wish(journey: Journey) -> Wish:
    """What the flow's free times must be."""
    if journey.booking_id is not None:
        return Wish(booking_id=journey.booking_id)
    chosen = journey.chosen
    performer = chosen.get("performer")
    return Wish(chosen.get("time_type"), chosen.get("care_type"), HsaId(performer) if performer else None)


def demand_open(journey: Journey) -> None:
    """E18: whoever the service is not open to is told so, whatever URL was typed."""
    here = visits.visit()
    for one in {journey.clinic, journey.at}:
        if not clinic_at(one).settings.is_open(service_of(journey.kind), here.subject, visits.now().date()):
            abort(closed(clinic_at(one), service_of(journey.kind)))


def closed(of: Clinic, service: Service = "book") -> Response:
    """E18's page, or that booking is closed for a time (R42)."""
    t, is_closed = pages.texts(), service == "book" and of.settings.closing.covers(visits.now().date())
    text = closing_sentence(of, t) if is_closed else t("trouble.closed.text")
    card = (t("trouble.closed.card"), url_for("clinic_pages.card", slug=of.slug))
    links = (card,) if of.settings.is_active else ()
    page = pages.TroublePage(t("trouble.closed.heading"), text, links=links, clinics=(of,))
    return pages.render("trouble.html", page, 403)


def closing_sentence(of: Clinic, t: Texts) -> str:
    """What is said of the clinic while it is closed for a time (R42), on whatever day."""
    return t("clinic.closed", reason=of.settings.closing.reason, phone=of.phone or t("noun.the_clinic"))


def page(journey: Journey, step: Step, is_wrong: bool = False) -> FlowPage:
    """What surrounds a step's own part."""
    t, here = pages.texts(), clinic(journey)
    order = steps(journey)
    number = order.index(step) + 1 if step in order else len(order)
    heading = t(f"step.{journey.kind}.{step}", clinic=here.name)
    parts = (heading, t(f"flow.{journey.kind}"), here.name)
    title = " – ".join(dict.fromkeys(parts))
    links = tuple(
        StepLink(one, t(f"step_name.{journey.kind}.{one}"), place(journey, one) if at < number - 1 else "", one == step)
        for at, one in enumerate(order)
    )
    back = place(journey, order[number - 2]) if step in order and number > 1 else way_out(journey)
    return FlowPage(
        journey,
        here,
        heading,
        f"{t('title.wrong')} {title}" if is_wrong else title,
        number,
        links,
        back,
        way_out(journey),
    )


def way_out(journey: Journey) -> str:
    """Where Avbryt leads: to the clinic, or back to the booking."""
    if journey.booking_id is None:
        return url_for("clinic_pages.card", slug=clinic_at(journey.clinic).slug)
    reference = visits.eservice().references.of(visits.visit().subject, journey.clinic, journey.booking_id)
    return url_for("bookings.one", name=reference.name)
