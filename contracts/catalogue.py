"""Which contracts there are: RIV-TA domain folders in the official layout, read from their WSDL files.

A folder holds `core_components/*.xsd` and `interactions/NAMEInteraction/*.{wsdl,xsd}`; other layouts will do, for only
what files say of each other counts. Ours stand in the package `wsdl`; any other domain is added as a folder and is then
routed, served and validated like them.
Elsewhere: validating messages (validation.py), serving the files (gateway/wsdl_pages.py).
Source: contracts.md §2.1, §2.2; platform.md §16.1.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import cast, get_args

from lxml import etree

from contracts import xml
from contracts.envelope import Profile
from contracts.errors import MessageUnreadable
from contracts.namespaces import WSDL, WSDL_SOAP, XML_SCHEMA

_NAMES = {"w": WSDL, "s": WSDL_SOAP, "x": XML_SCHEMA}
_WSDL_NAMESPACE = re.compile(
    r"urn:riv:(?P<domain>.+):(?P<name>[^:]+):(?P<major>\d+):(?P<profile>rivtabp2[01])", re.IGNORECASE
)
_PROFILES: tuple[Profile, ...] = get_args(Profile)
_FILE_VERSION = re.compile(r"Interaction_(\d+\.\d+)_", re.IGNORECASE)


class ContractBroken(Exception):
    """A WSDL that cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Erratum:
    """One named correction of an official file: `find` is replaced by `replace` when the file is read."""

    id: str
    files: tuple[Path, ...]
    find: str
    replace: str
    what: str
    why: str


@dataclass(frozen=True)
class Errata:
    """The corrections in force; an empty tuple is strict reading."""

    errata: tuple[Erratum, ...] = ()

    @classmethod
    def load(cls, path: Path) -> "Errata":
        """The corrections in an `errata.toml`, whose file names are relative to it; none when it does not exist.

        Raises ContractBroken when it says something else than corrections.
        """
        if not path.is_file():
            return cls()
        try:
            rows = tomllib.loads(path.read_text(encoding="utf-8"))["erratum"]
            return cls(tuple(cls._erratum(row, path.parent) for row in rows))
        except (ValueError, KeyError, TypeError) as error:
            raise ContractBroken(f"{path.name}: {type(error).__name__}: {error}") from None

    @staticmethod
    def _erratum(row: Mapping[str, object], folder: Path) -> Erratum:
        files = tuple((folder / str(name)).resolve() for name in cast(list[str], row["files"]))
        texts = {name: str(row[name]) for name in ("id", "find", "replace", "what", "why")}
        return Erratum(files=files, **texts)

    def correct(self, path: Path, text: bytes) -> bytes:
        """`text` of the file at `path` with its corrections made."""
        for erratum in self.touching(path):
            text = text.replace(erratum.find.encode(), erratum.replace.encode())
        return text

    def touching(self, path: Path) -> tuple[Erratum, ...]:
        return tuple(e for e in self.errata if path.resolve() in e.files)


@dataclass(frozen=True, slots=True)
class Interaction:
    """One interaction in one profile: a WSDL and the schemas that it imports.

    `contract` is the namespace of the request element and what registries, routes and authorisations name;
    `virtual_path` the path that the platform serves it on, `vp/crm/scheduling/MakeBooking/1/rivtabp21`.
    """

    name: str
    contract: str
    version: str
    profile: Profile
    wsdl_namespace: str
    soap_action: str
    request: str  # {namespace}name
    response: str  # {namespace}name
    wsdl: Path
    folder: Path
    schemas: Mapping[str, Path] = field(hash=False)
    virtual_path: str = ""


