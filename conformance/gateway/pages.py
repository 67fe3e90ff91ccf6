"""WSDLs, schemas, paths and the status page (rows 53–59).

Source: platform.md §14.5, §16, §17.1, §24.
"""

import json
import re
from urllib.parse import urlsplit

from conformance.checks import Findings, NotJudged
from conformance.gateway.bench import GatewayBench
from conformance.gateway.expecting import delivered
from conformance.gateway.reply import Reply
from conformance.gateway.suite import SUITES

_PATH = "/crm/scheduling/MakeBooking/1/rivtabp21"
_IMPORT = re.compile(r'<(?:\w+:)?import\b[^>]*\bschemaLocation="([^"]+)"')
_ADDRESS = re.compile(r'<(?:\w+:)?address\b[^>]*\blocation="([^"]+)"')
_MOST_SCHEMAS = 50
_REMEDY = "Serve the WSDL with soap:address and schema imports rewritten to the gateway's own URL (platform.md §16.2)."
_NO_WSDL = "There is no WSDL with imports by ?xsd=; see pages.pv-53-wsdl."
_FORWARDED = {"X-VP-Forwarded-Proto": "https", "X-VP-Forwarded-Host": "tp.example.com", "X-VP-Forwarded-Port": "443"}


@SUITES.check("pages.pv-53-wsdl", rules=("PV-53",), title="A WSDL is served whose addresses point back to the gateway")
def wsdl(bench: GatewayBench) -> Findings:
    asked = bench.gateway.http + _PATH
    reply = bench.get(f"{asked}?wsdl", "The WSDL of MakeBooking.")
    if reply.status != 200 or "definitions" not in reply.text:
        yield bench.finding("PV-53", f"Instead of the WSDL there was {reply.in_words}.", _REMEDY, reply)
        return
    wrong = [one for one in _ADDRESS.findall(reply.text) if not _leads_back(bench, one, "")]
    wrong += [one for one in _IMPORT.findall(reply.text) if not _leads_back(bench, one, "xsd=")]
    if wrong or not _ADDRESS.findall(reply.text):
        sentence = f"{wrong[0] if wrong else 'No soap:address'} in the WSDL does not lead back to the gateway."
        yield bench.finding("PV-53", sentence, _REMEDY, reply)


def _leads_back(bench: GatewayBench, url: str, query: str) -> bool:
    """Whether a URL is one of the gateway: as it was asked, or as its HTTP listener is configured."""
    parts, configured = urlsplit(url), f"{bench.setup.gateway_host}:{bench.setup.gateway.http}"
    places = (urlsplit(bench.gateway.http).netloc, configured)
    path = urlsplit(bench.gateway.http).path + _PATH
    return parts.netloc in places and parts.path.lower() == path.lower() and parts.query.startswith(query)


@SUITES.check(
    "pages.pv-54-forwarded", rules=("PV-54",), title="What a proxy tells of scheme, host and port is in the URLs"
)
def forwarded(bench: GatewayBench) -> Findings:
    reply = bench.get(f"{bench.gateway.http}{_PATH}?wsdl", "The WSDL, through a proxy.", _FORWARDED)
    found = [*_ADDRESS.findall(reply.text), *_IMPORT.findall(reply.text)]
    wrong = [one for one in found if not one.startswith("https://tp.example.com:443/")]
    if not found:
        raise NotJudged(_NO_WSDL)
    if wrong:
        sentence = f"A proxy told https, tp.example.com and 443, but the WSDL says {wrong[0]}."
        remedy = "Take scheme, host and port of URLs from X-VP-Forwarded-Proto, -Host and -Port where they are told."
        yield bench.finding("PV-54", sentence, remedy, reply)


