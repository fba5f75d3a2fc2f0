"""A user owns a directory inside a package of root's, and swaps what is in it for links while root restores.

What a link leads to is neither written, removed nor read, and the restore names the link.
"""

from __future__ import annotations

import os
import shlex
import stat
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from support.machines.npmworld import EmptyShelf
from support.machines.people import USERS
from support.packages.contents import bared, bared_manifest
from support.packages.wheels import index
from support.processes.counts import count
from support.processes.users import open_path
from support.restores.pip_restores import Bench, room, rows, run, shelved

from cortexrepo.disk.exchange.moving import carry_out, take_back
from cortexrepo.disk.realtree import RealTree
from cortexrepo.disk.renaming import EXCHANGE, renameat2
from cortexrepo.ecosystems.contract.restoring import Room, Work
from cortexrepo.ecosystems.npm.nodemodules import read_tree
from cortexrepo.ecosystems.npm.restore import restorer as npm
from cortexrepo.ecosystems.npm.restore.staging import Staging, discard
from cortexrepo.ecosystems.pip.environments.layout import layout_of
from cortexrepo.ecosystems.pip.restore import restorer as pip
from cortexrepo.ecosystems.pip.restore import staging as pip_staging
from cortexrepo.errors import CortexError, RefusedError, RestoreError
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.live_programs import LiveMachine
from cortexrepo.model.package import LINK, NESTED, Manifest, Package
from cortexrepo.model.plan import INSTALL, REMOVE, Part, Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has something to lose to other users")
ALICE = USERS["alice"]
TRIES = 30


class KilledError(BaseException):
    """Root's process ends here."""


def listed(top: Path) -> dict[str, tuple[object, ...]]:
    """Returns all that is below a directory: kinds, modes, owners, contents and times."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(top.rglob("*")):
        about = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(about.st_mode) else b""
        found[str(path)] = (about.st_mode, about.st_uid, about.st_mtime_ns, content)
    return found


@contextmanager
def swapping(directory: Path, link: Path) -> Iterator[None]:
    """Has a process of alice's exchange a directory and a link all the time; in the end each is in its place."""
    before = directory.lstat().st_ino
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(ALICE)
            os.setuid(ALICE)
            while os.getppid() != 1:
                with suppress(FileNotFoundError):
                    renameat2(str(directory), str(link), EXCHANGE)
        finally:
            os._exit(1)
    try:
        yield
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        if os.path.lexists(directory) and directory.lstat().st_ino != before:
            renameat2(str(directory), str(link), EXCHANGE)


# -- Python


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheels")
    index(directory)
    return directory


@pytest.fixture
def bench(tmp_path: Path, wheels: Path) -> Bench:
    """Root's environment with a package, in which one directory is alice's."""
    open_path(tmp_path)
    base = tmp_path.resolve()
    found = Bench(base / "v", room(base))
    run([sys.executable, "-m", "venv", "--without-pip", str(found.environment)], base / "home")
    found = shelved(found, wheels)
    part = found.part(rows(cx_lib="1.0", cx_solo="1.0"))
    for phase in (pip.fetch, pip.apply, pip.finish):
        phase(part, found.room)
    os.chown(theirs(found), ALICE, ALICE)
    outside = base / "outside"
    outside.mkdir()
    for name in ("v1.py", "v2.py", "__init__.py"):
        (outside / name).write_text("of somebody else")
    os.symlink(outside, theirs(found) / "link")
    os.lchown(theirs(found) / "link", ALICE, ALICE)
    return found


def theirs(bench: Bench) -> Path:
    return next(bench.environment.glob("lib/python3*/site-packages/cx_lib/deep"))


def swap(bench: Bench) -> None:
    renameat2(str(theirs(bench) / "er"), str(theirs(bench) / "link"), EXCHANGE)


