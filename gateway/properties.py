"""The real platform's properties, by its own names, as settings of ours.

A property becomes a setting, sometimes in another unit or form; one that means nothing here is accepted with a warning
that says why, and so are the two that the real platform's own documentation names though no code reads them. Those
about TLS stores are refused with the setting that does it here: nobody may believe in a protection that isn't there.
A name that nobody knows stops the start with the names that come near.
Pure. Elsewhere: what our settings mean (settings.py); where they come from (tidbro/gateway_command.py).
Source: platform.md §23, §15; §25 rows 5, 19, 20.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from urllib.parse import urlsplit

from gateway.settings import SettingsRefused

Conversion = Callable[[str, str], dict[str, Any]]
"""Makes settings of a property's name and value. Raises SettingsRefused."""


@dataclass(frozen=True, slots=True)
class Property:
    """One property. `becomes` names our settings for readers; without any, `told` says why it has no meaning here."""

    name: str
    default: str  # the real platform's
    becomes: str = ""
    told: str = ""
    convert: Conversion | None = None

    @property
    def is_dead(self) -> bool:
        """Whether it changes nothing here."""
        return self.convert is None


# -- Conversions


def _same(setting: str) -> Conversion:
    return lambda name, value: {setting: value}


def _seconds(setting: str) -> Conversion:
    def convert(name: str, value: str) -> dict[str, Any]:
        try:
            return {setting: int(value) / 1000}
        except ValueError:
            raise SettingsRefused(f"{name} must be a number of milliseconds, not {value!r}.") from None

    return convert


def _closes_when(closing: str) -> Conversion:
    """Connections are kept unless one of the properties says otherwise: the other value says nothing."""

    def convert(name: str, value: str) -> dict[str, Any]:
        if value.lower() not in ("true", "false"):
            raise SettingsRefused(f"{name} must be true or false, not {value!r}.")
        return {"producer_keep_alive": False} if value.lower() == closing else {}

    return convert


def _url(scheme: str, host: str, port: str, path: str) -> Conversion:
    """The parts of a listener's URL as settings of these names."""

    def convert(name: str, value: str) -> dict[str, Any]:
        try:
            parts = urlsplit(value)
            found = {host: parts.hostname, port: parts.port or (443 if scheme == "https" else 80), path: parts.path}
        except ValueError:
            found = {}
        if not found.get(host) or parts.scheme != scheme or parts.query:
            raise SettingsRefused(f"{name} must be a URL as {scheme}://0.0.0.0:8080/vp, not {value!r}.")
        return found

    return convert


def _log_style(name: str, value: str) -> dict[str, Any]:
    if value.upper() not in ("ECS", "LEGACY"):
        raise SettingsRefused(f"{name} must be ECS or LEGACY, not {value!r}.")
    return {"log_style": "ecs" if value.upper() == "ECS" else "off"}


def _refused(instead: str) -> Conversion:
    def convert(name: str, value: str) -> dict[str, Any]:
        raise SettingsRefused(f"{name} is not read here: {instead}.")

    return convert


def _property(name: str, default: str, setting: str, told: str = "") -> Property:
    return Property(name, default, setting, told, _same(setting))


def _milliseconds(name: str, default: str, setting: str) -> Property:
    return Property(name, default, setting, "Milliseconds become seconds.", _seconds(setting))


# -- The table, in the order of platform.md §23

_KEEP_ALIVE = "One setting is for http and https."
_NO_WORKERS = "One event loop serves all connections; there are no I/O threads to count."

