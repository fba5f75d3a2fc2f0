"""Files that are larger than any tool writes them: what is read of each is bounded, and the reason is recorded."""

from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems.npm import read as npm
from cortexrepo.ecosystems.npm.npmrc import read_prefix
from cortexrepo.ecosystems.pip import distributions
from cortexrepo.ecosystems.pip import read as pip
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.package import BROKEN
from cortexrepo.model.snapshot import OK, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cortexrepo.ecosystems.contract.reading import Collected

SITE = "usr/local/lib/python3.11/site-packages"
MODULES = "usr/local/lib/node_modules"
HOLE = (64 << 20) - 1


@pytest.fixture
def system(tmp_path: Path) -> Iterator[RootedSystem]:
    """A machine without anything."""
    (tmp_path / SITE).mkdir(parents=True)
    (tmp_path / MODULES).mkdir(parents=True)
    found = RootedSystem(str(tmp_path))
    yield found
    found.close()


def dist(root: Path, entry: str, metadata: str) -> Path:
    """Writes a dist-info directory."""
    directory = root / SITE / entry
    directory.mkdir()
    (directory / "METADATA").write_text(metadata)
    return directory


def read(system: RootedSystem) -> Collected:
    """Collects the one environment of pip."""
    (found,) = pip.collect(system, [])
    assert found.manifest is not None
    return found


def test_a_huge_metadata_costs_no_memory_and_its_row_is_broken_with_the_reason(
    tmp_path: Path, system: RootedSystem
) -> None:
    first = dist(tmp_path, "a-1.dist-info", "Version: 1\nName: x") / "METADATA"
    with first.open("r+b") as file:
        file.truncate(HOLE)
    for number in range(20):
        (tmp_path / SITE / f"b{number}-1.dist-info").mkdir()
        (tmp_path / SITE / f"b{number}-1.dist-info" / "METADATA").hardlink_to(first)
    tracemalloc.start()
    try:
        found = read(system)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert found.status == PARTIAL
    assert "at most 65536 bytes are read" in found.error
    assert found.manifest is not None
    assert {row.name for row in found.manifest.packages} == {"a", *(f"b{number}" for number in range(20))}
    assert all(row.flags & BROKEN for row in found.manifest.packages)


def test_a_metadata_is_read_to_its_first_empty_line(tmp_path: Path, system: RootedSystem) -> None:
    long = "".join(f"Classifier: {number}\n" for number in range(2000))
    dist(tmp_path, "x-1.dist-info", f"{long}Name: x\nVersion: 1\n\n" + "y" * 100_000)
    dist(tmp_path, "z-1.dist-info", "Metadata-Version: 2.1\n\n" + "Name: no\nVersion: 9\n" * 10_000)
    found = read(system)
    assert found.manifest is not None
    assert found.status == OK, found.error
    assert [(row.name, row.version, row.flags & BROKEN) for row in found.manifest.packages] == [
        ("x", "1", 0),
        ("z", "1", BROKEN),
    ]


@pytest.mark.parametrize("field", ["Name", "Version"])
def test_a_name_and_a_version_are_bounded_before_they_are_used(
    field: str, tmp_path: Path, system: RootedSystem
) -> None:
    values = {"Name": "x", "Version": "1"} | {field: "9" * 1025}
    dist(tmp_path, "x-1.dist-info", "".join(f"{key}: {value}\n" for key, value in values.items()) + "\n")
    found = read(system)
    assert found.manifest is not None
    assert found.status == PARTIAL
    assert "too long" in found.error
    assert [(row.name, row.version) for row in found.manifest.packages] == [("x", "1")]


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ("uv\n", "uv"),
        ("poetry 1.8.3", "poetry 1.8.3"),
        ("root:$6$salt$S3CRET:20000:0:99999:7:::\n", ""),
        ("two words more", ""),
        ("line\nline", ""),
        ("w" * 65, ""),
        ("\x1b[31m", ""),
    ],
)
def test_an_installer_is_a_word_or_it_is_dropped(content: str, kept: str, tmp_path: Path, system: RootedSystem) -> None:
    (dist(tmp_path, "x-1.dist-info", "Name: x\nVersion: 1\n\n") / "INSTALLER").write_text(content)
    found = read(system)
    assert found.manifest is not None
    assert found.manifest.packages[0].attribute("installer") == kept


@pytest.mark.parametrize("url", ["https://host/" + "a" * 8192, "https://host/" + "a" * 70_000])
def test_a_direct_url_is_bounded(url: str, tmp_path: Path, system: RootedSystem) -> None:
    (dist(tmp_path, "x-1.dist-info", "Name: x\nVersion: 1\n\n") / "direct_url.json").write_text(
        json.dumps({"url": url, "dir_info": {}})
    )
    found = read(system)
    assert found.manifest is not None
    assert found.manifest.packages[0].attribute("url") == "?"


def test_an_endless_list_of_paths_is_cut_with_the_reason(tmp_path: Path, system: RootedSystem) -> None:
    (tmp_path / SITE / "a.pth").write_text("".join(f"/nowhere/{number}\n" for number in range(1001)))
    found = read(system)
    assert found.status == PARTIAL
    assert "more than 1000 lines" in found.error


def test_a_path_file_without_end_is_not_read(tmp_path: Path, system: RootedSystem) -> None:
    (tmp_path / SITE / "a.pth").write_text("x\n" * 40_000)
    found = read(system)
    assert found.status == PARTIAL
    assert "at most 65536 bytes are read" in found.error


def test_an_environment_with_too_many_packages_is_cut_with_the_reason(
    tmp_path: Path, system: RootedSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributions, "MOST", 3)
    for number in range(5):
        dist(tmp_path, f"x{number}-1.dist-info", f"Name: x{number}\nVersion: 1\n\n")
    found = read(system)
    assert found.manifest is not None
    assert found.status == PARTIAL
    assert "more than 3 packages" in found.error
    assert len(found.manifest.packages) == 3


def test_a_version_of_python_is_a_version(tmp_path: Path) -> None:
    home = tmp_path / "opt/x"
    (home / "lib/python3.11/site-packages").mkdir(parents=True)
    (home / "pyvenv.cfg").write_text("version = 3." + "1" * 3000)
    system = RootedSystem(str(tmp_path))
    (found,) = pip.collect(system, [])
    system.close()
    assert dict(found.facts)["python"] == "3.11"


def test_a_huge_description_of_npm_is_a_broken_row(tmp_path: Path, system: RootedSystem) -> None:
    (tmp_path / MODULES / "x").mkdir()
    (tmp_path / MODULES / "x" / "package.json").write_text('{"name": "x", "version": "1"}' + " " * (1 << 20))
    (found,) = npm.collect(system, [])
    assert found.manifest is not None
    assert [(row.name, row.version, row.flags) for row in found.manifest.packages] == [("x", "", BROKEN)]


def test_the_node_version_of_a_header_is_short(tmp_path: Path, system: RootedSystem) -> None:
    header = tmp_path / "usr/local/include/node/node_version.h"
    header.parent.mkdir(parents=True)
    header.write_text("".join(f"#define NODE_{part}_VERSION {'1' * 900}\n" for part in ("MAJOR", "MINOR", "PATCH")))
    (found,) = npm.collect(system, [])
    assert "node" not in dict(found.facts)


def test_a_setting_of_npm_is_no_longer_than_a_path(tmp_path: Path, system: RootedSystem) -> None:
    (tmp_path / "npmrc").write_text("prefix=/" + "${a}" * 8000)
    assert read_prefix(system, "/npmrc", {"a": "b"}) == ""
