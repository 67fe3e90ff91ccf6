"""Hold every file in wsdl/ against the specification's tables types.tsv and wsdl.tsv, both ways.

    python .ci/compare_wsdl_with_tables.py SPEC_DIR

Each file is read back into the rows it would have in the tables (legend: contracts.md §16), and the two lists
are compared in order: a row that is missing, one too many and one out of place all show. Prints the number of
rows compared and every difference; exit status 1 if there is one that isn't named in DEVIATIONS.
"""

import csv
import difflib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

Row = tuple[str, ...]
WSDL_DIR = Path(__file__).resolve().parents[1] / "wsdl"
XS = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"

FOLDERS: dict[str, tuple[str, ...]] = {  # where the files of each contract set of types.tsv stand
    "crm:scheduling:1.1": ("crm_scheduling_1.1",),
    "crm:scheduling:1.0": ("crm_scheduling_1.0",),
    "interoperability:headers:1.0": ("crm_scheduling_1.1",),
    "itintegration:registry:1.0/header-copy-in-scheduling-and-ei": (
        "crm_scheduling_1.1",
        "itintegration_engagementindex_1.0",
    ),
    "itintegration:registry:1.0/header-copy-in-monitoring": ("itintegration_monitoring_1.0",),
    "ws-addressing:1.0": ("crm_scheduling_1.0", "itintegration_monitoring_1.0"),
    "itintegration:monitoring:1.0": ("itintegration_monitoring_1.0",),
    "itintegration:engagementindex:1.0": ("itintegration_engagementindex_1.0",),
    "itintegration:registry:1.0": ("itintegration_registry_1.0",),
    "infrastructure:itintegration:registry:2.0": ("infrastructure_itintegration_registry_2.0",),
}
# (file, column) -> what we write instead. The official address is a test system's, left over: wsdl/README.md.
DEVIATIONS: dict[tuple[str, str], str] = {
    (
        "crm_scheduling_1.0/interactions/GetAllTimeTypesInteraction/GetAllTimeTypesInteraction_1.0_rivtabp20.wsdl",
        "address",
    ): "http://tempuri.org",
}
WSDL_TAGS = {
    *(WSDL + name for name in ("definitions", "documentation", "types", "message", "part", "portType")),
    *(WSDL + name for name in ("operation", "input", "output", "binding", "service", "port")),
    *(SOAP + name for name in ("binding", "operation", "header", "body", "address")),
    *(XS + name for name in ("annotation", "documentation", "schema", "import")),
}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__)
        return 2
    spec = Path(arguments[0])
    differences = [*compare_types(spec / "types.tsv"), *compare_wsdls(spec / "wsdl.tsv")]
    for difference in differences:
        print(difference)
    print(f"{len(differences)} differences")
    return 1 if differences else 0


def read_table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def parse(path: Path) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.parse(str(path), parser).getroot()


# Schemas


def compare_types(table: Path) -> list[str]:
    """The differences between types.tsv and the .xsd files, one line each."""
    differences: list[str] = []
    claimed: set[Path] = set()
    compared = 0
    by_file = rows_by_file(table)
    for (contract_set, name), expected in by_file.items():
        for folder in FOLDERS[contract_set]:
            path = WSDL_DIR / folder / name
            claimed.add(path)
            actual = list(schema_rows(path, name)) if path.exists() else []
            differences += row_differences(path, expected, actual)
            compared += len(expected)
    for path in sorted({*WSDL_DIR.rglob("*.xsd")} - claimed):
        differences.append(f"{path.relative_to(WSDL_DIR)}: not in {table.name}")
    rows = sum(len(rows) for rows in by_file.values())
    print(f"{table.name}: {rows} rows, compared {compared} times in {len(claimed)} files")
    return differences


def rows_by_file(table: Path) -> dict[tuple[str, str], list[Row]]:
    """The rows of each (contract set, file), in order, without the contract set's column."""
    files: dict[tuple[str, str], list[Row]] = {}
    rows: list[Row] = []
    for row in read_table(table):
        if row["kind"] == "schema":
            rows = files.setdefault((row["contract-set"], row["name"]), [])
        if row["kind"] == "pattern":
            row["extra"] = ""  # a note on the broken patterns, not a part of the file
        rows.append(tuple(value or "" for value in row.values())[1:])
    return files


def row_differences(path: Path, expected: list[Row], actual: list[Row]) -> Iterator[str]:
    lines = difflib.ndiff(["\t".join(row) for row in expected], ["\t".join(row) for row in actual])
    for line in lines:
        if line[0] in "-+":
            where = "missing" if line[0] == "-" else "extra"
            yield f"{path.relative_to(WSDL_DIR)}: {where}: {line[2:]}"


