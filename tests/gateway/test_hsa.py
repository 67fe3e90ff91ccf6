"""gateway/hsa.py: which units stand above a unit, and the files that say so (platform.md §11, §17.4)."""

import threading
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.hsa import NO_TREE, HsaCache, HsaTree, HsaUnreadable, load, place_of, tree_of
from tests.gateway.builders import NOW

REGION = "o=Region,l=VpW,c=SE"


def a_file(path: Path, *units: tuple[str, str], namespace: str = "urn:riv:hsa:HsaWsResponder:3") -> Path:
    """A file of units in the national directory's form, at `path`; each has an id and a DN."""
    rows = "".join(
        f"<hsaUnit><hsaIdentity>{hsa_id}</hsaIdentity><DN>{name}</DN><name>En enhet</name></hsaUnit>"
        for hsa_id, name in units
    )
    path.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<FileGetHsaUnitsResponse xmlns="{namespace}"><startDate>2026-01-01'
        f"T00:00:00</startDate><endDate>2026-01-02T00:00:00</endDate><hsaUnits>{rows}</hsaUnits>"
        "</FileGetHsaUnitsResponse>",
        encoding="utf-8",
    )
    return path


def a_tree(tmp_path: Path, *units: tuple[str, str]) -> HsaTree:
    return load([a_file(tmp_path / "hsa.xml", *units)])[0]


# The tree


def test_the_parent_is_the_unit_that_has_the_rest_of_the_name(tmp_path: Path) -> None:
    """platform.md §11."""
    tree = a_tree(tmp_path, ("U", f"ou=Unit,ou=Area,{REGION}"), ("A", f"ou=Area,{REGION}"), ("R", REGION))
    assert tree.above("U") == ("A", "R", "SE")
    assert tree.above("A") == ("R", "SE")
    assert tree.above("R") == ("SE",)


def test_names_that_no_unit_has_are_passed_over(tmp_path: Path) -> None:
    """platform.md §11: the nearest existing ancestor."""
    assert a_tree(tmp_path, ("U", f"ou=Unit,ou=Area,ou=District,{REGION}"), ("R", REGION)).above("U") == ("R", "SE")


def test_a_unit_with_nobody_above_and_one_that_is_not_known_are_right_below_the_root(tmp_path: Path) -> None:
    """platform.md §11: id without parent, or unknown id."""
    tree = a_tree(tmp_path, ("U", f"ou=Unit,{REGION}"))
    assert tree.above("U") == tree.above("nobody") == NO_TREE.above("U") == ("SE",)
    assert tree.above("SE") == ()


def test_ids_are_known_by_their_exact_letters(tmp_path: Path) -> None:
    """platform.md §11: look-up of ids is case-sensitive."""
    tree = a_tree(tmp_path, ("Unit-a", f"ou=Unit,{REGION}"), ("R", REGION))
    assert tree.above("Unit-a") == ("R", "SE")
    assert tree.above("Unit-A") == ("SE",)


def test_the_root_may_be_in_a_file_as_well(tmp_path: Path) -> None:
    """platform.md §11: the complementary file with one unit, SE at c=SE."""
    assert a_tree(tmp_path, ("SE", "c=SE"), ("R", REGION)).above("R") == ("SE",)
    assert a_tree(tmp_path, ("Sverige", "c=SE"), ("R", REGION)).above("R") == ("Sverige", "SE")


def test_a_comma_within_a_name_does_not_part_it(tmp_path: Path) -> None:
    r"""platform.md §11; in a DN such a comma is written \, and a backslash \\."""
    assert place_of(r"ou=Mottagning\, Norra, ou=C:\\,c=SE") == (r"ou=Mottagning\, Norra", r"ou=C:\\", "c=SE")
    tree = a_tree(
        tmp_path, ("U", rf"ou=Lab,ou=Vård\, Norra,{REGION}"), ("N", f"ou= Norra,{REGION}"), ("R", REGION),
        ("V", rf"ou=Vård\, Norra,{REGION}"),
    )  # fmt: skip
    assert tree.above("U") == ("V", "R", "SE")


