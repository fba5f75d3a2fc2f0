from __future__ import annotations

import ctypes
import hashlib

from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.ecosystems.apt.installed import lists
from cortexrepo.ecosystems.apt.installed.diversions import Diversion, Diversions, parse
from cortexrepo.ecosystems.apt.installed.filters import Filters, is_configuration, rules

DIGEST = hashlib.md5(b"", usedforsecurity=False)
NAMES = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1).filter(
    lambda name: not name.startswith(("/", "./"))
)


@given(st.dictionaries(NAMES | st.text("\\\nn", min_size=1), st.binary(min_size=16, max_size=16)))
def test_sums_are_read_as_md5sum_writes_them(files: dict[str, bytes]) -> None:
    written = []
    for name, digest in files.items():
        escaped = name.replace("\\", "\\\\").replace("\n", "\\n")
        written.append(("\\" if escaped != name else "") + digest.hex() + "  " + escaped + "\n")
    found = lists.sums("".join(written).encode())
    assert found.damaged == 0
    assert set(found.digests) == {f"/{name}" for name in files}


@given(st.binary())
def test_no_bytes_are_too_strange(data: bytes) -> None:
    lists.sums(data)
    lists.paths(data)
    lists.conffiles(data)
    parse(data)
    rules(data.decode("latin-1"))


def test_configuration_files_have_flags() -> None:
    status = (
        b"Package: a\nStatus: install ok installed\nArchitecture: amd64\nConffiles:\n"
        b" /etc/a b d41d8cd98f00b204e9800998ecf8427e\n /etc/old d41d8cd98f00b204e9800998ecf8427e obsolete\n"
        b" /etc/new newconffile\nVersion: 1\n\n"
        b"Package: b\nArchitecture: all\nDescription: x\n Conffiles: not here\n\n"
    )
    assert lists.conffiles(status) == {
        ("a", "amd64"): {
            "/etc/a b": lists.Conffile(DIGEST.digest(), is_current=True),
            "/etc/old": lists.Conffile(DIGEST.digest(), is_current=False),
        }
    }


def test_a_diversion_moves_the_files_of_others() -> None:
    found, sound = parse(b"/bin/sh\n/bin/sh.distrib\ndash\n/etc/x\n/etc/y\n:\n")
    assert sound
    assert found == [Diversion("/bin/sh", "/bin/sh.distrib", "dash"), Diversion("/etc/x", "/etc/y", ":")]
    moved = Diversions(found)
    assert [moved.place("/bin/sh", name) for name in ("dash", "bash")] == ["/bin/sh", "/bin/sh.distrib"]
    assert moved.place("/etc/x", "dash") == "/etc/y"
    assert parse(b"/bin/sh\n/bin/sh.distrib\n")[1] is False
    assert parse(b"sh\n/bin/sh.distrib\ndash\n")[1] is False
    assert parse(b"") == ([], True)


def test_rules_are_options_in_any_form() -> None:
    text = "# path-exclude=/a\npath-exclude=/b/*\n  path-include /b/c\nforce-unsafe-io\npath-exclude = '/d'\n"
    assert rules(text) == [("/b/*", True), ("/b/c", False), ("/d", True)]
    assert is_configuration("docker-clean_1")
    assert not is_configuration("docker.dpkg-old")


PARTS = st.sampled_from(["/", "a", "b", "*", "?", "[ab]", "[!a]", "."])


@given(st.lists(st.tuples(st.lists(PARTS).map("".join), st.booleans())), st.text("ab/.", max_size=8))
def test_patterns_match_as_the_c_library_has_them(found: list[tuple[str, bool]], path: str) -> None:
    library = ctypes.CDLL(None)
    left_out = False
    for pattern, leaves in found:  # as dpkg does
        if library.fnmatch(pattern.encode(), path.encode(), 0) == 0:
            left_out = leaves
    assert Filters(found).leaves_out(path) is left_out


def test_checksums_with_lines_that_end_as_on_windows_say_the_same() -> None:
    plain = f"{'a' * 32}  usr/a\n{'b' * 32}  usr/b\n".encode()
    assert lists.sums(plain.replace(b"\n", b"\r\n")) == lists.sums(plain)
    # In a file that has them in one line alone, they are of the name.
    assert set(lists.sums(plain.replace(b"/a\n", b"/a\r\n")).digests) == {"/usr/a\r", "/usr/b"}
