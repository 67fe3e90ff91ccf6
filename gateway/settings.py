"""The gateway's settings, read once at the start into a frozen value.

Each has a default, its unit in the name and a help line. Names that are not here stop the start, as do values that
don't fit: SettingsRefused carries a sentence that names the setting.
Fidelity is a setting: where the real platform does something else, a setting of its own chooses, and
`compatibility = "skltp"` changes the defaults of all of them to the real platform's. What is given by name counts.
Elsewhere: the real platform's own names for these (properties.py); which rule each is about (docs/fidelity.md).
Source: platform.md §14, §23, §25 (right-hand column).
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

Strictness = Literal["off", "warn", "refuse"]
Compatibility = Literal["tidbro", "skltp"]
Attachments = Literal["refuse", "drop"]
RouteValidity = Literal["days", "band"]
Reading = Literal["whole", "scan"]
LogStyle = Literal["off", "ecs"]

_MOST = 1_000_000_000
_SAME = object()


class SettingsRefused(Exception):
    """A setting that does not fit; the message is a sentence that names it."""


def setting(default: Any, help: str, *, skltp: Any = _SAME, least: float | None = None) -> Any:
    """A dataclass field with its help line, which ends in a full stop.

    `skltp` is the default when the gateway is told to be like the real platform; `least` the smallest number that
    fits, where that is not anything above zero.
    """
    told: dict[str, Any] = {"help": help}
    if skltp is not _SAME:
        told["skltp"] = skltp
    if least is not None:
        told["least"] = least
    return field(default=default, metadata=told)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """How one gateway behaves. Raises SettingsRefused for a value out of bounds.

    `compatibility` tells texts apart, no more; the defaults that go with it are chosen by `read_settings`.
    """

    instance_id: str = setting(
        "SE2321009991-TP01", "HSA-id of this platform; internal calls must name it.", skltp="dev_env"
    )
    instance_name: str = setting(
        "Tidbro", "Name of this platform, in brackets in every fault string.", skltp="SKLTP_DEFAULT_NAME"
    )
    compatibility: Compatibility = setting(
        "tidbro", "tidbro: the safer reading by default; skltp: the real platform's defaults, quirks and texts."
    )
    validation: Strictness = setting("refuse", "What happens to a request that breaks its contract's XSD.", skltp="off")
    answer_validation: Strictness = setting(
        "warn", "What happens to an answer that breaks its contract's XSD.", skltp="off"
    )
    header_validation: Strictness = setting(
        "warn",
        "What happens to a request whose header breaks its schemas: address and Actor; an unknown actorType is told "
        "and never refused.",
        skltp="off",
    )
    errata: bool = setting(True, "Whether the named corrections of the official schemas are applied.")

    # Who calls
    ip_whitelist: tuple[str, ...] = setting(
        ("127.0.0.1", "::1"),
        "Peers that may use the HTTP listener: addresses, prefixes of addresses or CIDR blocks.",
        skltp=("127.0.0.1",),
    )
    demo_consumer: str = setting("", "HSA-id that a loopback caller without any identity counts as; empty: nobody.")
    certificate_header: str = setting("x-vp-auth-cert", "Header in which a TLS proxy hands on the client certificate.")
    forwarded_for_header: str = setting("X-Forwarded-For", "Header in which a proxy tells the caller's address.")
    forwarded_host_header: str = setting("X-VP-Forwarded-Host", "Header with the host that a WSDL's address gets.")
    forwarded_port_header: str = setting("X-VP-Forwarded-Port", "Header with the port that a WSDL's address gets.")
    forwarded_proto_header: str = setting("X-VP-Forwarded-Proto", "Header with the scheme that a WSDL's address gets.")
    sender_id_pattern: str = setting(
        r"(?:2\.5\.4\.5|SERIALNUMBER)=([^,]+)", "Where the sender id stands in a certificate's subject."
    )
    finds_sender_anywhere: bool = setting(
        False, "Whether that pattern may begin inside a name of the subject, not only at a part's start.", skltp=True
    )
    original_consumer_senders: tuple[str, ...] = setting(
        (), "HSA-ids of the senders that may name another original consumer; empty: every sender may."
    )
    refuses_original_consumers: bool = setting(
        True,
        "Whether a sender that is not on that list gets VP013; otherwise it is let through with a warning.",
        skltp=False,
    )
    trusts_instance_header: bool = setting(
        False, "Whether x-vp-instance-id alone lets a caller name an original consumer, on HTTPS too.", skltp=True
    )
    uses_routing_history: bool = setting(True, "Whether the platforms passed are told and loops are refused (VP014).")
    routing_history_on_https: bool = setting(
        True, "Whether that holds for callers with a client certificate too.", skltp=False
    )

    # Reading
    reading: Reading = setting(
        "whole",
        "whole: the message must be well-formed and its address a child of the header; scan: it is read up to the "
        "body's first element, and addresses count at any depth.",
        skltp="scan",
    )
    attachments: Attachments = setting(
        "refuse", "What happens to a message with attachments (MTOM): VP015, or they are dropped.", skltp="drop"
    )
    max_message_bytes: int = setting(15_728_640, "Size of the largest request or answer, in bytes.")
    max_request_line_bytes: int = setting(65_536, "Size of the longest request line, in bytes.", skltp=4096)
    max_head_bytes: int = setting(65_536, "Size of a request's headers together, in bytes.", skltp=8192)
    http_refusals: bool = setting(
        False, "Whether what HTTP itself refuses is told by 400 and 413 without a body, not by a fault.", skltp=True
    )
    reads_forms: bool = setting(
        True, "Whether a message is read although its Content-Type says that it is a web form.", skltp=False
    )
    request_timeout_seconds: float = setting(20.0, "How long a consumer may take to send its request.")
    keep_alive_seconds: int = setting(75, "How long an idle connection of a consumer is kept for its next call.")
    query_becomes_headers: bool = setting(
        False, "Whether the query of the consumer's URL goes on to the producer, as headers too.", skltp=True
    )
    tells_internal_errors: bool = setting(
        False, "Whether an unexpected error's fault string is its kind, without a code.", skltp=True
    )

    # Routing and authorisation
    route_validity: RouteValidity = setting(
        "days",
        "How days without a time zone are read: days: whole Swedish days, both included; band: the real platform's "
        "14 hours on both sides.",
        skltp="band",
    )
    address_delimiter: str = setting("#", "What parts a logical address of the old form VE#VG; empty: nothing does.")
    delimiter_contracts: tuple[str, ...] = setting(
        (), "Contracts for which such an address can be authorised; empty: all."
    )
    delimiter_senders: tuple[str, ...] = setting(
        (), "HSA-ids of the senders that can be authorised to such an address; empty: all."
    )
    hsa_files: tuple[str, ...] = setting((), "HSA unit XML files; later ones count before earlier ones.")
    hsa_for_routing: bool = setting(True, "Whether routes are looked for at the units above as well.")
    hsa_for_routing_except: tuple[str, ...] = setting((), "Beginnings of contracts for which it is the other way.")
    hsa_for_authorisation: bool = setting(True, "Whether authorisations are looked for at the units above as well.")
    hsa_for_authorisation_except: tuple[str, ...] = setting(
        (), "Beginnings of contracts for which it is the other way."
    )

    # The catalogue
    tak_endpoint: str = setting("", "URL of a TAK's SokVagvalsInfo service to load the catalogue from.")
    tak_local_copy: str = setting("", "File that keeps the last good copy of the catalogue; empty: none is kept.")
    tak_poll_seconds: float = setting(
        0.0, "How often to look for a newer catalogue; 0: never, it is loaded at the start and by a reset.", least=0
    )
    tak_half_loads: bool = setting(
        False, "Whether new routes come into force when their authorisations could not be loaded.", skltp=True
    )
    registry_last_day: bool = setting(
        True,
        "Whether the registries of the TAK services tell an authorisation on its last day; otherwise it ends when that "
        "day begins.",
        skltp=False,
    )
    registry_ignores_days: bool = setting(
        True, "Whether GetLogicalAddresseesByServiceContract tells authorisations of any day, past and future."
    )
    reset_callers: tuple[str, ...] = setting(
        ("127.0.0.1", "::1"),
        "Peers that may reset caches, written as in ip_whitelist.",
        skltp=("0.0.0.0/0", "::/0"),
    )
    failed_reset_status: int = setting(200, "HTTP status of the answer to a reset that failed; 503 for monitors.")

    # Reaching producers
    connect_timeout_seconds: float = setting(2.0, "How long connecting to a producer by plain HTTP may take.")
    https_connect_timeout_seconds: float = setting(
        2.0, "How long connecting to a producer by HTTPS may take, the handshake included."
    )
    producer_timeout_seconds: float = setting(29.0, "How long a producer may take, where timeouts_file says nothing.")
    timeouts_file: str = setting("", "JSON file of time-outs by contract, in the real platform's form.")
    timeouts_default_name: str = setting("default_timeouts", "Which entry of that file counts for other contracts.")
    bounds_whole_answer: bool = setting(
        True, "Whether the time-out is for the whole answer; otherwise for each wait within it.", skltp=False
    )
    retry_attempts: int = setting(
        1, "How often a call is sent again when the connection failed; below 0: for ever.", least=-1
    )
    retry_delay_seconds: float = setting(2.0, "How long to wait before it is sent again.", least=0)
    retries_updates: bool = setting(
        False, "Whether calls that change something are sent again too: a booking may then be made twice.", skltp=True
    )
    accepts_short_answers: bool = setting(
        False, "Whether an answer that ends before its Content-Length is passed on as it is.", skltp=True
    )
    producer_connections: int = setting(
        1000, "How many calls to one HTTP producer may wait at once; more are told VP009 at once."
    )
    producer_keep_alive: bool = setting(True, "Whether connections to producers are kept for the next call.")
    producer_chunked: bool = setting(False, "Whether requests go to producers in chunks, without Content-Length.")
    checks_producer_host: bool = setting(
        True, "Whether a producer's certificate must be for the host that was called.", skltp=False
    )
    tls_file: str = setting("", "TOML file of the certificates to use, and by which producer (docs/operations.md).")
    adapter_threads: int = setting(8, "How many calls to adapters are answered at once.")
    adapter_queue: int = setting(200, "How many calls to adapters may wait; more are told VP009 at once.")

    # Headers
    user_agent: str = setting("Tidbro", "The User-Agent that producers see.", skltp="SKLTP VP/4.3.x")
    content_type: str = setting("text/xml;charset=UTF-8", "The Content-Type that producers see.")
    correlation_id_to_https: bool = setting(False, "Whether producers over HTTPS are told the correlation id.")
    request_headers_removed: str = setting(
        r"(?i)x-vp.*|PEER_CERTIFICATES|X-Forwarded.*|MULE_.*|X-MULE_.*|Connection|accept-encoding|"
        r"X-Forwarded-Tls-Client-Cert",
        "Headers of a request that producers don't get, as a pattern for whole names.",
    )
    request_headers_kept: str = setting(
        "(?i)x-vp-sender-id|x-vp-instance-id", "Headers that they get in spite of that pattern."
    )
    response_headers_removed: str = setting(
        r"(?i)SOAPAction|MULE_.*|X-MULE_.*|LOCAL_CERTIFICATE|PEER_CERTIFICATES|http\.method",
        "Headers of an answer that consumers don't get, as a pattern for whole names.",
    )

    # WSDL
    wsdl_base_url: str = setting("", "Scheme, host and port that WSDLs get; empty: those that the caller asked for.")
    wsdl_uses_host: bool = setting(
        True, "Whether those are the caller's Host; otherwise the listener's own host and port.", skltp=False
    )
    wsdl_rewrites_includes: bool = setting(
        True,
        "Whether schemas that are included and WSDLs that are imported are served too, with addresses of ours.",
        skltp=False,
    )
    wsdl_content_type: str = setting(
        "text/xml; charset=UTF-8", "Content-Type of WSDLs and schemas.", skltp="text/xml;UTF-8"
    )
    wsdl_file: str = setting("", "JSON file that gives WSDLs paths of their own, in the real platform's form.")

    # Logs
    log_style: LogStyle = setting("off", "ecs: events in the Elastic common schema, beside the message log.")
    log_payloads: bool = setting(False, "Whether those events hold bodies, with everything personal masked.")

    def __post_init__(self) -> None:
        for one in fields(self):
            _demand_bounds(one.name, getattr(self, one.name), one.metadata.get("least"))
        for name in ("instance_id", "instance_name", "certificate_header"):
            if not getattr(self, name).strip():
                raise SettingsRefused(f"{name} must not be empty.")
        for name in ("ip_whitelist", "reset_callers"):
            for entry in getattr(self, name):
                _demand_address(name, entry)
        for name in ("request_headers_removed", "request_headers_kept", "response_headers_removed"):
            _demand_pattern(name, getattr(self, name))
        if _demand_pattern("sender_id_pattern", self.sender_id_pattern).groups < 1:
            raise SettingsRefused("sender_id_pattern must have a group for the sender id.")

    @property
    def is_skltp(self) -> bool:
        """Whether texts are the real platform's."""
        return self.compatibility == "skltp"