PROPERTIES = (
    _property("vp.instance.id", "dev_env", "instance_id"),
    _property("vp.instance.name", "SKLTP_DEFAULT_NAME", "instance_name"),
    Property(
        "vp.http.route.url",
        "http://localhost:12312/vp",
        "host, port, traffic_path",
        "The flags --host and --port go before it.",
        _url("http", "host", "port", "traffic_path"),
    ),
    Property(
        "vp.https.route.url",
        "https://localhost:443/vp",
        "tls_host, tls_port, tls_traffic_path",
        "The flag --tls-port goes before it; certificates are named by tls_certificate, tls_key, tls_client_ca.",
        _url("https", "tls_host", "tls_port", "tls_traffic_path"),
    ),
    _property("vp.status.url", "http://localhost:1080/status", "status_url"),
    _property("vp.reset.cache.url", "http://localhost:23000/resetcache", "reset_url"),
    _property("vp.hsa.reset.cache.url", "http://localhost:24000/resethsacache", "reset_hsa_url"),
    _property("server.port", "8880", "actuator_port"),
    _property("ip.whitelist", "127.0.0.1", "ip_whitelist", "Empty: nobody may call, as on the real platform."),
    _property("sender.id.allowed.list", "empty", "original_consumer_senders"),
    _property("throw.vp013.when.originalconsumer.not.allowed", "false", "refuses_original_consumers"),
    _property("certificate.senderid.subject.pattern", "(?:2.5.4.5|SERIALNUMBER)=([^,]+)", "sender_id_pattern"),
    _property("http.forwarded.header.xfor", "X-Forwarded-For", "forwarded_for_header"),
    _property("http.forwarded.header.host", "X-VP-Forwarded-Host", "forwarded_host_header"),
    _property("http.forwarded.header.port", "X-VP-Forwarded-Port", "forwarded_port_header"),
    _property("http.forwarded.header.proto", "X-VP-Forwarded-Proto", "forwarded_proto_header"),
    _property("http.forwarded.header.auth_cert", "x-vp-auth-cert", "certificate_header"),
    _property("propagate.correlation.id.for.https", "false", "correlation_id_to_https"),
    _property("vp.use.routing.history", "true", "uses_routing_history"),
    _property("vp.header.user.agent", "SKLTP VP/4.3.x", "user_agent"),
    _property("vp.header.content.type", "text/xml;charset=UTF-8", "content_type"),
    _property(
        "headers.reg.exp.requestHeadersToRemove", "internal, forwarding and Mule headers", "request_headers_removed"
    ),
    _property("headers.reg.exp.requestHeadersToKeep", "x-vp-sender-id, x-vp-instance-id", "request_headers_kept"),
    _property(
        "headers.reg.exp.responseHeadersToRemove",
        "SOAPAction, Mule and certificate headers",
        "response_headers_removed",
    ),
    _property("defaultrouting.delimiter", "#", "address_delimiter"),
    _property("defaultrouting.allowedContracts", "empty", "delimiter_contracts"),
    _property("defaultrouting.allowedSenderIds", "empty", "delimiter_senders"),
    _property("hsa.lookup.vagval.defaultEnabled", "true", "hsa_for_routing"),
    _property("hsa.lookup.vagval.exceptedNamespaces", "empty", "hsa_for_routing_except"),
    _property("hsa.lookup.behorighet.defaultEnabled", "true", "hsa_for_authorisation"),
    _property("hsa.lookup.behorighet.exceptedNamespaces", "empty", "hsa_for_authorisation_except"),
    _property("hsa.files", "two files", "hsa_files"),
    _property("takcache.endpoint.address", "a local mock", "tak_endpoint"),
    _property("takcache.persistent.file.name", "a file", "tak_local_copy", "The same as --tak-cache."),
    _property("timeout.json.file", "timeoutconfig.json", "timeouts_file", "`routetimeout` in it has no effect."),
    _property("timeout.json.file.default.tjanstekontrakt.name", "default_timeouts", "timeouts_default_name"),
    _property("wsdl.json.file", "wsdlconfig.json", "wsdl_file"),
    _property("wsdlfiles.directory", "a folder", "contract_folders"),
    _property("vp.producer.retry.attempts", "1", "retry_attempts"),
    _milliseconds("vp.producer.retry.delay", "2000", "retry_delay_seconds"),
    _property("vp.max.receive.length", "15728640", "max_message_bytes"),
    *(
        one
        for kind in ("http", "https")
        for one in (
            _milliseconds(
                f"producer.{kind}.connect.timeout",
                "2000",
                "connect_timeout_seconds" if kind == "http" else "https_connect_timeout_seconds",
            ),
            Property(
                f"producer.{kind}.disconnect",
                "false",
                "producer_keep_alive",
                f"The other way round. {_KEEP_ALIVE}",
                _closes_when("true"),
            ),
            Property(f"producer.{kind}.keepAlive", "true", "producer_keep_alive", _KEEP_ALIVE, _closes_when("false")),
            Property(f"producer.{kind}.workers", "50" if kind == "http" else "150", told=_NO_WORKERS),
        )
    ),
    _property("producer.https.hostnameVerification", "false", "checks_producer_host"),
    _property("producer.chunked.encoding", "false", "producer_chunked"),
    Property(
        "vp.logging.style",
        "LEGACY",
        "log_style",
        "ECS becomes ecs, LEGACY off: the old text format is not written.",
        _log_style,
    ),
    Property("memory.logger.period.seconds", "0 (off)", told="There is no Java memory to log; /status tells ours."),
    Property(
        "vagvalrouter.default.routing.address.delimiter",
        "none",
        told="The real platform's code does not read it either; defaultrouting.delimiter is the one that works.",
    ),
    Property(
        "messageLoggerMethod",
        "none",
        told="The real platform's code does not read it either; vp.logging.style is the one that works.",
    ),
    Property(
        "tp.tls.allowedIncomingProtocols",
        "TLSv1,TLSv1.1,TLSv1.2",
        told="Callers need TLS 1.2 at least.",
        convert=_refused("callers need TLS 1.2 at least"),
    ),
    Property(
        "tp.tls.store.*",
        "Java key stores",
        told="Use tls_certificate, tls_key and tls_client_ca, which name PEM files.",
        convert=_refused("name PEM files by tls_certificate, tls_key and tls_client_ca"),
    ),
    Property(
        "vp.tls.mtls-verification-enabled", "false", told="Whether a producer asked for our certificate is not checked."
    ),
    Property(
        "vp.tls.*",
        "none",
        told="The file that tls_file names holds default-config and overrides.",
        convert=_refused("write default-config and overrides in the file that tls_file names"),
    ),
)
"""Every property that is known, with the one it stands for. A name that ends in `.*` is a family."""


