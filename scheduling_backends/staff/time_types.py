"""Kinds of time: the list, and a form for all settings of one.

What a setting may be, engine/offer.py decides; a value that it refuses is told beside its field. A kind of time that
has times or bookings is not removed but closed, so that nothing is lost. Administrators change, everybody may look.
Source: domain.md §6.1, §7.2.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from flask import Blueprint, abort, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from scheduling_backends.engine import find, overview
from scheduling_backends.engine.desk import Desk, InUse
from scheduling_backends.engine.entries import TimeType
from scheduling_backends.engine.offer import (
    CAPACITY_MAX,
    READY_REASON_MAX,
    AfterCancelling,
    BookableBy,
    CutOff,
    LimitUnit,
    ReasonMode,
    Release,
    Sex,
    TimeTypeSettings,
    is_ready_reason,
)
from scheduling_backends.engine.states import Role
from scheduling_backends.staff.bookings import audit
from scheduling_backends.staff.pages import form, render, texts
from scheduling_backends.staff.visits import has_records, needs, system, visit
from webpages import once
from webpages.forms import Form

blueprint = Blueprint("time_types", __name__)

NEW = "ny"
"""Where the form of a new one is, so that no kind of time can have this code."""

CUT_OFFS = ("cancel_own", "cancel_care", "rebook_own", "rebook_care")
NUMBERS = {
    "length_minutes": (1, 600),
    "opens_days_before": (0, 730),
    "closes_hours_before": (0, 8760),
    "min_days_ahead": (0, 365),
    "max_simultaneous": (0, 100),
    "max_rebookings": (0, 100),
    "min_days_between": (0, 3650),
    "capacity": (1, CAPACITY_MAX),
    "list_order": (0, 999),
}
OPTIONAL_NUMBERS = {"age_from": (0, 130), "age_to": (0, 130)}
TICKS = (
    "shows_care_booked",
    "keeps_performer",
    "keeps_resource",
    "offers_performer_choice",
    "requires_basis",
    "is_protected",
    "is_hidden",
    "listed_only",
    "releases_cancelled",
)
RECORD_ITEMS = frozenset({"requires_basis", "listed_only"})
"""What only a record system knows (domain.md §7.2)."""


@dataclass(frozen=True, slots=True)
class ListPage:
    """The clinic's kinds of time."""

    types: tuple[TimeType, ...]
    may_change: bool
    done: str = ""


@dataclass(frozen=True, slots=True)
class TypePage:
    """The form of a kind of time; `shown` are the values before anything was typed. `code` is empty for a new one."""

    code: str
    shown: Mapping[str, Any]
    form: Form = field(repr=False)
    care_types: tuple[tuple[str, str], ...]
    left_out: frozenset[str]
    may_change: bool
    trouble: str = ""


@blueprint.get("/tidstyper")
def listed() -> Response:
    with system().reading() as session:
        types = find.time_types(session, [visit().clinic])
    done = request.args.get("klart", "")
    done = done if done in ("sparad", "borttagen") else ""
    return render("staff/time_types.html", ListPage(types, visit().may(Role.ADMINISTRATOR), done))


@blueprint.get(f"/tidstyper/{NEW}")
@needs(Role.ADMINISTRATOR)
def new_form() -> Response:
    return _page("", Form(texts()))


@blueprint.get("/tidstyper/<code>")
def change_form(code: str) -> Response:
    return _page(code, Form(texts()))


def _page(code: str, sent: Form, status: int = 200, trouble: str = "") -> Response:
    with system().reading() as session:
        kind = _kind(session, code) if code else None
        care_types = overview.care_types(session, visit().clinic)
    settings = kind.settings if kind else TimeTypeSettings("-", "-", "-")
    shown = shown_values(settings, None if kind is None or kind.care_type is None else kind.care_type.code)
    if kind is None:
        shown |= {"code": "", "internal_name": "", "web_name": ""}
    left_out = frozenset[str]() if has_records() else RECORD_ITEMS
    page = TypePage(code, shown, sent, care_types, left_out, visit().may(Role.ADMINISTRATOR), trouble)
    return render("staff/time_type.html", page, status)


def shown_values(settings: TimeTypeSettings, care_type: str | None) -> dict[str, Any]:
    """What the form's fields hold for these settings."""
    shown: dict[str, Any] = {one.name: getattr(settings, one.name) for one in fields(settings)}
    for name in CUT_OFFS:
        limit: CutOff | None = shown[name]
        shown |= {f"{name}_count": "" if limit is None else limit.count}
        shown |= {f"{name}_unit": LimitUnit.HOURS if limit is None else limit.unit}
    release = settings.release
    shown |= {
        "release_hours": "" if release is None else release.hours,
        "release_before": BookableBy.CARE if release is None else release.before,
        "release_after": BookableBy.BOTH if release is None else release.after,
        "ready_reasons": "\n".join(settings.ready_reasons),
        "care_type": care_type or "",
        "only_sex": settings.only_sex or "",
    }
    return shown


@blueprint.post(f"/tidstyper/{NEW}")
@needs(Role.ADMINISTRATOR)
def add() -> Response:
    return once.carry_out(lambda: _save("", form()))


@blueprint.post("/tidstyper/<code>")
@needs(Role.ADMINISTRATOR)
def change(code: str) -> Response:
    return _save(code, form())


