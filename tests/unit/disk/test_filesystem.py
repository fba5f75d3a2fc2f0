"""The disk itself: what it is asked for, what it leaves behind when a call fails, and what it never does."""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from cortexrepo.disk.filesystem import Info, RealFileSystem, open_regular, read_bounded

if TYPE_CHECKING:
    from pathlib import Path

FILES = RealFileSystem()


def descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


@pytest.fixture(name="place")
def _place(tmp_path: Path) -> Path:
    (tmp_path / "file").write_bytes(b"data")
    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "fifo")
    return tmp_path


@pytest.mark.parametrize("hold", [False, True])
@pytest.mark.parametrize("call", ["write", "fsync"])
def test_a_file_that_could_not_be_written_is_gone_and_closed(
    place: Path, monkeypatch: pytest.MonkeyPatch, call: str, *, hold: bool
) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(os, call, fail)
    before = descriptors()
    with pytest.raises(OSError, match="broken"):
        (FILES.write_held if hold else FILES.write_new)(f"{place}/new", b"data")
    assert not (place / "new").exists()
    assert descriptors() == before


def test_what_failed_is_said_also_where_nothing_can_be_cleaned_up(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "broken")

    def keep(*_: object) -> None:
        raise OSError(errno.EROFS, "another error")

    monkeypatch.setattr(os, "fsync", fail)
    monkeypatch.setattr(os, "unlink", keep)
    with pytest.raises(OSError, match="broken"):
        FILES.write_new(f"{place}/new", b"data")


def test_a_write_that_takes_only_a_part_is_continued(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: whole(descriptor, data[:3]))
    FILES.write_new(f"{place}/new", b"0123456789")
    monkeypatch.undo()
    assert (place / "new").read_bytes() == b"0123456789"


def test_what_is_written_is_fsynced_and_what_is_synced_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.readlink(f"/proc/self/fd/{descriptor}")))
    FILES.write_new(f"{place}/new", b"data")
    FILES.release(FILES.write_held(f"{place}/held", b"data"))
    FILES.sync_directory(str(place))
    assert synced == [f"{place}/new", f"{place}/held", str(place)]


