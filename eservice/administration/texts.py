"""The texts of a clinic's three flows, with the citizen's view of them beside the form.

The view is made by what the flows' pages are made of (macros.html), of what is typed, before it is saved too. Terms can
be begun from templates.
Elsewhere: the format (eservice/prose.py). Source: domain.md §8; R36.
"""

from dataclasses import dataclass, replace

from flask import Blueprint, abort
from werkzeug.wrappers import Response

from eservice.administration import changing, pages
from eservice.administration.pages import About
from eservice.clinic_settings import MOST_TO_CARE, ClinicSettings, Kind, Texts
from eservice.folding import CLINIC_TEXT_SIGNS
from eservice.visits import open_to_all
from webpages.forms import Form

blueprint = Blueprint("texts", __name__)
KINDS: dict[str, Kind] = {"nybokning": "book", "ombokning": "rebook", "avbokning": "cancel"}
"""The flows by their names in addresses."""
MOST = 10_000
"""No limit that anybody meets; it keeps the database from harm."""


@dataclass(frozen=True, slots=True)
class Field:
    """One of the four texts: its name in the settings and in the form, and how long it may be (0: as long as it is)."""

    name: str
    most: int = 0

    @property
    def field(self) -> str:
        return f"{self.name}_text"


FIELDS: dict[Kind, tuple[Field, ...]] = {
    "book": (Field("clinic"), Field("concerns"), Field("to_care", MOST_TO_CARE), Field("terms")),
    "rebook": (Field("clinic"), Field("to_care", MOST_TO_CARE), Field("terms")),
    "cancel": (Field("clinic"), Field("to_care", MOST_TO_CARE), Field("terms")),
}


@dataclass(frozen=True, slots=True)
class TextsPage:
    """`seen` are the texts that the citizen's view shows; `is_draft`: they are not saved."""

    about: About
    form: Form
    kind: Kind
    kinds: dict[str, Kind]
    fields: tuple[Field, ...]
    seen: Texts
    is_draft: bool
    blank: Form
    templates: dict[str, str]
    folded_after: int = CLINIC_TEXT_SIGNS


@blueprint.get("/mottagning/<slug>/texter/<flow>")
@open_to_all
def show(slug: str, flow: str) -> Response:
    kind = _kind(flow)
    about = changing.about(slug)
    told = about.clinic.texts(kind)
    form = pages.filled_form(**{one.field: getattr(told, one.name) for one in FIELDS[kind]})
    return _shown(about, form, kind)


@blueprint.post("/mottagning/<slug>/texter/<flow>")
@open_to_all
def change(slug: str, flow: str) -> Response:
    kind, form = _kind(flow), pages.form()
    about = changing.about(slug, form)
    typed = _typed(kind, form)
    if (wanted := form.value("insert")) in _templates():
        return _shown(about, _with_terms(form, wanted), kind)
    if form.value("do") == "preview":
        return _shown(about, form, kind)
    settings = None if typed is None else _with(about.clinic.settings, kind, typed)
    return changing.put(about, settings, form, lambda page, sent: _shown(page, sent, kind))


def _kind(flow: str) -> Kind:
    if flow not in KINDS:
        abort(404)
    return KINDS[flow]


def _typed(kind: Kind, form: Form) -> Texts | None:
    """The texts as typed; None with faults in the form."""
    told = {one.name: form.text(one.field, most=one.most or MOST) or "" for one in FIELDS[kind]}
    return Texts(**told) if form.is_right else None


def _with(settings: ClinicSettings, kind: Kind, texts: Texts) -> ClinicSettings:
    match kind:
        case "book":
            return replace(settings, book_texts=texts)
        case "rebook":
            return replace(settings, rebook_texts=texts)
        case "cancel":
            return replace(settings, cancel_texts=texts)


def _templates() -> dict[str, str]:
    return dict(pages.texts().below("administration.terms_templates"))


def _with_terms(form: Form, template: str) -> Form:
    """The form with a template after the terms that were typed."""
    parts = (form.value("terms_text").strip(), _templates()[template])
    typed = {**form.typed, "terms_text": ["\n\n".join(filter(None, parts))]}
    return Form(form.texts, typed, form.faults)


def _shown(about: About, form: Form, kind: Kind) -> Response:
    saved = about.clinic.texts(kind)
    typed = {one.name: form.value(one.field).replace("\r\n", "\n").strip() for one in FIELDS[kind]}
    seen = Texts(**{**typed, "to_care": typed["to_care"][:MOST_TO_CARE]})
    page = TextsPage(
        about=about,
        form=form,
        kind=kind,
        kinds=KINDS,
        fields=FIELDS[kind],
        seen=seen,
        is_draft=seen != saved,
        blank=pages.filled_form(),
        templates=_templates(),
    )
    return pages.render("texts.html", page, pages.status_of(form, about))
