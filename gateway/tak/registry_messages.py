"""The messages of the two registries: questions read off the body, answers written, in each contract's own namespaces.

Elements are found by the contract's namespace and, inside the core types, by the domain's. The spellings are the
contracts': `logicalAdress`, `serviceContractNameSpace`.
Elsewhere: what is answered (registry.py), how it travels (services.py).
Source: platform.md §20.4; contracts.md §9.
"""

from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import ClassVar, Protocol

from contracts import xml
from contracts.namespaces import REGISTRY_HEADERS, REGISTRY_HEADERS_2, responder
from gateway.tak import registry
from gateway.tak.publication import Filter, Publication
from gateway.tak.registry import Days, LogicalAddressee, QuestionRefused

_REGISTRY_2 = "infrastructure:itintegration:registry"


class RegistryContract(Protocol):
    """One registry in one version: the name of its interaction, its contract, and how it answers."""

    name: ClassVar[str]

    @property
    def contract(self) -> str: ...

    def answer(self, question: xml.Element, publication: Publication, now: datetime, days: Days) -> str:
        """The payload. Raises QuestionRefused."""


@dataclass(frozen=True, slots=True)
class SupportedContracts:
    """GetSupportedServiceContracts in one of its versions; `core` is the namespace of the domain's types."""

    name: ClassVar[str] = "GetSupportedServiceContracts"
    contract: str
    core: str
    needs_consumer: bool

    def answer(self, question: xml.Element, publication: Publication, now: datetime, days: Days) -> str:
        address = _told(question, f"{{{self.contract}}}logicalAdress")
        consumer = _told(question, f"{{{self.contract}}}serviceConsumerHsaId")
        if address and self.needs_consumer and not consumer:
            raise QuestionRefused(registry.NO_CONSUMER)
        found = registry.supported_contracts(publication, address, consumer or None, now, days)
        rows = (
            f"<s:serviceContractNamespace><c:ServiceContractNamespace>{_text(one)}</c:ServiceContractNamespace>"
            "</s:serviceContractNamespace>"
            for one in found
        )
        return _element(f"{self.name}Response", self.contract, self.core, "".join(rows))


@dataclass(frozen=True, slots=True)
class LogicalAddressees:
    """GetLogicalAddresseesByServiceContract 2; `core` is the namespace of the domain's types."""

    name: ClassVar[str] = "GetLogicalAddresseesByServiceContract"
    contract: str
    core: str

    def answer(self, question: xml.Element, publication: Publication, now: datetime, days: Days) -> str:
        holder, name = f"{{{self.contract}}}serviceContractNameSpace", f"{{{self.core}}}ServiceContractNamespace"
        wanted = _told(question, f"{holder}/{name}")
        consumer = _told(question, f"{{{self.contract}}}serviceConsumerHsaId")
        found = registry.logical_addressees(publication, wanted, consumer, now, days)
        rows = "".join(map(_record, found))
        return _element(f"{self.name}Response", self.contract, self.core, rows)


SUPPORTED_CONTRACTS_1 = SupportedContracts(
    responder("GetSupportedServiceContracts", "itintegration:registry"), REGISTRY_HEADERS, needs_consumer=True
)
SUPPORTED_CONTRACTS_2 = SupportedContracts(
    responder("GetSupportedServiceContracts", _REGISTRY_2, 2), REGISTRY_HEADERS_2, needs_consumer=False
)
LOGICAL_ADDRESSEES_2 = LogicalAddressees(
    responder("GetLogicalAddresseesByServiceContract", _REGISTRY_2, 2), REGISTRY_HEADERS_2
)


def _told(question: xml.Element, path: str) -> str:
    """The text of an element; empty when it is missing."""
    found = question.find(path)
    return "" if found is None else xml.text_of(found)


def _record(one: LogicalAddressee) -> str:
    filters = "".join(map(_filter, one.filters))
    address = f"<s:logicalAddress>{_text(one.logical_address)}</s:logicalAddress>"
    return f"<s:logicalAddressRecord>{address}{filters}</s:logicalAddressRecord>"


def _filter(one: Filter) -> str:
    categories = "".join(f"<s:categorization>{_text(each)}</s:categorization>" for each in one.categories)
    return f"<s:filter><s:serviceDomain>{_text(one.service_domain)}</s:serviceDomain>{categories}</s:filter>"


def _element(name: str, contract: str, core: str, rows: str) -> str:
    return f'<s:{name} xmlns:s="{contract}" xmlns:c="{core}">{rows}</s:{name}>'


def _text(text: str) -> str:
    return escape(xml.carriable(text), quote=False)
