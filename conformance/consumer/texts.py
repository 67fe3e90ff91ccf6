"""Texts that the citizen must see, and those that no citizen may: judged where the driver tells what was seen.

Source: contracts.md G-14, G-16.
"""

import html

from conformance.checks import Findings, NotJudged
from conformance.consumer.asked import Asked
from conformance.consumer.bench import ConsumerBench, Played
from conformance.consumer.script import ERROR_TEXT, FAULT_MARK, INFO_TEXT
from conformance.consumer.suite import SUITES


@SUITES.check(
    "texts.info-is-shown",
    rules=("G-16",),
    title="The text that comes with INFO is shown to the citizen",
)
def info_is_shown(bench: ConsumerBench) -> Findings:
    plays = {"book-info": "MakeBooking", "timed-invitation": "UpdateBooking", "cancel-wordless": "CancelBooking"}
    yield from _shown(bench, plays, INFO_TEXT, "INFO", "it was carried out, and the text is part of it")


@SUITES.check(
    "texts.refusal-is-shown",
    rules=("G-16",),
    title="The text that comes with ERROR is shown to the citizen",
)
def refusal_is_shown(bench: ConsumerBench) -> Findings:
    plays = {"book-refused": "MakeBooking", "cancel-refused": "CancelBooking"}
    yield from _shown(bench, plays, ERROR_TEXT, "ERROR", "it was not carried out, and the text says why")


@SUITES.check(
    "texts.faults-are-not-shown",
    rules=("G-14",),
    title="What a SOAP fault says is for operations staff, and is not shown to the citizen",
)
def faults_are_not_shown(bench: ConsumerBench) -> Findings:
    played = bench.played("book-fault")
    made = played.demand("MakeBooking")
    if FAULT_MARK in played.saw:
        sentence = "The faultstring of a technical error was shown to the citizen."
        remedy = "Log the fault, and tell the citizen only that a technical error occurred and what to do now."
        yield bench.finding("G-14", sentence, remedy, made)


def _shown(bench: ConsumerBench, plays: dict[str, str], text: str, code: str, meaning: str) -> Findings:
    """A finding for each play in which the text came and was not seen."""
    is_judged, why = False, ""
    for name, interaction in plays.items():
        try:
            played = bench.played(name)
            played.demand(interaction)
            saw = played.saw
        except NotJudged as error:
            why = why or error.reason
            continue
        if (told := _told(played, interaction, code)) is None:
            continue
        is_judged = True
        if _plain(text) not in _plain(saw):
            sentence = f"{interaction} was answered {code} with a text that the citizen did not see: {meaning}."
            yield bench.finding("G-16", sentence, "Show resultText, as it came, for INFO and for ERROR.", told)
    if not is_judged:
        raise NotJudged(why or f"No {code} was answered.")


def _told(played: Played, interaction: str, code: str) -> Asked | None:
    """The first call that was answered so."""
    return next((one for one in played.all(interaction) if one.answer.result == code), None)


def _plain(text: str) -> str:
    return " ".join(html.unescape(text).replace("\u00ad", "").split()).casefold()
