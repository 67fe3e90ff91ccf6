"""The platform's own faults to the letter: fault code and Swedish sentence of each code.

Written from platform.md §12.2 itself and not from any code, which is judged by it.
"""

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
