"""gateway/senders.py: who calls on the HTTP listener (platform.md §5.2; VP002, VP011, VP014)."""

import base64
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from contracts.errors import OriginalConsumerRefused, PlatformError, RoutingLoop, SenderUnknown, TransportRefused
from gateway.call import HttpRequest
from gateway.senders import Sender, identify, original_consumer
from gateway.settings import GatewaySettings
from tests.gateway.builders import CONSUMER

HEADER = "x-vp-auth-cert"
KEY = ec.generate_private_key(ec.SECP256R1())
OURS = GatewaySettings().instance_id


def a_certificate(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Certificate:
    """A certificate with this subject, signed by itself: the proxy is trusted, so nobody here looks at the signature."""
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(datetime(2026, 1, 1)).not_valid_after(datetime(2027, 1, 1))
    return builder.sign(KEY, hashes.SHA256())


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def bare(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()


SITHS = a_certificate(
    (NameOID.COUNTRY_NAME, "SE"), (NameOID.ORGANIZATION_NAME, "Region Prov"), (NameOID.COMMON_NAME, "tidbok.example"),
    (NameOID.SERIAL_NUMBER, CONSUMER),
)  # fmt: skip


def identified(headers: dict[str, str], peer: str = "127.0.0.1", **settings: object) -> Sender:
    return identify(HttpRequest("POST", "/vp", headers=headers, peer=peer), GatewaySettings(**settings))


def refused(kind: type[PlatformError], headers: dict[str, str], peer: str = "127.0.0.1", **settings: object) -> str:
    with pytest.raises(kind) as told:
        identified(headers, peer, **settings)
    return told.value.detail


# The white list


def test_a_peer_that_is_not_listed_is_refused_with_two_spaces() -> None:
    """platform.md §5.2, VP011. The real platform names CamelNettyRemoteAddress; a platform may name its own."""
    assert refused(TransportRefused, {}, peer="10.20.30.40") == (
        "Caller was not on the white list of accepted IP-addresses.  IP-address: 10.20.30.40. "
        "HTTP header that caused checking: peer address"
    )


@pytest.mark.parametrize(
    ("entry", "peer", "listed"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("10.2", "10.20.1.1", True),
        ("10.2.", "10.20.1.1", False),
        ("10.0.0.0/8", "10.20.1.1", True),
        ("10.0.0.0/8", "11.0.0.1", False),
        ("10.0.0.1/8", "10.9.9.9", True),
        ("::1", "::1", True),
        ("2001:db8::/32", "2001:db8::5", True),
        ("10.0.0.0/8", "2001:db8::5", False),
        ("10.0.0.0/8", "not an address", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "  ", False),
    ],
)
def test_an_entry_is_a_prefix_of_the_text_or_a_block(entry: str, peer: str, listed: bool) -> None:
    """platform.md §5.2, white list semantics; §25 row 6."""
    headers = {HEADER: bare(SITHS)}
    if listed:
        assert identified(headers, peer, ip_whitelist=(entry,)).id == CONSUMER
    else:
        refused(TransportRefused, headers, peer, ip_whitelist=(entry,))


def test_an_empty_list_refuses_everybody() -> None:
    """platform.md §25 row 5."""
    refused(TransportRefused, {HEADER: bare(SITHS)}, ip_whitelist=())


# Internal calls


def internal(**more: str) -> dict[str, str]:
    return {"x-vp-sender-id": CONSUMER, "x-vp-instance-id": OURS, **more}


def test_a_caller_that_names_this_platform_names_itself() -> None:
    """platform.md §5.2, 3: the routing history is neither checked nor changed."""
    sender = identified(internal(**{"x-rivta-routing-history": f"SE1#{OURS}"}))
    assert sender == Sender(CONSUMER, "internal", f"SE1#{OURS}")


@pytest.mark.parametrize(
    "headers",
    [
        {"x-vp-instance-id": "other"},
        {"x-vp-instance-id": OURS.lower()},
        {"x-vp-instance-id": ""},
        {"x-vp-sender-id": ""},
    ],
)
def test_a_foreign_instance_or_an_empty_sender_counts_for_nothing(headers: dict[str, str]) -> None:
    """platform.md §5.2: exact and case-sensitive; row 7 of §24."""
    refused(SenderUnknown, {**internal(), **headers})
    assert (
        identified({**internal(**{HEADER: bare(SITHS)}), "x-vp-sender-id": "SE-FORGED", **headers}).source
        == "certificate"
    )


def test_an_internal_call_from_a_forwarded_address_that_is_not_listed_is_refused() -> None:
    """platform.md §5.2, 3."""
    assert refused(TransportRefused, internal(**{"x-forwarded-for": "10.20.30.40"})) == (
        "Caller was not on the white list of accepted IP-addresses.  IP-address: 10.20.30.40. "
        "HTTP header that caused checking: X-Forwarded-For"
    )


@pytest.mark.parametrize("entry", ["10.0", "10.0.0.0/8"])
def test_of_several_forwarded_addresses_the_first_decides(entry: str) -> None:
    """platform.md §5.2, white list semantics."""
    lists = ("127.0.0.1", entry)
    assert identified(internal(**{"x-forwarded-for": "10.0.0.5, 203.0.113.9"}), ip_whitelist=lists).id == CONSUMER
    refused(TransportRefused, internal(**{"x-forwarded-for": "203.0.113.9, 10.0.0.5"}), ip_whitelist=lists)


# The certificate header


@pytest.mark.parametrize(
    "value",
    [
        pem(SITHS),
        pem(SITHS).replace("\n", " "),
        pem(SITHS).replace("\n", ""),
        f"Subject=x {pem(SITHS)} {pem(a_certificate((NameOID.SERIAL_NUMBER, 'SE-OTHER')))}",
        bare(SITHS),
        f"{bare(SITHS)},{bare(a_certificate((NameOID.SERIAL_NUMBER, 'SE-OTHER')))}",
        f"{bare(SITHS)}, {bare(SITHS)}",
    ],
    ids=["PEM", "PEM with blanks", "PEM in one line", "two PEM", "bare", "chain", "header twice"],
)
def test_the_sender_is_read_from_the_certificate_in_every_form(value: str) -> None:
    """platform.md §5.2, 4; rows 2 and 3 of §24."""
    assert identified({HEADER: value}) == Sender(CONSUMER, "certificate", f"{CONSUMER}#{OURS}")


def test_without_a_certificate_header_nobody_is_known() -> None:
    assert refused(SenderUnknown, {}) == f"No certificate found in httpheader {HEADER}"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "CN=x,2.5.4.5=SE1",
        pem(SITHS).replace("\n", "%0A").replace(" ", "%20"),
        "-----BEGIN CERTIFICATE-----",
        "MIx",
        "mii" + bare(SITHS)[3:],
    ],
)
def test_other_forms_are_of_an_unknown_kind(value: str) -> None:
    """platform.md §5.2, 4, with its own spelling."""
    assert refused(SenderUnknown, {HEADER: value}) == f"Exception, unkown certificate type found in httpheader {HEADER}"


