"""gateway/senders.py: who calls, on both listeners, and for whom (platform.md §5, §6; VP002, VP011, VP013,
VP014; §24 rows 1–7, 42–44; §25 rows 5–8)."""

import asyncio
import base64
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type as Asn1Type
from cryptography.x509.oid import NameOID

from contracts.errors import OriginalConsumerRefused, PlatformError, RoutingLoop, SenderUnknown, TransportRefused
from gateway.call import HttpRequest
from gateway.senders import Sender, identify, original_consumer, sender_address
from gateway.settings import GatewaySettings, preset
from tests.gateway.builders import CONSUMER, a_pipeline
from tests.people import PEOPLE

HEADER = "x-vp-auth-cert"
KEY = ec.generate_private_key(ec.SECP256R1())
OURS = GatewaySettings().instance_id


def a_certificate(*parts: tuple[x509.ObjectIdentifier, str], utf8: bool = False) -> x509.Certificate:
    """A certificate with this subject, signed by itself: the proxy is trusted, so nobody here looks at the signature."""
    encoding = Asn1Type.UTF8String if utf8 else None
    name = x509.Name([x509.NameAttribute(oid, value, encoding) for oid, value in parts])
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


def test_as_the_real_platform_the_peer_check_names_its_header() -> None:
    """platform.md §5.2 (1), §24 row 5; a forwarded address is named by its own header."""
    real = {"compatibility": "skltp", **preset("skltp"), "instance_id": OURS}
    told = refused(TransportRefused, {}, peer="10.20.30.40", **real)
    assert told.endswith("IP-address: 10.20.30.40. HTTP header that caused checking: CamelNettyRemoteAddress")
    forwarded = refused(TransportRefused, internal(**{"x-forwarded-for": "10.20.30.40"}), **real)
    assert forwarded.endswith("HTTP header that caused checking: X-Forwarded-For")


@pytest.mark.parametrize("peer", ["::ffff:10.2.3.4", "::FFFF:10.2.3.4", "::ffff:a02:304"])
@pytest.mark.parametrize("entry", ["10.2.", "10.2.3.4", "10.0.0.0/8"])
def test_an_ipv4_peer_of_a_socket_for_both_kinds_counts_as_ipv4(peer: str, entry: str) -> None:
    """platform.md §5.2: the list is of the addresses that people write."""
    assert identified({HEADER: bare(SITHS)}, peer, ip_whitelist=(entry,)).id == CONSUMER
    refused(TransportRefused, {HEADER: bare(SITHS)}, peer, ip_whitelist=("11.", "::", "2001:db8::/32"))


def test_an_empty_list_refuses_everybody() -> None:
    """platform.md §5.2, §25 row 5: the start warns of it (pipeline.py)."""
    refused(TransportRefused, {HEADER: bare(SITHS)}, ip_whitelist=())


@pytest.mark.parametrize(("listed", "warnings"), [((), 1), (("127.0.0.1",), 0)])
def test_an_empty_list_is_warned_of_at_the_start(
    listed: tuple[str, ...], warnings: int, caplog: pytest.LogCaptureFixture
) -> None:
    """platform.md §25 row 5: copied, with a warning."""

    async def start() -> None:
        pipeline = a_pipeline(ip_whitelist=listed)
        await pipeline.open()
        await pipeline.close()

    asyncio.run(start())
    assert sum("ip_whitelist_is_empty" in one.getMessage() for one in caplog.records) == warnings


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
    """platform.md §5.2: exact and case-sensitive; §24 row 7."""
    refused(SenderUnknown, {**internal(), **headers})
    assert (
        identified({**internal(**{HEADER: bare(SITHS)}), "x-vp-sender-id": "SE-FORGED", **headers}).source
        == "certificate"
    )


def test_an_internal_call_from_a_forwarded_address_that_is_not_listed_is_refused() -> None:
    """platform.md §5.2 (3), §24 row 6: VP011."""
    assert refused(TransportRefused, internal(**{"x-forwarded-for": "10.20.30.40"})) == (
        "Caller was not on the white list of accepted IP-addresses.  IP-address: 10.20.30.40. "
        "HTTP header that caused checking: X-Forwarded-For"
    )


@pytest.mark.parametrize("forwarded", ["", " "])
def test_an_empty_forwarded_address_is_on_no_list(forwarded: str) -> None:
    """platform.md §5.2 (3): the header is there, and a blank address is refused."""
    told = refused(TransportRefused, internal(**{"x-forwarded-for": forwarded}))
    assert told.endswith("HTTP header that caused checking: X-Forwarded-For")


