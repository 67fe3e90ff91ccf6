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
from eservice import clinic_settings, pages, visits, why
from eservice.clinic_settings import Kind, Service
from eservice.clinics import Clinic
from eservice.journeys import Journey, JourneySent
from eservice.platform import Wish
from webpages.forms import Form
from webpages.texts import Texts

Step = Literal["before", "what", "who", "time", "words", "check", "done"]
TO_FIELD = "to"
"""The name of buttons that lead to another step."""
_WITH_TEXT = ("words", "check")

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
    """What every page of a flow shows beside its own: the flow's name, the clinic, the steps, the ways out.

    `clinic` is where the time is wanted, `began_at` where the flow began, and where the old time is. On a page where
    something is typed (`has_text`) the ways to other steps send it along, so that nothing is lost. `back` names the
    step before, and is empty on the first.
    """

    journey: Journey
    clinic: Clinic
    began_at: Clinic
    heading: str
    title: str
    number: int
    steps: tuple[StepLink, ...]
    back: Step | Literal[""]
    back_url: str
    cancel_url: str
    has_text: bool
    why: str  # the rule's sentence after a refusal, empty when there is none
    why_url: str

    @property
    def moves_clinic(self) -> bool:
        """Whether a booking would move to another clinic."""
        return self.journey.kind == "rebook" and self.clinic.hsa_id != self.began_at.hsa_id


def load(name: str) -> Journey:
    """The flow of this visit. Raises JourneyUnknown."""
    here = visits.visit()
    return visits.eservice().journeys.find(name, here.citizen, here.subject)


def load_open(name: str, step: Step) -> Journey:
    """The flow at this step, which must be one of its steps, and open to this citizen.

    After sending there is only what came of it, so going back shows that.
    """
    journey = load(name)
    if journey.phase != "open":
        abort(pages.see_other(place(journey, "done")))
    if step not in _possible(journey):
        abort(pages.see_other(place(journey, steps(journey)[0])))
    demand_open(journey)
    if step in ("who", "time") and "what" in _possible(journey) and not journey.chosen.get("time_type"):
        abort(pages.see_other(place(journey, "what")))  # by a typed address
    return journey


def keep(journey: Journey) -> Journey:
    """Write down what was chosen; a flow that was sent meanwhile shows what came of it instead."""
    try:
        return visits.eservice().journeys.keep(journey)
    except JourneySent:
        abort(pages.see_other(place(journey, "done")))


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
    return tuple(one for one in _possible(journey) if one not in _left_out(journey))


def _possible(journey: Journey) -> tuple[Step, ...]:
    """The steps that such a flow can have; an invitation decides the kind of time, and with whom."""
    is_decided = journey.booking_id is not None
    return tuple(one for one in _STEPS[journey.kind] if not (is_decided and one in ("what", "who")))


def _left_out(journey: Journey) -> frozenset[Step]:
    """The steps that turned out to ask nothing; they are found out as the flow goes."""
    told = set(journey.chosen.get("left_out", ()))
    is_known = journey.slot is not None or journey.kind == "rebook"
    if is_known and not asks_for_words(journey):
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
    """The step that follows. Where the kind was known when the flow began, it is not asked for; it can be changed."""
    order = _possible(journey)
    following = order[order.index(step) + 1 :]
    is_known = step == "before" and journey.chosen.get("kind_known") and journey.chosen.get("time_type")
    passed_over = {"what", "who"} if is_known else set()
    return next(one for one in following if one not in _left_out(journey) | passed_over)


def on_from(journey: Journey, step: Step) -> str:
    """Where to go from a step: back to the summary when that is where the citizen came from, else the next one."""
    if journey.chosen.get("from_check") and journey.slot is not None:
        return place(journey, "check")
    return place(journey, after(journey, step))


def wanted_step(journey: Journey, form: Form) -> Step | None:
    """Which other step the form asks for: one may leave a page without what it demands, and what was typed is kept."""
    wanted = form.value(TO_FIELD)
    return next((one for one in steps(journey) if one == wanted), None)


def refusal_at(journey: Journey, step: Step) -> str:
    """What the clinic said when the flow was refused and came back to this step; empty when it was not."""
    is_here = journey.result.get("step") == step
    return str(journey.result.get("refusal", "")) if is_here else ""


def wish(journey: Journey) -> Wish:
    """What the flow's free times must be."""
    if journey.booking_id is not None:
        return Wish(booking_id=journey.booking_id)
    chosen = journey.chosen
    performer = chosen.get("performer")
    return Wish(chosen.get("time_type"), chosen.get("care_type"), HsaId(performer) if performer else None)


