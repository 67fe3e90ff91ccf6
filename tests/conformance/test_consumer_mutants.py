"""A consumer that does everything right passes whole; one with a single fault is told of that one, by the right check.

Each mutant is a subclass of the good consumer with one behaviour changed.
"""

import re
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any, ClassVar

import pytest
import requests

from conformance.consumer.bench import ConsumerBench
from conformance.consumer.script import FAULT_TEXT
from conformance.consumer.settings import ConsumerSettings
from conformance.consumer.suite import load
from conformance.exchange import shown
from conformance.model import CheckResult, Outcome
from conformance.run import run_checks
from conformance.schemas import Schemas
from contracts import scheduling as s
from contracts.codec import BY_CONTRACT
from contracts.consumer import PLATFORM_PATH
from contracts.errors import ContractViolation
from contracts.identifiers import HsaId
from contracts.times import format_ts, parse_ts
from tests.conformance.judging import a_test_person, red
from tests.conformance.scripted_consumer import FLAGS, Consumer, Failed
from tests.people import DAN
from tests.serving import MORNING

FULL, PLAIN = HsaId("SE2321009991-1A01"), HsaId("SE2321009991-2B02")


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas()


def settings(**changes) -> ConsumerSettings:
    return ConsumerSettings(FULL, PLAIN, a_test_person(DAN), **{"slow_seconds": 0.05, "settle_seconds": 0.0, **changes})


def judged(kind: type[Consumer], schemas: Schemas) -> tuple[dict[str, CheckResult], ConsumerBench]:
    """What came of all checks, by their ids."""
    made: list[Consumer] = []

    def drive(scenario):
        if not made:
            made.append(kind(bench.url, MORNING.date()))
        return made[0](scenario)

    with ConsumerBench(settings(), drive, lambda: MORNING, schemas) as bench:
        found = {one.check: one for one in run_checks(bench, load().all).results}
    for one in made:
        one.close()
    return found, bench


def test_a_good_consumer_passes_every_check_and_the_played_clinic_keeps_the_contracts(schemas) -> None:
    found, bench = judged(Consumer, schemas)
    assert red(found) == {}
    assert {name for name, one in found.items() if one.outcome is not Outcome.PASSED} == set()
    for one in bench.evidence.exchanges:
        if one.answer is not None and one.answer.status == 200:
            contract = next((name for name, forms in BY_CONTRACT.items() if forms.name == one.interaction), "")
            assert schemas.judge(shown(one.answer), contract, "answer").is_valid, one.interaction


# -- What may be wrong


class Mutant(Consumer):
    """`catches` are the checks that must turn red, each with the rule that it tells; no other may."""

    catches: ClassVar[dict[str, str]] = {}


class NoActor(Mutant):
    catches: ClassVar = {"messages.actor": "A-1"}

    def actor(self):
        return None


class UnknownActorType(Mutant):
    catches: ClassVar = {"messages.actor": "A-1"}

    def body(self, message, at):
        return super().body(message, at).replace(b">subject_of_care</h:actorType>", b">citizen</h:actorType>")


class AddressedAsIn10(Mutant):
    catches: ClassVar = {"messages.logical-address": "IMP-8"}

    def body(self, message, at):
        body = super().body(message, at)
        return re.sub(
            rb"<r:LogicalAddress.*?</r:LogicalAddress>",
            b'<a:To xmlns:a="http://www.w3.org/2005/08/addressing">' + at.text.encode() + b"</a:To>",
            body,
        )


class AddressedToThePlatform(Mutant):
    catches: ClassVar = {"messages.logical-address": "BP-8"}

    def ask(self, message, at=None):
        if isinstance(message, s.GetAllTimeTypes):
            try:
                super().ask(message, HsaId("SE2321009991-TP01"))
            except Exception:  # and then the right way
                return super().ask(message, at)
        return super().ask(message, at)


class WrongSoapAction(Mutant):
    catches: ClassVar = {"messages.soap-action": "BP-15"}

    def headers(self, name):
        return {**super().headers(name), "SOAPAction": '""'}


class AsSoap12Sends(Mutant):
    catches: ClassVar = {"messages.content-type": "H-4"}

    def headers(self, name):
        return {**super().headers(name), "Content-Type": "application/soap+xml; charset=UTF-8"}


class TwoElementsInTheBody(Mutant):
    catches: ClassVar = {"messages.envelope": "H-1"}

    def body(self, message, at):
        extra = b'<x xmlns="urn:tidbro:conformance:unknown:1"/></soapenv:Body>'
        return super().body(message, at).replace(b"</soapenv:Body>", extra)


