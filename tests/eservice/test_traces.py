"""What is left of a citizen outside pages, messages and databases: nothing in logs, addresses, file names and cookies.

The house's never-list: a person's number, name, or what somebody wrote, in a log line, an address or a file name.
"""

import base64
import json
import logging
import re
import zlib
from datetime import timedelta
from urllib.parse import unquote_plus

from tests.eservice.administration.conftest import TORGET, save, sign_in
from tests.eservice.walks import booked_page, walk
from tests.people import ANNA, BERTIL
from tidbro.demo_mode import Mode, set_mode

REASON, COMMENT = "Det svider i mitt knäveck", "Jag hinner inte till knävecket"
PHONE, MOBILE, EMAIL = "070-174 06 44", "070-174 06 45", "hemlig@post.example"
TRACES = re.compile(
    r"9791212[-+ ]?9280|791212[-+ ]9280|[0-9a-f]*\bAnna\b|Provb|\bMoa\b|20131230[-+ ]?2381|kn.{0,12}veck"
    r"|174[ -]?06[ -]?4[45]|hemlig|174[ -]?06[ -]?20"
)
COOKIE = "eservice_visit"


class Watched:
    """A window, the addresses that it asked for, and what its cookies held."""

    def __init__(self, window) -> None:
        self.window, self.addresses, self.cookies = window, [], set()
        window.session.hooks["response"].append(self._note)

    def _note(self, answer, **_) -> None:
        self.addresses.append(answer.request.url)
        self.addresses.append(answer.headers.get("Location", ""))
        if COOKIE in answer.cookies:
            self.cookies.add(payload(answer.cookies[COOKIE]))


def payload(cookie: str) -> str:
    """What a cookie holds, as everybody who has it can read."""
    text = cookie.strip('"').removeprefix(".").split(".")[0]
    packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return json.dumps(json.loads(zlib.decompress(packed) if cookie.startswith(".") else packed), ensure_ascii=False)


def traces(lines) -> list[str]:
    """The lines that tell of somebody."""
    plain = [unquote_plus(str(line).encode().decode("unicode_escape", "replace")) for line in lines]
    return [line for told in zip(lines, plain, strict=True) for line in map(str, told) if TRACES.search(line)]


def logged(records) -> list[str]:
    """All that a handler can make of records: the sentence, what it was made of, facts beside it, tracebacks."""
    shown = logging.Formatter()
    return [f"{shown.format(one)} {one.args} {one.__dict__}" for one in records]


def books_moves_and_cancels(demo, window) -> None:
    day = (demo.clock.now + timedelta(days=14)).date()
    walk(window.get("boka/mottagningen-ostadig"), day=day, reason=REASON)
    window.submit("Boka tiden", phone=PHONE, email=EMAIL)
    assert window.heading == "Klart! Din tid är bokad"
    page = booked_page(demo, ANNA, "2B07")
    window.get(f"{page}/paminnelse").submit(
        "Spara påminnelser", by_email="yes", by_sms="yes", email=EMAIL, mobile=MOBILE
    )
    assert "hemlig" in window.page
    walk(window.get(f"{page}/omboka"), at=1, day=day, reason=COMMENT).submit("Omboka tiden")
    assert "ombokad" in window.heading
    assert window.get(f"{page}/kalender.ics").status == 200
    window.get("inkorg").follow("Ombokad tid")
    walk(window.get(f"{booked_page(demo, ANNA, '2B07')}/avboka"))
    window.submit("Avboka tiden", **({"reason": COMMENT} if 'name="reason"' in window.page else {}))
    assert "avbokad" in window.heading


def looks_around(window) -> None:
    window.get("installningar").submit("Spara", mobile=MOBILE, email=EMAIL, mobile_is_on="yes", email_is_on="yes")
    assert "sparade" in window.text
    window.submit("Spara", mobile="hemlig", email="hemlig")
    assert window.status == 422
    for path in ("", "bokade-tider", "inkorg", "bevakningar", "forsta-lediga", "finns-inte", "varfor/rehab-an"):
        window.get(path)
    window.follow("Visa anropen bakom sidan") if "Visa anropen" in window.text else None
    window.get("ombud").submit("Moa Provbäck").get("bokade-tider").submit("Sluta vara ombud")


