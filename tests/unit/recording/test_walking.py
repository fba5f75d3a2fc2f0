"""A walk through directories: it finds what looks like an environment, ends at its bounds, and says so."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from support.machines import known_places
from support.machines.installed import put
from support.machines.known_places import NAMED, OTHER, PLACES, SEEN, SITE, WALKED, place
from support.machines.people import needs_root, people

from cortexrepo.machine import mounts
from cortexrepo.machine.accounts import Account, Accounts
from cortexrepo.machine.mounts import Mount
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.recording.finding import find
from cortexrepo.recording.realms import Realms
from cortexrepo.recording.walking import Bounds, Walk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cortexrepo.machine.files import Entry


def walk(root: Path, *, seen: Sequence[Mount] = (), bounds: Bounds | None = None, step: float = 0.0) -> Walk:
    """Returns a walk through all of a root; the clock takes `step` seconds for each question."""
    made = Walk(RootedSystem(str(root)), seen, count(0.0, step).__next__, bounds)
    made.go(["/"])
    return made


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    """A walk through a machine that has every known place."""
    root = tmp_path_factory.mktemp("walked")
    for known in PLACES:
        known_places.make(root, known)
    return walk(root)


def test_a_walk_finds_every_place_that_is_read(everything: Walk) -> None:
    """Not looked for: the directories of packages of one interpreter, which are usual places."""
    wanted = {place(one) for one in PLACES if one.what in {SEEN, WALKED} and one.kind not in {SITE, OTHER}}
    wanted -= {"/usr", "/usr/local"}
    wanted -= {place(one) for one in PLACES if one.path.startswith("/snap")}
    assert wanted - set(everything.found) == set()
    assert any(one.what == WALKED for one in PLACES)


def test_a_walk_does_not_go_where_nobody_looks(everything: Walk) -> None:
    for known in PLACES:
        if known.what == NAMED:
            assert place(known) not in everything.found
    assert everything.stops == {}


@pytest.mark.parametrize(
    ("bounds", "step", "reason"),
    [
        (Bounds(seconds=5), 1.0, "the walk ended here: more than 5 s"),
        (Bounds(names=3), 0.0, "the walk ended here: more than 3 names"),
        (Bounds(found=1), 0.0, "the walk ended here: more than 1 environments"),
        (Bounds(depth=1), 0.0, "/b/b: more than 1 directories deep"),
    ],
)
def test_a_walk_ends_at_its_bounds_and_says_where(tmp_path: Path, bounds: Bounds, step: float, reason: str) -> None:
    for name in "abcdef":
        put(tmp_path / name / name / "venv/pyvenv.cfg", "version = 3.12.1\n")
    bounded = walk(tmp_path, bounds=bounds, step=step)
    assert any(reason.removeprefix("/b/b: ") in one for one in bounded.stops)
    assert len(bounded.found) < len(walk(tmp_path).found) == 6


def test_a_walk_stays_on_its_file_system_and_follows_no_link(tmp_path: Path) -> None:
    for name in ("disk/v", "proc/v", "here/v"):
        put(tmp_path / name / "pyvenv.cfg", "version = 3.12.1\n")
    (tmp_path / "here/link").symlink_to("../disk/v")
    found = walk(tmp_path, seen=(Mount("/", kind="ext4"), Mount("/disk", kind="nfs4"), Mount("/proc", kind="proc")))
    assert list(found.found) == ["/here/v"]
    assert list(found.stops) == ["/disk: another file system (nfs4): `cortex snapshot environments --find /disk`"]


class Closed(RootedSystem):
    """A machine with a directory that may not be listed."""

    def entries(self, path: str) -> list[Entry]:
        if path == "/closed":
            raise PermissionError(13, "Permission denied", path)
        return super().entries(path)


def test_a_directory_that_may_not_be_listed_is_a_stop(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir()
    made = Walk(Closed(str(tmp_path)), (), lambda: 0.0)
    made.go(["/"])
    assert list(made.stops) == ["/closed: Permission denied"]


@needs_root
def test_each_users_directories_are_walked_through_by_that_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in a home and is another's does not count: no user names a place of root's or of somebody else."""
    monkeypatch.setattr(mounts, "here", lambda: ())
    with people("alice", "bob") as machine:
        machine.venv(machine.mine("alice", "a/b/c") / "v", owner="alice")
        machine.venv(machine.home("alice") / "roots", owner="root")
        machine.venv(machine.home("bob") / "x/y/z/w", owner="bob")
        machine.own("bob", machine.home("bob") / "x")
        machine.home("alice").chmod(0o700)
        rows = [Account(name, uid, uid, str(machine.home(name))) for name, uid in (("alice", 4001), ("bob", 4002))]
        view = Realms("/", {}, live=True, accounts=Accounts(rows))
        try:
            found = find(view, str(machine.root))
        finally:
            view.close()
        start = str(machine.root)
        assert [one.removeprefix(start) for one in found.places] == ["/home/alice/a/b/c/v", "/home/bob/x/y/z/w"]