@pytest.mark.parametrize(
    "value",
    ["MII", "MIIå", "MII" + "A" * 500, bare(SITHS)[:-20], "MII!!!!", "-----BEGIN CERTIFICATE----------END CERTIFICATE-----",
     "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----",
     bare(SITHS)[:12] + "A" * 300, base64.b64encode(SITHS.public_bytes(serialization.Encoding.DER).replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07")).decode()],
)  # fmt: skip
def test_what_looks_right_but_is_no_certificate_is_told(value: str) -> None:
    """platform.md §5.2, 4. The last one says that it is of version 8."""
    assert refused(SenderUnknown, {HEADER: value}) == f"Exception occured parsing certificate in httpheader {HEADER}"


@pytest.mark.parametrize(
    "subject",
    [
        [(NameOID.COMMON_NAME, "nobody")],
        [],
        [(NameOID.COMMON_NAME, f"x,2.5.4.5={CONSUMER}")],
        [(NameOID.ORGANIZATION_NAME, f"2.5.4.5={CONSUMER}")],
        [(NameOID.COMMON_NAME, f"SERIALNUMBER={CONSUMER}"), (NameOID.ORGANIZATION_NAME, f"a, SERIALNUMBER={CONSUMER}")],
    ],
)
def test_a_certificate_without_a_serial_number_tells_no_sender(
    subject: list[tuple[x509.ObjectIdentifier, str]],
) -> None:
    """platform.md §5.2, 4. What looks like a serial number inside a name is a name."""
    assert refused(SenderUnknown, {HEADER: pem(a_certificate(*subject))}) == "No senderId found in Certificate"


def test_a_name_that_imitates_a_serial_number_does_not_go_before_the_real_one() -> None:
    for parts in (
        ((NameOID.COMMON_NAME, "x,2.5.4.5=SE-FORGED"), (NameOID.SERIAL_NUMBER, CONSUMER)),
        (
            (NameOID.SERIAL_NUMBER, CONSUMER),
            (NameOID.COMMON_NAME, "2.5.4.5=SE-FORGED"),
        ),
    ):
        assert identified({HEADER: bare(a_certificate(*parts))}).id == CONSUMER


def test_the_pattern_decides_which_part_is_the_sender() -> None:
    """platform.md §5.1: VP's own tests use OU."""
    certificate = a_certificate((NameOID.ORGANIZATIONAL_UNIT_NAME, "tp"), (NameOID.SERIAL_NUMBER, CONSUMER))
    assert identified({HEADER: bare(certificate)}, sender_id_pattern="OU=([^,]+)").id == "tp"


def test_the_certificate_header_may_have_another_name() -> None:
    """platform.md §5.2, 4: Helm sets X-Forwarded-Tls-Client-Cert."""
    settings = {"certificate_header": "X-Forwarded-Tls-Client-Cert"}
    assert identified({"x-forwarded-tls-client-cert": bare(SITHS)}, **settings).id == CONSUMER
    assert refused(SenderUnknown, {HEADER: bare(SITHS)}, **settings).endswith("httpheader X-Forwarded-Tls-Client-Cert")


# Loop protection


@pytest.mark.parametrize(("incoming", "outgoing"), [("", f"{CONSUMER}#{OURS}"), ("SE1#SE2", f"SE1#SE2#{OURS}")])
def test_the_routing_history_grows_by_this_platform(incoming: str, outgoing: str) -> None:
    """platform.md §5.2, 5; row 44 of §24."""
    assert identified({HEADER: bare(SITHS), "x-rivta-routing-history": incoming}).routing_history == outgoing


@pytest.mark.parametrize("history", [OURS, f"SE1#{OURS}", f"SE1# {OURS} #SE2"])
def test_a_call_that_was_here_before_goes_in_a_loop(history: str) -> None:
    """platform.md §5.2, 5: VP014, with an empty detail."""
    assert refused(RoutingLoop, {HEADER: bare(SITHS), "x-rivta-routing-history": history}) == ""


def test_only_a_whole_item_of_the_history_counts() -> None:
    assert identified({HEADER: bare(SITHS), "x-rivta-routing-history": f"{OURS}2"}).id == CONSUMER


# The original consumer

ORIGINAL = "x-rivta-original-serviceconsumer-hsaid"


def original(headers: dict[str, str], source: str = "certificate", **settings: object) -> str:
    request = HttpRequest("POST", "/vp", headers=headers, peer="127.0.0.1")
    return original_consumer(Sender(CONSUMER, source, None), request, GatewaySettings(**settings))


@pytest.mark.parametrize("headers", [{}, {ORIGINAL: ""}])
def test_without_an_original_consumer_it_is_the_sender(headers: dict[str, str]) -> None:
    """platform.md §6."""
    assert original(headers) == CONSUMER


@pytest.mark.parametrize("senders", [(), (CONSUMER,), ("SE1", CONSUMER)])
def test_an_approved_sender_may_speak_for_another_consumer(senders: tuple[str, ...]) -> None:
    """platform.md §6: an empty list approves everybody."""
    assert original({ORIGINAL: "SE9"}, original_consumer_senders=senders) == "SE9"


@pytest.mark.parametrize("named", ["SE9", ""])
def test_another_sender_may_not(named: str) -> None:
    """platform.md §6, §12.2: VP013; an empty header counts as present."""
    with pytest.raises(OriginalConsumerRefused) as told:
        original({ORIGINAL: named}, original_consumer_senders=("SE1",))
    assert told.value.detail == "Sender is not approved to set header x-rivta-original-serviceconsumer-hsaid."


def test_where_it_is_not_refused_it_is_passed_on_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """platform.md §6: the flag's real default."""
    settings = {"original_consumer_senders": ("SE1",), "refuses_original_consumers": False}
    assert original({ORIGINAL: "SE9"}, **settings) == "SE9"
    assert [one.getMessage() for one in caplog.records] == ["original_consumer_not_approved"]


def test_an_internal_call_may_but_not_by_a_header_that_anybody_can_send() -> None:
    """platform.md §6, §25 row 7."""
    headers = {ORIGINAL: "SE9", "x-vp-instance-id": OURS}
    assert original(headers, "internal", original_consumer_senders=("SE1",)) == "SE9"
    with pytest.raises(OriginalConsumerRefused):
        original(headers, "certificate", original_consumer_senders=("SE1",))


# The demo


def test_in_demo_mode_a_loopback_caller_without_identity_is_the_demos_consumer() -> None:
    """DESIGN §4."""
    assert identified({}, demo_consumer="SE-DEMO") == Sender("SE-DEMO", "demo", f"SE-DEMO#{OURS}")
    assert identified({}, peer="::1", demo_consumer="SE-DEMO").source == "demo"


def test_in_demo_mode_nobody_else_is() -> None:
    settings = {"demo_consumer": "SE-DEMO", "ip_whitelist": ("127.", "10.", "x")}
    refused(SenderUnknown, {}, peer="10.0.0.1", **settings)
    refused(SenderUnknown, {}, peer="x", **settings)
    refused(SenderUnknown, {HEADER: "nonsense"}, **settings)
    assert identified({HEADER: bare(SITHS)}, **settings).id == CONSUMER
