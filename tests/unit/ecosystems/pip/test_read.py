"""The plug-in: one result for each environment, and the order of versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems.contract.reading import Collected
from cortexrepo.ecosystems.pip import read as pip
from cortexrepo.ecosystems.pip import versions
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.package import Manifest
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.machine.files import Entry


def venv(path: Path) -> Path:
    """Makes an empty virtual environment and returns its site directory."""
    site = path / "lib/python3.11/site-packages"
    site.mkdir(parents=True)
    (path / "pyvenv.cfg").write_text("version = 3.11.2\n")
    return site


def test_a_machine_without_python_is_absent(tmp_path: Path) -> None:
    assert pip.collect(RootedSystem(str(tmp_path)), []) == [Collected("", ABSENT)]


def test_an_empty_environment_is_known_to_be_empty(tmp_path: Path) -> None:
    owner = str(venv(tmp_path / "opt/v").stat().st_uid)
    facts = (("kind", "venv"), ("owner", owner), ("python", "3.11"))
    assert pip.collect(RootedSystem(str(tmp_path)), []) == [
        Collected("/opt/v", OK, Manifest("pip", ()), "", facts),
    ]


def test_an_environment_without_site_packages_failed(tmp_path: Path) -> None:
    venv(tmp_path / "opt/v").rmdir()
    (result,) = pip.collect(RootedSystem(str(tmp_path)), [])
    assert (result.status, result.manifest) == (FAILED, None)
    assert result.error == "/opt/v/lib: the site-packages directory is missing"


def test_results_are_sorted_and_each_environment_is_once(tmp_path: Path) -> None:
    for name in ("b", "a", "c/venv"):
        venv(tmp_path / "opt" / name)
    results = pip.collect(RootedSystem(str(tmp_path)), ["/opt/b", "/opt/a/bin/python"])
    assert [result.environment for result in results] == ["/opt/a", "/opt/b", "/opt/c/venv"]


def test_one_environment_is_not_part_of_another_through_a_pth_line(tmp_path: Path) -> None:
    site = venv(tmp_path / "opt/a")
    other = venv(tmp_path / "opt/b")
    (other / "x-1.dist-info").mkdir()
    (other / "x-1.dist-info/METADATA").write_text("Name: x\nVersion: 1\n\n")
    (site / "other.pth").write_text("/opt/b/lib/python3.11/site-packages\n")
    counts = [
        result.manifest and len(result.manifest.packages) for result in pip.collect(RootedSystem(str(tmp_path)), [])
    ]
    assert counts == [0, 1]


@pytest.mark.parametrize("home", ["home/ann/.local/share/pipx", "data/pipx"])
def test_what_pipx_keeps_for_all_applications_is_part_of_none(tmp_path: Path, home: str) -> None:
    for name in ("venvs/a", "shared"):
        venv(tmp_path / home / name)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("ann:x:1000:1000::/home/ann:/bin/sh\n")
    shared = f"/{home}/shared/lib/python3.11/site-packages"
    (tmp_path / shared[1:] / "pip-24.0.dist-info").mkdir()
    (tmp_path / shared[1:] / "pip-24.0.dist-info/METADATA").write_text("Name: pip\nVersion: 24.0\n\n")
    (tmp_path / home / "venvs/a/lib/python3.11/site-packages/pipx_shared.pth").write_text(f"{shared}\n")
    results = pip.collect(RootedSystem(str(tmp_path)), [f"/{home}/venvs/a"])
    found = {one.environment: one.manifest for one in results}
    assert found[f"/{home}/venvs/a"] == Manifest("pip", ())
    assert (f"/{home}/shared" in found) == home.startswith("home")


def test_zero_bytes_and_strange_digits_are_survived(tmp_path: Path) -> None:
    site = venv(tmp_path / "opt/v")
    (site / "x.egg-link").write_bytes(b"/a\0b\n")
    (site / "x.pth").write_bytes(b"/a\0b\n")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_bytes(b"a:x:1:1::/ho\0me:/bin/sh\n")
    (tmp_path / "usr/local/lib/python3.\u00b2/site-packages").mkdir(parents=True)
    results = pip.collect(RootedSystem(str(tmp_path)), ["/a\0b"])
    assert [result.status for result in results] == [OK, OK]


class Withholding(LiveSystem):
    """A machine that does not let some directories be listed."""

    def __init__(self, environment: dict[str, str], refused: str) -> None:
        """Takes the path that may not be listed."""
        super().__init__(environment)
        self.refused = refused

    def entries(self, path: str) -> list[Entry]:
        """Refuses the directory."""
        if path == self.refused:
            raise PermissionError(13, "Permission denied", path)
        return super().entries(path)


def test_a_site_directory_that_cannot_be_listed_failed(tmp_path: Path) -> None:
    site = venv(tmp_path / "v")
    results = pip.collect(Withholding({}, str(site)), [str(tmp_path / "v")])
    (result,) = [result for result in results if result.environment == str(tmp_path / "v")]
    assert (result.status, result.manifest, result.error) == (FAILED, None, f"{site}: Permission denied")


def test_a_home_that_cannot_be_searched_is_said_once_of_the_home(tmp_path: Path) -> None:
    home = str(tmp_path)
    (result,) = [result for result in pip.collect(Withholding({"HOME": home}, home), []) if result.environment == home]
    assert (result.status, result.manifest) == (PARTIAL, None)
    assert f"{home}: Permission denied" in result.error


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.9", "1.10"),
        ("1.0rc1", "1.0"),
        ("1.0.dev1", "1.0a1"),
        ("1.0", "1.0.post1"),
        ("1.0", "1.0+cpu"),
        ("9", "1!0"),
        ("", "0"),
        ("2013b-custom", "0.1"),
        ("not a", "not b"),
    ],
)
def test_versions_are_ordered_as_pep_440_says_and_others_come_first(older: str, newer: str) -> None:
    assert versions.compare(older, newer) < 0
    assert versions.compare(newer, older) > 0
    assert versions.compare(older, older) == 0


def test_two_spellings_of_one_version_are_equal() -> None:
    assert versions.compare("1.0", "1.0.0") == 0
