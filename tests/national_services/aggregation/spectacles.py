"""A second aggregated contract, whole: what another domain needs to be aggregated is this and its contract files.

Spectacles and lenses are two categories of the domain; sources are told which one the index knows them by.
"""

from collections.abc import Sequence
from pathlib import Path

from contracts import envelope, xml
from contracts.engagements import Engagement
from contracts.soap_service import ServiceFault
from national_services.aggregation import messages

FOLDER = Path(__file__).parent / "spectacles_1.0"
CONTRACT = "urn:riv:test:spectacles:GetSpectaclesResponder:1"


class AggregatedSpectacles:
    """The plug-in of GetSpectacles."""

    contract = CONTRACT
    path = "/GetAggregatedSpectacles/service/v1"
    service_domain = "riv:test:spectacles"
    categorizations: tuple[str, ...] = ("Spectacles", "Lenses")

    def resident_of(self, request: xml.Element) -> str:
        wearer = request.findtext(f"{{{CONTRACT}}}wearer")
        if not wearer:
            raise ServiceFault("The message names no wearer.", "Client")
        return wearer

    def request_for(self, address: str, engagement: Engagement, incoming: envelope.Message) -> bytes:
        wearer, kind = messages.written(engagement.resident), messages.written(engagement.categorization)
        body = f"<s:wearer>{wearer}</s:wearer><s:kindOfEngagement>{kind}</s:kindOfEngagement>"
        return messages.request(address, f'<s:GetSpectacles xmlns:s="{CONTRACT}">{body}</s:GetSpectacles>'.encode())

    def merge(self, answers: Sequence[xml.Element]) -> bytes:
        return messages.one_after_another(answers, "GetSpectaclesResponse", CONTRACT, "pair")


def create() -> AggregatedSpectacles:
    return AggregatedSpectacles()
