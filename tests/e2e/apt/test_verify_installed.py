"""`verify --installed` beside `dpkg --verify`, on real packages."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from support.machines.beds import Bed

PACKAGES = ("bash", "coreutils", "dash", "dpkg", "grep", "login", "passwd", "sed", "tar", "util-linux")
DAMAGE = """
cd /usr/share/doc
rm -f dpkg/copyright
echo evil >> grep/copyright
rm -f sed/copyright && ln -s /etc/passwd sed/copyright
echo changed >> /etc/login.defs
mv /usr/share/man/man1 /usr/share/man/man1.moved && ln -s man1.moved /usr/share/man/man1
"""


def test_the_same_files_are_wrong_as_dpkg_says(archive: Bed) -> None:
    with archive.fresh() as bed:
        there = [name for name in PACKAGES if bed.run("dpkg-query", "-W", name, code=None).code == 0]
        if len(there) < len(PACKAGES) // 2:
            pytest.skip("needs a machine with Debian's base packages")
        assert _wrong(bed, there) == _of_dpkg(bed, there)
        bed.run("sh", "-c", DAMAGE)
        expected = _of_dpkg(bed, there)
        assert {("changed", "/usr/share/doc/grep/copyright"), ("missing", "/usr/share/doc/dpkg/copyright")} <= expected
        assert _wrong(bed, there) == expected


def _wrong(bed: Bed, packages: list[str]) -> set[tuple[str, str]]:
    words = [word for name in packages for word in ("--package", name)]
    ended = bed.run(sys.executable, "-m", "cortexrepo", "verify", "--installed", "--json", *words, code=None)
    document = json.loads(ended.out)["installed"]
    assert ended.code == bool(document["wrong"])
    assert document["compared"] > 100
    apt = next(place for place in document["places"] if place["ecosystem"] == "apt")
    return {(one["kind"].replace("configuration", "changed"), one["path"]) for one in apt["findings"]}


def _of_dpkg(bed: Bed, packages: list[str]) -> set[tuple[str, str]]:
    found = set()
    for line in bed.run("dpkg", "--verify", *packages, code=None).out.splitlines():
        what, path = line.split(maxsplit=1)
        found.add(("missing" if what == "missing" else "changed", path.rpartition(" ")[2]))
    return found