class ElementsOutOfOrder(Mutant):
    catches: ClassVar = {"messages.valid": "X-1"}

    def body(self, message, at):
        body = super().body(message, at)
        if not isinstance(message, s.CancelBooking):
            return body
        return re.sub(rb"(<healthcare_facility>.*?</healthcare_facility>)(<bookingId>.*?</bookingId>)", rb"\2\1", body)


class FlagsInMakeBooking(Mutant):
    catches: ClassVar = {"messages.timeslot-of-make": "TS-MB"}

    def make(self, slot):
        return super().make(replace(slot, message_allowed=True))


class FlagsInUpdateBooking(Mutant):
    catches: ClassVar = {"messages.timeslot-of-update": "TS-UB"}

    def update(self, slot):
        return super().update(replace(slot, **dict.fromkeys(FLAGS[:3], True)))


class EmptyElements(Mutant):
    catches: ClassVar = {"messages.no-empty-elements": "G-11"}

    def body(self, message, at):
        whole, empty = b"</core:subject_of_care>", b"<core:reason/>"
        return super().body(message, at).replace(whole, whole + empty)


class StampsWithZone(Mutant):
    catches: ClassVar = {"messages.moments": "G-4"}

    def body(self, message, at):
        return re.sub(rb"(startTimeInclusive>\d{14})<", rb"\1+01:00<", super().body(message, at))


class IsoStamps(Mutant):
    catches: ClassVar = {"messages.moments": "G-3"}

    def body(self, message, at):
        stamp = rb"(TimeInclusive|TimeExclusive)>(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)<"
        return re.sub(stamp, rb"\1>\2-\3-\4T\5:\6:\7<", super().body(message, at))


class IsoDays(Mutant):
    catches: ClassVar = {"messages.days": "G-2"}

    def body(self, message, at):
        return re.sub(rb"(DateInclusive>\d{4})(\d\d)(\d\d)<", rb"\1-\2-\3<", super().body(message, at))


class ShortHsaIds(Mutant):
    catches: ClassVar = {"messages.hsa-ids": "G-7"}

    def body(self, message, at):
        return re.sub(rb"(healthcare_facility_med>)[^<]+-", rb"\1", super().body(message, at))


class SendsUtc(Mutant):
    catches: ClassVar = {"making.time-goes-back-as-it-came": "G-4"}

    def body(self, message, at):
        if not isinstance(message, s.MakeBooking):
            return super().body(message, at)
        slot, body = message.timeslot, super().body(message, at)
        for moment in (slot.start, slot.end):
            in_utc = f"{moment.astimezone(UTC):%Y%m%d%H%M%S}"
            body = body.replace(f">{format_ts(moment)}<".encode(), f">{in_utc}<".encode())
        return body


class EndLeftOut(Mutant):
    catches: ClassVar = {"making.time-is-whole": "MB-2"}

    def body(self, message, at):
        body = super().body(message, at)
        is_it = isinstance(message, s.MakeBooking)
        return re.sub(rb"<core:endTimeExclusive>.*?</core:endTimeExclusive>", b"", body) if is_it else body


class NoLastName(Mutant):
    catches: ClassVar = {"making.names-are-sent": "MB-6"}

    def body(self, message, at):
        return re.sub(rb"<ext:lastName>.*?</ext:lastName>", b"", super().body(message, at))


class FreeTimesIdDropped(Mutant):
    catches: ClassVar = {"making.id-of-the-free-time-goes-back": "MB-3"}

    def wanted(self, slot, booking_id=None):
        return replace(super().wanted(slot), booking_id=booking_id)


class BooksUnlistedTimes(Mutant):
    catches: ClassVar = {"making.time-was-listed": "FLOW-2"}

    def choose(self):
        if self.facts["SCENARIO"] != "book":
            return super().choose()
        start = parse_ts(self.facts["START"])
        return s.Timeslot(self.clinic, start, start + timedelta(minutes=30))


class StrictAboutCase(Mutant):
    catches: ClassVar = {"making.hsa-ids-compare-without-case": "G-8"}

    def book(self):
        try:
            super().book()
        except StopIteration:
            self.seen.append("Det finns inga tider.")

    def is_at(self, slot, at):
        return slot.healthcare_facility.text == at.text


