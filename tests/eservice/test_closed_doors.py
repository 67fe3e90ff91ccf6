"""Ways into the citizens' site that must stay shut: addresses, hosts, headers, hostile texts, races, other doors.

Elsewhere: another's things, forged forms and cookies (test_attacks.py), where one comes back to (test_sign_in.py), the
administrators' access (administration/test_access.py), hostile texts of theirs (administration/test_texts.py).
"""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.client import HTTPConnection
from urllib.parse import quote, urlsplit

import requests

from contracts.soap_service import SoapServices
from tests.eservice.administration.conftest import TORGET, sign_in
from tests.eservice.browser import Browser
from tests.eservice.conftest import a_demo
from tests.eservice.owned import everything, path_of, routes
from tests.eservice.walks import booked_page, calls, change, walk
from tests.people import ANNA, BERTIL, DAN

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><a href=javascript:alert(3)>{{7*7}}&#x3c;b&#x3e;"
HARMFUL = re.compile(
    r"<script>|<img|<a href=[\"']?javascript|<[a-z]+(?:[^>\"]|\"[^\"]*\")*\son[a-z]+=|>49&#", re.IGNORECASE
)
POLICY = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
}


def raw(demo, target: str, method: str = "GET", host: str = "", **headers: str):
    """A request as it is written: no client makes its address tidy. Status, headers, body."""
    place = urlsplit(demo.site)
    connection = HTTPConnection(place.hostname, place.port, timeout=30)
    try:
        connection.putrequest(method, target, skip_host=bool(host))
        for name, value in {**({"Host": host} if host else {}), **headers}.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()


# -- Headers


def test_no_answer_may_be_kept_framed_or_load_what_is_not_the_sites_own(demo, browse):
    """Every route by every method, for who is signed in and who is not; files alone may be kept."""
    _, owned = everything(demo, browse)
    anna, nobody, staff = browse(ANNA), browse(), sign_in(browse())
    known = {"slug": "vaccinationen-torget", "flow": "nybokning", "name": "boka-tid"}
    plain = [
        path_of(rule, **{one: known[one] for one in rule.arguments})
        for rule in routes(demo, "GET")
        if rule.arguments <= {"slug"} or str(rule).startswith("/personal")
    ]
    paths = {*plain, *(one.path for one in owned if one.method == "GET"), "finns-inte", "personal"}
    assert len(paths) >= 60
    for path in sorted(paths):
        for window in (anna, nobody, staff):
            for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "TRACE"):
                answer = window.session.request(method, f"{demo.site}{path}", allow_redirects=False)
                told = {name.lower(): value for name, value in answer.headers.items()}
                assert {name: told.get(name) for name in POLICY} == POLICY, (method, path)
                assert "frame-ancestors 'none'" in told["content-security-policy"]
                assert "unsafe" not in told["content-security-policy"]
                assert answer.status_code < 500, (method, path)
                assert method in ("GET", "HEAD", "OPTIONS") or answer.status_code in (400, 405, 404, 308), path
                if method == "HEAD":
                    assert answer.content == b""
    for file in ("static/eservice.css", "static/eservice.js", "look/tokens.css"):
        assert "max-age" in anna.session.get(f"{demo.site}{file}").headers["cache-control"]


def test_the_mailbox_is_neither_kept_nor_framed(demo, browse):
    walk(browse(DAN).get("boka/provtagningen-sodra")).submit("Boka tiden")
    status, headers, page = raw(demo, "/mailbox/")
    assert status == 200
    assert (headers["cache-control"], headers["x-frame-options"]) == ("no-store", "DENY")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "<script" not in page


# -- Addresses and hosts


LEADING_AWAY = (
    "/eservice/personal",
    "/eservice/personal/mottagning/rehab-an",
    "/eservice//personal/",
    "/eservice//evil.example/%2e%2e",
    "/eservice///evil.example",
    "/eservice/bokade-tider",
    "/eservice/boka/x?next=//evil.example",
    "/eservice",
    "//evil.example/eservice/",
    "http://evil.example/eservice/bokade-tider",
)


def test_no_answer_leads_to_the_host_that_a_request_names(demo):
    for target in LEADING_AWAY:
        status, headers, body = raw(
            demo, target, host="evil.example", X_Forwarded_Host="evil.example", Forwarded="host=evil.example"
        )
        assert status < 500
        place = headers.get("location", "/")
        assert re.match(r"/(?![/\\])", place), place
        assert urlsplit(place).netloc == ""
        assert status == 308 or "http://evil.example" not in body


def test_links_in_mail_lead_to_the_public_address_whatever_host_a_request_names(demo, browse):
    window = browse()
    window.session.headers["Host"] = "evil.example"
    window.sign_in(DAN)
    window.get("installningar").submit("Spara", email="dan@post.example", email_is_on="yes", mobile_is_on=None)
    walk(window.get("boka/provtagningen-sodra")).submit("Boka tiden")
    assert demo.eservice.settle_post(60)
    (message,) = demo.mailbox.messages()
    assert "evil" not in message.text
    assert f"{demo.served.url}/eservice/" in message.text


