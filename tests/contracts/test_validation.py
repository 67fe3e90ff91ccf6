"""contracts/validation.py: what in a message breaks its contract, told without quoting it (contracts.md §2.3)."""

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from contracts import envelope
from contracts.catalogue import Catalogue
from contracts.errors import Violation
from contracts.validation import Validator
from contracts.xml import SchemaBroken
from tests.contracts.test_catalogue import XSD, a_domain
from tests.people import ANNA, PEOPLE

SAMPLES = Path(__file__).parents[1] / "samples"
OFFICIAL = Catalogue.official()
every_sample = pytest.mark.parametrize(
    "path", sorted(SAMPLES.rglob("*.xml")), ids=lambda path: path.relative_to(SAMPLES).as_posix()
)


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator(OFFICIAL)


def sample(interaction: str, name: str = "request", contract_set: str = "crm_scheduling_1.1") -> str:
    return (SAMPLES / contract_set / interaction / f"{name}.xml").read_text(encoding="utf-8")


def changed(text: str, old: str, new: str) -> bytes:
    assert old in text, old
    return text.replace(old, new).encode()


@every_sample
def test_every_sample_keeps_its_contract(path: Path, validator: Validator) -> None:
    message = envelope.read(path.read_bytes())
    if path.stem.startswith("request"):
        assert validator.check_request(message) == ()
    else:
        profile = "rivtabp20" if path.parts[-3] == "crm_scheduling_1.0" else "rivtabp21"
        interaction = OFFICIAL.find(message.contract, profile)
        assert interaction is not None
        assert validator.check_response(message, interaction) == ()


# Twenty ways to break a request


@dataclass(frozen=True)
class Break:
    """A change to a sample, and what must be said of it."""

    old: str
    new: str
    path: str
    line: int
    rule: str
    sentence: str
    interaction: str = "MakeBooking"
    contract_set: str = "crm_scheduling_1.1"


