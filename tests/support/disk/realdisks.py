"""A simulated disk as a real directory, the reverse, and what the calls of a real process do to a simulated one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.disk.disk import Directory, Disk, File

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from support.disk.strace import Call


def write(directory: Directory, path: Path) -> None:
    """Makes a real directory with all that is in a simulated one."""
    path.mkdir(mode=0o700)
    for name, node in directory.entries.items():
        if isinstance(node, Directory):
            write(node, path / name)
        else:
            (path / name).write_bytes(node.data)
            (path / name).chmod(0o600)


def read(path: Path) -> Disk:
    """Returns a disk with all that is in a real directory; two names of one file are one there too."""
    disk = Disk()
    disk.root = _read(path, {})
    return disk


def _read(path: Path, files: dict[int, File]) -> Directory:
    directory = Directory()
    for each in path.iterdir():
        assert not each.is_symlink(), each
        inode = each.stat().st_ino
        if each.is_dir():
            directory.entries[each.name] = _read(each, files)
        else:
            directory.entries[each.name] = files.setdefault(inode, File(each.read_bytes()))
    return directory


def replay(disk: Disk, calls: Iterable[Call]) -> None:
    """Does to a disk what a real process has done, as far as it took effect; AssertionError for an unknown call."""
    for call in calls:
        if call.done:
            _replay(disk, call)


def _replay(disk: Disk, call: Call) -> None:
    match call.kind:
        case "create":
            above, name = disk.parent(call.path)
            if name not in above.entries:
                disk.add(call.path, File())
        case "write":
            file = disk.file(call.path)
            disk.write(file, file.data + call.data)
        case "sync":
            _sync(disk, call.path)
        case "link":
            disk.add(call.path, disk.file(call.source))
        case "rename":
            disk.move(call.source, call.path, replace=True)
        case "unlink":
            disk.remove(call.path)
        case "mkdir":
            disk.add(call.path, Directory())
        case "rmdir":
            disk.remove(call.path, directory=True)
        case _:
            assert call.kind == "lock", call


def _sync(disk: Disk, path: str) -> None:
    node = disk.node(path)
    if isinstance(node, Directory):
        disk.sync_directory(path)
    else:
        disk.sync_file(node)
