"""What citizens do on the web when the demo is new: they book, move and cancel, by message as always.

So that staff see from the first moment what such times look like: the comments of booking and rebooking, a cancelled
time and the free one beneath. Who does what stands in demo_region.toml.
Elsewhere: what staff and systems have planted before (demo_region.py). Source: domain.md §6.2, §10.5 (8, 9).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from contracts import scheduling as s
from contracts.identifiers import HsaId
from contracts.producer import Caller, SchedulingProducer
from contracts.times import SWEDEN
from tidbro.demo_people import Citizen, by_number, region

E_SERVICE = "SE2321009991-ET01"


def on_the_web(system: SchedulingProducer, ids: str, now: datetime) -> None:
    """Let citizens book, move and cancel at the system's clinics, whose HSA-ids begin with `ids`."""
    for entry in region()["web"]:
        if entry["clinic"].startswith(ids):
            _Visit(system, by_number()[entry["citizen"]], entry, now).happen()


@dataclass(frozen=True, slots=True)
class _Visit:
    """A citizen at the demo's e-service, who asks one system."""

    system: SchedulingProducer
    citizen: Citizen
    entry: Mapping[str, Any]
    now: datetime

    def happen(self) -> None:
        """Book a time, and move or cancel it if the entry says so. Raises LookupError where the system refuses."""
        slot = replace(self._free(self.entry["from_days"]), reason=self.entry["reason"])
        made = self.system.make_booking(s.MakeBooking(self._clinic, slot, self.citizen.info), self._caller)
        self._demand(made.result_code, "book")
        if "move_days" in self.entry:
            free = self._free(self.entry["from_days"] + self.entry["move_days"])
            slot = replace(free, booking_id=made.booking_id, reason=self.entry["comment"])
            self._demand(self.system.update_booking(s.UpdateBooking(slot), self._caller).result_code, "move")
        if "cancel" in self.entry:
            cancelling = s.CancelBooking(self._clinic, made.booking_id or "", self.entry["cancel"])
            self._demand(self.system.cancel_booking(cancelling, self._caller).result_code, "cancel")

    def _demand(self, result_code: str, what: str) -> None:
        if result_code == "ERROR":
            raise LookupError(f"the demo could not {what} a {self.entry['time_type']}")

    def _free(self, days: int) -> s.Timeslot:
        """The first free time from that many days ahead on, as a request names it."""
        first = (self.now + timedelta(days=days)).astimezone(SWEDEN).date()
        asked = s.GetAvailableTimeslots(
            self._clinic,
            self.citizen.identity,
            first,
            first + timedelta(weeks=2),
            time_type_id=self.entry["time_type"],
        )
        (slot, *_) = self.system.get_available_timeslots(asked, self._caller).timeslots
        unflagged = replace(slot, cancel_booking_allowed=None, rebooking_allowed=None, message_allowed=None)
        return replace(unflagged, subject_of_care=self.citizen.identity)

    @property
    def _clinic(self) -> HsaId:
        return HsaId(self.entry["clinic"])

    @property
    def _caller(self) -> Caller:
        actor = s.Actor(self.citizen.identity.number, s.ActorType.SUBJECT_OF_CARE)
        return Caller(self._clinic, E_SERVICE, E_SERVICE, actor, "demo")
