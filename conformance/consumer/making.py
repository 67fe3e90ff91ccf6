"""New bookings: the time was listed, its id and its times go back as they came, who it is for is said in full.

Source: contracts.md §3.2 (FLOW-2), §5.8, §5.11, G-4, G-8; §2.3 and §2.5 for what must be passed over (X-3).
"""

from collections.abc import Iterator

from conformance.checks import Findings, NotJudged
from conformance.consumer.asked import Asked, is_same, stamp
from conformance.consumer.bench import ConsumerBench, Played
from conformance.consumer.suite import SUITES
from conformance.reading import Slot

MAKE, TIMES = "MakeBooking", "GetAvailableTimeslots"
_PLAYS = ("book", "book-plain")


@SUITES.check(
    "making.time-was-listed",
    rules=("FLOW-2",),
    title="A time is booked only after GetAvailableTimeslots has listed it at that clinic",
)
def time_was_listed(bench: ConsumerBench) -> Findings:
    played = bench.played("book")
    made = played.demand(MAKE)
    asked = [one for one in played.before(made, TIMES) if is_same(one.facility, made.facility)]
    if not any(one.answer.slots for one in asked):
        sentence = "MakeBooking came for a clinic whose free times had not been asked for with GetAvailableTimeslots."
        yield bench.finding("FLOW-2", sentence, "Ask GetAvailableTimeslots, and book a time that it lists.", made)


@SUITES.check(
    "making.time-is-whole",
    rules=("MB-2",),
    title="MakeBooking's time has its start, its end, its clinic and its citizen",
)
def time_is_whole(bench: ConsumerBench) -> Findings:
    bench.played("book").demand(MAKE)
    for made in _made_so_far(bench):
        slot = made.slot
        names = ("startTimeInclusive", "endTimeExclusive", "healthcare_facility", "subject_of_care")
        missing = [name for name in names if slot is None or slot.one(name) is None]
        if missing:
            sentence = f"MakeBooking's requestedTimeslot lacks {_listed(missing)}, which the text demands of it."
            yield bench.finding("MB-2", sentence, f"Send {_listed(missing)} with every MakeBooking.", made, slot)


@SUITES.check(
    "making.id-of-the-free-time-goes-back",
    rules=("MB-3", "GAT-6"),
    title="The id that a free time was listed with is sent with MakeBooking",
)
def id_of_the_free_time_goes_back(bench: ConsumerBench) -> Findings:
    played = bench.played("book")
    made = played.demand(MAKE)
    listed = _listed_as(played, made)
    if listed is None:
        raise NotJudged("MakeBooking came for a time that was not listed.")
    if made.booking_id != listed.booking_id:
        how = "without a bookingId" if made.booking_id is None else "with another bookingId"
        sentence = f"GetAvailableTimeslots listed the time with an id of its own, and MakeBooking came {how}."
        remedy = "Keep the free time's bookingId and send it in requestedTimeslot: it is what names the time."
        yield bench.finding("MB-3", sentence, remedy, made, made.slot)


@SUITES.check(
    "making.time-goes-back-as-it-came",
    rules=("G-4",),
    title="The time is booked at the start and the end that it was listed with: nobody converts between time zones",
)
def time_goes_back_as_it_came(bench: ConsumerBench) -> Findings:
    is_seen = False
    for play in _PLAYS:
        played = bench.played(play)
        for made in played.all(MAKE):
            is_seen = True
            listed = _listed_by_id(played, made)
            if listed is not None and (moved := _moved(listed, made)):
                sentence = f"The time with this id was listed with another {moved} than MakeBooking asks for."
                remedy = (
                    "Send start and end as they were listed: Swedish local time, without converting to UTC or from it."
                )
                yield bench.finding("G-4", sentence, remedy, made, made.slot)
    if not is_seen:
        raise NotJudged("No MakeBooking came.")


