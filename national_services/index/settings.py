"""The engagement index's own settings: its table of the settings file, checked and frozen.

Defaults are the real index's, but for storing: here a change is stored before it is acknowledged, unless
`collect_seconds` asks for the real one's collect queue. Elsewhere: who subscribes, which the registry says
(subscribers.py).
Source: platform.md §21.2, §21.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.outbox import Redelivery
from contracts.settings_tables import demand_kinds, settings_from


def _setting(default: Any, help: str) -> Any:
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """How one index is run. Raises ValueError, with a sentence that names the setting, for a value that doesn't fit."""

    hsa_id: str = _setting("SE2321009991-EI01", "HSA-id of this index: its address and the owner of what it is told.")
    alternative_hsa_id: str = _setting("", "Another address that Updates may have; empty: there is none.")
    platform_instance_id: str = _setting("SE2321009991-TP01", "HSA-id of the platform that the index calls through.")
    not_allowed_hsa_ids: tuple[str, ...] = _setting(
        (), "HSA-ids that no engagement may have as address or source; empty: the index's own and the platform's."
    )
    database_url: str = _setting(
        "", "SQLAlchemy URL of the database, such as postgresql://…; empty means a SQLite file in data_directory."
    )
    data_directory: Path = _setting(
        Path("data"), "Folder of the SQLite file index.sqlite and of the last list of subscribers; made when missing."
    )
    collect_seconds: float = _setting(
        0.0, "How long messages with one change are collected and merged before they are stored; 0: stored at once."
    )
    collect_messages: int = _setting(10, "How many such messages are merged at most.")
    redelivery_waits: tuple[float, ...] = _setting(
        (1.0, 1.0, 1.0, 1.0, 1.0), "Seconds before each further attempt to deliver a notice; after them it is dead."
    )
    gives_up: bool = _setting(True, "Whether notices become dead letters; if not, the last wait holds for ever.")
    registry_address: str = _setting(
        "SE2321009991-TP01",
        "Logical address of the service registry that knows who subscribes; empty: there is none.",
    )
    subscribers_ttl_seconds: float = _setting(7200.0, "How long the registry's list of subscribers is used.")
    subscribers_retry_seconds: float = _setting(
        300.0, "How long an older list is used when the registry did not answer; without any list it is asked sooner."
    )
    subscribers_file: str = _setting(
        "", "File for the last good list of subscribers; empty: index_subscribers.json in data_directory."
    )
    residents_per_answer: int = _setting(500, "How many citizens an answer to GetUpdates has at most.")
    events_kept: int = _setting(1000, "How many of the latest events are kept for the index's page.")
    tombstone_days: int = _setting(
        400, "How many days it is remembered, without a name, that something was deleted, for what comes late."
    )
    threads: int = _setting(32, "How many calls are answered at once; those that wait share one commit.")

    def __post_init__(self) -> None:
        object.__setattr__(self, "data_directory", Path(self.data_directory))
        for name in ("not_allowed_hsa_ids", "redelivery_waits"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        demand_kinds(self, "the index")
        for name in ("collect_messages", "residents_per_answer", "events_kept", "threads"):
            if getattr(self, name) < 1:
                raise ValueError(f"the index's setting {name} must be at least 1")
        for name in ("collect_seconds", "subscribers_ttl_seconds", "subscribers_retry_seconds", "tombstone_days"):
            if getattr(self, name) < 0:
                raise ValueError(f"the index's setting {name} must not be below 0")
        for name in ("hsa_id", "platform_instance_id"):
            if not getattr(self, name).strip():
                raise ValueError(f"the index's setting {name} must not be empty")
        self.redelivery  # noqa: B018  raises for waits that cannot be

    @classmethod
    def from_mapping(cls, table: Mapping[str, Any]) -> "IndexSettings":
        """The settings of `table`. Raises ValueError that names an unknown setting."""
        return settings_from(cls, table, "the index")

    @property
    def url(self) -> str:
        """Where the database is."""
        return self.database_url or f"sqlite:///{self.data_directory / 'index.sqlite'}"

    @property
    def addresses(self) -> frozenset[str]:
        """The addresses of this index, in the form to compare."""
        return frozenset(one.strip().lower() for one in (self.hsa_id, self.alternative_hsa_id) if one.strip())

    @property
    def reserved(self) -> frozenset[str]:
        """HSA-ids that no engagement may name, in the form to compare (EI005, EI006)."""
        listed = self.not_allowed_hsa_ids or (self.hsa_id, self.platform_instance_id)
        return frozenset(one.strip().lower() for one in listed if one.strip())

    @property
    def redelivery(self) -> Redelivery:
        return Redelivery(self.redelivery_waits, self.gives_up)

    @property
    def subscribers_path(self) -> Path:
        return Path(self.subscribers_file) if self.subscribers_file else self.data_directory / "index_subscribers.json"
