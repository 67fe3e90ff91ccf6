"""The order of a run: what looks at the answers of all other checks comes after them."""

from conformance.producer.suite import load


def test_the_form_of_answers_is_judged_when_all_have_come() -> None:
    suites = [check.suite for check in load().all]
    assert suites.index("messages") == len(suites) - suites.count("messages")
