"""What is done to a repository, as steps, each with the state after it: the oracle for what a disaster may leave."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.errors import NoRepositoryError
from cortexrepo.model.garbage import Garbage
from cortexrepo.repository.repository import Repository
from support.repositories.inventories import inventory

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.disk.filesystem import FileSystem
    from cortexrepo.model.snapshot import Snapshot

    State = dict[str, str]
    """Each message and each tag, with what is true of it: `kept`, `deleted`, or the message of the tag's snapshot."""

KEPT, DELETED = "kept", "deleted"


class Place(NamedTuple):
    """Where a repository is, where a copy of it may be, and the file system it is used through."""

    location: Path
    copy: Path
    files: FileSystem

    def open(self, *, create: bool = False) -> Repository:
        """Returns the repository."""
        return Repository.open(self.location, create=create, files=self.files)


class Step(NamedTuple):
    """One thing that is done: when it returns it is acknowledged, and `after` has become true and stays true."""

    run: Callable[[Place], object]
    after: State


class History(NamedTuple):
    """Steps, one after the other, and what there was before them: made by `prepare`, and in `before`.

    Where `damaged`, only the last step makes the repository sound.
    """

    prepare: Callable[[Place], object]
    before: State
    steps: tuple[Step, ...]
    damaged: bool = False


def find(repository: Repository, message: str, *, deleted: bool = False) -> list[str]:
    """Returns the ids of the snapshots with a message; of the others, where none of these is there."""
    for where in (deleted, not deleted):
        found: list[str] = [one.id for one in repository.listing(deleted=where).snapshots if one.message == message]
        if found:
            return found
    return []


def observe(repository: Repository) -> State:
    """Returns the state of a repository in which every snapshot must be complete."""
    kept, deleted = repository.listing(), repository.listing(deleted=True)
    assert kept.damaged == deleted.damaged == (), (kept.damaged, deleted.damaged)
    for snapshot in (*kept.snapshots, *deleted.snapshots):
        assert repository.inventory(snapshot).readings == _content(snapshot), snapshot.message
    messages = {snapshot.id: snapshot.message for snapshot in (*kept.snapshots, *deleted.snapshots)}
    return {
        **{snapshot.message: DELETED for snapshot in deleted.snapshots},
        **{snapshot.message: KEPT for snapshot in kept.snapshots},
        **{f"tag {name}": messages[snapshot] for name, snapshot in repository.tags().items()},
    }


def check(repository: Repository, before: State, after: State) -> None:
    """Asserts that all is sound, and each thing as it was either before or after the step that was cut short."""
    assert repository.upkeep.verify().problems == ()
    seen = observe(repository)
    for name in {**before, **after, **seen}:
        assert seen.get(name) in {before.get(name), after.get(name)}, (name, seen, before, after)


def check_clean(repository: Repository) -> None:
    """Asserts that two collections leave nothing behind that nobody needs, and nothing damaged."""
    before = observe(repository)
    for _ in range(2):
        repository.upkeep.gc()
    assert repository.upkeep.gc(dry_run=True)[1:] == Garbage((), 0, 0, 0)[1:]
    report = repository.upkeep.verify()
    assert (report.problems, report.leftovers) == ((), 0)
    left = [path for name in ("pins", "tmp", "quarantine") for path in Path(repository.location, name).rglob("*")]
    assert left == []
    assert observe(repository) == before


def _content(snapshot: Snapshot) -> object:
    return inventory(int(snapshot.message.rpartition(" ")[2])).readings


# -- the steps


def _create(number: int, *tags: str) -> Callable[[Place], object]:
    return lambda place: place.open(create=True).create(inventory(number), message=f"new {number}", tags=tags)


def _delete(message: str) -> Callable[[Place], object]:
    return lambda place: place.open().delete(find(place.open(), message))


def _undelete(message: str) -> Callable[[Place], object]:
    return lambda place: place.open().undelete(find(place.open(), message, deleted=True))


def _tag(name: str, message: str) -> Callable[[Place], object]:
    return lambda place: place.open().tag(name, find(place.open(), message)[0], force=True)


def _gc(place: Place) -> object:
    return place.open().upkeep.gc(keep_deleted_ms=0)


def _repair(place: Place) -> object:
    return place.open().upkeep.repair(sources=[Repository.open(place.copy).upkeep])


