"""Each rule has a check or a reason, and the bookkeeping of rules and checks tells when it is wrong."""

from dataclasses import replace

import pytest

from conformance.checks import Check
from conformance.coverage import all_checks, problems, tables, totals
from conformance.explain import UnknownRule, explain
from conformance.model import Role
from conformance.requirements import Requirement, by_id, read, requirements

HEAD = "id,source,level,binds,text,reason\n"


def a_rule(**changes: object) -> Requirement:
    rule = Requirement("MB-9", "T111 §5.7", "must", ("producer",), "A time that is taken is refused.")
    return replace(rule, **changes)  # type: ignore[arg-type]


def a_check(*rules: str, name: str = "refusals.taken", role: Role = "producer") -> Check:
    return Check(name, role, rules, "A time that is taken is refused", lambda bench: ())


# -- What the kit has


def test_each_rule_has_a_check_or_a_reason_and_each_check_a_rule() -> None:
    found = problems(all_checks())
    if found:
        pytest.fail("\n".join((f"{len(found)} problems:", *found)), pytrace=False)


def test_there_are_rules_for_each_who_is_judged() -> None:
    bound = {name for one in requirements().values() for name in one.binds}
    assert bound >= {"producer", "consumer", "gateway"}


# -- What is told to be wrong


def test_a_rule_with_a_check_or_with_a_reason_is_in_order() -> None:
    assert problems([a_check("MB-9")], [a_rule()]) == []
    assert problems([], [a_rule(reason="No message tells.")]) == []


def test_a_rule_with_neither_is_told_with_its_sentence() -> None:
    (told,) = problems([], [a_rule()])
    assert told == "MB-9 (must, producer) has neither a check nor a reason: A time that is taken is refused."


def test_a_rule_with_both_is_told_with_the_check_and_the_reason() -> None:
    (told,) = problems([a_check("MB-9")], [a_rule(reason="No message tells.")])
    assert "refusals.taken" in told
    assert "No message tells." in told


def test_a_check_of_a_rule_that_there_is_not_is_told() -> None:
    assert problems([a_check("MB-9", "MB-99")], [a_rule()]) == ["refusals.taken names MB-99, and there is no such rule"]


def test_a_check_that_judges_somebody_whom_the_rule_does_not_bind_is_told() -> None:
    (told,) = problems([a_check("MB-9", role="consumer")], [a_rule()])
    assert told == "refusals.taken judges a consumer by MB-9, which binds producer"


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (("MB-2", "MB-10"), []),
        (("MB-10", "MB-2"), ["MB-2 stands after MB-10"]),
        (("MB-1", "UB-1", "MB-2"), ["MB-2 stands apart from the other rules that begin with MB-"]),
        (("TS-GSS", "TS-GAT"), []),
    ],
)
def test_rules_stand_by_family_and_number(order: tuple[str, ...], expected: list[str]) -> None:
    assert problems([], [a_rule(id=one, reason="No message tells.") for one in order]) == expected


@pytest.mark.parametrize("changes", [{"text": "A time that is taken"}, {"reason": " No message tells."}])
def test_what_is_no_whole_sentence_is_told(changes: dict[str, str]) -> None:
    (told,) = problems([], [a_rule(**{"reason": "No message tells.", **changes})])
    assert told.startswith(f"MB-9: the {next(iter(changes))} is no whole sentence")


# -- Reading


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("id,text\n", "columns"),
        (HEAD + "MB-9,T111,must,producer,A time, that is taken, is refused.,\n", "8 cells"),
        (HEAD + "MB-9,T111,must,producer\n", "4 cells"),
        (HEAD + "MB-9,T111,shall,producer,A time is refused.,\n", "a level"),
        (HEAD + "MB-9,T111,must,producer, ,\n", "a text"),
        (HEAD + "MB-9,,must,producer,A time is refused.,\n", "a source"),
        (HEAD + "MB-9,T111,must,,A time is refused.,\n", "somebody"),
        (HEAD + "MB-9,T111,must,everybody,A time is refused.,\n", "everybody"),
    ],
)
def test_what_is_no_rule_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(text)


def test_a_rule_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="MB-9 stands twice"):
        by_id([a_rule(), a_rule(text="It stands in two files.")])


# -- What is told to readers


def test_the_tables_tell_every_rule_once_with_its_checks_or_its_reason() -> None:
    lines = tables([a_check("CB-8", name="cancelling.ok-is-true")])
    heads = [line.split(" | ")[0].removeprefix("| ") for line in lines if line.startswith("| ")]
    assert [head for head in heads if "-" in head] == list(requirements())
    (cancelled,) = (line for line in lines if line.startswith("| CB-8 |"))
    assert cancelled.endswith("| `cancelling.ok-is-true` |")
    (followed,) = (line for line in lines if line.startswith("| CB-7 |"))
    assert followed.endswith(f"| {requirements()['CB-7'].reason} |")


def test_a_rule_that_binds_two_and_is_checked_of_one_counts_as_checked_for_that_one_alone() -> None:
    checks = [a_check("G-4", role="consumer")]
    assert (totals(checks, "consumer").checked, totals(checks, "consumer").elsewhere) == (1, 0)
    assert (totals(checks, "producer").checked, totals(checks, "producer").elsewhere) == (0, 1)


def test_the_totals_add_up() -> None:
    found = totals(all_checks())
    assert sum(found.levels.values()) == len(requirements())
    assert found.checked + found.elsewhere + found.reasoned + found.neither == len(requirements())


def test_a_rule_is_explained_with_its_level_source_and_checks() -> None:
    lines = explain(["cb-8"], [a_check("CB-8", name="cancelling.ok-is-true")])
    assert lines[0] == "CB-8  must  binds producer"
    assert requirements()["CB-8"].text in " ".join(line.strip() for line in lines)
    assert lines[-1].strip() == "Checked by cancelling.ok-is-true."


def test_a_rule_without_check_is_explained_with_the_reason() -> None:
    text = " ".join(line.strip() for line in explain(["CB-7"], []))
    assert text.endswith(f"Not checked: {requirements()['CB-7'].reason}")


def test_a_family_is_explained_rule_by_rule_and_no_wish_at_all_is_every_rule() -> None:
    heads = [line.split()[0] for line in explain(["CB"], []) if line and not line.startswith(" ")]
    assert heads == [f"CB-{number}" for number in range(1, 9)]
    assert sum(bool(line) and not line.startswith(" ") for line in explain([], [])) == len(requirements())


def test_an_unknown_rule_is_refused_with_those_that_come_near() -> None:
    with pytest.raises(UnknownRule, match=r"no rule MB-99; near it are .*MB-9"):
        explain(["MB-99"], [])