def _save(code: str, sent: Form) -> Response:
    with system().writing() as session:
        here = visit().clinic
        there = None if not code else _kind(session, code)
        settings = read_settings(sent, code, there.settings if there else None)
        offered = [key for key, _ in overview.care_types(session, here)]
        care_type = sent.one_of("care_type", offered, required=False)
        if settings is not None and not code and _exists(session, settings.code):
            sent.fault("code", "time_type.taken")
        if settings is None or not sent.is_right:
            return _page(code, sent, 422)
        desk = Desk(session, system().now(), visit().author)
        if code:
            desk.replace_time_type(here.hsa_id, code, settings, care_type)
        else:
            desk.add_time_type(here.hsa_id, settings, care_type)
        audit(session, "write time type", None)
    return redirect(url_for("time_types.listed", klart="sparad"), 303)


def read_settings(sent: Form, code: str, known: TimeTypeSettings | None) -> TimeTypeSettings | None:
    """The settings that the form tells of; None when something is wrong, which is then told beside its field.

    What the form has no field for stays as it is known.
    """
    read: dict[str, Any] = {one.name: getattr(known, one.name) for one in fields(known)} if known else {}
    read["code"] = code or sent.text("code", required=True, most=20) or ""
    for name in ("internal_name", "web_name"):
        read[name] = sent.text(name, required=True, most=80) or ""
    for name, (least, most) in NUMBERS.items():
        read[name] = sent.number(name, least=least, most=most)
    for name, (least, most) in OPTIONAL_NUMBERS.items():
        read[name] = sent.number_or_none(name, least=least, most=most)
    read |= {name: sent.ticked(name) for name in TICKS}
    read |= {name: _cut_off(sent, name) for name in CUT_OFFS}
    read |= {name: sent.choice(name, ReasonMode) for name in _REASONS}
    read["bookable_by"] = sent.choice("bookable_by", BookableBy)
    read["after_cancelled_invitation"] = sent.choice("after_cancelled_invitation", AfterCancelling)
    read["only_sex"] = sent.choice("only_sex", Sex) if sent.value("only_sex") else None
    read["release"] = _release(sent)
    read |= {"valid_from": sent.day_or_none("valid_from"), "valid_to": sent.day_or_none("valid_to")}
    read |= {"purpose": sent.text("purpose", most=2000), "message_after_booking": sent.text("message_after_booking")}
    read["ready_reasons"] = _ready_reasons(sent)
    read["resource_group"] = sent.text("resource_group", most=40)
    read["colour"] = sent.value("colour") or "#37474f"
    _check(sent, read)
    return TimeTypeSettings(**read) if sent.is_right else None


_CODE = re.compile(r"[A-Za-zÅÄÖåäö0-9_-]{1,20}")
_COLOUR = re.compile("#[0-9a-f]{6}", re.ASCII)
_REASONS = ("booking_reason", "rebooking_reason", "cancelling_reason")


def _check(sent: Form, read: Mapping[str, Any]) -> None:
    """What offer.py would refuse, said at the field where it can be mended."""
    if not _CODE.fullmatch(read["code"]) and "code" not in sent.faults:
        sent.fault("code", "time_type.code_form")
    if read["code"] == NEW:
        sent.fault("code", "time_type.code_new", code=NEW)
    ages, days = (read["age_from"], read["age_to"]), (read["valid_from"], read["valid_to"])
    if None not in ages and ages[1] < ages[0]:
        sent.fault("age_to", "time_type.ages_turned")
    if None not in days and days[1] < days[0]:
        sent.fault("valid_to", "time_type.days_turned")
    if not _COLOUR.fullmatch(read["colour"]):
        sent.fault("colour", "time_type.colour_form")


def _ready_reasons(sent: Form) -> tuple[str, ...]:
    """One a line, blanks made single."""
    lines = [" ".join(line.split()) for line in sent.value("ready_reasons").splitlines()]
    reasons = tuple(line for line in lines if line)
    if not all(map(is_ready_reason, reasons)):
        sent.fault("ready_reasons", "time_type.ready_reasons_form", most=READY_REASON_MAX)
    return reasons


def _cut_off(sent: Form, name: str) -> CutOff | None:
    count = sent.number_or_none(f"{name}_count", most=8760)
    unit = sent.choice(f"{name}_unit", LimitUnit)
    if unit is LimitUnit.WORKING_DAYS and count is not None and count > 60:
        sent.fault(f"{name}_count", "form.number", least=0, most=60)
    return None if count is None or unit is None else CutOff(count, unit)


def _release(sent: Form) -> Release | None:
    hours = sent.number_or_none("release_hours", most=8760)
    if hours is None:
        return None
    before, after = sent.choice("release_before", BookableBy), sent.choice("release_after", BookableBy)
    return None if before is None or after is None else Release(hours, before, after)


@blueprint.post("/tidstyper/<code>/ta-bort")
@needs(Role.ADMINISTRATOR)
def remove(code: str) -> Response:
    try:
        with system().writing() as session:
            _kind(session, code)
            Desk(session, system().now(), visit().author).remove_time_type(visit().clinic.hsa_id, code)
            audit(session, "write time type", None)
    except InUse:
        return _page(code, Form(texts()), 409, texts()("time_type.in_use"))
    return redirect(url_for("time_types.listed", klart="borttagen"), 303)


def _kind(session: Session, code: str) -> TimeType:
    found = find.time_types(session, [visit().clinic], code)
    return found[0] if found else abort(404)


def _exists(session: Session, code: str) -> bool:
    return bool(find.time_types(session, [visit().clinic], code))
