"""One call on its way: what came in, what goes out, and what has been found out in between.

HttpRequest and Answer are values; Call gathers what each step of the pipeline learns, for the steps after it and for
the message log. Source: platform.md §2, §19.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from contracts.envelope import Message, charset_of
from contracts.errors import Violation
from gateway.tak.model import Route

XML_CONTENT_TYPE = "text/xml; charset=UTF-8"


class Presence:
    """Whether the caller still waits for its answer, as far as its connection tells.

    `has_left`: the connection is gone. `has_closed_its_half`: it will say no more, and may listen or not.
    """

    __slots__ = ("has_closed_its_half", "has_left")

    def __init__(self) -> None:
        self.has_left = self.has_closed_its_half = False

    @property
    def is_sure(self) -> bool:
        return not (self.has_left or self.has_closed_its_half)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as the door took it. Header names are in lower case; `certificate` is the client's, in DER."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    peer: str = ""
    scheme: str = "http"
    port: int = 0  # the listener's
    certificate: bytes | None = field(default=None, repr=False)
    presence: Presence = field(default_factory=Presence, repr=False, compare=False)

    def header(self, name: str) -> str | None:
        return self.headers.get(name)

    def with_body(self, body: bytes) -> "HttpRequest":
        """The same request, whole. `dataclasses.replace` costs four times as much, and every call comes by here."""
        return HttpRequest(
            self.method,
            self.path,
            self.query,
            self.headers,
            body,
            self.peer,
            self.scheme,
            self.port,
            self.certificate,
            self.presence,
        )

    @property
    def charset(self) -> str | None:
        """What Content-Type says of the encoding."""
        return charset_of(self.headers.get("content-type", ""))


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: an HTTP status, headers and the body's bytes."""

    status: int
    body: bytes = field(repr=False)
    headers: tuple[tuple[str, str], ...] = (("Content-Type", XML_CONTENT_TYPE),)

    def with_headers(self, *more: tuple[str, str]) -> "Answer":
        """The same answer, with headers added; one that is there already is replaced."""
        names = [name.lower() for name, _ in more]
        kept = [header for header in self.headers if header[0].lower() not in names]
        return Answer(self.status, self.body, (*kept, *more))


ErrorOrigin = Literal["", "platform", "producer", "internal"]


class Call:
    """What is known about one call so far. Seconds are of a monotonic clock; None until the step is reached.

    What no step has found out yet is the class's: to set thirty attributes anew would cost every call.
    """

    sent_at: float | None = None
    answered_at: float | None = None
    identity_source: str = ""
    routing_history: str | None = None
    message: Message | None = None
    routing_trace: str = ""
    authorisation_trace: str = ""
    request_violations: tuple[Violation, ...] = ()
    answer_violations: tuple[Violation, ...] = ()
    error_code: str = ""
    error_detail: str = ""
    error_origin: ErrorOrigin = ""
    exception: Exception | None = None
    warnings: tuple[str, ...] = ()  # sentences for the caller's developers: what was dropped or ignored
    attempts: int = 0  # how often the call was sent to its producer
    sender_address: str = ""  # where the call came from, as far as the listener knows
    tls_context: str = ""  # name of the TLS configuration towards the producer
    event_ids: tuple[str, str, str] | None = None  # transaction, span towards the consumer, towards the producer
    events_told: tuple[str, ...] = ()  # names of the events that were logged
    lost_answer: str = ""  # what is known of an answer whose body the consumer does not get
    sent_body: bytes | None = None  # as an HTTP producer gets it

    def __init__(
        self,
        request: HttpRequest,
        correlation_id: str,
        now: datetime,
        received_at: float,
        sender: str | None = None,
        original_consumer: str | None = None,
        route: Route | None = None,
    ) -> None:
        self.request = request
        self.correlation_id = correlation_id
        self.now = now
        self.received_at = received_at
        self.sender = sender
        self.original_consumer = original_consumer
        self.route = route

    @property
    def now_in_utc(self) -> datetime:
        """For what compares moments: comparing in a zone with summer time costs five times as much."""
        return self.now.astimezone(UTC)

    @property
    def read_message(self) -> Message:
        """The message, once it has been read."""
        assert self.message is not None
        return self.message

    @property
    def known_sender(self) -> str:
        """The sender, once it has been established."""
        assert self.sender is not None
        return self.sender
