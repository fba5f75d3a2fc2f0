"""The moves on a real disk, and onto a second one."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cortexrepo.disk.exchange.moves import Move, prepare
from cortexrepo.disk.exchange.moving import carry_out, take_back
from cortexrepo.disk.realtree import RealTree
from cortexrepo.errors import RestoreError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """A directory on another file system."""
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK) or shared.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system here")
    with tempfile.TemporaryDirectory(dir=shared) as made:
        yield Path(made).resolve()


def listed(*roots: Path) -> dict[str, tuple[object, ...]]:
    """Returns everything below the roots: mode, and time and content of files, and where links point."""
    found: dict[str, tuple[object, ...]] = {}
    for path in (path for root in roots for path in root.rglob("*")):
        info = path.lstat()
        if path.is_symlink():
            found[str(path)] = ("link", path.readlink())
        elif path.is_dir():
            found[str(path)] = ("directory", stat.S_IMODE(info.st_mode))
        else:
            found[str(path)] = (stat.S_IMODE(info.st_mode), info.st_mtime_ns, path.read_bytes())
    return found


def make(path: Path, content: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(mode)
    os.utime(path, ns=(1_600_000_000_123_456_789, 1_600_000_000_123_456_789))


def scene(root: Path, scripts: Path) -> tuple[list[Move], str, tuple[str, ...]]:
    private = root / "site" / ".private"
    make(root / "site/pack/one.py", "old")
    make(root / "site/pack/inner/two.py", "old too", 0o640)
    (root / "site/pack/inner").chmod(0o750)
    make(scripts / "tool", "#!old", 0o755)
    (scripts / "link").symlink_to("tool")
    make(private / "new/one.py", "new")
    make(private / "new/tool", "#!new", 0o755)
    moves = [
        Move(str(root / "site/pack/one.py"), str(private / "old/one.py")),
        Move(str(root / "site/pack/inner/two.py"), str(private / "old/inner/two.py")),
        Move(str(scripts / "tool"), str(private / "old/tool")),
        Move(str(scripts / "link"), str(private / "old/link")),
        Move(str(private / "new/one.py"), str(root / "site/pack/one.py")),
        Move(str(private / "new/tool"), str(scripts / "tool")),
    ]
    return moves, str(private), (str(root / "site"), str(scripts))


def check_there_and_back(root: Path, scripts: Path) -> None:
    files = RealTree()
    moves = prepare(*scene(root, scripts), files)
    start = listed(root, scripts)
    carry_out(moves, files)
    end = listed(root, scripts)
    assert (root / "site/pack/one.py").read_text() == "new"
    assert (scripts / "tool").read_text() == "#!new"
    assert (scripts / "tool").stat().st_mode & 0o777 == 0o755
    assert not (root / "site/pack/inner").exists()
    assert not (scripts / "link").is_symlink()
    take_back(moves, files)
    assert listed(root, scripts) == start
    carry_out(moves, files)
    assert listed(root, scripts) == end


def test_files_move_there_and_back_on_one_disk(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    check_there_and_back(tmp_path / "e", tmp_path / "bin")


def test_files_move_there_and_back_over_two_disks(tmp_path: Path, elsewhere: Path) -> None:
    check_there_and_back(tmp_path / "e", elsewhere)


def test_a_copy_keeps_mode_time_and_owner(tmp_path: Path, elsewhere: Path) -> None:
    source = tmp_path / "source"
    make(source, "text", 0o4755)
    if os.geteuid() == 0:
        os.chown(source, 12, 34)
        source.chmod(0o4755)
    RealTree().copy(str(source), str(elsewhere / "target"))
    one, other = source.stat(), (elsewhere / "target").stat()
    assert (one.st_mode, one.st_mtime_ns, one.st_uid, one.st_gid) == (
        other.st_mode,
        other.st_mtime_ns,
        other.st_uid,
        other.st_gid,
    )


def test_a_directory_that_may_not_be_written_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    moves = prepare(*scene(tmp_path / "e", tmp_path / "bin"), RealTree())

    class Refusing(RealTree):
        def rename(self, source: str, target: str) -> None:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), source, None, target)

    with pytest.raises(RestoreError, match=r"one\.py: Read-only file system"):
        carry_out(moves, Refusing())


def test_what_is_read_is_a_regular_file_of_limited_size(tmp_path: Path) -> None:
    files = RealTree()
    (tmp_path / "link").symlink_to("file")
    files.write(str(tmp_path / "file"), b"12345")
    assert files.read(str(tmp_path / "file"), 5) == b"12345"
    os.mkfifo(tmp_path / "fifo")
    for name, limit in (("file", 4), ("link", 5), ("fifo", 5), ("nothing", 5)):
        with pytest.raises(OSError):
            files.read(str(tmp_path / name), limit)
    with pytest.raises(FileExistsError):
        files.write(str(tmp_path / "file"), b"")
    assert [files.kind(str(tmp_path / name)) for name in ("file", "link", "fifo", ".", "file/x")] == [
        "file",
        "link",
        "other",
        "directory",
        "",
    ]
