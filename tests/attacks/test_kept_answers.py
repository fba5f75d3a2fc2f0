"""What a user's process sends to root instead of files: it is killed, never ends, or sends whatever it likes."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest
from support.machines.keepers import PLACE, installed, keeper, npm, pip
from support.machines.people import USERS, needs_root, people

from cortexrepo.codec import answers
from cortexrepo.codec.canonical import pack
from cortexrepo.ecosystems.pip import files as pip_files
from cortexrepo.errors import CollectError, CorruptError
from cortexrepo.machine import children
from cortexrepo.machine.budget import Budget
from cortexrepo.machine.stream import LONGEST, StoppedError, Stream
from cortexrepo.model.artifact import INSTALLED, SOURCE
from cortexrepo.recording import makers, making
from cortexrepo.recording.making import LARGEST, Outlet, Word, Work, Write, heard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.machines.keepers import Keeper
    from support.machines.people import People

    from cortexrepo.machine.children import Say
    from cortexrepo.recording.keeping import Keeping

pytestmark = needs_root


@pytest.fixture
def machine() -> Iterator[People]:
    """Alice, whose process is the attacker, and bob, who is honest."""
    with people("alice", "bob") as made:
        for name in ("a", "b", "c"):
            installed(made.home("alice") / "venv", name, "alice")
        installed(made.home("bob") / "venv", "his", "bob")
        yield made


def keep(root: Keeper) -> Keeping:
    """Keeps both users' files."""
    home = root.people.home
    return root.keep(pip(str(home("alice") / "venv"), "a", "b", "c"), pip(str(home("bob") / "venv"), "his"))


def only_his(found: Keeping) -> list[str]:
    """Returns the reasons for alice's files, of which none is kept; bob's is."""
    assert [(one.name, one.holder) for one in found.kept] == [("his", str(USERS["bob"]))]
    assert [one.package.name for one in found.lacks] == ["a", "b", "c"]
    return [one.reason for one in found.lacks]


@pytest.fixture
def acts(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Work, Say], None]], None]:
    """Lets alice's process do something else."""
    do = Work.do

    def planted(act: Callable[[Work, Say], None]) -> None:
        monkeypatch.setattr(Work, "do", lambda self, say: (act if self.user == USERS["alice"] else do)(self, say))

    return planted


def word(row: int = 0, environment: int = 0, name: str = "a-1.0-py3-none-any.whl", origin: str = INSTALLED) -> bytes:
    return b"." + answers.word(Word(row, environment, name, origin, ""))


def write(offset: int, data: bytes) -> bytes:
    return b"w" + offset.to_bytes(8, "big") + data


def killed(self: Work, say: Say) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def killed_within_a_file(self: Work, say: Say) -> None:
    say(write(0, b"PK"))
    os.kill(os.getpid(), signal.SIGKILL)


