"""The settings of the aggregating services, read once into a frozen value; each has its unit in its name.

Elsewhere: what a contract's plug-in decides for itself (plugins.py).
Source: platform.md §22.1, §25 row 23.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from contracts.settings_tables import settings_from
from contracts.soap_service import LOOPBACK

_MOST = 1_000_000_000


def setting(default: Any, help: str) -> Any:
    """A dataclass field with its help line, which ends in a full stop."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregationSettings:
    """How aggregating services behave. Raises ValueError, naming the setting, for a value that doesn't fit."""

    logical_address: str = setting(
        "SE2321009991-AG01", "Logical address of the services themselves: an engagement there is not asked for."
    )
    index_sender: str = setting("SE2321009991-AG01", "HSA-id that the services ask the engagement index as.")
    index_logical_address: str = setting("SE2321009991-EI01", "Logical address of the engagement index.")
    platform_url: str = setting("http://127.0.0.1:8080", "Base URL of the platform that calls go through.")
    instance_id: str = setting("SE2321009991-TP01", "HSA-id of that platform, which internal calls must name.")
    plugins: tuple[str, ...] = setting(
        ("national_services.aggregation.schedule:create",), "The contracts' plug-ins to load, each as module:create."
    )
    contract_folders: tuple[str, ...] = setting((), "More RIV-TA domain folders, for the contracts of plug-ins.")
    peers: tuple[str, ...] = setting(LOOPBACK, "Addresses and networks that may ask; their headers are believed.")

    connect_seconds: float = setting(2.0, "How long connecting to the platform may take, for a call to a source.")
    read_seconds: float = setting(27.0, "How long a source may be silent before it counts as failed with code 504.")
    total_seconds: float = setting(28.0, "How long all sources together may take; who is missing then has failed.")
    index_connect_seconds: float = setting(2.0, "How long connecting to the platform may take, to ask the index.")
    index_read_seconds: float = setting(20.0, "How long the index may take to answer.")

    validates_answers: bool = setting(
        True, "Whether an answer that breaks its contract's XSD counts as failed; the real services don't look."
    )
    validates_soap_action: bool = setting(False, "Whether a request must name its operation in SOAPAction.")
    fills_in_missing_synch: bool = setting(
        False,
        "Whether a failed source gets an empty lastSuccessfulSynch, as the schema demands; the real one has none.",
    )

    tak_endpoint: str = setting("", "URL of a TAK's SokVagvalsInfo service to copy routes and authorisations from.")
    tak_file: str = setting(
        "", "File for the last good copy, persistentCache XML; without an endpoint the only source."
    )

    most_calls_at_once: int = setting(4000, "How many calls may wait for answers; more count as failed at once.")
    most_calls_to_one_source: int = setting(
        500, "How many of them to one logical address, so that one that hangs leaves room for the others."
    )
    max_answer_bytes: int = setting(15_728_640, "Size of the largest answer, a source's or the merged one, in bytes.")
    reading_threads: int = setting(2, "How many threads read and merge answers.")

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name.endswith(("_seconds", "_bytes", "_threads")) or one.name.startswith("most_"):
                _demand_number(one.name, value)
            elif isinstance(one.default, bool) and not isinstance(value, bool):
                raise ValueError(f"{one.name} is true or false.")
            elif isinstance(one.default, tuple):
                object.__setattr__(self, one.name, _texts(one.name, value))
            elif isinstance(one.default, str) and not isinstance(value, str):
                raise ValueError(f"{one.name} is a text.")
        for name in ("logical_address", "index_sender", "index_logical_address", "instance_id"):
            _demand_header(name, getattr(self, name))
        for name in ("platform_url", *(["tak_endpoint"] if self.tak_endpoint else [])):
            if not getattr(self, name).startswith(("http://", "https://")):
                raise ValueError(f"{name} begins with http:// or https://.")

    @classmethod
    def from_mapping(cls, table: Mapping[str, Any]) -> "AggregationSettings":
        """The settings of `table`. Raises ValueError that names an unknown setting."""
        return settings_from(cls, table, "aggregation")


def _demand_number(name: str, value: Any) -> None:
    kind = int | float if name.endswith("_seconds") else int
    if isinstance(value, bool) or not isinstance(value, kind) or not 0 < value < _MOST:
        raise ValueError(f"{name} is a number of more than 0 and less than {_MOST}.")


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{name} is a list of texts.")
    return tuple(value)


def _demand_header(name: str, value: str) -> None:
    if not value.strip() or not (value.isascii() and value.isprintable()):
        raise ValueError(f"{name} is one line of ASCII, for it is sent as a header.")