class StrictAboutExtras(Mutant):
    catches: ClassVar = {"making.unknown-elements-are-passed-over": "X-3"}

    def ask(self, message, at=None):
        answer = super().ask(message, at)
        if answer.extensions:
            raise LookupError
        return answer

    def book(self):
        try:
            super().book()
        except LookupError:
            self.seen.append("Svaret gick inte att läsa.")


class ReadsUtf8Alone(Mutant):
    catches: ClassVar = {"making.utf-16-is-read": "H-6"}

    def read(self, body):
        if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise LookupError
        return super().read(body)

    def book(self):
        try:
            super().book()
        except LookupError:
            self.seen.append("Svaret gick inte att läsa.")


class WrongPersonNumber(Mutant):
    catches: ClassVar = {"messages.valid": "G-9"}

    def body(self, message, at):
        body = super().body(message, at)
        if not isinstance(message, s.GetAllTimeTypes):
            return body
        number = self.person.number.encode()
        return body.replace(b"subject_of_care>" + number, b"subject_of_care>" + number[:8] + b"-" + number[8:])


class RespellsIds(Mutant):
    catches: ClassVar = {"offers.ids-go-back-as-they-came": "G-10"}

    def body(self, message, at):
        body = super().body(message, at)
        return body.replace(b">KIT-T1<", b">kit-t1<") if isinstance(message, s.MakeBooking) else body


class DetailsOfFreeTimes(Mutant):
    catches: ClassVar = {"seeing.no-details-of-free-times": "GBD-5"}

    def choose(self):
        slot = super().choose()
        if slot.booking_id:
            with suppress(Failed, StopIteration, ContractViolation):
                self.details(slot.booking_id)
        return slot


class CareTypeToWhoHasNone(Mutant):
    catches: ClassVar = {"offers.care-types-only-where-they-are-offered": "G-19"}

    def care_type(self):
        self.last = super().care_type() or self.last
        return self.last


class CareTypeOfItsOwn(Mutant):
    catches: ClassVar = {"offers.care-types-are-the-clinics-own": "G-18"}

    def care_type(self):
        return "GP" if super().care_type() else None


class ResendsBlindly(Mutant):
    catches: ClassVar = {"unanswered.looks-before-trying-again": "MB-10"}

    def unanswered(self, change):
        self.tell(change())


class ResendsWhatIsBooked(Mutant):
    catches: ClassVar = {"unanswered.looks-before-trying-again": "MB-10"}

    def unanswered(self, change):
        self.schedule()
        self.tell(change())


class ResendsWhatIsSlow(Mutant):
    catches: ClassVar = {"unanswered.slow-is-waited-for": "MB-10"}

    def book_slow(self):
        slot = self.wanted(self.choose())
        self.make(slot)
        self.tell(self.make(slot))


class MovesWithoutAskingForTimes(Mutant):
    catches: ClassVar = {"moving.in-order": "FLOW-3", "invitations.timed-one-is-moved": "FLOW-6"}

    def listed(self, at, start, **filters):
        is_move = start == "NEW_START" and self.facts["SCENARIO"] != "move-away"
        return super().listed(at, start, **({"time_type_id": "KIT-T1"} if is_move else filters))


class MovesByTheFreeTimesId(Mutant):
    catches: ClassVar = {"moving.names-the-booking": "UB-1"}

    def wanted(self, slot, booking_id=None):
        return super().wanted(slot, None if self.facts["SCENARIO"] == "move" else booking_id)

    def move(self):
        self.moved(self.clinic)


class MovesWhereItLikes(Mutant):
    catches: ClassVar = {"moving.to-a-clinic-that-may-be-chosen": "UB-3"}

    def move_away(self):
        self.moved(self.new_clinic)


class MovesWhatMayNotBeMoved(Mutant):
    catches: ClassVar = {"moving.only-what-may-be": "UB-2"}

    def may(self, slot, flag):
        return flag == "rebooking_allowed" or super().may(slot, flag)


class CancelsWhatMayNotBeCancelled(Mutant):
    catches: ClassVar = {"cancelling.only-what-may-be": "CB-1"}

    def may(self, slot, flag):
        return flag == "cancel_booking_allowed" or super().may(slot, flag)


class TakesAnAbsentFlagForYes(Mutant):
    catches: ClassVar = {"cancelling.only-what-may-be": "G-13"}

    def locked(self):
        (slot,) = self.schedule()
        if slot.cancel_booking_allowed is not False:
            self.say(lambda: self.ask(s.CancelBooking(self.clinic, self.had)))
        self.moved(self.clinic)