@pytest.mark.parametrize("entry", ["10.0", "10.0.0.0/8"])
def test_of_several_forwarded_addresses_the_first_decides(entry: str) -> None:
    """platform.md §5.2, white list semantics."""
    lists = ("127.0.0.1", entry)
    assert identified(internal(**{"x-forwarded-for": "10.0.0.5, 203.0.113.9"}), ip_whitelist=lists).id == CONSUMER
    refused(TransportRefused, internal(**{"x-forwarded-for": "203.0.113.9, 10.0.0.5"}), ip_whitelist=lists)


def test_the_header_of_the_forwarded_address_may_have_another_name() -> None:
    """platform.md §7.1: configurable."""
    settings = {"forwarded_for_header": "X-Real-IP"}
    told = refused(TransportRefused, internal(**{"x-real-ip": "10.20.30.40"}), **settings)
    assert told.endswith("IP-address: 10.20.30.40. HTTP header that caused checking: X-Real-IP")
    assert identified(internal(**{"x-forwarded-for": "10.20.30.40"}), **settings).source == "internal"


@pytest.mark.parametrize(
    ("headers", "address"),
    [({}, "127.0.0.1"), ({"x-forwarded-for": "10.0.0.5, 203.0.113.9"}, "10.0.0.5, 203.0.113.9")],
)
def test_where_a_call_came_from_is_all_that_the_proxy_tells(headers: dict[str, str], address: str) -> None:
    """platform.md §5.2 (2): the whole value, else the peer."""
    request = HttpRequest("POST", "/vp", headers=headers, peer="127.0.0.1")
    assert sender_address(request, GatewaySettings()) == address


def test_on_https_it_is_not_told() -> None:
    """platform.md §5.1: no sender IP."""
    request = HttpRequest("POST", "/vp", headers={"x-forwarded-for": "10.0.0.5"}, peer="127.0.0.1", scheme="https")
    assert sender_address(request, GatewaySettings()) == ""


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
    """platform.md §5.2, 4; §24 row 2, §24 row 3."""
    assert identified({HEADER: value}) == Sender(CONSUMER, "certificate", f"{CONSUMER}#{OURS}")


def test_without_a_certificate_header_nobody_is_known() -> None:
    """platform.md §5.2 (4), §24 row 4: VP002."""
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


NOT_ASCII = a_certificate((NameOID.SERIAL_NUMBER, "SE2321009991-Å"), utf8=True)
IMITATING = a_certificate((NameOID.SERIAL_NUMBER, CONSUMER), (x509.ObjectIdentifier("1.2.5.4.5"), "SE-FORGED"))


def test_by_attribute_a_sender_may_have_any_letters() -> None:
    """platform.md §5.1: the default reads the value, not its hex."""
    assert identified({HEADER: bare(NOT_ASCII)}).id == "SE2321009991-Å"
    assert identified({HEADER: bare(IMITATING)}).id == CONSUMER


def test_the_real_platforms_search_reads_hex_and_may_begin_anywhere() -> None:
    """platform.md §5.1, §5.2 (4), `finds_sender_anywhere`: RFC 2253, bytes from 0x80 on fail."""
    assert identified({HEADER: bare(SITHS)}, finds_sender_anywhere=True).id == CONSUMER
    assert identified({HEADER: bare(IMITATING)}, finds_sender_anywhere=True).id == "SE-FORGED"
    told = refused(SenderUnknown, {HEADER: bare(NOT_ASCII)}, finds_sender_anywhere=True)
    assert told == "No senderId found in Certificate"


# The HTTPS listener


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def by_handshake(certificate: x509.Certificate | bytes | None, headers: dict[str, str], **settings: object) -> Sender:
    shown = der(certificate) if isinstance(certificate, x509.Certificate) else certificate
    request = HttpRequest("POST", "/vp", headers=headers, peer="203.0.113.9", scheme="https", certificate=shown)
    return identify(request, GatewaySettings(**settings))


def refused_handshake(
    kind: type[PlatformError], certificate: x509.Certificate | bytes | None, **settings: object
) -> str:
    with pytest.raises(kind) as told:
        by_handshake(certificate, internal(**{HEADER: bare(SITHS)}), demo_consumer="SE-DEMO", **settings)
    return told.value.detail


