"""The timebook's own settings: its table of the settings file, checked and frozen.

Elsewhere: what a clinic is set to (offer.py), which is data and not configuration.
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
class TimebookSettings(DutySettings):
    """How one timebook is run. Raises ValueError for a value of the wrong kind."""

    database_url: str = _setting(
        "", "SQLAlchemy URL of the database, such as postgresql://…; empty means a SQLite file in data_directory."
    )
    data_directory: Path = _setting(Path("data"), "Folder of the SQLite file timebook.sqlite; made when it is missing.")
    actor_required: bool = _setting(
        True, "Whether questions about a person need the Actor header; if not, a missing one counts as the citizen."
    )

    emulated_sign_in: bool = _setting(
        False, "Whether staff may sign in by choosing a card from a list, without proving anything: for demos alone."
    )

    def __post_init__(self) -> None:
        for name in ("actor_required", "emulated_sign_in"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"the timebook's setting {name} is true or false")
        if not isinstance(self.database_url, str):
            raise ValueError("the timebook's setting database_url is a text")
        self.demand_whole_duty("timebook")
        object.__setattr__(self, "data_directory", Path(self.data_directory))

    @classmethod
    def from_mapping(cls, table: Mapping[str, Any]) -> "TimebookSettings":
        """The settings of `table`. Raises ValueError that names an unknown setting."""
        return settings_from(cls, table, "the timebook")

    @property
    def url(self) -> str:
        """Where the database is."""
        return self.database_url or f"sqlite:///{self.data_directory / 'timebook.sqlite'}"
