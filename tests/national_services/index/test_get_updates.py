"""GetUpdates: whose entries have changed, each with all that they have (contracts.md EI-12, D-15)."""

from contracts import engagements as e
from national_services.index.service import GET_UPDATES_PATH
from tests.national_services.index.world import Soap, World, gone, told
from tests.people import ANNA, BERTIL, DAN, ELIN


def asked(world: World, **changes: str) -> e.GetUpdatesResponse:
    question = e.GetUpdates(e.DOMAIN, changes.get("time_stamp", "20261124073000"), changes.get("last_fetched"))
    return world.index.get_updates(question, "c-1")


def test_who_has_changed_is_told_with_all_entries_and_who_has_lost_all_with_none(any_world: World) -> None:
    any_world.update(told(), told(business_object="B-2"), told(resident=BERTIL.number), told(resident=DAN.number))
    any_world.clock.move(hours=1)
    any_world.update(told(business_object="B-3"), gone(resident=BERTIL.number), told(resident=DAN.number))
    answer = asked(any_world, time_stamp="20261124083000")
    assert answer.is_complete
    told_of = {one.resident: len(one.engagements) for one in answer.residents}
    assert told_of == {ANNA.number: 3, BERTIL.number: 0}


def test_a_long_answer_is_split_by_citizens(any_world: World) -> None:
    any_world.reopen(residents_per_answer=2)
    everybody = sorted(one.number for one in (ANNA, BERTIL, DAN, ELIN))
    any_world.update(*(told(resident=number) for number in everybody))
    first = asked(any_world)
    assert ([one.resident for one in first.residents], first.is_complete) == (everybody[:2], False)
    second = asked(any_world, last_fetched=everybody[1])
    assert ([one.resident for one in second.residents], second.is_complete) == (everybody[2:], True)
    assert asked(any_world, last_fetched=everybody[3]) == e.GetUpdatesResponse(True, ())


def test_other_domains_and_earlier_changes_are_left_out(world: World) -> None:
    world.update(told(service_domain="riv:x"))
    assert asked(world).residents == ()
    world.update(told())
    assert asked(world, time_stamp="20261124073001").residents == ()


def test_the_answer_keeps_its_contract(index_by_soap: Soap, world: World) -> None:
    world.update(told(), gone(resident=BERTIL.number))
    answer = index_by_soap.ask(GET_UPDATES_PATH, e.GetUpdates(e.DOMAIN, "20261124000000"))
    assert [one.resident for one in answer.residents] == [ANNA.number]
