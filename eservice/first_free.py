"""The first free time over several clinics: what one wants, where, and which clinic has it soonest.

Kinds of time are gathered by their names from all clinics that are open to the citizen, or from one clinic and those
that it lists; each clinic is asked at the same time as the others. Then each for its days, and for the times of its
first one alone. A clinic that does not answer, or not soon enough, is named: a part of an answer never looks whole.
Elsewhere: booking what was found (beginning.with_kind), waiting when nothing suits (watches.py).
Source: domain.md §4, §5.4, §5.11 E13, E15; R2, R29.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from flask import Blueprint, abort, request, url_for
from werkzeug.wrappers import Response

from contracts import scheduling as s
from eservice import beginning, step_time, visits
from eservice.clinics import Clinic
from eservice.pages import render, see_other
from eservice.platform import Wish
from eservice.shown import swedish_day
from eservice.troubles import NotReached

blueprint = Blueprint("first_free", __name__)

WAIT_SECONDS = 10.0
"""How long all clinics together are waited for: one that hangs must not keep the others' answers."""
MOST_MORE = 4
_MOST_DAYS_TRIED = 2  # a day can become full between the two questions


@dataclass(frozen=True, slots=True)
class Offer:
    """A clinic's kind of time."""

    clinic: Clinic
    kind: s.TimeType


@dataclass(frozen=True, slots=True)
class Kind:
    """Kinds of time of one name, at one or several clinics. `key` names it in URLs and tells nothing."""

    key: str
    name: str
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class KindsPage:
    """What there is to choose. `of` is the clinic whose group is meant, None for all clinics."""

    kinds: tuple[Kind, ...]
    silent: tuple[Clinic, ...]
    of: Clinic | None


@dataclass(frozen=True, slots=True)
class First:
    """A clinic's first free time, and more of the same day: `others` to be shown, `left` how many besides."""

    clinic: Clinic
    slot: s.Timeslot
    day: date
    others: tuple[s.Timeslot, ...]
    left: int
    url: str


@dataclass(frozen=True, slots=True)
class Place:
    """A clinic to tick."""

    clinic: Clinic
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class FirstPage:
    """`found` soonest first; `empty` have no free time within the horizon, `silent` gave no answer."""

    kind: Kind
    of: Clinic | None
    places: tuple[Place, ...]
    found: tuple[First, ...]
    empty: tuple[Clinic, ...]
    silent: tuple[Clinic, ...]
    weeks: int


@blueprint.get("/forsta-lediga")
def show() -> Response:
    of = _asked_clinic()
    kinds, silent = _kinds(_clinics(of))
    key = request.args.get("vad")
    if key is None:
        return render("first_kinds.html", KindsPage(kinds, silent, of))
    kind = next((one for one in kinds if one.key == key), Kind(key, "", ()))
    if not kind.offers and not silent:
        return see_other(url_for("first_free.show", fran=of.slug if of else None))
    return _first(kind, of, silent)


@blueprint.get("/forsta-lediga/boka/<slug>")
def book(slug: str) -> Response:
    """Begin a booking of what was found."""
    clinic = visits.eservice().clinics.by_slug(slug)
    if clinic is None:
        abort(404)
    offered = visits.eservice().platform.time_types(clinic.hsa_id, visits.visit().subject)
    kind = next((one for one in offered if _key(one.name) == request.args.get("vad")), None)
    if kind is None:
        return see_other(url_for("beginning.book", slug=slug))
    return beginning.with_kind(clinic, kind, step_time.day_of(request.args.get("dag")))


# -- Which clinics, and what they offer


def _asked_clinic() -> Clinic | None:
    slug = request.args.get("fran")
    if not slug:
        return None
    found = visits.eservice().clinics.by_slug(slug)
    if found is None or not found.settings.is_active:
        abort(404)
    return found


def _clinics(of: Clinic | None) -> tuple[Clinic, ...]:
    """Those that are open to the citizen: all, or a clinic and those that it lists (R2, R29)."""
    eservice, person, today = visits.eservice(), visits.visit().subject, visits.now().date()
    wanted = eservice.clinics.everyone()
    if of is not None:
        listed = {of.hsa_id, *_listed(of)}
        wanted = tuple(one for one in wanted if one.hsa_id in listed)
    return tuple(one for one in wanted if one.is_open("book", person, today))


