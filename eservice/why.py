"""Why something cannot be booked, moved or cancelled: the sentence of the rule that stands in the way.

The e-service holds no rules. After a refusal it says the sentence of the rule that the scheduling system names beside
its text; where a kind, a day or a button is missing the contracts tell nothing, so the page says what the reason can
be, and claims nothing. Only what the e-service itself decides (who the clinic's service is open to) is said as it is.
Elsewhere: the sentences (text/sv.toml, `why` by rule, `why_reason` where a rule has several reasons).
Source: domain.md §5.5 (why a button is missing), §9.2; docs/rules.md, reasons.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, abort
from werkzeug.wrappers import Response

from eservice import pages, visits
from eservice.clinics import Clinic
from eservice.pages import render

blueprint = Blueprint("why", __name__)

_MISSING: Mapping[str, tuple[str, ...]] = {
    "vad": ("R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9"),
    "tid": ("R15", "R10", "R11", "R12", "R7", "R9", "R16", "R27"),
    "bokning": ("R13", "R14", "R18", "R32"),
    "andra": ("R23", "R24", "R25", "R26", "R28", "R22"),
}
"""What can be missing, as the page's headings and anchors have it, and the rules that can be the reason."""


@dataclass(frozen=True, slots=True)
class Part:
    """What may be missing, and the sentences of the rules that can be why. `name` is its anchor."""

    name: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhyPage:
    """`known` says what the e-service knows of this clinic and this citizen, empty when that is nothing."""

    clinic: Clinic
    known: str
    parts: tuple[Part, ...]


def sentence(rule: str, reason: str) -> str:
    """The rule's sentence; empty when the system named neither a rule nor a reason that we know."""
    t = pages.texts()
    for table, name in (("why_reason", reason), ("why", rule)):
        told = t.below(table).get(name)
        if told is not None:
            return told
    return ""


@blueprint.get("/varfor/<slug>")
@visits.open_to_all
def show(slug: str) -> Response:
    clinic = visits.eservice().clinics.by_slug(slug)
    if clinic is None or not clinic.settings.is_active:
        abort(404)
    told = pages.texts().below("why")
    parts = tuple(Part(name, tuple(told[rule] for rule in rules)) for name, rules in _MISSING.items())
    return render("why.html", WhyPage(clinic, _known(clinic), parts))


def _known(clinic: Clinic) -> str:
    """What the clinic's administrator has decided that keeps this citizen out."""
    here, today, t = visits.visit_or_none(), visits.now().date(), pages.texts()
    phone = clinic.phone or t("noun.the_clinic")
    if clinic.settings.closing.covers(today):
        return t("clinic.closed", reason=clinic.settings.closing.reason, phone=phone)
    if not clinic.settings.book.is_on:
        return t("why.R1")
    person = None if here is None else here.subject
    return "" if clinic.is_open("book", person, today) else t("why.R2")