FIRST = "MakeBooking/requestedTimeslot"
SECRET = ANNA.number[:11]  # no complete number, so the schema refuses it
BREAKS = {
    "a person id with a hyphen": Break(
        f"<core:subject_of_care>{ANNA.number}", f"<core:subject_of_care>{ANNA.number[:8]}-{ANNA.number[8:]}",
        f"{FIRST}/subject_of_care", 22, "pattern", "the value does not match the pattern [0-9]{8}[0-9pPtTfF][0-9]{3}",
    ),
    "a short person id": Break(
        f"<core:subject_of_care>{ANNA.number}", f"<core:subject_of_care>{SECRET}",
        f"{FIRST}/subject_of_care", 22, "pattern", "[0-9]{8}[0-9pPtTfF][0-9]{3}",
    ),
    "an empty person id": Break(
        f"<core:subject_of_care>{ANNA.number}", "<core:subject_of_care>", f"{FIRST}/subject_of_care", 22, "pattern", "pattern",
    ),
    "a time without seconds": Break(
        "20261214081000", "2026121408100", f"{FIRST}/startTimeInclusive", 19, "pattern", "the value does not match the pattern",
    ),
    "a time with a zone": Break(
        "20261214081000", "2026-12-14T08:10:00Z", f"{FIRST}/startTimeInclusive", 19, "pattern", "pattern",
    ),
    "a month 13": Break("20261214081000", "20261314081000", f"{FIRST}/startTimeInclusive", 19, "pattern", "pattern"),
    "an element missing at the start": Break(
        "<r:healthcare_facility_med>SE2321009991-2B02</r:healthcare_facility_med>", "", FIRST, 18, "sequence",
        "this element is not expected here; expected is ( healthcare_facility_med )",
    ),
    "an element missing inside": Break(
        "<core:healthcare_facility>SE2321009991-2B02</core:healthcare_facility>", "", f"{FIRST}/subject_of_care", 22,
        "sequence", "this element is not expected here; expected is ( healthcare_facility )",
    ),
    "elements missing at the end": Break(
        "<core_ext:lastName>Provbäck</core_ext:lastName>", "", "MakeBooking/subject_of_care_info", 24, "sequence",
        "child elements are missing; expected is one of ( middleName, lastName )",
    ),
    "an element twice": Break(
        "<core:endTimeExclusive>20261214082000</core:endTimeExclusive>",
        "<core:endTimeExclusive>20261214082000</core:endTimeExclusive><core:endTimeExclusive>20261214082000</core:endTimeExclusive>",
        f"{FIRST}/endTimeExclusive", 20, "sequence", "this element is not expected here; expected is ( healthcare_facility )",
    ),
    "an element in the wrong namespace": Break(
        "core:startTimeInclusive", "r:startTimeInclusive", f"{FIRST}/startTimeInclusive", 19, "sequence",
        "the contract has it in the namespace urn:riv:crm:scheduling:1, here it is in another one",
    ),
    "an element that nobody knows": Break(
        "<r:requestedTimeslot>", "<r:requestedTimeslot><core:colour>red</core:colour>", f"{FIRST}/colour", 18, "sequence",
        "expected is one of ( startTimeInclusive, endTimeExclusive, healthcare_facility )",
    ),
    "an element named by a person": Break(
        "<r:requestedTimeslot>", f"<r:requestedTimeslot><core:p{ANNA.number}/>", f"{FIRST}/p…", 18, "sequence", "not expected",
    ),
    "a wrong spelling corrected": Break(
        "healthcare_facility_med", "healthcare_facility", "MakeBooking/healthcare_facility", 17, "sequence",
        "expected is ( healthcare_facility_med )",
    ),
    "an extension in a timeslot": Break(
        "</r:requestedTimeslot>", '<x:more xmlns:x="urn:x"/></r:requestedTimeslot>', f"{FIRST}/more", 23, "sequence", "not expected",
    ),
    "a flag that is neither true nor false": Break(
        "</r:requestedTimeslot>", f"<core:cancel_booking_allowed>{ANNA.number}</core:cancel_booking_allowed></r:requestedTimeslot>",
        f"{FIRST}/cancel_booking_allowed", 23, "type", "the value is not of the type xs:boolean",
    ),
    "an attribute": Break(
        "<r:MakeBooking>", f'<r:MakeBooking note="{ANNA.number}">', "MakeBooking", 16, "attribute",
        "the contract declares no such attribute",
    ),
    "an attribute on a value": Break(
        "<core:startTimeInclusive>", f'<core:startTimeInclusive note="{ANNA.number}">', f"{FIRST}/startTimeInclusive", 19,
        "attribute", "the contract declares no such attribute",
    ),
    "text between elements": Break(
        "<r:MakeBooking>", f"<r:MakeBooking>{ANNA.number}", "MakeBooking", 16, "content", "the element must hold elements alone, no text",
    ),
    "an element inside a value": Break(
        "20261214081000", "<b>20261214081000</b>", f"{FIRST}/startTimeInclusive", 19, "content", "the element must hold text alone",
    ),
    "an operation that the contract has not": Break(
        "r:MakeBooking>", "r:UnmakeBooking>", "UnmakeBooking", 16, "element",
        "the contract has no such element here; expected is MakeBooking",
    ),
    "a response in place of the request": Break(
        "r:MakeBooking>", "r:MakeBookingResponse>", "MakeBookingResponse", 16, "element", "expected is MakeBooking",
    ),
    "a date with a clock time": Break(
        "<r:startDateInclusive>20261214", "<r:startDateInclusive>20261214080000", "GetAvailableDates/startDateInclusive", 17,
        "pattern", "pattern", interaction="GetAvailableDates",
    ),
    "a name of 1.1 in a message of 1.0": Break(
        "<core:phone>070-1740606</core:phone>", "<core:firstName>Anna</core:firstName>",
        "MakeBooking/subject_of_care_info/firstName", 21, "sequence", "not expected", contract_set="crm_scheduling_1.0",
    ),
}  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS.values(), ids=BREAKS.keys())
def test_a_broken_body_is_told_with_path_line_rule_and_sentence(broken: Break, validator: Validator) -> None:
    data = changed(sample(broken.interaction, contract_set=broken.contract_set), broken.old, broken.new)
    found = validator.check_request(envelope.read(data))
    assert (found[0].path, found[0].line, found[0].rule) == (broken.path, broken.line, broken.rule)
    assert broken.sentence in found[0].sentence


@pytest.mark.parametrize("broken", BREAKS.values(), ids=BREAKS.keys())
def test_what_is_told_quotes_no_value(broken: Break, validator: Validator) -> None:
    """DESIGN decision 10."""
    data = changed(sample(broken.interaction, contract_set=broken.contract_set), broken.old, broken.new)
    told = "".join(map(str, validator.check_request(envelope.read(data))))
    values = [SECRET, "Provbäck", "20261214", "SE2321009991", "red", *(person.number for person in PEOPLE)]
    assert [value for value in values if value in told] == []


def test_a_value_that_imitates_the_schemas_own_words_is_not_quoted(validator: Validator) -> None:
    data = changed(
        sample("MakeBooking"), "20261214081000", f"is not accepted by the pattern '{ANNA.number}'. Expected is x"
    )
    (found, *_) = validator.check_request(envelope.read(data))
    assert ANNA.number not in str(found)


