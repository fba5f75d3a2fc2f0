from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest
from support.processes.users import open_path

from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.ecosystems.contract.restoring import Proposal, Room, Work
from cortexrepo.errors import CorruptError, RefusedError
from cortexrepo.machine.live_programs import LiveMachine
from cortexrepo.model.artifact import Artifact
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.plan import Obstacle, Part, Step
from cortexrepo.restore.run.crew import Crew
from cortexrepo.restore.run.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

NOBODY = 65534
ROW = Package("p", "", "1.0")
KEPT = Artifact("pip", "p", "", "1.0", "p-1.0.whl", "d" * 64, 4, "source")


class OneShelf:
    def find(self, ecosystem: str, package: Package) -> tuple[Artifact, ...]:
        return (KEPT,) if (ecosystem, package.name) == ("pip", "p") else ()

    def copy(self, artifact: Artifact, path: str) -> None:
        with open(path, "xb") as file:
            file.write(b"good")


class Restorer(ModuleType):
    """Says who it runs as, and what it can read."""

    NEEDS = ()

    @staticmethod
    def propose(work: Work, room: Room) -> Proposal:
        room.told(f"as {os.geteuid()} at {os.environ['HOME']}")
        found = room.shelf.find("pip", ROW)
        if not found:
            return Proposal(work.steps, (Obstacle("missing", "pip", "", "nothing is kept", ""),), (), 7)
        room.shelf.copy(found[0], f"{room.staging}/p.whl")
        with open(f"{room.staging}/p.whl", "rb") as file:
            content = file.read().decode()
        return Proposal(work.steps, (Obstacle("missing", "pip", "", content, str(os.geteuid())),), (), 7)

    @staticmethod
    def apply(part: Part, room: Room) -> None:
        room.told(f"{part.environment} as {os.geteuid()}")


@pytest.fixture
def crew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Crew, list[str]]:
    monkeypatch.setitem(sys.modules, "cortexrepo.ecosystems.pip.restore.restorer", Restorer("pip"))
    open_path(tmp_path)
    # As a repository makes the directory that the journal is in, and root's umask where it is a careful one.
    (tmp_path / "cortex").mkdir(0o700)
    journal = Journal(str(tmp_path / "cortex" / "restore"), RealFileSystem())
    journal.make()
    lines: list[str] = []
    return Crew(lambda home: LiveMachine({}, home), "/root", OneShelf(), journal.staging, lines.append), lines


def work(environment: Path, owner: int = 0) -> Work:
    """Returns the installation of a package; what the snapshot says of the owner must not matter."""
    manifest = Manifest.of("pip", [ROW])
    facts = (("owner", str(owner)),)
    return Work("pip", str(environment), facts, facts, Manifest("pip", ()), manifest, (Step("install", None, ROW),))


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A prefix of nobody's, in which root has made the directory of the packages."""
    site = tmp_path / "theirs" / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    os.chown(tmp_path / "theirs", NOBODY, NOBODY)
    return tmp_path / "theirs"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("said", [0, NOBODY, 1, 10**30])
def test_what_belongs_to_another_user_is_done_as_that_user(
    crew: tuple[Crew, list[str]], tmp_path: Path, theirs: Path, said: int
) -> None:
    found = crew[0].propose(work(theirs, said), "part-0")
    assert found.obstacles == (Obstacle("missing", "pip", "", "good", str(NOBODY)),)
    assert (found.steps, found.space) == (work(theirs).steps, 7)
    assert crew[1] == [f"as {NOBODY} at {os.path.expanduser('~nobody')}"]
    (lent,) = (tmp_path / "cortex" / "restore").glob("part-*.kept")
    assert lent.stat().st_uid == 0
    assert lent.stat().st_mode & 0o066 == 0
    crew[0].do("apply", Part("pip", str(theirs), (("owner", str(said)),), ()), "part-0")
    assert crew[1][-1] == f"{theirs} as {NOBODY}"
    assert os.geteuid() == 0
    for way in (lent.parent, lent.parent.parent):
        assert way.stat().st_mode & 0o777 == 0o711, "passed through by others, and read by root alone"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(("lender", "served"), [(NOBODY, True), (NOBODY - 1, False)])
