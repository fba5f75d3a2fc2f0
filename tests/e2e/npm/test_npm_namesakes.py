"""A package of npm's whose namesake has the same version: real npm, registries on this machine, temporary prefixes."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from support.machines.npmworld import NpmWorld, changed, new_world, restore, tree
from support.packages.contents import SAME, bared_manifest, differing
from support.packages.tarballs import Registry, tarball

from cortexrepo.ecosystems.npm.restore import restorer as npm
from cortexrepo.model.artifact import Artifact
from cortexrepo.model.content import DIGEST
from cortexrepo.model.plan import ARTIFACT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cortexrepo.model.package import Manifest, Package

NPM = shutil.which("npm")
if NPM is None or shutil.which("node") is None:
    pytest.skip("node and npm are not installed", allow_module_level=True)
NODE = NPM.rpartition("/")[0]

OURS = tarball("mine", "1.0.0", description="ours", bin={"ours": "cli.js"})
THEIRS = tarball("mine", "1.0.0", description="a stranger's")
OUTER = tarball("outer", "1.0.0", dependencies={"mine": "1.0.0"})


class Kept:
    """A shelf of tarballs of one package, in their order."""

    def __init__(self, *tarballs: bytes) -> None:
        self._kept = {
            Artifact("npm", "mine", "", "1.0.0", "mine-1.0.0.tgz", f"{number:064}", len(one), "source"): one
            for number, one in enumerate(tarballs)
        }

    def find(self, ecosystem: str, package: Package) -> tuple[Artifact, ...]:
        return tuple(self._kept) if (ecosystem, package.name) == ("npm", "mine") else ()

    def copy(self, artifact: Artifact, path: str) -> None:
        with open(path, "xb") as file:
            file.write(self._kept[artifact])


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry(OUTER) as offering:
        yield offering


@pytest.fixture
def world(tmp_path: Path, registry: Registry) -> NpmWorld:
    return new_world(tmp_path, registry, NODE)


def ours(world: NpmWorld, how: str) -> None:
    """Installs our package in one of the ways in which npm takes one that is in no registry."""
    source = world.home / "ours"
    shutil.unpack_archive(_written(world.home / "ours.tar.gz", OURS), source)
    if how == "tarball":
        world.install(str(world.home / "ours.tar.gz"))
    elif how == "packed folder":
        world.install("--install-links", str(source / "package"))
    else:
        shutil.copytree(source / "package", world.prefix / "lib/node_modules/mine")


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def gone(world: NpmWorld) -> Manifest:
    """Returns what is installed, and takes the packages away with all that npm remembers of them."""
    target = world.manifest()
    for name in sorted({row.name for row in target.packages if not row.attribute("inside")}):
        world.run("uninstall", "-g", "--prefix", str(world.prefix), name)
    shutil.rmtree(world.home / ".npm", ignore_errors=True)
    return target


def refused(world: NpmWorld, target: Manifest) -> str:
    """Returns the one reason why a restore is refused, which changes nothing."""
    before = tree(world.prefix)
    (obstacle,) = npm.propose(world.work(target), world.room()).obstacles
    assert (obstacle.kind, obstacle.package) == ("missing", "mine 1.0.0")
    assert obstacle.hint
    assert changed(before, tree(world.prefix)) == []
    return obstacle.reason


@pytest.mark.parametrize("how", ["tarball", "packed folder", "copied folder"])
def test_a_strangers_package_is_not_put_in_the_place_of_ours(world: NpmWorld, registry: Registry, how: str) -> None:
    ours(world, how)
    target = gone(world)
    registry.offer(THEIRS)
    assert "another mine@1.0.0 than the one that was installed" in refused(world, target)


def test_a_version_that_was_published_again_is_not_what_was_installed(world: NpmWorld, registry: Registry) -> None:
    registry.offer(OURS)
    world.install("mine")
    target = gone(world)
    registry.offer(THEIRS)
    refused(world, target)
    registry.offer(OURS)
    restore(world, target, world.room("again"))
    assert world.manifest() == target


def test_a_dependency_is_not_replaced_by_its_namesake_either(world: NpmWorld, registry: Registry) -> None:
    registry.offer(OURS)
    world.install("outer")
    target = gone(world)
    registry.offer(THEIRS)
    refused(world, target)


def test_what_a_person_has_edited_is_not_called_restored(world: NpmWorld, registry: Registry) -> None:
    registry.offer(OURS)
    world.install("mine")
    before = world.manifest()
    path = world.prefix / "lib/node_modules/mine/package.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"main": "edited.js"}))
    edited = world.manifest()
    restore(world, before, world.room())
    assert world.manifest() == before
    shutil.rmtree(world.home / ".npm")
    refused(world, edited)


@pytest.mark.parametrize("kept", [(OURS,), (THEIRS, OURS)])
def test_a_kept_file_with_the_right_content_comes_before_a_registrys_with_another(
    world: NpmWorld, registry: Registry, kept: tuple[bytes, ...]
) -> None:
    ours(world, "tarball")
    target = gone(world)
    registry.offer(THEIRS)
    proposal = restore(world, target, world.room(shelf=Kept(*kept)))
    (step,) = proposal.steps
    assert step.source is not None
    assert step.source.place == ARTIFACT
    assert world.manifest() == target


def test_a_snapshot_without_digests_is_restored_as_before(world: NpmWorld, registry: Registry) -> None:
    registry.offer(OURS)
    world.install("outer", "mine")
    target = gone(world)
    assert all(row.attribute(DIGEST) for row in target.packages)
    restore(world, bared_manifest(target), world.room())
    assert differing(world.manifest(), target) == SAME
