"""A second contract, of a domain of its own, by the same machinery: a plug-in, its files, two settings."""

import pytest

from contracts import processing_status, xml
from contracts.catalogue import check
from national_services.aggregation.app import Aggregation
from tests.national_services.aggregation import spectacles
from tests.national_services.aggregation.asking import (
    NOW,
    a_question,
    aggregation,
    ask,
    everybody_may,
    settings_for,
)
from tests.national_services.aggregation.network import (
    Network,
    answers,
    engagement,
    enveloped,
    faults,
    times,
)
from tests.people import ANNA

A, B, C, D = (f"SE2321009991-K{number}" for number in range(4))
PLUGINS = (
    "national_services.aggregation.schedule:create",
    "tests.national_services.aggregation.spectacles:create",
)
PATH = spectacles.AggregatedSpectacles.path
QUESTION = enveloped(f"<m:wearer>{ANNA.number}</m:wearer>", "GetSpectacles", spectacles.CONTRACT)


def a_pair(kind: str, dioptres: str) -> str:
    core = "urn:riv:test:spectacles:1"
    return f'<m:pair xmlns:c="{core}"><c:kind>{kind}</c:kind><c:dioptres>{dioptres}</c:dioptres></m:pair>'


def pairs(*told: str):
    return answers(enveloped("".join(told), "GetSpectaclesResponse", spectacles.CONTRACT))


def both(network: Network, **changes: object):
    given = {"plugins": list(PLUGINS), "contract_folders": [str(spectacles.FOLDER)], **changes}
    return Aggregation(settings_for(network, **given), lambda: NOW, everybody_may)


def known_as(address: str, category: str):
    return engagement(address, service_domain="riv:test:spectacles", categorization=category)


def test_the_domains_folder_is_in_the_official_layout_and_loads():
    assert [(one.name, one.reason) for one in check(spectacles.FOLDER)] == [("GetSpectacles", "")]


def test_its_answers_are_merged_and_told_of():
    clinics = {
        A: pairs(a_pair("lenses", "-2.5")),
        B: faults("closed"),
        C: pairs(a_pair("spectacles", "plenty")),
        D: pairs(a_pair("spectacles", "1"), '<x:more xmlns:x="urn:x"/>'),
    }
    with Network(clinics) as network, both(network) as service:
        network.engagements = [known_as(A, "LENSES"), known_as(B, "Spectacles"), known_as(C, "Lenses")]
        network.engagements += [known_as(D, "Spectacles"), known_as("SE2321009991-NO", "Monocles")]
        answer = ask(service, QUESTION, path=PATH)
        asked = {one.logical_address: one.said("kindOfEngagement") for one in network.seen}
    assert (answer.status, answer.payload.tag) == (200, f"{{{spectacles.CONTRACT}}}GetSpectaclesResponse")
    assert [xml.text_of(one) for one in answer.payload.iter("{*}dioptres")] == ["-2.5", "1"]
    assert [child.tag for child in answer.payload][2:] == ["{urn:x}more"]
    assert answer.codes == {A: "", B: "500", C: "43000", D: ""}
    assert asked == {A: "LENSES", B: "Spectacles", C: "Lenses", D: "Spectacles"}


def test_the_index_is_asked_for_its_domain_without_a_category_when_it_has_several():
    with Network() as network, both(network) as service:
        answer = ask(service, QUESTION, path=PATH)
        (asked,) = network.asked_index
    assert (asked.said("serviceDomain"), asked.said("categorization")) == ("riv:test:spectacles", "")
    assert processing_status.read(answer.message) == ()


def test_a_plug_in_with_one_category_asks_the_index_for_it_alone():
    class OnlyLenses(spectacles.AggregatedSpectacles):
        categorizations = ("Lenses",)

    folders = [str(spectacles.FOLDER)]
    with Network() as network, aggregation(network, plugins=[OnlyLenses()], contract_folders=folders) as service:
        ask(service, QUESTION, path=PATH)
        assert network.asked_index[0].said("categorization") == "Lenses"


def test_each_contract_has_its_own_address_and_refuses_the_others_messages():
    with Network({A: answers(times(A, "1"))}) as network, both(network) as service:
        assert ask(service).booking_ids == ["1"]
        assert ask(service, a_question(), path=PATH).faultstring == "The message is no GetSpectacles."
        assert ask(service, QUESTION).faultstring == "The message is no GetSubjectOfCareSchedule."
        assert ask(service, QUESTION, path="/elsewhere").status == 404


def test_a_contract_without_files_is_named():
    with Network() as network, pytest.raises(ValueError, match="no contract files of urn:riv:test:spectacles"):
        both(network, contract_folders=[])
