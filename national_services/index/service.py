"""The index's four services: SOAP in, the index's methods, SOAP out.

What the rules have codes for is checked first; what the schema says besides ends in EI001. Faults quote nothing of a
message but the HSA-ids that their texts ask for.
Source: platform.md §21.1, §21.2; contracts.md §10.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from contracts import engagement_codec as codec
from contracts import engagements as e
from contracts import envelope
from contracts.catalogue import Catalogue, Errata, official_folder
from contracts.engagement_codec import IndexInteraction
from contracts.errors import ContractViolation, Violation
from contracts.http_headers import CORRELATION_ID
from contracts.soap_service import Answer, Question, ServiceFault
from contracts.validation import Validator
from national_services.index.faults import IndexFault

log = logging.getLogger(__name__)

UPDATE_PATH = "/skltp-ei/update-service/v1"
NOTIFICATION_PATH = "/skltp-ei/notification-service/v1"
FIND_CONTENT_PATH = "/skltp-ei/find-content-service/v1"
GET_UPDATES_PATH = "/skltp-ei/get-updates-service/v1"

_MOST_TOLD = 3


class Answers(Protocol):
    """What the services need of the index (app.py)."""

    def check_update(self, update: e.Update, logical_address: str | None, correlation_id: str | None) -> None: ...
    def take_update(self, update: e.Update, correlation_id: str) -> e.UpdateResponse: ...
    def check_notification(self, told: e.ProcessNotification, correlation_id: str | None) -> None: ...
    def take_notification(self, told: e.ProcessNotification, correlation_id: str) -> e.ProcessNotificationResponse: ...
    def find(self, question: e.FindContent, correlation_id: str | None) -> e.FindContentResponse: ...
    def get_updates(self, question: e.GetUpdates, correlation_id: str | None) -> e.GetUpdatesResponse: ...


def services(index: Answers) -> Mapping[str, Answer]:
    """The services by their paths."""
    schemas = _Schemas()

    def update(question: Question) -> object:
        told: e.Update = _read(question, codec.UPDATE)
        correlation_id = question.headers.get(CORRELATION_ID)
        index.check_update(told, question.message.logical_address, correlation_id)
        schemas.demand(question)
        return index.take_update(told, correlation_id or "")

    def process_notification(question: Question) -> object:
        told: e.ProcessNotification = _read(question, codec.PROCESS_NOTIFICATION)
        correlation_id = question.headers.get(CORRELATION_ID)
        index.check_notification(told, correlation_id)
        schemas.demand(question)
        return index.take_notification(told, correlation_id or "")

    def find_content(question: Question) -> object:
        asked: e.FindContent = _read(question, codec.FIND_CONTENT)
        if asked.resident and asked.service_domain:  # an empty one has a code of its own
            schemas.demand(question)
        return index.find(asked, question.headers.get(CORRELATION_ID))

    def get_updates(question: Question) -> object:
        asked: e.GetUpdates = _read(question, codec.GET_UPDATES)
        schemas.demand(question)
        return index.get_updates(asked, question.headers.get(CORRELATION_ID))

    return {
        UPDATE_PATH: _answering(update),
        NOTIFICATION_PATH: _answering(process_notification),
        FIND_CONTENT_PATH: _answering(find_content),
        GET_UPDATES_PATH: _answering(get_updates),
    }


class _Schemas:
    """The index's schemas, with their errata; read at the first message."""

    def __init__(self) -> None:
        self._validator: Validator | None = None

    def demand(self, question: Question) -> None:
        """Raises EI001 for a message that breaks its schema."""
        if self._validator is None:
            folder = official_folder()
            contracts = [folder / "itintegration_engagementindex_1.0"]
            self._validator = Validator(Catalogue.load(contracts, Errata.load(folder / "errata.toml")))
        violations = self._validator.check_request(question.message)
        if violations:
            raise _against_the_schema(violations)


def _answering(service: Callable[[Question], object]) -> Answer:
    """What went wrong on the way to an answer is EI000 (platform.md §21.2)."""

    def answer(question: Question) -> bytes:
        try:
            return envelope.write_response(codec.encode(service(question)))
        except ServiceFault:
            raise
        except Exception as error:  # by its kind alone: what it says of itself can quote the message
            log.error("index_failed: %s", type(error).__name__)
            raise IndexFault("EI000", type(error).__name__) from None

    return answer


def _read(question: Question, interaction: IndexInteraction) -> Any:
    message = question.message
    if message.payload is None or (message.contract, message.interaction) != (interaction.contract, interaction.name):
        raise IndexFault("EI001", f"the body holds no {interaction.name}")
    try:
        return codec.decode(interaction.request, message.payload)
    except ContractViolation as error:
        raise _against_the_schema(error.violations) from None


def _against_the_schema(violations: tuple[Violation, ...]) -> IndexFault:
    return IndexFault("EI001", "; ".join(map(str, violations[:_MOST_TOLD])))