def test_a_value_of_megabytes_is_told_without_its_pattern(validator: Validator) -> None:
    """libxml2 cuts its own sentence off; what is left of it is a value."""
    data = changed(
        sample("MakeBooking"), f"<core:subject_of_care>{ANNA.number}", "<core:subject_of_care>" + "1" * 5_000_000
    )
    (found,) = validator.check_request(envelope.read(data))
    assert (found.rule, found.sentence) == ("pattern", "the value does not match the pattern")


def test_several_broken_rules_are_all_told(validator: Validator) -> None:
    text = sample("MakeBooking").replace("20261214081000", "x").replace("20261214082000", "y")
    found = validator.check_request(
        envelope.read(changed(text, f"<core:subject_of_care>{ANNA.number}", "<core:subject_of_care>z"))
    )
    assert [one.path.rpartition("/")[2] for one in found] == [
        "startTimeInclusive",
        "endTimeExclusive",
        "subject_of_care",
    ]


def test_at_most_twenty_violations_are_told(validator: Validator) -> None:
    attributes = " ".join(f"a{number}='1'" for number in range(40))
    data = changed(sample("MakeBooking"), "<r:MakeBooking>", f"<r:MakeBooking {attributes}>")
    assert len(validator.check_request(envelope.read(data))) == 20


def test_the_path_is_right_in_a_message_without_prefixes(validator: Validator) -> None:
    text = sample("MakeBooking").replace(
        "<r:MakeBooking>", '<MakeBooking xmlns="urn:riv:crm:scheduling:MakeBookingResponder:1">'
    )
    text = text.replace("</r:MakeBooking>", "</MakeBooking>").replace("r:subject_of_care_info", "subject_of_care_info")
    (found,) = validator.check_request(
        envelope.read(changed(text, "<core_ext:firstName>Anna", "<core_ext:firstName>An<b/>na"))
    )
    assert found.path == "MakeBooking/subject_of_care_info/firstName"


def test_odd_envelopes_are_told_beside_the_body(validator: Validator) -> None:
    """contracts.md §2.6 rules 1 and 7."""
    data = changed(
        sample("MakeBooking"), "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope"
    )
    assert [one.rule for one in validator.check_request(envelope.read(data))] == ["BP21-1"]
    data = changed(sample("MakeBooking"), "</soap:Body>", "<x/></soap:Body>")
    assert [one.rule for one in validator.check_request(envelope.read(data))] == ["BP21-7"]


@pytest.mark.parametrize("body", ["", "<Ask xmlns='urn:riv:other:AskResponder:1'>?</Ask>", "<Ask>?</Ask>"])
def test_what_has_no_contract_of_ours_is_not_judged(body: str, validator: Validator) -> None:
    data = f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{body}</e:Body></e:Envelope>'
    assert validator.check_request(envelope.read(data.encode())) == ()


# Errata


@pytest.mark.parametrize(
    ("contract_set", "interaction"),
    [
        ("crm_scheduling_1.1", "MakeBooking"),
        ("crm_scheduling_1.0", "MakeBooking"),
        ("itintegration_engagementindex_1.0", "Update"),
    ],
)
def test_read_strictly_the_official_schemas_refuse_every_real_id(contract_set: str, interaction: str) -> None:
    """contracts.md §1 item 1: the official pattern's ^ and $ are letters."""
    message = envelope.read(sample(interaction, contract_set=contract_set).encode())
    strict = Validator(Catalogue.official(strict=True))
    assert "pattern" in {one.rule for one in strict.check_request(message)}
    assert Validator(OFFICIAL).check_request(message) == ()


def test_read_strictly_the_official_schemas_take_an_id_between_the_anchors() -> None:
    data = changed(
        sample("MakeBooking"), f"<core:subject_of_care>{ANNA.number}", f"<core:subject_of_care>^{ANNA.number}$"
    )
    assert Validator(Catalogue.official(strict=True)).check_request(envelope.read(data)) == ()
    assert [one.rule for one in Validator(OFFICIAL).check_request(envelope.read(data))] == ["pattern"]


# Profiles


def test_the_profile_decides_which_version_a_body_is_held_against(validator: Validator) -> None:
    """platform.md §4.3: 1.0 is 2.0 and knows no names, 1.1 is 2.1 and demands them."""
    old = sample("MakeBooking", contract_set="crm_scheduling_1.0")
    new = old.replace("http://www.w3.org/2005/08/addressing", "urn:riv:itintegration:registry:1")
    new = new.replace("wsa:To", "wsa:LogicalAddress")
    assert validator.check_request(envelope.read(old.encode())) == ()
    assert [one.rule for one in validator.check_request(envelope.read(new.encode()))] == ["sequence"]


