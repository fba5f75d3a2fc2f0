"""What root lends to a user for a restore, others look for: users of the same group, who know all names that follow."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest
from support.processes.users import open_path

from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.machine.live_programs import LiveMachine
from cortexrepo.model.artifact import Artifact
from cortexrepo.model.package import Package
from cortexrepo.model.plan import Step
from cortexrepo.restore.run.crew import Crew
from cortexrepo.restore.run.delegate import Account
from cortexrepo.restore.run.journal import Journal
from cortexrepo.restore.run.trusted import Trusted
from cortexrepo.rights.child import fate, start
from cortexrepo.rights.lending import lend_directory, lend_file
from cortexrepo.rights.person import Manner, Person

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can lend to another user")
ADA, GROUP = 65534, 65534
BOB = 65533
SECRET = b"bytes of ada's"


@pytest.fixture(params=["access lists", "none"])
def lists(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> bool:
    """Whether the disk has access lists; the other case is one whose kernel answers as such a disk's does."""

    def refuse(*_all: object, **_more: object) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    if request.param == "none":
        monkeypatch.setattr(os, "setxattr", refuse)
        return False
    probe = tmp_path / "probe"
    probe.touch()
    lend_file(str(probe), ADA)
    if probe.stat().st_uid != 0:
        pytest.skip("this disk has no access lists")
    return True


def reads(user: int, path: Path) -> bool:
    """Returns whether a user of the group can read a file."""

    def read() -> None:
        with open(path, "rb") as file:
            if file.read() != SECRET:
                os._exit(9)

    process = start(Person(user, GROUP), Manner(0), (), read)
    return not fate(os.waitpid(process, 0)[1])


def lists_names(user: int, path: Path) -> bool:
    process = start(Person(user, GROUP), Manner(0), (), lambda: os.listdir(path))
    return not fate(os.waitpid(process, 0)[1])


def test_nobody_but_the_user_reads_a_file_that_is_lent(tmp_path: Path, *, lists: bool) -> None:
    open_path(tmp_path)
    directory, file = tmp_path / "lent", tmp_path / "lent" / "file"
    directory.mkdir()
    os.chown(directory, 0, GROUP)
    file.write_bytes(SECRET)
    os.chown(file, 0, GROUP)
    lend_directory(str(directory), ADA)
    lend_file(str(file), ADA)
    assert reads(ADA, file)
    assert not reads(BOB, file)
    assert not lists_names(BOB, directory)
    assert not lists_names(ADA, directory)
    assert file.stat().st_uid == (0 if lists else ADA)
    assert directory.stat().st_uid == 0
    directory.chmod(0o755)
    os.removexattr(directory, "system.posix_acl_access") if lists else None
    assert reads(ADA, file)
    assert not reads(BOB, file), "not by the directory alone"


PACKAGE = Package("p", "", "1.0")
KEPT = Artifact("pip", "p", "", "1.0", "p-1.0.whl", "d" * 64, len(SECRET), "source")


class OneShelf:
    def find(self, _ecosystem: str, _package: Package) -> tuple[Artifact, ...]:
        return (KEPT,)

    def copy(self, _artifact: Artifact, path: str) -> None:
        with open(path, "xb") as file:
            file.write(SECRET)


def test_the_name_of_what_is_lent_does_not_follow_from_anything(tmp_path: Path, *, lists: bool) -> None:
    assert lists in {True, False}
    open_path(tmp_path)
    (tmp_path / "cortex").mkdir(0o700)
    journal = Journal(str(tmp_path / "cortex" / "restore"), RealFileSystem())
    journal.make()
    account, step = Account(ADA), Step("install", None, PACKAGE)
    names = set()
    for _ in range(2):
        crew = Crew(lambda home: LiveMachine({}, home), "/root", OneShelf(), journal.staging, lambda _: None)
        before = set(os.listdir(journal.directory))
        for _ in range(2):
            crew._carried("pip", (step,), "part-0", account, Trusted(OneShelf(), str(ADA)))
        (new,) = {name for name in set(os.listdir(journal.directory)) - before if name.endswith(".kept")}
        names.add(new)
        (file,) = (tmp_path / "cortex" / "restore" / new).iterdir()
        assert reads(ADA, file)
        assert not reads(BOB, file)
    assert len(names) == 2
    journal.clear()
    assert [name for name in os.listdir(journal.directory) if name.startswith("part-")] == []
