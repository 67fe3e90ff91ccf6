"""Invitations: told of, used once at a clinic that they name, and what is said of those that cannot be used (§5.8)."""

from datetime import timedelta

from scheduling_backends.engine.states import BookingState
from tests.eservice.conftest import clinic
from tests.eservice.test_staff_changes import letters
from tests.journeys.test_scenarios import invitations_of, staff_at
from tests.people import BERTIL, DAN, ELIN, GRETA

MINUTE = timedelta(minutes=1)
CARD = "Du har fått en kallelse – boka en tid"


def invite(demo, person, places=("2B04",), text="Välj en tid.", **more):
    """The office sends an open invitation, a minute later; its id."""
    demo.clock.now += MINUTE
    with staff_at(demo.town, "2B99").system.desk() as desk:
        return desk.invite(clinic("2B99"), "SCR15", person.identity, text, [clinic(one) for one in places], **more)


def name_of(demo, person, booking_id, place="2B99"):
    return demo.eservice.references.of(person, clinic(place), booking_id).name


def test_scenario_10_an_open_invitation_is_told_of_and_booked_once(demo, browse):
    """R32, R30: the virtual clinic that sent it is not to be chosen; a second try is refused, in any window."""
    demo.settle()
    window, other = browse(ELIN), browse(ELIN)
    assert CARD in window.get().text
    # who invites is one of the own clinics (§5.2)
    assert "Screeningkansliet" in [text for text, _ in window.read.links]
    assert letters(demo, ELIN) == [("invited", "")]
    window.get("inkorg").follow("Kallelse: Cellprov efter kallelse")
    assert "Nu är det dags för cellprov. Välj en tid som passar dig." in window.text
    invitation = window.follow("Visa kallelsen och boka en tid").url

    window.get().follow("Boka en tid")
    assert window.heading == "Boka tid efter kallelse"
    assert "Nu är det dags för cellprov" in window.text
    assert sorted(window.choices("place")) == ["screening-oster", "screening-vaster"]
    early = window.url.removesuffix("innan")
    assert window.get(f"{early}tid").url.endswith("/innan")  # the place first
    assert window.submit("Fortsätt").status == 422
    other.get(f"{invitation}/boka").submit("Fortsätt", place="screening-oster")
    other.submit("Fortsätt", time=other.choices("time")[0])

    demo.clock.now += MINUTE
    window.submit("Fortsätt", place="screening-vaster")
    window.submit("Fortsätt", time=window.choices("time")[0])
    assert "Screening Väster" in window.text
    window.submit("Boka tiden")
    assert window.heading == "Klart! Din tid är bokad"
    (booked,) = demo.booked(ELIN, "2B05")
    assert booked.time_type_id == "SCR15"

    other.submit("Boka tiden")
    assert other.heading == "Du har redan bokat en tid för den här kallelsen"
    assert other.follow("Visa tiden").status == 200
    assert window.get(f"{invitation}/boka").heading == "Du har redan bokat en tid för den här kallelsen"
    assert CARD not in window.get().text
    demo.settle()
    assert letters(demo, ELIN) == [("booked", ""), ("invited", "used")]
    assert "Använd" in window.get("inkorg").text
    assert CARD not in window.get().text


def test_scenario_10_an_invitation_that_was_used_before_and_anothers_are_unknown(demo, browse):
    """E12, R38."""
    demo.settle()
    used = next(one.id for one in invitations_of(demo.town, ELIN) if one.state is BookingState.MOVED)
    window = browse(ELIN).get(f"kallelse/{name_of(demo, ELIN, used)}/boka")
    assert "Vi hittar inte bokningen." in window.text
    fresh = next(one.id for one in invitations_of(demo.town, ELIN) if one.state is BookingState.INVITED)
    told = browse(BERTIL).get(f"kallelse/{name_of(demo, ELIN, fresh)}")
    assert told.status == 404
    assert "Vi hittar inte bokningen." in told.text


