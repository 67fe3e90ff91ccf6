"""gateway/properties.py: the real platform's properties, as settings of ours (platform.md §23, §15; §25 row 20)."""

from dataclasses import fields

import pytest

from gateway.properties import PROPERTIES, read, settings_of
from gateway.settings import GatewaySettings, SettingsRefused, read_settings
from tidbro.settings import RegionSettings

OF_GATEWAY = {one.name for one in fields(GatewaySettings)}
OURS = OF_GATEWAY | {one.name for one in fields(RegionSettings)}

NAMES = """
vp.instance.id vp.instance.name vp.http.route.url vp.https.route.url vp.status.url vp.reset.cache.url
vp.hsa.reset.cache.url server.port ip.whitelist sender.id.allowed.list throw.vp013.when.originalconsumer.not.allowed
certificate.senderid.subject.pattern http.forwarded.header.xfor http.forwarded.header.host http.forwarded.header.port
http.forwarded.header.proto http.forwarded.header.auth_cert propagate.correlation.id.for.https vp.use.routing.history
vp.header.user.agent vp.header.content.type headers.reg.exp.requestHeadersToRemove
headers.reg.exp.requestHeadersToKeep headers.reg.exp.responseHeadersToRemove defaultrouting.delimiter
defaultrouting.allowedContracts defaultrouting.allowedSenderIds hsa.lookup.vagval.defaultEnabled
hsa.lookup.vagval.exceptedNamespaces hsa.lookup.behorighet.defaultEnabled hsa.lookup.behorighet.exceptedNamespaces
hsa.files takcache.endpoint.address takcache.persistent.file.name timeout.json.file
timeout.json.file.default.tjanstekontrakt.name wsdl.json.file wsdlfiles.directory vp.producer.retry.attempts
vp.producer.retry.delay vp.max.receive.length producer.http.connect.timeout producer.https.connect.timeout
producer.http.disconnect producer.https.disconnect producer.http.keepAlive producer.https.keepAlive
producer.http.workers producer.https.workers producer.https.hostnameVerification producer.chunked.encoding
vp.logging.style memory.logger.period.seconds
"""
"""Every name of platform.md §23, written out."""
TABLE = NAMES.split()

CONVERTED = [
    ("vp.instance.id", "SE2321009991-TP01", {"instance_id": "SE2321009991-TP01"}),
    ("vp.http.route.url", "http://0.0.0.0:8090/VP", {"host": "0.0.0.0", "port": 8090, "traffic_path": "/VP"}),
    ("vp.http.route.url", "http://localhost/vp", {"host": "localhost", "port": 80, "traffic_path": "/vp"}),
    ("vp.https.route.url", "https://0.0.0.0/vp", {"tls_host": "0.0.0.0", "tls_port": 443, "tls_traffic_path": "/vp"}),
    ("vp.status.url", "http://localhost:1080/status", {"status_url": "http://localhost:1080/status"}),
    ("ip.whitelist", "127.0.0.1, 10.", {"ip_whitelist": "127.0.0.1, 10."}),
    ("vp.producer.retry.delay", "2500", {"retry_delay_seconds": 2.5}),
    ("producer.http.connect.timeout", "2500", {"connect_timeout_seconds": 2.5}),
    ("producer.https.connect.timeout", "1", {"https_connect_timeout_seconds": 0.001}),
    ("producer.http.disconnect", "true", {"producer_keep_alive": False}),
    ("producer.http.disconnect", "false", {}),
    ("producer.https.keepAlive", "false", {"producer_keep_alive": False}),
    ("producer.https.keepAlive", "TRUE", {}),
    ("vp.logging.style", "ECS", {"log_style": "ecs"}),
    ("vp.logging.style", "LEGACY", {"log_style": "off"}),
    ("server.port", "8880", {"actuator_port": "8880"}),
]


def test_every_property_of_the_configuration_table_is_known() -> None:
    """platform.md §23."""
    known = {one.name for one in PROPERTIES}
    assert [name for name in TABLE if name not in known] == []


def test_what_a_property_becomes_is_a_setting_that_there_is() -> None:
    named = {name for one in PROPERTIES if one.becomes for name in one.becomes.split(", ")}
    assert named - OURS == set()


def test_every_property_without_a_meaning_says_why() -> None:
    assert [one.name for one in PROPERTIES if one.is_dead and not one.told.endswith(".")] == []


@pytest.mark.parametrize(("name", "value", "wanted"), CONVERTED)
def test_a_property_becomes_settings_in_our_units_and_forms(name: str, value: str, wanted: dict[str, object]) -> None:
    """platform.md §23: milliseconds, comma lists, URLs, switches the other way round."""
    assert settings_of({name: value}, OURS) == (wanted, ())