def meets_trouble(demo, window) -> None:
    """A clinic that gives no answer, one that breaks down quoting the citizen, and a fault of ours that does."""
    walk(window.get("boka/mottagningen-ostadig"), reason=REASON)
    set_mode(demo.served.data, Mode.FAULT)
    window.submit("Boka tiden", phone=PHONE)
    window.get("boka/mottagningen-ostadig").get("bokade-tider")
    set_mode(demo.served.data, Mode.OFF)
    adapter = demo.served.region.pipeline.producers.adapters["timebook"]
    honest = adapter.get_subject_of_care_schedule

    def breaks_down(*told):
        raise RuntimeError(f"{ANNA.number} {ANNA.last_name} {REASON}")

    adapter.get_subject_of_care_schedule = demo.eservice.inbox.page = breaks_down
    assert window.get("bokade-tider/provtagningen-norra").status == 503
    assert window.get("inkorg").status == 500
    adapter.get_subject_of_care_schedule = honest
    del demo.eservice.inbox.page


def test_a_whole_visit_leaves_nothing_of_the_citizen_in_logs_addresses_cookies_and_file_names(demo, browse, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("tidbro.message_log").setLevel(logging.DEBUG)
    anna, staff, other = (Watched(browse()) for _ in range(3))
    for typed in (f"{ANNA.number[:-1]}1", "Anna Provbäck", "19791212-9280"):
        anna.window.get("logga-in?next=/bokade-tider").post("logga-in", number=typed, next="/bokade-tider")
    assert "Inloggad som Anna" in anna.window.text
    books_moves_and_cancels(demo, anna.window)
    looks_around(anna.window)
    meets_trouble(demo, anna.window)
    demo.clock.now += timedelta(minutes=31)
    anna.window.get("bokade-tider")
    demo.settle()
    demo.eservice.send_due(demo.clock.now)
    assert demo.eservice.settle_post(60)

    sign_in(staff.window)
    save(staff.window, f"{TORGET}/malgrupp/boka-tid", who="some", region_0="yes", numbers="19791212-9280")
    staff.window.submit("Spara", numbers="19791212-9281\nAnna Provbäck")
    assert staff.window.status == 422
    staff.window.get(f"{TORGET}/tidstyper")
    looks_as = next(url for form in staff.window.read.forms for url in form.choices.get("invanare", []) if url)
    staff.window.get(f"{TORGET}/tidstyper?invanare={looks_as}")
    other.window.sign_in(BERTIL).get(booked_page(demo, ANNA, "2B02"))

    events = {one.getMessage().partition(":")[0] for one in caplog.records}
    assert {"citizen_signed_in", "page_failed", "reference_of_another_refused", "clinic_not_reached"} <= events
    assert any(one.name == "tidbro.message_log" for one in caplog.records)
    assert any("bokad-tid/" in one.getMessage() for one in caplog.records if one.name == "uvicorn.access")
    assert traces(logged(caplog.records)) == []
    addresses = [one for each in (anna, staff, other) for one in each.addresses]
    assert len(addresses) > 80
    assert traces(addresses) == []
    cookies = [one for each in (anna, staff, other) for one in each.cookies]
    assert len(cookies) > 20
    assert traces(cookies) == []
    files = [path.relative_to(demo.served.data) for path in demo.served.data.rglob("*")]
    assert files
    assert traces(files) == []
    written = [path for path in demo.served.data.rglob("*") if path.suffix in (".jsonl", ".log", ".txt")]
    assert traces(line for path in written for line in path.read_text().splitlines()) == []


def test_what_the_search_for_traces_would_find():
    """So that finding none means something."""
    for told in (
        "19791212-9280",
        "/x?n=197912129280",
        "Anna logged in",
        "Anna%20Provb%C3%A4ck",
        "hemlig%40post.example",
        "+46701740645",
        "070-174+06+44",
        "i mitt kn\\u00e4veck",
        "mitt kn%C3%A4veck",
    ):
        assert traces([told]), told
    assert traces(["Annars", "mottagning", "AAAAAAAA"]) == []
