"""What every store must do, on the disk and in memory, publishing by link and by rename."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.disk.memory import MemoryFileSystem
from cortexrepo.errors import CorruptError, LockTimeoutError
from cortexrepo.store.local.directories import LOCK
from cortexrepo.store.local.store import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cortexrepo.disk.filesystem import FileSystem

BAD_KEYS = [
    "",
    "..",
    "a/../b",
    "/a",
    "a//b",
    "refs/.hidden",
    "refs/-x",
    "refs/a b",
    "refs/\0",
    "refs/" + "x" * 129,
    "é",
]


def _intact(_key: str, data: bytes) -> bool:
    return data.startswith(b"good")


@pytest.fixture(params=["disk", "memory"])
def files(request: pytest.FixtureRequest) -> FileSystem:
    return RealFileSystem() if request.param == "disk" else MemoryFileSystem()


@pytest.fixture(params=["link", "rename"])
def store(request: pytest.FixtureRequest, files: FileSystem, tmp_path: Path) -> LocalStore:
    path = ""
    for part in (*tmp_path.parts[1:], "store"):
        path += f"/{part}"
        if files.info(path) is None:
            files.make_directory(path)
    for name in ("deleted", "objects", "pins", "quarantine", "refs", "tags", "tmp"):
        files.make_directory(f"{path}/{name}")
    return LocalStore(path, files, rename=request.param == "rename")


def test_a_value_is_read_back(store: LocalStore) -> None:
    assert store.put_new("tags/one", b"value")
    assert store.get("tags/one", 5) == b"value"
    assert store.names("tags") == ["one"]


def test_a_key_is_taken_once(store: LocalStore) -> None:
    assert store.put_new("tags/one", b"first")
    assert not store.put_new("tags/one", b"second")
    assert store.get("tags/one", 99) == b"first"


@pytest.mark.parametrize("method", ["put", "put_cache"])
def test_a_value_is_replaced_and_nothing_else_is_left(store: LocalStore, method: str) -> None:
    for data in (b"one", b"two"):
        getattr(store, method)("tags/one", data)
        assert store.get("tags/one", 5) == data
    assert store.names("tags") == ["one"]
    assert store.names("tmp") == []


def test_what_is_not_there_is_none(store: LocalStore) -> None:
    assert store.get("tags/one", 99) is None
    assert store.get("nowhere/one", 99) is None
    assert store.names("nowhere") == []
    assert not store.remove("tags/one")


def test_a_removed_key_is_free_again(store: LocalStore) -> None:
    store.put_new("tags/one", b"first")
    assert store.remove("tags/one")
    assert not store.remove("tags/one")
    assert store.put_new("tags/one", b"second")
    assert store.get("tags/one", 99) == b"second"


def test_a_value_beyond_the_limit_is_corrupt_and_named(store: LocalStore) -> None:
    store.put_new("tags/one", b"value")
    with pytest.raises(CorruptError, match="tags/one"):
        store.get("tags/one", 4)


@pytest.mark.parametrize("key", BAD_KEYS)
def test_a_key_that_could_leave_the_store_is_refused(store: LocalStore, key: str) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: store.get(key, 1),
        lambda: store.names(key),
        lambda: store.put_new(key, b""),
        lambda: store.remove(key),
        lambda: store.publish(key, b"", {}, _intact),
    )
    for call in calls:
        with pytest.raises(ValueError, match="not a key"):
            call()


def test_publishing_stores_the_parts_and_the_key(store: LocalStore) -> None:
    parts = {"objects/aa/one": b"good 1", "objects/bb/two": b"good 2"}
    assert store.publish("refs/r", b"ref", parts, _intact)
    assert store.get("refs/r", 99) == b"ref"
    assert {key: store.get(key, 99) for key in parts} == parts


def test_publishing_leaves_no_pin_and_no_temporary_file(store: LocalStore) -> None:
    store.publish("refs/r", b"ref", {"objects/aa/one": b"good"}, _intact)
    store.put_new("tags/one", b"value")
    store.put_new("tags/one", b"value")
    assert not store.publish("refs/r", b"other", {"objects/aa/one": b"good"}, _intact)
    assert store.names("pins") == store.names("tmp") == []


def test_publishing_under_a_taken_key_changes_nothing(store: LocalStore) -> None:
    store.publish("refs/r", b"first", {}, _intact)
    assert not store.publish("refs/r", b"second", {}, _intact)
    assert store.get("refs/r", 99) == b"first"


def test_an_intact_part_is_kept_and_a_damaged_one_replaced(store: LocalStore) -> None:
    store.publish("refs/r", b"ref", {"objects/aa/kept": b"good, first", "objects/aa/bad": b"damaged"}, _intact)
    store.publish("refs/s", b"ref", {"objects/aa/kept": b"good, second", "objects/aa/bad": b"good again"}, _intact)
    assert store.get("objects/aa/kept", 99) == b"good, first"
    assert store.get("objects/aa/bad", 99) == b"good again"


def test_an_object_that_was_set_aside_is_still_found(store: LocalStore, files: FileSystem) -> None:
    store.publish("refs/r", b"ref", {"objects/aa/one": b"good"}, _intact)
    files.make_directory(f"{store.location}/quarantine/run")
    files.rename(f"{store.location}/objects/aa/one", f"{store.location}/quarantine/run/aaone")
    assert store.get("objects/aa/one", 99) == b"good"


def test_names_that_are_no_keys_are_left_out(store: LocalStore, files: FileSystem) -> None:
    files.write_new(f"{store.location}/tags/.hidden", b"")
    files.write_new(f"{store.location}/tags/a b", b"")
    assert store.names("tags") == []


def test_the_lock_is_shared_and_times_out_when_held_alone(
    store: LocalStore, files: FileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cortexrepo.store.local.locking.TIMEOUT", 0.05)
    with store.shared() as one, store.shared() as two:
        assert (one, two) == (True, True)
    with (
        files.lock(f"{store.location}/{LOCK}", exclusive=True, timeout=0),
        pytest.raises(LockTimeoutError, match="another process holds lock"),
        store.shared(),
    ):
        pytest.fail("shared what another holds alone")