@dataclass(frozen=True)
class Catalogue:
    """The interactions known, found by contract and profile."""

    interactions: tuple[Interaction, ...]
    errata: Errata = Errata()

    @classmethod
    def load(cls, folders: Iterable[Path], errata: Errata) -> "Catalogue":
        """Everything in `folders`. Raises ContractBroken naming the first file that cannot be used."""
        found = [read_interaction(path, folder) for folder in folders for path in wsdl_files(folder)]
        return cls(tuple(found), errata)

    @classmethod
    def official(cls, *more: Path, strict: bool = False) -> "Catalogue":
        """Our own contract sets and the domain folders in `more`; `strict` leaves the errata out."""
        root = official_folder()
        errata = [] if strict else [Errata.load(place / "errata.toml") for place in (root, *more)]
        folders = (*sorted(p for p in root.iterdir() if (p / "interactions").is_dir()), *more)
        return cls.load(folders, Errata(tuple(e for some in errata for e in some.errata)))

    @cached_property
    def _by_contract(self) -> dict[tuple[str, str], Interaction]:
        """Of two versions with one contract namespace and profile, the later version counts."""
        return {(i.contract, i.profile): i for i in sorted(self.interactions, key=lambda i: _version(i.version))}

    def find(self, contract: str | None, profile: str | None) -> Interaction | None:
        """The interaction of a contract in a profile; None when the contract is not known.

        Where the contract has no WSDL for this profile the other one's counts: the profile decides the header alone.
        """
        for one in (profile or "", *_PROFILES):
            found = self._by_contract.get((contract or "", one))
            if found is not None:
                return found
        return None

    @cached_property
    def contracts(self) -> frozenset[str]:
        return frozenset(i.contract for i in self.interactions)

    @cached_property
    def by_path(self) -> Mapping[str, Interaction]:
        """The interactions by the paths they are served on, in lower case; of two on one path the later version."""
        return {i.virtual_path.lower(): i for i in sorted(self.interactions, key=lambda i: _version(i.version))}

    def at_path(self, path: str) -> Interaction | None:
        """The interaction served on a URL path, without regard to case (platform.md §16.1)."""
        return self.by_path.get(path.strip("/").lower())


def official_folder() -> Path:
    """Where our own contract files stand."""
    return Path(str(resources.files("wsdl")))


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def wsdl_files(folder: Path) -> list[Path]:
    """The WSDL files of a domain folder, by name, less those that others import. Raises ContractBroken for none."""
    found = sorted(path for path in folder.rglob("*.wsdl") if path.is_file())
    if not found:
        raise ContractBroken(f"{folder.name} holds no WSDL file")
    imported = {part for path in found for part in _imported_by(path)}
    return [path for path in found if path.resolve() not in imported] or found


def _imported_by(path: Path) -> set[Path]:
    """The WSDL files that one imports; none of a file that cannot be read, which is told when it is its turn."""
    with suppress(MessageUnreadable, OSError):
        return set(_imported(path, xml.parse_file(path))) - {path.resolve()}
    return set()


Document = tuple[Path, xml.Element]
"""A WSDL file and its root element."""


def _imported(path: Path, root: xml.Element) -> list[Path]:
    locations = cast(list[str], root.xpath("/w:definitions/w:import/@location", namespaces=_NAMES))
    return [(path.parent / location).resolve() for location in locations]


def _documents(path: Path, folder: Path) -> list[Document]:
    """A WSDL and those that it imports, directly or by others, from inside `folder`. Raises ContractBroken."""
    found: dict[Path, xml.Element] = {}
    waiting = [path.resolve()]
    while waiting:
        one = waiting.pop(0)
        if one in found or (found and not (one.is_relative_to(folder.resolve()) and one.is_file())):
            continue
        try:
            found[one] = xml.parse_file(one)
        except (MessageUnreadable, OSError) as error:
            raise ContractBroken(f"{one.name}: {error}") from None
        waiting += _imported(one, found[one])
    return list(found.items())


def read_interaction(path: Path, folder: Path) -> Interaction:
    """The interaction that a WSDL file declares. Raises ContractBroken when the file cannot be used."""
    documents = _documents(path, folder)
    namespace, match = _wsdl_namespace(documents[0][1], path)
    request, response = _body_elements(documents, path)
    version = _FILE_VERSION.search(path.name)
    profile = match["profile"].lower()
    return Interaction(
        name=match["name"],
        contract=cast(str, etree.QName(request).namespace),
        version=version[1] if version else f"{match['major']}.0",
        profile=cast(Profile, profile),
        wsdl_namespace=namespace,
        soap_action=_one(documents, "//s:operation/@soapAction", path),
        request=request,
        response=response,
        wsdl=path,
        folder=folder,
        schemas=_schemas(documents),
        virtual_path=f"vp/{match['domain'].replace(':', '/')}/{match['name']}/{match['major']}/{profile}",
    )


