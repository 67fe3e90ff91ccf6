"""The index's messages and their XML: there and back again, in the schema's order, blanks and all."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import engagement_codec as codec
from contracts import engagements as e
from contracts import envelope
from contracts.catalogue import Catalogue
from contracts.errors import ContractViolation
from contracts.identifiers import HsaId
from contracts.validation import Validator
from tests.contracts.test_subscriber import an_engagement
from tests.people import PEOPLE

SAMPLES = sorted((Path(__file__).parents[1] / "samples" / "itintegration_engagementindex_1.0").glob("*/*.xml"))
INDEX = HsaId("SE2321009991-EI01")
texts = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_characters="\x7f"), min_size=1, max_size=20
).filter(str.strip)
"""Never blank alone: such a value is not written."""
optional = st.none() | texts
residents = st.sampled_from([person.number for person in PEOPLE])
stamps = st.sampled_from(["20261201082000", "20270228235959", "19000101000000"])
engagements = st.builds(
    e.Engagement,
    resident=residents,
    service_domain=st.just(e.DOMAIN),
    categorization=texts,
    logical_address=texts,
    business_object=texts,
    clinical_process=texts,
    most_recent_content=st.none() | stamps,
    source_system=texts,
    creation_time=st.none() | stamps,
    update_time=st.none() | stamps,
    data_controller=texts,
    owner=optional,
)
transactions = st.lists(st.builds(e.EngagementTransaction, st.booleans(), engagements), max_size=3).map(tuple)
messages = st.one_of(
    st.builds(e.Update, transactions),
    st.builds(e.ProcessNotification, transactions),
    st.builds(e.UpdateResponse, st.sampled_from(["OK", "INFO", "ERROR"]), st.none() | st.just("En text")),
    st.builds(e.FindContent, residents, st.just(e.DOMAIN), optional, optional, optional, optional, st.none() | stamps),
    st.builds(e.FindContentResponse, st.lists(engagements, max_size=3).map(tuple)),
    st.builds(e.GetUpdates, st.just(e.DOMAIN), stamps, st.none() | residents),
    st.builds(
        e.GetUpdatesResponse,
        st.booleans(),
        st.lists(
            st.builds(e.ResidentEngagements, residents, st.lists(engagements, max_size=2).map(tuple)), max_size=2
        ).map(tuple),
    ),
)
VALIDATOR = Validator(Catalogue.official())


def form_of(message: envelope.Message) -> codec.codec.Form:
    interaction = codec.BY_CONTRACT[message.contract or ""]
    is_answer = (message.interaction or "").endswith("Response")
    return interaction.response if is_answer else interaction.request


@given(messages)
def test_a_message_comes_back_as_it_went(message):
    read = envelope.read(envelope.write_request(codec.encode(message), INDEX, None))
    assert codec.decode(form_of(read), read.payload) == message


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_sample_is_read_and_written_alike(path):
    read = envelope.read(path.read_bytes())
    value = codec.decode(form_of(read), read.payload)
    assert codec.decode(form_of(read), codec.encode(value)) == value


def test_what_is_written_keeps_its_contract():
    told = e.Update((e.EngagementTransaction(False, an_engagement(owner=None)),))
    message = envelope.read(envelope.write_request(codec.encode(told), INDEX, None))
    assert VALIDATOR.check_request(message) == ()


def test_blanks_around_a_text_are_kept_for_the_index_to_judge():
    told = e.Update((e.EngagementTransaction(False, an_engagement(categorization=" Booking ")),))
    read = envelope.read(envelope.write_request(codec.encode(told), INDEX, None))
    (change,) = codec.decode(codec.UPDATE.request, read.payload).transactions
    assert change.engagement.categorization == " Booking "


def test_a_flag_that_is_none_is_told_by_its_place():
    told = e.Update((e.EngagementTransaction(False, an_engagement()),))
    body = envelope.write_request(codec.encode(told), INDEX, None).replace(b"deleteFlag>false", b"deleteFlag>nej")
    with pytest.raises(ContractViolation, match="deleteFlag"):
        codec.decode(codec.UPDATE.request, envelope.read(body).payload)


@given(messages)
def test_no_message_names_a_citizen_in_its_repr(message):
    assert not any(person.number in repr(message) for person in PEOPLE)
