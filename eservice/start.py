"""The start page: for whoever is not signed in what this is, else the next booked times and the ways on.

It is shown whatever clinics answer: what could not be read is said in its card.
Elsewhere: cards about invitations (templates/eservice/invitation_cards.html).
Source: domain.md §5.2.
"""

from dataclasses import dataclass

from flask import Blueprint
from werkzeug.wrappers import Response

from eservice import booked_times, pages, visits
from eservice.booked_times import Day, Overview
from eservice.clinics import Clinic
from eservice.pages import render
from eservice.shown import in_words
from eservice.troubles import NotReached
from eservice.visits import open_to_all

blueprint = Blueprint("start", __name__)

MOST_TIMES = 3


@dataclass(frozen=True, slots=True)
class WelcomePage:
    """The start page for whoever is not signed in."""


@dataclass(frozen=True, slots=True)
class StartPage:
    """`days` are the next times, `more` how many there are beyond them; `failed` and `old` name clinics, as text.

    `is_silent`: no clinic answered.
    """

    days: tuple[Day, ...]
    more: int
    failed: str
    old: str
    is_silent: bool
    own: tuple[Clinic, ...]
    has_children: bool


@blueprint.get("/")
@open_to_all
def start() -> Response:
    here = visits.visit_or_none()
    if here is None:
        return render("welcome.html", WelcomePage())
    t, eservice, today = pages.texts(), visits.eservice(), visits.now().date()
    found = _times()
    own = [eservice.clinics.clinic(one) for one in eservice.own_clinics.of(here.subject)]
    page = StartPage(
        days=booked_times.by_day(found.times[:MOST_TIMES], today),
        more=max(0, len(found.times) - MOST_TIMES),
        failed=in_words(found.failed, t("booked.and")),
        old=in_words(found.old, t("booked.and")),
        is_silent=found.is_silent,
        own=tuple(one for one in own if one is not None and one.settings.is_active),
        has_children=not here.is_for_another and bool(eservice.people.children_of(here.citizen, today)),
    )
    return render("start.html", page)


def _times() -> Overview:
    try:
        return booked_times.everywhere(pages.texts()("booked.other_clinic"))
    except NotReached:
        return Overview((), is_silent=True)