def _wsdl_namespace(root: xml.Element, path: Path) -> tuple[str, "re.Match[str]"]:
    """The namespace that names contract and profile: the target namespace or, where that is of another form, the last
    one that the root element declares or has as an attribute (platform.md §16.1). Raises ContractBroken.
    """
    target = root.get("targetNamespace", "")
    others = [*root.nsmap.values(), *map(str, root.attrib.values())] if target else []
    for value in reversed([*others, target]):
        if match := _WSDL_NAMESPACE.fullmatch(value):
            return value, match
    raise ContractBroken(f"{path.name}: the target namespace is not of the form urn:riv:…:rivtabp20 or :rivtabp21")


def _one(documents: Iterable[Document], xpath: str, path: Path) -> str:
    found = [str(one) for _, root in documents for one in cast(list[str], root.xpath(xpath, namespaces=_NAMES))]
    if len(found) != 1:
        raise ContractBroken(f"{path.name}: {len(found)} times {xpath}, one is needed")
    return found[0]


def _body_elements(documents: list[Document], path: Path) -> tuple[str, str]:
    """The QNames of the request and the response element: the `parameters` parts of the operation's two messages."""
    names = (
        _one(documents, f"//w:portType/w:operation/w:{way}/@message", path).split(":")[-1]
        for way in ("input", "output")
    )
    return cast(tuple[str, str], tuple(_parameters(documents, name, path) for name in names))


def _parameters(documents: Iterable[Document], message: str, path: Path) -> str:
    query = "//w:message[@name=$message]/w:part"
    found = (root.xpath(query, namespaces=_NAMES, message=message) for _, root in documents)
    parts = [part for some in found for part in cast(list[xml.Element], some)]
    body = next((part for part in parts if part.get("name") == "parameters"), None)
    if body is None or body.get("element") is None:
        raise ContractBroken(f"{path.name}: the message {message} has no part parameters bound to an element")
    prefix, _, local = cast(str, body.get("element")).rpartition(":")
    namespace = body.nsmap.get(prefix or None)
    if namespace is None:
        raise ContractBroken(f"{path.name}: the prefix {prefix} is not declared")
    return f"{{{namespace}}}{local}"


def _schemas(documents: Iterable[Document]) -> dict[str, Path]:
    """The schema files that the WSDL's own schemas import or include, by the namespace that each declares."""
    found = {}
    for path, root in documents:
        for schema in cast(list[xml.Element], root.xpath("//w:types/x:schema", namespaces=_NAMES)):
            own = schema.get("targetNamespace", "")
            for row in schema.iterchildren(f"{{{XML_SCHEMA}}}import", f"{{{XML_SCHEMA}}}include"):
                if location := row.get("schemaLocation"):
                    namespace = row.get("namespace", "") if etree.QName(row).localname == "import" else own
                    found[namespace] = (path.parent / location).resolve()
    return found


@dataclass(frozen=True, slots=True)
class CheckedContract:
    """One line of `tidbro contracts check`: `reason` is empty when the contract can be used."""

    name: str
    contract: str
    profile: str
    reason: str = ""


def check(folder: Path) -> list[CheckedContract]:
    """Every WSDL file of a domain folder, read and compiled on its own. Raises ContractBroken when it has none."""
    errata = Errata.load(folder / "errata.toml")
    official = Errata.load(official_folder() / "errata.toml")
    return [_checked(path, folder, Errata(errata.errata + official.errata)) for path in wsdl_files(folder)]


def _checked(path: Path, folder: Path, errata: Errata) -> CheckedContract:
    try:
        found = read_interaction(path, folder)
    except ContractBroken as error:
        return CheckedContract(path.stem, "-", "-", str(error))
    try:
        xml.compile_schema(dict(found.schemas), folder, errata.correct)
    except xml.SchemaBroken as error:
        return CheckedContract(found.name, found.contract, found.profile, str(error))
    return CheckedContract(found.name, found.contract, found.profile)
