"""Who calls: the certificate on HTTPS, what a proxy tells on HTTP (platform.md §5, §6; §24 rows 1–7, 42–44)."""

import ssl

import pytest
from cryptography.x509.oid import NameOID

from conformance.gateway.certificates import ORGANISATION
from tests.platform import wire
from tests.platform.catalogue import CONSUMER, INSTANCE, STRANGER
from tests.platform.letter import detail_of
from tests.platform.messages import ANSWER, a_message
from tests.platform.world import CERTIFICATE, Gateway, World

NO_CERTIFICATE = f"No certificate found in httpheader {CERTIFICATE}"
OWN = {"x-vp-sender-id": CONSUMER, "x-vp-instance-id": INSTANCE}
HISTORY = "x-rivta-routing-history"
ORIGINAL = "x-rivta-original-serviceconsumer-hsaid"
NOT_LISTED = (
    "Caller was not on the white list of accepted IP-addresses.  IP-address: {0}. HTTP header that caused checking: {1}"
)


# HTTPS


def test_24_row_1_a_call_over_https_is_answered_byte_for_byte(gateway: Gateway) -> None:
    """platform.md §24 row 1, §5.1."""
    reply = gateway.call(shown=gateway.world.consumer)
    assert (reply.status, reply.body) == (200, ANSWER)
    assert gateway.seen(reply).header("x-vp-sender-id") == CONSUMER


def test_5_1_without_a_client_certificate_the_handshake_fails(gateway: Gateway) -> None:
    """platform.md §5.1, §15."""
    context = gateway.world.client_context(None)
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        gateway_answer_over(gateway, context)
    assert gateway.still_answers()


def gateway_answer_over(gateway: Gateway, context: ssl.SSLContext) -> None:
    with wire.connect(gateway.process.ports["https"], context) as connection:
        connection.sendall(wire.request("POST", "/vp/x", {"Connection": "close"}, a_message()))
        assert connection.recv(1), "closed without an answer"


def test_5_1_a_certificate_without_serial_number_names_nobody(gateway: Gateway) -> None:
    """platform.md §5.1: VP002 with the subject in the detail."""
    detail = detail_of(gateway.call(shown=gateway.world.nameless), "VP002")
    assert detail.startswith("No senderId found in Certificate: ")
    assert "CN=a function of ours" in detail


def test_5_1_the_sender_of_an_https_call_is_not_taken_from_headers(gateway: Gateway) -> None:
    """platform.md §5.1: x-vp-sender-id, the white list and X-Forwarded-For have no say there."""
    told = {**OWN, "x-vp-sender-id": CONSUMER, "X-Forwarded-For": "10.20.30.40"}
    reply = gateway.call(headers=told, shown=gateway.world.stranger)
    assert detail_of(reply, "VP007").endswith(f"senderId: {STRANGER}")


# HTTP


def test_24_row_2_a_certificate_in_the_header_names_the_caller(gateway: Gateway) -> None:
    """platform.md §24 row 2, §5.2."""
    reply = gateway.call()
    assert (reply.status, reply.body) == (200, ANSWER)
    assert gateway.seen(reply).header("x-vp-sender-id") == CONSUMER


def test_24_row_3_the_first_of_several_bare_certificates_counts(gateway: Gateway) -> None:
    """platform.md §24 row 3, §5.2: Traefik sends the chain, separated by commas."""
    chain = f"{gateway.world.consumer.bare},{gateway.world.stranger.bare}"
    assert gateway.call(identity={CERTIFICATE: chain}).status == 200
    turned = f"{gateway.world.stranger.bare},{gateway.world.consumer.bare}"
    assert detail_of(gateway.call(identity={CERTIFICATE: turned}), "VP007").endswith(f"senderId: {STRANGER}")


