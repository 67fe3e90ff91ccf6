"""How a call to a producer can fail before there is an answer to judge, and in whose words that is told.

Each failure has our own name and sentence, and those of the real platform (the exception that Camel and Netty raise),
which consumers have learnt to read. Whether a call may be sent again depends on the failure too (retries.py).
Source: platform.md §13, §14.2.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """One way to fail. `real` is the real platform's exception; `{place}` and `{reason}` are filled in."""

    name: str
    sentence: str
    real: str
    is_retried: bool = False
    is_before_sending: bool = False  # the connection was never there, so the producer has seen nothing


_CONNECT = "java.net.ConnectException: Cannot connect to {place}"

CONNECT_TIMEOUT = Failure(
    "ConnectTimeout", "Timeout when connecting to producer.", _CONNECT, is_retried=True, is_before_sending=True
)
CONNECT_ERROR = Failure(
    "ConnectError", "Cannot connect to the producer.", _CONNECT, is_retried=True, is_before_sending=True
)
HOST_UNKNOWN = Failure(
    "HostUnknown", "The producer's host is not known.", _CONNECT, is_retried=True, is_before_sending=True
)
CONNECTION_BROKEN = Failure(
    "ConnectionBroken",
    "The connection broke during the call.",
    "java.net.SocketException: Connection reset",
    is_retried=True,
)
READ_TIMEOUT = Failure(
    "ReadTimeout",
    "Timeout when waiting on response from producer.",
    "io.netty.handler.timeout.ReadTimeoutException: Timeout when waiting on response from producer.",
)
TLS_FAILED = Failure("TlsError", "The TLS connection failed: {reason}", "javax.net.ssl.SSLHandshakeException: {reason}")
ANSWER_UNREADABLE = Failure(
    "AnswerUnreadable", "The answer is not HTTP.", "java.lang.IllegalArgumentException: invalid version format"
)
ANSWER_TOO_LARGE = Failure(
    "AnswerTooLarge",
    "The answer has more than {reason} bytes.",
    "io.netty.handler.codec.TooLongFrameException: Response entity too large",
)
ADDRESS_UNUSABLE = Failure(
    "AddressUnusable", "It is not an address that can be called.", "java.net.URISyntaxException: Illegal address"
)
OVERLOADED = Failure(
    "Overloaded",
    "Too many calls are waiting for the producer.",
    "java.util.concurrent.RejectedExecutionException: Too many calls are waiting for the producer.",
)


class ExchangeFailed(Exception):
    """No usable answer came. `reason` is what may be told beside the failure; it quotes neither side."""

    def __init__(self, failure: Failure, reason: str = "") -> None:
        super().__init__(failure.name)
        self.failure = failure
        self.reason = reason


def in_words(failure: Failure, is_real: bool, place: str = "", reason: str = "") -> tuple[str, str]:
    """The name and the sentence of a failure, in our words or the real platform's."""
    if not is_real:
        return failure.name, failure.sentence.format(reason=reason)
    name, _, sentence = failure.real.format(place=place, reason=reason).partition(": ")
    return name, sentence
