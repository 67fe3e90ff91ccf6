"""The gateway's settings, read once at the start into a frozen value.

Each has a default, its unit in the name and a help line. Names that are not here stop the start, as do values that
don't fit: SettingsRefused carries a sentence that names the setting.
Source: platform.md §14, §23, §25 (right-hand column).
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

Strictness = Literal["off", "warn", "refuse"]
Compatibility = Literal["tidbro", "skltp"]

_MOST = 1_000_000_000


class SettingsRefused(Exception):
    """A setting that does not fit; the message is a sentence that names it."""


def setting(default: Any, help: str) -> Any:
    """A dataclass field with its help line, which ends in a full stop."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """How one gateway behaves. Raises SettingsRefused for a value out of bounds."""

    instance_id: str = setting("SE2321009991-TP01", "HSA-id of this platform; internal calls must name it.")
    instance_name: str = setting("Tidbro", "Name of this platform, in brackets in every fault string.")
    compatibility: Compatibility = setting(
        "tidbro", "tidbro: the safer reading by default; skltp: the real platform's, without validation."
    )
    validation: Strictness = setting("refuse", "What happens to a request that breaks its contract's XSD.")
    answer_validation: Strictness = setting("warn", "What happens to an answer that breaks its contract's XSD.")
    errata: bool = setting(True, "Whether the named corrections of the official schemas are applied.")
    ip_whitelist: tuple[str, ...] = setting(
        ("127.0.0.1", "::1"), "Peers that may use the HTTP listener: addresses, prefixes of addresses or CIDR blocks."
    )
    demo_consumer: str = setting("", "HSA-id that a loopback caller without any identity counts as; empty: nobody.")
    certificate_header: str = setting("x-vp-auth-cert", "Header in which a TLS proxy hands on the client certificate.")
    sender_id_pattern: str = setting(
        r"(?:2\.5\.4\.5|SERIALNUMBER)=([^,]+)", "Where the sender id stands in a certificate's subject."
    )
    original_consumer_senders: tuple[str, ...] = setting(
        (), "HSA-ids of the senders that may name another original consumer; empty: every sender may."
    )
    refuses_original_consumers: bool = setting(
        True, "Whether a sender that is not on that list gets VP013; otherwise it is let through with a warning."
    )
    max_message_bytes: int = setting(15_728_640, "Size of the largest request or answer, in bytes.")
    request_timeout_seconds: float = setting(20.0, "How long a consumer may take to send its request.")
    connect_timeout_seconds: float = setting(2.0, "How long connecting to a producer may take.")
    producer_timeout_seconds: float = setting(29.0, "How long a producer may take to answer before VP009.")
    producer_connections: int = setting(
        1000, "How many calls to one HTTP producer may wait at once; more are told VP009 at once."
    )
    adapter_threads: int = setting(8, "How many calls to adapters are answered at once.")
    adapter_queue: int = setting(200, "How many calls to adapters may wait; more are told VP009 at once.")
    user_agent: str = setting("Tidbro", "The User-Agent that producers see.")

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, int | float) and not isinstance(value, bool) and not 0 < value < _MOST:
                raise SettingsRefused(f"{one.name} must be more than 0 and less than {_MOST}, not {value}.")
        for name in ("instance_id", "instance_name", "certificate_header"):
            if not getattr(self, name).strip():
                raise SettingsRefused(f"{name} must not be empty.")
        for entry in self.ip_whitelist:
            _demand_address(entry)
        _demand_group(self.sender_id_pattern)

    @property
    def validates_requests(self) -> bool:
        """The real platform never looks at the body (platform.md §1)."""
        return self.validation != "off" and self.compatibility == "tidbro"

    @property
    def validates_answers(self) -> bool:
        return self.answer_validation != "off" and self.compatibility == "tidbro"


def _demand_address(entry: str) -> None:
    try:
        if not entry or ("/" in entry and not ipaddress.ip_network(entry, strict=False)):
            raise ValueError
    except ValueError:
        raise SettingsRefused(f"ip_whitelist must hold addresses or CIDR blocks, not {entry!r}.") from None


def _demand_group(pattern: str) -> None:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise SettingsRefused(f"sender_id_pattern is not a regular expression: {error}.") from None
    if groups < 1:
        raise SettingsRefused("sender_id_pattern must have a group for the sender id.")


def read_settings(given: Mapping[str, Any]) -> GatewaySettings:
    """The settings in `given`, by name. Raises SettingsRefused for a name or a value that doesn't fit."""
    return GatewaySettings(**checked(GatewaySettings, given))


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
