"""The plug-in of GetSubjectOfCareSchedule: what each clinic is asked, and answers one after another (AGG-2 to AGG-4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import codec, envelope, xml
from contracts.catalogue import Catalogue
from contracts.soap_service import ServiceFault
from contracts.validation import Validator
from national_services.aggregation import messages
from national_services.aggregation.plugins import load
from national_services.aggregation.schedule import AggregatedSchedule, create
from tests.contracts.messages import messages as any_message
from tests.national_services.aggregation.asking import a_question
from tests.national_services.aggregation.network import CONTRACT, engagement, enveloped, timeslot
from tests.people import ANNA, BERTIL

PLUGIN = AggregatedSchedule()
FORMS = codec.SCHEDULING_INTERACTIONS["GetSubjectOfCareSchedule"]
CATALOGUE = Catalogue.official()
VALIDATOR = Validator(CATALOGUE)
INTERACTION = CATALOGUE.find(CONTRACT, "rivtabp21")


def merged(*answers: xml.Element) -> xml.Element:
    """The merged element, out of a whole envelope as consumers get it."""
    payload = envelope.read(messages.around(b"", PLUGIN.merge(answers))).payload
    assert payload is not None
    return payload


def payload(body: bytes) -> xml.Element:
    found = envelope.read(body).payload
    assert found is not None
    return found


@given(st.lists(any_message(FORMS.response), max_size=5))
def test_all_times_and_all_foreign_elements_come_one_after_another(answers):
    elements = [payload(envelope.write_response(codec.encode(one))) for one in answers]
    whole = codec.decode(FORMS.response, merged(*elements))
    assert whole.timeslots == tuple(slot for one in answers for slot in one.timeslots)
    assert whole.extensions == tuple(more for one in answers for more in one.extensions)


@given(st.lists(any_message(FORMS.response), max_size=4))
def test_what_is_merged_of_valid_answers_is_valid(answers):
    elements = [payload(envelope.write_response(codec.encode(one))) for one in answers]
    message = envelope.read(messages.around(b"", PLUGIN.merge(elements)))
    assert VALIDATOR.check_response(message, INTERACTION) == ()


@given(any_message(FORMS.response), st.integers(2, 4))
def test_merging_step_by_step_gives_the_same_times(answer, times):
    one = payload(envelope.write_response(codec.encode(answer)))
    at_once = merged(*[one] * times)
    in_steps = merged()
    for _ in range(times):
        in_steps = merged(in_steps, one)
    assert codec.decode(FORMS.response, at_once) == codec.decode(FORMS.response, in_steps)


def test_of_no_answers_the_merged_one_is_empty():
    assert (merged().tag, len(merged())) == (f"{{{CONTRACT}}}GetSubjectOfCareScheduleResponse", 0)


def test_equal_times_stay_and_nothing_is_sorted():
    first, second = (payload(enveloped(timeslot("A", one))) for one in ("2", "1"))
    ids = [xml.text_of(one) for one in merged(first, second, first).iter("{*}bookingId")]
    assert ids == ["2", "1", "2"]


def test_a_times_bytes_are_kept_but_for_the_namespaces_that_it_takes_along():
    inner = (
        "<!-- odd --><q:timeslotDetail xmlns:c='urn:riv:crm:scheduling:1' >\n <c:healthcare_facility>  A\n"
        "</c:healthcare_facility><c:reason>a &amp; b</c:reason><!-- kept --><e:isInvitation xmlns:e="
        "'urn:riv:crm:scheduling:1.1'>true</e:isInvitation></q:timeslotDetail>"
    )
    answer = f"<q:GetSubjectOfCareScheduleResponse xmlns:q='{CONTRACT}'>{inner}</q:GetSubjectOfCareScheduleResponse>"
    told = PLUGIN.merge([xml.parse(answer.encode())]).decode()
    kept = "<c:healthcare_facility>  A\n</c:healthcare_facility><c:reason>a &amp; b</c:reason><!-- kept -->"
    assert kept in told


@pytest.mark.parametrize("prefix", ["m", "soapenv", "h", "", "ns1"])
def test_prefixes_of_a_source_never_clash_with_those_around_them(prefix):
    colon, declared = (f"{prefix}:", f"xmlns:{prefix}") if prefix else ("", "xmlns")
    name = "GetSubjectOfCareScheduleResponse"
    foreign = f"<{colon}x {declared}='urn:foreign' type='{colon}T'><none xmlns=''/></{colon}x>"
    told = xml.parse(f"<{colon}{name} {declared}='{CONTRACT}'>{foreign}</{colon}{name}>".encode())
    (child,) = merged(told)
    assert child.tag == "{urn:foreign}x"
    assert child.nsmap[prefix or None] == "urn:foreign"
    assert child[0].tag == "none"


def test_an_element_without_a_namespace_stays_without_one():
    told = xml.parse(f"<a:x xmlns:a='{CONTRACT}'><plain/></a:x>".encode())
    assert merged(told)[0].tag == "plain"


def test_names_in_values_mean_the_same_after_the_move():
    told = xml.parse(
        f"<a:x xmlns:a='{CONTRACT}' xmlns:t='urn:t'><f:y xmlns:f='urn:f' kind='t:K'>t:v</f:y></a:x>".encode()
    )
    assert merged(told)[0].nsmap["t"] == "urn:t"


def test_a_question_to_a_clinic_keeps_its_contract():
    incoming = envelope.read(a_question())
    body = PLUGIN.request_for("SE2321009991-2B01", engagement("x", resident=BERTIL.number), incoming)
    message = envelope.read(body)
    assert VALIDATOR.check_request(message) == ()
    assert (message.logical_address, message.profile) == ("SE2321009991-2B01", "rivtabp21")
    request = codec.decode(FORMS.request, message.payload)
    assert (request.healthcare_facility.text, request.subject_of_care) == ("SE2321009991-2B01", BERTIL.identity)
    assert envelope.read_actor(message) == ANNA.actor


@given(st.text(), st.text())
def test_whatever_the_index_says_a_question_can_be_read(address, resident):
    body = PLUGIN.request_for(address, engagement(address, resident=resident), envelope.read(a_question()))
    message = envelope.read(body)
    assert xml.text_of(message.payload[1]) == xml.carriable(resident)
    if address.strip():
        assert message.logical_address == xml.carriable(address) == xml.text_of(message.payload[0])


@pytest.mark.parametrize("inner", ["", "<m:subject_of_care/>", "<m:subject_of_care> </m:subject_of_care>"])
def test_a_question_about_nobody_is_the_callers_fault(inner):
    with pytest.raises(ServiceFault) as caught:
        PLUGIN.resident_of(payload(enveloped(inner, "GetSubjectOfCareSchedule")))
    assert caught.value.faultcode == "Client"


def test_the_resident_is_the_subject_of_care():
    assert PLUGIN.resident_of(payload(a_question())) == ANNA.number


def test_the_plug_in_is_loaded_by_its_name():
    (plugin,) = load(["national_services.aggregation.schedule:create"])
    assert isinstance(plugin, type(create()))


@pytest.mark.parametrize("name", ["", "x", "no.such:create", "national_services.aggregation.schedule:no", "os:sep"])
def test_a_plug_in_that_cannot_be_loaded_is_named(name):
    with pytest.raises(ValueError, match="The plug-in"):
        load([name])
