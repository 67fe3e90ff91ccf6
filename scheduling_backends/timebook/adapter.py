"""The stand-alone timebook as a plug-in: the engine's producer with the timebook's own settings.

Elsewhere: the answers (engine/producer.py), the pages (staff/).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contracts.times import Clock, system_clock
from scheduling_backends.engine.duty import IndexDuty
from scheduling_backends.engine.producer import EngineProducer
from scheduling_backends.timebook.settings import TimebookSettings


def create(
    settings: Mapping[str, Any], *, clock: Clock = system_clock, data_directory: Path = Path("data")
) -> "Timebook":
    """A timebook with these settings (TimebookSettings' names), not open yet.

    `clock` says what now is; pass another for tests and demos. `data_directory` is the region's, for a timebook whose
    settings name none. Raises ValueError for an unknown setting.
    """
    return Timebook(TimebookSettings.from_mapping({"data_directory": data_directory, **settings}), clock)


class Timebook(EngineProducer):
    """A SchedulingProducer over one timebook database that serves many clinics."""

    name = "timebook"

    def __init__(self, settings: TimebookSettings, clock: Clock) -> None:
        folder = None if settings.database_url else settings.data_directory
        super().__init__(settings.url, folder, settings.actor_required, clock, IndexDuty.of(settings))
        self._settings = settings

    @property
    def has_emulated_sign_in(self) -> bool:
        """Whether staff may sign in by choosing a card from a list; for demos and tests."""
        return self._settings.emulated_sign_in
