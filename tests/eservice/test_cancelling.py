"""Cancelling a booked time, by pages alone (domain.md §5.7), for both systems."""

from tests.eservice.walks import booked_page, calls, change, heard, letters, step, walk
from tests.people import ANNA, DAN, GRETA


def test_a_time_is_cancelled_on_one_page_and_can_be_booked_by_others_at_once(demo, browse, caplog):
    """D1–D3, R34."""
    (booked,) = demo.booked(ANNA, "1A01")
    page = booked_page(demo, ANNA, "1A01")
    window = browse(ANNA).get(f"{page}/avboka")
    assert (step(window), window.heading) == ("kontrollera", "Vill du avboka tiden?")  # D1 has nothing to say: skipped
    assert window.title.startswith("Bekräfta avbokningen – Avboka tid – Björkdalens vårdcentral")
    assert "fredag 27 november 2026 kl. 09.00" in window.text
    assert "Kommentar till avbokningen (frivilligt)" in window.text
    assert window.follow("Behåll tiden").url.endswith(page)
    window.get(f"{page}/avboka")
    with caplog.at_level("INFO"), heard(demo, "takecare", "cancel_booking") as asked:
        window.submit("Avboka tiden", reason="Har blivit frisk")
    assert window.heading == "Klart! Din tid är avbokad"
    assert "Din tid fredag 27 november 2026 kl. 09.00 är avbokad" in window.text
    assert [one.message for one in asked] == ["Har blivit frisk"]
    assert [name for name, _ in calls(caplog) if name.startswith(("Make", "Update", "Cancel"))] == ["CancelBooking"]
    assert demo.booked(ANNA, "1A01") == ()
    assert [(one.kind, one.told["start"]) for one in letters(demo, ANNA)] == [("cancelled", booked.start.isoformat())]
    assert booked.start in [one.start for one in demo.town.visitor(DAN, "1A01").times("SSK30")]
    assert window.follow("Boka en ny tid").heading == "Vad gäller bokningen?"


def test_the_clinics_text_comes_first_and_there_is_no_link_to_a_service_that_is_off(demo, browse):
    """D1; 1A03 takes no new bookings; what care booked is cancelled as an invitation (R33)."""
    window = browse(GRETA).get(f"{booked_page(demo, GRETA, '1A03')}/avboka")
    assert (step(window), window.heading) == ("innan", "Avboka din tid")
    assert "Sen avbokning kostar 400 kronor." in window.text
    assert "kl. 09.00–09.30" in window.text  # the clinic shows when times end (R35)
    walk(window)
    assert "Steg 2 av 2: Bekräfta avbokningen" in window.text
    assert window.submit("Avboka tiden", reason="Bortrest").heading == "Klart! Din tid är avbokad"
    assert "kl. 09.00–09.30" in window.text
    assert "Boka en ny tid" not in window.text


def test_no_comment_is_asked_for_or_sent_where_the_clinic_wants_none(demo, browse):
    """R19, at the timebook."""
    change(demo, "2B02", "PROV10", cancelling_reason="no", rebooking_reason="no")
    window = browse(ANNA).get(f"{booked_page(demo, ANNA, '2B02')}/avboka")
    assert "Kommentar" not in window.text
    with heard(demo, "timebook", "cancel_booking") as asked:
        window.post(window.url.partition("/eservice/")[2], reason="ändå")
    assert [one.message for one in asked] == [None]
    assert window.heading == "Klart! Din tid är avbokad"
    assert demo.booked(ANNA, "2B02") == ()


def test_a_letter_about_the_booking_says_that_it_was_cancelled(demo, browse):
    """§5.9: nothing is edited, a status is added."""
    window = walk(browse(DAN).get("boka/mottagningen-ostadig"), at=5, day=None, reason="Hosta")
    window.submit("Boka tiden")
    change(demo, "2B07", "OST15", cancel_own="1 hours")
    page = booked_page(demo, DAN, "2B07")
    assert walk(window.get(f"{page}/avboka")).submit("Avboka tiden").heading == "Klart! Din tid är avbokad"
    assert sorted((one.kind, one.status) for one in letters(demo, DAN)) == [("booked", "cancelled"), ("cancelled", "")]
