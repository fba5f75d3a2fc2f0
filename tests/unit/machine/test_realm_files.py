"""Reading as one user: the same answers as the whole machine's, with or without openat2, and notes of all of it."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from cortexrepo.disk.straight import Straight
from cortexrepo.machine.budget import Budget, SpentError
from cortexrepo.machine.evidence import holds
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.notes import Notes
from cortexrepo.machine.realm_files import RealmSystem
from cortexrepo.machine.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cortexrepo.machine.files import System


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Some files and links."""
    (tmp_path / "site/x").mkdir(parents=True)
    (tmp_path / "site/x/file").write_text("content")
    (tmp_path / "site/x/link").symlink_to("file")
    (tmp_path / "site/link").symlink_to("x")
    (tmp_path / "site/up").symlink_to("../site/x/..")
    (tmp_path / "site/away").symlink_to(str(tmp_path / "site/x/file"))
    (tmp_path / "site/loop").symlink_to("loop")
    (tmp_path / "site/dangling").symlink_to("nothing")
    os.mkfifo(tmp_path / "site/x/fifo")
    return tmp_path / "site"


def machine(budget: Budget | None = None, notes: Notes | None = None) -> RealmSystem:
    return RealmSystem(os.open("/", os.O_RDONLY), budget or Budget(), Scope(is_wide=False), notes, live=True)


@pytest.fixture(params=["openat2", "none"])
def system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[RealmSystem]:
    """A reader, and one on a kernel without openat2."""
    if request.param == "none":
        monkeypatch.setattr(Straight, "open", lambda *_: -errno.ENOSYS)
    found = machine()
    yield found
    found.close()


ASKED = (
    "",
    "/x",
    "/x/file",
    "/x/link",
    "/link/file",
    "/link/link",
    "/up/x/file",
    "/away",
    "/loop",
    "/loop/file",
    "/dangling",
    "/nothing",
    "/x/file/below",
    "/x/fifo",
    "/x/../x/file",
    "/x/no\0thing",
)


def answer(act: Callable[[], object]) -> object:
    try:
        return act()
    except (OSError, ValueError) as error:
        return getattr(error, "errno", None) or type(error)


@pytest.mark.parametrize("asked", ASKED)
def test_every_answer_is_that_of_the_whole_machine(place: Path, system: RealmSystem, asked: str) -> None:
    path, whole = f"{place}{asked}", LiveSystem({})
    system.entries(str(place))  # kept open, as a search leaves it

    def answers(one: System) -> list[object]:
        return [
            answer(lambda: one.read(path)),
            answer(lambda: one.head(path, 3)),
            answer(lambda: one.exists(path)),
            answer(lambda: one.is_directory(path)),
            answer(lambda: one.owner(path)),
            answer(lambda: one.stamp(path)),
            answer(lambda: one.entries(path)),
            answer(lambda: one.readlink(path)),
            answer(lambda: one.realpath(path)),
        ]

    assert answers(system) == answers(whole)
    assert answers(system) == answers(whole)


def test_the_notes_tell_of_every_change(place: Path) -> None:
    def ask(one: System) -> None:
        one.entries(str(place))
        for asked in ("/x/file", "/x/link", "/link/file", "/dangling", "/x/nothing", "/nothing/below"):
            one.read(f"{place}{asked}")
        one.exists(f"{place}/x/none")
        one.readlink(f"{place}/link")
        one.realpath(f"{place}/link/file")

    (place / "aside").symlink_to("/x")
    changes: list[Callable[[], object]] = [
        lambda: (place / "x/file").write_text("contenu"),
        (place / "x/nothing").touch,
        (place / "x/none").touch,
        (place / "nothing").touch,
        lambda: (place / "aside").rename(place / "link"),
        (place / "new").touch,
    ]
    for change in changes:
        notes = Notes()
        ask(machine(notes=notes))
        seen = notes.seen()
        assert holds(seen)
        change()
        assert not holds(seen), change


def test_a_budget_that_is_spent_ends_all_questions(place: Path) -> None:
    budget = Budget(size=10)
    system = machine(budget)
    assert system.read(f"{place}/x/file") == b"content"
    with pytest.raises(SpentError, match="too large together"):
        system.read(f"{place}/x/file")
    for act in (system.exists, system.entries, system.realpath, system.readlink, system.read):
        with pytest.raises(SpentError):
            act(f"{place}/x")


def test_the_files_of_the_kernel_are_refused(place: Path) -> None:
    (place / "x/proc").symlink_to("/proc/self/status")
    for path in ("/proc/self/status", "/sys/kernel/uevent_seqnum", f"{place}/x/proc"):
        with pytest.raises(PermissionError, match="files of the kernel"):
            machine().read(path)


def test_without_proc_the_file_that_was_looked_at_is_opened(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    system = machine()
    system._regular.close()
    assert system.read(f"{place}/x/file") == b"content"
    with pytest.raises(OSError, match="not a regular file"):
        system.read(f"{place}/x/fifo")
    (place / "x/other").write_text("other")
    monkeypatch.setattr(system, "_again", lambda *_: os.open(place / "x/other", os.O_RDONLY))
    with pytest.raises(OSError, match="was replaced while it was opened"):
        system.read(f"{place}/x/file")