def test_units_that_are_above_each_other_end_at_the_root() -> None:
    """No file can say so, but one id in two places comes close."""
    assert HsaTree({"A": "B", "B": "A"}).above("A") == ("B", "A", "SE")
    assert HsaTree({"A": "A"}).above("A") == ("A", "SE")
    assert tree_of({("ou=x", "c=SE"): "A", ("ou=y", "ou=x", "c=SE"): "A"}).above("A") == ("A", "SE")


@given(st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from([*"ABCDE", "SE"])), st.sampled_from("ABCDEF"))
def test_from_every_unit_there_is_a_way_up_to_the_root(parents: dict[str, str], unit: str) -> None:
    above = HsaTree(parents).above(unit)
    assert above[-1] == "SE"
    assert len(set(above)) == len(above) <= 6


# Files


def test_of_two_units_in_one_place_the_later_files_counts(tmp_path: Path) -> None:
    """platform.md §11: later files override earlier ones for the same DN."""
    first = a_file(tmp_path / "1.xml", ("U", f"ou=Unit,{REGION}"), ("R", REGION))
    second = a_file(tmp_path / "2.xml", ("S", REGION), ("V", f"ou=Other,{REGION}"))
    tree, count = load([first, second])
    assert (tree.above("U"), tree.above("V"), tree.above("R"), count) == (("S", "SE"), ("S", "SE"), ("SE",), 3)
    assert load([second, first])[0].above("V") == ("R", "SE")


def test_a_unit_that_has_moved_is_where_the_later_file_has_it(tmp_path: Path) -> None:
    first = a_file(
        tmp_path / "1.xml", ("A", "ou=a,c=SE"), ("B", "ou=b,c=SE"), ("V", "ou=u,ou=b,c=SE"), ("U", "ou=u,ou=a,c=SE")
    )
    second = a_file(tmp_path / "2.xml", ("U", "ou=u,ou=b,c=SE"))
    assert load([first])[0].above("U") == ("A", "SE")
    assert load([first, second])[0].above("U") == ("B", "SE")


@pytest.mark.parametrize(
    ("units", "reason"),
    [
        ([("A", REGION), ("B", REGION)], "line 2: two units have this DN"),
        ([("", REGION)], "line 2: hsaIdentity is missing"),
        ([("A", " ")], "line 2: DN is missing"),
    ],
)
def test_units_that_do_not_fit_are_told_by_file_and_line(
    tmp_path: Path, units: list[tuple[str, str]], reason: str
) -> None:
    """platform.md §11: all three fields are needed; a duplicate DN within one file makes loading fail."""
    with pytest.raises(HsaUnreadable, match=rf"^hsa\.xml: {reason}\.$"):
        a_tree(tmp_path, *units)


@pytest.mark.parametrize("field", ["hsaIdentity", "DN", "name"])
def test_a_unit_without_one_of_its_fields_makes_loading_fail(tmp_path: Path, field: str) -> None:
    """platform.md §11."""
    path = a_file(tmp_path / "hsa.xml", ("A", REGION))
    path.write_text(path.read_text().replace(f"<{field}>", "<other>").replace(f"</{field}>", "</other>"))
    with pytest.raises(HsaUnreadable, match=rf"line 2: {field} is missing"):
        load([path])


def test_a_file_of_something_else_is_told(tmp_path: Path) -> None:
    with pytest.raises(HsaUnreadable, match="the root element is not FileGetHsaUnitsResponse in urn:riv:hsa"):
        load([a_file(tmp_path / "hsa.xml", namespace="urn:other")])
    with pytest.raises(HsaUnreadable, match=r"^nosuch\.xml cannot be read: No such file or directory\.$"):
        load([tmp_path / "nosuch.xml"])


@pytest.mark.parametrize(
    "text", ["", "<a", "<!DOCTYPE x><FileGetHsaUnitsResponse xmlns='urn:riv:hsa:HsaWsResponder:3'/>"]
)
def test_what_is_no_xml_or_brings_a_document_type_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "hsa.xml").write_text(text)
    with pytest.raises(HsaUnreadable, match=r"^hsa\.xml: "):
        load([tmp_path / "hsa.xml"])


