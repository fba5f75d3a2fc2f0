"""Disks without room: `python -m support.disk.fulldisks DIRECTORY NAME WORDS`, a row of `PROGRAMS` and what it takes.

`memory` does a history on a tmpfs of every size, in pages or in inodes, from what is in use up to what is enough.
`ext4` fills an ext4 to the last block, and deletes and collects there.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.errors import StoreError
from cortexrepo.repository.repository import Repository
from cortexrepo.store.local.directories import BALLAST_SIZE
from support.disk.mounts import Ext4, Memory
from support.repositories.history import HISTORIES, History, Place, check, check_clean, find, observe
from support.repositories.inventories import inventory

if TYPE_CHECKING:
    from collections.abc import Callable

_PAGE = 4096
_ENOUGH = 3
_ORPHANS = 60
"""With two objects each: their names take more than one block in the quarantine."""
_FILLS = 20
"""So many successes one after the other, and more room changes nothing."""


def memory(directory: str, name: str, limit: str) -> dict[str, int]:
    """Returns how many disks there were, and on how many of them everything that was asked for was done."""
    disks = successes = last = 0
    while last < _ENOUGH:
        done = _on_memory(Path(directory), HISTORIES[name], limit, disks)
        last = last + 1 if done else 0
        successes += done
        disks += 1
    return {"disks": disks, "done": successes}


def _on_memory(path: Path, history: History, limit: str, spare: int) -> bool:
    disk = Memory(path)
    try:
        place = Place(path / "repository", path / "copy", RealFileSystem())
        history.prepare(place)
        # Nobody has locked yet: then even that needs room.
        for name in ("lock", "lock.gc"):
            (place.location / name).unlink(missing_ok=True)
        used = os.statvfs(path)
        if limit == "size":
            disk.resize(size=(used.f_blocks - used.f_bfree + spare) * _PAGE)
        else:
            disk.resize(nr_inodes=used.f_files - used.f_ffree + spare)
        acknowledged = _steps(place, history)
        states = [history.before, *(step.after for step in history.steps), history.steps[-1].after]
        check(place.open(), states[acknowledged], states[acknowledged + 1])
        disk.resize(size="64m", nr_inodes=10_000)
        for step in history.steps[acknowledged:]:
            step.run(place)
        check(place.open(), states[-1], states[-1])
        check_clean(place.open())
        assert (place.location / "ballast").stat().st_size == BALLAST_SIZE
        return acknowledged == len(history.steps)
    finally:
        disk.unmount()


def _steps(place: Place, history: History) -> int:
    """Returns how many steps were acknowledged; the next one was refused for want of room, and for nothing else."""
    for number, step in enumerate(history.steps):
        try:
            step.run(place)
        except StoreError as error:
            _check_error(error)
            return number
    return len(history.steps)


def _check_error(error: StoreError) -> None:
    assert re.search("No space left on device|the file lock.* cannot be locked", str(error)), error
    assert error.hint


class _Found(NamedTuple):
    """A repository on a disk that has no free block: some snapshots can be collected, two are kept."""

    disk: Ext4
    repository: Repository
    filler: Path


def ext4(directory: str, block: str, *counts: str) -> dict[str, int]:
    """Deletes and collects on a full disk, for each count of snapshots that are deleted already."""
    for count in counts:
        for check_one in _CHECKS:
            found = _full_ext4(Path(directory), block, int(count))
            try:
                check_one(found, int(count))
            except Exception as error:
                error.add_note(f"{count} deleted snapshots")
                raise
            finally:
                found.disk.unmount()
    return {"disks": len(_CHECKS) * len(counts)}


def _collects(found: _Found, count: int) -> None:
    """What frees room can be done without any: to collect what is deleted already."""
    assert len(found.repository.upkeep.gc(keep_deleted_ms=0).snapshots) == count
    _check_kept(found, f"old {count}", f"old {count + 1}")


def _deletes_and_collects(found: _Found, count: int) -> None:
    """So can deleting one more, which itself frees nothing yet."""
    found.repository.delete(find(found.repository, f"old {count}"))
    assert len(found.repository.upkeep.gc(keep_deleted_ms=0).snapshots) == count + 1
    _check_kept(found, f"old {count + 1}")


def _check_kept(found: _Found, *messages: str) -> None:
    assert set(observe(found.repository)) == set(messages)
    assert found.repository.upkeep.verify().problems == ()
    _make_room(found)
    assert (Path(found.repository.location) / "ballast").stat().st_size == BALLAST_SIZE


def _without_ballast(found: _Found, count: int) -> None:
    """Without it the same disk is too full: it is the ballast that helps, and its absence does no harm."""
    repository = found.repository
    ballast = Path(repository.location) / "ballast"
    ballast.unlink()
    _fill(found.filler)
    before = observe(repository)
    for act in (lambda: repository.delete(find(repository, f"old {count}")), repository.upkeep.gc):
        _refuses(act)
        assert repository.upkeep.verify().problems == ()
        assert observe(repository) == before
    _make_room(found)
    assert ballast.stat().st_size == BALLAST_SIZE


_CHECKS = (_collects, _deletes_and_collects, _without_ballast)


def _refuses(act: Callable[[], object]) -> None:
    try:
        done = act()
    except StoreError as error:
        _check_error(error)
    else:
        raise AssertionError(f"there was room: {done}")


def _make_room(found: _Found) -> None:
    found.filler.unlink()
    _rest(found.filler).unlink(missing_ok=True)
    found.repository.upkeep.gc(keep_deleted_ms=0)
    check_clean(found.repository)


def _full_ext4(directory: Path, block: str, count: int) -> _Found:
    disk = Ext4(Memory(directory / "images").path / "image", directory / "disk")
    disk.make(16, "-b", block, "-m", "0")
    repository = Repository.init(disk.path / "repository")
    made = [repository.create(inventory(number), message=f"old {number}").id for number in range(count + 2)]
    repository.delete(made[:count])
    # A collector died when it had removed the refs of these: to go on, it needs room before it can free any.
    for number in range(_ORPHANS):
        orphan = repository.create(inventory(count + 2 + number))
        next((disk.path / "repository" / "refs").glob(f"*-{orphan.id}")).unlink()
    filler = disk.path / "filler"
    # What was set apart for metadata comes free again when it is written.
    for _ in range(_FILLS):
        _fill(filler)
        os.sync()
        if os.statvfs(disk.path).f_bavail == 0:
            break
    assert os.statvfs(disk.path).f_bavail == 0
    return _Found(disk, repository, filler)


def _fill(path: Path) -> None:
    """Writes until not one byte more fits.

    A large file may need two blocks to grow by one, so that a free one is left: a second, small file takes that.
    """
    for one in (path, _rest(path)):
        with one.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 10, 1):
                try:
                    while file.write(b"\xff" * size) == size:
                        pass
                except OSError:
                    continue
            os.fsync(file.fileno())


def _rest(filler: Path) -> Path:
    return filler.with_name(f"{filler.name}.rest")


PROGRAMS: dict[str, Callable[..., dict[str, int]]] = {"memory": memory, "ext4": ext4}

if __name__ == "__main__":
    sys.stdout.write(json.dumps(PROGRAMS[sys.argv[2]](sys.argv[1], *sys.argv[3:])))
