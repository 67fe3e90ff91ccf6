"""What a request says, as far as the gateway must know it: read whole, or scanned as the real platform does.

Source: platform.md §3, §8; §25 rows 9, 10, 15.
"""

from contracts import envelope
from contracts.envelope import Message
from contracts.xml import Limits
from gateway.call import HttpRequest
from gateway.settings import GatewaySettings


def read(request: HttpRequest, settings: GatewaySettings) -> Message:
    """The message in a request. Raises MessageUnreadable."""
    return envelope.read(request.body, request.charset, Limits(max_bytes=settings.max_message_bytes))