def test_24_row_4_without_any_identity_a_caller_is_nobody(gateway: Gateway) -> None:
    """platform.md §24 row 4, §5.2."""
    assert detail_of(gateway.call(identity={}), "VP002") == NO_CERTIFICATE


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ("SERIALNUMBER=SE2321009991-ET01, O=Tidbro, C=SE", f"Exception, unkown certificate type found in httpheader {CERTIFICATE}"),
        ("-----BEGIN%20CERTIFICATE-----%0AMIIB", f"Exception, unkown certificate type found in httpheader {CERTIFICATE}"),
        ("MIInonsense", f"Exception occured parsing certificate in httpheader {CERTIFICATE}"),
        ("-----BEGIN CERTIFICATE----- AAAA -----END CERTIFICATE-----", f"Exception occured parsing certificate in httpheader {CERTIFICATE}"),
    ],
    ids=["a subject", "URL-encoded", "bare nonsense", "nonsense between the lines"],
)  # fmt: skip
def test_5_2_a_certificate_header_that_cannot_be_read(gateway: Gateway, value: str, detail: str) -> None:
    """platform.md §5.2, the table of step 4."""
    assert detail_of(gateway.call(identity={CERTIFICATE: value}), "VP002") == detail


def test_5_2_a_certificate_without_serial_number_in_the_header(gateway: Gateway) -> None:
    """platform.md §5.2: without the subject, which HTTPS tells."""
    identity = {CERTIFICATE: gateway.world.nameless.pem_on_one_line}
    assert detail_of(gateway.call(identity=identity), "VP002") == "No senderId found in Certificate"


def test_5_2_the_certificate_in_the_header_is_not_validated(gateway: Gateway) -> None:
    """platform.md §5.2: the proxy is trusted; no date, no authority is looked at."""
    for one in (gateway.world.expired, gateway.world.of_another_authority, gateway.world.self_signed):
        assert gateway.call(identity={CERTIFICATE: one.pem_on_one_line}).status == 200


def test_5_1_a_serial_number_that_is_no_printable_string_is_read_from_hex(gateway: Gateway) -> None:
    """platform.md §5.1, §5.2: the spec's own example, `#13145453544e…`, is this HSA-id."""
    subject = ((NameOID.COMMON_NAME, "first"), (NameOID.SERIAL_NUMBER, "TSTNMT2321000156-B02"), *ORGANISATION[1:])
    shown = gateway.world.authority.issue("of-the-spec", subject)
    reply = gateway.call(identity={CERTIFICATE: shown.pem_on_one_line})
    assert gateway.seen(reply).header("x-vp-sender-id") == "TSTNMT2321000156-B02"


def test_5_1_a_value_ends_at_a_comma_on_the_real_platform(like_skltp: Gateway, by_default: Gateway) -> None:
    """platform.md §5.1, §5.2: by the pattern, in the subject as Java writes it; by default the value is whole."""
    subject = ((NameOID.SERIAL_NUMBER, "SE2321009991-1,2"), *ORGANISATION)
    shown = like_skltp.world.authority.issue("with-a-comma", subject)
    reply = like_skltp.call(shown=shown)
    assert like_skltp.seen(reply).header(ORIGINAL) == '"SE2321009991-1'
    for reply in (by_default.call(shown=shown), by_default.call(identity={CERTIFICATE: shown.pem_on_one_line})):
        assert by_default.seen(reply).header(ORIGINAL) == "SE2321009991-1,2"


def test_5_1_letters_beyond_ascii_in_hex_name_nobody_on_the_real_platform(
    like_skltp: Gateway, by_default: Gateway
) -> None:
    """platform.md §5.1 [D], on the HTTP listener; by default they are kept."""
    shown = like_skltp.world.authority.issue("with-a-ring", ((NameOID.SERIAL_NUMBER, "SE-Å"), *ORGANISATION))
    identity = {CERTIFICATE: shown.pem_on_one_line}
    assert detail_of(like_skltp.call(identity=identity), "VP002") == "No senderId found in Certificate"
    assert detail_of(by_default.call(identity=identity), "VP007").endswith("senderId: SE-Å")


@pytest.fixture(scope="session")
def for_others(world: World) -> Gateway:
    """A gateway whose white list holds other addresses than the tests'."""
    return world.share("skltp", {"ip.whitelist": " 10.2 , 192.168.0.0/16"})


