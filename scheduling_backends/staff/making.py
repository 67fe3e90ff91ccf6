"""Making a schedule: a period of times for resources and performers, previewed by week before anything is saved.

The preview lists holidays, clashes and closed hours; what was previewed is what is saved, or it is previewed again.
Source: domain.md §7.3 items 1, 3 and 5, §7.2 (resource group, capacity). Rules: engine/schedules.py's and desk.py's.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from scheduling_backends.engine import find, overview
from scheduling_backends.engine.desk import Desk, ScheduleReport
from scheduling_backends.engine.entries import TimeType
from scheduling_backends.engine.models import ResourceRow
from scheduling_backends.engine.schedules import MONDAY_TO_FRIDAY, Moment, Period
from scheduling_backends.engine.states import Role, SlotState
from scheduling_backends.staff import periods
from scheduling_backends.staff.bookings import audit
from scheduling_backends.staff.pages import form, render, texts
from scheduling_backends.staff.visits import needs, system, visit
from webpages import once
from webpages.forms import Form

blueprint = Blueprint("making", __name__)

BREAKS = ("break", "break2")
_WEEKDAYS = tuple(str(n) for n in range(7))

Whom = tuple[tuple[str, dict[str, Any]], ...]
Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What a period gives one performer or resource."""

    who: str
    by_week: tuple[tuple[str, int], ...]
    report: ScheduleReport


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be saved, and the mark of it; `has_changed`: it was to be saved, but is no longer what was seen."""

    parts: tuple[Part, ...]
    mark: str
    has_changed: bool

    @property
    def made(self) -> int:
        return sum(part.report.made for part in self.parts)

    @property
    def holidays(self) -> tuple[date, ...]:
        return self.parts[0].report.holidays if self.parts else ()


@dataclass(frozen=True, slots=True)
class MakePage:
    """Making times: the form, and what it would give once it is right."""

    form: Form = field(repr=False)
    types: Choices
    whom: Choices
    chosen_days: tuple[str, ...]
    preview: Preview | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a form asks for."""

    time_type: str
    period: Period
    whom: Whom
    state: SlotState
    published_from: datetime | None


@blueprint.get("/schema/skapa")
@needs(Role.SCHEDULER)
def make_form() -> Response:
    """Empty, or filled in by the address, as extra hours are; nothing is told to be wrong yet."""
    told = request.args.to_dict(flat=False)
    return _page(Form(texts(), {"last_day": told["first_day"], **told} if "first_day" in told else told))


@blueprint.post("/schema/skapa")
@needs(Role.SCHEDULER)
def make() -> Response:
    return once.carry_out(lambda: _made(form()))


def _made(sent: Form) -> Response:
    with system().writing() as session:
        wanted = read_wanted(session, sent)
        if wanted is not None:
            desk = Desk(session, system().now(), visit().author)
            preview = _previewed(desk, wanted, sent)
            if preview.made and periods.was_seen(sent, preview.mark):
                _write(desk, wanted)
                audit(session, "write schedule", None)
                day = wanted.period.first_day.isoformat()
                return redirect(url_for("schedule.week", dag=day, klart="skapade", antal=preview.made), 303)
    return _page(sent, 422) if wanted is None else _page(sent, 409 if preview.has_changed else 200, preview)


def _previewed(desk: Desk, wanted: Wanted, sent: Form) -> Preview:
    parts, told = list[Part](), list[tuple[str, int, tuple[Moment, ...]]]()
    for who, named in wanted.whom:
        report, made = desk.preview(visit().clinic.hsa_id, wanted.time_type, wanted.period, **named)
        parts.append(Part(who, by_week(made), report))
        told += [(who, report.made, made), (who, len(report.clashes), report.clashes)]
    mark = periods.mark_of([(f"{wanted.time_type} {wanted.state} {wanted.published_from}", 0, ()), *told])
    return Preview(tuple(parts), mark, bool(sent.value("save")) and not periods.was_seen(sent, mark))


def _write(desk: Desk, wanted: Wanted) -> None:
    for _, named in wanted.whom:
        desk.add_slots(
            visit().clinic.hsa_id,
            wanted.time_type,
            wanted.period,
            state=wanted.state,
            published_from=wanted.published_from,
            **named,
        )


def by_week(moments: tuple[Moment, ...]) -> tuple[tuple[str, int], ...]:
    """How many times each week has, as `2026 v. 50`."""
    counts: dict[str, int] = {}
    for moment in moments:
        year, number, _ = moment.day.isocalendar()
        name = texts()("schedule.week_name", year=year, number=number)
        counts[name] = counts.get(name, 0) + 1
    return tuple(counts.items())


# -- Reading the form


def read_wanted(session: Session, sent: Form) -> Wanted | None:
    """What the form asks for; None when something is wrong with it, which is then told at its field."""
    kind = _kind(session, sent)
    state, released = _publishing(sent)
    whom = _whom(session, sent, kind, sent.number_or_none("capacity", least=1, most=50))
    period = _period(sent, kind)
    if kind is None or period is None or not sent.is_right:
        return None
    return Wanted(kind.settings.code, period, whom, state, released)