def begun(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Part:
    """Returns the part of a restore that was killed before the first file was moved."""
    part = bench.part(rows(cx_lib="2.0", cx_solo="1.0"))
    pip.fetch(part, bench.room)

    def dies(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as planted:
        planted.setattr(pip_staging, "carry_out", dies)
        with pytest.raises(KilledError):
            pip.apply(part, bench.room)
    return part


def test_a_restore_that_goes_on_moves_nothing_through_a_link(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    outside = bench.environment.parent / "outside"
    part, before = begun(bench, monkeypatch), listed(outside)
    swap(bench)
    for phase in (pip.recover, pip.apply, pip.revert):
        with pytest.raises(RestoreError, match="cx_lib/deep/er: a symbolic link is in the place of a directory"):
            phase(part, bench.room)
        assert listed(outside) == before
    swap(bench)
    pip.recover(part, bench.room)
    pip.finish(part, bench.room)
    assert bared_manifest(bench.reading()[0]) == rows(cx_lib="2.0", cx_solo="1.0")
    assert not (theirs(bench) / "er/v1.py").exists()


def test_a_restore_that_is_taken_back_moves_nothing_through_a_link(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = bench.environment.parent / "outside"
    start = listed(bench.environment)
    part, before = begun(bench, monkeypatch), listed(outside)
    pip.apply(part, bench.room)
    swap(bench)
    with pytest.raises(RestoreError, match="cx_lib/deep/er: a symbolic link"):
        pip.revert(part, bench.room)
    assert listed(outside) == before
    swap(bench)
    pip.revert(part, bench.room)
    assert listed(bench.environment).keys() == start.keys()


@pytest.mark.parametrize("target", ["outside", "inside"])
def test_a_plan_takes_no_file_for_a_packages_that_a_users_link_leads_to(bench: Bench, target: str) -> None:
    """The name `__init__.py` is in each package: root would remove that of another one."""
    link = theirs(bench) / "link"
    if target == "inside":
        link.unlink()
        os.symlink("../../cx_solo", link)
    swap(bench)
    work = bench.work(rows(cx_solo="1.0"))
    [obstacle] = pip.propose(work, bench.room).obstacles
    assert (obstacle.kind, obstacle.package) == ("broken", "cx-lib 1.0")
    assert f"another user can change {theirs(bench)}" in obstacle.reason
    assert f"`ls -ld {shlex.quote(str(theirs(bench)))}`" in obstacle.hint


def test_no_list_of_files_is_taken_from_a_user(bench: Bench) -> None:
    """Who writes the list decides which files of the environment root removes."""
    [record] = bench.environment.glob("lib/python3*/site-packages/cx_lib-1.0.dist-info/RECORD")
    os.chown(record, ALICE, ALICE)
    [obstacle] = pip.propose(bench.work(rows(cx_solo="1.0")), bench.room).obstacles
    assert (obstacle.kind, obstacle.reason) == ("broken", f"{record} belongs to another user")
    assert f"`chown -hR root:root {shlex.quote(str(record))}`" in obstacle.hint


def test_nothing_outside_changes_while_a_user_swaps_a_directory_all_the_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = bench.environment.parent / "outside"
    part, before = begun(bench, monkeypatch), listed(outside)
    staging = pip_staging.resume(bench.room.staging, layout_of(part.environment, part.facts))
    assert staging is not None
    moves = staging.moves()
    assert moves is not None
    done = refused = 0
    for _ in range(TRIES):
        (theirs(bench) / "er").mkdir(exist_ok=True)  # A restore that goes to its end has removed it.
        os.chown(theirs(bench) / "er", ALICE, ALICE)
        with swapping(theirs(bench) / "er", theirs(bench) / "link"):
            for way in (carry_out, take_back):
                try:
                    way(moves, RealTree())
                except RestoreError:
                    refused += 1
                else:
                    done += 1
        assert listed(outside) == before
    pip.revert(part, bench.room)
    assert listed(outside) == before
    assert bared_manifest(bench.reading()[0]) == rows(cx_lib="1.0", cx_solo="1.0")
    count("runs of moves while a user swaps a directory for a link", done=done, refused=refused)
    assert refused


# -- npm

OUTER, KEPT, GOING = (
    Package("outer", "", "1.0.0"),
    Package("kept", "", "1.0.0", NESTED, (("inside", "outer"),)),
    Package("going", "", "1.0.0", NESTED, (("inside", "outer"),)),
)
SECRET = "S3CRET-of-known-bytes"  # noqa: S105 -- nobody's


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    """Root's prefix with a package in which others are nested; and a directory outside that only root may read."""
    open_path(tmp_path)
    made = tmp_path.resolve() / "prefix"
    (made / "bin").mkdir(parents=True)
    for folder in ("outer", "outer/node_modules/kept", "outer/node_modules/going"):
        place = made / "lib/node_modules" / folder
        (place / "data").mkdir(parents=True)
        (place / "package.json").write_text(f'{{"name": "{place.name}", "version": "1.0.0"}}')
        for number in range(20):
            (place / "data" / f"{number:02}").write_text("of the package")
    outside = tmp_path.resolve() / "outside"
    outside.mkdir(mode=0o700)
    for number in range(20):
        (outside / f"{number:02}").write_text(SECRET)
    return made


def npm_room(prefix: Path) -> Room:
    staging = prefix.parent / "staging"
    staging.mkdir(exist_ok=True)
    return Room(LiveMachine({}, str(prefix.parent)), EmptyShelf(), str(staging), lambda _: None)


def removal(prefix: Path) -> tuple[Work, Part]:
    """Returns what removes one nested package: the others in the outermost one are copied."""
    now = bared(read_tree(LiveSystem({}), f"{prefix}/lib/node_modules").packages)
    assert set(now) == {OUTER, KEPT, GOING}
    steps = (Step(REMOVE, GOING, None),)
    left = Manifest.of("npm", [OUTER, KEPT])
    return Work("npm", str(prefix), (), (), Manifest.of("npm", now), left, steps), Part("npm", str(prefix), (), steps)


@pytest.mark.parametrize("place", ["outer/data", "outer/node_modules", "outer/node_modules/kept/data/07"])
def test_no_package_is_copied_for_npm_that_a_user_could_have_changed(prefix: Path, place: str) -> None:
    """A program with the set-user-ID bit would be root's; npm gives what a package's link leads to another mode."""
    work, part = removal(prefix)
    path, room = prefix / "lib/node_modules" / place, npm_room(prefix)
    os.chown(path, ALICE, ALICE)
    obstacles = [one for one in npm.propose(work, room).obstacles if one.kind == "unsafe"]
    assert {one.reason for one in obstacles} == {f"{path} belongs to another user"}
    assert all(f"`chown -hR root:root {shlex.quote(str(path))}`" in one.hint for one in obstacles)
    before = listed(prefix)
    with pytest.raises(RefusedError, match=f"{path} belongs to another user; no package was changed"):
        npm.apply(part, room)
    assert listed(prefix) == before


def test_no_secret_is_copied_while_a_user_swaps_a_directory_of_a_package(prefix: Path) -> None:
    """The look at whose the files are is left out here: the copy alone must follow no link."""
    place = prefix / "lib/node_modules/outer"
    os.chown(place, ALICE, ALICE)
    os.symlink(prefix.parent / "outside", place / "link")
    room, rows = npm_room(prefix), [OUTER, KEPT]
    before = listed(prefix.parent / "outside")
    copied = refused = 0
    with swapping(place / "data", place / "link"):
        for _ in range(TRIES):
            staging = Staging(str(prefix), room)
            assert stat.S_IMODE(os.stat(staging.path).st_mode) == 0o700
            try:
                staging.fill(rows, {})
            except RestoreError:
                refused += 1
            else:
                copied += 1
            found = [path for path in (prefix / "lib").glob(".cortex-restore-*/**/*") if path.is_file()]
            found = [path for path in found if "link" not in path.parts]
            assert SECRET not in {path.read_text() for path in found if not path.is_symlink()}
            discard(str(prefix), room.staging)
    assert listed(prefix.parent / "outside") == before
    assert not list((prefix / "lib").glob(".cortex-restore-*"))
    count("copies of a package while a user swaps a directory of it for a link", copied=copied, refused=refused)


def test_a_link_in_the_place_of_npms_programs_is_named(prefix: Path) -> None:
    (prefix / "bin").rmdir()
    os.symlink(prefix.parent / "outside", prefix / "bin")
    (prefix / "source").mkdir()
    (prefix / "source/package.json").write_text('{"name": "linked", "version": "1.0.0", "bin": "run.js"}')
    linked = Package("linked", "", "1.0.0", LINK, (("target", "../../source"),))
    part = Part("npm", str(prefix), (), (Step(INSTALL, None, linked),))
    before = listed(prefix.parent / "outside")
    with pytest.raises(CortexError, match=f"{prefix}/bin is a symbolic link or a file, not a directory"):
        npm.apply(part, npm_room(prefix))
    assert listed(prefix.parent / "outside") == before
    assert not (prefix / "lib/node_modules/linked").exists()
