"""Packages of one name and version that are not the same: inputs of our own, after reports in public trackers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.machines.fakemachines import FakeMachine, fake_room
from support.machines.installed import distribution, put

from cortexrepo.ecosystems.npm import read as npm
from cortexrepo.ecosystems.npm.restore.objections import against_names
from cortexrepo.ecosystems.npm.tarballs.supply import Supply, spec_of
from cortexrepo.ecosystems.pip import read as pip
from cortexrepo.ecosystems.pip.distributions import UNKNOWN_URL
from cortexrepo.ecosystems.registry import compare
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.diff import diff
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import EDITABLE, LINK, Manifest, Package
from cortexrepo.model.plan import REINSTALL, Selection
from cortexrepo.model.snapshot import OK
from cortexrepo.restore.plan.selection import choose

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.restoring import Work

SITE = "opt/v/lib/python3.12/site-packages"


def installed(root: Path, direct_url: object = None, files: str = "1\n") -> Package:
    """Returns the one distribution of a virtual environment; `direct_url` is the text or the value of that file."""
    put(root / "opt/v/pyvenv.cfg", "home = /usr/bin\nversion = 3.12.1\n")
    info = distribution(root / SITE, "alpha", {"alpha.py": files})
    if direct_url is not None:
        put(info / "direct_url.json", direct_url if isinstance(direct_url, str) else json.dumps(direct_url))
    [found] = pip.collect(RootedSystem(str(root)), [])
    assert (found.status, found.manifest is not None) == (OK, True), found.error
    [row] = found.manifest.packages  # type: ignore[union-attr]
    return row


GIT = {"url": "https://git.example/alpha", "vcs_info": {"vcs": "git", "commit_id": "c0ffee"}}
URLS = [
    ("python-poetry/poetry#4290: no requested revision", GIT, "git+https://git.example/alpha@c0ffee"),
    (
        "pypa/pip#7333: two packages of one repository",
        {**GIT, "subdirectory": "setup/alpha"},
        "git+https://git.example/alpha@c0ffee#subdirectory=setup/alpha",
    ),
    ("sagemath/sage#30956: a directory of a build", {"url": "file:///tmp/build", "dir_info": {}}, "file:///tmp/build"),
    (
        "python-poetry/poetry#3876: a file of a cache",
        {"url": "file:///root/.cache/a.whl", "archive_info": {"hash": "sha256=ab"}},
        "file:///root/.cache/a.whl#sha256=ab",
    ),
    ("pypa/pip#8996: no commit", {"url": "https://x", "vcs_info": {"vcs": "git"}}, UNKNOWN_URL),
    ("after pypa/pip#8996: numbers", {**GIT, "vcs_info": {"vcs": 1, "commit_id": None}}, UNKNOWN_URL),
    ("after pypa/pip#8996: a text for yes", {"url": "file:///x", "dir_info": {"editable": "false"}}, UNKNOWN_URL),
    ("after pypa/pip#8996: a hash that is none", {"url": "https://x", "archive_info": {"hash": 5}}, UNKNOWN_URL),
    ("after pypa/pip#8996: an empty file", "", UNKNOWN_URL),
]


@pytest.mark.parametrize(("record", "url"), [row[1:] for row in URLS], ids=[row[0] for row in URLS])
def test_where_a_distribution_came_from_is_part_of_it(tmp_path: Path, record: object, url: str) -> None:
    """The source of each case is in its name."""
    row = installed(tmp_path, record)
    assert (row.attribute("url"), row.flags & EDITABLE) == (url, 0)


def test_a_distribution_from_elsewhere_is_another_one_of_the_same_version(tmp_path: Path) -> None:
    """anchore/syft#679, pypa/pip#609: from git and from an index, both say `1.0`."""
    from_index, from_git = installed(tmp_path / "a"), installed(tmp_path / "b", GIT)
    [change] = diff(side("pip", from_index), side("pip", from_git), compare).changes
    assert change.kind == "changed"


def test_a_wheel_that_was_built_again_is_another_content(tmp_path: Path) -> None:
    """piwheels/packages#572: another index has wheels of the same versions, which it built itself."""
    one, other = installed(tmp_path / "a"), installed(tmp_path / "b", files="2\n")
    [change] = diff(side("pip", one), side("pip", other), compare).changes
    assert change.kind == "changed"
    assert [step.kind for step in work("pip", other, one).steps] == [REINSTALL]


def side(ecosystem: str, row: Package) -> tuple[Reading, ...]:
    """Returns a machine with one package."""
    return (Reading(ecosystem, "/opt/v", OK, Manifest.of(ecosystem, [row])),)


