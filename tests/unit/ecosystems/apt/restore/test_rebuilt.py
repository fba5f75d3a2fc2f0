"""A file of the same version with other files: known before anything is downloaded where apt's cache has it."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

import pytest
from support.machines.fakemachines import FakeMachine
from support.packages.debs import deb

from cortexrepo.ecosystems.apt.availability import Offer
from cortexrepo.ecosystems.apt.content import digest
from cortexrepo.ecosystems.apt.restore.rebuilt import rebuilt, source
from cortexrepo.ecosystems.contract.restoring import Room
from cortexrepo.model.artifact import CACHE as FROM_CACHE
from cortexrepo.model.artifact import Artifact
from cortexrepo.model.content import with_digest
from cortexrepo.model.package import Package
from cortexrepo.model.plan import ARTIFACT, CACHE, CONFIGURED, DOWNGRADE, REINSTALL, Step

if TYPE_CHECKING:
    from pathlib import Path

OWN, OTHER = (deb("demo", "1.0", sums=f"{letter * 32}  usr/share/demo\n".encode()) for letter in "ab")
ROW = with_digest(Package("demo", "amd64", "1.0"), digest(b"a" * 32 + b"  usr/share/demo\n"))
NOW = with_digest(Package("demo", "amd64", "1.0"), digest(b"b" * 32 + b"  usr/share/demo\n"))
FILE = "demo_1.0_amd64.deb"


def offered(data: bytes) -> dict[str, Offer]:
    """Returns what a source says that has this file."""
    return {FILE: Offer("https://deb.example/demo", len(data), f"sha256:{hashlib.sha256(data).hexdigest()}")}


class Shelf:
    """What the repository keeps: at most one file."""

    def __init__(self, directory: Path, data: bytes | None) -> None:
        self._file = directory / "kept"
        if data is not None:
            self._file.write_bytes(data)

    def find(self, ecosystem: str, package: Package) -> tuple[Artifact, ...]:
        """See `Shelf.find`."""
        found = Artifact(ecosystem, package.name, package.arch, package.version, FILE, "0" * 64, 7, FROM_CACHE)
        return (found,) if self._file.exists() else ()

    def copy(self, artifact: Artifact, path: str) -> None:
        """See `Shelf.copy`."""
        assert artifact.file == FILE
        shutil.copy(self._file, path)


@pytest.mark.parametrize(
    ("cached", "kept", "offer", "place"),
    [
        (OWN, None, None, CACHE),
        (OWN, OTHER, OTHER, CACHE),
        (OTHER, OWN, OTHER, ARTIFACT),
        (None, OWN, OTHER, ARTIFACT),
        (OTHER, None, OTHER, ""),
        (OTHER, OTHER, OTHER, ""),
        # The source has neither file that is here: what is in it is seen when it has been downloaded.
        (OTHER, None, OWN, CONFIGURED),
        (None, None, OTHER, CONFIGURED),
        (None, None, None, ""),
    ],
)
def test_the_file_is_taken_from_where_it_is_known_to_be_the_packages_own(
    tmp_path: Path, cached: bytes | None, kept: bytes | None, offer: bytes | None, place: str
) -> None:
    (tmp_path / "archives").mkdir()
    (tmp_path / "staging").mkdir()
    if cached is not None:
        (tmp_path / "archives" / FILE).write_bytes(cached)
    room = Room(FakeMachine(), Shelf(tmp_path, kept), str(tmp_path / "staging"), lambda _: None)
    found = source(ROW, {} if offer is None else offered(offer), room, str(tmp_path / "archives"))
    assert ("" if found is None else found.place) == place


def test_only_what_comes_in_the_place_of_the_same_version_is_looked_into() -> None:
    steps = [Step(REINSTALL, NOW, ROW), Step(REINSTALL, ROW, ROW), Step(DOWNGRADE, NOW._replace(version="2"), ROW)]
    assert rebuilt(steps) == {ROW: NOW}
