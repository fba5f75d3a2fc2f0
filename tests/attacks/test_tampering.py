"""The journal of root's restores, while a user fills, swaps and bends whatever of it and below it a user can reach."""

from __future__ import annotations

import json
import os
import random
import stat
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from support.processes.counts import count
from support.processes.users import NOBODY, SOMEBODY, open_path
from support.restores.restorations import Bench, Killed, World

from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.disk.removal import remove_tree
from cortexrepo.errors import CorruptError, CortexError, FormatVersionError, OwnerError, RefusedError
from cortexrepo.machine.live_programs import LiveMachine
from cortexrepo.model.package import Package
from cortexrepo.model.plan import Part, Selection
from cortexrepo.restore.run.crew import Crew
from cortexrepo.restore.run.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.ecosystems.contract.restoring import Room

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has something to lose to other users")

DEEPER_THAN_PYTHON = 3000


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    open_path(tmp_path)
    found = Journal(str(tmp_path / "cortex" / "restore"), RealFileSystem())
    found.make()
    return found


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def mask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("mask")
def test_no_umask_lets_others_replace_the_journal(tmp_path: Path) -> None:
    made = Journal(str(tmp_path / "lib" / "cortex" / "restore"), RealFileSystem())
    made.make()
    made.staging("part-1")
    for path in (tmp_path / "lib", *(tmp_path / "lib").rglob("*")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700, path


def test_roots_journal_is_in_no_place_that_a_user_could_replace(journal: Journal, tmp_path: Path) -> None:
    os.chown(tmp_path / "cortex", SOMEBODY, SOMEBODY)
    with pytest.raises(OwnerError, match=r"cannot hold root's journal"):
        journal.make()
    os.chown(tmp_path / "cortex", 0, 0)
    journal.make()
    (tmp_path / "cortex").chmod(0o777)
    with pytest.raises(OwnerError, match=r"cannot hold root's journal"):
        journal.make()


@pytest.mark.parametrize("how", ["a user's", "everybody may write", "a group may write"])
@pytest.mark.parametrize("name", ["journal.json", "last.json"])
def test_a_journal_that_is_left_from_when_the_directory_was_open_is_not_believed(
    journal: Journal, name: str, how: str
) -> None:
    """Who has given the directory back to root has not looked at what is in it; `--resume` and `undo` believe it."""
    said = {"safety": "0" * 32, "repository": "r", "location": "/home/ada/repository"}
    path = Path(journal.directory, name)
    path.write_text(json.dumps(said))
    path.chmod({"a user's": 0o600, "everybody may write": 0o602, "a group may write": 0o620}[how])
    if how == "a user's":
        os.chown(path, SOMEBODY, SOMEBODY)
    journal.make()  # the directory and the way to it are root's alone
    with pytest.raises(OwnerError, match=f"{name} is not believed"):
        (journal.read if name == "journal.json" else journal.last)()


def test_a_journal_of_roots_own_is_read(journal: Journal) -> None:
    said = {"safety": "0" * 32, "repository": "r", "location": "/var/lib/cortex"}
    path = Path(journal.directory, "last.json")
    path.write_text(json.dumps(said))
    path.chmod(0o600)
    found = journal.last()
    assert found is not None
    assert found.location == "/var/lib/cortex"
    assert journal.read() is None


# -- what a user puts into the directory of a part


def _deep(top: str, depth: int) -> None:
    here = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=here))
    os.close(here)


def test_directories_of_any_depth_stop_no_restore(journal: Journal) -> None:
    """Each restore of root's begins with removing what was planned before."""
    _deep(journal.staging("part-1", SOMEBODY), DEEPER_THAN_PYTHON)
    journal.clear()
    assert os.listdir(journal.directory) == []


