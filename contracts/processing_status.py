"""The ProcessingStatus header of aggregating services: which sources were asked, and which of them answered.

It stands in the header of an answer; no WSDL declares it. A source that failed means that its part is unknown, not that
there is nothing (PS-2). The schema demands `lastSuccessfulSynch`, which the real platform leaves out where there was
none (PS-3): `fills_in` writes an empty one.
Source: contracts.md §11; platform.md §22.2, §25 row 23.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Literal

from contracts import envelope, xml
from contracts.identifiers import hide_persons
from contracts.namespaces import INTEROPERABILITY_HEADERS
from contracts.times import format_ts

StatusCode = Literal["DataFromSource", "DataFromCache", "DataFromCacheSynchFailed", "NoDataSynchFailed"]
CausingAgent = Literal["service_catalog", "virtualization_platform", "service_producer", "engagement_index", "other"]

_ROOT = f"{{{INTEROPERABILITY_HEADERS}}}ProcessingStatus"
_ROW = f"{{{INTEROPERABILITY_HEADERS}}}ProcessingStatusList"


@dataclass(frozen=True, slots=True)
class SynchError:
    """Why a source gave nothing: which part failed, its code, and words for those who mend it."""

    causing_agent: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One source that was asked. Moments are TS texts, as the platform's traffic has them (PS-1)."""

    logical_address: str
    status_code: str
    is_from_cache: bool
    is_in_synch: bool
    last_successful: str | None = None
    last_unsuccessful: str | None = None
    error: SynchError | None = None

    @property
    def has_answered(self) -> bool:
        return self.status_code in ("DataFromSource", "DataFromCache")


def answered(logical_address: str, now: datetime) -> SourceStatus:
    """The source gave its part just now."""
    return SourceStatus(logical_address, "DataFromSource", False, True, last_successful=format_ts(now))


def failed(
    logical_address: str, now: datetime, code: str, text: str, agent: CausingAgent = "virtualization_platform"
) -> SourceStatus:
    """The source gave nothing. What looks like a person's number in `text` is hidden."""
    error = SynchError(agent, code, hide_persons(text))
    return SourceStatus(
        logical_address, "NoDataSynchFailed", False, False, last_unsuccessful=format_ts(now), error=error
    )


def write(sources: Iterable[SourceStatus], fills_in: bool = False) -> bytes:
    """The header block, a row for each source, in the schema's order."""
    rows = "".join(_row(source, fills_in) for source in sources)
    return f'<h:ProcessingStatus xmlns:h="{INTEROPERABILITY_HEADERS}">{rows}</h:ProcessingStatus>'.encode()


def _row(source: SourceStatus, fills_in: bool) -> str:
    last = source.last_successful or ("" if fills_in else None)
    told = [
        _told("logicalAddress", source.logical_address),
        _told("statusCode", source.status_code),
        _told("isResponseFromCache", "true" if source.is_from_cache else "false"),
        _told("isResponseInSynch", "true" if source.is_in_synch else "false"),
        "" if last is None else _told("lastSuccessfulSynch", last),
        "" if source.last_unsuccessful is None else _told("lastUnsuccessfulSynch", source.last_unsuccessful),
        "" if source.error is None else _error(source.error),
    ]
    return f"<h:ProcessingStatusList>{''.join(told)}</h:ProcessingStatusList>"


def _error(error: SynchError) -> str:
    told = (("causingAgent", error.causing_agent), ("code", error.code), ("text", error.text))
    parts = "".join(_told(name, text) for name, text in told)
    return f"<h:lastUnsuccessfulSynchError>{parts}</h:lastUnsuccessfulSynchError>"


def _told(name: str, text: str) -> str:
    """A carriage return is written as a reference: as it is, reading would make a line feed of it."""
    written = escape(xml.carriable(text), quote=False).replace("\r", "&#13;")
    return f"<h:{name}>{written}</h:{name}>"


def read(message: envelope.Message) -> tuple[SourceStatus, ...] | None:
    """The sources that an answer tells of; None when it has no such header. Reads leniently."""
    block = None if message.header is None else message.header.find(_ROOT)
    return None if block is None else tuple(_read_row(row) for row in block.iterchildren(_ROW))


def _read_row(row: xml.Element) -> SourceStatus:
    error = row.find(f"{{{INTEROPERABILITY_HEADERS}}}lastUnsuccessfulSynchError")
    return SourceStatus(
        _text(row, "logicalAddress") or "",
        _text(row, "statusCode") or "",
        _text(row, "isResponseFromCache") in ("true", "1"),
        _text(row, "isResponseInSynch") in ("true", "1"),
        _text(row, "lastSuccessfulSynch"),
        _text(row, "lastUnsuccessfulSynch"),
        None if error is None else SynchError(*(_text(error, name) or "" for name in ("causingAgent", "code", "text"))),
    )


def _text(parent: xml.Element, name: str) -> str | None:
    child = parent.find(f"{{{INTEROPERABILITY_HEADERS}}}{name}")
    text = None if child is None else xml.text_of(child).strip()
    return text or None