TO_FILES = (
    "/eservice/static/../site.py",
    "/eservice/static/%2e%2e/site.py",
    "/eservice/static/..%2fsite.py",
    "/eservice/static/..%5csite.py",
    "/eservice/static//etc/passwd",
    "/eservice/static/%2fetc/passwd",
    "/eservice/static/eservice.css%00.py",
    "/eservice/look/../look.py",
    "/eservice/look/..%2f..%2flook.py",
    "/eservice/look/%2e%2e/%2e%2e/data/sites.key",
    "/eservice/static/",
    "/eservice/look/",
    "/mailbox/../data/mailbox.sqlite",
    "/mailbox/%2e%2e/mailbox.sqlite",
    "/subscriber/../data",
    "/eservice/text/sv.toml",
    "/eservice/templates/eservice/layout.html",
    "/static/../settings.py",
)


def test_no_address_leads_to_a_file_that_is_not_to_be_had(demo):
    for target in TO_FILES:
        status, headers, body = raw(demo, target)
        assert status in (404, 403, 405) or (status == 308 and "//" not in headers["location"]), target
        assert "import" not in body
        assert "root:" not in body


def test_strange_addresses_get_an_ordinary_answer(demo, browse):
    """Whatever stands in a path or a query: no 500, and nothing of it becomes a header."""
    window, page = browse(ANNA), booked_page(demo, ANNA, "2B02")
    flow = urlsplit(walk(window.get("boka/provtagningen-sodra"), "tid").url).path.rpartition("/eservice/")[2]
    strange = ["\0", "\r\nX-Evil: 1", "%", "\ud800".encode("utf-8", "surrogatepass"), "å" * 3000, "9" * 400]
    strange += ["0000-00-00", "9999-12-31", "0001-01-01", "2026-13", "-1", "1e9", "٣", HOSTILE, "{{7*7}}", "' OR 1=1--"]
    for one in map(quote, strange):
        for path in ("inkorg/", "bokad-tid/", "arende/", "boka/", "mottagning/", "anrop/", "kallelse/", "bevakningar/"):
            for rest in ("", "/boka", "/tid", "/omboka"):
                target = f"/eservice/{path}{one}{rest}"
                if len(target) < 4000:
                    answer = window.session.get(f"{demo.served.url}{target}", allow_redirects=False)
                    assert answer.status_code in (303, 308, 404), (target, answer.status_code)
                    assert "x-evil" not in answer.headers
        for path, names in (
            (flow, ("dag", "manad", "tid", "to")),
            ("inkorg", ("sida",)),
            ("mottagningar", ("sok",)),
            ("forsta-lediga", ("vad", "fran", "hos")),
            ("forsta-lediga/boka/provtagningen-sodra", ("vad", "dag")),
            ("logga-in", ("next", "ended")),
            ("ombud", ("over",)),
            (page, ("x",)),
        ):
            for name in names:
                answer = window.session.get(f"{demo.site}{path}?{name}={one[:1500]}", allow_redirects=False)
                assert answer.status_code in (200, 303, 404), (path, name, one[:40], answer.status_code)
                assert not HARMFUL.search(answer.text), (path, name)


# -- Forms


def test_a_huge_form_and_one_of_endless_fields_are_refused_and_change_nothing(demo, browse):
    window = browse(ANNA).get("installningar")
    token = window.token
    for data in (
        {"csrf_token": token, "email": "x" * 600_000},
        {"csrf_token": token, **{f"f{number}": "x" for number in range(60_000)}},
    ):
        answer = window.session.post(f"{demo.site}installningar", data=data)
        assert answer.status_code == 413, answer.status_code
    chunked = window.session.post(f"{demo.site}installningar", data=iter([b"csrf_token=", token.encode()]))
    assert chunked.status_code in (400, 422)
    assert demo.eservice.contacts.are_set(demo.eservice.people.person(ANNA.number)) is False


def test_a_cancelling_that_is_sent_from_two_windows_at_once_is_one(demo, browse, caplog):
    first, second = browse(ANNA), browse(ANNA)
    page = walk(first.get(f"{booked_page(demo, ANNA, '2B02')}/avboka")).url
    second.get(page)
    mark = next(form.values["form_mark"] for form in first.read.forms if "form_mark" in form.values)
    caplog.set_level("INFO")
    with ThreadPoolExecutor(2) as both:
        done = [both.submit(one.submit, "Avboka tiden", form_mark=mark) for one in (first, second)]
        assert [one.result().status for one in done] == [200, 200]
    assert [name for name, _ in calls(caplog)].count("CancelBooking") == 1
    assert demo.booked(ANNA, "2B02") == ()
    assert first.get(page).url == second.get(page).url
    other = browse(BERTIL)
    moved = walk(other.get(f"{booked_page(demo, BERTIL, '2B02')}/avboka"))
    moved.submit("Avboka tiden", form_mark=mark)  # another's mark is no obstacle and no help
    assert demo.booked(BERTIL, "2B02") == ()


# -- Hostile texts


