"""What the index refuses, by SOAP: codes EI000 to EI006, their texts and the order of checks (platform.md §21.2)."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from contracts import engagement_codec as codec
from contracts import engagements as e
from contracts import envelope
from contracts.identifiers import HsaId
from national_services.index.service import FIND_CONTENT_PATH, GET_UPDATES_PATH, NOTIFICATION_PATH, UPDATE_PATH
from tests.national_services.index.world import (
    CLINIC,
    INDEX,
    OTHER_INDEX,
    PLATFORM,
    Soap,
    World,
    a_request,
    a_world,
    fault_of,
    get,
    gone,
    pieces,
    question,
    soap,
    told,
)
from tests.people import ANNA


def an_update(*changes: e.EngagementTransaction) -> e.Update:
    return e.Update(changes)


def a_notification(*changes: e.EngagementTransaction) -> e.ProcessNotification:
    return e.ProcessNotification(changes)


EACH_SERVICE = [
    (UPDATE_PATH, an_update(told())),
    (NOTIFICATION_PATH, a_notification(told(owner=OTHER_INDEX))),
    (FIND_CONTENT_PATH, question()),
    (GET_UPDATES_PATH, e.GetUpdates(e.DOMAIN, "20261124000000")),
]


@pytest.mark.parametrize(("path", "message"), EACH_SERVICE)
def test_each_service_answers_by_its_contract(index_by_soap: Soap, path: str, message: object) -> None:
    index_by_soap.ask(path, message)


@pytest.mark.parametrize("correlation_id", [None, "", "  "])
@pytest.mark.parametrize(("path", "message"), EACH_SERVICE)
def test_a_call_without_a_correlation_id_is_a_fault(
    index_by_soap: Soap, path: str, message: object, correlation_id: str | None
) -> None:
    assert index_by_soap.fault(path, message, correlation_id=correlation_id) == (
        "EI000: A technical error has occurred, error message: the HTTP header x-skltp-correlation-id is missing"
    )


def test_row_68_an_update_to_another_address_is_ei003(index_by_soap: Soap, world: World) -> None:
    """platform.md §24 row 68; EI-5."""
    assert index_by_soap.fault(UPDATE_PATH, an_update(told()), address=OTHER_INDEX) == (
        f"EI003: Invalid routing. Logical address is {OTHER_INDEX} but the owner is {INDEX}. They must be the same. "
        "See rule for Update-R7 in service contract"
    )
    assert pieces(world.find()) == []


def test_ei003_names_no_citizen_whose_number_is_the_address(index_by_soap: Soap) -> None:
    assert ANNA.number not in index_by_soap.fault(UPDATE_PATH, an_update(told()), address=ANNA.number)


def test_an_update_may_have_the_alternative_address(tmp_path: Path) -> None:
    with a_world(tmp_path, alternative_hsa_id="5565594230") as world, soap(world) as asked:
        asked.ask(UPDATE_PATH, an_update(told()), address="5565594230")
        assert [one.owner for one in world.find().engagements] == [INDEX]


def test_an_update_without_an_address_is_ei003(index_by_soap: Soap) -> None:
    body = envelope.write_response(codec.encode(an_update(told())))
    assert fault_of(index_by_soap.post(UPDATE_PATH, body)).startswith("EI003: Invalid routing. Logical address is  but")


@pytest.mark.parametrize("number", [0, 1001])
def test_ei000_a_message_holds_1_to_1000_transactions(index_by_soap: Soap, number: int) -> None:
    changes = [told(business_object=f"B-{one}") for one in range(number)]
    for path, message in ((UPDATE_PATH, an_update(*changes)), (NOTIFICATION_PATH, a_notification(*changes))):
        assert index_by_soap.fault(path, message) == (
            "EI000: A technical error has occurred, error message: "
            f"a message holds 1 to 1000 engagementTransactions, not {number}"
        )


def test_a_message_may_hold_1000_transactions(index_by_soap: Soap) -> None:
    message = an_update(*(told(business_object=f"B-{one}", version=1) for one in range(1000)))
    assert index_by_soap.ask(UPDATE_PATH, message) == e.UpdateResponse("OK")


def test_row_67_two_transactions_with_one_key_are_ei002(index_by_soap: Soap, world: World) -> None:
    """platform.md §24 row 67; EI-2."""
    message = an_update(told(business_object="B-0"), told(), gone(owner=OTHER_INDEX))
    assert index_by_soap.fault(UPDATE_PATH, message) == (
        "EI002: EngagementTransaction #2 and #3 have the same key. That is not allowed. "
        "See rule for Update-R1 in service contract"
    )
    assert pieces(world.find()) == []


def test_owners_tell_a_notices_transactions_apart(index_by_soap: Soap) -> None:
    message = a_notification(told(owner=OTHER_INDEX), told(owner="SE2321009991-EI03"))
    assert index_by_soap.ask(NOTIFICATION_PATH, message) == e.ProcessNotificationResponse("OK")


MANDATORY = {
    "resident": "registeredResidentIdentification",
    "service_domain": "serviceDomain",
    "categorization": "categorization",
    "logical_address": "logicalAddress",
    "business_object": "businessObjectInstanceIdentifier",
    "clinical_process": "clinicalProcessInterestId",
    "source_system": "sourceSystem",
    "data_controller": "dataController",
}


@pytest.mark.parametrize(("part", "name"), MANDATORY.items())
def test_ei004_a_mandatory_part_is_missing(index_by_soap: Soap, part: str, name: str) -> None:
    assert index_by_soap.fault(UPDATE_PATH, an_update(told(**{part: ""}))) == (
        f"EI004: The payload does not validate, error messge: {name} in EngagementTransaction #1 "
        "is mandatory and is missing"
    )


@pytest.mark.parametrize("blanks", [" {}", "{}\n", "\t{} "])
@pytest.mark.parametrize(("part", "name"), MANDATORY.items())
def test_ei004_a_mandatory_part_begins_or_ends_with_blanks(
    index_by_soap: Soap, part: str, name: str, blanks: str
) -> None:
    text = blanks.format(getattr(told().engagement, part))
    assert index_by_soap.fault(UPDATE_PATH, an_update(told(business_object="B-0"), told(**{part: text}))) == (
        f"EI004: The payload does not validate, error messge: {name} in EngagementTransaction #2 "
        "begins or ends with blanks"
    )


@pytest.mark.parametrize(
    ("owner", "why"), [(None, "is mandatory and is missing"), (f"{OTHER_INDEX} ", "begins or ends with blanks")]
)
def test_ei004_a_notice_needs_its_owner(index_by_soap: Soap, owner: str | None, why: str) -> None:
    assert index_by_soap.fault(NOTIFICATION_PATH, a_notification(told(owner=owner))) == (
        f"EI004: The payload does not validate, error messge: owner in EngagementTransaction #1 {why}"
    )


@pytest.mark.parametrize(
    ("part", "most"),
    [
        ("resident", 32),
        ("service_domain", 255),
        ("categorization", 255),
        ("logical_address", 64),
        ("source_system", 64),
        ("data_controller", 64),
        ("business_object", 128),
        ("clinical_process", 128),
    ],
)
def test_ei004_a_part_is_too_long(index_by_soap: Soap, part: str, most: int) -> None:
    assert index_by_soap.fault(UPDATE_PATH, an_update(told(**{part: "x" * (most + 1)}))) == (
        f"EI004: The payload does not validate, error messge: {MANDATORY[part]} in EngagementTransaction #1 "
        f"is longer than {most} characters"
    )
    if part != "resident":  # which the schema wants in 12 characters
        index_by_soap.ask(UPDATE_PATH, an_update(told(**{part: "x" * most})))


@pytest.mark.parametrize("part", ["most_recent_content", "creation_time", "update_time"])
@pytest.mark.parametrize("time", ["20260231080000", "2026", "2026-12-14 0810"])
def test_ei004_a_time_is_none(index_by_soap: Soap, part: str, time: str) -> None:
    fault = index_by_soap.fault(UPDATE_PATH, an_update(told(**{part: time})))
    assert fault.startswith("EI004: The payload does not validate, error messge: ")


@pytest.mark.parametrize("reserved", [INDEX, PLATFORM, INDEX.lower()])
def test_ei005_the_address_is_reserved(index_by_soap: Soap, reserved: str) -> None:
    assert index_by_soap.fault(UPDATE_PATH, an_update(told(logical_address=reserved))) == (
        f"EI005: The logicalAddress in EngagementTransaction #1 is reserved and not allowed, hsa-id: {reserved}"
    )


@pytest.mark.parametrize("reserved", [INDEX, PLATFORM])
def test_ei006_the_source_is_reserved(index_by_soap: Soap, reserved: str) -> None:
    message = a_notification(told(owner=OTHER_INDEX), told(owner=OTHER_INDEX, source_system=reserved))
    assert index_by_soap.fault(NOTIFICATION_PATH, message) == (
        f"EI006: The sourceSystem in EngagementTransaction #2 is reserved and not allowed, hsa-id: {reserved}"
    )


def test_who_is_reserved_can_be_set(tmp_path: Path) -> None:
    with a_world(tmp_path, not_allowed_hsa_ids=(CLINIC,)) as world, soap(world) as asked:
        assert asked.fault(UPDATE_PATH, an_update(told())).startswith("EI005: ")
        asked.ask(UPDATE_PATH, an_update(told(logical_address=PLATFORM)))


def test_the_first_check_that_fails_decides(index_by_soap: Soap) -> None:
    """Address, count, then for each transaction: same key, blanks, reserved, mandatory, length, dates."""
    wrong = {"most_recent_content": "2026"}
    assert index_by_soap.fault(UPDATE_PATH, an_update(), address=OTHER_INDEX)[:5] == "EI003"
    for code, part, text_ in (
        ("EI004: ", "categorization", "x" * 256),
        ("mandatory", "categorization", ""),
        ("EI006: ", "source_system", INDEX),
        ("EI005: ", "logical_address", INDEX),
        ("blanks", "business_object", "B-1 "),
    ):
        wrong[part] = text_
        assert code in index_by_soap.fault(UPDATE_PATH, an_update(told(**wrong)))
    other = {**wrong, "most_recent_content": None}
    assert "blanks" in index_by_soap.fault(UPDATE_PATH, an_update(told(**wrong), told(**other)))
    assert "EI002" in index_by_soap.fault(UPDATE_PATH, an_update(told(), replace(told(), is_deletion=True)))


# -- EI001


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<core:deleteFlag>false", b"<core:deleteFlag>maybe"),
        (b"<core:deleteFlag>false</core:deleteFlag>", b""),
        (b"<engagementTransaction>", b"<engagementTransaction><hello/>"),
    ],
)
def test_ei001_the_payload_does_not_follow_the_schema(index_by_soap: Soap, before: bytes, after: bytes) -> None:
    body = a_request(an_update(told()))
    assert before in body
    assert fault_of(index_by_soap.post(UPDATE_PATH, body.replace(before, after))).startswith(
        "EI001: The payload does not follow the XML Schema, error messge: line "
    )


def test_ei001_quotes_nobody(index_by_soap: Soap) -> None:
    """A number that the schema's pattern refuses may be a mistyped one."""
    fault = index_by_soap.fault(UPDATE_PATH, an_update(told(resident=ANNA.number + "0")))
    assert fault.startswith("EI001: ")
    assert ANNA.number[:8] not in fault