@pytest.mark.parametrize("name", TABLE)
def test_the_real_platforms_own_default_fits_the_setting(name: str) -> None:
    """platform.md §23: a file of defaults can be given as it stands, where its value is written in the table."""
    (one,) = (one for one in PROPERTIES if one.name == name)
    value = {"empty": "", "0 (off)": "0"}.get(one.default, one.default)
    settings, _ = settings_of({name: value}, OURS)
    read_settings({key: given for key, given in settings.items() if key in OF_GATEWAY})


def test_our_own_names_are_taken_as_they_are() -> None:
    assert settings_of({"validation": "warn", "compatibility": "skltp"}, OURS)[0] == {
        "validation": "warn",
        "compatibility": "skltp",
    }


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("vagvalrouter.default.routing.address.delimiter", "defaultrouting.delimiter"),
        ("messageLoggerMethod", "vp.logging.style"),
    ],
)
def test_the_two_names_that_no_code_reads_are_warned_about_with_the_one_that_works(name: str, instead: str) -> None:
    """platform.md §25 row 20."""
    settings, (warning,) = settings_of({name: "x"}, OURS)
    assert settings == {}
    assert name in warning
    assert instead in warning


@pytest.mark.parametrize("name", ["producer.http.workers", "memory.logger.period.seconds"])
def test_a_property_that_means_nothing_here_is_accepted_with_a_warning(name: str) -> None:
    settings, (warning,) = settings_of({name: "50"}, OURS)
    assert settings == {}
    assert warning.startswith(f"{name} has no meaning here. ")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("vp.instance.ids", "vp.instance.id"),
        ("ip.whitelst", "ip.whitelist"),
        ("compatability", "compatibility"),
        ("vp.retry.delay", "vp.producer.retry.delay"),
    ],
)
def test_an_unknown_name_stops_the_start_and_the_names_near_it_are_told(name: str, near: str) -> None:
    """platform.md §25 row 20."""
    with pytest.raises(SettingsRefused) as refused:
        settings_of({name: "1"}, OURS)
    assert name in str(refused.value)
    assert near in str(refused.value)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vp.producer.retry.delay", "soon"),
        ("vp.http.route.url", "8080"),
        ("vp.http.route.url", "https://localhost:1/vp"),
        ("vp.https.route.url", "http://localhost:1/vp"),
        ("vp.http.route.url", "http://localhost:x/vp"),
        ("producer.http.disconnect", "perhaps"),
        ("vp.logging.style", "SYSLOG"),
    ],
)
def test_a_value_that_does_not_fit_is_told_by_the_real_platforms_name(name: str, value: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        settings_of({name: value}, OURS)
    assert name in str(refused.value)


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("tp.tls.store.location", "tls_certificate"),
        ("tp.tls.store.consumer.bundle", "tls_client_ca"),
        ("vp.tls.default-config.bundle", "tls_file"),
        ("vp.tls.overrides[0].match.domain-name", "tls_file"),
        ("tp.tls.allowedIncomingProtocols", "TLS 1.2"),
    ],
)
def test_a_property_about_tls_stores_is_refused_with_the_setting_that_does_it(name: str, instead: str) -> None:
    """platform.md §15: nobody may believe in a protection that isn't there."""
    with pytest.raises(SettingsRefused, match=instead):
        settings_of({name: "x"}, OURS)


def test_two_names_that_want_one_setting_otherwise_are_refused_by_both_names() -> None:
    with pytest.raises(SettingsRefused, match=r"^vp\.instance\.id and instance_id want instance_id otherwise\.$"):
        settings_of({"vp.instance.id": "A", "instance_id": "B"}, OURS)


def test_a_file_has_a_property_a_line_and_may_have_remarks() -> None:
    text = (
        "# remark\n\n! another\nvp.instance.id = SE1\nip.whitelist=\ncertificate.senderid.subject.pattern=OU=([^,]+)\n"
    )
    wanted = {"vp.instance.id": "SE1", "ip.whitelist": "", "certificate.senderid.subject.pattern": "OU=([^,]+)"}
    assert read(text) == wanted


@pytest.mark.parametrize("text", ["a=1\nnothing", "a=1\na=2", "a=1\n=2"])
def test_a_line_that_is_no_property_is_told_by_its_number(text: str) -> None:
    with pytest.raises(SettingsRefused, match=r"^Line 2 "):
        read(text)


def test_an_empty_white_list_is_nobody_as_on_the_real_platform() -> None:
    """platform.md §25 row 5."""
    assert read_settings(settings_of({"ip.whitelist": ""}, OURS)[0]).ip_whitelist == ()


def test_the_preset_trusts_the_real_platforms_loopback_alone() -> None:
    """platform.md §23, ip.whitelist."""
    assert read_settings({"compatibility": "skltp"}).ip_whitelist == ("127.0.0.1",)
    assert read_settings({}).ip_whitelist == ("127.0.0.1", "::1")