def test_a_removal_follows_no_link_and_takes_what_has_no_mode(journal: Journal, tmp_path: Path) -> None:
    part = journal.staging("part-1", SOMEBODY)
    kept = tmp_path / "roots"
    (kept / "inner").mkdir(parents=True)
    (kept / "inner" / "file").touch()
    for number, target in enumerate([str(kept), str(kept / "inner"), str(kept / "inner" / "file"), "/", "..", "../.."]):
        os.symlink(target, f"{part}/link{number}")
    os.makedirs(f"{part}/closed/below")
    os.chmod(f"{part}/closed", 0)
    os.mkfifo(f"{part}/fifo")
    os.mknod(f"{part}/null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    os.link(kept / "inner" / "file", f"{part}/hard")
    journal.clear()
    assert os.listdir(journal.directory) == []
    assert (kept / "inner" / "file").exists()


def test_directories_that_are_swapped_for_links_meanwhile_lead_nowhere(journal: Journal, tmp_path: Path) -> None:
    kept = tmp_path / "roots"
    kept.mkdir()
    (kept / "file").touch()
    swaps = 0
    for _ in range(60):
        part = journal.staging("part-1", SOMEBODY)
        for number in range(20):
            os.makedirs(f"{part}/{number}/below")
        done = threading.Event()

        def swap(part: str = part, done: threading.Event = done) -> None:
            nonlocal swaps
            number = 0
            while not done.is_set():
                number = (number + 1) % 20
                try:
                    os.rename(f"{part}/{number}", f"{part}/{number}.away")  # noqa: TID251 -- an attacker renames
                    os.symlink(kept, f"{part}/{number}")
                    swaps += 1
                except OSError:
                    continue

        swapping = threading.Thread(target=swap)
        swapping.start()
        while not remove_tree(part):
            pass
        done.set()
        swapping.join()
    assert (kept / "file").exists()
    assert swaps
    count("directories of a part swapped for links while root removes them", swaps=swaps)


def test_a_user_who_keeps_making_directories_stops_root_until_the_deadline_only(tmp_path: Path) -> None:
    """What runs between two looks at the clock is the user's doing."""
    (tmp_path / "part").mkdir()
    made = 0

    def clock() -> float:
        nonlocal made
        made += 1
        (tmp_path / "part" / f"more-{made}" / "below").mkdir(parents=True)
        return float(made)

    assert not remove_tree(str(tmp_path / "part"), clock, 100.0)
    assert made <= 103
    assert remove_tree(str(tmp_path / "part"))


# -- whose the directory of a part is


def test_what_one_user_has_staged_serves_no_other(journal: Journal) -> None:
    """An environment is given to root, or to somebody else, while its restore is interrupted."""
    journal.staging("part-1", SOMEBODY)
    assert journal.staging("part-1", SOMEBODY)
    for other in (None, NOBODY):
        with pytest.raises(RefusedError, match=f"belongs to the user {SOMEBODY}"):
            journal.staging("part-1", other)
    journal.staging("part-2")
    with pytest.raises(RefusedError, match="belongs to the user 0"):
        journal.staging("part-2", SOMEBODY)
    assert os.stat(f"{journal.directory}/part-2").st_uid == 0


def test_what_was_staged_as_a_link_is_refused(journal: Journal, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    os.symlink(tmp_path / "elsewhere", f"{journal.directory}/part-1")
    with pytest.raises(RefusedError):
        journal.staging("part-1")
    with pytest.raises(RefusedError):
        journal.staging("part-1", SOMEBODY)
    assert (tmp_path / "elsewhere").stat().st_uid == 0


# -- the environment is swapped while root works on it


class Writing(ModuleType):
    """A restorer that puts a file into the environment."""

    NEEDS = ()

    @staticmethod
    def apply(part: Part, _room: Room) -> None:
        descriptor = os.open(f"{part.environment}/lib/planted", os.O_WRONLY | os.O_CREAT, 0o644)
        with open(descriptor, "wb") as file:
            file.write(str(os.geteuid()).encode())


def test_an_environment_that_is_swapped_for_roots_never_leads_root_there(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cortexrepo.ecosystems.pip.restore.restorer", Writing("pip"))
    home, roots = tmp_path / "home", tmp_path / "roots"
    for place in (home / "venv", roots):
        (place / "lib").mkdir(parents=True)
    for path in (home, *home.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    os.symlink(roots, home / "link")
    os.lchown(home / "link", NOBODY, NOBODY)
    done = threading.Event()
    swaps = 0

    def swap() -> None:
        nonlocal swaps
        while not done.is_set():
            for source, target in (("venv", "away"), ("link", "venv"), ("venv", "link"), ("away", "venv")):
                os.rename(home / source, home / target)  # noqa: TID251 -- an attacker renames
            swaps += 1

    # One with an account: who has none, nothing is restored for.
    crew = Crew(lambda place: LiveMachine({}, place), "/root", _Empty(), journal.staging, lambda _: None)
    swapping = threading.Thread(target=swap)
    swapping.start()
    written = refused = 0
    try:
        for number in range(60):
            journal.staging(f"part-{number}", NOBODY)
            try:
                crew.do("apply", Part("pip", str(home / "venv"), (), ()), f"part-{number}")
            except CortexError:
                refused += 1
            else:
                written += 1
    finally:
        done.set()
        swapping.join()
    assert list((roots / "lib").iterdir()) == []
    for path in home.rglob("planted"):
        assert path.stat().st_uid == NOBODY
        assert path.read_text() == str(NOBODY)
    assert written
    count("an environment swapped for root's while root restores it", swaps=swaps, written=written, refused=refused)


class _Empty:
    def find(self, _ecosystem: str, _package: Package) -> tuple[()]:
        return ()

    def copy(self, _artifact: object, _path: str) -> None:
        raise AssertionError


# -- what the journal says


@pytest.fixture
def interrupted(tmp_path: Path) -> tuple[Bench, Path]:
    """Makes a restore that was killed in the middle, and its journal."""
    rows = [Package("p", "", "1.0"), Package("q", "", "1.0")]
    world = World({("apt", ""): [], ("pip", "/venv"): rows, ("npm", "/node"): []})
    bench = Bench(tmp_path, world)
    world.installed["pip", "/venv"] = frozenset([Package("p", "", "2.0")])
    found = bench.restoration()
    plan = found.plan(bench.snapshot, Selection())
    world.left = 7
    with pytest.raises(Killed):
        found.carry_out(plan)
    world.left = None
    return bench, tmp_path / "journal" / "journal.json"


def test_a_journal_of_a_newer_version_is_not_called_damaged(interrupted: tuple[Bench, Path]) -> None:
    bench, path = interrupted
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 2}))
    with pytest.raises(FormatVersionError, match="a newer version of cortex") as newer:
        bench.journal().read()
    assert "rm " not in newer.value.hint


@pytest.mark.parametrize("name", ["../x", "part-1/../../x", "part-", "part-x", "/etc", "part-1\n", "part-\u0661"])
def test_the_name_of_a_part_leads_nowhere_else(interrupted: tuple[Bench, Path], name: str) -> None:
    bench, path = interrupted
    value = json.loads(path.read_text())
    value["parts"][0]["staging"] = name
    path.write_text(json.dumps(value))
    with pytest.raises(CorruptError, match="not the name of a part"):
        bench.journal().read()


def test_a_journal_that_is_bent_is_read_or_named_as_damaged(interrupted: tuple[Bench, Path]) -> None:
    bench, path = interrupted
    good = path.read_bytes()
    chance = random.Random(15)  # noqa: S311 -- the same journals in every run
    journal = bench.journal()
    read = named = 0
    for _ in range(3000):
        bad = bytearray(good)
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(bad))
            bad[at : at + chance.randrange(0, 9)] = chance.choice([b"", b"\xff", b"null", b"[", b"-1", b'"', b"1e999"])
        path.write_bytes(bad)
        try:
            journal.read()
        except (CorruptError, FormatVersionError):
            named += 1
        else:
            read += 1
    path.write_bytes(b"[" * 100_000)
    with pytest.raises(CorruptError, match="nested too deeply"):
        journal.read()
    count("journals of a restore that were bent", read=read, named=named)
    assert named
