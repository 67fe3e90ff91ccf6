"""Every XML namespace that the contracts use, in one place.

Elsewhere: which element stands in which namespace (codec.py), which file declares it (catalogue.py).
Source: contracts.md §2.1, §2.5; platform.md §4.1.
"""

SOAP_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12_ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
WS_ADDRESSING = "http://www.w3.org/2005/08/addressing"
REGISTRY_HEADERS = "urn:riv:itintegration:registry:1"
REGISTRY_HEADERS_2 = "urn:riv:infrastructure:itintegration:registry:2"
INTEROPERABILITY_HEADERS = "urn:riv:interoperability:headers:1"

SCHEDULING = "urn:riv:crm:scheduling:1"
SCHEDULING_EXT = "urn:riv:crm:scheduling:1.1"

ENGAGEMENT_INDEX = "urn:riv:itintegration:engagementindex:1"

WSDL = "http://schemas.xmlsoap.org/wsdl/"
WSDL_SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
XML_SCHEMA = "http://www.w3.org/2001/XMLSchema"

TIDBRO = "urn:tidbro:scheduling:1"
"""Our own extension elements: the internal code of a refusal beside resultText (domain.md §5.11)."""

TIDBRO_INDEX = "urn:tidbro:engagementindex:1"
"""The same in the index's messages: which of two notices about one thing was sent last."""


def responder(interaction: str, domain: str = "crm:scheduling", major: int = 1) -> str:
    """The contract of an interaction: the namespace of its request element, `urn:riv:…Responder:1`."""
    return f"urn:riv:{domain}:{interaction}Responder:{major}"
