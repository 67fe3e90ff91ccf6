"""The services' copy of a TAK: loaded at the start and by a reset, kept when a load is broken (platform.md §17.3, §18)."""

import json
import threading

import pytest

from contracts.transport import HttpTransport
from gateway.tak.exchange import load
from national_services.aggregation import tak_rows
from national_services.aggregation.catalogue_copy import TakCopy
from national_services.aggregation.plan import PermissionsUnknown
from national_services.aggregation.tak_rows import CatalogueUnreadable, TakRows
from tests.national_services.aggregation.asking import ORIGINAL, OWN, SENDER, aggregation, ask
from tests.national_services.aggregation.catalogues import NOON, Tak, a_route, an_authorisation
from tests.national_services.aggregation.network import CONTRACT, Network, answers, times

A, B, C, D = (f"SE2321009991-K{number}" for number in range(4))
ROUTES = [a_route("*")]
AUTHORISATIONS = [an_authorisation(A, SENDER), an_authorisation(B, ORIGINAL), an_authorisation(C, "SE2321009991-ELSE")]


@pytest.fixture
def tak():
    with Tak(list(ROUTES), list(AUTHORISATIONS)) as served:
        yield served


@pytest.fixture
def transport():
    with HttpTransport() as one:
        yield one


def copy_of(tak, transport, file=None) -> TakCopy:
    return TakCopy(tak_rows.from_service(tak.url + "?wsdl", transport), lambda: NOON, file)


def may(copy: TakCopy, address: str = A, consumer: str = SENDER) -> bool:
    return copy(address, consumer, CONTRACT, NOON)


def broken(tak: Tak, how: str) -> None:
    if how == "status":
        tak.status = 503
    elif how == "routes":
        tak.routes = []
    elif how == "authorisations":
        tak.authorisations = []
    elif how == "row":
        tak.authorisations = [{**an_authorisation(A), "tomTidpunkt": "never"}]
    elif how == "nonsense":
        tak.instead = b"<html>"
    elif how == "another answer":
        tak.instead = b"<e:Envelope xmlns:e='urn:e'><e:Body><x/></e:Body></e:Envelope>"


EVERY_WAY = pytest.mark.parametrize("how", ["status", "routes", "authorisations", "row", "nonsense", "another answer"])


def test_routes_are_asked_for_first_then_authorisations(tak, transport):
    copy = copy_of(tak, transport)
    refresh = copy.reload()
    assert tak.asked == ["hamtaAllaVirtualiseringar", "hamtaAllaAnropsBehorigheter"]
    assert (refresh.status, refresh.routes, refresh.authorisations) == ("REFRESH_OK", 1, 3)
    assert (may(copy), may(copy, B), may(copy, B, ORIGINAL), may(copy, D)) == (True, False, True, False)


@EVERY_WAY
def test_a_broken_load_leaves_what_is_in_memory(tak, transport, how):
    copy = copy_of(tak, transport)
    copy.reload()
    broken(tak, how)
    refresh = copy.reload()
    assert (refresh.status, refresh.routes) == ("REUSING_EXISTING_CACHE", 1)
    assert "Will continue to use already loaded TAK data." in refresh.lines[0]
    assert may(copy)


@EVERY_WAY
def test_with_nothing_in_memory_the_last_good_copy_is_read(tak, transport, tmp_path, how):
    file = tmp_path / "folder" / "tak.xml"
    copy_of(tak, transport, file).reload()
    broken(tak, how)
    copy = copy_of(tak, transport, file)
    assert copy.reload().status == "RESTORED_FROM_LOCAL_CACHE"
    assert (may(copy), may(copy, D)) == (True, False)


@EVERY_WAY
def test_without_any_copy_nobody_can_tell(tak, transport, tmp_path, how):
    broken(tak, how)
    copy = copy_of(tak, transport, tmp_path / "none.xml")
    assert copy.reload().status == "REFRESH_FAILED"
    with pytest.raises(PermissionsUnknown):
        may(copy)


def test_a_broken_load_never_replaces_the_file(tak, transport, tmp_path):
    file = tmp_path / "tak.xml"
    copy = copy_of(tak, transport, file)
    copy.reload()
    kept = file.read_bytes()
    broken(tak, "authorisations")
    copy.reload()
    assert file.read_bytes() == kept
    assert file.stat().st_mode & 0o077 == 0


def test_what_is_written_is_read_again(tmp_path):
    rows = TakRows((a_route("å&<>"), a_route("B", adress="")), (an_authorisation("A", "\u2028"),))
    file = tmp_path / "tak.xml"
    file.write_bytes(tak_rows.as_local_copy(rows))
    assert tak_rows.from_file(file) == rows


def test_the_gateway_reads_the_same_file(tmp_path):
    file = tmp_path / "tak.xml"
    file.write_bytes(tak_rows.as_local_copy(TakRows(tuple(ROUTES), tuple(AUTHORISATIONS))))
    snapshot = load(file)
    assert snapshot.authorises(SENDER, A, CONTRACT, NOON)
    assert not snapshot.authorises(SENDER, B, CONTRACT, NOON)