def test_the_certificate_of_the_handshake_is_the_sender_wherever_it_comes_from() -> None:
    """platform.md §5.1, §24 row 1: no white list, no internal headers, no certificate header, no demo."""
    headers = {**internal(), HEADER: "nonsense", "x-vp-sender-id": "SE-FORGED", "x-forwarded-for": "203.0.113.9"}
    sender = by_handshake(SITHS, headers, ip_whitelist=(), demo_consumer="SE-DEMO")
    assert sender == Sender(CONSUMER, "tls", f"{CONSUMER}#{OURS}")


def test_without_a_sender_in_it_the_subject_is_told() -> None:
    """platform.md §5.1: VP002."""
    nobody = a_certificate((NameOID.COUNTRY_NAME, "SE"), (NameOID.COMMON_NAME, "nobody"))
    assert refused_handshake(SenderUnknown, nobody) == "No senderId found in Certificate: CN=nobody, C=SE"
    assert refused_handshake(SenderUnknown, a_certificate()) == "No senderId found in Certificate: "


def test_a_persons_name_and_number_are_not_told() -> None:
    """DESIGN decision 10."""
    anna = PEOPLE[0]
    own = a_certificate((NameOID.SURNAME, anna.last_name), (NameOID.COMMON_NAME, f"{anna.first_name} {anna.number}"))
    told = refused_handshake(SenderUnknown, own)
    assert told == "No senderId found in Certificate: CN=(hidden), SURNAME=(hidden)"


@pytest.mark.parametrize("shown", [None, b"", b"nonsense"])
def test_without_a_readable_certificate_nobody_is_known_on_https(shown: bytes | None) -> None:
    """platform.md §5.1: the handshake demands one; should it be missing all the same, nothing else identifies."""
    detail = "No client certificate was shown" if shown is None else "No senderId found in Certificate: unreadable"
    assert refused_handshake(SenderUnknown, shown) == detail


def test_on_https_the_real_platform_searches_the_written_out_subject() -> None:
    """platform.md §5.1: `SERIALNUMBER=…`, so letters beyond ASCII are read, and a name can imitate."""
    assert by_handshake(NOT_ASCII, {}, finds_sender_anywhere=True).id == "SE2321009991-Å"
    imitating = a_certificate((NameOID.SERIAL_NUMBER, CONSUMER), (NameOID.COMMON_NAME, "x,SERIALNUMBER=SE-FORGED,y"))
    assert by_handshake(imitating, {}, finds_sender_anywhere=True).id == "SE-FORGED"
    assert by_handshake(imitating, {}).id == CONSUMER


@pytest.mark.parametrize(
    ("incoming", "with_protection", "as_real"), [(None, f"{CONSUMER}#{OURS}", None), ("S#X", f"S#X#{OURS}", "S#X")]
)
def test_the_history_grows_on_https_or_goes_on_as_it_came(
    incoming: str | None, with_protection: str, as_real: str | None
) -> None:
    """platform.md §25 row 8, `routing_history_on_https`; §5.1: the real platform does not touch it there."""
    headers = {} if incoming is None else {"x-rivta-routing-history": incoming}
    assert by_handshake(SITHS, headers).routing_history == with_protection
    assert by_handshake(SITHS, headers, routing_history_on_https=False).routing_history == as_real
    assert by_handshake(SITHS, headers, **preset("skltp")).routing_history == as_real


def test_a_loop_is_refused_on_https_unless_the_real_platform_is_wanted() -> None:
    """platform.md §25 row 8, VP014."""
    headers = {"x-rivta-routing-history": f"SE1#{OURS}"}
    with pytest.raises(RoutingLoop):
        by_handshake(SITHS, headers)
    assert by_handshake(SITHS, headers, **preset("skltp")).routing_history == f"SE1#{OURS}"


# Loop protection


@pytest.mark.parametrize(("incoming", "outgoing"), [("", f"{CONSUMER}#{OURS}"), ("SE1#SE2", f"SE1#SE2#{OURS}")])
def test_the_routing_history_grows_by_this_platform(incoming: str, outgoing: str) -> None:
    """platform.md §5.2, 5; §24 row 44."""
    assert identified({HEADER: bare(SITHS), "x-rivta-routing-history": incoming}).routing_history == outgoing


@pytest.mark.parametrize("history", [OURS, f"SE1#{OURS}", f"SE1# {OURS} #SE2"])
def test_a_call_that_was_here_before_goes_in_a_loop(history: str) -> None:
    """platform.md §5.2, 5: VP014, with an empty detail."""
    assert refused(RoutingLoop, {HEADER: bare(SITHS), "x-rivta-routing-history": history}) == ""


