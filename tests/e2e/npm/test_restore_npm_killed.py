"""A real process that restores npm's packages with real npm is killed, and another one goes on or goes back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.machines.npmworld import PACKAGES, NpmWorld, changed, new_world, part_of, tree
from support.packages.tarballs import Registry
from support.restores import npmkills

from cortexrepo.ecosystems.npm.restore import restorer as npm

if TYPE_CHECKING:
    from cortexrepo.model.plan import Part

NPM = shutil.which("npm")
if NPM is None or shutil.which("node") is None:
    pytest.skip("node and npm are not installed", allow_module_level=True)
NODE = NPM.rpartition("/")[0]
POINTS = 24


class Interrupted(NamedTuple):
    """A part that is ready to be applied, again and again from the same beginning."""

    world: NpmWorld
    part: Part
    beginning: Path
    before: dict[str, tuple[object, ...]]
    after: dict[str, tuple[object, ...]]

    def command(self, at: int) -> list[str]:
        """Returns what applies it, killed before its `at`th change."""
        part = json.dumps(self.part)
        world = self.world
        return [sys.executable, npmkills.__file__, str(world.home), str(world.prefix), world.node, part, str(at)]

    def begin(self) -> None:
        """Puts home and prefix back to where they were before."""
        shutil.rmtree(self.world.home.parent)
        shutil.copytree(self.beginning, self.world.home.parent, symlinks=True)

    def lasts(self) -> float:
        """Returns how long it takes."""
        started = time.monotonic()
        subprocess.run(self.command(-1), env=environment(), check=True, capture_output=True, timeout=120)
        return time.monotonic() - started


def environment() -> dict[str, str]:
    paths = [str(Path(npmkills.__file__).parents[2]), str(Path(npm.__file__).parents[4])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Interrupted:
    directory = tmp_path_factory.mktemp("killed").resolve()
    with Registry(*PACKAGES) as registry:
        world = new_world(directory / "world", registry, NODE)
        world.install("one@1.0.0", "@cx/only-old@1.0.0", "tree@1.0.0", "built@1.0.0")
        target, after = world.manifest(), tree(world.prefix)
        world.run("uninstall", "-g", "--prefix", str(world.prefix), "@cx/only-old")
        world.install("one@1.1.0", "tree@2.0.0", "only-new@1.0.0", "built@2.0.0")
        work = world.work(target)
        part = part_of(work, npm.propose(work, world.room()))
        npm.fetch(part, world.room())
    shutil.copytree(world.home.parent, directory / "beginning", symlinks=True)
    return Interrupted(world, part, directory / "beginning", tree(world.prefix), after)


def settle(interrupted: Interrupted, *, back: bool) -> None:
    """Does what a later process does, and checks that it is all there or as it was."""
    world, room = interrupted.world, interrupted.world.room()
    if back:
        npm.revert(interrupted.part, room)
    else:
        npm.recover(interrupted.part, room)
        npm.apply(interrupted.part, room)
        npm.finish(interrupted.part, room)
    expected = interrupted.before if back else interrupted.after
    assert changed(expected, tree(world.prefix)) == []
    assert not [name for name in os.listdir(world.prefix / "lib") if name.startswith(".")]


def test_killed_before_any_of_its_changes_it_goes_on_or_back(ready: Interrupted) -> None:
    done = subprocess.run(ready.command(-1), env=environment(), check=True, capture_output=True, timeout=120)
    changes = int(done.stdout)
    assert changes > POINTS
    for number in range(POINTS):
        ready.begin()
        # From the last ones on: those are the swaps.
        at = changes - 1 - number if number < POINTS * 2 // 3 else (number * changes) // POINTS - changes // 2
        ended = subprocess.run(ready.command(at), env=environment(), check=False, capture_output=True, timeout=120)
        assert ended.returncode == -9, (at, ended)
        settle(ready, back=number % 2 == 1)


def test_killed_at_any_time_it_goes_on_or_back(ready: Interrupted) -> None:
    ready.begin()
    lasts = ready.lasts()
    for number in range(6):
        ready.begin()
        with subprocess.Popen(ready.command(-1), env=environment(), stdout=subprocess.DEVNULL) as process:
            time.sleep(lasts * (number + 1) / 7)
            process.kill()
        settle(ready, back=number % 2 == 1)