def test_no_descriptor_is_left_open_or_given_to_a_program(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flags: list[int] = []
    opened = os.open

    def watch(path: str, how: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        flags.append(how)
        return opened(path, how, mode, dir_fd=dir_fd)

    before = descriptors()
    monkeypatch.setattr(os, "open", watch)
    FILES.write_new(f"{place}/new", b"data")
    held = FILES.write_held(f"{place}/held", b"data")
    FILES.read(f"{place}/new", 9)
    FILES.abandoned(f"{place}/held")
    FILES.sync_directory(str(place))
    FILES.release(held)
    for path in ("link", "fifo", "directory"):
        with pytest.raises(OSError, match=path):
            FILES.read(f"{place}/{path}", 9)
    with pytest.raises(NotADirectoryError):
        FILES.sync_directory(f"{place}/file")
    assert descriptors() == before
    assert len(flags) == 9
    assert all(how & os.O_CLOEXEC for how in flags)


def test_modes_do_not_depend_on_the_umask_being_strict(place: Path) -> None:
    before = os.umask(0)
    try:
        FILES.write_new(f"{place}/new", b"")
        FILES.make_directory(f"{place}/made")
    finally:
        os.umask(before)
    assert FILES.info(f"{place}/new") == Info("file", os.geteuid(), 0o600, 0)
    made = FILES.info(f"{place}/made")
    assert made is not None
    assert (made.kind, made.mode) == ("directory", 0o700)


def test_what_something_is_is_told_without_following_it(place: Path) -> None:
    kinds = {}
    for name in ("file", "directory", "link", "fifo"):
        info = FILES.info(f"{place}/{name}")
        assert info is not None
        kinds[name] = info.kind
    assert FILES.info(f"{place}/file") == Info("file", os.geteuid(), (place / "file").stat().st_mode & 0o777, 4)
    assert kinds == {"file": "file", "directory": "directory", "link": "other", "fifo": "other"}


def test_nothing_is_written_or_read_through_a_link(place: Path) -> None:
    (place / "dangling").symlink_to(place / "none")
    with pytest.raises(FileExistsError):
        FILES.write_new(f"{place}/dangling", b"data")
    for call in (lambda: FILES.read(f"{place}/link", 9), lambda: FILES.abandoned(f"{place}/link")):
        with pytest.raises(OSError) as caught:
            call()
        assert caught.value.errno == errno.ELOOP
    FILES.link(f"{place}/link", f"{place}/second")
    assert (place / "second").is_symlink()


def test_what_is_no_regular_file_is_not_read(place: Path) -> None:
    for name in ("fifo", "directory"):
        with pytest.raises(OSError, match=r"\] the path is not a regular file: ") as caught:
            FILES.read(f"{place}/{name}", 9)
        assert (caught.value.errno, caught.value.filename) == (errno.EINVAL, f"{place}/{name}")


def test_a_device_behind_a_linked_directory_is_not_read(place: Path) -> None:
    (place / "devices").symlink_to("/dev")
    before = descriptors()
    for call in (lambda: read_bounded(f"{place}/devices/zero", 9), lambda: open_regular(f"{place}/devices/zero")):
        with pytest.raises(OSError, match=r"\] the path is not a regular file: "):
            call()
    assert descriptors() == before


def test_a_file_is_read_in_an_open_directory_and_its_link_is_not(place: Path) -> None:
    folder = os.open(place, os.O_RDONLY)
    try:
        assert read_bounded("file", 9, place=folder) == b"data"
        with pytest.raises(OSError) as caught:
            read_bounded("link", 9, place=folder)
    finally:
        os.close(folder)
    assert caught.value.errno == errno.ELOOP


def test_a_file_is_read_whole_however_large(place: Path) -> None:
    data = os.urandom((2 << 20) + 1)
    (place / "large").write_bytes(data)
    assert FILES.read(f"{place}/large", len(data)) == data
    with pytest.raises(
        OSError, match=rf"\] the file is larger than the {len(data) - 1} bytes that are allowed: "
    ) as caught:
        FILES.read(f"{place}/large", len(data) - 1)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, f"{place}/large")


def test_no_more_is_read_than_one_byte_beyond_the_limit(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    whole = os.read
    (place / "large").write_bytes(bytes(3 << 20))

    def watch(descriptor: int, size: int) -> bytes:
        asked.append(size)
        return whole(descriptor, size)

    monkeypatch.setattr(os, "read", watch)
    with pytest.raises(OSError, match="larger"):
        FILES.read(f"{place}/large", 100)
    assert asked == [101]
    asked.clear()
    with pytest.raises(OSError, match="larger"):
        FILES.read(f"{place}/large", 2 << 20)
    assert asked == [1 << 20, 1 << 20, 1]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL])
def test_without_locks_files_are_written_and_nobody_counts_as_gone(
    place: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(_descriptor: int, _operation: int) -> None:
        raise OSError(number, "no locks")

    monkeypatch.setattr(fcntl, "flock", refuse)
    FILES.release(FILES.write_held(f"{place}/held", b"data"))
    assert not FILES.abandoned(f"{place}/held")


def test_any_other_failure_of_a_lock_is_one(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(OSError, match="broken"):
        FILES.write_held(f"{place}/held", b"data")
    assert not (place / "held").exists()
    with pytest.raises(OSError, match="broken"):
        FILES.abandoned(f"{place}/file")


def test_a_rename_that_cannot_be_says_why_and_where(place: Path) -> None:
    with pytest.raises(FileExistsError, match="File exists") as caught:
        FILES.rename_new(f"{place}/file", f"{place}/directory")
    assert caught.value.filename == f"{place}/directory"
    FILES.rename_new(f"{place}/file", f"{place}/n\udcff")
    assert (place / "n\udcff").read_bytes() == b"data"
