"""A fault of the platform to the letter: its skeleton, its Swedish sentences, its headers.

Written from platform.md §12.1 and §12.2 themselves and not from the code, which is judged by it.
"""

from xml.sax.saxutils import escape

from tests.platform.wire import Reply

INSTANCE_NAME = "Blackbox"
CONTENT_TYPE = "text/xml; charset=UTF-8"

SENTENCES = {
    "VP001": ("Client", "Rivta-version saknas i anrop eller stöds ej av tjänsteplattformen."),
    "VP002": ("Client", "Fel i klientcertifikat. Saknas, är av felaktig typ, eller är felaktigt utformad."),
    "VP003": ("Client", "Logisk adressat (ReceiverId) saknas i RivHeadern i inkommande meddelande."),
    "VP004": (
        "Client",
        "Det finns inget vägval i tjänsteadresseringskatalogen som matchar anropets logiska adressat (ReceiverId) och "
        "tjänstekontrakt. Kontrollera uppgifterna i anropet och vid behov, beställ konfigurering i aktuell "
        "tjänsteplattform.",
    ),
    "VP005": ("Client", "Tjänsteproducenten stödjer inte anropets angivna rivta-version. Kontrollera uppgifterna."),
    "VP006": (
        "Server",
        "Internt fel i tjänsteplattformen. Det finns fler än en tjänsteproducent definierad i "
        "tjänsteadresseringskatalogen som matchar logisk adressat (ReceiverId), tjänstekontrakt och dagens datum. "
        "Tyder på felkonfiguration. Rapportera felet till tjänsteplattformsförvaltningen.",
    ),
    "VP007": (
        "Server",
        "Tjänstekonsumenten saknar behörighet att anropa den logiska adressaten via detta tjänstekontrakt. Kontrollera "
        "uppgifterna och vid behov, tillse att det beställs konfiguration i aktuell tjänsteplattform.",
    ),
    "VP008": (
        "Server",
        "Internt fel i tjänsteplattformen. Ingen kontakt med tjänsteadresseringskatalogen. Informera "
        "tjänsteplattformsförvaltningen.",
    ),
    "VP009": ("Server", "Fel vid kontakt med tjänsteproducenten."),
    "VP010": (
        "Server",
        "Internt fel i tjänsteplattformen. URL saknas för tjänsteproducenten i tjänsteplattformens "
        "tjänsteadresseringskatalog.",
    ),
    "VP011": (
        "Client",
        "Anrop har gjorts utanför TLS vilket ej är tillåtet. Tjänstekonsumenten ska alltid använda TLS för säker "
        "kommunikation.",
    ),
    "VP012": ("Server", "Internt fel i tjänsteplattformen. Nödvändiga resurser saknas för att VP skall fungera."),
    "VP013": (
        "Client",
        "Enligt tjänsteplattformens konfiguration saknar tjänstekonsumenten rätt att använda headern "
        "x-rivta-original-serviceconsumer-hsaid. Kontakta tjänsteplattformsförvaltningen.",
    ),
    "VP014": (
        "Server",
        "Anropsförmedlingen för den logiska adressaten har givit upphov till rundgång mellan tjänsteplattformar. "
        "Rapportera felet till tjänsteplattformsförvaltningen.",
    ),
    "VP015": ("Client", "Anrop ej korrekt utformat och kan därför inte behandlas."),
}

_TO_FAULT = '<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Header/><SOAP-ENV:Body><SOAP-ENV:Fault>'
_FROM_FAULT = "</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>"


def a_fault(faultcode: str, faultstring: str, detail: str) -> str:
    """The text of a fault (platform.md §12.1)."""
    return (
        f"{_TO_FAULT}<faultcode>SOAP-ENV:{faultcode}</faultcode><faultstring>{escape(faultstring)}</faultstring>"
        f"<detail><detailString>{escape(detail)}</detailString></detail>{_FROM_FAULT}"
    )


def detail_of(reply: Reply, code: str) -> str:
    """The detail of a fault that is, but for it, to the letter; fails for anything else."""
    faultcode, sentence = SENTENCES[code]
    return detail_of_fault(reply, faultcode, f"{code} [{INSTANCE_NAME}] {sentence}")


def detail_of_fault(reply: Reply, faultcode: str, faultstring: str) -> str:
    assert reply.status == 500, (reply.status, reply.body[:500])
    text = reply.body.decode("utf-8").replace("<detailString/>", "<detailString></detailString>")
    before, _, after = a_fault(faultcode, faultstring, "\0").partition("\0")
    assert text.startswith(before), text
    assert text.endswith(after), text
    check_headers(reply)
    detail = text[len(before) : len(text) - len(after)]
    assert "<" not in detail, detail
    return detail.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def check_headers(reply: Reply) -> None:
    """What the platform's own faults carry, and nothing else (platform.md §7.3)."""
    assert (reply.reason, reply.header("content-type")) == ("Internal Server Error", CONTENT_TYPE)
    assert reply.header("content-length") == str(len(reply.body))
    assert reply.header("x-skltp-correlation-id")
    assert reply.names <= {"content-type", "content-length", "x-skltp-correlation-id", "connection"}, reply.names