@pytest.mark.parametrize("content", [b"", b"<x/>", b"<persistentCache/>", b"no xml", None])
def test_a_file_that_is_no_catalogue_is_named(tmp_path, content):
    file = tmp_path / "tak.xml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CatalogueUnreadable):
        tak_rows.from_file(file)


def test_a_source_that_breaks_in_any_way_is_a_failed_load(caplog):
    def breaks() -> TakRows:
        raise RuntimeError("postgresql://secret")

    copy = TakCopy(breaks, lambda: NOON)
    assert copy.reload().status == "REFRESH_FAILED"
    assert "secret" not in repr(copy.last_refresh) + caplog.text


def test_reloads_and_questions_at_once_see_a_whole_catalogue(tak, transport):
    copy = copy_of(tak, transport)
    copy.reload()
    together, seen = threading.Barrier(4), []

    def reload() -> None:
        together.wait()
        copy.reload()

    def ask_often() -> None:
        together.wait()
        seen.extend(may(copy) for _ in range(200))

    threads = [threading.Thread(target=work) for work in (reload, reload, ask_often, ask_often)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) == {True}


# In the service


def well(address: str):
    return answers(times(address, address))


def test_the_service_asks_whom_its_copy_permits_for_the_sender_or_the_original_consumer(tak):
    with (
        Network({one: well(one) for one in (A, B, C, D)}) as network,
        aggregation(network, None, tak_endpoint=tak.url) as service,
    ):
        answer = ask(service)
        assert {one.logical_address for one in network.seen} == {A, B}
    assert answer.codes == {A: "", B: ""}


def test_a_file_alone_will_do(tmp_path):
    file = tmp_path / "tak.xml"
    file.write_bytes(tak_rows.as_local_copy(TakRows(tuple(ROUTES), tuple(AUTHORISATIONS))))
    with Network({A: well(A)}) as network, aggregation(network, None, tak_file=str(file)) as service:
        assert ask(service).codes == {A: ""}
        assert b"REFRESH_OK" in ask(service, path="/aggregation/status", method="GET").body


def test_without_a_catalogue_the_answer_is_a_fault_and_not_that_there_is_nothing():
    with Network({A: well(A)}) as network, aggregation(network, None) as service:
        assert ask(service).faultstring == "There is no catalogue to tell whom to ask."
        assert network.seen == []


def test_the_page_reloads_the_copy_and_tells_of_it_in_the_platforms_lines(tak):
    with Network({A: well(A), D: well(D)}) as network, aggregation(network, None, tak_endpoint=tak.url) as service:
        assert ask(service).codes == {A: ""}
        tak.authorisations.append(an_authorisation(D, SENDER))
        assert ask(service).codes == {A: ""}
        page = ask(service, path="/aggregation/resetcache", method="GET")
        assert ask(service).codes == {A: "", D: ""}
    assert (page.status, page.headers["content-type"]) == (200, "text/html;")
    lines = page.body.decode().split("<br>")
    assert lines[3].startswith("Initialize TAK cache resources...")
    assert "Init TAK cache loaded number of permissions: 4\n" in lines
    assert lines[-1] == "Init done, was successful: true\n"


def test_a_reset_that_failed_is_200_and_says_so(tak):
    with Network({A: well(A)}) as network, aggregation(network, None, tak_endpoint=tak.url) as service:
        broken(tak, "status")
        page = ask(service, path="/aggregation/resetcache")
        assert ask(service).codes == {A: ""}
    assert page.status == 200
    assert page.body.decode().endswith("<br>Init done, was successful: false\n")


def test_the_status_page_tells_of_the_copy_and_the_endpoints(tak):
    with Network() as network, aggregation(network, None, tak_endpoint=tak.url) as service:
        page = ask(service, path="/aggregation/status", method="GET")
    told = json.loads(page.body)
    assert page.headers["content-type"] == "application/json"
    assert told["TakCacheInitialized"] == "true"
    assert told["TakCacheResetInfo"] == "Date:2026-12-01T12:00 Status:REFRESH_OK vagval:1 behorigheter:3"
    assert told["Endpoints"] == ["/GetAggregatedSubjectOfCareSchedule/service/v1"]


def test_with_a_function_in_its_place_there_is_nothing_to_reload():
    with Network() as network, aggregation(network) as service:
        assert b"no copy" in ask(service, path="/aggregation/resetcache").body
        assert ask(service, path="/aggregation/resetcache", method="PUT").status == 405
        assert json.loads(ask(service, path="/aggregation/status").body)["TakCacheInitialized"] == "true"


def test_a_consumer_on_its_own_behalf_is_one_consumer(tak):
    with Network({A: well(A), B: well(B)}) as network, aggregation(network, None, tak_endpoint=tak.url) as service:
        answer = ask(service, headers={"x-rivta-original-serviceconsumer-hsaid": SENDER})
    assert answer.codes == {A: ""}
    assert OWN not in answer.codes