def test_24_row_5_a_peer_that_is_not_on_the_white_list_is_refused(for_others: Gateway) -> None:
    """platform.md §24 row 5, §5.2 step 1: before anything else, and with two blanks in the detail."""
    detail = detail_of(for_others.call(b"", identity={}), "VP011")
    assert detail == NOT_LISTED.format("127.0.0.1", "CamelNettyRemoteAddress")


def test_5_2_an_empty_white_list_refuses_everybody(world: World) -> None:
    """platform.md §5.2, §25 row 5."""
    gateway = world.start("skltp", {"ip.whitelist": ""})
    assert "IP-address: 127.0.0.1." in detail_of(gateway.call(), "VP011")


def test_24_row_6_an_internal_call_from_an_address_that_is_not_listed(gateway: Gateway) -> None:
    """platform.md §24 row 6, §5.2 step 3."""
    reply = gateway.call(headers={"X-Forwarded-For": "10.20.30.40"}, identity=OWN)
    assert detail_of(reply, "VP011") == NOT_LISTED.format("10.20.30.40", "X-Forwarded-For")


def test_5_2_an_internal_call_names_its_sender_itself(gateway: Gateway) -> None:
    """platform.md §5.2 step 3: without certificate; also from a forwarded address that is listed."""
    for more in ({}, {"X-Forwarded-For": "127.0.0.1, 10.1.1.1"}):
        reply = gateway.call(headers=more, identity=OWN)
        assert gateway.seen(reply).header(ORIGINAL) == CONSUMER


def test_5_2_an_empty_sender_id_makes_no_internal_call_by_default(by_default: Gateway) -> None:
    """platform.md §5.2 step 3."""
    reply = by_default.call(identity={**OWN, "x-vp-sender-id": ""})
    assert detail_of(reply, "VP002") == f"No certificate found in httpheader {CERTIFICATE}"


@pytest.mark.parametrize("value", ["", "  "])
def test_5_2_a_blank_forwarded_address_is_on_no_list(gateway: Gateway, value: str) -> None:
    """platform.md §5.2, "White list semantics"."""
    reply = gateway.call(headers={"X-Forwarded-For": value}, identity=OWN)
    assert detail_of(reply, "VP011").endswith("HTTP header that caused checking: X-Forwarded-For")


def test_5_2_an_external_call_is_not_judged_by_x_forwarded_for(gateway: Gateway) -> None:
    """platform.md §5.2: only the peer is looked up on the white list."""
    assert gateway.call(headers={"X-Forwarded-For": "10.20.30.40"}).status == 200


def test_5_2_of_several_forwarded_addresses_the_first_decides(gateway: Gateway) -> None:
    """platform.md §5.2: they are compared as one string."""
    assert gateway.call(headers={"X-Forwarded-For": "127.0.0.1, 10.20.30.40"}, identity=OWN).status == 200


def test_24_row_7_a_foreign_instance_id_makes_no_internal_call(gateway: Gateway) -> None:
    """platform.md §24 row 7, §5.2: the sender is the certificate's."""
    told = {"x-vp-sender-id": STRANGER, "x-vp-instance-id": INSTANCE.lower()}
    reply = gateway.call(headers=told)
    assert gateway.seen(reply).header("x-vp-sender-id") == CONSUMER


def test_5_2_without_certificate_a_foreign_instance_id_names_nobody(gateway: Gateway) -> None:
    """platform.md §5.2: the comparison is exact, by letter case too."""
    told = {"x-vp-sender-id": CONSUMER, "x-vp-instance-id": INSTANCE.lower()}
    assert detail_of(gateway.call(identity=told), "VP002") == NO_CERTIFICATE


# Routing history


def test_24_row_44_the_platforms_passed_are_told(gateway: Gateway) -> None:
    """platform.md §24 row 44, §5.2 step 5."""
    assert gateway.seen(gateway.call()).header(HISTORY) == f"{CONSUMER}#{INSTANCE}"
    told = gateway.call(headers={HISTORY: "SE1#other"})
    assert gateway.seen(told).header(HISTORY) == f"SE1#other#{INSTANCE}"


