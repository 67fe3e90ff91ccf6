"""GetSubjectOfCareSchedule of the whole country: a citizen's times at every clinic that has any.

Each clinic is asked once, at its own address and about itself, for the citizen that the index named; the facility that
the consumer asked for counts for nothing. All times come back one after another.
Source: platform.md §22.3; contracts.md §5.10, AGG-1 to AGG-4.
"""

from collections.abc import Sequence

from contracts import envelope, xml
from contracts.engagements import DOMAIN, Engagement
from contracts.namespaces import responder
from contracts.soap_service import ServiceFault
from national_services.aggregation import messages

_NAME = "GetSubjectOfCareSchedule"
_CONTRACT = responder(_NAME)


class AggregatedSchedule:
    """The plug-in of GetSubjectOfCareSchedule."""

    contract = _CONTRACT
    path = "/GetAggregatedSubjectOfCareSchedule/service/v1"
    service_domain = DOMAIN
    categorizations: tuple[str, ...] = ()

    def resident_of(self, request: xml.Element) -> str:
        person = request.find(f"{{{_CONTRACT}}}subject_of_care")
        told = "" if person is None else xml.text_of(person).strip()
        if not told:
            raise ServiceFault("The message names no subject_of_care.", "Client")
        return told

    def request_for(self, address: str, engagement: Engagement, incoming: envelope.Message) -> bytes:
        body = (
            f'<m:{_NAME} xmlns:m="{_CONTRACT}">'
            f"<m:healthcare_facility>{messages.written(address)}</m:healthcare_facility>"
            f"<m:subject_of_care>{messages.written(engagement.resident)}</m:subject_of_care></m:{_NAME}>"
        )
        return messages.request(address, body.encode(), messages.actor_of(incoming))

    def merge(self, answers: Sequence[xml.Element]) -> bytes:
        return messages.one_after_another(answers, f"{_NAME}Response", _CONTRACT, "timeslotDetail")


def create() -> AggregatedSchedule:
    """The plug-in, as the setting `plugins` names it."""
    return AggregatedSchedule()
