"""A restore of a real Python environment under SIGKILL: it goes on to its end, or back to its start."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.packages.wheels import index
from support.restores.pip_killed import calls_of, run_killed
from support.restores.pip_restores import Bench, listed, room, rows, shelved, with_bytecode

from cortexrepo.ecosystems.pip.restore import restorer as pip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cortexrepo.model.package import Manifest
    from cortexrepo.model.plan import Part

OLD = rows(cx_app="1.0", cx_lib="1.0", cx_turn="1.0", cx_gone="1.0")
NEW = rows(cx_app="2.0", cx_lib="1.1", cx_turn="2.0", cx_solo="1.0")
POINTS = 24


class Scene(NamedTuple):
    """An environment in which everything is fetched and nothing is done, and what it is before and after."""

    bench: Bench
    part: Part
    calls: int
    start: dict[str, tuple[object, ...]]
    end: dict[str, tuple[object, ...]]
    files: dict[str, bytes]


def saved(scene_or_base: Path, name: str) -> Path:
    return scene_or_base.parent / f"{scene_or_base.name}-{name}"


def save(base: Path) -> None:
    for name in ("v", "staging"):
        shutil.copytree(base / name, saved(base, name), symlinks=True)


def reset(base: Path) -> None:
    for name in ("v", "staging"):
        shutil.rmtree(base / name)
        shutil.copytree(saved(base, name), base / name, symlinks=True)


def go(bench: Bench, target: Manifest) -> None:
    part = bench.part(target)
    pip.fetch(part, bench.room)
    pip.apply(part, bench.room)
    pip.finish(part, bench.room)


@pytest.fixture(name="scene", scope="module")
def _scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    wheels = tmp_path_factory.mktemp("wheels")
    index(wheels)
    base = tmp_path_factory.mktemp("killed").resolve()
    bench = shelved(Bench(base / "v", room(base)), wheels)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bench.environment)], check=True)
    go(bench, OLD)
    start, files = listed([bench.environment]), with_bytecode(bench.environment)
    part = bench.part(NEW)
    pip.fetch(part, bench.room)
    save(base)
    calls = calls_of(pip.apply, part, bench.room)
    pip.finish(part, bench.room)
    end = listed([bench.environment])
    assert bench.reading()[0] == NEW
    return Scene(bench, part, calls, start, end, files)


@pytest.mark.parametrize("point", range(POINTS))
def test_killed_while_it_is_applied_it_goes_on_or_back(scene: Scene, point: int) -> None:
    bench, part, base = scene.bench, scene.part, scene.bench.environment.parent
    last = point * (scene.calls - 1) // (POINTS - 1)
    for act, expected in ((pip.recover, scene.end), (pip.revert, scene.start), (pip.apply, scene.end)):
        reset(base)
        assert run_killed(pip.apply, part, bench.room, last) == signal.SIGKILL
        begun = (base / "staging/moves.json").exists()
        act(part, bench.room)
        if act is not pip.revert:
            assert bench.reading()[0] == (NEW if begun or act is pip.apply else OLD)
        pip.finish(part, bench.room)
        assert listed([bench.environment]) == (expected if begun or act is pip.apply else scene.start)
        if act is pip.revert:
            assert with_bytecode(bench.environment) == scene.files
            assert bench.reading()[0] == OLD


@pytest.mark.parametrize("point", range(6))
def test_killed_while_it_goes_back_it_goes_back_all_the_same(scene: Scene, point: int) -> None:
    bench, part, base = scene.bench, scene.part, scene.bench.environment.parent
    reset(base)
    pip.apply(part, bench.room)
    assert run_killed(pip.revert, part, bench.room, point * scene.calls // 9) == signal.SIGKILL
    pip.revert(part, bench.room)
    assert with_bytecode(bench.environment) == scene.files
    assert listed([bench.environment]) == scene.start


def test_bytecode_that_others_made_of_the_new_modules_goes_with_them(scene: Scene) -> None:
    bench, part, base = scene.bench, scene.part, scene.bench.environment.parent
    reset(base)
    pip.apply(part, bench.room)
    program = "import cx_lib.deep, Cx_Solo, cx_turned"
    subprocess.run([bench.environment / "bin/python", "-O", "-c", program], env={}, cwd="/", check=True)
    assert list(bench.environment.rglob("*.opt-1.pyc"))
    pip.revert(part, bench.room)
    assert with_bytecode(bench.environment) == scene.files
    assert listed([bench.environment]) == scene.start


def test_nothing_beside_the_site_directory_is_seen_by_the_collector(scene: Scene) -> None:
    bench, base = scene.bench, scene.bench.environment.parent
    reset(base)
    assert list(bench.environment.glob("lib/python3*/.cortex-restore-*/new"))
    assert bench.reading()[0] == OLD


def test_the_points_are_spread_over_all_that_is_done(
    scene: Scene, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    assert scene.calls > POINTS
    tell_counts({"calls": scene.calls, "kills": 3 * POINTS + 6})