def is_invited(journey: Journey) -> bool:
    """Whether the time is for an open invitation."""
    return journey.kind == "book" and journey.booking_id is not None


def demand_place(journey: Journey) -> None:
    """An invitation can be used where it says, not where it is from: that must have been found out first."""
    if is_invited(journey) and not journey.chosen.get("place"):
        abort(pages.see_other(place(journey, "before")))


def demand_open(journey: Journey) -> None:
    """E18: whoever the service is not open to is told so, whatever URL was typed. Whom a clinic has invited it has
    invited: only a clinic that takes no bookings at all is closed to him."""
    here = visits.visit()
    if is_invited(journey):
        if takes_nothing(at := clinic_at(journey.at)):
            abort(closed(at))
        return
    for one in {journey.clinic, journey.at}:
        if not clinic_at(one).settings.is_open(service_of(journey.kind), here.subject, visits.now().date()):
            abort(closed(clinic_at(one), service_of(journey.kind)))


def takes_nothing(at: Clinic) -> bool:
    """Whether the clinic takes no bookings from the web just now, from nobody."""
    return not at.settings.is_active or at.settings.closing.covers(visits.now().date())


def closed(of: Clinic, service: Service = "book") -> Response:
    """E18's page, or that booking is closed for a time (R42)."""
    t, is_closed = pages.texts(), service == "book" and of.settings.closing.covers(visits.now().date())
    text = closing_sentence(of, t) if is_closed else t("trouble.closed.text")
    card = (t("trouble.closed.card"), url_for("clinic_pages.card", slug=of.slug))
    reasons = (t("why_box.link"), url_for("why.show", slug=of.slug))
    links = (card, reasons) if of.settings.is_active else (reasons,)
    page = pages.TroublePage(t("trouble.closed.heading"), text, links=links, clinics=(of,))
    return pages.render("trouble.html", page, 403)


def closing_sentence(of: Clinic, t: Texts) -> str:
    """What is said of the clinic while it is closed for a time (R42), on whatever day."""
    return t("clinic.closed", reason=of.settings.closing.reason, phone=of.phone or t("noun.the_clinic"))


def page(journey: Journey, step: Step, is_wrong: bool = False, heading: str = "") -> FlowPage:
    """What surrounds a step's own part; `heading` in place of the step's own."""
    t, here, order = pages.texts(), clinic(journey), steps(journey)
    if step == "before" and is_invited(journey):
        heading = t("invitation.choose")
    number = order.index(step) + 1 if step in order else len(order)
    back = order[number - 2] if step in order and number > 1 else ""
    return FlowPage(
        journey=journey,
        clinic=here,
        began_at=clinic_at(journey.clinic),
        heading=heading or t(f"step.{journey.kind}.{step}", clinic=here.name),
        title=_title(journey, heading or t(f"step_name.{journey.kind}.{step}"), is_wrong),
        number=number,
        steps=_links(journey, step, number),
        back=back,
        back_url=place(journey, back) if back else way_out(journey),
        cancel_url=way_out(journey),
        has_text=step in _WITH_TEXT,
        why=why.sentence(journey.result.get("rule", ""), journey.result.get("reason", "")),
        why_url=url_for("why.show", slug=here.slug),
    )


def _title(journey: Journey, name: str, is_wrong: bool) -> str:
    """`Välj tid – Boka tid – Björkdalens vårdcentral`, after `Fel:` when something must be mended (§5.0)."""
    t = pages.texts()
    title = " – ".join(dict.fromkeys((name, t(f"flow.{journey.kind}"), clinic(journey).name)))
    return f"{t('title.wrong')} {title}" if is_wrong else title


def _links(journey: Journey, step: Step, number: int) -> tuple[StepLink, ...]:
    t = pages.texts()
    return tuple(
        StepLink(one, t(f"step_name.{journey.kind}.{one}"), place(journey, one) if at < number - 1 else "", one == step)
        for at, one in enumerate(steps(journey))
    )


def way_out(journey: Journey) -> str:
    """Where Avbryt leads: to the clinic, or back to the booking or the invitation."""
    if journey.booking_id is None:
        return url_for("clinic_pages.card", slug=clinic_at(journey.clinic).slug)
    return booking_page(
        journey.clinic, journey.booking_id, "invitations.show" if is_invited(journey) else "bookings.one"
    )


def booking_page(at: HsaId, booking_id: str, page: str = "bookings.one") -> str:
    """The page of a booking of the person whom the flow is for (B2), or that of an invitation."""
    reference = visits.eservice().references.of(visits.visit().subject, at, booking_id)
    return url_for(page, name=reference.name)
