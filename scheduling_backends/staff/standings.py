"""What the free seats of times are for the web, for marks in calendars and lists and for a time's own page.

Pure. Elsewhere: the rule (engine/web_hours.py), the words (texts_sv.toml, mark), the look (templates/staff/parts.html).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from scheduling_backends.engine.offer import ClinicSettings
from scheduling_backends.engine.overview import Time
from scheduling_backends.engine.rules import SlotFacts
from scheduling_backends.engine.web_hours import Standing, WebHours, standing, web_hours


@dataclass(frozen=True, slots=True)
class OnTheWeb:
    """What a time is now, and when citizens can book it if they can at all."""

    standing: Standing
    hours: WebHours


def on_the_web(time: Time, clinic: ClinicSettings, now: datetime) -> OnTheWeb:
    facts = SlotFacts(time.start, time.end, time.state, time.published_from, time.performer_id)
    kind = time.time_type.settings
    return OnTheWeb(standing(clinic, kind, facts, now), web_hours(kind, facts))


def all_on_the_web(times: Iterable[Time], clinic: ClinicSettings, now: datetime) -> Mapping[int, OnTheWeb]:
    """The same for many, by the time's id."""
    return {time.slot_id: on_the_web(time, clinic, now) for time in times}
