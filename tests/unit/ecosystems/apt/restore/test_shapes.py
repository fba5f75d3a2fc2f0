"""Which links are taken away for directories, and which are made in the place of directories."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.aptbeds import room

from cortexrepo.ecosystems.apt.deb import DIRECTORY, LINK
from cortexrepo.ecosystems.apt.restore import shapes as apt_shapes
from cortexrepo.ecosystems.apt.restore.archive import Archive
from cortexrepo.model.package import Package

if TYPE_CHECKING:
    from pathlib import Path

ROW = Package("cx-shape", "all", "1.0")
THERE = {("cx-shape", "amd64"): ROW}


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    """Root alone can change what is in the test's directory."""
    monkeypatch.setattr(apt_shapes, "is_roots", lambda _path: True)
    return Archive(str(tmp_path / "staging"))


@pytest.mark.parametrize("inside", [True, False])
def test_a_link_gives_way_to_a_directory_that_has_files(
    tmp_path: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch, *, inside: bool
) -> None:
    place, target = tmp_path / "data", tmp_path / "target"
    target.mkdir()
    place.symlink_to("target")
    brought = [(str(place), DIRECTORY, ""), *([(f"{place}/file", "", "")] if inside else [])]
    monkeypatch.setattr(apt_shapes, "files", lambda _row: [str(place)])
    monkeypatch.setattr(apt_shapes, "_entries", lambda _path: iter(brought))
    found = apt_shapes.in_the_way([ROW], THERE, archive, "amd64")
    assert found == ({str(place): "target"} if inside else {})


@pytest.mark.parametrize("was_filled", [True, False])
def test_a_link_is_made_where_the_version_before_had_files(
    tmp_path: Path, archive: Archive, monkeypatch: pytest.MonkeyPatch, *, was_filled: bool
) -> None:
    place = tmp_path / "data"
    place.mkdir()
    monkeypatch.setattr(apt_shapes, "files", lambda _row: [str(place)])
    monkeypatch.setattr(apt_shapes, "_entries", lambda _path: iter([(str(place), LINK, "../target")]))
    apt_shapes.make_links({ROW: {str(place)} if was_filled else set()}, archive, room(str(tmp_path / "staging")))
    assert place.is_symlink() == was_filled


@pytest.mark.usefixtures("archive")
def test_a_link_that_was_taken_away_is_made_again_only_where_nothing_is(tmp_path: Path) -> None:
    gone, taken = tmp_path / "gone", tmp_path / "taken"
    taken.mkdir()
    given = room(str(tmp_path / "staging"))
    apt_shapes.note({str(gone): "target", str(taken): "target"}, given)
    apt_shapes.note({}, given)
    apt_shapes.put_back(given)
    assert str(gone.readlink()) == "target"
    assert not taken.is_symlink()