def test_ei001_elements_in_another_order(index_by_soap: Soap, world: World) -> None:
    payload = codec.encode(an_update(told()))
    (transaction,) = payload
    transaction.append(transaction[0])
    assert fault_of(index_by_soap.post(UPDATE_PATH, envelope.write_request(payload, HsaId(INDEX), None))).startswith(
        "EI001"
    )
    assert pieces(world.find()) == []


def test_ei001_another_services_message(index_by_soap: Soap) -> None:
    assert index_by_soap.fault(UPDATE_PATH, question()) == (
        "EI001: The payload does not follow the XML Schema, error messge: the body holds no Update"
    )
    empty = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>'
    assert fault_of(index_by_soap.post(FIND_CONTENT_PATH, empty)).endswith("the body holds no FindContent")


# -- Questions


@pytest.mark.parametrize(
    ("part", "name"), [("resident", "registeredResidentIdentification"), ("service_domain", "serviceDomain")]
)
def test_ei000_a_question_names_a_citizen_and_a_domain(index_by_soap: Soap, part: str, name: str) -> None:
    """EI-11: invalid input is a technical error."""
    assert index_by_soap.fault(FIND_CONTENT_PATH, question(**{part: ""})) == (
        f"EI000: A technical error has occurred, error message: {name} is mandatory and must not be empty"
    )


