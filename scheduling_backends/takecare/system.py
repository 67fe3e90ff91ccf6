"""The record system: the engine on a database of its own, and the units that it knows.

Elsewhere: its service (service.py), its pages (staff/), rules and tables (engine/). Source: domain.md §6.
"""

from contracts.times import Clock, system_clock
from scheduling_backends.engine import find
from scheduling_backends.engine.duty import IndexDuty
from scheduling_backends.engine.entries import Clinic
from scheduling_backends.engine.producer import EngineProducer
from scheduling_backends.takecare.mapping import Units
from scheduling_backends.takecare.settings import TakeCareSettings


class TakeCareSystem(EngineProducer):
    """The record system in this process. Its clinics are units with codes of their own."""

    name = "takecare"

    def __init__(self, settings: TakeCareSettings, clock: Clock = system_clock) -> None:
        folder = None if settings.database_url else settings.data_directory
        super().__init__(settings.url, folder, settings.actor_required, clock, IndexDuty.of(settings))
        self._settings = settings

    @property
    def has_emulated_sign_in(self) -> bool:
        """Whether staff may sign in by choosing a card from a list; for demos and tests."""
        return self._settings.emulated_sign_in

    def clinics(self) -> tuple[Clinic, ...]:
        """Every unit, by name."""
        with self.reading() as session:
            return find.clinics(session)

    def units(self) -> Units:
        """The codes of the units; one without a code goes by its HSA-id."""
        return Units({code_of(clinic): clinic.hsa_id for clinic in self.clinics()})


def code_of(clinic: Clinic) -> str:
    return clinic.settings.unit_code or clinic.hsa_id.text
