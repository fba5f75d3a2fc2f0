"""The digest of a Debian package: of the list of MD5 sums in its .deb, as dpkg keeps it."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.packages.debs import deb

from cortexrepo.ecosystems.apt import read as apt
from cortexrepo.ecosystems.apt.content import digest
from cortexrepo.ecosystems.apt.deb import described
from cortexrepo.ecosystems.apt.restore.archive import check
from cortexrepo.errors import CorruptError
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.content import DIGEST
from cortexrepo.model.package import Package
from cortexrepo.model.snapshot import OK

if TYPE_CHECKING:
    from pathlib import Path

SUMS = b"d41d8cd98f00b204e9800998ecf8427e  usr/share/a\n"


def root(path: Path, *stanzas: tuple[str, str, str], **lists: bytes) -> dict[tuple[str, str], str]:
    """Makes a machine of packages (name, architecture, dpkg's words); returns their digests."""
    info = path / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    same = {"lib": "Multi-Arch: same\n"}
    status = "".join(
        f"Package: {name}\nStatus: {words}\nArchitecture: {arch}\n{same.get(name, '')}Version: 1\n\n"
        for name, arch, words in stanzas
    )
    (path / "var/lib/dpkg/status").write_text(status)
    for name, content in lists.items():
        (info / f"{name.replace('_', ':')}.md5sums").write_bytes(content)
    return read(path)


def read(path: Path) -> dict[tuple[str, str], str]:
    system = RootedSystem(str(path))
    try:
        (found,) = apt.collect(system, ())
    finally:
        system.close()
    assert found.status == OK, found.error
    assert found.manifest is not None
    return {(row.name, row.arch): row.attribute(DIGEST) for row in found.manifest.packages}


def test_each_architecture_of_a_package_has_a_list_of_its_own(tmp_path: Path) -> None:
    ok = "install ok installed"
    found = root(
        tmp_path, ("a", "amd64", ok), ("lib", "amd64", ok), ("lib", "i386", ok), ("none", "all", ok),
        ("empty", "all", ok),
        a=SUMS, lib_amd64=SUMS + b"x", lib_i386=SUMS + b"y", empty=b"",
    )  # fmt: skip
    assert found == {
        ("a", "amd64"): digest(SUMS),
        ("lib", "amd64"): digest(SUMS + b"x"),
        ("lib", "i386"): digest(SUMS + b"y"),
        ("none", "all"): "",
        ("empty", "all"): "",
    }
    assert digest(SUMS).startswith("md5sums:")


def test_what_left_only_configuration_or_is_torn_has_no_digest(tmp_path: Path) -> None:
    found = root(
        tmp_path, ("a", "amd64", "deinstall ok config-files"), ("b", "amd64", "install reinstreq half-installed"),
        ("c", "amd64", "install ok half-configured"), a=SUMS, b=SUMS, c=SUMS,
    )  # fmt: skip
    assert found == {("a", "amd64"): "", ("b", "amd64"): "", ("c", "amd64"): digest(SUMS)}


@pytest.mark.parametrize("kind", ["fifo", "folder", "loop", "large"])
def test_a_list_that_cannot_be_read_is_no_digest_and_no_failure(tmp_path: Path, kind: str) -> None:
    root(tmp_path, ("a", "amd64", "install ok installed"))
    path = tmp_path / "var/lib/dpkg/info/a.md5sums"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path.name)
    else:
        with path.open("wb") as file:
            file.truncate((16 << 20) + 1)
    assert read(tmp_path) == {("a", "amd64"): ""}


def test_a_rebuilt_deb_of_the_same_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.deb").write_bytes(deb("a", "1", sums=SUMS))
    content = described(str(tmp_path / "a.deb")).content
    assert content == digest(SUMS)
    check(Package("a", "amd64", "1", 0, ((DIGEST, content),)), str(tmp_path / "a.deb"))
    check(Package("a", "amd64", "1"), str(tmp_path / "a.deb"))
    (tmp_path / "a.deb").write_bytes(deb("a", "1", sums=SUMS.replace(b"d41d", b"d41e")))
    with pytest.raises(CorruptError, match="has other files than the a 1 amd64 that was installed"):
        check(Package("a", "amd64", "1", 0, ((DIGEST, content),)), str(tmp_path / "a.deb"))


def test_a_deb_without_a_list_is_not_known_to_be_another(tmp_path: Path) -> None:
    (tmp_path / "a.deb").write_bytes(deb("a", "1"))
    check(Package("a", "amd64", "1", 0, ((DIGEST, digest(SUMS)),)), str(tmp_path / "a.deb"))


def test_the_digest_of_a_real_deb_is_that_of_what_dpkg_installs(tmp_path: Path) -> None:
    if not os.path.exists("/usr/bin/dpkg-deb"):
        pytest.skip("needs dpkg-deb")
    (tmp_path / "p/DEBIAN").mkdir(parents=True)
    (tmp_path / "p/DEBIAN/control").write_text(
        "Package: a\nVersion: 1\nArchitecture: all\nMaintainer: n <n@example.org>\nDescription: d\n"
    )
    (tmp_path / "p/DEBIAN/md5sums").write_bytes(SUMS)
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", "p", "a.deb"], cwd=tmp_path, check=True)
    assert described(str(tmp_path / "a.deb")).content == digest(SUMS)
