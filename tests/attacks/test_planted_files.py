"""Somebody puts something else in the place of a file: it is refused or named, and what it points to is let alone."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.disk import plants
from support.machines.roots import make_root
from support.processes.command_line import CommandLine

from cortexrepo.cli import exit_codes
from cortexrepo.errors import CortexError
from cortexrepo.model.problem import STRAY
from cortexrepo.repository.layout import PACK
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import THOROUGH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

SECONDS = 20
UNUSED = "a" * 32
CODES = {value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)}

COMMANDS = (
    ("init",),
    ("list",),
    ("list", "--deleted"),
    ("show", "latest", "--packages"),
    ("diff", "latest~1", "latest"),
    ("status",),
    ("create", "new"),
    ("delete", "latest", "--yes"),
    ("undelete", "HIDDEN"),
    ("tag", "new", "latest"),
    ("tag", "--force", "golden", "latest~1"),
    ("tag", "--delete", "golden"),
    ("gc", "--dry-run", "--expire-deleted", "now"),
    ("gc", "--expire-deleted", "now"),
    ("verify",),
    ("verify", "--repair", "--from", "COPY"),
)


STEP = pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.nightly)])
"""Of how many commands one runs with each plant in the place of each file."""
READ = {"config": 0, "refs": 1, "objects": 2, "tags": 1, "deleted": 1, "packs": 1, "segments": 1}
"""Where, and how deep, files are read by name: a link there is never content, even where it leads to it."""
UNSEEN = {"lock", "lock.gc", "ballast", "pins", "tmp", "quarantine", "refs.new"}
"""A hard link there is a file like any other: only a collector asks what is in it, and refuses or removes it."""


class Golden(NamedTuple):
    """A repository with a file of every kind, the id of a deleted snapshot, and the path of one file of each kind."""

    cortex: CommandLine
    hidden: str
    files: list[str]


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Golden:
    path = tmp_path_factory.mktemp("golden")
    cortex = CommandLine(path / "repo", make_root(path / "root"))
    for number in range(3):
        make_root(cortex.root, apt={"bash": f"{number}"})
        cortex("create", f"number {number}")
    cortex("tag", "golden", "latest")
    hidden = cortex("delete", "latest~2", "--yes").out.split()[1]
    # Both locks are made by whoever needs them first.
    cortex("list")
    cortex("gc")
    Repository.open(cortex.repo).upkeep.gc(tidiness=THOROUGH)
    return Golden(cortex, hidden, _files(cortex.repo))


class Scene(NamedTuple):
    """A copy with something planted in it at `path`, what is outside of it, and how both looked before any command."""

    cortex: CommandLine
    path: Path
    outside: Path
    foreign: dict[Path, tuple[object, ...]]
    times: dict[str, tuple[int, int]]


def _files(repo: Path) -> list[str]:
    """Returns one file of each kind, having made those that are left by the dead."""
    refs = sorted((repo / "refs").iterdir())
    aside = repo / "quarantine" / ("d" * 32)
    found = min((repo / "objects").glob("*/*"))
    aside.parent.mkdir(mode=0o700, exist_ok=True)
    aside.mkdir(mode=0o700)
    (aside / (found.parent.name + found.name)).hardlink_to(found)
    for name in ("pins", "tmp"):
        (repo / name).mkdir(mode=0o700, exist_ok=True)
        shutil.copyfile(refs[0], repo / name / UNUSED)
        (repo / name / UNUSED).chmod(0o600)
    (repo / "refs.new").mkdir(mode=0o700)
    (repo / "refs.new" / refs[0].name).hardlink_to(refs[0])
    (repo / "cache").mkdir(mode=0o700, exist_ok=True)
    (repo / "cache" / "machine").touch(mode=0o600)
    paths = (
        *(repo / name for name in ("config", "lock", "lock.gc", "ballast", "tags/golden", "cache/machine")),
        *(repo / name / UNUSED for name in ("pins", "tmp")),
        refs[-1],
        repo / "refs.new" / refs[0].name,
        max((repo / "objects").glob("*/*")),
        next((repo / "deleted").iterdir()),
        next(aside.iterdir()),
        next((repo / "packs").glob(f"*{PACK}")),
        next((repo / "segments").iterdir()),
    )
    return [str(path.relative_to(repo)) for path in paths]


def _directories(repo: Path) -> list[str]:
    """Returns those directly in the repository, one of objects and one of a quarantine."""
    paths = (*repo.iterdir(), min((repo / "objects").iterdir()), min((repo / "quarantine").iterdir()))
    return sorted(str(path.relative_to(repo)) for path in paths if path.is_dir())


def _plant(cortex: CommandLine, file: str, plant: str, outside: Path) -> Path:
    """Moves something of the repository out of it and puts something else there; returns where."""
    path = cortex.repo / file
    plants.prepare(outside)
    path.rename(outside / "kept")
    try:
        {**plants.INSTEAD_OF_FILES, **plants.INSTEAD_OF_DIRECTORIES}[plant](path, outside)
    except PermissionError:
        pytest.skip(f"may not make a {plant} here")
    return path


def _is_found_out(repo: Path, key: str, plant: str) -> bool:
    """Returns whether verify names what stands there, and as damaged where it is read; or refuses because of it."""
    if key == "cache/machine" or (plant == plants.HARD_LINK and key.partition("/")[0] in UNSEEN):
        return True
    try:
        kinds = {problem.kind for problem in Repository.open(repo).upkeep.verify().problems if problem.key == key}
    except CortexError as error:
        return key in str(error) or key == "config"
    is_content = READ.get(key.partition("/")[0]) == key.count("/")
    return bool(kinds - {STRAY} if is_content else kinds)


@STEP
@pytest.mark.parametrize("plant", plants.INSTEAD_OF_FILES)
def test_nothing_planted_is_followed_and_nothing_blocks(
    golden: Golden, plant: str, step: int, tmp_path: Path, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    tell_counts(_run_all(golden, tmp_path, golden.files, plant, step))


@STEP
@pytest.mark.parametrize("plant", plants.INSTEAD_OF_DIRECTORIES)
def test_nothing_is_written_or_cleaned_up_elsewhere(
    golden: Golden, plant: str, step: int, tmp_path: Path, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    tell_counts(_run_all(golden, tmp_path, _directories(golden.cortex.repo), plant, step))


def _run_all(golden: Golden, tmp_path: Path, files: Iterable[str], plant: str, step: int) -> dict[str, int]:
    """Runs commands with every file replaced, and returns how many that were.

    With `step` 4 it is a quarter of the commands. Which quarter changes from file to file and from plant to plant: so
    each command meets each plant and each file, and each file each plant.
    """
    wrong, count = [], 0
    first = [*plants.INSTEAD_OF_FILES, *plants.INSTEAD_OF_DIRECTORIES].index(plant)
    for number, file in enumerate(files, first):
        scene = None
        for words in COMMANDS[number % step :: step]:
            # What a command has left exactly as it was is good for the next one.
            scene = scene or _prepare(golden, tmp_path / "place", file, plant)
            found = _run(golden, scene, file, plant, words)
            if _times(tmp_path / "place") != scene.times:
                shutil.rmtree(tmp_path / "place")
                scene = None
            count += 1
            if found:
                wrong.append((file, words, found))
        if scene is not None:
            shutil.rmtree(tmp_path / "place")
    assert not wrong, "\n".join(map(str, wrong))
    return {"commands": count}


def _prepare(golden: Golden, place: Path, file: str, plant: str) -> Scene:
    """Makes a copy of the repository where something was planted."""
    cortex = CommandLine(place / "repo", golden.cortex.root)
    shutil.copytree(golden.cortex.repo, cortex.repo)
    path = _plant(cortex, file, plant, place / "outside")
    return Scene(cortex, path, place / "outside", plants.look(place / "outside"), _times(place))


def _times(place: Path) -> dict[str, tuple[int, int]]:
    """Returns which file or directory is at each path, and when it last changed in any way."""
    found = {}
    for folder, names, files in os.walk(place):
        for name in (*names, *files):
            info = os.lstat(f"{folder}/{name}")
            found[f"{folder}/{name}"] = info.st_ino, info.st_ctime_ns
    return found


def _run(golden: Golden, scene: Scene, file: str, plant: str, words: tuple[str, ...]) -> str:
    """Runs a command where something was planted, and returns what was wrong with what it did."""
    path, planted = scene.path, scene.path.lstat()
    try:
        with plants.deadline(SECONDS):
            result = scene.cortex(*(_word(word, golden) for word in words))
            left = os.path.lexists(path) and path.lstat().st_ino == planted.st_ino
            found_out = not left or _is_found_out(scene.cortex.repo, file, plant)
    except plants.BlockedError:
        pytest.fail(f"{words} blocked at {file}")
    except Exception as error:  # noqa: BLE001 -- a finding like the others
        return repr(error)
    if plants.look(scene.outside) != scene.foreign:
        return f"touched what is outside: {result}"
    if result.code not in CODES or (result.code not in {0, 1, 5} and not result.err.startswith("cortex: ")):
        return f"not one of its answers: {result}"
    return "" if found_out else f"not found out: {result}"


def _word(word: str, golden: Golden) -> str:
    return {"HIDDEN": golden.hidden, "COPY": str(golden.cortex.repo)}.get(word, word)
