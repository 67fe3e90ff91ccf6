"""The e-service's own settings: its table of the settings file, checked and frozen.

Elsewhere: what a clinic's administrator decides (clinic_settings.py), who the citizens are (people.py).
Source: domain.md §5; DESIGN decision 10.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.settings_tables import demand_kinds, settings_from
from eservice.post import PostSettings


def _setting(default: Any, help: str) -> Any:
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, slots=True, kw_only=True)
class EServiceSettings:
    """How one e-service is run. Raises ValueError, with a sentence that names the setting, for one out of bounds."""

    hsa_id: str = _setting("SE2321009991-ET01", "HSA-id of this e-service, by which the platform knows it.")
    platform_url: str = _setting("http://127.0.0.1:8080", "Base URL of the platform that every question goes to.")
    platform_instance: str = _setting("SE2321009991-TP01", "HSA-id of that platform.")
    aggregated_address: str = _setting(
        "SE2321009991-TP01", "Logical address that answers for all clinics at once; empty: there is none."
    )
    database_url: str = _setting(
        "", "SQLAlchemy URL of the database, such as postgresql://…; empty means a SQLite file in data_directory."
    )
    data_directory: Path = _setting(Path("data"), "Folder of the SQLite file eservice.sqlite; made when missing.")
    emulated_sign_in: bool = _setting(False, "Whether citizens sign in by choosing who they are: demos and tests only.")
    shows_calls: bool = _setting(False, "Whether a page links to the SOAP calls behind it: demos and tests only.")
    read_seconds: float = _setting(30.0, "How long an answer is waited for.")
    registry_seconds: float = _setting(60.0, "How long the registry's word on a clinic's contracts is used.")
    idle_minutes: int = _setting(30, "How long a citizen may rest before being signed out.")
    most_hours: int = _setting(8, "How long one visit may last in all.")
    reconcile_tries: int = _setting(3, "How often booked times are read again when a booking got no answer.")
    reconcile_pause_seconds: float = _setting(2.0, "How long to wait between those readings.")
    horizon_weeks: int = _setting(12, "How far ahead free times are looked for.")
    post: PostSettings = field(
        default_factory=PostSettings, metadata={"help": "A table: the mail server that notices and reminders go by."}
    )
    public_url: str = _setting("", "Where citizens reach the site, for links in mail; empty: mail has no link.")

    def __post_init__(self) -> None:
        object.__setattr__(self, "data_directory", Path(self.data_directory))
        demand_kinds(self, "the e-service")
        for name in ("hsa_id", "platform_url", "platform_instance"):
            if not str(getattr(self, name)).strip():
                raise ValueError(f"the e-service's setting {name} must not be empty")
        for name in ("read_seconds", "idle_minutes", "most_hours", "reconcile_tries", "horizon_weeks"):
            if getattr(self, name) <= 0:
                raise ValueError(f"the e-service's setting {name} must be above 0")
        for name in ("registry_seconds", "reconcile_pause_seconds"):
            if getattr(self, name) < 0:
                raise ValueError(f"the e-service's setting {name} must not be below 0")

    @classmethod
    def from_mapping(cls, table: Mapping[str, Any]) -> "EServiceSettings":
        """The settings of `table`. Raises ValueError that names an unknown setting."""
        post = PostSettings.from_mapping(table.get("post", {}))
        return settings_from(cls, {**table, "post": post}, "the e-service")

    @property
    def url(self) -> str:
        """Where the database is."""
        return self.database_url or f"sqlite:///{self.data_directory / 'eservice.sqlite'}"