@SUITES.check(
    "pages.pv-55-schemas", rules=("PV-55",), title="Every schema that a WSDL imports is served, and theirs too"
)
def schemas(bench: GatewayBench) -> Findings:
    first = bench.get(f"{bench.gateway.http}{_PATH}?wsdl", "The WSDL, for its imports.")
    waiting, known = _imports(first), set[str]()
    if not waiting:
        raise NotJudged(_NO_WSDL)
    while waiting and len(known) < _MOST_SCHEMAS:
        query = waiting.pop()
        if query in known:
            continue
        known.add(query)
        reply = bench.get(f"{bench.gateway.http}{_PATH}?{query}", "A schema that is imported.")
        if reply.status != 200 or "schema" not in reply.text:
            yield bench.finding("PV-55", f"A schema that is imported gave {reply.in_words}.", _REMEDY, reply)
            return
        wrong = [one for one in _IMPORT.findall(reply.text) if not urlsplit(one).query.startswith("xsd=")]
        if wrong:
            sentence = f"A schema imports {wrong[0]}, which does not lead back to the gateway by ?xsd=."
            yield bench.finding("PV-55", sentence, _REMEDY, reply)
            return
        waiting += _imports(reply)


def _imports(reply: Reply) -> list[str]:
    """The queries by which the imports of a page are asked for."""
    queries = [urlsplit(one.replace("&amp;", "&")).query for one in _IMPORT.findall(reply.text)]
    return [one for one in queries if one.startswith("xsd=")]


@SUITES.check(
    "pages.pv-56-unknown-wsdl",
    rules=("PV-56",),
    title="A WSDL that there is none of is answered with the paths there are",
)
def unknown_wsdl(bench: GatewayBench) -> Findings:
    reply = bench.get(f"{bench.gateway.http}/no/such/1/rivtabp21?wsdl", "A WSDL at a path that there is none at.")
    lines = reply.text.strip().splitlines() or [""]
    head = "No wsdl found on this path, following wsdl paths is available:"
    is_list = lines[0] == head and all(one.strip().endswith("?wsdl") for one in lines[1:] if one.strip())
    if reply.status != 500 or not is_list or not any(_PATH.lower() in one.lower() for one in lines):
        sentence = f"There must be HTTP 500 with '{head}' and the URLs, one a line; there was {reply.in_words}."
        yield bench.finding("PV-56", sentence, "Answer with the list of WSDLs as text.", reply)


@SUITES.check("pages.pv-57-outside", rules=("PV-57",), title="Outside of the traffic path there is nothing")
def outside(bench: GatewayBench) -> Findings:
    reply = bench.get(f"{bench.gateway.root}/", "A page outside of the traffic path.")
    if reply.status != 404:
        yield bench.finding("PV-57", f"/ must be HTTP 404, and gave {reply.in_words}.", "Answer 404 there.", reply)


@SUITES.check("pages.pv-58-any-path", rules=("PV-58",), title="Below the traffic path any path carries a call")
def any_path(bench: GatewayBench) -> Findings:
    reply = bench.call("A call at a path of no service.", path="/no/such/Service/9/rivtabp99")
    remedy = "Choose the route by the message alone, never by the path."
    yield from delivered(bench, reply, "PV-58", "The path chooses nothing.", remedy)


_STATUS_KEYS = {
    "ServiceStatus": r"Started",
    "TakCacheInitialized": r"true",
    "TakCacheResetInfo": r"Date:\d{4}-\d\d-\d\dT\d\d:\d\d\S* Status:\w+ vagval:\d+ behorigheter:\d+",
    "HsaCacheInitialized": r"true",
    "HsaCacheResetInfo": r"Date:\d{4}-\d\d-\d\dT\d\d:\d\d\S* Status:true oldNum:\d+ newNum:\d+",
}


@SUITES.check(
    "pages.pv-59-status", rules=("PV-59",), title="The status page tells of both caches by the platform's keys"
)
def status(bench: GatewayBench) -> Findings:
    reply = bench.get(bench.gateway.status, "The status page.")
    try:
        told = json.loads(reply.body)
        values = {key: told.get(key) for key in _STATUS_KEYS}
    except (ValueError, AttributeError):
        yield bench.finding("PV-59", f"The status page is no JSON object: {reply.in_words}.", "Answer JSON.", reply)
        return
    wrong = [key for key, form in _STATUS_KEYS.items() if not re.fullmatch(form, str(values[key]))]
    if wrong:
        sentence = f"{', '.join(wrong)} in the status page are not as monitoring parses them (platform.md §17.1)."
        yield bench.finding("PV-59", sentence, "Write these keys and their values verbatim, as texts.", reply)
    elif not isinstance(told.get("Endpoints"), list):
        sentence = "The status page has no list Endpoints."
        yield bench.finding("PV-59", sentence, "List the HTTP listeners that were started.", reply)
