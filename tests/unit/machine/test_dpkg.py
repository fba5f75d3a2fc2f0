"""The texts of dpkg's database: what each kind of stanza says, and what damage does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.machine.dpkg import Stanza, marks, native, parse
from cortexrepo.model.package import BROKEN, ESSENTIAL, PROTECTED

BASH = (
    b"Package: bash\nEssential: yes\nStatus: install ok installed\nPriority: required\nArchitecture: amd64\n"
    b"Multi-Arch: foreign\nVersion: 5.2.15-2+b8\nDescription: s\n Version: 9.9 is not a version\n Status: nor this\n\n"
)
ADDUSER = b"Package: adduser\nStatus: install ok installed\nArchitecture: all\nVersion: 3.134\n\n"
BASH_ROW = Stanza("bash", "amd64", "5.2.15-2+b8", "install ok installed", ESSENTIAL)
ADDUSER_ROW = Stanza("adduser", "all", "3.134", "install ok installed", 0)


def test_stanzas_as_dpkg_writes_them_are_read() -> None:
    assert parse(ADDUSER + BASH, "status") == ([ADDUSER_ROW, BASH_ROW], [])


@pytest.mark.parametrize(
    "text",
    [
        b"package: bash\nSTATUS: Install OK Installed\nversion: 5.2.15-2+b8\narchitecture: amd64\nessential: YES\n\n",
        b"Version: 5.2.15-2+b8\nArchitecture: amd64\nPackage: bash\nStatus: install ok installed\nEssential: yes\n",
        b"Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2.15-2+b8\nEssential: yes\n\n",
        b"Package:bash\nStatus:install ok installed\nArchitecture:amd64\nVersion:5.2.15-2+b8 \nEssential:yes\n\n",
        (
            b"\n\nPackage:  bash\t\nEssential: yes\nStatus: install  ok  installed\nArchitecture: amd64\n"
            b"Version: 5.2.15-2+b8\n\n\n\n"
        ),
    ],
)
def test_another_order_case_or_spacing_of_fields_makes_no_difference(text: bytes) -> None:
    assert parse(text, "status") == ([BASH_ROW], [])
    assert parse(ADDUSER + text, "status") == ([ADDUSER_ROW, BASH_ROW], [])
    assert parse(text.rstrip(b"\n") + b"\n\n" + ADDUSER, "status") == ([BASH_ROW, ADDUSER_ROW], [])


def test_a_stanza_that_begins_unlike_dpkg_writes_it_is_not_taken_for_part_of_the_one_before() -> None:
    reordered = b"Status: install ok installed\nPackage: z\nVersion: 1\n\n"
    for text in (ADDUSER.replace(b"Package: adduser", b"package: z"), reordered):
        assert [row.name for row in parse(ADDUSER + text, "status")[0]] == ["adduser", "z"]


def test_protected_counts_and_important_does_not() -> None:
    both = b"Package: a\n%s: yes\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n"
    assert parse(both % b"Protected", "status")[0][0].flags == PROTECTED
    assert parse(both % b"Important", "status")[0][0].flags == 0
    assert parse(both % b"Essential: yes\nProtected", "status")[0][0].flags == ESSENTIAL | PROTECTED
    assert parse((both % b"Essential").replace(b"yes", b"no"), "status")[0][0].flags == 0


def test_a_line_cut_off_at_the_end_does_not_count() -> None:
    rows, problems = parse(
        ADDUSER + b"Package: z\nStatus: install ok installed\nArchitecture: all\nVersion: 1.2", "status"
    )
    assert rows == [ADDUSER_ROW, Stanza("z", "all", "", "install ok installed", BROKEN)]
    assert problems == [
        "status: the file is cut off in its last stanza",
        "status: the stanza of z has no field Version",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"Status: install ok installed\nVersion: 1\n\n", "stanza 1 has no valid field Package"),
        (b"Package: a b\nStatus: install ok installed\nVersion: 1\n\n", "stanza 1 has no valid field Package"),
        (b"Package: a\nStatus: install ok\nVersion: 1\n\n", "the stanza of a has no valid field Status"),
        (
            b"Package: a\nStatus: install ok sleeping\nArchitecture: all\nVersion: 1\n\n",
            "the stanza of a has no valid field Status",
        ),
    ],
)
def test_a_stanza_that_does_not_say_what_it_is_about_is_left_out_and_named(text: bytes, problem: str) -> None:
    assert parse(ADDUSER + text, "status")[0] == [ADDUSER_ROW]
    assert parse(text, "status") == ([], [f"status: {problem}"])


def test_undecodable_bytes_are_replaced_and_named() -> None:
    rows, problems = parse(b"Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\xff\n\n", "status")
    assert rows == [Stanza("a", "all", "1\ufffd", "install ok installed", 0)]
    assert problems == ["status: the stanza of a has unreadable characters"]


def test_no_version_is_needed_where_dpkg_needs_none() -> None:
    text = b"Package: a\nStatus: %s\nArchitecture: all\n\n"
    for state in (b"hold ok not-installed", b"install reinstreq half-installed"):
        assert parse(text % state, "status") == ([Stanza("a", "all", "", state.decode(), 0)], [])


@given(st.binary(max_size=80), st.integers(0, len(ADDUSER + BASH)))
def test_no_content_makes_it_raise(noise: bytes, place: int) -> None:
    whole = ADDUSER + BASH
    rows, problems = parse(whole[:place] + noise + whole[place:], "status")
    for row in rows:
        assert all(field.encode() is not None for field in row[:4])
    assert all("\n" not in problem for problem in problems)
    assert marks(noise + whole) == set()


def test_the_native_architecture_is_that_of_dpkg_else_listed_else_the_most_common() -> None:
    def row(name: str, arch: str) -> Stanza:
        return Stanza(name, arch, "1", "install ok installed", 0)

    assert native([row("a", "i386"), row("dpkg", "amd64")], "arm64\n") == "amd64"
    assert native([row("a", "i386"), row("dpkg", "all")], "arm64\namd64\n") == "arm64"
    assert native([row("a", "i386"), row("b", "arm64"), row("c", "arm64"), row("d", "all")], "") == "arm64"
    assert native([row("d", "all")], "") == ""


def test_only_marks_that_are_set_count() -> None:
    text = (
        b"Package: a\nArchitecture: amd64\nAuto-Installed: 1\n\n"
        b"Package: b\nArchitecture: amd64\nAuto-Installed: 0\n\n"
        b"Architecture: amd64\nAuto-Installed: 1\nPackage: c\nX: 1\n\n"
        b"Package: d\nArchitecture: i386\nAuto-Installed: 10\n\n"
        b"Package: e\nX: 2\nArchitecture: amd64\nAuto-Installed: 1"
    )
    assert marks(text) == {("a", "amd64"), ("c", "amd64"), ("e", "amd64")}