def test_what_a_user_has_kept_serves_this_users_environments_alone(
    crew: tuple[Crew, list[str]], tmp_path: Path, theirs: Path, *, lender: int, served: bool
) -> None:
    journal = Journal(str(tmp_path / "cortex" / "restore"), RealFileSystem())
    lent = Crew(
        lambda home: LiveMachine({}, home), "/root", OneShelf(), journal.staging, lambda _: None, only_for=lender
    )
    found = _reason(lent, work(theirs))
    assert found == ("good" if served else "nothing is kept")
    assert _reason(lent, work(tmp_path / "own")) == "nothing is kept", "root's own"
    assert _reason(crew[0], work(theirs)) == "good"


def _reason(crew: Crew, asked: Work) -> str:
    return crew.propose(asked, f"part-{os.urandom(3).hex()}").obstacles[0].package


def test_what_is_ones_own_is_done_in_this_process(crew: tuple[Crew, list[str]], tmp_path: Path) -> None:
    me = os.geteuid()
    found = crew[0].propose(work(tmp_path / "own", NOBODY), "part-0")
    assert found.obstacles[0].reason == str(me)
    assert crew[1][0].startswith(f"as {me} ")


def test_a_disk_without_room_is_an_obstacle(
    crew: tuple[Crew, list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(LiveMachine, "free", lambda _self, _path: 6)
    found = crew[0].propose(work(tmp_path), "part-0")
    assert found.obstacles[-1].reason == f"7 bytes are needed on the disk of {tmp_path}, and 6 bytes are free"
    monkeypatch.setattr(LiveMachine, "free", lambda _self, _path: 7)
    assert [one.kind for one in crew[0].propose(work(tmp_path), "part-1").obstacles] == ["missing"]


def test_a_copy_that_is_gone_is_named() -> None:
    from cortexrepo.restore.run.crew import Carried

    with pytest.raises(CorruptError, match=r"p-1\.0\.whl"):
        Carried({KEPT: "/nowhere"}).copy(KEPT, "/nowhere/either")


class ManyShelf(OneShelf):
    """Keeps a file of each holder, and says which were copied."""

    def __init__(self) -> None:
        self.files = tuple(
            KEPT._replace(content=str(number) * 64, origin="installed", holder=holder, environment=f"/of/{holder}")
            for number, holder in enumerate(("", "0", "1", str(NOBODY), "several"))
        )
        self.copied: list[str] = []

    def find(self, ecosystem: str, package: Package) -> tuple[Artifact, ...]:
        return self.files

    def copy(self, artifact: Artifact, path: str) -> None:
        self.copied.append(artifact.holder)
        super().copy(artifact, path)


@pytest.fixture
def shelf(crew: tuple[Crew, list[str]], monkeypatch: pytest.MonkeyPatch) -> ManyShelf:
    found = ManyShelf()
    monkeypatch.setattr(crew[0], "_shelf", found)
    return found


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_only_files_of_root_and_of_the_owner_are_carried_to_another_users_environment(
    crew: tuple[Crew, list[str]], shelf: ManyShelf, theirs: Path
) -> None:
    crew[0].propose(work(theirs), "part-0")
    assert shelf.copied == ["0", str(NOBODY)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's environments are root's")
def test_only_files_of_root_are_put_into_roots_environment(
    crew: tuple[Crew, list[str]], shelf: ManyShelf, tmp_path: Path
) -> None:
    (tmp_path / "own").mkdir()
    crew[0].propose(work(tmp_path / "own"), "part-0")
    assert shelf.copied == ["0"]
    shelf.files = tuple(one for one in shelf.files if one.holder != "0")
    (missing,) = crew[0].propose(work(tmp_path / "own"), "part-0").obstacles
    assert missing.package == "nothing is kept"
    assert shelf.copied == ["0"]


def test_nothing_is_asked_in_an_environment_that_several_people_can_change(
    crew: tuple[Crew, list[str]], tmp_path: Path
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own").chmod(0o777)
    with pytest.raises(RefusedError, match="several people"):
        crew[0].propose(work(tmp_path / "own"), "part-0")
    with pytest.raises(RefusedError, match="several people"):
        crew[0].do("apply", Part("pip", str(tmp_path / "own"), (), ()), "part-0")
    assert crew[1] == []
