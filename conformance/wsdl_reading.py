"""What a WSDL says of one interaction, as facts that can be compared with the official file's.

A description may be in several documents (CXF and .NET split theirs); what counts is the operation whose input is the
contract's request element, and the port type, binding, service and port that lead to it. Order is no fact, for it
changes nothing on the wire: the official GetAllCareTypes lists its parts in another order than the rest.
Elsewhere: fetching documents and judging facts (producer/wsdl.py).
Source: contracts.md §2.1, §2.2, §2.6.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from contracts import xml
from contracts.namespaces import WSDL, WSDL_SOAP, XML_SCHEMA


@dataclass(frozen=True, slots=True)
class Described:
    """One interaction by its WSDL. Names are local, elements `{namespace}name`; what is missing is empty."""

    definitions: str = ""
    target_namespace: str = ""
    messages: str = ""  # names of request and response
    body_parts: str = ""  # of request and response, name and element
    header_parts: frozenset[str] = frozenset()  # name and element
    port_type: str = ""
    operations: str = ""  # how many the port type has
    operation: str = ""
    binding: str = ""
    service: str = ""
    port: str = ""
    soap_action: str = ""
    style: str = ""  # style, use and transport
    bound_headers: frozenset[str] = frozenset()  # elements
    inline_schema: str = ""  # its target namespace: the WSDL's own, if there is one
    faults: str = ""  # how many faults the operation declares


def is_wsdl(root: xml.Element) -> bool:
    """Whether a document is a WSDL 1.1."""
    return str(root.tag) == f"{{{WSDL}}}definitions"


def locations(root: xml.Element) -> list[str]:
    """Where the documents are that this one imports or includes, as they are written; each once."""
    found = [one.get("location") for one in root.iter(f"{{{WSDL}}}import")]
    for name in ("import", "include", "redefine"):
        found += [one.get("schemaLocation") for one in root.iter(f"{{{XML_SCHEMA}}}{name}")]
    return list(dict.fromkeys(one for one in found if one))


def described(documents: Sequence[xml.Element], request: str) -> Described | None:
    """What `documents` say of the interaction whose request element is `request`; None when they have no such one."""
    for document in documents:
        for port_type in document.iterchildren(f"{{{WSDL}}}portType"):
            for operation in port_type.iterchildren(f"{{{WSDL}}}operation"):
                asked = _message(documents, operation, "input")
                if asked is not None and request in _elements(asked):
                    return _Reader(documents, document, port_type, operation, asked, request).described()
    return None


def described_in(path: Path, request: str) -> Described:
    """The same of an official file. Raises ValueError when it has no such interaction."""
    found = described([xml.parse_file(path)], request)
    if found is None:
        raise ValueError(f"{path.name} has no operation for {request}")
    return found


def _message(documents: Sequence[xml.Element], operation: xml.Element, way: str) -> xml.Element | None:
    told = operation.find(f"{{{WSDL}}}{way}")
    name = _local(told.get("message")) if told is not None else ""
    found = (one for document in documents for one in document.iterchildren(f"{{{WSDL}}}message"))
    return next((one for one in found if one.get("name") == name), None)


def _elements(message: xml.Element) -> list[str]:
    return [_element(part) for part in message.iterchildren(f"{{{WSDL}}}part")]


def _element(part: xml.Element) -> str:
    """The element that a part is bound to, `{namespace}name`; empty for a part bound to a type."""
    prefix, _, local = (part.get("element") or "").rpartition(":")
    return f"{{{part.nsmap.get(prefix or None, '')}}}{local}" if local else ""


def _local(name: str | None) -> str:
    return (name or "").rpartition(":")[2]


@dataclass(frozen=True)
class _Reader:
    documents: Sequence[xml.Element]
    document: xml.Element
    port_type: xml.Element
    operation: xml.Element
    asked: xml.Element
    request: str

    def described(self) -> Described:
        told = _message(self.documents, self.operation, "output")
        binding = self._binding()
        service, port = self._service_and_port(binding)
        bound = self._bound_operation(binding)
        target = self.document.get("targetNamespace", "")
        return Described(
            definitions=self.document.get("name", ""),
            target_namespace=target,
            messages=f"{self.asked.get('name')}, {told.get('name') if told is not None else 'no output'}",
            body_parts=f"{self._body_parts(self.asked)}; {self._body_parts(told)}",
            header_parts=self._header_parts(),
            port_type=self.port_type.get("name", ""),
            operations=str(len(self.port_type.findall(f"{{{WSDL}}}operation"))),
            operation=self.operation.get("name", ""),
            binding=binding.get("name", "") if binding is not None else "",
            service=service,
            port=port,
            soap_action=self._of_soap(bound, "operation", "soapAction"),
            style=self._style(binding, bound),
            bound_headers=self._bound_headers(bound),
            inline_schema=target if target in self._inline() else "",
            faults=str(len(self.operation.findall(f"{{{WSDL}}}fault"))),
        )

    def _body_parts(self, message: xml.Element | None) -> str:
        """The parts that are no header's."""
        parts = message.findall(f"{{{WSDL}}}part") if message is not None else []
        own = self.request.rpartition("}")[0]
        return ", ".join(f"{one.get('name')} = {_element(one)}" for one in parts if _element(one).startswith(own))

    def _header_parts(self) -> frozenset[str]:
        """The others of the request, and those of messages that the binding takes headers from."""
        own = self.request.rpartition("}")[0]
        parts = [one for one in self.asked.findall(f"{{{WSDL}}}part") if not _element(one).startswith(own)]
        return frozenset(f"{one.get('name')} = {_element(one)}" for one in parts)

    def _binding(self) -> xml.Element | None:
        name = self.port_type.get("name")
        found = [one for one in self._all("binding") if _local(one.get("type")) == name]
        return next((one for one in found if one.find(f"{{{WSDL_SOAP}}}binding") is not None), None)

    def _service_and_port(self, binding: xml.Element | None) -> tuple[str, str]:
        name = binding.get("name") if binding is not None else None
        for service in self._all("service"):
            for port in service.iterchildren(f"{{{WSDL}}}port"):
                if name and _local(port.get("binding")) == name:
                    return service.get("name", ""), port.get("name", "")
        return "", ""

    def _bound_operation(self, binding: xml.Element | None) -> xml.Element | None:
        operations = binding.findall(f"{{{WSDL}}}operation") if binding is not None else []
        return next((one for one in operations if one.get("name") == self.operation.get("name")), None)

    def _of_soap(self, parent: xml.Element | None, name: str, attribute: str) -> str:
        one = parent.find(f"{{{WSDL_SOAP}}}{name}") if parent is not None else None
        return one.get(attribute, "") if one is not None else ""

    def _style(self, binding: xml.Element | None, bound: xml.Element | None) -> str:
        """The style is the operation's or the binding's, `document` where neither says."""
        style = self._of_soap(bound, "operation", "style") or self._of_soap(binding, "binding", "style") or "document"
        bodies = bound.iter(f"{{{WSDL_SOAP}}}body") if bound is not None else ()
        uses = " and ".join(sorted({one.get("use", "") for one in bodies}))
        return f"{style}/{uses} over {self._of_soap(binding, 'binding', 'transport')}"

    def _bound_headers(self, bound: xml.Element | None) -> frozenset[str]:
        given = bound.find(f"{{{WSDL}}}input") if bound is not None else None
        headers = given.findall(f"{{{WSDL_SOAP}}}header") if given is not None else []
        return frozenset(self._header_element(one) for one in headers)

    def _header_element(self, header: xml.Element) -> str:
        message = _local(header.get("message"))
        for one in self._all("message"):
            for part in one.iterchildren(f"{{{WSDL}}}part"):
                if one.get("name") == message and part.get("name") == header.get("part"):
                    return _element(part)
        return ""

    def _inline(self) -> list[str]:
        types = [one for document in self.documents for one in document.findall(f"{{{WSDL}}}types")]
        return [one.get("targetNamespace", "") for two in types for one in two.findall(f"{{{XML_SCHEMA}}}schema")]

    def _all(self, name: str) -> Iterator[xml.Element]:
        return (one for document in self.documents for one in document.iterchildren(f"{{{WSDL}}}{name}"))


def is_schema(root: xml.Element) -> bool:
    return etree.QName(root).localname == "schema"