class UsesTheOldId(Mutant):
    catches: ClassVar = {"moving.new-id-is-used": "UB-6"}

    def new_id(self, now):
        return self.had

    def cancelled(self, booking_id):
        if self.facts["SCENARIO"] != "move":
            return super().cancelled(booking_id)
        return self.say(lambda: self.ask(s.CancelBooking(self.clinic, booking_id)))


class CancelsUnseen(Mutant):
    catches: ClassVar = {"cancelling.details-first": "FLOW-4"}

    def cancel(self):
        self.say(lambda: self.ask(s.CancelBooking(self.clinic, self.had)))


class MessageWhereNoneIsWanted(Mutant):
    catches: ClassVar = {"cancelling.message-only-where-allowed": "CB-2"}

    def may(self, slot, flag):
        return flag == "message_allowed" or super().may(slot, flag)


class NoDetails(Mutant):
    catches: ClassVar = {"seeing.schedule-then-details": "FLOW-1"}

    def see(self):
        for one in self.schedule(HsaId("SE2321009991-TP01")):
            self.seen.append(f"{one.start:%d %B %H:%M}")


class TakesSilenceForNothing(Mutant):
    catches: ClassVar = {"seeing.silence-is-not-nothing": "PS-2", "seeing.a-part-is-told-as-a-part": "PS-2"}

    def is_unknown(self, text):
        return False


class TakesAPartForTheWhole(Mutant):
    catches: ClassVar = {"seeing.a-part-is-told-as-a-part": "PS-2"}

    def is_unknown(self, text):
        return "DataFromSource" not in text


class MovesOpenInvitations(Mutant):
    catches: ClassVar = {"invitations.open-one-is-booked": "UB-4"}

    def take_invited(self, slot):
        return self.update(slot)


class BooksUnreadInvitations(Mutant):
    catches: ClassVar = {"invitations.open-one-in-order": "FLOW-5"}

    def details(self, booking_id=""):
        if self.facts["SCENARIO"] != "open-invitation":
            return super().details(booking_id)
        return None


class InvitedAnywhere(Mutant):
    catches: ClassVar = {"invitations.open-one-where-it-may-be-used": "MB-5"}

    def places(self):
        return [self.new_clinic] if self.facts["SCENARIO"] == "open-invitation" else super().places()


class InvitationNotNamed(Mutant):
    catches: ClassVar = {"invitations.its-id-is-sent": "MB-3"}

    def wanted(self, slot, booking_id=None):
        return super().wanted(slot, None if self.facts["SCENARIO"] == "open-invitation" else booking_id)


class BooksForATimedInvitation(Mutant):
    catches: ClassVar = {"invitations.timed-one-is-moved": "I-3"}

    def timed_invitation(self):
        self.say(lambda: self.make(self.wanted(self.listed(self.clinic, "NEW_START", time_type_id="KIT-T1"))))


class HidesTexts(Mutant):
    catches: ClassVar = {"texts.info-is-shown": "G-16"}

    def tell(self, answer: Any) -> None:
        super().tell(replace(answer, result_text="") if answer.result_code == "OK" else answer)
        if answer.result_code == "INFO":
            self.seen.pop()


class HidesRefusals(Mutant):
    catches: ClassVar = {"texts.refusal-is-shown": "G-16"}

    def tell(self, answer):
        super().tell(answer)
        if answer.result_code == "ERROR":
            self.seen.pop()


class ShowsFaults(Mutant):
    catches: ClassVar = {"texts.faults-are-not-shown": "G-14"}

    def unanswered(self, change):
        super().unanswered(change)
        self.seen.append(FAULT_TEXT)


@pytest.mark.parametrize("kind", Mutant.__subclasses__(), ids=lambda one: one.__name__)
def test_a_wrong_behaviour_is_caught_by_the_right_check_alone(kind: type[Mutant], schemas) -> None:
    found, _ = judged(kind, schemas)
    assert red(found) == {check: {rule} for check, rule in kind.catches.items()}


def test_the_path_of_a_call_means_nothing_and_a_question_that_is_no_post_is_refused() -> None:
    with ConsumerBench(settings(), lambda scenario: None, lambda: MORNING) as bench:
        ping = PLATFORM_PATH.format(interaction="PingForConfiguration")
        assert requests.get(bench.url + ping, timeout=10).status_code == 405
        assert requests.post(f"{bench.url}/any", b"<x/>", timeout=10).status_code == 500
