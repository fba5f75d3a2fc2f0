"""The texts of dpkg's database: what each kind of stanza says, and what damage does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.ecosystems.apt.database import status
from cortexrepo.ecosystems.apt.database.marks import marks
from cortexrepo.ecosystems.apt.database.record import read
from cortexrepo.ecosystems.apt.database.stanza import Stanza, native
from cortexrepo.ecosystems.apt.database.status import parse
from cortexrepo.model.package import ESSENTIAL, PROTECTED

BASH = (
    b"Package: bash\nEssential: yes\nStatus: install ok installed\nPriority: required\nArchitecture: amd64\n"
    b"Multi-Arch: foreign\nVersion: 5.2.15-2+b8\nDescription: s\n Version: 9.9 is not a version\n Status: nor this\n\n"
)
ADDUSER = b"Package: adduser\nStatus: install ok installed\nArchitecture: all\nVersion: 3.134\n\n"
BASH_ROW = Stanza("bash", "amd64", "5.2.15-2+b8", "install ok installed", ESSENTIAL)
ADDUSER_ROW = Stanza("adduser", "all", "3.134", "install ok installed", 0)


def test_stanzas_as_dpkg_writes_them_are_read() -> None:
    assert parse(ADDUSER + BASH, "status") == ([ADDUSER_ROW, BASH_ROW], [])


WRITTEN = (
    b"Package: libc6\nEssential: yes\nProtected: yes\nStatus: hold ok half-installed\nPriority: optional\n"
    b"Section: libs\nInstalled-Size: 12986\nMaintainer: GNU Libc <glibc@example.org>\nArchitecture: amd64\n"
    b"Multi-Arch: same\nSource: glibc (2.36-9)\nVersion: 1:2.36-9+deb12u4\nReplaces: libc6-amd64 (<< 2.3-1)\n"
    b"Provides: libc6-virtual\nDepends: libgcc-s1 (>= 1:3.4-2), libcrypt1 (>= 1:4.4.10-10) | libxcrypt, perl:any\n"
    b"Recommends: libidn2-0 (>= 2.0.5~)\nBreaks: aide (<< 0.17.3-4+b3)\nEnhances: a | b (>> 1-1)\nConffiles:\n"
    b" /etc/ld.so.conf.d/x.conf d4e7a7b88a71b5ffd9e2644e71a0cfab\n /etc/old 0 obsolete remove-on-upgrade\n"
    b"Description: GNU C Library\n of many lines\n .\n and more\nHomepage: https://example.org\n\n"
)


@pytest.mark.parametrize("text", [WRITTEN, BASH, ADDUSER], ids=["all fields", "essential", "few fields"])
def test_a_stanza_as_dpkg_writes_it_is_read_at_once(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    slowly, problems = read(text.rstrip(b"\n"))
    # Field by field is much slower; Python before 3.11.5 did not match a possessive group that may go back in itself.
    monkeypatch.delattr(status, "read")
    assert (parse(text, "status"), problems) == (([slowly], []), "")


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


def test_a_stanza_cut_off_at_the_end_does_not_count() -> None:
    rows, problems = parse(
        ADDUSER + b"Package: z\nStatus: install ok installed\nArchitecture: all\nVersion: 1.2", "status"
    )
    assert rows == [ADDUSER_ROW]
    assert len(problems) == 1
    assert problems[0].startswith("status: line 9: the file is cut off in its last stanza: end of file during value")


def _with(field: str, value: str, *, base: bytes = ADDUSER) -> bytes:
    """Returns a stanza in which one field has another value, or in which there is one more field."""
    lines = [line for line in base.decode().rstrip("\n").split("\n") if not line.startswith(f"{field}:")]
    return "\n".join([*lines, f"{field}: {value}", "", ""]).encode()


_AWAITED = "package has status installed but triggers are awaited"
REFUSED = {
    b"garbage\n" + ADDUSER: "line 1: newline in field name 'garbage'",
    b"two words\n" + ADDUSER: "line 1: field name 'two' must be followed by colon",
    ADDUSER.replace(b"Arch", b"# a comment\nArch"): "line 3: field name '#' must be followed by colon",
    b" begins with a continuation\n" + ADDUSER: "line 1: empty field name",
    ADDUSER.replace(b"\nStatus", b"\n: x\nStatus"): "line 2: empty field name",
    ADDUSER.replace(b"\nStatus", b"\n-x: y\nStatus"): "line 2: field name '-x' cannot start with hyphen",
    ADDUSER.replace(b"\nStatus", b"\nX: y\nStatus"): "line 2: user-defined field name 'x' too short",
    ADDUSER.replace(b"3.134\n\n", b"3.134\nVersion: 9\n\n"): "line 5: duplicate value for 'version' field",
    ADDUSER.replace(b"\n", b"\r\n") + ADDUSER: "line 6: duplicate value for 'package' field",
    ADDUSER.replace(b"3.134", b"3\0"): "line 4: the stanza contains the byte NUL, which dpkg never writes",
    b"\0" * 4096 + ADDUSER: "line 1: the stanza contains the byte NUL, which dpkg never writes",
    b"Status: install ok installed\nVersion: 1\n\n": "line 1: missing 'Package' field",
    _with("Package", "a b"): "line 4: invalid package name in 'Package' field: 'a b'",
    _with("Status", "install ok"): "line 4: 'Status' field has invalid value 'install ok'",
    _with("Status", "install ok sleeping"): "line 4: 'Status' field has invalid value 'install ok sleeping'",
    b"Package: a\nStatus: install ok installed\nArchitecture: all\n\n": "line 1: missing 'Version' field",
    _with("Version", "1:"): "line 4: 'Version' field value '1:': nothing after colon in version number",
    _with("Version", "a:1"): "line 4: 'Version' field value 'a:1': epoch in version is not number",
    _with("Version", "1 2"): "line 4: 'Version' field value '1 2': version string has embedded spaces",
    _with("Multi-Arch", "same"): "line 1: package has 'Multi-Arch: same' field but is missing architecture",
    ADDUSER.replace(b"Version", b"Multi-Arch: same\nVersion"): "line 1: package has",
    _with("Multi-Arch", "often"): "line 5: quadstate (foreign/allowed/same/no) 'Multi-Arch' field: has invalid value",
    _with("Essential", "maybe"): "line 5: boolean (yes/no) 'Essential' field: has invalid value 'maybe'",
    _with("Priority", "optional!"): "line 5: word in 'Priority' field: has trailing junk",
    _with("Depends", "a,"): "line 5: 'Depends' field, missing package name, or garbage where package name expected",
    _with("Breaks", "a | b"): "line 5: alternatives ('|') not allowed in 'Breaks' field",
    _with("Conffiles", "\n /etc/a"): "line 5: value for 'Conffiles' field has malformed line '/etc/a'",
    _with("Filename", "pool/a.deb"): "line 5: archive details 'Filename' field not allowed in status file",
    _with("Config-Version", "1"): "line 1: 'Config-Version' field present for package with",
    _with("Triggers-Awaited", "a"): f"line 1: {_AWAITED}",
    ADDUSER[:-1] + b"X-Last:\n": "line 6: the file is cut off in its last stanza: end of file before value of field",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_a_stanza_that_dpkg_refuses_is_left_out_and_named_as_dpkg_names_it(text: bytes) -> None:
    rows, [problem] = parse(text, "status")
    assert problem.startswith(f"status: {REFUSED[text]}")
    assert rows in ([], [ADDUSER_ROW])
    assert parse(BASH + text, "status")[0] == [BASH_ROW, *rows]


SAME = b"Package: a\nStatus: %s\nArchitecture: %s\n%sVersion: %s\n\n"
OK, NOT = b"install ok installed", b"hold ok not-installed"
BOTH = b"Multi-Arch: same\n"


@pytest.mark.parametrize(
    ("stanzas", "reason"),
    [
        ([(OK, b"all", b"", b"1"), (OK, b"all", b"", b"2")], "duplicate stanza of one package and architecture"),
        ([(OK, b"amd64", BOTH, b"1"), (OK, b"amd64", BOTH, b"1")], "duplicate stanza of one package and architecture"),
        ([(OK, b"amd64", b"", b"1"), (OK, b"i386", b"", b"1")], "multiple non-coinstallable package instances"),
        ([(OK, b"amd64", BOTH, b"1"), (OK, b"all", b"", b"1")], "mixed non-coinstallable and coinstallable"),
    ],
)
def test_stanzas_that_cannot_be_true_together_are_all_left_out(stanzas: list[tuple[bytes, ...]], reason: str) -> None:
    rows, [problem] = parse(b"".join(SAME % stanza for stanza in stanzas) + BASH, "status")
    assert rows == [BASH_ROW]
    assert problem.startswith(f"status: line {problem.split()[2].rstrip(':')}: {reason}")


def test_instances_and_selections_of_several_architectures_are_true_together() -> None:
    for one, other in (
        ((OK, b"amd64", BOTH, b"1"), (OK, b"i386", BOTH, b"1")),
        ((OK, b"amd64", b"", b"1"), (NOT, b"i386", b"", b"1")),
    ):
        rows, problems = parse(SAME % one + SAME % other, "status")
        assert ([row.arch for row in rows], problems) == (["amd64", "i386"], [])


def test_what_dpkg_takes_with_a_warning_or_rewrites_is_taken() -> None:
    for written, kept in ((b"01:1-1", "1:1-1"), (b"0:2", "2"), (b"1_0", "1_0"), (b"x1", "x1"), (b"1:1:1", "1:1:1")):
        assert [row.version for row in parse(SAME % (OK, b"all", b"", written), "status")[0]] == [kept]
    assert parse((SAME % (OK, b"all", b"", b"1")).replace(b": a\n", b": A\n"), "status")[0][0].name == "a"
    assert parse((SAME % (OK, b"odd_arch", b"", b"1")), "status")[1] == []


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
    assert not marks(noise + whole, "marks")[0].each


def test_the_native_architecture_is_that_of_dpkg_else_listed_else_the_most_common() -> None:
    def row(name: str, arch: str) -> Stanza:
        return Stanza(name, arch, "1", "install ok installed", 0)

    assert native([row("a", "i386"), row("dpkg", "amd64")], "arm64\n") == "amd64"
    assert native([row("a", "i386"), row("dpkg", "all")], "arm64\namd64\n") == "arm64"
    assert native([row("a", "i386"), row("b", "arm64"), row("c", "arm64"), row("d", "all")], "") == "arm64"
    assert native([row("d", "all")], "") == ""


def test_an_instance_that_is_named_without_saying_which_is_refused_as_dpkg_refuses_it() -> None:
    both = SAME % (OK, b"amd64", BOTH, b"1") + SAME % (OK, b"i386", BOTH, b"1")
    waits = b"Package: w\nStatus: install ok triggers-awaited\nArchitecture: all\nVersion: 1\nTriggers-Awaited: %s\n\n"
    assert parse(both + waits % b"a:amd64", "status")[1] == []
    [problem] = parse(both + waits % b"a", "status")[1]
    assert problem == "status: line 17: invalid package name in awaited trigger 'a': more than one installed instance"
