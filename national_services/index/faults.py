"""The index's faults: code, text, and who said it. None of them quotes a citizen.

The texts are the real index's, misspelling and all.
Source: platform.md §21.2.
"""

from contracts.identifiers import hide_persons
from contracts.soap_service import ServiceFault

TEXTS = {
    "EI000": "A technical error has occurred, error message: {0}",
    "EI001": "The payload does not follow the XML Schema, error messge: {0}",
    "EI002": "EngagementTransaction #{0} and #{1} have the same key. That is not allowed. "
    "See rule for Update-R1 in service contract",
    "EI003": "Invalid routing. Logical address is {0} but the owner is {1}. They must be the same. "
    "See rule for Update-R7 in service contract",
    "EI004": "The payload does not validate, error messge: {0}",
    "EI005": "The logicalAddress in EngagementTransaction #{0} is reserved and not allowed, hsa-id: {1}",
    "EI006": "The sourceSystem in EngagementTransaction #{0} is reserved and not allowed, hsa-id: {1}",
}


class IndexFault(ServiceFault):
    """A call that the index refuses or could not carry out; nothing of it has been stored."""

    def __init__(self, code: str, *told: object) -> None:
        super().__init__(hide_persons(f"{code}: {TEXTS[code].format(*told)}"))
        self.code = code