def test_24_row_44_a_loop_is_refused(gateway: Gateway) -> None:
    """platform.md §24 row 44, §12.2: items are trimmed, the detail is empty."""
    reply = gateway.call(headers={HISTORY: f"SE1# {INSTANCE} #x"})
    assert detail_of(reply, "VP014") == ""


def test_5_2_an_instance_id_within_another_is_no_loop(gateway: Gateway) -> None:
    """platform.md §5.2: items are compared whole and by letter case."""
    assert gateway.call(headers={HISTORY: f"SE1#{INSTANCE}2#{INSTANCE.lower()}"}).status == 200


def test_5_2_an_internal_call_tells_its_history_untouched(gateway: Gateway) -> None:
    """platform.md §5.2 step 3: neither checked nor changed."""
    reply = gateway.call(headers={HISTORY: f"SE1#{INSTANCE}"}, identity=OWN)
    assert gateway.seen(reply).header(HISTORY) == f"SE1#{INSTANCE}"
    assert gateway.seen(gateway.call(identity=OWN)).header(HISTORY) is None


def test_25_row_8_on_https_the_real_platform_has_no_loop_protection(like_skltp: Gateway) -> None:
    """platform.md §25 row 8, §5.1."""
    shown = like_skltp.world.consumer
    assert like_skltp.call(headers={HISTORY: f"SE1#{INSTANCE}"}, shown=shown).status == 200
    assert like_skltp.seen(like_skltp.call(shown=shown)).header(HISTORY) is None


def test_25_row_8_by_default_loops_are_refused_on_https_too(by_default: Gateway) -> None:
    """platform.md §25 row 8."""
    shown = by_default.world.consumer
    detail_of(by_default.call(headers={HISTORY: f"SE1#{INSTANCE}"}, shown=shown), "VP014")
    assert by_default.seen(by_default.call(shown=shown)).header(HISTORY) == f"{CONSUMER}#{INSTANCE}"


@pytest.fixture(scope="session")
def with_lists(world: World) -> Gateway:
    """A real platform whose lists are in use, and that keeps no routing history."""
    given = {
        "sender.id.allowed.list": f"{STRANGER} , SE-OTHER",
        "throw.vp013.when.originalconsumer.not.allowed": "true",
        "vp.use.routing.history": "false",
    }
    return world.share("skltp", given, with_tls=True)


def test_23_routing_history_can_be_turned_off(with_lists: Gateway) -> None:
    """platform.md §5.2 step 5, §23 vp.use.routing.history."""
    reply = with_lists.call(headers={HISTORY: f"SE1#{INSTANCE}"})
    assert with_lists.seen(reply).header(HISTORY) == f"SE1#{INSTANCE}"


# The original consumer


def test_24_row_42_without_original_consumer_the_producer_sees_the_sender(gateway: Gateway) -> None:
    """platform.md §24 row 42, §6."""
    assert gateway.seen(gateway.call()).header(ORIGINAL) == CONSUMER
    assert gateway.seen(gateway.call(headers={ORIGINAL: ""})).header(ORIGINAL) == CONSUMER


def test_24_row_43_an_original_consumer_is_passed_on(gateway: Gateway) -> None:
    """platform.md §24 row 43, §6: an empty list lets every sender name one."""
    assert gateway.seen(gateway.call(headers={ORIGINAL: "SE-FIRST"})).header(ORIGINAL) == "SE-FIRST"


def test_24_row_43_a_sender_that_is_not_listed_gets_vp013(with_lists: Gateway) -> None:
    """platform.md §24 row 43, §6, §12.2; a header that is present but empty counts."""
    for value in ("SE-FIRST", ""):
        detail = detail_of(with_lists.call(headers={ORIGINAL: value}), "VP013")
        assert detail == "Sender is not approved to set header x-rivta-original-serviceconsumer-hsaid."


