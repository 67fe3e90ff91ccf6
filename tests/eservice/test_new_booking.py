"""Booking a time: the whole way, by pages alone (domain.md §5.4), for both systems."""

from datetime import date, timedelta

from tests.eservice.walks import booked_page, change, desk, heard, hsa_id, kind, letters, step, walk
from tests.people import ALMA, ANNA, BERTIL, DAN, ELIN, HULDA, SIV
from tidbro.demo_mode import Mode, set_mode


def test_a_citizen_books_a_blood_test_and_gets_a_receipt_with_the_clinics_message(demo, browse):
    """R20: INFO stands in a box of its own, on the receipt and in the inbox."""
    window = browse(DAN)
    before = len(demo.booked(DAN, "2B03"))

    window.get("boka/provtagningen-sodra").submit("Fortsätt", place="provtagningen-sodra")
    window.submit("Fortsätt")
    window.submit("Fortsätt", time=window.choices("time")[0])
    window.submit("Boka tiden")

    assert window.heading == "Klart! Din tid är bokad"
    assert window.page.index("notice note important") < window.page.index("Kom fastande")
    assert len(demo.booked(DAN, "2B03")) == before + 1
    (letter,) = letters(demo, DAN)
    assert letter.kind == "booked"
    assert "Kom fastande" in letter.told["text"]


def test_every_step_says_where_it_is_and_the_way_leads_through_all_of_them(demo, browse):
    """§5.0, §5.4 A1–A7: the record system, with kinds of care (A2), whom to meet (A3, R31) and a reason (A5, R18)."""
    window = browse(BERTIL).get("boka/bjorkdalens-vardcentral")
    clinic = "Boka tid – Björkdalens vårdcentral – Vårdtider"
    assert (step(window), window.heading) == ("vad", "Vad gäller bokningen?")  # A1 has nothing to say: skipped
    assert window.title == f"Välj vad det gäller – {clinic}"
    assert "Steg 1 av 5: Välj vad det gäller" in window.text
    assert window.text.index("Mottagningsbesök") < window.text.index("Besök hos sjuksköterska")
    assert window.text.index("Telefontid") < window.text.index("Hälsa\n") < window.text.index("Blodtryckskontroll")
    assert "Välj det som passar bäst." in window.text  # the administrator's text
    assert "Hittar du inte rätt? Ring 070-174 06 13." in window.text
    assert "Vad vill du boka? (måste fyllas i)" in window.text
    assert "Läkarbesök" not in window.text  # R4
    assert "Administration" not in window.text  # R22
    window.submit("Fortsätt")
    assert (window.status, window.title) == (422, f"Fel: Välj vad det gäller – {clinic}")
    window.submit("Fortsätt", kind=kind(window, "SSK30"))

    assert (step(window), window.title) == ("vem", f"Välj vem du vill träffa – {clinic}")
    assert window.choices("who")[0] == "anybody"
    assert window.text.index("Spelar ingen roll") < window.text.index("Maria Ek") < window.text.index("Jonas Hägg")
    assert "distriktssköterska" in window.text
    assert "se2321009991" not in window.page.lower()  # §5.0: no HSA-ids, neither in what forms send
    window.submit("Fortsätt", who=window.choices("who")[2])

    assert (step(window), window.title) == ("tid", f"Välj tid – {clinic}")
    assert "Steg 3 av 5: Välj tid" in window.text
    assert "Jonas Hägg" in window.text
    assert "Maria Ek" not in window.text
    window.submit("Fortsätt")
    assert (window.status, window.title) == (422, f"Fel: Välj tid – {clinic}")
    assert 'href="#time"' in window.page
    window.submit("Fortsätt", time=window.choices("time")[0])

    assert (step(window), window.title) == ("beratta", f"Berätta för vården – {clinic}")
    assert "Steg 4 av 5: Berätta för vården" in window.text
    assert "Varför söker du? (frivilligt)" in window.text
    assert "Beskriv kort vad du vill ha hjälp med" in window.text  # the administrator's help
    assert "Skriv inte om du behöver vård genast – ring 1177, eller 112 vid fara för livet." in window.text
    window.submit("Fortsätt", reason="Hosta <b>länge</b>")

    assert (step(window), window.title) == ("kontrollera", f"Kontrollera och boka – {clinic}")
    assert (window.heading, "Steg 5 av 5: Kontrollera och boka" in window.text) == ("Stämmer det här?", True)
    for told in ("Besök hos sjuksköterska", "sjuksköterska Jonas Hägg", "Björkvägen 1", "Hosta <b>länge</b>"):
        assert told in window.text
    assert 'value="070-174 06 21"' in window.page
    assert 'autocomplete="tel"' in window.page
    with heard(demo, "takecare", "make_booking") as asked:
        window.submit("Boka tiden", phone="070-174 06 98", email="")
    assert window.title == f"Klart – {clinic}"
    assert "Hosta <b>länge</b>" in window.text  # read again from the clinic
    assert "se2321009991" not in window.page.lower()
    (request,) = asked
    assert request.timeslot.reason == "Hosta <b>länge</b>"
    assert (request.subject_of_care_info.phone, request.subject_of_care_info.email) == ("070-174 06 98", None)
    assert (request.subject_of_care_info.first_name, request.timeslot.booking_id[:2]) == ("Bertil", "T-")


