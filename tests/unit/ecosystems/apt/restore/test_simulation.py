"""What apt's simulation says, and what of it is not what it was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.ecosystems.apt.names import Orders, file_name, orders, words
from cortexrepo.ecosystems.apt.restore.simulation import GONE, PURGED, Simulated, differences, expected, parse
from cortexrepo.model.package import RESIDUAL, Package
from cortexrepo.model.plan import DOWNGRADE, INSTALL, MARK, REMOVE, Step

PUT = [
    ("Inst cx-app [1.0] (2.0 Tests:all [all]) []", ("cx-app", "amd64"), "2.0 all"),
    ("Inst cx-ma:i386 [1.0] (2.0 Debian:12.5/stable [i386])", ("cx-ma", "i386"), "2.0 i386"),
    ("Inst libc6 [2.36-9+deb12u10] (2.36-9+deb12u9 Debian:12/oldstable [amd64]) [libc6-dev:amd64 on libc6:amd64]",
     ("libc6", "amd64"), "2.36-9+deb12u9 amd64"),
    ("Inst new (1:1.0~rc1+b1 A:1/x, Debian-Security:12/y, volatile-packages-file [amd64]) [a:amd64 b:i386 ]",
     ("new", "amd64"), "1:1.0~rc1+b1 amd64"),
    ("Inst alone (2.0 volatile-packages-file [all])", ("alone", "amd64"), "2.0 all"),
    ("Inst bare (2.0 [all])", ("bare", "amd64"), "2.0 all"),
]  # fmt: skip
TAKEN = [
    ("Remv cx-solo [1.0]", ("cx-solo", "amd64"), GONE),
    ("Remv cx-ma:i386 [1.0] [other:amd64 ]", ("cx-ma", "i386"), GONE),
    ("Purg cx-conf [1.0]", ("cx-conf", "amd64"), PURGED),
]


@pytest.mark.parametrize(("line", "place", "change"), [*PUT, *TAKEN], ids=[line[0][:16] for line in (*PUT, *TAKEN)])
def test_a_line_is_a_change(line: str, place: tuple[str, str], change: str) -> None:
    assert parse(f"Reading package lists...\n{line}\nConf other (1.0 x [amd64])\n", "amd64") == ({place: change}, ())


@pytest.mark.parametrize("line", ["Inst", "Inst x", "Inst x (", "Inst x [1] 2 [all]", "Remv ", "Purg [1]", "Inst x ()"])
def test_a_change_that_is_not_understood_is_a_difference(line: str) -> None:
    found = parse(line + " \n", "amd64")
    assert found.changes == {}
    assert differences({}, found)


def test_what_is_taken_out_to_be_put_in_again_is_put_in() -> None:
    lines = ("Remv x [1.0]", "Inst x [1.0] (2.0 T:a [all])")
    for order in (lines, lines[::-1]):
        assert parse("\n".join(order), "amd64").changes == {("x", "amd64"): "2.0 all"}


def test_every_difference_is_a_line() -> None:
    wanted = {("a", "amd64"): "1 all", ("b", "amd64"): GONE, ("c", "i386"): "1 i386", ("same", "amd64"): GONE}
    found = {("a", "amd64"): "2 all", ("b", "amd64"): PURGED, ("d", "amd64"): GONE, ("same", "amd64"): GONE}
    assert differences(wanted, Simulated(found, ())) == [
        "a:amd64: apt says 2 all, the plan says 1 all",
        "b:amd64: apt says purged, the plan says removed",
        "c:i386: apt says no change, the plan says 1 i386",
        "d:amd64: apt says removed, the plan says no change",
    ]


def test_of_very_many_differences_the_rest_is_a_number() -> None:
    found = {(f"p{number:03}", "amd64"): GONE for number in range(100)}
    lines = differences({}, Simulated(found, ()))
    assert len(lines) == 21
    assert lines[-1] == "and 80 more"


def test_steps_become_words_that_name_each_change() -> None:
    old, new = Package("x", "amd64", "1:2.0"), Package("x", "all", "1.0")
    steps = (
        Step(DOWNGRADE, old, new),
        Step(INSTALL, None, Package("y", "i386", "3")),
        Step(REMOVE, Package("z", "all", "1"), None),
        # A package that moves between the architecture and all, told as two steps.
        Step(INSTALL, None, Package("m", "all", "1")),
        Step(REMOVE, Package("m", "amd64", "2"), None),
        Step(MARK, Package("q", "all", "1"), Package("q", "all", "1", 1)),
        Step(REMOVE, Package("left", "all", "1", RESIDUAL), None),
        Step(REMOVE, Package("w", "all", "1"), Package("w", "all", "1", RESIDUAL)),
        Step(INSTALL, None, Package("never", "all", "1", RESIDUAL)),
    )
    asked = orders(steps, "amd64")
    assert words(asked, "amd64") == ["x:amd64=1.0", "y:i386=3", "m:amd64=1", "z:amd64-", "w:amd64-"]
    assert expected(asked, "amd64") == {
        ("x", "amd64"): "1.0 all",
        ("y", "i386"): "3 i386",
        ("m", "amd64"): "1 all",
        ("z", "amd64"): GONE,
        ("w", "amd64"): GONE,
    }


def test_an_epoch_is_written_as_apt_writes_it_in_a_files_name() -> None:
    assert file_name(Package("x", "all", "1:2.0~rc1+b1")) == "x_1%3a2.0~rc1+b1_all.deb"


NAME = st.from_regex(r"[a-z0-9][a-z0-9+.-]{1,12}", fullmatch=True)
VERSION = st.from_regex(r"([0-9]:)?[0-9][0-9A-Za-z.+~-]{0,8}[0-9a-z]", fullmatch=True)
ROW = st.builds(Package, NAME, st.sampled_from(["amd64", "all", "i386"]), VERSION)


@given(st.lists(ROW, unique_by=lambda row: row[:1]), st.lists(ROW, unique_by=lambda row: row[:1]))
def test_what_a_simulation_writes_is_read_as_it_was(put: list[Package], take: list[Package]) -> None:
    names = {row.name for row in put}
    asked = Orders(tuple(put), tuple(row for row in take if row.name not in names))
    lines = [f"Inst {_named(row)} [0] ({row.version} O:s/x, O2:s [{row.arch}]) [a:amd64 ]" for row in asked.put]
    lines += [f"Remv {_named(row)} [{row.version}]" for row in asked.take]
    found = parse("\n".join(lines), "amd64")
    assert found.changes == expected(asked, "amd64")
    assert differences(expected(asked, "amd64"), found) == []


def _named(row: Package) -> str:
    return row.name if row.arch in {"amd64", "all"} else f"{row.name}:{row.arch}"


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    parse(text, "amd64")
