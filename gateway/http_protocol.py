"""uvicorn's HTTP protocol, with a SOAP fault where uvicorn would send a naked error.

Two cases never reach the application: a request that is not HTTP (or whose Content-Length is too small, so that the
rest of its body reads like a second request), and one whose sender stops before the announced end. The first is
answered here; the second is handed to the door as complete, and the door sees that it is short.
Source: DESIGN decision 2 in docs/decisions; platform.md §14.5.
"""

from contracts.errors import MessageUnreadable
from gateway import faults

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol  # isort: skip


def protocol_for(instance_name: str) -> type[HttpToolsProtocol]:
    """The protocol class for a gateway, whose name its faults carry."""
    fault = faults.fault_of(MessageUnreadable("the request is not well-formed HTTP"), instance_name)
    head = (
        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/xml; charset=UTF-8\r\n"
        f"Content-Length: {len(fault.body)}\r\nConnection: close\r\n\r\n"
    )
    whole = head.encode() + fault.body

    class SoapHttpProtocol(HttpToolsProtocol):
        def send_400_response(self, msg: str) -> None:
            self.transport.write(whole)
            self.transport.close()

        def eof_received(self) -> bool | None:  # type: ignore[override]
            """A sender that has said all may still listen: keep the way back open until it is answered."""
            if self.cycle is None or self.cycle.response_complete:
                return None
            self.cycle.more_body = False
            self.cycle.keep_alive = False
            self.cycle.message_event.set()
            return True

    return SoapHttpProtocol