def test_a1_the_clinics_text_and_its_terms_which_must_be_accepted(demo, browse):
    """R36."""
    window = browse(ELIN).get("boka/vaccinationen-torget")
    assert (step(window), window.heading) == ("innan", "Boka tid hos Vaccinationen Torget")
    assert "Vaccinet ges i överarmen" in window.text
    assert "Avboka senast 24 timmar före besöket." in window.text
    assert "Jag har läst och godkänner villkoren (måste fyllas i)" in window.text
    window.submit("Fortsätt")
    assert window.status == 422
    assert window.title.startswith("Fel: Innan du bokar – Boka tid – Vaccinationen Torget")
    assert window.text.count("Godkänn villkoren för att fortsätta") == 2
    assert step(window.get(window.url.replace("innan", "kontrollera"))) == "innan"  # there is no way around them
    window.submit("Fortsätt", terms="yes")
    walk(window, kind="VACRES", reason="Kenya, reser den 3 januari")
    assert "Ta med vaccinationskort" in window.text  # R21
    assert "\nPlats\nVaccinbås A\n" in window.text  # a room is nobody to meet
    assert window.submit("Boka tiden").heading == "Klart! Din tid är bokad"
    assert "\nPlats\nVaccinbås A\n" in window.get("inkorg").follow("Bokad tid: Resevaccination").text


def test_a1_another_clinic_of_the_group_and_what_was_typed_stays(demo, browse):
    """R29; names are those of the system's answer."""
    change(demo, "2B02", "PROV10", booking_reason="optional")
    change(demo, "2B03", "PROV10", booking_reason="optional")
    window = browse(DAN).get("boka/provtagningen-norra")
    assert "Var vill du boka?" in window.text
    assert window.choices("place") == ["provtagningen-norra", "provtagningen-sodra"]
    walk(window, reason="Remiss från doktorn", place="provtagningen-norra")
    window.submit("Ändra var")
    assert step(window) == "innan"
    walk(window, "beratta", place="provtagningen-sodra")
    assert "Remiss från doktorn" in window.page
    walk(window)
    assert "Södra vägen 8" in window.text
    window.submit("Boka tiden")
    assert (len(demo.booked(DAN, "2B02")), len(demo.booked(DAN, "2B03"))) == (0, 1)


def test_a2_who_has_a_time_of_the_kind_is_asked_to_move_it_and_one_kind_stands_as_text(demo, browse):
    """R13, before it comes to E7."""
    (booked,) = demo.booked(ANNA, "1A01")
    window = browse(ANNA).get("boka/bjorkdalens-vardcentral")
    when = f"{booked.start.day} november 2026 kl. {booked.start:%H.%M}"
    assert (
        f"Du har redan en tid för Besök hos sjuksköterska fredag {when}. Vill du omboka den i stället?" in window.text
    )
    assert window.follow("Visa den tiden").url.endswith(booked_page(demo, ANNA, "1A01"))

    other = browse(ANNA).get("boka/mottagningen-ostadig")
    assert (step(other), other.choices("kind")) == ("vad", [])
    assert "Besök" in other.text
    other.submit("Fortsätt")
    assert step(other) == "tid"  # nobody to choose there: A3 is skipped
    assert "Steg 2 av 4: Välj tid" in other.text


