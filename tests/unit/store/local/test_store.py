"""The store in a directory where calls fail: what it says, what it leaves, and how often it tries again."""

from __future__ import annotations

import contextlib
import errno
from typing import TYPE_CHECKING

import pytest
from support.disk.faults import Refusing

from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.disk.memory import MemoryFileSystem
from cortexrepo.errors import CorruptError, DurabilityError, LockTimeoutError, StoreError
from cortexrepo.store.keys import Naming
from cortexrepo.store.local.directories import BALLAST_SIZE, LOCK
from cortexrepo.store.local.store import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from cortexrepo.disk.filesystem import FileSystem

KEY = "objects/aa/one"
NAMED = Naming("machine-1", lambda: False)
NAMES = ("deleted", "objects", "pins", "quarantine", "refs", "tags", "tmp")


def disk(*, times: int = 1 << 20, **errors: int) -> Refusing:
    memory = MemoryFileSystem()
    memory.make_directory("/r")
    for name in NAMES:
        memory.make_directory(f"/r/{name}")
    return Refusing(memory, times=times, **errors)


def intact(key: str, data: bytes) -> bool:
    assert key == KEY
    return data.startswith(b"good")


def left(files: Refusing) -> list[str]:
    return files.names("/r/tmp") + files.names("/r/pins")


# -- reading


UNREADABLE = (errno.EACCES, errno.EFBIG, errno.EINVAL, errno.EIO, errno.EISDIR, errno.ELOOP, errno.ENXIO)


@pytest.mark.parametrize("error", UNREADABLE)
def test_one_file_that_cannot_be_read_is_corrupt_and_named(error: int) -> None:
    with pytest.raises(CorruptError, match=r"^refs/a: [A-Z]"):
        LocalStore("/r", disk(read=error)).get("refs/a", 9)


