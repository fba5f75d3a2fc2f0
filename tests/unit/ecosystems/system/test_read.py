"""The system's manifest, and that no credential gets into it."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.system import read as machine
from cortexrepo.ecosystems.system.sources import decode, scrub
from cortexrepo.machine.files import LIMIT
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.snapshot import ABSENT, OK, PARTIAL

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.reading import Collected
    from cortexrepo.model.package import Package


class Watched(RootedSystem):
    """A root that notes what is read and refuses one path."""

    def __init__(self, root: Path, refused: str = "") -> None:
        super().__init__(str(root))
        self.refused = refused
        self.seen: list[str] = []

    def read(self, path: str, limit: int = LIMIT) -> bytes | None:
        self.seen.append(path)
        if path == self.refused:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return super().read(path, limit)


def collect(root: Path, refused: str = "") -> tuple[Collected, dict[str, Package], list[str]]:
    system = Watched(root, refused)
    try:
        [found] = machine.collect(system, ())
    finally:
        system.close()
    rows = found.manifest.packages if found.manifest else ()
    return found, {row.name: row for row in rows}, system.seen


def write(root: Path, files: dict[str, str | bytes]) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content.encode() if isinstance(content, str) else content)


def test_a_root_with_nothing_in_it_is_absent(tmp_path: Path) -> None:
    assert collect(tmp_path)[0].status == ABSENT


def test_the_release_is_unquoted_and_the_fallback_is_used(tmp_path: Path) -> None:
    text = 'PRETTY_NAME="A \\"B\\" 1"\nID=debian\nVERSION_ID=\'12\'\n# x\nHOME_URL="https://example.com"\n'
    write(tmp_path, {"usr/lib/os-release": text})
    found, rows, _ = collect(tmp_path)
    assert found.status == OK
    assert {name: row.version for name, row in rows.items()} == {
        "os/ID": "debian",
        "os/VERSION_ID": "12",
        "os/PRETTY_NAME": 'A "B" 1',
    }


def test_architectures_are_those_of_dpkg(tmp_path: Path) -> None:
    dpkg = "Package: dpkg\nStatus: install ok installed\nArchitecture: arm64\nVersion: 1\n\n"
    write(tmp_path, {"var/lib/dpkg/status": dpkg, "var/lib/dpkg/arch": "arm64\ni386\n"})
    rows = collect(tmp_path)[1]
    assert {name: row.version for name, row in rows.items()} == {
        "architecture/native": "arm64",
        "architecture/foreign/i386": "i386",
    }


def test_sources_keyrings_and_preferences_are_hashed_and_auth_is_never_read(tmp_path: Path) -> None:
    clean = "deb https://example.com/debian stable main\n"
    write(
        tmp_path,
        {
            "etc/apt/sources.list": "deb https://joe:secret@example.com/debian stable main\n",
            "etc/apt/sources.list.d/a.sources": b"Types: deb\nX: \xff\n",
            "etc/apt/sources.list.d/b.list.disabled": "x",
            "etc/apt/auth.conf": "machine example.com password hunter2",
            "etc/apt/auth.conf.d/x.conf": "hunter2",
            "etc/apt/preferences.d/pin": "Package: *\n",
            "etc/apt/trusted.gpg": b"\x99",
            "usr/share/keyrings/k.gpg": b"\x98",
        },
    )
    found, rows, seen = collect(tmp_path)
    assert found.status == OK
    assert set(rows) == {
        "source/etc/apt/sources.list",
        "source/etc/apt/sources.list.d/a.sources",
        "preferences/etc/apt/preferences.d/pin",
        "keyring/etc/apt/trusted.gpg",
        "keyring/usr/share/keyrings/k.gpg",
    }
    source = rows["source/etc/apt/sources.list"]
    assert source.attribute("text") == clean
    assert source.version == blake3(clean.encode()).hexdigest()
    assert rows["keyring/etc/apt/trusted.gpg"].version == blake3(b"\x99").hexdigest()
    assert not [path for path in seen if "auth" in path]


def test_a_long_list_is_cut_and_says_so(tmp_path: Path) -> None:
    write(tmp_path, {"etc/apt/sources.list": "#ä\n" * 40_000})
    row = collect(tmp_path)[1]["source/etc/apt/sources.list"]
    assert len(row.attribute("text").encode()) <= machine.TEXT_LIMIT
    assert row.attribute("size") == "160000"
    assert list(row.attributes) == sorted(row.attributes)


def test_what_cannot_be_read_is_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    write(tmp_path, {"etc/apt/trusted.gpg": "a", "etc/apt/sources.list": "b"})
    found, rows, _ = collect(tmp_path, "/etc/apt/trusted.gpg")
    assert (found.status, found.error) == (PARTIAL, "/etc/apt/trusted.gpg: Permission denied")
    assert set(rows) == {"source/etc/apt/sources.list"}


def test_names_that_are_no_utf_8_can_be_stored(tmp_path: Path) -> None:
    directory = tmp_path / "etc/apt/keyrings"
    directory.mkdir(parents=True)
    (directory / "k\udcff.gpg").write_bytes(b"k")
    (directory / "sub").mkdir()
    assert [name.encode() for name in collect(tmp_path)[1]] == ["keyring/etc/apt/keyrings/k\ufffd.gpg".encode()]


def test_the_running_kernel_is_recorded() -> None:
    [found] = machine.collect(LiveSystem({}), ())
    assert found.manifest is not None
    assert "kernel/running" in {row.name for row in found.manifest.packages}


def test_nothing_of_the_system_is_older_or_newer() -> None:
    assert registry.compare("system", "1", "2") == 0


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("deb https://u:p@h/d x", "deb https://h/d x"),
        ("deb https://token@h/d x", "deb https://h/d x"),
        ("# deb tor+http://u:p@h/d x", "# deb tor+http://h/d x"),
        ("deb [arch=amd64] ftp://u:p@ss@h:21/d x", "deb [arch=amd64] ftp://h:21/d x"),
        ("URIs: https://u:pa/ss@h/d\n https://v:q@i/", "URIs: https://h/d\n https://i/"),
        ("deb http://h:80/a@b x", "deb http://h:80/a@b x"),
        ("deb http://h/a@b x", "deb http://h/a@b x"),
        ("deb http://[::1]:80/a@b x", "deb http://[::1]:80/a@b x"),
        ("deb https://h/d?sig=abc%3D&se=1&raw x", "deb https://h/d?sig=&se= x"),
        ("Signed-By:\n -----BEGIN\n .\n mQI+/=a@b?c=d\n", "Signed-By:\n -----BEGIN\n .\n mQI+/=a@b?c=d\n"),
        ("# ask joe@example.com: why?", "# ask joe@example.com: why?"),
    ],
)
def test_credentials_are_removed_and_nothing_else(text: str, clean: str) -> None:
    assert scrub(text) == clean
    assert scrub(clean) == clean


# The alphabet of the noise has none of the secret's letters.
@given(st.text("SECRT/:@?&=", max_size=6), st.sampled_from(["", ":80", "/d", "/d@e"]))
def test_no_part_of_a_password_is_left(noise: str, rest: str) -> None:
    text = f"deb https://user:x{noise}TOPSECRET{noise}@host{rest} suite"
    assert "TOPSECRET" not in scrub(text)
    assert scrub(scrub(text)) == scrub(text)


@given(st.binary())
def test_any_bytes_are_text(raw: bytes) -> None:
    decode(raw).encode()


def test_sources_are_where_apt_is_configured_to_look_for_them(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "etc/apt/apt.conf.d/99x": 'Dir::Etc::SourceList "/srv/sources"; Dir::Etc::sourceparts "";',
            "etc/apt/sources.list": "deb http://usual/ a b\n",
            "etc/apt/sources.list.d/x.list": "deb http://more/ a b\n",
            "srv/sources": "deb http://elsewhere/ a b\n",
        },
    )
    assert list(collect(tmp_path)[1]) == ["source/srv/sources"]