def test_a4_a_month_at_a_time_within_the_horizon_whatever_the_address_says(demo, browse):
    """§5.4 A4, §5.12: days are links with names, the first one is chosen, and the next one is a link."""
    window = walk(browse(HULDA).get("boka/mottagningen-ostadig"), "tid")
    first = window.text
    assert "Första lediga dagen är tisdag 24 november." in first
    assert "november 2026" in first
    assert 'aria-label="onsdag 25 november 2026, lediga tider"' in window.page
    assert "lediga tider, vald dag" in window.page
    assert "Lediga tider tisdag 24 november 2026" in first
    assert "Föregående månad" not in first
    assert "onsdag 25 november" in window.follow("Nästa lediga dag").text
    window.follow("Nästa månad, december")
    assert "december 2026" in window.text
    assert "Första lediga dagen" not in window.text  # it is in November
    assert window.choices("time")
    for _ in range(2):
        window.follow("Nästa månad")
    assert "februari 2027" in window.text
    assert "Nästa månad" not in window.text  # twelve weeks, and no longer
    for hostile in (
        "?dag=2026-02-31", "?dag=../../etc", "?dag=0001-01-01", "?dag=9999-12-31", "?manad=2026-13", "?manad=0000-00",
        "?manad=9999-12", "?manad=2020-01", "?manad=%3Cscript%3E&dag=%00", "?dag=2026-11-23",
    ):  # fmt: skip
        assert window.get(hostile).status == 200, hostile
        assert "Lediga tider " in window.text, hostile
    assert window.get("?manad=2027-01").text.count("januari 2027")


def test_a4_days_and_months_that_are_empty_or_become_full_meanwhile(demo, browse):
    window = walk(browse(HULDA).get("boka/mottagningen-ostadig"), "tid")
    key = window.choices("time")[0]
    block(demo, date(2026, 11, 25), date(2026, 11, 25))
    window.get("?dag=2026-11-25")
    assert "Tiderna för onsdag 25 november är slut. Välj en annan dag." in window.text
    assert window.follow("Nästa lediga dag").choices("time")

    block(demo, date(2026, 11, 24), date(2026, 12, 31))
    window.get("?manad=2026-12")
    assert "Inga lediga tider i december. Nästa lediga dag är måndag 4 januari 2027." in window.text
    assert window.follow("Nästa lediga dag").choices("time")
    other = walk(browse(HULDA).get("boka/mottagningen-ostadig"), "tid")
    assert "Första lediga dagen är måndag 4 januari." in other.text  # the month of the first free day comes at once

    window.get("?dag=2026-11-24")  # an old list, sent as it is: told when it is booked (E3)
    window.post(window.url.partition("/eservice/")[2], time=key)
    assert "går inte längre att boka" in walk(window).submit("Boka tiden").text

    block(demo, date(2027, 1, 1), date(2027, 2, 28))
    window.get("?")
    told = "Just nu finns inga lediga tider att boka här.\nNya tider kan komma. Ring 070-174 06 12 eller bevaka tider."
    assert told in window.text
    assert walk(browse(HULDA).get("boka/mottagningen-ostadig"), "tid").text.count("Bevaka tider") == 1


def block(demo, first, last):
    """Staff take away all times of some days."""
    with desk(demo, "2B07") as made:
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        made.block([slot_id for day in days for slot_id, _ in made.slots(hsa_id("2B07"), "OST15", day)])


def test_a5_ready_reasons_and_that_one_must_be_given_are_known_before_it_is_refused(demo, browse):
    """R18, E8: our systems tell it beside the free times; TEL10 at the record system, VACRES at the timebook."""
    window = walk(browse(HULDA).get("boka/bjorkdalens-vardcentral"), "beratta", kind="TEL10")
    assert window.choices("ready_reason") == ["Förnya recept", "Svar på prov", "Sjukintyg", ""]
    assert "(måste fyllas i, om du inte väljer något ovan)" in window.text
    window.submit("Fortsätt")
    assert (window.status, step(window)) == (422, "beratta")
    assert window.title.startswith("Fel: Berätta för vården")
    assert window.text.count("Skriv varför du söker") == 2
    window.submit("Fortsätt", ready_reason="Sjukintyg", reason="x" * 495)
    assert "Skriv högst 489 tecken." in window.text  # both are sent as one text
    window.submit("Fortsätt", ready_reason="Sjukintyg", reason="Sedan i fredags")
    assert "Sjukintyg. Sedan i fredags" in window.text
    window.submit("Boka tiden")
    assert demo.booked(HULDA, "1A01")[0].reason == "Sjukintyg. Sedan i fredags"

    other = walk(browse(ANNA).get("boka/vaccinationen-torget"), "beratta", kind="VACRES")
    assert "Varför söker du? (måste fyllas i)" in other.text
    assert other.choices("ready_reason") == []
    assert step(other.get(other.url.replace("beratta", "kontrollera"))) == "beratta"
    assert walk(browse(HULDA).get("boka/bjorkdalens-vardcentral"), kind="BLT15").text.count("Din text") == 0