def work(ecosystem: str, now: Package, then: Package) -> Work:
    """Returns what is to be done to go from one to the other."""
    before, after = (Inventory("0" * 32, (), side(ecosystem, row)) for row in (now, then))
    return next(one for one in choose(before, after, Selection(), compare).works if one.ecosystem == ecosystem)


def global_package(root: Path, folder: str, description: object, locked: object = None) -> Package:
    """Returns the one package of an npm prefix."""
    modules = root / "usr/local/lib/node_modules"
    put(modules / folder / "package.json", json.dumps(description))
    if locked is not None:
        put(modules / ".package-lock.json", json.dumps({"packages": {f"node_modules/{folder}": locked}}))
    [found] = npm.collect(RootedSystem(str(root)), [])
    assert (found.status, found.manifest is not None) == (OK, True), found.error
    [row] = found.manifest.packages  # type: ignore[union-attr]
    return row


def refusal(row: Package, root: Path) -> str:
    """Returns why a package is fetched from nowhere; no program is started for it."""
    supply = Supply(None, fake_room(str(root), FakeMachine()))
    supply.bring([row])
    return supply.missing[spec_of(row)]


def test_an_alias_is_the_package_that_it_stands_for(tmp_path: Path) -> None:
    """npm/cli#9706: `cowsay@npm:typescript@6.0.2` was taken for cowsay 6.0.2, which there is not."""
    row = global_package(tmp_path, "cowsay", {"name": "typescript", "version": "6.0.2"})
    assert (row.name, row.version, row.attribute("alias")) == ("cowsay", "6.0.2", "typescript")
    assert spec_of(row) == ("typescript", "6.0.2")


def test_an_alias_that_is_no_name_reaches_no_registry(tmp_path: Path) -> None:
    """After npm/cli#4592, where the name of an alias was asked for: here it leads out of the directory."""
    row = global_package(tmp_path, "alpha", {"name": "../../alpha", "version": "1.0.0"})
    found = list(against_names(work("npm", row._replace(version="2.0.0"), row)))
    assert [one.kind for one in found] == ["unsafe"]


ORIGINS = [
    ("npm/npm#17405: from git", {"resolved": "git+ssh://git@git.example/alpha.git#c0ffee"}),
    ("nvm-sh/nvm#626: a tarball of a host", {"resolved": "https://git.example/alpha/archive/v1.tgz"}),
    ("npm/npm#18503: from a directory", {"resolved": "file:../alpha"}),
    ("npm/cli#8223: from a file", {"resolved": "file:alpha-1.0.0.tgz"}),
]


@pytest.mark.parametrize("locked", [row[1] for row in ORIGINS], ids=[row[0] for row in ORIGINS])
def test_what_came_from_no_registry_is_fetched_from_none(tmp_path: Path, locked: dict[str, str]) -> None:
    """The source of each case is in its name."""
    row = global_package(tmp_path, "alpha", {"name": "alpha", "version": "1.0.0"}, locked)
    assert row.attribute("resolved") == locked["resolved"]
    assert "not from a registry" in refusal(row, tmp_path)


def test_a_registrys_tarball_of_another_version_is_not_taken_for_this_one(tmp_path: Path) -> None:
    """npm/cli#3635: `resolved` in a lock file names the tarball of another version; the digest tells them apart."""
    locked = {"version": "7.15.0", "resolved": "https://registry.example/alpha/-/alpha-7.14.9.tgz"}
    row = global_package(tmp_path / "a", "alpha", {"name": "alpha", "version": "7.15.0"}, locked)
    assert row.attribute("resolved") == ""
    other = global_package(tmp_path / "b", "alpha", {"name": "alpha", "version": "7.15.0", "main": "old.js"})
    assert [step.kind for step in work("npm", other, row).steps] == [REINSTALL]


def test_a_linked_package_is_a_link_and_has_no_version_of_a_registry(tmp_path: Path) -> None:
    """nvm-sh/nvm#626: packages of `npm link` were installed from the registry, where a stranger may have the name."""
    modules = tmp_path / "usr/local/lib/node_modules"
    put(tmp_path / "home/ada/alpha/package.json", '{"name": "alpha", "version": "1.0.0"}')
    modules.mkdir(parents=True)
    (modules / "alpha").symlink_to("/home/ada/alpha")
    [found] = npm.collect(RootedSystem(str(tmp_path)), [])
    assert found.manifest is not None
    [row] = found.manifest.packages
    assert (row.flags & LINK, row.attribute("target")) == (LINK, "/home/ada/alpha")
    assert row.attribute("digest") == ""