def schema_rows(path: Path, name: str) -> Iterator[Row]:
    """The rows of one .xsd file, in document order."""
    schema = parse(path)
    namespace = schema.get("targetNamespace", "")
    absent = "unqualified(absent)"
    facts: dict[str, str] = {"elementFormDefault": schema.get("elementFormDefault", "(absent)")}
    facts["attributeFormDefault"] = schema.get("attributeFormDefault", absent)
    optional = {key: schema.get(key) for key in ("blockDefault", "version")}
    facts |= {key: value for key, value in optional.items() if value is not None}
    facts |= unexpected(schema, "targetNamespace", *facts)
    yield (namespace, "(schema)", "schema", "0", name, "", "", "", joined(facts))
    imports = schema.findall(XS + "import")
    for position, item in enumerate(imports, start=1):
        location = {"schemaLocation": item.get("schemaLocation", "")}
        target = item.get("namespace", "")
        yield (namespace, "(schema)", "import", str(position), target, "", "", "", joined(location))
    position = 0
    for component in schema.iterchildren(etree.Element):
        if component.tag not in (XS + "import", XS + "annotation"):
            position += 1
            for row in component_rows(component, position):
                yield (namespace, *row)


def component_rows(component: etree._Element, position: int) -> Iterator[Row]:
    """The rows of one global element, attribute or type, without the namespace's column."""
    name = component.get("name", "")
    kind = local_name(component)
    if kind in ("element", "attribute"):
        root = "root" if kind == "element" else "root-attribute"
        extra = joined(unexpected(component, "name", "type"))
        yield ("(schema)", root, str(position), name, type_name(component, "type"), "", "", extra)
    elif kind == "complexType":
        yield from complex_type_rows(component, name)
    elif kind == "simpleType":
        yield (name, "simpleType", "0", name, "", "", "", joined(unexpected(component, "name")))
        for child in component.iterchildren(etree.Element):
            yield from simple_type_rows(child, name)
    else:
        yield ("(schema)", kind, str(position), name, "", "", "", "")


def complex_type_rows(component: etree._Element, name: str) -> Iterator[Row]:
    content = component.find(XS + "simpleContent")
    facts = {"content": "sequence" if content is None else "simple", **unexpected(component, "name")}
    yield (name, "complexType", "0", name, "", "", "", joined(facts))
    children = list(component.iterchildren(etree.Element))
    if content is not None:
        extension = content[0]
        yield (name, local_name(extension), "0", "", type_name(extension, "base"), "", "", "")
        children = list(extension.iterchildren(etree.Element))
    particles: list[etree._Element] = []
    for child in children:
        if child.tag == XS + "sequence" and not child.attrib:
            particles += child.iterchildren(etree.Element)
        else:
            particles.append(child)
    for position, particle in enumerate(particles, start=1):
        yield (name, *particle_row(particle, position))


def particle_row(particle: etree._Element, position: int) -> Row:
    """The row of an element, reference, wildcard or attribute, without namespace and owner."""
    kind = local_name(particle)
    occurs = (particle.get("minOccurs", "1"), particle.get("maxOccurs", "1"))
    if "ttribute" in kind:
        occurs = ("", "")
    reference = particle.get("ref")
    if kind == "element" and reference is not None:
        kind = "ref"
    name = particle.get("name") or (reference or "").partition(":")[2]
    target = type_name(particle, "ref" if kind == "ref" else "type")
    extra = joined(unexpected(particle, "name", "ref", "type", "minOccurs", "maxOccurs"))
    return (kind, str(position), name, target, *occurs, extra)


def simple_type_rows(child: etree._Element, owner: str) -> Iterator[Row]:
    if child.tag == XS + "union":
        members = " ".join(resolved(child, name) for name in child.get("memberTypes", "").split())
        yield (owner, "union", "1", "", members, "", "", "")
        return
    base = type_name(child, "base")
    yield (owner, local_name(child), "0", "", base, "", "", "")
    for position, facet in enumerate(child.iterchildren(etree.Element), start=1):
        kind = local_name(facet).replace("enumeration", "enum")
        value = facet.get("value", "")
        named = resolved(facet, value) if base == "xs:QName" else value
        yield (owner, kind, str(position), named, "", "", "", joined(unexpected(facet, "value")))


def local_name(element: etree._Element) -> str:
    return etree.QName(element).localname


def type_name(element: etree._Element, attribute: str) -> str:
    value = element.get(attribute)
    return "" if value is None else resolved(element, value)


def resolved(element: etree._Element, name: str) -> str:
    """A prefixed name as the tables write it: xs:NAME, or {namespace}NAME."""
    prefix, _, local = name.rpartition(":")
    namespace = element.nsmap.get(prefix or None, "")
    return f"xs:{local}" if f"{{{namespace}}}" == XS else f"{{{namespace}}}{local}"


def unexpected(element: etree._Element, *known: str) -> dict[str, str]:
    """The attributes that have no column of their own: the tables keep them in `extra`."""
    return {str(key): str(value) for key, value in element.attrib.items() if key not in known}


def joined(facts: dict[str, str]) -> str:
    return ";".join(f"{key}={value}" for key, value in facts.items())


# WSDLs


