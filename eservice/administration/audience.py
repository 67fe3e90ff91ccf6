"""Whom a service is for: everybody, or those of some regions, and within them of some municipalities, a sex, ages, or
some named citizens.

Who limits a service must choose at least one region. Named citizens are written by number, which is checked, and shown
masked ever after; they must fit the rest too. An age that is not known fits no limit.
Elsewhere: what an audience admits (eservice/clinic_settings.py). Source: domain.md §8, §3.1; R2.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask import Blueprint, abort
from werkzeug.wrappers import Response

from contracts.identifiers import PersonIdentity, PersonKind
from eservice import visits
from eservice.administration import changing, pages
from eservice.administration.pages import About
from eservice.clinic_settings import Audience, ClinicSettings, Service
from eservice.visits import open_to_all
from webpages.forms import Form

blueprint = Blueprint("audience", __name__)
SERVICES: dict[str, Service] = {"boka-tid": "book", "bokade-tider": "booked"}
"""The services by their names in addresses."""
SEXES = ("woman", "man")
OLDEST = 130
MOST_SELECTED = 500


@dataclass(frozen=True, slots=True)
class Option:
    """Something to tick: its field in the form and its text."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Selected:
    """A named citizen: the number masked, the name if the register has it, and the field to take the citizen away by,
    which tells nothing of the number."""

    field: str
    masked: str
    name: str


@dataclass(frozen=True, slots=True)
class AudiencePage:
    about: About
    form: Form
    service: Service
    services: dict[str, Service]
    regions: tuple[Option, ...]
    municipalities: tuple[Option, ...]
    selected: tuple[Selected, ...]
    oldest: int = OLDEST


@blueprint.get("/mottagning/<slug>/malgrupp/<name>")
@open_to_all
def show(slug: str, name: str) -> Response:
    service, about = _service(name), changing.about(slug)
    return _shown(about, _form_of(about.clinic.settings.service(service).audience), service)


@blueprint.post("/mottagning/<slug>/malgrupp/<name>")
@open_to_all
def change(slug: str, name: str) -> Response:
    service, form = _service(name), pages.form()
    about = changing.about(slug, form)
    settings = about.clinic.settings
    audience = _typed(settings.service(service).audience, form)
    changed = None if audience is None else _with(settings, service, audience)
    return changing.put(about, changed, form, lambda page, sent: _shown(page, sent, service))


def _service(name: str) -> Service:
    if name not in SERVICES:
        abort(404)
    return SERVICES[name]


def _with(settings: ClinicSettings, service: Service, audience: Audience) -> ClinicSettings:
    changed = replace(settings.service(service), audience=audience)
    return replace(settings, book=changed) if service == "book" else replace(settings, booked=changed)


def _form_of(audience: Audience) -> Form:
    ticked = [*audience.regions, *audience.municipalities]
    options = (*_regions(audience), *_municipalities(audience))
    return pages.filled_form(
        who="all" if audience.is_everybody else "some",
        **{one.field: one.text in ticked for one in options},
        **{f"sex_{one}": one in audience.sexes for one in SEXES},
        age_from=audience.age_from,
        age_to=audience.age_to,
    )


# -- What was typed


def _typed(audience: Audience, form: Form) -> Audience | None:
    """The audience as typed; None with faults in the form."""
    if form.one_of("who", ("all", "some")) != "some":
        return Audience() if form.is_right else None
    regions = _ticked(_regions(audience), form)
    if not regions:
        form.fault("regions", "administration.audience.region_missing")
    sexes = tuple(one for one in SEXES if form.ticked(f"sex_{one}"))
    lowest, highest = _ages(form)
    selected = _selected(audience, form)
    if not form.is_right:
        return None
    is_limited = len(sexes) == 1
    municipalities = _ticked(_municipalities(audience), form)
    return Audience(regions, municipalities, sexes if is_limited else (), lowest, highest, selected)


def _ticked(options: Iterable[Option], form: Form) -> tuple[str, ...]:
    return tuple(one.text for one in options if form.ticked(one.field))


def _ages(form: Form) -> tuple[int | None, int | None]:
    lowest, highest = (form.number_or_none(name, most=OLDEST) for name in ("age_from", "age_to"))
    if lowest is not None and highest is not None and highest < lowest:
        form.fault("age_to", "administration.audience.ages_crossed")
    return lowest, highest


def _selected(audience: Audience, form: Form) -> tuple[str, ...]:
    """Those who stay, and those whose numbers were written, one a line."""
    stay = [one for one in audience.selected if not form.ticked(_field_of(one))]
    added = [_number(typed, line, form) for line, typed in _written(form)]
    found = tuple(dict.fromkeys([*stay, *filter(None, added)]))
    if len(found) > MOST_SELECTED:
        form.fault("numbers", "administration.audience.too_many", most=MOST_SELECTED)
    return found


def _written(form: Form) -> list[tuple[int, str]]:
    """What was written, each with its line."""
    lines = enumerate(form.value("numbers").splitlines(), 1)
    return [(line, one.strip()) for line, told in lines for one in told.split(",") if one.strip()]


def _number(typed: str, line: int, form: Form) -> str | None:
    """A number of somebody who can sign in; a fault names the line, never the number."""
    try:
        identity = PersonIdentity.from_input(typed, visits.now().date())
    except ValueError:
        form.fault("numbers", "administration.audience.number_wrong", line=line)
        return None
    if identity.kind is PersonKind.RESERVNUMMER:
        form.fault("numbers", "administration.audience.number_reserve", line=line)
        return None
    return identity.number


# -- What is shown


def _shown(about: About, form: Form, service: Service) -> Response:
    audience = about.clinic.settings.service(service).audience
    page = AudiencePage(
        about=about,
        form=form,
        service=service,
        services=SERVICES,
        regions=_regions(audience),
        municipalities=_municipalities(audience),
        selected=tuple(map(_masked, audience.selected)),
    )
    return pages.render("audience.html", page, pages.status_of(form, about))


def _regions(audience: Audience) -> tuple[Option, ...]:
    return _options("region", visits.eservice().people.regions, audience.regions)


def _municipalities(audience: Audience) -> tuple[Option, ...]:
    return _options("municipality", visits.eservice().people.municipalities, audience.municipalities)


def _options(field: str, known: tuple[str, ...], chosen: tuple[str, ...]) -> tuple[Option, ...]:
    """Those that are known, and those chosen once that are not known any more."""
    every = dict.fromkeys([*known, *chosen])
    return tuple(Option(f"{field}_{number}", text) for number, text in enumerate(every))


def _masked(number: str) -> Selected:
    known = visits.eservice().people.person(number)
    return Selected(_field_of(number), PersonIdentity(number).masked, "" if known is None else known.name)


def _field_of(number: str) -> str:
    return f"remove_{visits.word_of(number)}"
