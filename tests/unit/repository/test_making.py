"""Making and opening: what is made where, what is refused with which words, and what happens when others are first."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest
from support.disk.faults import Fault, FaultyFileSystem, WithoutLinks
from support.repositories.inventories import inventory
from support.repositories.memories import LOCATION, InMemory, one
from support.repositories.refusals import refusal

from cortexrepo.codec.records import CONFIG, Config, decode_config, encode_config, seal
from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.disk.memory import MemoryFileSystem
from cortexrepo.errors import (
    CorruptError,
    ForeignRepositoryError,
    FormatVersionError,
    NoRepositoryError,
    OwnerError,
    StoreError,
)
from cortexrepo.repository import place
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MADE = [
    "ballast", "config", "deleted", "lock", "lock.gc", "objects", "packs", "pins", "quarantine", "refs", "removed",
    "segments", "tags", "tmp",
]  # fmt: skip
ELSEWHERE = "choose another directory: --repo DIR"
EMPTY_ONE = "choose a new or an empty directory: --repo DIR"
OTHERWISE = (
    f"if {LOCATION} is a repository, copy config back from a backup, then run `cortex snapshot verify`; "
    "else choose a new or an empty directory: --repo DIR"
)
SPACE = (
    "check the permissions and the free space of the directory and of the directory above it, "
    "or choose another directory: --repo DIR"
)
START = "`cortex snapshot create` makes one"
NEVER_LINKS = "a directory of a repository cannot be a link; copy the directory back from a backup"


def fresh(*directories: str) -> MemoryFileSystem:
    files = MemoryFileSystem()
    for directory in directories:
        files.make_directory(directory)
    return files


class Refusing(FaultyFileSystem):
    """Fails one kind of call at one path with an error; 0 is one that has no number."""

    def __init__(self, files: MemoryFileSystem, method: str, path: str, error: int) -> None:
        super().__init__(files)
        self._refused = (method, path, error)

    def _do(self, name: str, path: str, call: Callable[[], object]) -> object:  # type: ignore[override]
        method, refused, error = self._refused
        if (name, path) == (method, refused):
            raise OSError(error, os.strerror(error), path) if error else OSError("odd")
        return super()._do(name, path, call)


def synced(files: FaultyFileSystem) -> list[str]:
    """Returns the last parts of the directories that were made durable, in that order."""
    return [call.removeprefix("sync_directory ") for call in files.calls if call.startswith("sync_directory ")]


def test_a_repository_is_made_with_all_its_places_and_nothing_left_over() -> None:
    files = fresh("/home")
    Repository.open(LOCATION, create=True, files=files)
    assert sorted(files.names(LOCATION)) == MADE
    assert files.names(f"{LOCATION}/tmp") == []
    assert len(files.read(f"{LOCATION}/ballast", 1 << 20)) == 5 << 12
    for name in ("lock", "lock.gc"):
        assert files.read(f"{LOCATION}/{name}", 1) == b""


def test_directories_above_are_made_and_each_is_made_durable() -> None:
    files = FaultyFileSystem(fresh("/home"))
    Repository.open("/home/a/b/repository", create=True, files=files)
    assert synced(files) == ["home", "a", "b", "repository", "b", "repository"]


def test_it_can_be_made_in_the_root_directory() -> None:
    files = FaultyFileSystem(fresh())
    made = Repository.open("/repository", create=True, files=files)
    assert synced(files) == ["", "repository", "", "repository"]
    assert made.create(one(1)) == Repository.open("/repository", files=files).get("latest")


@pytest.mark.parametrize("create", [False, True])
def test_opening_what_is_there_changes_nothing(create: bool) -> None:  # noqa: FBT001
    made = InMemory()
    files = FaultyFileSystem(made.files)
    assert Repository.open(LOCATION, create=create, files=files).id == made.repository.id
    assert {call.split(" ")[0] for call in files.calls} == {"info", "read"}


def test_who_finds_it_made_when_it_would_make_it_takes_it_as_it_is() -> None:
    made = InMemory()
    files = FaultyFileSystem(made.files)
    assert place.make(LOCATION, files, 0)[1].repository == made.repository.id
    assert {call.split(" ")[0] for call in files.calls} == {"info", "read"}


def test_each_repository_has_an_id_of_its_own_that_it_keeps() -> None:
    first, second = InMemory(), InMemory()
    assert first.repository.id != second.repository.id
    assert decode_config(first.read("config")) == Config(first.repository.id, "link")
    assert len(first.repository.id) == 32


def test_where_there_is_none_it_says_so() -> None:
    files = fresh("/home")
    expected = (NoRepositoryError, f"no repository at {LOCATION}", START)
    assert refusal(lambda: Repository.open(LOCATION, files=files)) == expected
    assert files.names("/home") == []
    files.make_directory(LOCATION)
    text = f"no repository at {LOCATION}: the directory exists, and no repository is in it yet"
    assert refusal(lambda: Repository.open(LOCATION, files=files)) == (NoRepositoryError, text, START)
    # So does one whose making was interrupted.
    files.make_directory(f"{LOCATION}/refs")
    assert refusal(lambda: Repository.open(LOCATION, files=files)) == (NoRepositoryError, text, START)
    assert Repository.open(LOCATION, create=True, files=files).snapshots() == ()


def test_what_is_no_directory_is_refused() -> None:
    files = fresh("/home")
    files.write_new(LOCATION, b"precious")
    expected = (ForeignRepositoryError, f"{LOCATION} is a file, not a repository", ELSEWHERE)
    for create in (False, True):
        assert refusal(lambda create=create: Repository.open(LOCATION, create=create, files=files)) == expected  # type: ignore[misc]


def test_a_pipe_or_a_link_to_nothing_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    path = str(tmp_path / "pipe")
    expected = (ForeignRepositoryError, f"{path} is not a directory", ELSEWHERE)
    assert refusal(lambda: Repository.open(path, create=True)) == expected


def test_a_link_to_a_repository_is_followed_to_where_it_is(tmp_path: Path) -> None:
    made = Repository.init(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert Repository.open(tmp_path / "link").location == made.location == str(tmp_path / "real")


def test_links_on_the_disk_mean_nothing_on_another_file_system(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/elsewhere")
    files = fresh()
    made = Repository.open(tmp_path / "link", create=True, files=files)
    assert made.location == str(tmp_path / "link")
    assert files.info("/elsewhere") is None


def test_who_opens_it_is_who_runs_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    files = MemoryFileSystem(owner=1000)
    files.make_directory("/home")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    made = Repository.open(LOCATION, create=True, files=files)
    for create in (False, True):
        assert Repository.open(LOCATION, create=create, files=files).id == made.id
    monkeypatch.setattr(os, "geteuid", lambda: 1001)
    for create in (False, True):
        assert refusal(lambda create=create: Repository.open(LOCATION, create=create, files=files))[0] is OwnerError  # type: ignore[misc]


def test_what_holds_other_things_is_refused_and_left_alone() -> None:
    text = f"{LOCATION} is not a repository: other files are in it"
    for create in (False, True):
        files = fresh("/home", LOCATION)
        files.write_new(f"{LOCATION}/thesis", b"")
        found = refusal(lambda create=create, files=files: Repository.open(LOCATION, create=create, files=files))  # type: ignore[misc]
        assert found == (ForeignRepositoryError, text, EMPTY_ONE)
        assert files.names(LOCATION) == ["thesis"]


def test_another_users_directory_is_refused_before_anything_is_made_in_it() -> None:
    files = MemoryFileSystem(owner=1000)
    for directory in ("/home", "/home/r"):
        files.make_directory(directory)
    expected = (
        OwnerError,
        "/home/r belongs to another user (uid 1000)",
        "run the command as user 1000, or choose another directory: --repo DIR",
    )
    assert refusal(lambda: place.make("/home/r", files, 1001)) == expected
    assert refusal(lambda: place.find("/home/r", files, 1001)) == expected
    assert files.names("/home/r") == []


@pytest.mark.parametrize(
    "name", ["deleted", "objects", "packs", "pins", "quarantine", "refs", "removed", "segments", "tags", "tmp"]
)
def test_a_file_in_the_place_of_a_directory_is_refused_and_a_missing_one_is_not(name: str) -> None:
    made = InMemory()
    made.files.remove_directory(made.path(name))
    assert made.again().id == made.repository.id
    made.write(name, b"")
    text = f"{LOCATION}/{name} is not a directory"
    assert refusal(made.again) == (ForeignRepositoryError, text, NEVER_LINKS)


def test_a_file_in_the_place_of_the_directory_that_becomes_refs_is_refused() -> None:
    made = InMemory()
    made.write("refs.new", b"")
    assert refusal(made.again) == (ForeignRepositoryError, f"{LOCATION}/refs.new is not a directory", NEVER_LINKS)


def test_a_configuration_that_cannot_be_read_says_whether_it_is_ours() -> None:
    made = InMemory()
    good = made.read("config")
    foreign = (ForeignRepositoryError, f"{LOCATION} is not a repository: other files are in it", EMPTY_ONE)
    damaged = (
        ForeignRepositoryError,
        f"{LOCATION} is not a repository, or its file config is damaged",
        OTHERWISE,
    )
    for content in (b"[core]\n" * 20, b""):
        made.write("config", content)
        assert refusal(made.again) == damaged
    made.write("config", bytes(1 << 20))
    assert refusal(made.again) == foreign
    made.write("config", good[:-1])
    assert refusal(made.again) == (
        CorruptError,
        f"{LOCATION}/config: the file is damaged: its checksum does not match",
        "copy this file back from a backup of the repository, then run `cortex snapshot verify`",
    )
    made.write("config", good[:4] + b"\x02" + good[5:])
    assert refusal(made.again) == (
        FormatVersionError,
        f"{LOCATION}/config: the file has format 2; this version of cortex reads format 1",
        "use the version of cortex that wrote the file, or a newer one",
    )
    made.write("config", seal(CONFIG, (bytes(16), "link", ())))
    text = "a version of cortex before its first release made the repository, and no release reads its format"
    assert refusal(made.again) == (
        FormatVersionError,
        f"{LOCATION}/config: {text}",
        "make a new repository in another directory: `cortex snapshot create --repo DIR`",
    )
    made.write("config", encode_config(Config(made.repository.id, "link", ("tree",))))
    assert refusal(made.again) == (
        FormatVersionError,
        f"{LOCATION}/config: the repository needs features that this version does not know: 'tree'",
        "use the version of cortex that wrote the file, or a newer one",
    )
    made.unlink("config")
    made.files.make_directory(made.path("config"))
    assert refusal(made.again) == foreign


@pytest.mark.parametrize("error", [errno.EISDIR, errno.EINVAL, errno.ELOOP, errno.EFBIG])
def test_a_configuration_that_is_no_plain_file_is_foreign(error: int) -> None:
    files = Refusing(InMemory().files, "read", f"{LOCATION}/config", error)
    assert refusal(lambda: Repository.open(LOCATION, files=files))[0] is ForeignRepositoryError


def test_a_disk_that_fails_says_what_could_not_be_done() -> None:
    files = Refusing(InMemory().files, "read", f"{LOCATION}/config", errno.EIO)
    text = f"cannot read {LOCATION}: Input/output error"
    assert refusal(lambda: Repository.open(LOCATION, files=files)) == (StoreError, text, SPACE)
    files = Refusing(fresh("/home"), "make_directory", f"{LOCATION}/refs", errno.ENOSPC)
    text = f"cannot make a repository at {LOCATION}: No space left on device"
    assert refusal(lambda: Repository.open(LOCATION, create=True, files=files)) == (StoreError, text, SPACE)
    silent = Refusing(InMemory().files, "info", LOCATION, 0)
    text = f"cannot read {LOCATION}: odd"
    assert refusal(lambda: Repository.open(LOCATION, files=silent)) == (StoreError, text, SPACE)


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_without_room_for_the_ballast_gets_a_repository_without_one(error: int) -> None:
    memory = fresh("/home")
    files = Refusing(memory, "write_new", f"{LOCATION}/ballast", error)
    Repository.open(LOCATION, create=True, files=files).create(one(1))
    assert sorted({*memory.names(LOCATION), "ballast"}) == MADE
    broken = Refusing(fresh("/home"), "write_new", f"{LOCATION}/ballast", errno.EIO)
    assert refusal(lambda: Repository.open(LOCATION, create=True, files=broken))[0] is StoreError


def test_what_an_interrupted_maker_left_is_taken_up() -> None:
    counted = FaultyFileSystem(fresh("/home"))
    Repository.open(LOCATION, create=True, files=counted)
    for at in range(len(counted.calls)):
        memory = fresh("/home")
        files = FaultyFileSystem(memory)
        files.arm(Fault(at, errno.EIO, sticky=True))
        refusal(lambda files=files: Repository.open(LOCATION, create=True, files=files))  # type: ignore[misc]
        again = Repository.open(LOCATION, create=True, files=memory)
        assert sorted(memory.names(LOCATION)) == MADE
        assert again.create(one(1)) == again.get("latest")


@pytest.mark.parametrize("rename", [False, True])
def test_who_is_second_to_publish_the_configuration_takes_the_first_ones(rename: bool) -> None:  # noqa: FBT001
    memory = fresh("/home")
    files = WithoutLinks(memory) if rename else FaultyFileSystem(memory)
    name = "rename_new" if rename else "link"
    real = getattr(files, name)
    first: list[str] = []

    def beaten(source: str, target: str) -> None:
        setattr(files, name, real)
        first.append(Repository.open(LOCATION, create=True, files=files).id)
        files.arm(None)
        real(source, target)

    setattr(files, name, beaten)
    assert Repository.open(LOCATION, create=True, files=files).id == first[0]
    # The other one may not have come to its own sync yet.
    assert "sync_directory repository" in files.calls
    assert memory.names(f"{LOCATION}/tmp") == []


@pytest.mark.parametrize("error", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EMLINK])
def test_without_links_the_configuration_is_renamed_and_says_so(error: int) -> None:
    memory = fresh("/home")
    files = Refusing(memory, "link", f"{LOCATION}/config", error)
    made = Repository.open(LOCATION, create=True, files=files)
    assert synced(files)[-1] == "repository"
    assert decode_config(memory.read(f"{LOCATION}/config", 1 << 19)) == Config(made.id, "rename")
    assert memory.names(f"{LOCATION}/tmp") == []
    assert made.create(inventory(), tags=["a"]) == made.get("a")


def test_where_it_can_neither_be_linked_nor_renamed_there_is_none() -> None:
    memory = fresh("/home")
    text = f"{LOCATION}: the file system has no hard links and cannot refuse to overwrite a file"
    found = refusal(lambda: Repository.open(LOCATION, create=True, files=WithoutLinks(memory, rename=False)))
    assert found == (StoreError, text, ELSEWHERE)
    assert memory.names(f"{LOCATION}/tmp") == []
    broken = Refusing(fresh("/home"), "link", f"{LOCATION}/config", errno.EIO)
    found = refusal(lambda: Repository.open(LOCATION, create=True, files=broken))
    assert found == (StoreError, f"cannot make a repository at {LOCATION}: Input/output error", SPACE)


def test_the_clock_is_the_machines_in_milliseconds(tmp_path: Path) -> None:
    import time

    before = time.time_ns() // 1_000_000
    created = Repository.open(str(tmp_path / "r"), create=True, files=RealFileSystem()).create(one(1)).created_at
    assert before <= created <= time.time_ns() // 1_000_000