def test_only_a_whole_item_of_the_history_counts() -> None:
    assert identified({HEADER: bare(SITHS), "x-rivta-routing-history": f"{OURS}2"}).id == CONSUMER


@pytest.mark.parametrize("history", [None, "", "SE1", OURS])
def test_without_loop_protection_the_history_goes_on_as_it_came(history: str | None) -> None:
    """platform.md §5.2 (5): `vp.use.routing.history` = false."""
    headers = {} if history is None else {"x-rivta-routing-history": history}
    for sender in (
        identified({HEADER: bare(SITHS), **headers}, uses_routing_history=False),
        by_handshake(SITHS, headers, uses_routing_history=False),
    ):
        assert sender.routing_history == history


# The original consumer

ORIGINAL = "x-rivta-original-serviceconsumer-hsaid"


def original(headers: dict[str, str], source: str = "certificate", **settings: object) -> str:
    request = HttpRequest("POST", "/vp", headers=headers, peer="127.0.0.1")
    return original_consumer(Sender(CONSUMER, source, None), request, GatewaySettings(**settings))


@pytest.mark.parametrize("headers", [{}, {ORIGINAL: ""}])
def test_without_an_original_consumer_it_is_the_sender(headers: dict[str, str]) -> None:
    """platform.md §6, §24 row 42."""
    assert original(headers) == CONSUMER


@pytest.mark.parametrize("senders", [(), (CONSUMER,), ("SE1", CONSUMER)])
def test_an_approved_sender_may_speak_for_another_consumer(senders: tuple[str, ...]) -> None:
    """platform.md §6: an empty list approves everybody."""
    assert original({ORIGINAL: "SE9"}, original_consumer_senders=senders) == "SE9"


@pytest.mark.parametrize("named", ["SE9", ""])
def test_another_sender_may_not(named: str) -> None:
    """platform.md §6, §12.2, §24 row 43: VP013; an empty header counts as present."""
    with pytest.raises(OriginalConsumerRefused) as told:
        original({ORIGINAL: named}, original_consumer_senders=("SE1",))
    assert told.value.detail == "Sender is not approved to set header x-rivta-original-serviceconsumer-hsaid."


def test_where_it_is_not_refused_it_is_passed_on_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """platform.md §6, §24 row 43: the flag's real default."""
    settings = {"original_consumer_senders": ("SE1",), "refuses_original_consumers": False}
    assert original({ORIGINAL: "SE9"}, **settings) == "SE9"
    assert [one.getMessage() for one in caplog.records] == ["original_consumer_not_approved"]


def test_an_internal_call_may_but_not_by_a_header_that_anybody_can_send() -> None:
    """platform.md §6, §25 row 7."""
    headers = {ORIGINAL: "SE9", "x-vp-instance-id": OURS}
    assert original(headers, "internal", original_consumer_senders=("SE1",)) == "SE9"
    for source in ("certificate", "tls", "demo"):
        with pytest.raises(OriginalConsumerRefused):
            original(headers, source, original_consumer_senders=("SE1",))


@pytest.mark.parametrize("source", ["certificate", "tls"])
def test_as_the_real_platform_that_header_is_enough(source: str) -> None:
    """platform.md §6, §25 row 7, `trusts_instance_header`: exact, this platform's own."""
    settings = {"original_consumer_senders": ("SE1",), "trusts_instance_header": True}
    assert original({ORIGINAL: "SE9", "x-vp-instance-id": OURS}, source, **settings) == "SE9"
    for named in (OURS.lower(), "other", ""):
        with pytest.raises(OriginalConsumerRefused):
            original({ORIGINAL: "SE9", "x-vp-instance-id": named}, source, **settings)


@pytest.mark.parametrize("listed", [f" {CONSUMER}", f"{CONSUMER} ", f"\t{CONSUMER}"])
def test_blanks_about_an_entry_of_the_list_do_not_count(listed: str) -> None:
    """platform.md §6: exact after trim; letter case counts."""
    assert original({ORIGINAL: "SE9"}, original_consumer_senders=(listed,)) == "SE9"
    with pytest.raises(OriginalConsumerRefused):
        original({ORIGINAL: "SE9"}, original_consumer_senders=(listed.lower(),))


def test_an_empty_header_of_an_approved_sender_becomes_the_sender() -> None:
    """platform.md §6: present but empty."""
    assert original({ORIGINAL: ""}, original_consumer_senders=(CONSUMER,)) == CONSUMER
    assert original({ORIGINAL: ""}, original_consumer_senders=("SE1",), refuses_original_consumers=False) == CONSUMER


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
