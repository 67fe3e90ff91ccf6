"""What there is to choose from: kinds of time and care, performers, clinics, and where to look for free times.

`person` is None when the answer must not depend on the citizen: for agents (contracts.md A-3) and for whoever is not
the citizen. With a booking, that booking decides: its kind of time, its performer and resource where they are kept
(GAD-2, R27), and the clinics that it may go to (R28) or, for an open invitation, is for (R32).
Rules: R1, R3–R5, R7, R11, R27–R32, through rules.py. Elsewhere: the statements (find.py), the messages (answers.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from contracts.identifiers import HsaId, PersonIdentity
from scheduling_backends.engine import find, rules
from scheduling_backends.engine.citizens import circumstances
from scheduling_backends.engine.entries import Booking, CareType, Clinic, Performer, TimeType
from scheduling_backends.engine.find import Search
from scheduling_backends.engine.rules import Errand, Window
from scheduling_backends.engine.states import BookingState
from scheduling_backends.engine.wishes import kept_at

Offer = tuple[TimeType, Window]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a question narrows itself to; empty means all. A name counts only where its id is missing."""

    time_type_ids: tuple[str, ...] = ()
    time_type_name: str | None = None
    care_type_ids: tuple[str, ...] = ()
    care_type_name: str | None = None
    performers: tuple[HsaId, ...] = ()

    def let_by(self, time_type: TimeType) -> bool:
        care = time_type.care_type
        code, name = (None, None) if care is None else (care.code, care.name)
        settings = time_type.settings
        return _fits(settings.code, settings.web_name, self.time_type_ids, self.time_type_name) and _fits(
            code, name, self.care_type_ids, self.care_type_name
        )


def offers(
    session: Session, clinic: Clinic, filters: Filters, person: PersonIdentity | None, now: datetime
) -> tuple[Offer, ...]:
    """The kinds of time for a new booking, each with the window in which it can be booked, in the list's order."""
    found = _offered(session, clinic, find.time_types(session, [clinic]), Errand.NEW, person, now)
    return tuple(offer for offer in found if filters.let_by(offer[0]))


def care_types(
    session: Session, clinic: Clinic, filters: Filters, person: PersonIdentity | None, now: datetime
) -> tuple[CareType, ...]:
    """The kinds of care that the offered kinds of time belong to, each once (GCT-1)."""
    found = offers(session, clinic, filters, person, now)
    offered = [time_type for time_type, _ in found]
    if filters.performers:
        theirs = Search(clinic.id, found, date.min, date.max, performers=filters.performers)
        with_times = find.time_types_with_times(session, theirs, now)
        offered = [time_type for time_type in offered if time_type.id in with_times]
    return tuple(dict.fromkeys(time_type.care_type for time_type in offered if time_type.care_type is not None))


def performers(
    session: Session, clinic: Clinic, filters: Filters, person: PersonIdentity | None, now: datetime
) -> tuple[Performer, ...]:
    """Whom one can choose, among the kinds of time that let one choose (R31)."""
    found = offers(session, clinic, filters, person, now)
    chosen = tuple(offer for offer in found if offer[0].settings.offers_performer_choice)
    return find.performers_with_times(session, Search(clinic.id, chosen, date.min, date.max), now)


def clinics(session: Session, clinic: Clinic, person: PersonIdentity | None, now: datetime) -> tuple[Clinic, ...]:
    """Where a new booking can be made: the asked clinic and its group, those that offer something (R29, R30)."""
    group = find.clinics_of_group(session, clinic)
    types = find.time_types(session, group)
    return tuple(one for one in group if _offered(session, one, types, Errand.NEW, person, now))


def clinics_for(session: Session, booking: Booking, now: datetime) -> tuple[Clinic, ...]:
    """Where this booking can be moved, or this open invitation be used; the own clinic among them if it has times."""
    errand = _errand(booking, now)
    if errand is None:
        return ()
    places = [place for place in _places(session, booking, errand) if _may_go(booking, place, errand)]
    types = find.time_types(session, places, booking.time_type.settings.code)
    person, besides = booking.subject_of_care, booking.id
    return tuple(place for place in places if _offered(session, place, types, errand, person, now, besides))


def search(
    session: Session,
    clinic: Clinic,
    filters: Filters,
    days: tuple[date, date],
    person: PersonIdentity | None,
    now: datetime,
) -> Search:
    """Where to look for a free time for a new booking (GAD-1, GAT-1)."""
    return Search(clinic.id, offers(session, clinic, filters, person, now), *days, performers=filters.performers)


def search_for(
    session: Session,
    booking: Booking,
    clinic: Clinic,
    performers: tuple[HsaId, ...],
    days: tuple[date, date],
    now: datetime,
) -> Search:
    """Where to look for a new time for this booking, or for this open invitation's time (GAD-2, GAT-2)."""
    errand = _errand(booking, now)
    if errand is None or clinic.id not in [place.id for place in clinics_for(session, booking, now)]:
        return Search(clinic.id, (), *days)
    types = find.time_types(session, [clinic], booking.time_type.settings.code)
    performer_id, resource_id = kept_at(booking, clinic)
    windows = _offered(session, clinic, types, errand, booking.subject_of_care, now, booking.id)
    return Search(clinic.id, windows, *days, performers, performer_id, resource_id, booking.slot_id)


def _offered(
    session: Session,
    clinic: Clinic,
    types: Iterable[TimeType],
    errand: Errand,
    person: PersonIdentity | None,
    now: datetime,
    besides: str | None = None,
) -> tuple[Offer, ...]:
    of_clinic = [time_type for time_type in types if time_type.clinic_id == clinic.id]
    open_ones = [kind for kind in of_clinic if rules.is_offered(clinic.settings, kind.settings, errand)]
    known = {} if person is None else circumstances(session, clinic, open_ones, person, now, besides)
    windows = [(kind, _window(clinic, kind, errand, person, now, known)) for kind in open_ones]
    return tuple((kind, window) for kind, window in windows if window is not None)


def _window(
    clinic: Clinic,
    kind: TimeType,
    errand: Errand,
    person: PersonIdentity | None,
    now: datetime,
    known: Mapping[int, rules.Circumstances],
) -> Window | None:
    settings = rules.in_force(clinic.settings, kind.settings)
    return rules.window(settings, errand, person, now, known.get(kind.id, rules.NOTHING_KNOWN))


def _errand(booking: Booking, now: datetime) -> Errand | None:
    """What a free time would be for; None when the booking may not be moved, or the invitation not be used."""
    if booking.state is BookingState.INVITED:
        return None if booking.has_expired(now) else Errand.INVITED
    refusal = rules.refuse_leaving(booking.clinic.settings, booking.time_type.settings, booking.facts, now)
    return Errand.REBOOKING if refusal is None else None


def _places(session: Session, booking: Booking, errand: Errand) -> tuple[Clinic, ...]:
    if errand is Errand.INVITED:
        return find.clinics_of_invitation(session, booking.id)
    return find.clinics_of_group(session, booking.clinic)


def _may_go(booking: Booking, place: Clinic, errand: Errand) -> bool:
    is_there = errand is Errand.INVITED or place.id == booking.clinic.id
    return is_there or rules.may_go_to(booking.clinic.settings, place.settings)


def _fits(code: str | None, name: str | None, wanted: Sequence[str], wanted_name: str | None) -> bool:
    return code in wanted if wanted else wanted_name in (None, name)
