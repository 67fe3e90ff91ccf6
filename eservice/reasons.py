"""What a clinic wants of the reason, as our own systems tell it beside their free times: ready ones to choose from, and
whether one must be given.

The contract has a flag for whether a reason may be given, and nothing more; of a system that says no more one learns by
being refused (E8). It is kept by the kind of time, for the element comes with the times and the choice comes later.
Elsewhere: the step that asks (step_words.py). Source: domain.md R18, §5.4 A5.
"""

from collections.abc import Mapping
from typing import Any

from contracts import scheduling as s
from contracts import xml
from contracts.namespaces import TIDBRO

_ELEMENT = f"{{{TIDBRO}}}readyReasons"


def told_in(answer: s.GetAvailableTimeslotsResponse) -> Mapping[str, Any]:
    """For each kind of time among the free ones: `ready`, a list, and `required`; both empty where nothing is said."""
    kinds = {one.time_type_id for one in answer.timeslots if one.time_type_id}
    said = {str(one.get("timeTypeID")): one for one in map(xml.parse, answer.extensions) if one.tag == _ELEMENT}
    return {kind: _told(said.get(kind)) for kind in kinds}


def _told(element: xml.Element | None) -> Mapping[str, Any]:
    if element is None:
        return {"ready": [], "required": False}
    ready = [text for one in element.iterchildren("*") if (text := xml.text_of(one).strip())]
    return {"ready": ready, "required": element.get("required") in ("true", "1")}
