"""The settings of the record system and of the adapter that reaches it: one table of the settings file.

Elsewhere: what a clinic is set to (engine/offer.py), which is data and not configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contracts.settings_tables import settings_from
from scheduling_backends.engine.duty import DutySettings


def _setting(default: Any, help: str) -> Any:
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, slots=True)
class TakeCareSettings(DutySettings):
    """How one record system is run, and how it is reached. Raises ValueError for a value of the wrong kind."""

    service_url: str = _setting(
        "", "Where the record system's SOAP service is, such as http://127.0.0.1:8081/service; empty: in this process."
    )
    connect_timeout_seconds: float = _setting(2.0, "How long connecting to the service may take, in seconds.")
    read_timeout_seconds: float = _setting(20.0, "How long each wait for the service's answer may take, in seconds.")
    database_url: str = _setting(
        "", "SQLAlchemy URL of the database, such as postgresql://…; empty means a SQLite file in data_directory."
    )
    data_directory: Path = _setting(Path("data"), "Folder of the SQLite file takecare.sqlite; made when it is missing.")
    actor_required: bool = _setting(
        True, "Whether questions about a person need to say who acts; if not, silence counts as the citizen."
    )
    emulated_sign_in: bool = _setting(
        False, "Whether staff may sign in by choosing a card from a list, without proving anything: for demos alone."
    )

    def __post_init__(self) -> None:
        for name in ("actor_required", "emulated_sign_in"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"the record system's setting {name} is true or false")
        for name in ("connect_timeout_seconds", "read_timeout_seconds"):
            given = getattr(self, name)
            if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= 600:
                raise ValueError(f"the record system's setting {name} is a number of seconds above 0, 600 at most")
        for name in ("service_url", "database_url"):
            if not isinstance(getattr(self, name), str):
                raise ValueError(f"the record system's setting {name} is a text")
        if self.service_url and not self.service_url.startswith(("http://", "https://")):
            raise ValueError("the record system's setting service_url begins with http:// or https://")
        self.demand_whole_duty("record system")
        object.__setattr__(self, "data_directory", Path(self.data_directory))

    @classmethod
    def from_mapping(cls, table: Mapping[str, Any]) -> "TakeCareSettings":
        """The settings of `table`. Raises ValueError that names an unknown setting."""
        return settings_from(cls, table, "the record system")

    @property
    def url(self) -> str:
        """Where the database is."""
        return self.database_url or f"sqlite:///{self.data_directory / 'takecare.sqlite'}"
