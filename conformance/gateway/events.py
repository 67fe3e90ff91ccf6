"""Log events of the platform, in the Elastic common schema, as an operator finds them: one a line of a file.

Source: platform.md §19.2.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def events_in(log: Path, named: str) -> list[dict[str, Any]]:
    """The events with this trace id, in their order; none where there is no file."""
    found = []
    for line in log.read_text("utf-8", "replace").splitlines() if log.exists() else ():
        if named in line and line.startswith("{"):
            try:
                event = json.loads(line)
            except ValueError:
                continue  # half a line, for the rest is being written
            if field_of(event, "trace.id") == named and field_of(event, "event.action"):
                found.append(event)
    return found


def field_of(event: Mapping[str, Any], name: str) -> Any:
    """A field of an event, written flat or nested."""
    if name in event:
        return event[name]
    found: Any = event
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found