ENDS = {
    "killed": (killed, "killed by signal 9"),
    "killed within a file": (killed_within_a_file, "killed by signal 9"),
    "silent": (lambda _, __: None, "does not speak of the package"),
    "an exit": (lambda _, __: os._exit(7), "exit code 7"),
    "an error": (lambda _, __: 1 / 0, "exit code 1"),
    "another kind": (lambda _, say: say(b"xyz"), "neither a part of a file nor a word"),
    "a short part": (lambda _, say: say(b"w\0\0"), "neither a part of a file nor a word"),
    "no word": (lambda _, say: say(b".\xc1"), "damaged"),
    "a word of other types": (lambda _, say: say(b"." + pack((0, 0, "a", 1, ""))), "no word on a file"),
    "a long word": (lambda _, say: say(b"." + pack((0, 0, "a" * 100_000, "", ""))), "damaged"),
    "a file from a source": (lambda _, say: say(word(origin=SOURCE)), "neither a part of a file nor a word"),
    "a file from nowhere": (lambda _, say: say(word(origin="")), "neither a part of a file nor a word"),
    "another row": (lambda _, say: say(word(row=1)), "speaks of another file"),
    "a row that is not there": (lambda _, say: say(word(row=99)), "speaks of another file"),
    "a row below all": (lambda _, say: say(word(row=-1)), "speaks of another file"),
    "another environment": (lambda _, say: say(word(environment=1)), "speaks of another file"),
    "a part far away": (lambda _, say: say(write(LARGEST, b"x")), "more than 4 GiB"),
    "a place that is no number of a disk": (lambda _, say: say(write((1 << 64) - 1, b"x")), "more than 4 GiB"),
    "a file with holes": (lambda _, say: [say(write(LARGEST - 1, b"x")), say(word())], "the file has holes"),
    "a long piece": (lambda _, say: say(bytes(LONGEST + 1)), "a piece of"),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_process_that_ends_early_or_sends_rubbish_costs_its_users_files_alone(
    machine: People, acts: Callable[[Callable[[Work, Say], None]], None], how: str
) -> None:
    act, reason = ENDS[how]
    acts(act)
    with keeper(machine) as root:
        said = only_his(keep(root))
        assert all(reason in one for one in said), said


FILES = {
    "no wheel": (b"rubbish", "a-1.0-py3-none-any.whl", "not a wheel"),
    "nothing": (b"", "a-1.0-py3-none-any.whl", "not a wheel"),
    "another name": (b"PK", "b-1.0-py3-none-any.whl", "the name of another package's file"),
    "a path": (b"PK", "../../a-1.0.whl", "the name of another package's file"),
    "no name of a wheel": (b"PK", "a-1.0.exe", "the name of another package's file"),
}


@pytest.mark.parametrize("how", FILES)
def test_a_file_that_is_no_file_of_the_package_is_not_kept(
    machine: People, acts: Callable[[Callable[[Work, Say], None]], None], how: str
) -> None:
    content, name, reason = FILES[how]

    def act(self: Work, say: Say) -> None:
        for row in range(len(self.rows)):
            if content:
                say(write(0, content))
            say(word(row, name=name.replace("a-", f"{'abc'[row]}-") if how != "another name" else "x-1.0.whl"))

    acts(act)
    with keeper(machine) as root:
        said = only_his(keep(root))
        assert all(reason in one for one in said), said


def test_more_words_than_files_were_wanted_keep_what_was_wanted(
    machine: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    do = Work.do

    def more(self: Work, say: Say) -> None:
        do(self, say)
        say(word(row=len(self.rows)))

    monkeypatch.setattr(Work, "do", more)
    with keeper(machine) as root:
        assert [one.name for one in keep(root).kept] == ["a", "b", "c", "his"]


def test_who_sends_without_end_is_ended(
    machine: People, acts: Callable[[Callable[[Work, Say], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(makers, "MOST", 1 << 20)

    def act(self: Work, say: Say) -> None:
        while True:
            say(write(0, bytes(1 << 16)))

    acts(act)
    with keeper(machine) as root:
        assert all("sends too much" in one for one in only_his(keep(root)))


@pytest.mark.parametrize("how", ["sleeps", "is stopped", "waits within a file"])
def test_who_is_silent_is_ended(
    machine: People, acts: Callable[[Callable[[Work, Say], None]], None], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(makers, "WAIT", 0.5)

    def act(self: Work, say: Say) -> None:
        if how == "is stopped":
            os.kill(os.getpid(), signal.SIGSTOP)
        if how == "waits within a file":
            say(write(0, b"PK"))
        time.sleep(600)

    acts(act)
    with keeper(machine) as root:
        assert all("it took too long" in one for one in only_his(keep(root)))


def test_who_takes_too_much_processor_time_has_what_was_made_by_then(
    machine: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, limit = pip_files.make, making.SECONDS

    def busy(one: object, place: object, target: Outlet) -> object:
        while one.package.name == "b":  # type: ignore[attr-defined]
            target.write(b"x")
            target.seek(0)
        return make(one, place, target)  # type: ignore[arg-type]

    monkeypatch.setattr(pip_files, "make", busy)
    monkeypatch.setattr(making, "SECONDS", 1)
    with keeper(machine) as root:
        found = keep(root)
        assert [one.name for one in found.kept] == ["a", "his"]
        assert all("take too much time; run `cortex snapshot artifacts fetch`" in one.reason for one in found.lacks)
        monkeypatch.setattr(making, "SECONDS", limit)
        monkeypatch.setattr(pip_files, "make", make)
        # The next command makes the rest.
        assert [one.name for one in keep(root).kept] == ["b", "c"]


def test_a_file_that_grows_while_it_is_read_comes_to_an_end(machine: People, monkeypatch: pytest.MonkeyPatch) -> None:
    from cortexrepo.ecosystems.pip.wheels import building

    monkeypatch.setattr(building, "_MOST", 1 << 20)
    site = machine.home("alice") / "venv" / PLACE
    with (site / "b.py").open("ab") as file:
        file.truncate(8 << 20)
    with keeper(machine) as root:
        found = keep(root)
        assert [one.name for one in found.kept] == ["a", "c", "his"]
        assert "more than" in found.lacks[0].reason


def test_a_package_that_needs_too_much_memory_costs_this_package_alone(
    machine: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = pip_files.make

    def large(one: object, place: object, target: Outlet) -> object:
        if one.package.name == "b":  # type: ignore[attr-defined]
            bytearray(1 << 30)
        return make(one, place, target)  # type: ignore[arg-type]

    monkeypatch.setattr(pip_files, "make", large)
    with keeper(machine) as root:
        found = keep(root)
        assert [one.name for one in found.kept] == ["a", "c", "his"]
        assert found.lacks[0].reason == "the package needs too much memory"


def test_a_users_process_is_the_user_and_loads_no_module(machine: People, monkeypatch: pytest.MonkeyPatch) -> None:
    make = pip_files.make

    def told(one: object, place: object, target: Outlet) -> object:
        before = set(sys.modules)
        try:
            make(one, place, target)  # type: ignore[arg-type]
        finally:
            more = sorted(set(sys.modules) - before)
            raise CollectError(f"{os.getresuid()} {os.getresgid()} {os.getgroups()} {more}")

    monkeypatch.setattr(pip_files, "make", told)
    (machine.home("alice") / "venv" / PLACE / "a-1.0.dist-info/entry_points.txt").write_text(
        "[console_scripts]\na = a:b\n"
    )
    with keeper(machine) as root:
        found = keep(root)
        for lack in found.lacks:
            user = USERS["bob" if lack.package.name == "his" else "alice"]
            assert lack.reason == f"{(user,) * 3} {(user,) * 3} [{user}] []"


def test_what_a_maker_writes_comes_as_it_was_written() -> None:
    pieces: list[bytes] = []
    target = Outlet(pieces.append, Budget())
    made, budget = bytearray(), (1 << 18) + 7
    for offset, data in ((0, b"head"), (4, bytes(range(256)) * 2000), (0, b"HEAD"), (budget, b"x" * 9)):
        assert target.seek(offset) == offset
        assert target.write(data) == len(data)
        assert target.tell() == offset + len(data)
        made[offset : offset + len(data)] = data
    target.flush()
    received = bytearray()
    for piece in pieces:
        found = heard(piece)
        assert isinstance(found, Write)
        assert len(piece) <= LONGEST
        received[found.offset : found.offset + len(found.data)] = found.data
    assert received == made


def test_what_comes_after_the_end_is_no_answer() -> None:
    def work(say: Say) -> None:
        say(b"one")
        say(b"")
        say(b"two")

    with Stream(children.Job(None, work), seconds=10, most=100) as stream:
        found = stream.pieces()
        assert next(found) == b"one"
        with pytest.raises(StoppedError, match="more after its end"):
            next(found)


def test_a_process_that_is_left_is_gone() -> None:
    with Stream(children.Job(None, lambda _: time.sleep(600)), seconds=10, most=100) as stream:
        process = stream._process
        os.kill(process, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


@pytest.mark.parametrize("piece", [b"", b"w", b"w" + bytes(8), b".", b"=ok"])
def test_no_other_piece_is_heard(piece: bytes) -> None:
    with pytest.raises(CorruptError):
        heard(piece)


def test_npm_files_of_the_same_user_come_by_the_same_process(machine: People) -> None:
    machine.prefix(machine.home("alice") / "npm", "left", "right", owner="alice")
    with keeper(machine) as root:
        found = root.keep(
            npm(str(machine.home("alice") / "npm"), "left", "right"), pip(str(machine.home("alice") / "venv"), "a")
        )
        assert [one.file for one in found.kept] == ["left-1.0.0.tgz", "right-1.0.0.tgz", "a-1.0-py3-none-any.whl"]
