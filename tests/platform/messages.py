"""Messages as consumers write them, in both profiles; each test changes what matters to it.

Their contracts are of a domain that nobody knows, so that no schema has a say (platform.md §1: the platform is not for
one domain, and reads no schema); `official` gives one that has a schema.
"""

from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "samples" / "crm_scheduling_1.1"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
REGISTRY = "urn:riv:itintegration:registry:1"
REGISTRY_2 = "urn:riv:infrastructure:itintegration:registry:2"
ADDRESSING = "http://www.w3.org/2005/08/addressing"

GET = "urn:riv:test:platform:GetThingResponder:1"
"""Reads; routes to the logical addresses of catalogue.py."""
MAKE = "urn:riv:test:platform:MakeThingResponder:1"
"""Changes something; the same producer."""
SLOW = "urn:riv:test:platform:GetSlowResponder:1"
"""Has a short time-out of its own."""
STANDARD = "urn:riv:test:platform:GetStandardResponder:1"
"""Has a standard route and authorisations at `*`."""
EXCEPTED = "urn:riv:test:platform:GetExceptedResponder:1"
"""The HSA tree is not climbed for it in the gateways that say so."""
OFFICIAL = "urn:riv:crm:scheduling:GetAllCareTypesResponder:1"
MAKE_BOOKING = "urn:riv:crm:scheduling:MakeBookingResponder:1"


def header_21(address: str, namespace: str = REGISTRY) -> str:
    return f'<riv:LogicalAddress xmlns:riv="{namespace}">{address}</riv:LogicalAddress>'


def header_20(address: str) -> str:
    return f'<wsa:To xmlns:wsa="{ADDRESSING}">{address}</wsa:To>'


def payload(contract: str = GET, content: str = "<id>1</id>") -> str:
    name = contract.rsplit(":", 2)[1].removesuffix("Responder")
    return f'<t:{name} xmlns:t="{contract}">{content}</t:{name}>'


def an_envelope(header: str, body: str, soap: str = SOAP, declaration: str = "") -> str:
    return (
        f'{declaration}<soap:Envelope xmlns:soap="{soap}"><soap:Header>{header}</soap:Header>'
        f"<soap:Body>{body}</soap:Body></soap:Envelope>"
    )


def a_message(address: str = "A", contract: str = GET, content: str = "<id>1</id>") -> bytes:
    """A call in profile 2.1."""
    return an_envelope(header_21(address), payload(contract, content)).encode()


def a_message_20(address: str = "A", contract: str = GET, content: str = "<id>1</id>") -> bytes:
    """A call in profile 2.0."""
    return an_envelope(header_20(address), payload(contract, content)).encode()


def official(interaction: str = "GetAllCareTypes", name: str = "request") -> bytes:
    """A sample of crm:scheduling 1.1, addressed to SE2321009991-2B02."""
    return (SAMPLES / interaction / f"{name}.xml").read_bytes()


ANSWER = an_envelope(
    "", f'<t:GetThingResponse xmlns:t="{GET}"><text>Åre, 1 &lt; 2</text></t:GetThingResponse>'
).encode()
"""What producers answer when they are told nothing else."""
SOAP_FAULT = (
    f'<s:Envelope xmlns:s="{SOAP}"><s:Body><s:Fault><faultcode>s:Server</faultcode>'
    "<faultstring>the producer's own</faultstring></s:Fault></s:Body></s:Envelope>"
).encode()
SOAP_12_FAULT = SOAP_FAULT.replace(SOAP.encode(), SOAP_12.encode())