def test_the_units_of_the_demo_region_stand_below_their_groups() -> None:
    """domain.md §10.1: every clinic is there, and those of a clinic group have it above them."""
    tree, count = load([Path(str(files("tidbro") / "demo_hsa.xml"))])
    assert count == 16
    region = ("SE2321009991-DL01", "SE")
    assert tree.above("SE2321009991-2B01") == region
    assert tree.above("SE2321009991-2B02") == tree.above("SE2321009991-2B03") == ("SE2321009991-PT01", *region)
    assert tree.above("SE2321009991-2B04") == tree.above("SE2321009991-2B05") == ("SE2321009991-2B99", *region)
    assert tree.above("SE2321009991-1A03") == ("SE2321009991-DS01", *region)


# The cache


class TestCache:
    def test_before_the_first_load_it_says_so(self, tmp_path: Path) -> None:
        """platform.md §17.2: not initialized until a load succeeds."""
        cache = HsaCache([tmp_path / "hsa.xml"], lambda: NOW)
        assert (cache.is_initialized, cache.last_refresh, cache.tree()) == (False, None, NO_TREE)

    def test_a_load_tells_how_many_units_there_were_and_are(self, tmp_path: Path) -> None:
        """platform.md §17.1: oldNum and newNum."""
        path = a_file(tmp_path / "hsa.xml", ("A", "ou=A,c=SE"), ("B", "ou=B,ou=A,c=SE"))
        cache = HsaCache([path], lambda: NOW)
        first = cache.reload()
        assert (first.at, first.old_count, first.new_count, first.is_successful) == (NOW, 0, 2, True)
        a_file(path, ("B", "ou=B,c=SE"))
        second = cache.reload()
        assert (second.old_count, second.new_count) == (2, 1)
        assert cache.tree().above("B") == ("SE",)

    def test_a_failed_reload_keeps_the_old_tree_and_is_told_until_one_succeeds(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """platform.md §11; §17.2: down again after a failed reload."""
        path = a_file(tmp_path / "hsa.xml", ("A", "ou=A,c=SE"), ("B", "ou=B,ou=A,c=SE"))
        cache = HsaCache([path], lambda: NOW)
        cache.reload()
        path.write_text("<a")
        failed = cache.reload()
        assert caplog.messages == [f"units_not_loaded: {failed.reason}"]
        assert (failed.is_successful, failed.old_count, failed.new_count, cache.is_initialized) == (False, 2, 2, False)
        assert failed.reason.startswith("hsa.xml: ")
        assert cache.tree().above("B") == ("A", "SE")
        a_file(path, ("B", "ou=B,c=SE"))
        assert cache.reload().is_successful
        assert cache.is_initialized

    def test_one_bad_file_of_several_changes_nothing(self, tmp_path: Path) -> None:
        cache = HsaCache([a_file(tmp_path / "hsa.xml", ("A", "ou=A,c=SE")), tmp_path / "nosuch.xml"], lambda: NOW)
        assert not cache.reload().is_successful
        assert cache.tree() is NO_TREE

    def test_without_files_it_is_an_empty_tree_that_has_been_loaded(self) -> None:
        cache = HsaCache([], lambda: NOW)
        assert cache.reload().new_count == 0
        assert cache.is_initialized
        assert cache.tree().above("A") == ("SE",)

    def test_of_reloads_at_once_each_starts_from_what_the_one_before_left(self, tmp_path: Path) -> None:
        cache = HsaCache([a_file(tmp_path / "hsa.xml", ("A", "ou=A,c=SE"))], lambda: NOW)
        barrier, found = threading.Barrier(8), []

        def reload() -> None:
            barrier.wait()
            found.append(cache.reload())

        threads = [threading.Thread(target=reload) for _ in range(8)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(one.old_count for one in found) == [0, 1, 1, 1, 1, 1, 1, 1]
