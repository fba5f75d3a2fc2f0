"""Repositories between users: whose may be used by whom, and what their files let others see."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

import pytest
from support.machines.roots import make_root
from support.processes.users import NOBODY, SOMEBODY, give, run_as

from cortexrepo.model.ids import SnapshotId
from cortexrepo.repository.memory import Memory
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.processes.command_line import CommandLine

WRITING: tuple[tuple[str, ...], ...] = (
    ("create", "new"),
    ("tag", "new", "latest"),
    ("delete", "latest", "--yes"),
    ("undelete", "HIDDEN"),
    ("gc", "--expire-deleted", "now"),
    ("verify", "--repair", "--from", "COPY"),
)
READING: tuple[tuple[str, ...], ...] = (
    ("list",),
    ("show", "latest", "--packages"),
    ("diff", "latest~1", "latest"),
    ("status",),
    ("verify",),
)


@pytest.fixture
def hidden(cortex: CommandLine) -> str:
    """Makes a repository of root's with two snapshots and one that is deleted; returns the id of that."""
    for number in range(3):
        make_root(cortex.root, apt={"bash": f"{number}"})
        cortex("create", f"number {number}")
    return cortex("delete", "latest~2", "--yes").out.split()[1]


def _words(words: tuple[str, ...], cortex: CommandLine, hidden: str) -> list[str]:
    return [{"HIDDEN": hidden, "COPY": str(cortex.repo)}.get(word, word) for word in words]


def _state(repo: Path) -> dict[str, tuple[int, int, int]]:
    return {str(path): (info.st_ino, info.st_mode, info.st_size) for path in repo.rglob("*") for info in [path.lstat()]}


@pytest.mark.usefixtures("open_path")
@pytest.mark.parametrize("words", WRITING, ids=" ".join)
def test_root_changes_nothing_in_a_repository_of_a_user(
    cortex: CommandLine, hidden: str, words: tuple[str, ...]
) -> None:
    give(cortex, SOMEBODY)
    before = _state(cortex.repo)
    found = cortex(*_words(words, cortex, hidden))
    assert found.code == 4
    assert f"belongs to the user {SOMEBODY}: root reads it, and changes nothing in it" in found.err
    assert _state(cortex.repo) == before


@pytest.mark.usefixtures("open_path", "hidden")
def test_root_reads_a_repository_of_a_user_as_the_user_does(cortex: CommandLine) -> None:
    answers = [cortex(*words, "--json") for words in READING]
    give(cortex, SOMEBODY)
    before = _state(cortex.repo)
    assert [cortex(*words, "--json") for words in READING] == answers
    assert _state(cortex.repo) == before


@pytest.mark.usefixtures("open_path")
def test_a_user_reads_what_root_has_opened_and_changes_nothing(cortex: CommandLine, hidden: str) -> None:
    for path in (cortex.repo, *cortex.repo.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    before = _state(cortex.repo)
    for words in READING:
        found = run_as(NOBODY, cortex, *words)
        assert found.code == (1 if words == ("verify",) else 0), found
        assert "Permission denied" not in found.err, found
    for words in WRITING:
        found = run_as(NOBODY, cortex, *_words(words, cortex, hidden))
        assert found.code == 1, found
        if words[0] == "verify":
            # It names the permissions, and there was nothing to mend.
            assert found.out.startswith("permissions: "), found
            continue
        assert found.err.startswith("cortex: "), found
        assert "\nhint: " in found.err, found
    assert _state(cortex.repo) == before


@pytest.mark.usefixtures("open_path")
def test_a_user_sees_nothing_of_what_root_has_not_opened(cortex: CommandLine, hidden: str) -> None:
    for words in (*READING, *WRITING):
        found = run_as(NOBODY, cortex, *_words(words, cortex, hidden))
        assert found.code == 1, found
        assert found.out == ""
        assert "Permission denied" in found.err


@pytest.mark.usefixtures("open_path", "hidden")
def test_objects_that_may_not_be_linked_are_collected_all_the_same(cortex: CommandLine) -> None:
    """Where `fs.protected_hardlinks` is 1 a user may not link root's files; moving them is as good."""
    for path in (cortex.repo, *cortex.repo.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666 if path.name.startswith("lock") else 0o644)
    assert run_as(NOBODY, cortex, "create", "theirs").code == 0
    found = run_as(NOBODY, cortex, "gc", "--expire-deleted", "now")
    assert found.code == 0, found
    assert found.out.splitlines()[-1].startswith("removed 1 snapshot, 1 object ("), found
    assert not (cortex.repo / "quarantine").exists()
    # Root reads what the user has written, and names who wrote it.
    assert cortex("show", "latest").code == 0
    problems = cortex("verify", "--json").json()["problems"]
    assert isinstance(problems, list)
    assert {problem["kind"] for problem in problems} == {"owner", "permissions"}


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def mask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("mask")
def test_no_umask_opens_anything_to_others(
    cortex: CommandLine, hidden: str, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    cortex("undelete", hidden)
    for words in (("tag", "t", "latest"), ("tag", "--force", "t", "latest~1"), ("list",), ("status",)):
        assert cortex(*words).code == 0
    copy = cortex.repo.with_name("copy")
    shutil.copytree(cortex.repo, copy)
    victim = next(path for path in (cortex.repo / "objects").glob("*/*"))
    victim.write_bytes(b"damaged")
    assert cortex("verify", "--repair", "--from", str(copy)).code == 0
    # The command line remembers what is old enough only.
    Repository.open(cortex.repo).remember(Memory(b"", (), SnapshotId("0" * 32)))
    cortex("delete", "latest", "--yes")
    (cortex.repo / "ballast").unlink()
    assert cortex("gc", "--expire-deleted", "now").code == 0
    found = [cortex.repo, *cortex.repo.rglob("*")]
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in found}
    assert {path for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)} == set()
    assert {"ballast", "cache", "damaged", "lock", "lock.gc", "refs", "tags"} <= {path.name for path in found}
    tell_counts({"modes": len(found)})