def _demand_bounds(name: str, value: Any, least: float | None) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return
    if least is None and not 0 < value < _MOST:
        raise SettingsRefused(f"{name} must be more than 0 and less than {_MOST}, not {value}.")
    if least is not None and not least <= value < _MOST:
        raise SettingsRefused(f"{name} must be at least {least:g} and less than {_MOST}, not {value}.")


def _demand_address(name: str, entry: str) -> None:
    try:
        if not entry or ("/" in entry and not ipaddress.ip_network(entry, strict=False)):
            raise ValueError
    except ValueError:
        raise SettingsRefused(f"{name} must hold addresses or CIDR blocks, not {entry!r}.") from None


def _demand_pattern(name: str, pattern: str) -> "re.Pattern[str]":
    try:
        return re.compile(pattern)
    except re.error as error:
        raise SettingsRefused(f"{name} is not a regular expression: {error}.") from None


def read_settings(given: Mapping[str, Any]) -> GatewaySettings:
    """The settings in `given`, by name; the defaults of the others follow `compatibility`.

    Raises SettingsRefused for a name or a value that doesn't fit.
    """
    fitted = checked(GatewaySettings, given)
    return GatewaySettings(**{**preset(fitted.get("compatibility", "tidbro")), **fitted})


def preset(compatibility: str) -> dict[str, Any]:
    """The defaults that go with `compatibility`, where they are not the usual ones."""
    if compatibility != "skltp":
        return {}
    return {one.name: one.metadata["skltp"] for one in fields(GatewaySettings) if "skltp" in one.metadata}


