"""What can be chosen: care types, clinics, performers and time types, by what the target offers.

A list must be narrowed by the filters that it is asked with, its codes must be good to ask with, and an agent's list
may not depend on the patient. That a filter is used is seen by asking with a code that does not exist: then nothing can
be booked, and a list that is given all the same was not narrowed.
Elsewhere: free times under the same filters (availability.py); form (messages.py).
Source: contracts.md §5.3–5.6, G-19, G-20, A-3.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from conformance.checks import Findings, NotJudged
from conformance.model import Finding
from conformance.people import TestPerson
from conformance.producer import listing
from conformance.producer.bench import ProducerBench
from conformance.producer.listing import UNKNOWN
from conformance.producer.suite import SUITES
from conformance.reading import Answer
from contracts import scheduling as s
from contracts.identifiers import HsaId

_MOST = 4
_LISTS = {
    "GetAllCareTypes": ("careTypes", "careTypeId", "GCT-4"),
    "GetAllHealthcareFacilities": ("healthcareFacilityInfos", "healthcare_facility", "GHF-7"),
    "GetAllPerformers": ("performerInfos", "perfomer", "GP-3"),
    "GetAllTimeTypes": ("ListOfTimeTypes", "timeTypeId", "GTT-4"),
}
"""Interaction → the element of an item, the element of its code, and the rule about agents."""


@SUITES.check(
    "directory.care-types-follow-the-time-types",
    rules=("GCT-1", "GCT-2"),
    title="GetAllCareTypes lists the care types of the time types asked for, and all of them when none is named",
)
def care_types_follow_the_time_types(bench: ProducerBench) -> Findings:
    bench.demand("GetAllCareTypes")
    everything = _care_types(bench, "Which care types are there?")
    unknown = _care_types(bench, "Which are there for a time type that does not exist?", time_type_ids=(UNKNOWN,))
    if _codes(unknown):
        yield _not_narrowed(bench, "GCT-1", unknown, "timeTypeIDs")
        return
    kinds = _codes(_time_types(bench, "Which time types are there?")) if bench.offers("GetAllTimeTypes") else ()
    if not kinds:
        return
    named = _care_types(bench, "Which are there when every time type is named?", time_type_ids=kinds)
    if named.is_usable and set(_codes(named)) != set(_codes(everything)):
        sentence = (
            f"GetAllCareTypes lists {len(_codes(everything))} care types when no time type is named, and"
            f" {len(_codes(named))} when all are; leaving the filter out is the same as naming all."
        )
        yield bench.finding("GCT-2", sentence, "Treat a filter that is left out as one that names everything.", named)


@SUITES.check(
    "directory.care-type-codes-are-good-to-ask-with",
    rules=("G-20", "G-19", "GCT-3"),
    title="The codes that GetAllCareTypes lists are understood, and used, wherever a care type can be asked for",
)
def care_type_codes_are_good_to_ask_with(bench: ProducerBench) -> Findings:
    bench.demand("GetAllCareTypes")
    answer = _care_types(bench, "Which care types are there?")
    if not _codes(answer):
        raise NotJudged("GetAllCareTypes lists nothing.")
    if bench.offers("GetAllTimeTypes"):
        yield from _time_types_by_care_type(bench, _codes(answer)[:_MOST])
    if bench.offers("GetAllPerformers"):
        yield from _performers_by_care_type(bench, _codes(answer)[:_MOST])


def _time_types_by_care_type(bench: ProducerBench, codes: Sequence[str]) -> Iterator[Finding]:
    for code in codes:
        answer = _time_types(bench, f"Which time types are there for care type {code}?", care_type_ids=(code,))
        if not _codes(answer):
            sentence = (
                f"GetAllCareTypes lists care type {code} as one that can be booked, but GetAllTimeTypes, asked with"
                f" that code, gave {_what(answer)}."
            )
            remedy = "Accept in careTypeIDs the codes that GetAllCareTypes gives, and list the time types of each."
            yield bench.finding("G-20", sentence, remedy, answer)
    unknown = _time_types(bench, "Which are there for a care type that does not exist?", care_type_ids=(UNKNOWN,))
    if _codes(unknown):
        yield _not_narrowed(bench, "G-19", unknown, "careTypeIDs")


def _performers_by_care_type(bench: ProducerBench, codes: Sequence[str]) -> Iterator[Finding]:
    for code in codes:
        answer = _performers(bench, f"Who can be chosen for care type {code}?", care_type_ids=(code,))
        if not answer.is_usable:
            sentence = f"GetAllPerformers, asked with care type {code}, which is listed, gave {_what(answer)}."
            yield bench.finding("G-20", sentence, "Accept the codes that GetAllCareTypes gives.", answer)
    unknown = _performers(bench, "Who can be chosen for a care type that does not exist?", care_type_ids=(UNKNOWN,))
    if _codes(unknown):
        yield _not_narrowed(bench, "G-19", unknown, "careTypeIDs")


@SUITES.check(
    "directory.time-types-are-those-with-times",
    rules=("GTT-1",),
    title="Every time type that days are listed for is listed by GetAllTimeTypes",
)
def time_types_are_those_with_times(bench: ProducerBench) -> Findings:
    bench.demand("GetAllTimeTypes")
    known = set(_codes(_time_types(bench, "Which time types are there?")))
    last = bench.today + timedelta(weeks=bench.settings.weeks)
    answer = listing.days(bench, "For which time types are days listed, when none is named?", bench.today, last)
    seen: set[str] = set()
    for node in answer.all("performerAvailabilityByDate"):
        code = node.text("timeTypeID")
        if code and code not in known and code not in seen:
            seen.add(code)
            sentence = f"GetAvailableDates lists days for time type {code}, which GetAllTimeTypes does not list."
            remedy = "List in GetAllTimeTypes every time type that the person can book, and offer times of no other."
            yield bench.finding("GTT-1", sentence, remedy, answer, node)


@SUITES.check(
    "directory.performers-can-be-asked-for",
    rules=("GP-1", "GP-2"),
    title="GetAllPerformers gives each performer's HSA-id, and narrows the list to the time types asked for",
)
def performers_can_be_asked_for(bench: ProducerBench) -> Findings:
    bench.demand("GetAllPerformers")
    answer = _performers(bench, "Who can be chosen?")
    for node in answer.all("performerInfos"):
        code = node.text("perfomer") or node.text("performer")
        if code is None or not HsaId(code).is_well_formed:
            sentence = "A performer has no HSA-id in full in the element perfomer (which is spelled so)."
            yield bench.finding("GP-2", sentence, "Give each performer's HSA-id in perfomer.", answer, node)
    unknown = _performers(bench, "Who can be chosen for a time type that does not exist?", time_type_ids=(UNKNOWN,))
    if _codes(unknown):
        yield _not_narrowed(bench, "GP-1", unknown, "timeTypeIDs")


# -- Clinics


@SUITES.check(
    "directory.unknown-booking-leads-nowhere",
    rules=("GHF-2",),
    title="GetAllHealthcareFacilities, asked with a bookingId that does not exist, gives an empty list",
)
def unknown_booking_leads_nowhere(bench: ProducerBench) -> Findings:
    bench.demand("GetAllHealthcareFacilities")
    answer = _facilities(bench, "Which clinics are there for a booking that does not exist?", UNKNOWN)
    remedy = "Answer an unknown bookingId with an empty GetAllHealthcareFacilitiesResponse."
    if not answer.is_usable:
        sentence = f"An unknown bookingId gave {answer.in_words}; it is no error, and the list is empty."
        yield bench.finding("GHF-2", sentence, remedy, answer)
    elif _codes(answer):
        sentence = "Clinics are listed for rebooking a booking that does not exist."
        yield bench.finding("GHF-2", sentence, remedy, answer, answer.all("healthcareFacilityInfos")[0])


@SUITES.check(
    "directory.asked-clinic-is-listed",
    rules=("GHF-5",),
    title="The asked clinic is itself listed by GetAllHealthcareFacilities when it has times",
)
def asked_clinic_is_listed(bench: ProducerBench) -> Findings:
    bench.demand("GetAllHealthcareFacilities")
    listing.window(bench)  # not judged where there are no times
    answer = _facilities(bench, "Which clinics are there for a new booking?")
    if answer.is_usable and not _is_listed(answer, bench.settings.facility):
        yield _left_out(bench, answer, "times for a new booking")


@SUITES.check(
    "directory.listed-clinics-can-be-booked",
    rules=("GHF-4",),
    title="A clinic that is listed answers the questions that a booking there begins with",
)
def listed_clinics_can_be_booked(bench: ProducerBench) -> Findings:
    bench.demand("GetAllHealthcareFacilities")
    answer = _facilities(bench, "Which clinics are there for a new booking?")
    for node in answer.all("healthcareFacilityInfos")[:_MOST]:
        code = node.text("healthcare_facility")
        if code and (unanswered := _unanswered(bench, HsaId(code))):
            sentence = (
                f"The clinic {code} is listed and can be reached here, but GetAvailableDates for it gave"
                f" {unanswered.in_words}."
            )
            remedy = "List only clinics that support booking by these contracts."
            yield bench.finding("GHF-4", sentence, remedy, unanswered)


def _unanswered(bench: ProducerBench, clinic: HsaId, booking_id: str | None = None) -> Answer | None:
    """The answer that is none, of a clinic that is served here; None for all others.

    Where a clinic is not served by this address nothing is said of it: it may be, by another.
    """
    ahead = bench.today + timedelta(weeks=1)
    purpose = "Does a clinic that is listed answer?"
    answer = listing.days(bench, purpose, bench.today, ahead, at=clinic, booking_id=booking_id)
    if answer.is_usable:
        return None
    question = s.GetSubjectOfCareSchedule(clinic, bench.person.identity)
    address = listing.address_of(bench, clinic)
    reached = bench.ask(question, "Is the clinic served here at all?", logical_address=address)
    return answer if reached.is_usable else None


@SUITES.check(
    "directory.clinics-for-a-booking-can-take-it",
    rules=("GHF-1", "GHF-5"),
    title="With a bookingId the clinics listed are those where that booking can be moved, the asked one too",
)
def clinics_for_a_booking_can_take_it(bench: ProducerBench) -> Findings:
    bench.demand("GetAllHealthcareFacilities")
    with bench.booked(slot=bench.free(fit=lambda slot: slot.flag("rebooking_allowed") is not False)[0]) as booking:
        answer = _facilities(bench, "Which clinics can the booking be moved to?", booking.id)
        if not answer.is_usable:
            raise NotJudged(f"GetAllHealthcareFacilities with a bookingId gave {answer.in_words}.")
        for node in answer.all("healthcareFacilityInfos")[:_MOST]:
            code = node.text("healthcare_facility")
            if code and (unanswered := _unanswered(bench, HsaId(code), booking.id)):
                sentence = f"The booking can be moved to {code}, but the times there gave {unanswered.in_words}."
                remedy = "List only clinics where this very booking can be moved, and answer for them."
                yield bench.finding("GHF-1", sentence, remedy, unanswered)
        if not _is_listed(answer, bench.settings.facility) and _has_times_for(bench, booking.id, booking.slot.start):
            yield _left_out(bench, answer, "times for moving this booking")


def _has_times_for(bench: ProducerBench, booking_id: str, start: Any) -> bool:
    around: date = start.date()
    answer = listing.times(
        bench, "Has the clinic times for it?", around - timedelta(days=3), around, booking_id=booking_id
    )
    return bool(listing.future(bench, answer))


def _left_out(bench: ProducerBench, answer: Answer, what: str) -> Finding:
    sentence = f"The asked clinic has {what}, but GetAllHealthcareFacilities leaves it out; it may not be implied."
    return bench.finding("GHF-5", sentence, "List the asked clinic too, when it offers times.", answer)


# -- Agents


@SUITES.check(
    "directory.agents-get-one-list-for-all",
    rules=("A-3", "GCT-4", "GHF-7", "GP-3", "GTT-4"),
    title="An agent gets the same lists whichever patient is named",
)
def agents_get_one_list_for_all(bench: ProducerBench) -> Findings:
    judged = False
    for interaction, (_, _, rule) in _LISTS.items():
        if bench.offers(interaction):
            answers = [_for_agent(bench, interaction, person) for person in unlike(bench)]
            judged = judged or all(one.is_usable for one in answers)
            odd = next((one for one in answers if one.is_usable and _codes(one) != _codes(answers[0])), None)
            if odd and answers[0].is_usable:
                sentence = f"An agent who asks {interaction} gets different lists for different patients."
                yield bench.finding(rule, sentence, AGENT_REMEDY, odd)
    if not judged:
        raise NotJudged("The target gives agents no lists, or offers none.")


AGENT_REMEDY = "When the Actor is subject_of_care_agent, leave the patient out of every selection and of every rule."


def unlike(bench: ProducerBench) -> tuple[TestPerson, ...]:
    """Three test persons for whom a choice by patient would differ: the oldest, the youngest and one between."""
    by_age = sorted(bench.settings.persons, key=lambda one: one.number)
    return tuple(dict.fromkeys((by_age[0], by_age[len(by_age) // 2], by_age[-1])))


def _for_agent(bench: ProducerBench, interaction: str, person: TestPerson) -> Answer:
    forms: dict[str, Any] = {name: getattr(s, name) for name in _LISTS}
    question = forms[interaction](bench.settings.facility, person.identity)
    return bench.ask(question, f"What does an agent get from {interaction}?", actor=listing.an_agent(bench))


# -- Asking and reading


def _care_types(bench: ProducerBench, purpose: str, **filters: Any) -> Answer:
    return bench.ask(s.GetAllCareTypes(bench.settings.facility, bench.person.identity, **filters), purpose)


def _time_types(bench: ProducerBench, purpose: str, **filters: Any) -> Answer:
    return bench.ask(s.GetAllTimeTypes(bench.settings.facility, bench.person.identity, **filters), purpose)


def _performers(bench: ProducerBench, purpose: str, **filters: Any) -> Answer:
    return bench.ask(s.GetAllPerformers(bench.settings.facility, bench.person.identity, **filters), purpose)


def _facilities(bench: ProducerBench, purpose: str, booking_id: str | None = None) -> Answer:
    question = s.GetAllHealthcareFacilities(bench.settings.facility, bench.person.identity, booking_id)
    return bench.ask(question, purpose)


def _codes(answer: Answer) -> tuple[str, ...]:
    """The codes of a list, each once, in an order of their own."""
    item, code, _ = _LISTS[answer.exchange.interaction]
    return tuple(sorted({text for node in answer.all(item) if (text := node.text(code))}))


def _is_listed(answer: Answer, clinic: HsaId) -> bool:
    return any(listing.same_id(code, clinic.text) for code in _codes(answer))


def _what(answer: Answer) -> str:
    return "an empty list" if answer.is_usable else answer.in_words


def _not_narrowed(bench: ProducerBench, rule: str, answer: Answer, name: str) -> Finding:
    interaction = answer.exchange.interaction
    sentence = (
        f"{interaction}, asked with a code in {name} that does not exist, lists {len(_codes(answer))} items: nothing"
        " can be booked for that code, so the filter was not used."
    )
    item = answer.all(_LISTS[interaction][0])[0]
    return bench.finding(rule, sentence, f"Narrow the list to what {name} names.", answer, item)
