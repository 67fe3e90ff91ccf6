"""Moving a booked time, by pages alone (domain.md §5.6), for both systems."""

import re

from tests.eservice.walks import booked_page, calls, change, heard, letters, name_of, step, walk
from tests.people import ANNA, BERTIL, GRETA, KARIN


def test_a_time_is_moved_by_one_call_and_the_old_one_is_released(demo, browse, caplog):
    """C1–C5 at the record system: one UpdateBooking, never cancel and book; the id stays, so does the first reason."""
    (old,) = demo.booked(ANNA, "1A01")
    window = browse(ANNA).get(f"{booked_page(demo, ANNA, '1A01')}/omboka")
    assert (step(window), window.heading) == ("tid", "Välj en ny dag och tid")  # C1 has nothing to say: skipped
    assert window.title.startswith("Välj ny tid – Omboka tid – Björkdalens vårdcentral")
    assert "Tiden du har nu\nVad\nBesök hos sjuksköterska\nNär\nfredag 27 november 2026 kl. 09.00" in window.text
    assert "Steg 1 av 3: Välj ny tid" in window.text
    assert "Blodtryckskontroll" not in window.text  # the kind of time is fixed
    walk(window, at=2, reason="Hinner inte på fredag")
    assert "Din gamla tid fredag 27 november 2026 kl. 09.00 släpps när den nya är bokad." in window.text
    assert window.text.index("Tiden du har nu") < window.text.index("Den nya tiden")
    assert "Hinner inte på fredag" in window.text
    with caplog.at_level("INFO"), heard(demo, "takecare", "update_booking") as asked:
        window.submit("Omboka tiden")
    assert window.heading == "Klart! Din tid är ombokad"
    assert "Din gamla tid fredag 27 november 2026 kl. 09.00 är släppt." in window.text
    assert [name for name, _ in calls(caplog) if name.startswith(("Make", "Update", "Cancel"))] == ["UpdateBooking"]
    (request,) = asked
    assert (request.timeslot.booking_id, request.timeslot.reason) == (old.booking_id, "Hinner inte på fredag")
    (moved,) = demo.booked(ANNA, "1A01")
    assert (moved.booking_id, moved.start > old.start) == (old.booking_id, False)
    assert [(one.kind, one.status) for one in letters(demo, ANNA)] == [("rebooked", "")]
    page = f"bokad-tid/{name_of(demo, ANNA, '1A01', moved.booking_id)}"
    assert window.get(page).status == 200  # the booking's page is where it was


def test_a_time_moves_to_another_clinic_under_a_new_id(demo, browse, caplog):
    """R28, §5.6: found by reading the schedule again; the first letter in the inbox says that it was replaced."""
    window = walk(browse(ANNA).get("boka/mottagningen-ostadig"), reason="Hosta")  # some other letter
    window.submit("Boka tiden")
    other = demo.booked(ANNA, "2B07")
    (old,) = demo.booked(ANNA, "2B02")

    def move(clinic, place):
        window.get(f"{booked_page(demo, ANNA, clinic)}/omboka")
        assert (step(window), window.heading) == ("innan", "Omboka din tid")
        assert window.choices("place") == ["provtagningen-norra", "provtagningen-sodra"]
        assert window.text.count("Du byter till en annan mottagning än den du hade.") == 1
        walk(window, "tid", place=place)
        assert "Du byter till en annan mottagning än den du hade." in window.text
        walk(window, at=3)
        assert "Du byter till en annan mottagning än den du hade." in window.text
        with caplog.at_level("INFO"):
            caplog.clear()
            window.submit("Omboka tiden")
        assert window.heading == "Klart! Din tid är ombokad"
        changes = [one for one in calls(caplog) if one[0].startswith(("Make", "Update", "Cancel"))]
        assert len(changes) == 1
        return changes[0]

    assert move("2B02", "provtagningen-sodra") == ("UpdateBooking", "2B03")
    assert "Kom fastande" in window.text  # R20
    assert demo.booked(ANNA, "2B02") == ()
    (moved,) = demo.booked(ANNA, "2B03")
    assert moved.booking_id != old.booking_id
    assert window.get(booked_page(demo, ANNA, "2B03")).status == 200
    assert move("2B03", "provtagningen-norra") == ("UpdateBooking", "2B02")
    told = [(one.kind, one.clinic.text[-4:], one.status) for one in letters(demo, ANNA)]
    assert sorted(told) == [("booked", "2B07", ""), ("rebooked", "2B02", ""), ("rebooked", "2B03", "replaced")]
    assert demo.booked(ANNA, "2B07") == other


def test_a_move_that_is_refused_leaves_the_old_time(demo, browse):
    """E1 at a move: back to the times, the comment kept, and the old time is there all along."""
    change(demo, "2B02", "PROV10", rebooking_reason="optional")
    (old,) = demo.booked(ANNA, "2B02")
    window = walk(
        browse(ANNA).get(f"{booked_page(demo, ANNA, '2B02')}/omboka"), place="provtagningen-norra", reason="X y"
    )
    bertil = walk(browse(BERTIL).get(f"{booked_page(demo, BERTIL, '2B02')}/omboka"), place="provtagningen-norra")
    assert bertil.submit("Omboka tiden").heading == "Klart! Din tid är ombokad"
    window.submit("Omboka tiden")
    assert step(window) == "tid"
    assert "Någon annan hann boka tiden kl. 08.30. Det du skrivit är kvar – välj en ny tid." in window.text
    assert window.title.startswith("Fel: Välj ny tid – Omboka tid – ")
    assert demo.booked(ANNA, "2B02") == (old,)
    window.submit("Fortsätt", time=window.choices("time")[4])
    assert "X y" in window.text
    assert window.submit("Omboka tiden").heading == "Klart! Din tid är ombokad"
    assert len(demo.booked(ANNA, "2B02")) == 1


def test_an_invitation_with_a_time_is_moved_once_and_is_then_a_booking(demo, browse):
    """R26, R33; the end is shown where the clinic wants that (R35); care booked it."""
    page = booked_page(demo, GRETA, "1A03")
    window = browse(GRETA).get(f"{page}/omboka")
    assert (step(window), "Du kan omboka en gång" in window.text) == ("innan", True)
    assert "kl. 09.00–09.30" in window.text
    walk(window, until="tid")
    assert re.search(r'aria-label="\d\d\.\d\d–\d\d\.\d\d, ortoped Viktor Rönn"', window.page)  # as it is seen
    walk(window, at=1)
    assert window.text.count("–10.00") + window.text.count("–10.30") == 1
    window.submit("Omboka tiden")
    assert window.heading == "Klart! Din tid är ombokad"
    (moved,) = demo.booked(GRETA, "1A03")
    assert (moved.is_invitation, moved.rebooking_allowed) == (False, False)
    assert window.get(f"{page}/omboka").url.partition("#")[0].endswith(page)  # and not once more


def test_a_time_that_may_not_be_moved_leads_to_its_page(demo, browse):
    """R25: Karin's first visit is too close; a typed address does not help."""
    page = booked_page(demo, KARIN, "2B01")
    window = browse(KARIN)
    for word in ("omboka", "avboka"):
        assert window.get(f"{page}/{word}").url.partition("#")[0].endswith(page)
