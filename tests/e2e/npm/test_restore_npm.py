"""npm's global packages there and back again: real npm, a registry on this machine, temporary prefixes."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.machines.npmworld import GONE, PACKAGES, A, B, NpmWorld, changed, new_world, part_of, restore, tree
from support.packages.contents import bared_manifest
from support.packages.tarballs import Registry, tarball

from cortexrepo.disk.exchange import moves_file
from cortexrepo.disk.realtree import RealTree
from cortexrepo.ecosystems.npm.places import place
from cortexrepo.ecosystems.npm.restore import restorer as npm
from cortexrepo.ecosystems.npm.restore import staging as npm_staging
from cortexrepo.ecosystems.npm.restore.replacement import roots
from cortexrepo.ecosystems.npm.tarballs.packing import pack
from cortexrepo.ecosystems.npm.tarballs.supply import spec_of
from cortexrepo.errors import FetchError, RefusedError, RestoreError
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.model.artifact import INSTALLED, Artifact
from cortexrepo.model.package import LINK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cortexrepo.model.package import Manifest, Package

NPM = shutil.which("npm")
if NPM is None or shutil.which("node") is None:
    pytest.skip("node and npm are not installed", allow_module_level=True)
NODE = NPM.rpartition("/")[0]


@pytest.fixture(scope="module")
def offering() -> Iterator[Registry]:
    with Registry(*PACKAGES) as registry:
        yield registry


@pytest.fixture
def registry(offering: Registry) -> Iterator[Registry]:
    """Offers everything; what a test withdraws or adds is as before after it."""
    offered = {name: dict(versions) for name, versions in offering.offered.items()}
    offering.asked.clear()
    yield offering
    offering.offered = offered


@pytest.fixture
def world(tmp_path: Path, registry: Registry) -> NpmWorld:
    """An empty prefix."""
    return new_world(tmp_path, registry, NODE)


class Past(NamedTuple):
    """A prefix that has been at A and is at B, and what A was."""

    world: NpmWorld
    target: Manifest
    files: dict[str, tuple[object, ...]]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, offering: Registry) -> Past:
    return go_to_b(new_world(tmp_path_factory.mktemp("first"), offering, NODE))


@pytest.fixture
def past(tmp_path: Path, first: Past, registry: Registry) -> Past:
    return copied(first, tmp_path / "copy")


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Past:
    """The same, whose registry answers no longer."""
    with Registry(*PACKAGES) as registry:
        return go_to_b(new_world(tmp_path_factory.mktemp("silent"), registry, NODE))


def copied(past: Past, to: Path) -> Past:
    shutil.copytree(past.world.prefix.parent, to, symlinks=True)
    return past._replace(world=NpmWorld(to.resolve() / "home", to.resolve() / "prefix", NODE))


def go_to_b(world: NpmWorld) -> Past:
    """Installs A and then B."""
    (world.home / "source").mkdir()
    (world.home / "source/package.json").write_text('{"name": "linked", "version": "3.0.0", "bin": "run.js"}')
    world.install(*A)
    (world.prefix / "lib/node_modules/linked").symlink_to("../../../home/source")
    (world.prefix / "bin/linked").symlink_to("../lib/node_modules/linked/run.js")
    target, files = world.manifest(), tree(world.prefix)
    (world.prefix / "lib/node_modules/linked").unlink()
    (world.prefix / "bin/linked").unlink()
    world.run("uninstall", "-g", "--prefix", str(world.prefix), *GONE)
    world.install(*B)
    assert world.manifest() != target
    return Past(world, target, files)


def test_the_way_back_is_exact(past: Past) -> None:
    world, target, files = past
    proposal = restore(world, target, world.room())
    assert world.manifest() == target
    assert changed(files, tree(world.prefix)) == []
    assert {step.kind for step in proposal.steps} == {"downgrade", "install", "remove"}


def test_versions_that_are_gone_are_all_named_and_nothing_is_touched(past: Past, registry: Registry) -> None:
    world, target, _ = past
    shutil.rmtree(world.home / ".npm")
    for name, version in (("one", "1.0.0"), ("tree", "1.0.0"), ("leaf", "1.0.0"), ("@cx/only-old", "1.0.0")):
        registry.withdraw(name, version)
    before = tree(world.prefix)
    proposal = npm.propose(world.work(target), world.room())
    assert {(each.kind, each.package) for each in proposal.obstacles} == {
        ("missing", "one 1.0.0"),
        ("missing", "tree 1.0.0"),
        ("missing", "other 1.0.0"),
        ("missing", "@cx/only-old 1.0.0"),
    }
    assert changed(before, tree(world.prefix)) == []


def test_what_is_bundled_is_not_asked_for(past: Past, registry: Registry) -> None:
    world, target, _ = past
    proposal = restore(world, target, world.room())
    (inner,) = [step for step in proposal.steps if step.package.name == "inner"]
    assert inner.source is None
    assert not [path for path in registry.asked if path.startswith("/inner")]


def test_without_any_registry_the_cache_is_enough(tmp_path: Path, silent: Past) -> None:
    world, target, files = copied(silent, tmp_path / "copy")
    proposal = restore(world, target, world.room())
    assert {step.source.place for step in proposal.steps if step.source} == {"cache"}
    assert world.manifest() == target
    assert changed(files, tree(world.prefix)) == []


def test_a_registry_that_cannot_be_reached_is_one_obstacle_for_each_package(tmp_path: Path, silent: Past) -> None:
    world, target, _ = copied(silent, tmp_path / "copy")
    shutil.rmtree(world.home / ".npm")
    proposal = npm.propose(world.work(target), world.room())
    assert {each.kind for each in proposal.obstacles} == {"missing"}
    assert all("ECONNREFUSED" in each.reason for each in proposal.obstacles)
    assert len(proposal.obstacles) >= 6


class KeptInstalled:
    """Keeps packages that were packed again from where they were installed."""

    def __init__(self, world: NpmWorld, directory: Path) -> None:
        directory.mkdir()
        self._kept: dict[tuple[str, str], Artifact] = {}
        self._directory = directory
        for row in world.manifest().packages:
            if not row.flags & LINK and (row.name, row.version) not in self._kept:
                path = directory / str(len(self._kept))
                with (path).open("xb") as target:
                    pack(LiveSystem({}), f"{world.prefix}/lib/node_modules/{place(row)}", target)
                self._kept[row.name, row.version] = Artifact(
                    "npm", row.name, "", row.version, spec_of(row).file, path.name, path.stat().st_size, INSTALLED
                )

    def find(self, ecosystem: str, package: Package) -> tuple[Artifact, ...]:
        assert ecosystem == "npm"
        found = self._kept.get((package.name, package.version))
        return (found,) if found else ()

    def copy(self, artifact: Artifact, path: str) -> None:
        shutil.copyfile(self._directory / artifact.content, path)


def test_what_was_packed_again_is_enough(world: NpmWorld, registry: Registry) -> None:
    world.install(*A)
    target, files, shelf = world.manifest(), tree(world.prefix), KeptInstalled(world, world.home / "kept")
    world.run("uninstall", "-g", "--prefix", str(world.prefix), "@cx/only-old", "tree", "bundle")
    world.install("one@1.1.0", "built@2.0.0")
    shutil.rmtree(world.home / ".npm")
    registry.offered.clear()
    proposal = restore(world, target, world.room(shelf=shelf))
    assert {step.source.place for step in proposal.steps if step.source} == {"artifact"}
    assert world.manifest() == target
    # What npm names .npmignore when it unpacks was named so already; nothing else can differ.
    assert changed(files, tree(world.prefix)) == []


def test_a_script_that_fails_leaves_everything_as_it_was(past: Past, registry: Registry) -> None:
    world, target, _ = past
    registry.offer(tarball("built", "1.0.0", scripts={"install": "exit 7"}))
    shutil.rmtree(world.home / ".npm")
    # With digests the tarball would be refused before.
    before, room, work = tree(world.prefix), world.room(), world.work(bared_manifest(target))
    part = part_of(work, npm.propose(work, room))
    npm.fetch(part, room)
    with pytest.raises(RestoreError, match="no package was changed in"):
        npm.apply(part, room)
    assert changed(before, tree(world.prefix)) == []


def test_what_has_changed_since_the_plan_is_refused(past: Past) -> None:
    world, target, _ = past
    room, work = world.room(), world.work(target)
    part = part_of(work, npm.propose(work, room))
    npm.fetch(part, room)
    world.install("one@1.0.0")
    before = tree(world.prefix)
    with pytest.raises(
        RefusedError, match=r"one has changed since the plan was made: one 1\.0\.0 instead of one 1\.1\.0"
    ):
        npm.apply(part, room)
    assert changed(before, tree(world.prefix)) == []


def test_a_command_of_somebody_else_is_not_replaced(past: Past) -> None:
    world, target, _ = past
    (world.prefix / "bin/wood").write_text("somebody else's")
    room, work = world.room(), world.work(target)
    part = part_of(work, npm.propose(work, room))
    npm.fetch(part, room)
    before = tree(world.prefix)
    with pytest.raises(RefusedError, match="wood is in the way"):
        npm.apply(part, room)
    assert changed(before, tree(world.prefix)) == []


def test_a_file_that_is_another_one_than_planned_is_not_used(past: Past, registry: Registry) -> None:
    world, target, _ = past
    work = world.work(target)
    part = part_of(work, npm.propose(work, world.room()))
    registry.offer(tarball("one", "1.0.0", bin="cli.js", man="./one.1", files={"one.1": "page", "evil.js": ""}))
    shutil.rmtree(world.home / ".npm")
    with pytest.raises(FetchError, match=r"one@1\.0\.0: the file has changed since the plan was made"):
        npm.fetch(part, world.room("another"))


def test_from_what_was_fetched_alone_it_can_be_done_and_taken_back_byte_for_byte(
    past: Past, registry: Registry
) -> None:
    world, target, _ = past
    before, room, work = tree(world.prefix), world.room(), world.work(target)
    part = part_of(work, npm.propose(work, room))
    npm.fetch(part, room)
    registry.offered.clear()
    shutil.rmtree(world.home / ".npm")
    npm.apply(part, room)
    npm.apply(part, room)
    assert world.manifest() == target
    npm.revert(part, room)
    npm.revert(part, room)
    assert changed(before, tree(world.prefix)) == []


def test_what_nobody_touched_inside_a_changed_package_is_kept_and_not_fetched(
    world: NpmWorld, registry: Registry
) -> None:
    world.install("tree@1.0.0")
    target = world.manifest()
    world.install("tree@1.0.0", "one@1.0.0")
    own = world.prefix / "lib/node_modules/tree"
    (own / "node_modules/leaf/mine.txt").write_text("mine")
    shutil.rmtree(own / "node_modules/mid")
    registry.withdraw("tree", "1.0.0")
    registry.withdraw("leaf", "2.0.0")
    shutil.rmtree(world.home / ".npm")
    restore(world, target, world.room())
    assert world.manifest() == target
    assert (own / "node_modules/leaf/mine.txt").read_text() == "mine"
    assert not (world.prefix / "bin/one").is_symlink()


def test_half_a_package_that_npm_left_is_replaced(world: NpmWorld) -> None:
    world.install("tree@1.0.0", "one@1.0.0")
    target, files = world.manifest(), tree(world.prefix)
    shutil.rmtree(world.prefix / "lib/node_modules/one")
    (world.prefix / "lib/node_modules/one/node_modules").mkdir(parents=True)
    (world.prefix / "lib/node_modules/tree/node_modules/mid/package.json").write_text("{")
    restore(world, target, world.room())
    assert world.manifest() == target
    assert changed(files, tree(world.prefix)) == []


def test_a_link_to_what_is_gone_or_another_is_an_obstacle(past: Past) -> None:
    world, target, _ = past
    (world.home / "source/package.json").write_text('{"name": "linked", "version": "3.0.1"}')
    (changed_link,) = npm.propose(world.work(target), world.room()).obstacles
    assert (changed_link.kind, changed_link.package) == ("changed-content", "linked 3.0.0")
    shutil.rmtree(world.home / "source")
    (gone,) = npm.propose(world.work(target), world.room()).obstacles
    assert (gone.kind, gone.package) == ("missing", "linked 3.0.0")


def test_an_npm_of_the_prefix_is_run_and_replaced_last(world: NpmWorld, registry: Registry) -> None:
    """The prefix's own npm is a package like any other; here it is a small one that hands on to the system's."""
    script = f'#!/bin/sh\necho ran >> {world.home}/ran\nexec {NPM} "$@"\n'
    for version in ("10.0.0", "11.0.0"):
        registry.offer(tarball("npm", version, bin={"npm": "npm.sh"}, files={"npm.sh": script}))
    # Debian's npm has a builtin configuration and hands it on to whatever it installs as npm; here it always is there.
    builtin = world.prefix / "lib/node_modules/npm/npmrc"
    world.install("npm@10.0.0", "zz@npm:leaf@1.0.0")
    builtin.write_text("prefix=/usr/local\n")
    target, files = world.manifest(), tree(world.prefix)
    world.install("npm@11.0.0", "zz@npm:leaf@2.0.0")
    builtin.write_text("prefix=/usr/local\n")
    room, work = world.room(), world.work(target)
    proposal = npm.propose(work, room)
    assert ("package-manager", "npm") in {(risk.kind, risk.package) for risk in proposal.risks}
    part = part_of(work, proposal)
    npm.fetch(part, room)
    npm.apply(part, room)
    prefix = str(world.prefix)
    moves = moves_file.read(room.staging, npm_staging.noted(prefix, room.staging), roots(prefix), RealTree())
    assert moves is not None
    coming = [move.target for move in moves.moves if not moves.is_away(move)]
    assert [os.path.relpath(path, world.prefix) for path in coming] == [
        "lib/node_modules/zz",
        "lib/node_modules/npm",
        "bin/npm",
    ]
    npm.finish(part, room)
    assert changed(files, tree(world.prefix)) == []
    assert (world.home / "ran").read_text().count("ran") >= 4


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    directory = tmp_path / "disk"
    directory.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", directory], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr!r}")
    yield directory.resolve()
    subprocess.run(["umount", directory], check=True)


def fill(ballast: Path, left: int) -> None:
    """Makes a file so large that so many bytes are left on its disk."""
    with ballast.open("r+b", buffering=0) as file, contextlib.suppress(OSError):
        file.truncate(0)
        while file.write(b"x" * 4096):
            pass
    os.truncate(ballast, max(0, ballast.stat().st_size - left))


def test_a_full_disk_leaves_everything_as_it_was(world: NpmWorld, small_disk: Path) -> None:
    world = world._replace(prefix=small_disk / "prefix")
    (world.prefix / "lib/node_modules").mkdir(parents=True)
    world.install("tree@1.0.0", "built@1.0.0")
    target, files = world.manifest(), tree(world.prefix)
    world.install("tree@2.0.0", "built@2.0.0")
    before, room, work = tree(world.prefix), world.room(), world.work(target)
    part = part_of(work, npm.propose(work, room))
    npm.fetch(part, room)
    ballast = small_disk / "ballast"
    ballast.touch()
    failed = 0
    for left in range(0, 200, 8):
        fill(ballast, left * 1024)
        try:
            npm.apply(part, room)
        except RestoreError:
            failed += 1
            npm.recover(part, room)
            assert changed(before, tree(world.prefix)) == []
            assert os.listdir(world.prefix / "lib") == ["node_modules"]
            continue
        break
    assert failed > 2
    npm.finish(part, room)
    assert changed(files, tree(world.prefix)) == []
