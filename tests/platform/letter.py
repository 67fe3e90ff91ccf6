"""A fault of the platform to the letter: its skeleton, its Swedish sentences, its headers.

Written from platform.md §12.1 and §12.2 themselves and not from the code, which is judged by it.
"""

from xml.sax.saxutils import escape

from conformance.gateway.fault_texts import SENTENCES
from tests.platform.wire import Reply

__all__ = ["SENTENCES"]

INSTANCE_NAME = "Blackbox"
CONTENT_TYPE = "text/xml; charset=UTF-8"

_TO_FAULT = '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Header/><SOAP-ENV:Body><SOAP-ENV:Fault>'
_FROM_FAULT = "</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"


def a_fault(faultcode: str, faultstring: str, detail: str) -> str:
    """The text of a fault (platform.md §12.1)."""
    return (
        f"{_TO_FAULT}<faultcode>SOAP-ENV:{faultcode}</faultcode><faultstring>{escape(faultstring)}</faultstring>"
        f"<detail><detailString>{escape(detail)}</detailString></detail>{_FROM_FAULT}"
    )


def detail_of(reply: Reply, code: str) -> str:
    """The detail of a fault that is, but for it, to the letter; fails for anything else."""
    faultcode, sentence = SENTENCES[code]
    return detail_of_fault(reply, faultcode, f"{code} [{INSTANCE_NAME}] {sentence}")


def detail_of_fault(reply: Reply, faultcode: str, faultstring: str) -> str:
    assert reply.status == 500, (reply.status, reply.body[:500])
    text = reply.body.decode("utf-8").replace("<detailString/>", "<detailString></detailString>")
    before, _, after = a_fault(faultcode, faultstring, "\0").partition("\0")
    assert text.startswith(before), text
    assert text.endswith(after), text
    check_headers(reply)
    detail = text[len(before) : len(text) - len(after)]
    assert "<" not in detail, detail
    return detail.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def check_headers(reply: Reply) -> None:
    """What the platform's own faults carry, and nothing else (platform.md §7.3)."""
    assert (reply.reason, reply.header("content-type")) == ("Internal Server Error", CONTENT_TYPE)
    assert reply.header("content-length") == str(len(reply.body))
    assert reply.header("x-skltp-correlation-id")
    assert reply.names <= {"content-type", "content-length", "x-skltp-correlation-id", "connection"}, reply.names
