"""The TAK's own services below `/tak-services`: the catalogue for other platforms, the registries, ping, REST pages.

They answer from the version that is loaded, not from the latest that is published.
Who may ask: the peers on the HTTP listener's white list; a proxy's X-Forwarded-For must be on it as well. A reset is
for those who may reset the gateway's caches. The real TAK asks nobody.
Answers are made in a thread, for a national catalogue has some hundred thousand rows.
Elsewhere: which version (loaded.py), what the answers say (sokvagvalsinfo.py, registry.py), REST (rest.py).
Source: platform.md §20.2 (activation), §20.4, §20.5; §25 rows 18 and 24.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from importlib import metadata

from lxml import etree

from contracts import envelope, xml
from contracts.catalogue import Catalogue, Errata, Interaction, official_folder
from contracts.errors import FaultCode, MessageUnreadable, PlatformError
from contracts.identifiers import hide_persons
from contracts.namespaces import SOAP_ENVELOPE
from contracts.times import Clock
from gateway import ping, senders
from gateway.call import Answer, HttpRequest
from gateway.settings import GatewaySettings
from gateway.tak import sokvagvalsinfo
from gateway.tak.loaded import LoadedVersion, Versions
from gateway.tak.publication import Publication
from gateway.tak.registry import Days, QuestionRefused
from gateway.tak.registry_messages import (
    LOGICAL_ADDRESSEES_2,
    SUPPORTED_CONTRACTS_1,
    SUPPORTED_CONTRACTS_2,
    RegistryContract,
)
from gateway.tak.rest import RestPages
from gateway.tak.sources import WSDL_FILE
from gateway.wsdl_pages import WsdlPages, asks_for_contract

BASE = "/tak-services"
SOK_VAGVALS_INFO = f"{BASE}/SokVagvalsInfo/v2"
PING = f"{BASE}/itintegration/monitoring/pingForConfiguration/1/rivtabp21"
REGISTRIES: Mapping[str, RegistryContract] = {
    f"{BASE}/GetSupportedServiceContracts": SUPPORTED_CONTRACTS_1,
    f"{BASE}/GetSupportedServiceContracts/v2": SUPPORTED_CONTRACTS_2,
    f"{BASE}/GetLogicalAddresseesByServiceContract/v2": LOGICAL_ADDRESSEES_2,
}
_RESET = f"{BASE}/reset/pv"
_CONTRACT_SETS = (
    "itintegration_monitoring_1.0",
    "itintegration_registry_1.0",
    "infrastructure_itintegration_registry_2.0",
)
Write = Callable[[xml.Element, Publication], str]
"""Answers a question with a payload. Raises QuestionRefused, or MessageUnreadable for one it does not know."""


class TakServices:
    """Answers requests below `/tak-services`. Call `load` at the start; otherwise the first request does it."""

    def __init__(self, versions: Versions, settings: GatewaySettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._days = Days(settings.registry_last_day, settings.registry_ignores_days)
        self._loaded = LoadedVersion(versions)
        self._contracts = WsdlPages(_catalogue(), replace(settings, wsdl_file=""))  # that is about the traffic path
        registries = {
            path.lower(): partial(self._soap, partial(self._registry, one)) for path, one in REGISTRIES.items()
        }
        self._services: Mapping[str, Callable[[HttpRequest], Answer]] = {
            SOK_VAGVALS_INFO.lower(): partial(self._soap, _rows),
            PING.lower(): partial(self._soap, self._ping),
            **registries,
        }
        self._pages = {f"{BASE}/{path}": page for path, page in RestPages(self._loaded).by_path.items()}

    def load(self) -> None:
        """Answer from the latest version from now on. Raises what the store raises; CatalogueRefused for nothing."""
        self._loaded.load()

    def reload(self) -> bool:
        """The same for whoever cannot do anything about a failure: whether it succeeded. Never raises."""
        return self._loaded.reload()

    async def answer(self, request: HttpRequest) -> Answer | None:
        """The page at a path, in any letter case; None when there is none."""
        path = request.path.rstrip("/").lower()
        service = self._services.get(path)
        page = service or self._pages.get(path)
        if page is None:
            return None
        if not self._may_ask(request, path):
            refusal = b"This address is not on the white list."
            return Answer(403, refusal, (("Content-Type", "text/plain; charset=UTF-8"),))
        if service is not None and asks_for_contract(request):
            return self._contracts.answer(request)
        return await asyncio.to_thread(page, request)

    def _may_ask(self, request: HttpRequest, path: str) -> bool:
        allowed = self._settings.reset_callers if path == _RESET else self._settings.ip_whitelist
        return senders.comes_from_listed(request, allowed, self._settings)

    def _soap(self, write: Write, request: HttpRequest) -> Answer:
        """The answer, or a fault; nothing of a message that cannot be used is quoted."""
        try:
            message = envelope.read(request.body, request.charset, xml.Limits(self._settings.max_message_bytes))
            question, publication = message.payload, self._loaded.publication()
            if question is None:
                raise MessageUnreadable("The body of the message is empty.")
            if publication is None:
                raise QuestionRefused("The catalogue has not been loaded.")
            payload = write(question, publication)
        except QuestionRefused as error:
            return _fault("Server", str(error))
        except PlatformError as error:
            return _fault("Client", error.detail)
        opening = f'<soapenv:Envelope xmlns:soapenv="{SOAP_ENVELOPE}"><soapenv:Body>'
        return Answer(200, f"{opening}{payload}</soapenv:Body></soapenv:Envelope>".encode())

    def _registry(self, registry: RegistryContract, question: xml.Element, publication: Publication) -> str:
        _demand(question, f"{{{registry.contract}}}{registry.name}")
        return registry.answer(question, publication, self._clock(), self._days)

    def _ping(self, question: xml.Element, publication: Publication) -> str:
        """contracts.md PING-2: an answer shows that the catalogue is there."""
        _demand(question, f"{{{ping.CONTRACT}}}PingForConfiguration")
        told = {"tak.pvCacheVersion": str(publication.version)}
        return ping.payload(self._clock(), "tak-services", metadata.version("tidbro"), told)


def _rows(question: xml.Element, publication: Publication) -> str:
    """SokVagvalsInfo 2. An answer without authorisations would break its schema, and counts as failed anyway."""
    name = etree.QName(question)
    write = sokvagvalsinfo.OPERATIONS.get(name.localname) if name.namespace == sokvagvalsinfo.NAMESPACE else None
    if write is None:
        raise _unknown()
    if write is sokvagvalsinfo.authorisations and not publication.authorisations:
        raise QuestionRefused("There are no authorisations in the published version.")
    return write(publication)


def _demand(question: xml.Element, wanted: str) -> None:
    if question.tag != wanted:
        raise _unknown()


def _unknown() -> MessageUnreadable:
    return MessageUnreadable("There is no such operation here.")


def _fault(faultcode: FaultCode, sentence: str) -> Answer:
    return Answer(500, envelope.write_fault(faultcode, hide_persons(sentence)))


def _catalogue() -> Catalogue:
    """The contracts that are served here, each at its path below the base."""
    found = Catalogue.load([official_folder() / name for name in _CONTRACT_SETS], Errata()).interactions
    paths = {one.contract: path for path, one in REGISTRIES.items()} | {ping.CONTRACT: PING}
    served = (
        replace(one, virtual_path=paths[one.contract].strip("/"))
        for one in found
        if one.contract in paths and one.profile == "rivtabp21"
    )
    return Catalogue((_sok_vagvals_info(), *served))


def _sok_vagvals_info() -> Interaction:
    """Our own WSDL, which has four operations; the first stands for all, for a page needs no more than the files."""
    namespace = sokvagvalsinfo.NAMESPACE
    first = next(iter(sokvagvalsinfo.OPERATIONS))
    return Interaction(
        name="SokVagvalsInfo",
        contract=namespace,
        version="2.0",
        profile="rivtabp21",
        wsdl_namespace=namespace,
        soap_action="",
        request=f"{{{namespace}}}{first}",
        response=f"{{{namespace}}}{first}Response",
        wsdl=WSDL_FILE,
        folder=WSDL_FILE.parent,
        schemas={namespace: WSDL_FILE.parent / "vagvalsinfo_v2.xsd"},
        virtual_path=SOK_VAGVALS_INFO.strip("/"),
    )
