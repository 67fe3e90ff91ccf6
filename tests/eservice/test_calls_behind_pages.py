"""The SOAP calls behind a page (domain.md §5.0, "Visa anropen bakom sidan")."""

from contextlib import suppress

from contracts.transport import HttpAnswer, NotSent
from eservice.app import EService
from eservice.calls import MOST_BODY, MOST_PAGES, Call, CallBook, RecordingTransport, collect, stop
from eservice.settings import EServiceSettings
from tests.eservice.conftest import a_demo
from tests.people import BERTIL, DAN


def test_a_page_leads_to_the_calls_it_made_and_to_nobody_elses(demo, browse):
    window = browse(DAN).get("boka/bjorkdalens-vardcentral")

    window.follow("Visa anropen bakom sidan")

    assert window.status == 200
    assert window.headers["cache-control"] == "no-store"
    assert "GetAllTimeTypes" in window.text
    assert "Samtidigt med andra" in window.text, "kinds of time are asked for by all kinds of care at once"
    assert "SE2321009991-1A01" in window.text
    assert "&gt;\n    &lt;GetAllTimeTypesResponse" in window.page, "an element a line, and no markup of the page's"
    assert "Visa anropen" not in window.text, "its own calls are none"
    address = window.url
    assert browse(BERTIL).get(address).status == 404
    assert browse().get(address).heading == "Logga in"
    window.submit("Logga ut")
    assert window.sign_in(DAN).get(address).status == 404, "another visit of the same citizen"


def test_a_page_after_a_form_shows_the_calls_of_both(demo, browse):
    window = browse(DAN).get("boka/provtagningen-sodra").submit("Fortsätt", place="provtagningen-sodra")
    window.submit("Fortsätt")
    window.submit("Fortsätt", time=window.choices("time")[0])
    window.submit("Boka tiden")

    window.follow("Visa anropen bakom sidan")

    shown = window.text
    assert shown.index("MakeBooking ") < shown.index("GetBookingDetails ")
    assert "Svar: INFO" in shown
    assert f"{DAN.number}" in shown


def test_without_the_setting_nothing_is_noted_and_no_page_says_so(planted, tmp_path):
    with a_demo(planted, tmp_path, eservice={"shows_calls": False}) as demo:
        window = demo.browser(DAN).get("boka/bjorkdalens-vardcentral")

        assert demo.eservice.calls is None
        assert "Visa anropen" not in window.text
        assert window.get("anrop/nagot").status == 404
        window.close()


def test_the_transport_notes_nothing_unless_the_setting_is_on(tmp_path):
    usual = EService(EServiceSettings(data_directory=tmp_path), (), (), lambda: None)
    try:
        assert usual.calls is None
    finally:
        usual.close()


# -- What is kept


class Line:
    """A line that answers with as many bytes as it is asked for, or not at all."""

    def post(self, address, body, headers):
        if not body:
            raise NotSent("ConnectionError")
        return HttpAnswer(200, {}, b"x" * int(body))


def test_each_exchange_is_noted_with_what_came_of_it_and_only_while_a_page_is_made():
    transport = RecordingTransport(Line())
    calls = collect()
    transport.post("http://127.0.0.1", b"7", {})
    with suppress(NotSent):
        transport.post("http://127.0.0.1", b"", {})
    transport.post("http://127.0.0.1", str(MOST_BODY + 1).encode(), {})
    stop()
    transport.post("http://127.0.0.1", b"9", {})

    assert [(one.status, one.failure, len(one.response), one.is_cut) for one in calls] == [
        (200, "", 7, False),
        (0, "NotSent", 0, False),
        (200, "", MOST_BODY, True),
    ]


def test_the_book_forgets_the_oldest_pages_of_a_visit_and_of_all():
    book = CallBook(most_bytes=1000)
    for number in range(MOST_PAGES + 1):
        book.put(f"page-{number}", "one", "/", [a_call(10)])
    assert book.find("page-0", "one") is None
    assert book.find("page-1", "one") is not None
    assert book.find("page-1", "another") is None

    book.put("large", "another", "/", [a_call(900)])

    assert book.find("page-1", "one") is None
    assert book.find("page-20", "one") is not None
    assert book.find("large", "another").size == 900


def a_call(size: int) -> Call:
    return Call(0.0, 1.0, b"", b"x" * size, 200)