def test_6_a_listed_sender_and_an_internal_one_may_name_an_original_consumer(with_lists: Gateway) -> None:
    """platform.md §6; the stranger then lacks its authorisation only."""
    listed = {CERTIFICATE: with_lists.world.stranger.pem_on_one_line}
    detail_of(with_lists.call(headers={ORIGINAL: "SE-FIRST"}, identity=listed), "VP007")
    reply = with_lists.call(headers={ORIGINAL: "SE-FIRST"}, identity=OWN)
    assert with_lists.seen(reply).header(ORIGINAL) == "SE-FIRST"


def test_25_row_7_on_https_the_instance_header_passes_the_check_on_the_real_platform(with_lists: Gateway) -> None:
    """platform.md §25 row 7, §6."""
    told = {ORIGINAL: "SE-FIRST", "x-vp-instance-id": INSTANCE}
    assert with_lists.call(headers=told, shown=with_lists.world.consumer).status == 200


def test_25_row_7_by_default_the_instance_header_proves_nothing_on_https(world: World) -> None:
    """platform.md §25 row 7."""
    gateway = world.start("tidbro", {"sender.id.allowed.list": STRANGER}, with_tls=True)
    told = {ORIGINAL: "SE-FIRST", "x-vp-instance-id": INSTANCE}
    detail_of(gateway.call(headers=told, shown=world.consumer), "VP013")


def test_24_row_43_with_the_flag_off_the_header_is_passed_on_all_the_same(world: World) -> None:
    """platform.md §24 row 43, §6, the last row."""
    gateway = world.start("skltp", {"sender.id.allowed.list": STRANGER})
    assert gateway.seen(gateway.call(headers={ORIGINAL: "SE-FIRST"})).header(ORIGINAL) == "SE-FIRST"


# Names of one's own


def test_23_the_headers_a_proxy_uses_can_be_named(world: World) -> None:
    """platform.md §5.2, §23 http.forwarded.header.*: as Helm sets them."""
    given = {
        "http.forwarded.header.auth_cert": "X-Forwarded-Tls-Client-Cert",
        "http.forwarded.header.xfor": "X-Real-Ip",
    }
    gateway = world.start("skltp", given)
    shown = {"X-Forwarded-Tls-Client-Cert": world.consumer.pem_on_one_line}
    assert gateway.call(identity=shown).status == 200
    absent = "No certificate found in httpheader X-Forwarded-Tls-Client-Cert"
    assert detail_of(gateway.call(), "VP002") == absent
    reply = gateway.call(headers={"X-Real-Ip": "10.20.30.40"}, identity=OWN)
    assert detail_of(reply, "VP011").endswith("HTTP header that caused checking: X-Real-Ip")


def test_23_where_the_sender_stands_in_a_subject_can_be_told(world: World) -> None:
    """platform.md §5.1, §23 certificate.senderid.subject.pattern: the platform's own tests use OU."""
    subject = ((NameOID.ORGANIZATIONAL_UNIT_NAME, CONSUMER), *ORGANISATION)
    shown = world.authority.issue("by-unit", subject)
    gateway = world.start("skltp", {"certificate.senderid.subject.pattern": "OU=([^,]+)"}, with_tls=True)
    assert gateway.call(identity={CERTIFICATE: shown.pem_on_one_line}).status == 200
    assert gateway.call(shown=shown).status == 200
    detail_of(gateway.call(), "VP002")


def test_25_row_6_the_white_list_takes_networks_too(world: World) -> None:
    """platform.md §25 row 6: in the usual notation, beside the beginnings of addresses."""
    gateway = world.start("tidbro", {"ip.whitelist": "10.0.0.0/8,127.0.0.0/29"})
    assert gateway.call().status == 200
    assert gateway.call(headers={"X-Forwarded-For": "10.200.1.1"}, identity=OWN).status == 200
    detail_of(gateway.call(headers={"X-Forwarded-For": "11.1.1.1"}, identity=OWN), "VP011")
