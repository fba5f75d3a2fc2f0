"""npm's global packages there and back again: real npm, a registry on this machine, temporary prefixes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from support.npmworld import GONE, PACKAGES, A, B, NpmWorld, changed, new_world, restore, tree
from support.tarballs import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cortexrepo.model.package import Manifest

NPM = shutil.which("npm")
if NPM is None or shutil.which("node") is None:
    pytest.skip("node and npm are not installed", allow_module_level=True)
NODE = NPM.rpartition("/")[0]


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry(*PACKAGES) as registry:
        yield registry


@pytest.fixture
def world(tmp_path: Path, registry: Registry) -> NpmWorld:
    """A prefix that has been at A, and is at B."""
    return new_world(tmp_path, registry, NODE)


def go_to_b(world: NpmWorld) -> tuple[Manifest, dict[str, tuple[object, ...]]]:
    """Installs A and then B; returns what A was."""
    (world.home / "source").mkdir()
    (world.home / "source/package.json").write_text('{"name": "linked", "version": "3.0.0", "bin": "run.js"}')
    world.install(*A)
    (world.prefix / "lib/node_modules/linked").symlink_to(world.home / "source")
    (world.prefix / "bin/linked").symlink_to("../lib/node_modules/linked/run.js")
    target, files = world.manifest(), tree(world.prefix)
    (world.prefix / "lib/node_modules/linked").unlink()
    (world.prefix / "bin/linked").unlink()
    world.run("uninstall", "-g", "--prefix", str(world.prefix), *GONE)
    world.install(*B)
    assert world.manifest() != target
    return target, files


def test_the_way_back_is_exact(world: NpmWorld) -> None:
    target, files = go_to_b(world)
    proposal = restore(world, target, world.room())
    assert world.manifest() == target
    assert changed(files, tree(world.prefix)) == []
    assert {step.kind for step in proposal.steps} == {"downgrade", "install", "remove"}