@SUITES.check(
    "making.names-are-sent",
    rules=("MB-6",),
    title="MakeBooking names the citizen: first name and last name",
)
def names_are_sent(bench: ConsumerBench) -> Findings:
    bench.played("book").demand(MAKE)
    for made in _made_so_far(bench):
        about = made.payload.one("subject_of_care_info") if made.payload else None
        missing = [name for name in ("firstName", "lastName") if about is None or not about.text(name)]
        if missing:
            sentence = (
                f"MakeBooking's subject_of_care_info has no {_listed(missing)}; from 1.1 on both names are required."
            )
            remedy = "Send both names as the population register has them, from the citizen's sign-in or a look-up."
            yield bench.finding("MB-6", sentence, remedy, made, about)


@SUITES.check(
    "making.unknown-elements-are-passed-over",
    rules=("X-3",),
    title="A booking is made although answers carry elements and a header block that the consumer does not know",
)
def unknown_elements_are_passed_over(bench: ConsumerBench) -> Findings:
    yield from _as_usual(
        bench,
        "book-extras",
        "X-3",
        "when every answer had an element of an unknown namespace at its end, and a header block",
        "Pass over whatever stands at an extension point or in the header and is not known.",
    )


@SUITES.check(
    "making.hsa-ids-compare-without-case",
    rules=("G-8",),
    title="A booking is made although the clinic's HSA-id comes back in other case",
)
def hsa_ids_compare_without_case(bench: ConsumerBench) -> Findings:
    yield from _as_usual(
        bench,
        "book-respelled",
        "G-8",
        "when answers spelled the clinic's HSA-id in lower case instead of upper, or the other way",
        "Compare HSA-ids without regard to case, wherever one that came is held against one that is known.",
    )


@SUITES.check(
    "making.utf-16-is-read",
    rules=("H-6",),
    title="A booking is made although answers are in UTF-16",
)
def utf_16_is_read(bench: ConsumerBench) -> Findings:
    yield from _as_usual(
        bench,
        "book-utf-16",
        "H-6",
        "when answers were in UTF-16, and said so",
        "Leave the encoding to the XML parser, with the charset of Content-Type: WS-I Basic Profile has both.",
    )


def _as_usual(bench: ConsumerBench, play: str, rule: str, when: str, remedy: str) -> Findings:
    """A finding when a booking that is made otherwise is not made in this play."""
    bench.played("book").demand(MAKE)
    played = bench.played(play)
    if not played.all(MAKE):
        sentence = f"The same booking that was made before came to no MakeBooking {when}."
        yield bench.finding(rule, sentence, remedy, played.asked[-1])


def _made_so_far(bench: ConsumerBench) -> Iterator[Asked]:
    return (made for played in bench.so_far() for made in played.all(MAKE))


def _listed_as(played: Played, made: Asked) -> Slot | None:
    """The time that was booked as it had been listed: by its start, else by its id."""
    return _listed_by_start(played, made) or _listed_by_id(played, made)


def _listed_by_start(played: Played, made: Asked) -> Slot | None:
    return next((one for one in _times_before(played, made) if stamp(one) == stamp(made.slot)), None)


def _listed_by_id(played: Played, made: Asked) -> Slot | None:
    found = (one for one in _times_before(played, made) if one.booking_id and one.booking_id == made.booking_id)
    return next(found, None)


def _times_before(played: Played, made: Asked) -> Iterator[Slot]:
    for asked in played.before(made, TIMES):
        yield from (one for one in asked.answer.slots if is_same(one.text("healthcare_facility") or "", made.facility))


def _moved(listed: Slot, made: Asked) -> str:
    """What differs, `start` or `end`; empty when nothing does or nothing can be compared."""
    for name, word in (("startTimeInclusive", "start"), ("endTimeExclusive", "end")):
        sent = stamp(made.slot, name)
        if len(sent) == 14 and sent != stamp(listed, name):
            return word
    return ""


def _listed(names: list[str]) -> str:
    return " and ".join(names)
