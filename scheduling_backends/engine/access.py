"""On whose behalf somebody asks: what the Actor header lets them see and do.

Pure. Rules: R38, R39; contracts.md A-1 to A-6. Only the citizen in person sees and changes bookings; an agent may make
new bookings and gets lists that do not depend on the citizen; everybody else gets such lists too, and no more.
"""

from enum import Enum

from contracts.identifiers import PersonIdentity
from contracts.scheduling import Actor, ActorType


class Standing(Enum):
    """How the Actor stands to the citizen of the message."""

    SELF = "the citizen in person"
    AGENT = "an agent (ombud)"
    OTHER = "somebody else"
    UNKNOWN = "no Actor"


def standing(actor: Actor | None, person: PersonIdentity, actor_required: bool) -> Standing:
    """How `actor` stands to `person`. A missing Actor counts as the citizen where none is required."""
    if actor is None:
        return Standing.UNKNOWN if actor_required else Standing.SELF
    if actor.actor_type is ActorType.SUBJECT_OF_CARE_AGENT:
        return Standing.AGENT
    return Standing.SELF if actor.is_citizen(person) else Standing.OTHER
