"""The HTTP headers that platforms and systems say more with than SOAP does. Names are compared without regard to case.

Source: platform.md §5.2, §6, §7.
"""

SENDER_ID = "x-vp-sender-id"
"""Who calls, from inside the platform's trusted network; believed only beside the right INSTANCE_ID."""

INSTANCE_ID = "x-vp-instance-id"
"""Which platform the sender means."""

CORRELATION_ID = "x-skltp-correlation-id"
"""What ties the calls of one errand together."""

ORIGINAL_CONSUMER = "x-rivta-original-serviceconsumer-hsaid"
"""On whose behalf the call is made."""

ROUTING_HISTORY = "x-rivta-routing-history"
"""The platforms that the call has passed, joined by `#`."""
