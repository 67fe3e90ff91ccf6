"""Index, aggregation and subscriber through the real door: told, asked, answered (platform.md §21, §22; EIU-1 to 9)."""

import re
from dataclasses import dataclass

import pytest
import requests

from contracts import codec, envelope, processing_status
from contracts import engagements as e
from contracts import scheduling as s
from contracts.codec import SCHEDULING_INTERACTIONS
from contracts.identifiers import HsaId
from contracts.processing_status import SourceStatus
from tests.people import ANNA, BERTIL, DAN, GRETA, PEOPLE, Person
from tests.town import Town
from tidbro.demo_mode import Mode, set_mode
from tidbro.national import National

PLATFORM = HsaId("SE2321009991-TP01")
NORTH, SOUTH, SHAKY = "SE2321009991-2B02", "SE2321009991-2B03", "SE2321009991-2B07"


@dataclass(frozen=True)
class Aggregated:
    """The answer to one question to everybody."""

    status: int
    timeslots: tuple[s.Timeslot, ...]
    sources: dict[str, SourceStatus]


def national(town: Town) -> National:
    (services,) = [one for one in town.served.region.pipeline.companions if isinstance(one, National)]
    return services


def settled(town: Town) -> National:
    """When everything that was owed has been told."""
    adapters = town.served.region.pipeline.producers.adapters
    for system in (adapters["timebook"], adapters["takecare"].system):
        assert system.duty.relay.settle(60)
    services = national(town)
    services.index.refresh_subscribers()
    assert services.index.settle(60)
    return services


def ask_everybody(town: Town, person: Person) -> Aggregated:
    question = s.GetSubjectOfCareSchedule(PLATFORM, person.identity)
    body = envelope.write_request(codec.encode(question), PLATFORM, person.actor)
    answer = requests.post(f"{town.served.url}/vp", body, headers={"Content-Type": "text/xml"}, timeout=60)
    message = envelope.read(answer.content)
    form = SCHEDULING_INTERACTIONS["GetSubjectOfCareSchedule"].response
    found = codec.decode(form, message.payload)
    sources = {source.logical_address: source for source in processing_status.read(message) or ()}
    return Aggregated(answer.status_code, found.timeslots, sources)


def entries(services: National, person: Person) -> dict[str, e.Engagement]:
    question = e.FindContent(resident=person.number, service_domain=e.DOMAIN)
    return {one.business_object: one for one in services.index.find(question, "test").engagements}


def test_one_question_to_the_platform_brings_the_times_of_every_clinic(town):
    settled(town)
    answer = ask_everybody(town, GRETA)
    assert answer.status == 200
    assert {source.status_code for source in answer.sources.values()} == {"DataFromSource"}
    clinics = {slot.healthcare_facility.text for slot in answer.timeslots}
    assert {"SE2321009991-1A01", "SE2321009991-1A03", NORTH, SHAKY} <= clinics
    assert clinics <= set(answer.sources)


def test_what_was_just_booked_is_in_the_very_next_answer(town):
    """platform.md §21.4 (currency); contracts.md G-21."""
    dan = town.visitor(DAN, "2B02")
    made = dan.book(dan.times("PROV10")[3])
    settled(town)
    assert made.booking_id in [slot.booking_id for slot in ask_everybody(town, DAN).timeslots]
    assert dan.cancel(made.booking_id).result_code == "OK"
    settled(town)
    assert made.booking_id not in [slot.booking_id for slot in ask_everybody(town, DAN).timeslots]


def test_scenario_7_a_move_to_another_clinic_replaces_the_entry_in_the_index(town):
    north, south = town.visitor(DAN, "2B02"), town.visitor(DAN, "2B03")
    made = north.book(north.times("PROV10")[30])
    settled(town)
    south.move(made.booking_id, south.times("PROV10", booking_id=made.booking_id)[30])
    (moved,) = south.schedule()
    found = entries(settled(town), DAN)
    assert made.booking_id not in found
    assert found[moved.booking_id].logical_address == SOUTH


def test_scenario_14_a_clinic_that_fails_is_told_and_the_others_are_whole(town):
    settled(town)
    whole = ask_everybody(town, GRETA)
    set_mode(town.served.data, Mode.FAULT)
    partial = ask_everybody(town, GRETA)
    failed = partial.sources[SHAKY]
    assert (failed.status_code, failed.error.causing_agent, failed.error.code) == (
        "NoDataSynchFailed",
        "virtualization_platform",
        "500",
    )
    assert [slot for slot in whole.timeslots if slot.healthcare_facility.text != SHAKY] == list(partial.timeslots)
    assert {address: one.status_code for address, one in partial.sources.items() if address != SHAKY} == {
        address: "DataFromSource" for address in whole.sources if address != SHAKY
    }


def test_an_answer_against_its_schema_counts_as_failed(town):
    settled(town)
    set_mode(town.served.data, Mode.BAD_ANSWER)
    failed = ask_everybody(town, GRETA).sources[SHAKY]
    assert failed.status_code == "NoDataSynchFailed"
    assert GRETA.number not in failed.error.text


def test_another_person_gets_nothing_out_of_it(town):
    """R38: the clinics refuse, each for itself, and the answer says so."""
    settled(town)
    question = s.GetSubjectOfCareSchedule(PLATFORM, GRETA.identity)
    body = envelope.write_request(codec.encode(question), PLATFORM, BERTIL.actor)
    answer = requests.post(f"{town.served.url}/vp", body, headers={"Content-Type": "text/xml"}, timeout=60)
    message = envelope.read(answer.content)
    form = SCHEDULING_INTERACTIONS["GetSubjectOfCareSchedule"].response
    assert codec.decode(form, message.payload).timeslots == ()
    assert {source.status_code for source in processing_status.read(message)} == {"NoDataSynchFailed"}


def test_the_subscriber_hears_of_a_change_once_each(town):
    services = settled(town)
    before = services.subscriber.latest(1)[0].id
    anna = town.visitor(ANNA, "2B07")
    made = anna.book(anna.times("OST15")[-1])
    settled(town)
    assert anna.cancel(made.booking_id).result_code == "OK"
    settled(town)
    told = [notice.change for notice in services.subscriber.latest(20) if notice.id > before]
    assert [(c.is_deletion, c.engagement.business_object) for c in reversed(told)] == [
        (False, made.booking_id),
        (True, made.booking_id),
    ]
    assert {change.engagement.owner for change in told} == {services.index.settings.hsa_id}


def test_the_regions_page_shows_a_persons_entries_what_became_of_each_event_and_what_was_heard(town):
    settled(town)
    page = requests.get(f"{town.served.url}/?person=6", timeout=30).text
    assert '<option value="6" selected>Greta Många</option>' in page
    section = page.partition('id="index"')[2].partition("</section>")[0]
    assert "Ortopedmottagningen, Demosjukhuset" in section
    assert "ny post, meddelad vidare" in section
    assert "finns nu" in section
    assert [person.number for person in PEOPLE if person.number in page] == ["197912129280"]  # of the first request


@pytest.mark.parametrize("person", ["99", "-1", "x", "0x1", "٣"])
def test_a_person_that_is_not_on_the_list_is_the_first(town, person):
    page = requests.get(f"{town.served.url}/", params={"person": person}, timeout=30).text
    assert re.findall(r'value="(\d+)" selected', page) == ["0"]


def test_no_log_names_a_citizen(town):
    settled(town)
    ask_everybody(town, GRETA)
    for path in town.served.data.glob("*.jsonl"):
        text = path.read_text(encoding="utf-8")
        assert [person.number for person in PEOPLE if person.number in text] == []