def test_a_body_does_not_escape_its_schema_by_the_other_profile(validator: Validator) -> None:
    text = sample("GetAllCareTypes").replace("urn:riv:itintegration:registry:1", "http://www.w3.org/2005/08/addressing")
    text = text.replace("reg:LogicalAddress", "reg:To").replace("r:GetAllCareTypes>", "r:GetNothing>")
    message = envelope.read(text.encode())
    assert message.profile == "rivtabp20"
    assert [one.rule for one in validator.check_request(message)] == ["element"]


# Answers


def checked_answer(validator: Validator, data: bytes, name: str = "MakeBooking") -> list[tuple[str, str]]:
    interaction = OFFICIAL.find(f"urn:riv:crm:scheduling:{name}Responder:1", "rivtabp21")
    assert interaction is not None
    return [(one.rule, one.path) for one in validator.check_response(envelope.read(data), interaction)]


def test_a_broken_answer_is_told(validator: Validator) -> None:
    answer = sample("MakeBooking", "response")
    assert checked_answer(validator, changed(answer, ">OK<", ">MAYBE<")) == [
        ("enumeration", "MakeBookingResponse/resultCode")
    ]
    assert checked_answer(validator, sample("MakeBooking").encode()) == [("element", "MakeBooking")]


def test_an_enumeration_tells_what_may_stand_there(validator: Validator) -> None:
    message = envelope.read(changed(sample("MakeBooking", "response"), ">OK<", f">{ANNA.number}<"))
    interaction = OFFICIAL.find(message.contract, "rivtabp21")
    assert interaction is not None
    (found,) = validator.check_response(message, interaction)
    assert {code for code in ("OK", "INFO", "ERROR") if code in found.sentence} == {"OK", "INFO", "ERROR"}
    assert ANNA.number not in found.sentence


def test_an_answer_with_an_empty_body_is_told(validator: Validator) -> None:
    data = b'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">\n<e:Body/></e:Envelope>'
    assert checked_answer(validator, data) == [("BP21-7", "Body")]


def test_a_fault_breaks_no_contract(validator: Validator) -> None:
    """contracts.md G-14."""
    assert checked_answer(validator, envelope.write_fault("Server", "The database is locked.")) == []


# Schemas


def test_every_schema_of_the_official_set_compiles() -> None:
    Validator(OFFICIAL).warm_up()


@pytest.mark.parametrize(
    "location", ["../../../outside.xsd", "http://127.0.0.1:9/my_domain_2.1.xsd", "https://example.org/x.xsd"]
)
def test_a_contract_whose_schema_leaves_its_folder_is_refused(tmp_path: Path, location: str) -> None:
    (tmp_path / "outside.xsd").write_text(XSD)
    folder = a_domain(tmp_path, xsd=XSD.replace("../../core_components/my_domain_2.1.xsd", location))
    with pytest.raises(SchemaBroken):
        Validator(Catalogue.official(folder)).warm_up()


def test_an_added_domain_is_validated_too(tmp_path: Path) -> None:
    """DESIGN decision 3."""
    validator = Validator(Catalogue.official(a_domain(tmp_path)))
    template = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Header><LogicalAddress>SE1</LogicalAddress></e:Header>'
        '<e:Body><Ask xmlns="urn:riv:my:domain:AskResponder:2">{}</Ask></e:Body></e:Envelope>'
    )
    assert validator.check_request(envelope.read(template.format("short").encode())) == ()
    (found,) = validator.check_request(envelope.read(template.format("too long").encode()))
    assert (found.path, found.rule) == ("Ask", "maxlength-valid")


def test_one_validator_serves_eight_threads() -> None:
    """DESIGN decision 5: error_log belongs to the schema object, so each thread must have its own."""
    shared = Validator(OFFICIAL)
    good = envelope.read(sample("MakeBooking").encode())
    ready, wrong = threading.Barrier(8), []

    def judge(number: int) -> None:
        name = f"e{number}"
        bad = changed(sample("MakeBooking"), "<r:requestedTimeslot>", f"<r:requestedTimeslot><core:{name}/>")
        own_good, own_bad = envelope.read(sample("MakeBooking").encode()), envelope.read(bad)
        ready.wait()
        for _ in range(100):
            found = shared.check_request(own_bad)
            if shared.check_request(own_good) or [one.path for one in found] != [
                f"MakeBooking/requestedTimeslot/{name}"
            ]:
                wrong.append((name, found))

    threads = [threading.Thread(target=judge, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert shared.check_request(good) == ()


def test_a_violation_reads_as_a_sentence_with_its_place() -> None:
    assert str(Violation("A/b", 3, "pattern", "the value is odd")) == "line 3, A/b: the value is odd [pattern]"