def test_a_time_that_is_none_in_a_question_is_a_fault(index_by_soap: Soap) -> None:
    assert index_by_soap.fault(FIND_CONTENT_PATH, question(most_recent_content="20260231000000"))[:5] == "EI000"
    assert index_by_soap.fault(FIND_CONTENT_PATH, question(most_recent_content="2026"))[:5] == "EI001"
    assert index_by_soap.fault(GET_UPDATES_PATH, e.GetUpdates(e.DOMAIN, "20260231000000"))[:5] == "EI000"


# -- A broken database


def break_database(world: World) -> None:
    engine = create_engine(world.settings.url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE engagements RENAME TO elsewhere"))
    engine.dispose()


def test_a_broken_database_says_no_ok(tmp_path: Path, database_url: str) -> None:
    with a_world(tmp_path, database_url=database_url) as world, soap(world) as asked:
        break_database(world)
        kind = "OperationalError" if database_url.startswith("sqlite") else "ProgrammingError"
        assert asked.fault(UPDATE_PATH, an_update(told())) == (
            f"EI000: A technical error has occurred, error message: the message could not be stored ({kind})"
        )
        assert asked.fault(FIND_CONTENT_PATH, question()) == (
            f"EI000: A technical error has occurred, error message: {kind}"
        )
        status, body = get(world.index.application, "/skltp-ei/status")
        assert (status, kind in body.decode()) == (503, True)


def test_what_failed_is_not_stored_later(tmp_path: Path) -> None:
    with a_world(tmp_path) as world:
        break_database(world)
        with pytest.raises(Exception, match="EI000"):
            world.update(told())
        engine = create_engine(world.settings.url)
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO engagements"))
        engine.dispose()
        assert (pieces(world.find()), world.operations()) == ([], [])


def test_nobody_from_elsewhere_may_ask(world: World) -> None:
    assert get(world.index.application, "/skltp-ei/status", client="192.0.2.1")[0] == 403