# -- what is there before


def _prepare(place: Place) -> Repository:
    repository = place.open(create=True)
    for number in range(3):
        repository.create(inventory(number), message=f"old {number}")
    # What this one needs, another one needs too; what the other deleted one needs, only that one needs.
    repository.create(inventory(2), message="same 2")
    repository.tag("golden", *find(repository, "old 0"))
    repository.delete([*find(repository, "old 1"), *find(repository, "same 2")])
    return repository


_BEFORE: State = {"old 0": KEPT, "old 1": DELETED, "old 2": KEPT, "same 2": DELETED, "tag golden": "old 0"}


def _prepare_leftovers(place: Place) -> None:
    """A collector died when it had set needed objects aside; a writer died too."""
    repository = _prepare(place)
    aside = place.location / "quarantine" / ("d" * 32)
    aside.mkdir(mode=0o700)
    for number, path in enumerate(sorted(place.location.glob("objects/*/*"))):
        (aside / (path.parent.name + path.name)).hardlink_to(path)
        if number % 2:
            path.unlink()
    mark = place.location / "deleted" / find(repository, "old 1", deleted=True)[0]
    mark.rename(mark.with_name(f"{mark.name}.claimed"))
    for name in ("pins", "tmp"):
        (place.location / name / ("e" * 32)).write_bytes(next(place.location.glob("refs/*")).read_bytes())
        (place.location / name / ("e" * 32)).chmod(0o600)


def _prepare_damage(place: Place) -> None:
    _prepare(place)
    shutil.copytree(place.location, place.copy)
    for path in (*sorted(place.location.glob("objects/*/*"))[:2], min(place.location.glob("refs/*"))):
        path.write_bytes(path.read_bytes()[:-1])
    sorted(place.location.glob("objects/*/*"))[2].unlink()


def _without(state: State, *names: str) -> State:
    return {name: value for name, value in state.items() if name not in names}


_COLLECTED = _without(_BEFORE, "old 1", "same 2")
_NEW = {**_BEFORE, "new 9": KEPT}
_NEW_DELETED = {**_BEFORE, "new 9": DELETED, "old 1": KEPT}

HISTORIES = {
    "make": History(
        lambda _: None, {}, (Step(lambda place: place.open(create=True), {}), Step(_create(9), {"new 9": KEPT}))
    ),
    "create": History(
        _prepare, _BEFORE, (Step(_create(9), _NEW), Step(_create(8, "t"), {**_NEW, "new 8": KEPT, "tag t": "new 8"}))
    ),
    "create what is there": History(_prepare, _BEFORE, (Step(_create(1), {**_BEFORE, "new 1": KEPT}),)),
    "delete": History(_prepare, _BEFORE, (Step(_delete("old 0"), {**_BEFORE, "old 0": DELETED}),)),
    "undelete": History(_prepare, _BEFORE, (Step(_undelete("old 1"), {**_BEFORE, "old 1": KEPT}),)),
    "tag --force": History(_prepare, _BEFORE, (Step(_tag("golden", "old 2"), {**_BEFORE, "tag golden": "old 2"}),)),
    "delete, gc": History(
        _prepare,
        _BEFORE,
        (Step(_delete("old 0"), {**_BEFORE, "old 0": DELETED}), Step(_gc, _without(_COLLECTED, "old 0", "tag golden"))),
    ),
    "gc": History(_prepare, _BEFORE, (Step(_gc, _COLLECTED),)),
    "gc after one that died": History(_prepare_leftovers, _without(_BEFORE, "old 1"), (Step(_gc, _COLLECTED),)),
    "repair": History(_prepare_damage, _BEFORE, (Step(_repair, _BEFORE),), damaged=True),
    "create, delete, undelete, gc": History(
        _prepare,
        _BEFORE,
        (
            Step(_create(9), _NEW),
            Step(_undelete("old 1"), {**_NEW, "old 1": KEPT}),
            Step(_delete("new 9"), _NEW_DELETED),
            Step(_gc, _without(_NEW_DELETED, "new 9", "same 2")),
        ),
    ),
}


def opened(place: Place) -> Repository | None:
    """Returns the repository; None where there is none yet."""
    try:
        return place.open()
    except NoRepositoryError:
        return None