def test_what_citizens_clinics_and_their_systems_write_is_text_on_every_page(demo, browse):
    """In the reason, the comment, names of kinds, of performers and clinics, purposes, and on the mailbox's page."""
    change(demo, "2B03", "PROV10", booking_reason="optional", web_name=HOSTILE[:100])
    window = browse(DAN)
    pages = []
    adapter = demo.served.region.pipeline.producers.adapters["timebook"]
    honest = {name: getattr(adapter, name) for name in ("get_booking_details", "get_subject_of_care_schedule")}

    def hostile(slot):
        told = {"performer_name": HOSTILE, "purpose": HOSTILE, "time_type_name": HOSTILE, "reason": HOSTILE}
        return replace(slot, healthcare_facility_name=HOSTILE, **told)

    walk(window.get("boka/provtagningen-sodra"), "tid")
    pages.append(window.page)
    walk(window, reason=HOSTILE)
    pages.append(window.page)
    window.submit("Boka tiden")
    assert window.heading == "Klart! Din tid är bokad"
    pages.append(window.page)
    clinic = "2B02" if demo.booked(DAN, "2B02") else "2B03"
    page = booked_page(demo, DAN, clinic)
    adapter.get_booking_details = lambda *told: _slots(honest["get_booking_details"](*told), hostile)
    adapter.get_subject_of_care_schedule = lambda *told: _slots(honest["get_subject_of_care_schedule"](*told), hostile)
    for path in ("", "bokade-tider", page, f"{page}/omboka", f"{page}/avboka", f"{page}/paminnelse", "inkorg"):
        pages.append(window.get(path).page)
    pages.append(window.get("inkorg").follow("Bokad tid").page)
    assert sum("&lt;script&gt;alert(1)" in one for one in pages) >= 6
    for one in pages:
        assert not HARMFUL.search(one), HARMFUL.search(one)
        assert one.count("<script") == one.count("</script>") == 1
    calendar = window.get(f"{page}/kalender.ics")
    assert "script" not in calendar.page


def _slots(answer, changed):
    if hasattr(answer, "timeslot"):
        return replace(answer, timeslot=changed(answer.timeslot))
    return replace(answer, timeslots=tuple(map(changed, answer.timeslots)))


def test_an_administrators_preview_shows_text_and_other_clinics_pages_stay_shut(demo, browse, caplog):
    staff = sign_in(browse())
    staff.get(f"{TORGET}/texter/nybokning").submit(
        "Förhandsgranska", clinic_text=HOSTILE, terms_text=f"[x](javascript:alert(1)) {HOSTILE}"
    )
    assert not HARMFUL.search(staff.page)
    assert "&lt;script&gt;" in staff.page
    assert 'href="javascript' not in staff.page
    caplog.clear()
    assert staff.get("personal/mottagning/rehab-an/kontakt").status == 403
    told = [one for one in caplog.records if one.getMessage() == "clinic_of_another_refused"]
    assert [(one.logical_address, one.administrator) for one in told] == [("SE2321009991-1A04", "SE2321009991-A002")]


# -- Other doors


NO_NOTICES = (
    b"",
    b"not xml",
    b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    b'<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>',
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>',
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><x xmlns="y"/></s:Body></s:Envelope>',
)


def test_a_notice_that_is_none_is_refused_and_quoted_nowhere(demo):
    demo.settle()
    before = demo.eservice.latest(500)
    for body in NO_NOTICES:
        answer = requests.post(
            f"{demo.served.url}/subscriber/notices/v1", data=body, headers={"Content-Type": "text/xml"}, timeout=30
        )
        assert answer.status_code == 500
        assert "Client" in answer.text
        assert "root:" not in answer.text
        assert "bbbb" not in answer.text
        assert demo.eservice.latest(500) == before
        assert requests.get(answer.url, timeout=30).status_code == 405


def test_notices_are_taken_from_this_machine_alone(demo):
    application = demo.eservice.application
    assert isinstance(application, SoapServices)
    for address, is_known in (("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True)):
        assert application._is_known((address, 1)) is is_known
    for address in (
        "192.0.2.7",
        "10.0.0.1",
        "::2",
        "2001:db8::1",
        "::ffff:192.0.2.7",
        "127.0.0.1.example",
        "",
        "0.0.0.0",
    ):
        assert application._is_known((address, 1)) is False
    assert application._is_known(None) is False


def test_without_the_calls_setting_there_are_no_calls_for_anybody(planted, tmp_path):
    with a_demo(planted, tmp_path, eservice={"shows_calls": False}) as demo:
        window = Browser(demo.site).sign_in(ANNA).get("bokade-tider")
        assert "anrop/" not in window.page
        assert "calls" not in window.session.cookies.get("eservice_visit", "")
        assert window.get("anrop/AAAA").status == 404
        window.close()


def test_what_the_search_for_harm_would_find():
    """So that finding nothing means something."""
    for told in (
        "<script>alert(1)</script>",
        "<IMG SRC=x>",
        "<a href=javascript:alert(3)>",
        "<p onload=alert(1)>",
    ):
        assert HARMFUL.search(told), told
    assert not HARMFUL.search("&lt;script&gt;alert(1)&lt;/script&gt;")