def read(text: str) -> dict[str, str]:
    """The properties in a file's text, NAME=VALUE a line; blank lines and those that begin with # or ! say nothing.

    Raises SettingsRefused for any other line, and for a name that stands twice.
    """
    found: dict[str, str] = {}
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        name, equals, value = line.partition("=")
        if not line or line.startswith(("#", "!")):
            continue
        if not equals or not name.strip() or name.strip() in found:
            raise SettingsRefused(f"Line {number} of the properties must be NAME=VALUE, each name once.")
        found[name.strip()] = value.strip()
    return found


def settings_of(given: Mapping[str, str], known: Collection[str]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Our settings for names that are the real platform's or, as listed in `known`, our own; and warnings.

    Raises SettingsRefused for a name that nobody knows, a value that has no meaning, and two names that want one
    setting otherwise.
    """
    settings: dict[str, Any] = {}
    warnings = []
    said_by: dict[str, str] = {}
    for name, value in given.items():
        found = {name: value} if name in known else None
        if found is None:
            one = _known(name, known)
            found = one.convert(name, value) if one.convert else {}
            if one.is_dead:
                warnings.append(f"{name} has no meaning here. {one.told}")
        for setting, wanted in found.items():
            if settings.get(setting, wanted) != wanted:
                raise SettingsRefused(f"{said_by[setting]} and {name} want {setting} otherwise.")
            settings[setting], said_by[setting] = wanted, name
    return settings, tuple(warnings)


def _known(name: str, ours: Collection[str]) -> Property:
    """The property of a name. Raises SettingsRefused with the names that come near."""
    for one in PROPERTIES:
        if one.name == name or (one.name.endswith(".*") and name.startswith(one.name[:-1])):
            return one
    names = [*ours, *(one.name for one in PROPERTIES)]
    near = get_close_matches(name, names, n=3, cutoff=0.6) or _sharing_words(name, names)
    told = f"; near it: {', '.join(near)}" if near else ""
    raise SettingsRefused(f"There is no property or setting {name}{told}.")


def _sharing_words(name: str, names: Collection[str]) -> list[str]:
    words = set(re.split(r"[._-]", name.lower()))
    shared = {one: len(words & set(re.split(r"[._-]", one.lower()))) for one in names}
    return [one for one in sorted(names, key=lambda one: -shared[one])[:3] if shared[one] > 1]
