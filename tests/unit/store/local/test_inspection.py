"""The repository's files as files: all of them are seen, and a copy is kept before anything is mended."""

from __future__ import annotations

import errno

import pytest
from support.disk.faults import Refusing

from cortexrepo.disk.filesystem import Info
from cortexrepo.disk.memory import MemoryFileSystem
from cortexrepo.errors import StoreError
from cortexrepo.store.local.inspection import Inspection


def disk(**errors: int) -> Refusing:
    memory = MemoryFileSystem(owner=7)
    for path in ("/r", "/r/a", "/r/a/b", "/r/a/b/c", "/r/aX", "/r/empty"):
        memory.make_directory(path)
    for path in ("/r/file", "/r/a/file", "/r/a/b/file", "/r/a/b/c/file", "/r/X", "/r/aX/file"):
        memory.write_new(path, b"data")
    return Refusing(memory, **errors)


def test_everything_is_seen_three_directories_deep() -> None:
    found = dict(Inspection("/r", disk()).walk())
    assert list(found) == ["X", "a", "a/b", "a/b/c", "a/b/file", "a/file", "aX", "aX/file", "empty", "file"]
    assert found["a"].kind == "directory"
    assert found["a/b/file"] == Info("file", 7, 0o600, 4)


def test_only_what_is_below_is_seen_where_that_is_asked() -> None:
    assert [path for path, _ in Inspection("/r", disk()).walk("a/b", 2)] == ["a/b/c", "a/b/c/file", "a/b/file"]


class Vanishing(Refusing):
    """What is listed is gone when it is looked at, or when it is listed itself."""

    def names(self, path: str) -> list[str]:
        if path == "/r/a":
            raise FileNotFoundError(errno.ENOENT, "gone", path)
        return super().names(path)

    def info(self, path: str) -> Info | None:
        return None if path == "/r/empty" else super().info(path)


def test_what_goes_meanwhile_is_passed_over() -> None:
    files = Vanishing(disk())
    assert [path for path, _ in Inspection("/r", files).walk()] == ["X", "a", "aX", "aX/file", "file"]


def test_a_repository_that_is_not_there_is_an_error() -> None:
    with pytest.raises(StoreError, match=r"^/none: cannot list \.: "):
        list(Inspection("/none", disk()).walk())


@pytest.mark.parametrize(
    ("method", "text"), [("names", r"^/r: cannot list \.: Input"), ("info", r"^/r: cannot examine X: Input")]
)
def test_what_cannot_be_looked_at_is_named(method: str, text: str) -> None:
    with pytest.raises(StoreError, match=text):
        list(Inspection("/r", disk(**{method: errno.EIO})).walk())


def test_a_directory_that_cannot_be_listed_is_named() -> None:
    with pytest.raises(StoreError, match=r"^/r: cannot list a: Input"):
        list(Inspection("/r", disk(names=errno.EIO)).walk("a"))


def test_the_owner_is_told() -> None:
    assert Inspection("/r", disk()).owner() == 7
    assert Inspection("/none", disk()).owner() == -1
    with pytest.raises(StoreError, match=r"^/r: cannot examine \.: Input"):
        Inspection("/r", disk(info=errno.EIO)).owner()


def test_a_file_is_abandoned_when_it_is_there_and_nobody_holds_it() -> None:
    files = disk()
    inspection = Inspection("/r", files)
    held = files.write_held("/r/held", b"")
    assert not inspection.is_abandoned("held")
    files.release(held)
    assert inspection.is_abandoned("held")
    assert not inspection.is_abandoned("none")
    with pytest.raises(StoreError, match=r"^/r: cannot examine held: Input"):
        Inspection("/r", Refusing(files, abandoned=errno.EIO)).is_abandoned("held")


@pytest.mark.parametrize("error", [errno.EPERM, None])
def test_a_file_is_kept_aside_durably_by_link_or_by_rename(error: int | None) -> None:
    files = disk() if error is None else disk(link=error)
    Inspection("/r", files).keep_aside("a/file", "damaged")
    (name,) = files.names("/r/damaged")
    assert name.startswith("a.file.")
    assert len(name) == len("a.file.") + 8
    assert files.read(f"/r/damaged/{name}", 9) == b"data"
    assert (files.info("/r/a/file") is None) == (error is not None)
    assert [call for call in files.calls if call.startswith("sync")] == [
        "sync_directory /r/",
        "sync_directory /r/damaged/",
    ]


def test_two_files_of_one_name_are_both_kept() -> None:
    files = disk()
    for _ in range(2):
        Inspection("/r", files).keep_aside("a/file", "damaged")
    assert len(files.names("/r/damaged")) == 2


def test_where_nothing_can_be_kept_aside_nothing_is_moved() -> None:
    files = disk(link=errno.EIO)
    with pytest.raises(StoreError, match=r"^/r: cannot keep a copy of a/file: Input"):
        Inspection("/r", files).keep_aside("a/file", "damaged")
    assert files.read("/r/a/file", 9) == b"data"