def _kind(session: Session, sent: Form) -> TimeType | None:
    types = {kind.settings.code: kind for kind in find.time_types(session, [visit().clinic])}
    code = sent.one_of("time_type", types)
    return None if code is None else types[code]


def _period(sent: Form, kind: TimeType | None) -> Period | None:
    first, last = periods.coming_day(sent, "first_day"), periods.coming_day(sent, "last_day")
    periods.check_order(sent, first, last, "last_day")
    opens, closes = sent.clock("opens"), sent.clock("closes")
    if opens and closes and closes <= opens:
        sent.fault("closes", "schedule.hours_turned")
    length = sent.number_or_none("length", least=1, most=600)
    pause, weeks = sent.number("pause", most=240, default=0), sent.number("every_weeks", least=1, most=8, default=1)
    weekdays = frozenset(int(one) for one in sent.values("weekdays") if one in _WEEKDAYS)
    if not weekdays:
        sent.fault("weekdays", "schedule.no_weekday")
    breaks = tuple(found for name in BREAKS if (found := _break(sent, name)) is not None)
    if kind is None or not sent.is_right or not (first and last and opens and closes):
        return None
    minutes = length or kind.settings.length_minutes
    keeps = sent.ticked("keeps_holidays")
    return Period(first, last, opens, closes, minutes, pause or 0, weekdays, weeks or 1, breaks, keeps)


def _break(sent: Form, name: str) -> tuple[time, time] | None:
    begins, ends = sent.clock_or_none(f"{name}_from"), sent.clock_or_none(f"{name}_to")
    if (begins is None) != (ends is None) and f"{name}_from" not in sent.faults:
        sent.fault(f"{name}_to", "schedule.half_break")
    if begins and ends and ends <= begins:
        sent.fault(f"{name}_to", "schedule.hours_turned")
    return (begins, ends) if begins and ends else None


def _publishing(sent: Form) -> tuple[SlotState, datetime | None]:
    """Drafts, published at once, or published and released at a moment."""
    how = sent.one_of("publish", ("now", "from"), required=False)
    released = periods.moment(sent, "release_day", "release_clock") if how == "from" else None
    return (SlotState.DRAFT if how is None else SlotState.PUBLISHED), released


def _whom(session: Session, sent: Form, kind: TimeType | None, capacity: int | None) -> Whom:
    """The performers and resources that get the times, a series for each.

    Where none is chosen, those of the kind of time's group of resources; where it has no group, neither.
    """
    offered = dict(_offered(session))
    chosen = sent.values("whom")
    group = None if kind is None else kind.settings.resource_group
    if not set(chosen) <= set(offered):
        sent.fault("whom", "form.choice")
        return ()
    if group is not None and not chosen:
        chosen = [f"g:{group}"]
        if chosen[0] not in offered:
            sent.fault("whom", "schedule.group_empty", name=group)
            return ()
    groups = {key[2:] for key in chosen if key.startswith("g:")}
    resources = {row.code: row for row in _resources(session)}
    named = {f"r:{code}" for code, row in resources.items() if row.group in groups} | set(chosen)
    performers = {hsa_id.text: hsa_id for hsa_id, _ in overview.performer_ids(session)}
    found: list[tuple[str, dict[str, Any]]] = []
    for key in sorted(named):
        if key.startswith("r:"):
            found.append((resources[key[2:]].name, {"resource": key[2:], "capacity": capacity}))
        elif key.startswith("p:"):
            found.append((offered[key], {"performer": performers[key[2:]], "capacity": capacity}))
    return tuple(found) or ((texts()("schedule.nobody"), {"capacity": capacity}),)


def _offered(session: Session) -> Choices:
    """Resources, groups of resources, and performers."""
    rows = _resources(session)
    groups = sorted({row.group for row in rows if row.group})
    return tuple(
        [(f"r:{row.code}", row.name) for row in rows]
        + [(f"g:{group}", texts()("schedule.group", name=group)) for group in groups]
        + [(f"p:{hsa_id.text}", name) for hsa_id, name in overview.performer_ids(session)]
    )


def _resources(session: Session) -> list[ResourceRow]:
    mine = select(ResourceRow).where(ResourceRow.clinic_id == visit().clinic.id).order_by(ResourceRow.name)
    return list(session.scalars(mine))


def _page(sent: Form, status: int = 200, preview: Preview | None = None) -> Response:
    with system().reading() as session:
        types = tuple(
            (kind.settings.code, f"{kind.settings.internal_name} ({kind.settings.length_minutes} min)")
            for kind in find.time_types(session, [visit().clinic])
        )
        whom = _offered(session)
    days = tuple(sent.values("weekdays")) if sent.typed else tuple(str(n) for n in sorted(MONDAY_TO_FRIDAY))
    return render("staff/make.html", MakePage(sent, types, whom, days, preview), status)