def _listed(of: Clinic) -> Iterable[object]:
    """A clinic that does not say is asked for its kinds all the same, and named then if it is silent."""
    try:
        listed = visits.eservice().platform.facilities(of.hsa_id, visits.visit().subject)
    except NotReached:
        return ()
    return [one.healthcare_facility for one in listed]


def _kinds(clinics: Sequence[Clinic]) -> tuple[tuple[Kind, ...], tuple[Clinic, ...]]:
    """What the clinics offer this citizen, by name, and the clinics that gave no answer."""
    platform, person = visits.eservice().platform, visits.visit().subject
    asks = [partial(platform.time_types, one.hsa_id, person) for one in clinics]
    answers = platform.those_that_answer(asks, WAIT_SECONDS)
    by_key: dict[str, list[Offer]] = {}
    for clinic, kinds in zip(clinics, answers, strict=True):
        for kind in kinds or ():
            by_key.setdefault(_key(kind.name), []).append(Offer(clinic, kind))
    found = [Kind(key, offers[0].kind.name, tuple(offers)) for key, offers in by_key.items()]
    silent = tuple(clinic for clinic, kinds in zip(clinics, answers, strict=True) if kinds is None)
    return tuple(sorted(found, key=lambda one: one.name.casefold())), silent


def _key(name: str) -> str:
    """What stands for a kind's name in URLs: kinds of the same name are one, whatever their case and blanks."""
    return hashlib.sha256(" ".join(name.casefold().split()).encode()).hexdigest()[:12]


# -- Where it is free first


def _first(kind: Kind, of: Clinic | None, silent: tuple[Clinic, ...]) -> Response:
    ticked = _ticked(kind)
    wanted = [one for one in kind.offers if one.clinic.slug in ticked]
    platform = visits.eservice().platform
    asks = [partial(_first_times, one) for one in wanted]
    answers = dict(zip(wanted, platform.those_that_answer(asks, WAIT_SECONDS), strict=True))
    found = [_shown(one, times, kind.key) for one, times in answers.items() if times]
    page = FirstPage(
        kind=kind,
        of=of,
        places=tuple(Place(one.clinic, one.clinic.slug in ticked) for one in kind.offers),
        found=tuple(sorted(found, key=lambda one: (one.slot.start is None, one.slot.start))),
        empty=tuple(one.clinic for one, times in answers.items() if times == ()),
        silent=(*silent, *(one.clinic for one, times in answers.items() if times is None)),
        weeks=visits.eservice().settings.horizon_weeks,
    )
    return render("first_free.html", page)


def _ticked(kind: Kind) -> Mapping[str, bool]:
    """The clinics to ask, by slug: all at first, and when nothing was ticked."""
    offered = {one.clinic.slug: True for one in kind.offers}
    chosen = {slug: True for slug in request.args.getlist("hos") if slug in offered}
    return chosen or offered


def _first_times(offer: Offer) -> tuple[s.Timeslot, ...]:
    """The times of the clinic's first free day; empty when there is none."""
    platform, person, (first, last) = visits.eservice().platform, visits.visit().subject, step_time.horizon()
    wish = Wish(time_type=offer.kind.time_type_id)
    for day in platform.days(offer.clinic.hsa_id, person, wish, first, last)[:_MOST_DAYS_TRIED]:
        times = platform.times(offer.clinic.hsa_id, person, wish, day, day).timeslots
        if times:
            return times
    return ()


def _shown(offer: Offer, times: Sequence[s.Timeslot], key: str) -> First:
    """The first time and some more of its day, one for each start."""
    starts = {one.start: one for one in reversed(times) if one.start is not None}
    slot, *others = (starts[start] for start in sorted(starts))
    assert slot.start is not None
    day = swedish_day(slot.start)
    url = url_for("first_free.book", slug=offer.clinic.slug, vad=key, dag=day.isoformat())
    return First(offer.clinic, slot, day, tuple(others[:MOST_MORE]), max(0, len(others) - MOST_MORE), url)
