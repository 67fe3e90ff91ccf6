"""Booking a time: the whole way, by pages alone (domain.md §5.4)."""

from tests.people import DAN


def test_a_citizen_books_a_blood_test_and_gets_a_receipt_with_the_clinics_message(demo, browse):
    window = browse(DAN)
    before = len(demo.booked(DAN, "2B03"))

    window.get("boka/provtagningen-sodra").submit("Fortsätt", place="provtagningen-sodra")
    window.submit("Fortsätt")
    window.submit("Fortsätt", time=window.choices("time")[0])
    window.submit("Boka tiden")

    assert window.heading == "Klart! Din tid är bokad"
    assert "Kom fastande" in window.text
    assert len(demo.booked(DAN, "2B03")) == before + 1