FAILURES: dict[str, tuple[str, Callable[[LocalStore], object], str]] = {
    "list": ("names", lambda store: store.names("packs"), "list packs"),
    "list refs": ("names_at", lambda store: store.names("refs"), "list refs"),
    "size": ("info", lambda store: store.size("refs/a"), "examine refs/a"),
    "put new": ("link", lambda store: store.put_new("refs/a", b""), "write refs/a"),
    "put a mark": ("link", lambda store: store.put_mark("refs/a", b""), "write refs/a"),
    "put": ("rename", lambda store: store.put("refs/a", b""), "write refs/a"),
    "put in the cache": ("rename", lambda store: store.put_cache("refs/a", b""), "write refs/a"),
    "publish": ("write_held", lambda store: store.publish("refs/a", b"", {}, intact, NAMED), "write refs/a"),
    "remove": ("unlink", lambda store: store.remove("refs/a"), "remove refs/a"),
    "share": ("lock", lambda store: store.shared().__enter__(), "lock lock"),
    "collect": ("lock", lambda store: store.collecting().__enter__(), "lock lock.gc"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_what_a_store_cannot_do_is_named(name: str) -> None:
    method, call, text = FAILURES[name]
    files = disk(**{method: errno.EIO})
    with pytest.raises(StoreError, match=f"^/r: cannot {text}: Input"):
        call(LocalStore("/r", files))


UNCONFIRMED: dict[str, Callable[[LocalStore], object]] = {
    "put new": lambda store: store.put_new("refs/a", b"new"),
    "put": lambda store: store.put("refs/a", b"new"),
    "publish": lambda store: store.publish("refs/a", b"new", {}, intact, NAMED),
    "remove": lambda store: store.remove("refs/b"),
    "remove what is gone": lambda store: store.remove("refs/c"),
    "put what is there": lambda store: store.put_new("refs/b", b"new"),
}


class Unconfirmed(Refusing):
    """A disk that does not confirm what happens in one directory."""

    def sync_directory(self, path: str) -> None:
        if path == "/r/refs":
            raise OSError(errno.EIO, "Input/output error", path)
        super().sync_directory(path)


@pytest.mark.parametrize("name", UNCONFIRMED)
def test_what_is_done_and_not_confirmed_is_told_apart_from_what_is_not_done(name: str) -> None:
    files = disk()
    files.write_new("/r/refs/b", b"old")
    with pytest.raises(
        DurabilityError,
        match=r"^/r/refs/[abc]: the change was made, but the disk did not confirm the change \(Input/output error\)$",
    ) as caught:
        UNCONFIRMED[name](LocalStore("/r", Unconfirmed(files)))
    assert caught.value.hint == "a power cut may undo this change; check the disk: `dmesg`"
    assert left(files) == []


def test_the_size_of_a_value_is_known_and_that_of_none_is_0() -> None:
    store = LocalStore("/r", disk())
    store.put_new("refs/a", b"value")
    assert store.size("refs/a") == 5
    assert store.size("refs/b") == 0


class Moving(Refusing):
    """A collector moves the object away whenever it is looked for: aside, and back, and aside again."""

    def __init__(self, looks: int) -> None:
        super().__init__(disk())
        self._looks = looks

    def read(self, path: str, limit: int) -> bytes:
        self._looks -= 1
        if self._looks:
            raise FileNotFoundError(errno.ENOENT, "gone", path)
        return super().read(path, limit)


@pytest.mark.parametrize("looks", range(1, 7))
def test_an_object_that_is_moved_meanwhile_is_looked_for_three_times_in_both_places(looks: int) -> None:
    files = Moving(looks)
    files.make_directory("/r/quarantine/run")
    files.make_directory("/r/objects/aa")
    for path in (f"/r/{KEY}", "/r/quarantine/run/aaone"):
        files.write_new(path, b"good")
    assert LocalStore("/r", files).get(KEY, 9) == b"good"


def test_an_object_is_found_in_any_quarantine_and_a_foreign_name_there_is_none() -> None:
    files = disk()
    store = LocalStore("/r", files)
    assert store.get(KEY, 9) is None
    for run in ("one", ".hidden", "two", "three"):
        files.make_directory(f"/r/quarantine/{run}")
    files.write_new("/r/quarantine/.hidden/aaone", b"foreign")
    assert store.get(KEY, 9) is None
    files.write_new("/r/quarantine/two/aaone", b"good")
    assert store.get(KEY, 9) == b"good"
    with pytest.raises(CorruptError, match=r"^quarantine/two/aaone: "):
        store.get(KEY, 3)
    files.errors = {"names": errno.EIO}
    assert store.get(KEY, 9) is None


def test_an_object_that_is_where_it_belongs_is_looked_for_nowhere_else() -> None:
    files = disk()
    files.make_directory("/r/objects/aa")
    files.write_new(f"/r/{KEY}", b"good")
    files.calls.clear()
    assert LocalStore("/r", files).get(KEY, 9) == b"good"
    assert files.calls == [f"read /r/{KEY}"]


def test_only_objects_are_looked_for_in_quarantine() -> None:
    files = disk()
    assert LocalStore("/r", files).get("refs/a", 9) is None
    assert [call for call in files.calls if "quarantine" in call] == []


# -- writing


@pytest.mark.parametrize("times", [1, 7])
def test_a_temporary_file_that_a_collector_took_is_written_again(times: int) -> None:
    files = disk(times=times, link=errno.ENOENT)
    assert LocalStore("/r", files).put_new("refs/a", b"new")
    assert files.read("/r/refs/a", 9) == b"new"
    assert left(files) == []


@pytest.mark.parametrize("times", [1, 8])
def test_a_directory_that_a_collector_removed_and_another_writer_made_again_is_no_error(times: int) -> None:
    files = disk(times=times, write_held=errno.ENOENT)
    assert LocalStore("/r", files).put_new("refs/a", b"new")
    assert files.read("/r/refs/a", 9) == b"new"


def test_a_large_file_whose_source_is_missing_is_an_error_at_once() -> None:
    files = disk()
    begun = []

    def pieces() -> Iterable[bytes]:
        begun.append(1)
        raise FileNotFoundError(errno.ENOENT, "No such file", "/elsewhere")

    with pytest.raises(StoreError, match="cannot keep a file in artifacts: No such file"):
        LocalStore("/r", files).large().put(pieces, lambda: "ab-cd")
    assert begun == [1]


def test_one_that_is_always_taken_is_an_error() -> None:
    files = disk(link=errno.ENOENT)
    with pytest.raises(StoreError, match=r"^/r: cannot write refs/a: No such file"):
        LocalStore("/r", files).put_new("refs/a", b"new")
    assert len([call for call in files.calls if call.startswith("link")]) == 8
    assert left(files) == []


@pytest.mark.parametrize("method", ["rename", "link"])
def test_a_writer_that_was_taken_for_dead_starts_again(method: str) -> None:
    files = disk(times=7, **{method: errno.ENOENT})
    assert LocalStore("/r", files).publish("refs/a", b"new", {}, intact, NAMED)
    assert files.read("/r/refs/a", 9) == b"new"
    assert left(files) == []


@pytest.mark.parametrize("method", ["rename", "link"])
def test_a_writer_that_is_always_taken_for_dead_gives_up(method: str) -> None:
    files = disk(**{method: errno.ENOENT})
    with pytest.raises(
        StoreError, match=r"^/r: `cortex snapshot gc` removed new files of this command 8 times$"
    ) as caught:
        LocalStore("/r", files).publish("refs/a", b"new", {}, intact, NAMED)
    assert (
        caught.value.hint
        == "run the command again when `gc` has ended; if it fails again, check the locks of the file system"
    )
    assert left(files) == []


def test_what_a_failure_leaves_behind_does_not_hide_what_was_done() -> None:
    files = disk(release=errno.EIO, unlink=errno.EIO)
    store = LocalStore("/r", files)
    assert store.put_new("refs/a", b"new")
    assert store.publish("refs/b", b"new", {}, intact, NAMED)
    assert sorted(files.names("/r/refs")) == ["a", "b"]


def test_parts_are_durable_before_the_key_is_there() -> None:
    files = disk()
    LocalStore("/r", files).publish("refs/a", b"ref", {KEY: b"good"}, intact, NAMED)
    assert [call for call in files.calls if call.partition(" ")[0] in {"sync_directory", "link", "make_directory"}] == [
        "link /r/pins/machine-1",
        "make_directory /r/objects/aa",
        "sync_directory /r/objects/aa/",
        "sync_directory /r/objects/",
        "sync_directory /r/",
        "link /r/refs/a",
        "sync_directory /r/refs/",
    ]


def test_a_repository_without_links_publishes_by_rename() -> None:
    files = disk(link=errno.EPERM)
    store = LocalStore("/r", files, rename=True)
    assert store.publish("refs/a", b"ref", {KEY: b"good"}, intact, NAMED)
    assert store.put_new("tags/a", b"tag")
    assert not store.put_new("tags/a", b"other")
    assert store.get("tags/a", 9) == b"tag"


@pytest.mark.parametrize("stored", [b"goodness", b"good" + bytes(1 << 21), b"bad"])
def test_a_part_that_is_damaged_or_far_too_large_is_replaced(stored: bytes) -> None:
    files = disk()
    files.make_directory("/r/objects/aa")
    files.write_new(f"/r/{KEY}", stored)
    LocalStore("/r", files).publish("refs/a", b"ref", {KEY: b"good"}, intact, NAMED)
    assert files.read(f"/r/{KEY}", 99) == (stored if stored == b"goodness" else b"good")


def test_a_part_may_be_stored_in_four_times_its_size() -> None:
    files = disk()
    files.make_directory("/r/objects/aa")
    part = b"good" + bytes(1 << 20)
    for extra, kept in ((0, True), (1, False)):
        files.write_new(f"/r/{KEY}", stored := b"good" + bytes(4 * len(part) - 4 + extra))
        LocalStore("/r", files).publish(f"refs/{extra}", b"ref", {KEY: part}, intact, NAMED)
        assert (files.read(f"/r/{KEY}", 1 << 23) == stored) == kept
        files.unlink(f"/r/{KEY}")


def test_a_part_whose_directory_another_makes_meanwhile_is_stored() -> None:
    files = disk()
    files.make_directory("/r/objects/aa")

    class Late(Refusing):
        def info(self, path: str) -> None:
            return None

    assert LocalStore("/r", Late(files)).publish("refs/a", b"ref", {KEY: b"good"}, intact, NAMED)
    assert files.read(f"/r/{KEY}", 9) == b"good"


def test_a_part_whose_directory_a_collector_removes_meanwhile_is_stored() -> None:
    class Collecting(Refusing):
        left = 3

        def rename(self, source: str, target: str) -> None:
            if target.startswith("/r/objects/") and self.left:
                self.left -= 1
                self.remove_directory("/r/objects/aa")
            super().rename(source, target)

    files = Collecting(disk(), times=0)
    assert LocalStore("/r", files).publish("refs/a", b"new", {KEY: b"good"}, intact, NAMED)
    assert files.read(f"/r/{KEY}", 9) == b"good"


def test_a_directory_that_went_with_what_was_packed_is_not_missed() -> None:
    class Packing(Refusing):
        def sync_directory(self, path: str) -> None:
            if path.rstrip("/") == "/r/objects/aa":
                self.unlink(f"/r/{KEY}")
                self.remove_directory(path)
            super().sync_directory(path)

    files = Packing(disk(), times=0)
    files.make_directory("/r/objects/aa")
    files.write_new(f"/r/{KEY}", b"good")
    assert LocalStore("/r", files).publish("refs/a", b"new", {KEY: b"good"}, intact, NAMED)
    assert files.names("/r/refs") == ["a"]


def test_a_mark_has_the_room_of_half_the_ballast_and_makes_it_again() -> None:
    files = disk(times=1, write_held=errno.ENOSPC)
    files.write_new("/r/ballast", bytes(BALLAST_SIZE))
    assert LocalStore("/r", files).put_mark("deleted/a", b"mark")
    info = files.info("/r/ballast")
    assert info is not None
    assert info.size == BALLAST_SIZE
    assert files.read("/r/ballast", BALLAST_SIZE) != bytes(BALLAST_SIZE)


def test_the_other_half_of_the_ballast_is_the_collectors() -> None:
    files = disk(times=1, write_held=errno.ENOSPC)
    files.write_new("/r/ballast", bytes(BALLAST_SIZE // 2))
    with pytest.raises(StoreError, match=r"^/r: cannot write deleted/a: No space"):
        LocalStore("/r", files).put_mark("deleted/a", b"mark")
    assert files.read("/r/ballast", BALLAST_SIZE) == bytes(BALLAST_SIZE // 2)


def test_a_mark_that_has_room_does_not_touch_the_ballast() -> None:
    files = disk()
    assert LocalStore("/r", files).put_mark("deleted/a", b"mark")
    assert not LocalStore("/r", files).put_mark("deleted/a", b"other")
    assert not [call for call in files.calls if "ballast" in call]


# -- locks


def test_two_collectors_exclude_one_another_and_a_lister_only_while_names_change() -> None:
    files = disk()
    store = LocalStore("/r", files)
    with store.collecting() as work:
        with (
            pytest.raises(LockTimeoutError, match=r"^/r: another process has locked lock\.gc$") as caught,
            store.collecting(),
        ):
            pytest.fail("two collect")
        assert caught.value.hint == "another `cortex snapshot gc` is running; run it again when the other has ended"
        with store.shared() as held:
            assert held
            with (
                pytest.raises(LockTimeoutError, match=r"^/r: another process has locked lock$") as caught,
                work.renaming(),
            ):
                pytest.fail("changes names beside a lister")
            assert caught.value.hint == "other processes keep listing snapshots; run `cortex snapshot gc` again"
        with work.renaming(), pytest.raises(LockTimeoutError) as caught, store.shared():
            pytest.fail("lists while names change")
        assert caught.value.hint == "`cortex snapshot gc` may be running; run the command again"


def test_a_collector_needs_locks_and_a_lister_does_not() -> None:
    class Lockless(Refusing):
        @contextlib.contextmanager
        def lock(self, path: str, *, exclusive: bool, timeout: float) -> Iterator[bool]:
            self.calls.append(f"lock {path} {exclusive} {timeout}")
            yield False

    files = Lockless(disk())
    store = LocalStore("/r", files)
    with store.shared() as held:
        assert held is False
    with (
        pytest.raises(StoreError, match=r"^/r: the file lock.gc cannot be locked, and nothing was removed$") as caught,
        store.collecting(),
    ):
        pytest.fail("collects without a lock")
    assert caught.value.hint == (
        "the file system may be full, mounted read-only, or unable to lock files: "
        "`df /r`, `findmnt -T /r`, `ls -l /r/lock.gc`"
    )
    assert files.calls == ["lock /r/lock False 10.0", "lock /r/lock.gc True 0"]


# -- on the disk and on a simulated one


@pytest.fixture(params=["disk", "memory"])
def files(request: pytest.FixtureRequest) -> FileSystem:
    return RealFileSystem() if request.param == "disk" else MemoryFileSystem()


@pytest.fixture
def store(files: FileSystem, tmp_path: Path) -> LocalStore:
    path = ""
    for part in (*tmp_path.parts[1:], "store"):
        path += f"/{part}"
        if files.info(path) is None:
            files.make_directory(path)
    for name in NAMES:
        files.make_directory(f"{path}/{name}")
    return LocalStore(path, files)


def test_an_object_that_was_set_aside_is_still_found(store: LocalStore, files: FileSystem) -> None:
    store.publish("refs/r", b"ref", {KEY: b"good"}, intact, NAMED)
    files.make_directory(f"{store.location}/quarantine/run")
    files.rename(f"{store.location}/objects/aa/one", f"{store.location}/quarantine/run/aaone")
    assert store.get(KEY, 99) == b"good"


@pytest.mark.parametrize("name", [".hidden", "a b", "-x", "a~", "x" * 200, "b\udcff"])
def test_a_name_that_is_no_keys_is_listed_and_read_where_every_file_may_say_something(
    store: LocalStore, files: FileSystem, name: str
) -> None:
    for prefix in ("refs", "tags", "deleted"):
        files.write_new(f"{store.location}/{prefix}/{name}", b"value")
        assert store.names(prefix) == [name]
        assert store.get(f"{prefix}/{name}", 9) == b"value"
        for store_it in (store.put, store.put_new, store.put_cache):
            with pytest.raises(ValueError, match="not a key"):
                store_it(f"{prefix}/{name}", b"")
    files.write_new(f"{store.location}/pins/{name}", b"value")
    assert store.names("pins") == []


@pytest.mark.parametrize("key", ["refs/..", "refs/.", "refs/", "refs/../config", "refs/a/../b", "refs/a\0", "tags/~/x"])
def test_no_key_leads_out_of_its_directory(store: LocalStore, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        store.get(key, 9)


def test_the_lock_is_shared_and_times_out_when_held_alone(
    store: LocalStore, files: FileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cortexrepo.store.local.locking.TIMEOUT", 0.05)
    with store.shared() as one, store.shared() as two:
        assert (one, two) == (True, True)
    with (
        files.lock(f"{store.location}/{LOCK}", exclusive=True, timeout=0),
        pytest.raises(LockTimeoutError, match=r"(another )?process( \d+)? has locked lock"),
        store.shared(),
    ):
        pytest.fail("shared what another holds alone")
