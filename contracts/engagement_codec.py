"""The engagement index's messages ↔ XML, by the tables of codec.py.

Texts keep the blanks around them, and a demanded one that is missing or empty is an empty text: the index's own rules
say what is wrong with it, with a code (EI004).
Our own extension: an element `version` in the namespace urn:tidbro:engagementindex:1 at the end of an engagement holds
a whole number that rises with each change of the thing it tells of. It lets the index, and those it tells, see what
comes too late. The real index has no such thing, and ignores foreign elements.
Source: contracts.md §10; the order of elements is the XSD's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts import codec, xml
from contracts import engagements as e
from contracts.codec import CODE, FLAG, Form, Part, Scalar
from contracts.namespaces import ENGAGEMENT_INDEX, TIDBRO_INDEX, responder

VERSION = f"{{{TIDBRO_INDEX}}}version"
MOST_VERSION = 2**63 - 1

RAW = Scalar(str, xml.carriable, keeps_blanks=True)

_RESIDENT = Part("registeredResidentIdentification", "resident", RAW)
_DOMAIN = Part("serviceDomain", "service_domain", RAW)
_KEY = (
    Part("categorization", "categorization", RAW),
    Part("logicalAddress", "logical_address", RAW),
    Part("businessObjectInstanceIdentifier", "business_object", RAW),
    Part("clinicalProcessInterestId", "clinical_process", RAW),
    Part("mostRecentContent", "most_recent_content", RAW),
    Part("sourceSystem", "source_system", RAW),
)
_CONTROLLER_AND_OWNER = (Part("dataController", "data_controller", RAW), Part("owner", "owner", RAW))

ENGAGEMENT = Form(
    e.Engagement,
    ENGAGEMENT_INDEX,
    (
        _RESIDENT,
        _DOMAIN,
        *_KEY,
        Part("creationTime", "creation_time", RAW),
        Part("updateTime", "update_time", RAW),
        *_CONTROLLER_AND_OWNER,
    ),
)
TRANSACTION = Form(
    e.EngagementTransaction,
    ENGAGEMENT_INDEX,
    (
        Part("deleteFlag", "is_deletion", FLAG, required=True),
        Part("engagement", "engagement", ENGAGEMENT, required=True),
    ),
)


@dataclass(frozen=True, slots=True)
class IndexInteraction:
    """The two messages of one of the index's interactions."""

    name: e.InteractionName
    contract: str
    request: Form
    response: Form


def _interaction(
    name: e.InteractionName, request: type, asked: tuple[Part, ...], response: type, told: tuple[Part, ...]
) -> IndexInteraction:
    contract = responder(name, "itintegration:engagementindex")
    return IndexInteraction(name, contract, Form(request, contract, asked), Form(response, contract, told))


_TRANSACTIONS = (Part("engagementTransaction", "transactions", TRANSACTION, many=True),)
_OUTCOME = (Part("ResultCode", "result_code", CODE, required=True), Part("comment", "comment", codec.TEXT))
_GET_UPDATES = responder("GetUpdates", "itintegration:engagementindex")
_RESIDENT_ENGAGEMENTS = Form(
    e.ResidentEngagements, _GET_UPDATES, (_RESIDENT, Part("engagement", "engagements", ENGAGEMENT, many=True))
)

UPDATE = _interaction("Update", e.Update, _TRANSACTIONS, e.UpdateResponse, _OUTCOME)
PROCESS_NOTIFICATION = _interaction(
    "ProcessNotification", e.ProcessNotification, _TRANSACTIONS, e.ProcessNotificationResponse, _OUTCOME
)
FIND_CONTENT = _interaction(
    "FindContent",
    e.FindContent,
    (_RESIDENT, _DOMAIN, *_KEY, *_CONTROLLER_AND_OWNER),
    e.FindContentResponse,
    (Part("engagement", "engagements", ENGAGEMENT, many=True),),
)
GET_UPDATES = _interaction(
    "GetUpdates",
    e.GetUpdates,
    (_DOMAIN, Part("timeStamp", "time_stamp", RAW), Part("registeredResidentLastFetched", "last_fetched", RAW)),
    e.GetUpdatesResponse,
    (
        Part("responseIsComplete", "is_complete", FLAG, required=True),
        Part("registeredResidentEngagement", "residents", _RESIDENT_ENGAGEMENTS, many=True),
    ),
)
BY_CONTRACT: Mapping[str, IndexInteraction] = {
    one.contract: one for one in (UPDATE, PROCESS_NOTIFICATION, FIND_CONTENT, GET_UPDATES)
}
_BY_MESSAGE: Mapping[type, tuple[str, Form]] = {
    form.type: (f"{{{one.contract}}}{name}", form)
    for one in BY_CONTRACT.values()
    for name, form in ((one.name, one.request), (f"{one.name}Response", one.response))
}


def decode(form: Form, element: xml.Element) -> Any:
    """The message that `element` holds. Raises ContractViolation for what is no value or not in the schema."""
    return codec.decode(form, element)


def encode(message: object) -> xml.Element:
    """The root element of one of the index's messages. Raises KeyError for a value that is none."""
    tag, form = _BY_MESSAGE[type(message)]
    return codec.encode_as(tag, form, message)


def version_of(one: e.Engagement) -> int | None:
    """The version that the engagement carries. None when there is none, or none that is a whole number in bounds."""
    for extension in one.extensions:
        element = xml.parse(extension)
        if element.tag == VERSION:
            text = xml.text_of(element).strip()
            if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MOST_VERSION:
                return int(text)
    return None
