"""The real platform's message events, in the Elastic common schema: req-in, req-out, resp-in, resp-out, error.

Off unless `log_style` asks for it. Bodies only when asked for, and masked.
Elsewhere: our own record of each call (message_log.py).
Source: platform.md §19.
"""

from typing import Literal

from gateway.call import Answer, Call
from gateway.settings import GatewaySettings

Event = Literal["req-in", "req-out", "resp-in", "resp-out", "error"]


class EcsLog:
    """Writes the events of one gateway to the logger `tidbro.ecs`."""

    def __init__(self, settings: GatewaySettings) -> None:
        self.is_on = settings.log_style == "ecs"

    def write(self, event: Event, call: Call, answer: Answer | None = None) -> None:
        """One event of a call; `answer` is what came or what goes back, where there is one."""