def test_a6_every_row_can_be_changed_and_all_else_stays(demo, browse):
    """§5.4 A6, §5.12 (7): nothing is lost or asked twice."""
    window = browse(HULDA).get("boka/bjorkdalens-vardcentral")
    walk(window, kind="SSK30", reason="Yrsel", who="anybody")
    window.submit("Ändra när", phone="070-174 06 97", email="ny@example.com")
    assert step(window) == "tid"
    window.submit("Fortsätt", time=window.choices("time")[3])
    assert step(window) == "kontrollera"
    assert 'value="070-174 06 97"' in window.page
    assert 'value="ny@example.com"' in window.page
    window.submit("Ändra med vem")
    window.submit("Fortsätt", who=window.choices("who")[1])
    window.submit("Fortsätt", time=window.choices("time")[0])  # another person has other times
    assert step(window) == "kontrollera"
    assert "distriktssköterska Maria Ek" in window.text
    assert "Yrsel" in window.text
    window.submit("Ändra din text")
    window.submit("Tillbaka", reason="Yrsel och huvudvärk")  # an unfinished text goes along
    assert step(window) == "tid"
    window.submit("Fortsätt", time=window.choices("time")[1])
    assert "Yrsel och huvudvärk" in window.text
    for button in ("Tillbaka", "Välj vad det gäller", "Berätta för vården"):  # every way to another step does
        window.submit(button, phone=f"070-174 06 {len(button)}")
        window.get(window.url.rpartition("/")[0] + "/kontrollera")
        assert f'value="070-174 06 {len(button)}"' in window.page


def test_a6_contact_data_that_cannot_be_are_told_and_those_of_the_protected_never_asked_for(demo, browse):
    """R41."""
    window = walk(browse(HULDA).get("boka/mottagningen-ostadig"))
    window.submit("Boka tiden", phone="ring mig", email="a@b")
    assert (window.status, window.title[:5]) == (422, "Fel: ")
    assert 'value="ring mig"' in window.page
    assert "Skriv e-postadressen som namn@example.com." in window.text
    assert demo.booked(HULDA, "2B07") == ()

    siv = walk(browse(SIV).get("boka/mottagningen-ostadig"))
    assert "Telefon" not in siv.text
    with heard(demo, "unsteady", "make_booking") as asked:
        siv.submit("Boka tiden")
    (request,) = asked
    info = request.subject_of_care_info
    assert (info.phone, info.email, info.first_name) == (None, None, "Siv")


def test_a7_the_receipt_says_booked_though_the_booking_cannot_be_read_again(demo, browse):
    """§5.4: from what was sent. The clinic's system fails right after the booking."""
    change(demo, "2B07", "OST15", message_after_booking="Kom i tid.")
    window = walk(browse(DAN).get("boka/mottagningen-ostadig"), reason="Hosta")
    with heard(demo, "unsteady", "make_booking", afterwards=lambda: set_mode(demo.served.data, Mode.FAULT)):
        window.submit("Boka tiden")
    assert window.heading == "Klart! Din tid är bokad"
    for told in ("Kom i tid.", "Besök", "Vingelvägen 7", "tisdag 24 november 2026 kl. 09.30", "Rum 3", "Hosta"):
        assert told in window.text
    assert [one.told["text"] for one in letters(demo, DAN)] == ["Kom i tid."]


def test_a_guardian_books_for_the_child_and_is_the_one_to_ring(demo, browse):
    """R40; the contract knows the child alone."""
    window = browse(BERTIL).get("ombud")
    window.submit("Alma")
    walk(window.get("boka/mottagningen-ostadig"), reason="Öronvärk")
    assert "Du gör ärenden åt Alma Demosson" in window.text
    with heard(demo, "unsteady", "make_booking") as asked:
        window.submit("Boka tiden")
    assert asked[0].timeslot.subject_of_care == ALMA.identity
    assert asked[0].subject_of_care_info.phone == "070-174 06 21"
    assert (len(demo.booked(ALMA, "2B07")), demo.booked(BERTIL, "2B07")) == (1, ())
    assert [one.kind for one in letters(demo, ALMA)] == ["booked"]
    assert letters(demo, BERTIL) == ()
