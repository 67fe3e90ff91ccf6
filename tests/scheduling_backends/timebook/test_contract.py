"""The timebook shows what every adapter must show."""

import pytest

from contracts.identifiers import HsaId
from scheduling_backends.engine.offer import CutOff
from scheduling_backends.testing import SchedulingProducerContract
from tests.people import ANNA, BERTIL
from tests.scheduling_backends.timebooks import GROUP, NORTH, SOUTH, a_type


class TestTimebook(SchedulingProducerContract):
    """A clinic of a group, with a care type and a performer to choose."""

    @pytest.fixture
    def producer(self, world):
        kind = a_type(cancel_own=CutOff(1), rebook_own=CutOff(1), offers_performer_choice=True)
        for hsa_id in (NORTH, SOUTH):
            with world.timebook.desk() as desk:
                desk.add_clinic(hsa_id, GROUP)
                desk.add_care_type(hsa_id, "PROV", "Provtagning")
                desk.add_time_type(hsa_id, kind, "PROV")
        with world.timebook.desk() as desk:
            desk.add_performer(HsaId("SE2321009991-P002"), "Jonas", "Hägg", "sjuksköterska")
        world.add_times(NORTH, performer=HsaId("SE2321009991-p002"))
        return world.timebook

    @pytest.fixture
    def facility(self):
        return NORTH

    @pytest.fixture
    def citizen(self):
        return ANNA.identity

    @pytest.fixture
    def other_citizen(self):
        return BERTIL.identity

    @pytest.fixture
    def time_type_id(self):
        return "BES"

    @pytest.fixture
    def clock(self, world):
        return world.clock
