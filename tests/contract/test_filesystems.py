"""What every file system must do: the disk, its twin in memory, and the one that the crash tests run on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.disk.disk import Disk
from support.disk.process import Process

from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.disk.memory import MemoryFileSystem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cortexrepo.disk.filesystem import FileSystem


@pytest.fixture(params=["disk", "memory", "simulated"])
def files(request: pytest.FixtureRequest) -> FileSystem:
    kinds: dict[str, Callable[[], FileSystem]] = {
        "disk": RealFileSystem,
        "memory": MemoryFileSystem,
        "simulated": lambda: Process(Disk()),
    }
    return kinds[request.param]()


@pytest.fixture
def root(files: FileSystem, tmp_path: Path) -> str:
    """A directory that is there on both."""
    path = ""
    for part in tmp_path.parts[1:]:
        path += f"/{part}"
        if files.info(path) is None:
            files.make_directory(path)
    return path


def test_a_new_file_holds_what_was_written(files: FileSystem, root: str) -> None:
    files.write_new(f"{root}/a", b"one")
    assert files.read(f"{root}/a", 3) == b"one"
    info = files.info(f"{root}/a")
    assert info is not None
    assert (info.kind, info.mode) == ("file", 0o600)


def test_a_new_file_never_replaces_one(files: FileSystem, root: str) -> None:
    files.write_new(f"{root}/a", b"one")
    for write in (files.write_new, files.write_held):
        with pytest.raises(FileExistsError):
            write(f"{root}/a", b"two")
    assert files.read(f"{root}/a", 9) == b"one"


def test_a_held_file_is_there_before_and_after_its_release(files: FileSystem, root: str) -> None:
    held = files.write_held(f"{root}/a", b"one")
    assert files.read(f"{root}/a", 9) == b"one"
    files.release(held)
    assert files.read(f"{root}/a", 9) == b"one"


def test_a_held_file_is_abandoned_only_after_its_release_under_each_of_its_names(files: FileSystem, root: str) -> None:
    held = files.write_held(f"{root}/a", b"one")
    files.rename(f"{root}/a", f"{root}/b")
    files.link(f"{root}/b", f"{root}/c")
    assert not files.abandoned(f"{root}/b")
    assert not files.abandoned(f"{root}/c")
    files.release(held)
    assert files.abandoned(f"{root}/b")
    assert files.abandoned(f"{root}/c")
    with pytest.raises(FileNotFoundError):
        files.abandoned(f"{root}/a")


def test_a_file_that_nobody_ever_held_is_abandoned(files: FileSystem, root: str) -> None:
    files.write_new(f"{root}/a", b"one")
    assert files.abandoned(f"{root}/a")


def test_a_file_in_pieces_is_held_whole_and_read_in_parts(files: FileSystem, root: str) -> None:
    held = files.write_pieces(f"{root}/a", iter([b"one", b"", b"two"]))
    assert not files.abandoned(f"{root}/a")
    files.release(held)
    assert files.abandoned(f"{root}/a")
    assert files.read(f"{root}/a", 9) == b"onetwo"
    assert [files.read_part(f"{root}/a", *part) for part in ((0, 2), (2, 3), (5, 9), (6, 1))] == [
        b"on", b"etw", b"o", b"",
    ]  # fmt: skip
    with pytest.raises(FileExistsError):
        files.write_pieces(f"{root}/a", [b"three"])
    assert files.read(f"{root}/a", 9) == b"onetwo"


def test_nothing_is_left_of_a_file_whose_pieces_end_in_an_error(files: FileSystem, root: str) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"one"
        raise ValueError("the source broke")

    with pytest.raises(ValueError, match="the source broke"):
        files.write_pieces(f"{root}/a", pieces())
    assert files.names(root) == []
    files.release(files.write_pieces(f"{root}/a", [b"again"]))
    assert files.read(f"{root}/a", 9) == b"again"


def test_parts_are_read_of_files_alone(files: FileSystem, root: str) -> None:
    files.make_directory(f"{root}/d")
    with pytest.raises(OSError, match=r"EISDIR|not a regular file"):
        files.read_part(f"{root}/d", 0, 1)
    with pytest.raises(FileNotFoundError):
        files.read_part(f"{root}/a", 0, 1)


def test_only_an_empty_directory_is_removed(files: FileSystem, root: str) -> None:
    files.make_directory(f"{root}/d")
    files.write_new(f"{root}/d/a", b"one")
    with pytest.raises(OSError, match=r"ENOTEMPTY|not empty"):
        files.remove_directory(f"{root}/d")
    files.unlink(f"{root}/d/a")
    files.remove_directory(f"{root}/d")
    assert files.info(f"{root}/d") is None
    with pytest.raises(FileNotFoundError):
        files.remove_directory(f"{root}/d")


def test_more_than_the_limit_is_refused(files: FileSystem, root: str) -> None:
    files.write_new(f"{root}/a", b"four")
    with pytest.raises(OSError, match=r"EFBIG|larger"):
        files.read(f"{root}/a", 3)


def test_an_empty_file_is_read_as_nothing(files: FileSystem, root: str) -> None:
    files.write_new(f"{root}/a", b"")
    assert files.read(f"{root}/a", 0) == b""


def test_what_is_not_there_is_not_found(files: FileSystem, root: str) -> None:
    assert files.info(f"{root}/a") is None
    for call in (
        lambda: files.read(f"{root}/a", 1),
        lambda: files.names(f"{root}/a"),
        lambda: files.unlink(f"{root}/a"),
        lambda: files.link(f"{root}/a", f"{root}/b"),
        lambda: files.rename(f"{root}/a", f"{root}/b"),
        lambda: files.rename_new(f"{root}/a", f"{root}/b"),
        lambda: files.sync_directory(f"{root}/a"),
        lambda: files.write_new(f"{root}/a/b", b""),
        lambda: files.make_directory(f"{root}/a/b"),
    ):
        with pytest.raises(FileNotFoundError):
            call()


def test_below_a_file_there_is_nothing(files: FileSystem, root: str) -> None:
    files.write_new(f"{root}/a", b"")
    for call in (
        lambda: files.info(f"{root}/a/b"),
        lambda: files.names(f"{root}/a"),
        lambda: files.write_new(f"{root}/a/b", b""),
        lambda: files.make_directory(f"{root}/a/b"),
        lambda: files.sync_directory(f"{root}/a"),
    ):
        with pytest.raises(NotADirectoryError):
            call()


def test_a_directory_is_neither_read_nor_unlinked(files: FileSystem, root: str) -> None:
    files.make_directory(f"{root}/d")
    info = files.info(f"{root}/d")
    assert info is not None
    assert (info.kind, info.mode) == ("directory", 0o700)
    with pytest.raises(OSError, match=r"EISDIR|not a regular file"):
        files.read(f"{root}/d", 1)
    with pytest.raises(IsADirectoryError):
        files.unlink(f"{root}/d")
    with pytest.raises(FileExistsError):
        files.make_directory(f"{root}/d")


def test_names_are_those_directly_inside(files: FileSystem, root: str) -> None:
    assert files.names(root) == []
    files.make_directory(f"{root}/d")
    files.write_new(f"{root}/d/inner", b"")
    files.write_new(f"{root}/dd", b"")
    assert sorted(files.names(root)) == ["d", "dd"]
    assert files.names(f"{root}/d") == ["inner"]


def test_a_link_is_a_second_name_for_the_same_bytes(files: FileSystem, root: str) -> None:
    files.write_new(f"{root}/a", b"one")
    files.link(f"{root}/a", f"{root}/b")
    files.unlink(f"{root}/a")
    assert files.read(f"{root}/b", 9) == b"one"


@pytest.mark.parametrize("way", ["link", "rename_new"])
def test_a_claimed_name_is_never_taken_over(files: FileSystem, root: str, way: str) -> None:
    files.write_new(f"{root}/a", b"one")
    files.write_new(f"{root}/b", b"two")
    with pytest.raises(FileExistsError):
        getattr(files, way)(f"{root}/a", f"{root}/b")
    assert files.read(f"{root}/a", 9) == b"one"
    assert files.read(f"{root}/b", 9) == b"two"


@pytest.mark.parametrize("way", ["rename", "rename_new"])
def test_a_rename_moves_to_a_free_name(files: FileSystem, root: str, way: str) -> None:
    files.write_new(f"{root}/a", b"one")
    getattr(files, way)(f"{root}/a", f"{root}/b")
    assert files.names(root) == ["b"]
    assert files.read(f"{root}/b", 9) == b"one"


def test_a_rename_replaces_a_file(files: FileSystem, root: str) -> None:
    files.write_new(f"{root}/a", b"one")
    files.write_new(f"{root}/b", b"two")
    files.rename(f"{root}/a", f"{root}/b")
    assert files.names(root) == ["b"]
    assert files.read(f"{root}/b", 9) == b"one"


def test_sharers_hold_the_lock_together_and_keep_out_whoever_wants_it_alone(files: FileSystem, root: str) -> None:
    with files.lock(f"{root}/lock", exclusive=False, timeout=0) as first:
        with files.lock(f"{root}/lock", exclusive=False, timeout=0) as second:
            assert (first, second) == (True, True)
        with pytest.raises(TimeoutError), files.lock(f"{root}/lock", exclusive=True, timeout=0):
            pytest.fail("two hold what one can hold")
    with files.lock(f"{root}/lock", exclusive=True, timeout=0) as alone:
        assert alone
        with pytest.raises(TimeoutError), files.lock(f"{root}/lock", exclusive=False, timeout=0):
            pytest.fail("shared what another holds alone")


def test_the_lock_is_free_again_after_an_error_inside(files: FileSystem, root: str) -> None:
    with pytest.raises(KeyError), files.lock(f"{root}/lock", exclusive=True, timeout=0):
        raise KeyError
    with files.lock(f"{root}/lock", exclusive=True, timeout=0) as held:
        assert held