def compare_wsdls(table: Path) -> list[str]:
    """The differences between wsdl.tsv and the .wsdl files, one line each; those in DEVIATIONS left out."""
    differences: list[str] = []
    claimed: set[Path] = set()
    rows = read_table(table)
    for row in rows:
        domain = row["interaction"].rpartition(":")[0].replace(":", "_")
        path = WSDL_DIR / f"{domain}_{row['version']}" / row["file name"]
        claimed.add(path)
        differences += wsdl_differences(path, row)
    for path in sorted({*WSDL_DIR.rglob("*.wsdl")} - claimed):
        differences.append(f"{path.relative_to(WSDL_DIR)}: not in {table.name}")
    print(f"{table.name}: {len(rows)} rows of {len(rows[0])} columns, {len(DEVIATIONS)} named deviation")
    return differences


def wsdl_differences(path: Path, row: dict[str, str]) -> Iterator[str]:
    name = path.relative_to(WSDL_DIR).as_posix()
    if not path.exists():
        yield f"{name}: missing"
        return
    definitions = parse(path)
    actual = wsdl_row(definitions, row["file name"])
    for column, value in row.items():
        expected = DEVIATIONS.get((name, column), value)
        if actual.get(column) != expected:
            yield f"{name}: {column}: {actual.get(column)!r} instead of {expected!r}"
    for element in definitions.iter(etree.Element):
        if element.tag not in WSDL_TAGS:
            yield f"{name}: extra element {etree.QName(element).text}"


def wsdl_row(definitions: etree._Element, file_name: str) -> dict[str, str]:
    """The columns of one WSDL as wsdl.tsv has them."""
    namespace = definitions.get("targetNamespace", "")
    version = re.search(r"Interaction_([\d.]+)_(\w+)\.wsdl$", file_name)
    port_type = only(definitions, "portType")
    binding = only(definitions, "binding")
    service = only(definitions, "service")
    port = only(service, "port")
    operation = only(port_type, "operation")
    bound = only(binding, "operation")
    return {
        "interaction": ":".join(namespace.split(":")[2:-2]),
        "version": version[1] if version else "",
        "profile": version[2].upper() if version else "",
        "file name": file_name,
        "targetNamespace": namespace,
        "soapAction": only(bound, "operation", SOAP).get("soapAction", ""),
        "portType": agreed(port_type.get("name", ""), local(binding.get("type", ""))),
        "binding": agreed(binding.get("name", ""), local(port.get("binding", ""))),
        "service": service.get("name", ""),
        "port": port.get("name", ""),
        "messages": " ; ".join(message(item) for item in definitions.findall(WSDL + "message")),
        "header part": ", ".join(bound_headers(only(bound, "input"), used(operation, "input"))),
        "address": only(port, "address", SOAP).get("location", ""),
        "definitions name": definitions.get("name", ""),
        "operation": agreed(operation.get("name", ""), bound.get("name", "")),
        "operation messages": f"in={used(operation, 'input')} out={used(operation, 'output')}",
        "soap details": soap_details(binding, bound),
        "types schema targetNamespace": ", ".join(inline_namespaces(definitions)),
        "imports": " | ".join(imports(definitions)),
    }


def only(parent: etree._Element, name: str, namespace: str = WSDL) -> etree._Element:
    (child,) = parent.findall(namespace + name)
    return child


def local(prefixed: str) -> str:
    return prefixed.rpartition(":")[2]


def agreed(declared: str, referred: str) -> str:
    """A name that stands in two places, which must be one."""
    return declared if declared == referred else f"{declared}, referred to as {referred}"


def message(element: etree._Element) -> str:
    parts = (f"{part.get('name')}={resolved(part, part.get('element', ''))}" for part in element)
    return f"{element.get('name')}({', '.join(parts)})"


def bound_headers(bound: etree._Element, of_message: str) -> Iterator[str]:
    """The parts that are bound as headers; what is wrong with a binding follows the part's name."""
    for header in bound.findall(SOAP + "header"):
        literal = "" if header.get("use") == "literal" else f" use={header.get('use')}"
        yield f"{header.get('part')}{literal}{elsewhere(header, of_message)}"


def elsewhere(header: etree._Element, of_message: str) -> str:
    name = local(header.get("message", ""))
    return "" if name == of_message else f" of {name}"


def used(operation: etree._Element, direction: str) -> str:
    return local(only(operation, direction).get("message", ""))


def soap_details(binding: etree._Element, bound: etree._Element) -> str:
    soap = only(binding, "binding", SOAP)
    style = only(bound, "operation", SOAP).get("style", "(absent)")
    bodies = {name: only(only(bound, name), "body", SOAP) for name in ("input", "output")}
    described = {name: f"use:{body.get('use')},parts:{body.get('parts', '(absent)')}" for name, body in bodies.items()}
    headers = ", ".join(bound_headers(only(bound, "output"), "")) or "(none)"
    return (
        f"binding={soap.get('style')} transport={soap.get('transport')} operation-style={style} "
        f"in-body={described['input']} out-body={described['output']} out-header={headers}"
    )


def inline_namespaces(definitions: etree._Element) -> Iterator[str]:
    for schema in only(definitions, "types").findall(XS + "schema"):
        yield schema.get("targetNamespace", "(absent)")


def imports(definitions: etree._Element) -> Iterator[str]:
    for item in only(definitions, "types").iter(XS + "import"):
        yield f"{item.get('namespace')} <- {item.get('schemaLocation')}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