def test_an_invitation_to_one_clinic_asks_for_no_place_and_one_to_none_leads_to_the_phone(demo, browse):
    demo.settle()
    invite(demo, DAN, ["2B05"], "Kom till oss.")
    demo.settle()
    window = browse(DAN).get().follow("Boka en tid")
    assert "Kom till oss." in window.text
    assert window.choices("place") == []
    window.submit("Fortsätt")
    window.submit("Fortsätt", time=window.choices("time")[0])
    assert "Screening Väster" in window.text
    window.submit("Boka tiden")
    assert len(demo.booked(DAN, "2B05")) == 1
    nowhere = invite(demo, DAN, ())
    demo.settle()
    window.get(f"kallelse/{name_of(demo, DAN, nowhere)}/boka")
    assert window.heading == "Det går inte att boka en tid just nu"
    assert "Ring 070-174 06" in window.text


def test_an_invitation_that_is_withdrawn_or_runs_out_says_so_and_leaves_the_start_page(demo, browse):
    demo.settle()
    last_day = demo.clock.now.date() + timedelta(days=3)
    withdrawn, expiring = invite(demo, DAN), invite(demo, DAN, expires_on=last_day)
    demo.settle()
    window = browse(DAN)
    assert window.get().text.count(CARD) == 2
    demo.clock.now += MINUTE
    with staff_at(demo.town, "2B99").system.desk() as desk:
        desk.cancel(withdrawn)
    demo.settle()
    assert window.get(f"kallelse/{name_of(demo, DAN, withdrawn)}/boka").heading == "Kallelsen gäller inte längre"
    assert window.get().text.count(CARD) == 1
    demo.clock.now += timedelta(days=4)
    staff_at(demo.town, "2B99").system.duty.sweep()
    demo.settle()
    window.sign_in(DAN)
    assert window.get(f"kallelse/{name_of(demo, DAN, expiring)}").heading == "Kallelsen har gått ut"
    assert "Boka en tid" not in window.get().text
    assert letters(demo, DAN) == [
        ("withdrawn", ""), ("withdrawn", ""), ("invited", "cancelled"), ("invited", "cancelled")
    ]  # fmt: skip
    assert "Gäller inte längre" in window.get("inkorg").text


def test_scenario_11_a_timed_invitation_is_told_of_and_becomes_a_booking_when_it_is_moved(demo, browse):
    """R33: the index is told of it in two parts; to the citizen it is her own doing."""
    demo.settle()
    window = browse(GRETA)
    (planted,) = demo.booked(GRETA, "1A03")
    assert ("invited", "") in letters(demo, GRETA)  # the open one
    system = staff_at(demo.town, "1A03").system
    demo.clock.now += MINUTE
    with system.desk() as desk:
        start = desk.empty_seat_at(clinic("1A03"), "ORT30", demo.clock.now + timedelta(days=20), DAN.identity)
        desk.book(clinic("1A03"), "ORT30", start, DAN.identity, invitation_text="Välkommen på nybesök.")
    demo.settle()
    dan = browse(DAN).get("inkorg").follow("Kallelse: Nybesök ortopedi")
    assert "Välkommen på nybesök." in dan.text
    assert "Du har fått en kallelse till en bokad tid" in dan.text

    before = letters(demo, GRETA)
    window.get(f"kallelse/{name_of(demo, GRETA, planted.booking_id, '1A03')}")
    assert "bokad-tid" in window.url
    window.get(f"{window.url}/omboka").submit("Fortsätt")
    window.submit("Fortsätt", time=window.choices("time")[-1])
    if "kontrollera" not in window.url:
        window.submit("Fortsätt")
    window.submit("Omboka tiden")
    (moved,) = demo.booked(GRETA, "1A03")
    assert (moved.booking_id, moved.is_invitation) == (planted.booking_id, False)
    demo.settle()
    demo.clock.now += MINUTE
    demo.settle()
    assert letters(demo, GRETA) == [("rebooked", ""), *before]