def checked(kind: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """`given` with each value as its field's type has it. Raises SettingsRefused naming the first that doesn't fit."""
    known: dict[str, Field[Any]] = {one.name: one for one in fields(kind)}
    hints = get_type_hints(kind)
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise SettingsRefused(f"There is no setting {unknown[0]}; there are {', '.join(known)}.")
    return {name: _fitted(name, value, hints[name]) for name, value in given.items()}


def _fitted(name: str, value: Any, wanted: Any) -> Any:
    if get_origin(wanted) is Literal:
        if value not in get_args(wanted):
            raise SettingsRefused(f"{name} must be one of {', '.join(get_args(wanted))}, not {value!r}.")
        return value
    if get_origin(wanted) is tuple:
        items = value.split(",") if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
            raise SettingsRefused(f"{name} must be a list of texts, not {value!r}.")
        return tuple(item.strip() for item in items if item.strip())
    return _fitted_scalar(name, value, wanted)


def _fitted_scalar(name: str, value: Any, wanted: type) -> Any:
    if wanted is bool and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if wanted in (int, float) and isinstance(value, str | int) and not isinstance(value, bool):
        try:
            return wanted(value)
        except ValueError:
            raise SettingsRefused(f"{name} must be a number, not {value!r}.") from None
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise SettingsRefused(f"{name} must be {_KIND_NAMES.get(wanted, wanted.__name__)}, not {value!r}.")
    return value


_KIND_NAMES = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}
