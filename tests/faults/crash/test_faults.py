"""A fault at every call that each operation makes: afterwards nothing is lost, and nothing is half there."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.disk.faults import Fault, FaultyFileSystem
from support.repositories.inventories import inventory

from cortexrepo.disk.memory import MemoryFileSystem
from cortexrepo.errors import CortexError, DurabilityError, RequestError
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOCATION = "/home/me/repository"
ERRORS = (errno.ENOSPC, errno.EIO, errno.EACCES)


class Operation(NamedTuple):
    """Something that is done to a repository, and how to see that it is done."""

    prepare: Callable[[Repository], object]
    run: Callable[[Repository], object]
    done: Callable[[Repository], bool]


def _messages(repository: Repository, *, deleted: bool = False) -> list[str]:
    return sorted(snapshot.message for snapshot in repository.listing(deleted=deleted).snapshots)


def _victim(repository: Repository) -> str:
    everything = (*repository.listing().snapshots, *repository.listing(deleted=True).snapshots)
    found = [snapshot.id for snapshot in everything if snapshot.message == "victim"]
    if not found:
        raise RequestError("the ref of the snapshot could not be read")
    return found[0]


OPERATIONS = {
    "create": Operation(
        lambda _: None,
        lambda repository: repository.create(inventory(9), message="new"),
        lambda repository: "new" in _messages(repository),
    ),
    "create with a tag": Operation(
        lambda _: None,
        lambda repository: repository.create(inventory(9), message="new", tags=["golden"]),
        lambda repository: "golden" in repository.tags(),
    ),
    "delete": Operation(
        lambda repository: repository.create(inventory(1), message="victim"),
        lambda repository: repository.delete([_victim(repository)]),
        lambda repository: "victim" in _messages(repository, deleted=True),
    ),
    "undelete": Operation(
        lambda repository: repository.delete([repository.create(inventory(1), message="victim").id]),
        lambda repository: repository.undelete([_victim(repository)]),
        lambda repository: "victim" in _messages(repository),
    ),
    "tag": Operation(
        lambda _: None,
        lambda repository: repository.tag("golden", "latest"),
        lambda repository: "golden" in repository.tags(),
    ),
    "untag": Operation(
        lambda repository: repository.tag("golden", "latest"),
        lambda repository: repository.untag("golden"),
        lambda repository: "golden" not in repository.tags(),
    ),
    "tag moved": Operation(
        lambda repository: (repository.tag("golden", "latest"), repository.create(inventory(1), message="moved to")),
        lambda repository: repository.tag("golden", "latest", force=True),
        lambda repository: repository.tags().get("golden") == repository.get("latest").id,
    ),
}


def _fresh(operation: Operation) -> tuple[Repository, FaultyFileSystem]:
    memory = MemoryFileSystem()
    for path in ("/home", "/home/me"):
        memory.make_directory(path)
    files = FaultyFileSystem(memory)
    repository = Repository.open(LOCATION, create=True, files=files)
    for number in range(2):
        repository.create(inventory(number), message=f"old {number}")
    operation.prepare(repository)
    return repository, files


def _faults(operation: Operation) -> Iterator[Fault]:
    repository, files = _fresh(operation)
    files.arm(None)
    operation.run(repository)
    for at in range(len(files.calls)):
        for error in ERRORS:
            for after in (False, True):
                for sticky in (False, True):
                    yield Fault(at, error, after, sticky)


def _check_readable(repository: Repository) -> None:
    """Every snapshot that is listed is complete, the old ones are among them, and nothing is damaged."""
    listing = repository.listing()
    assert listing.damaged == ()
    for snapshot in (*listing.snapshots, *repository.listing(deleted=True).snapshots):
        assert len(repository.inventory(snapshot).readings) == 2
    assert {"old 0", "old 1"} <= set(_messages(repository))


def _attempt(operation: Operation, repository: Repository) -> CortexError | None:
    try:
        operation.run(repository)
    except CortexError as error:
        return error
    return None


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_fault_at_any_call_loses_nothing_and_the_operation_can_be_repeated(name: str) -> None:
    operation = OPERATIONS[name]
    for fault in _faults(operation):
        repository, files = _fresh(operation)
        files.arm(fault)
        error = _attempt(operation, repository)
        files.arm(None)
        _check_readable(repository)
        if error is None or isinstance(error, DurabilityError):
            # A create that could not confirm the snapshot has not come to its tag.
            assert operation.done(repository) or name == "create with a tag", (fault, error)
        if error is None:
            assert operation.done(repository), fault
        again = _attempt(operation, repository)
        # Where the fault struck after all was done, the second run may say that there is nothing left to do.
        assert again is None or (isinstance(again, RequestError) and operation.done(repository)), (fault, error, again)
        _check_readable(repository)


def test_a_tag_that_is_moved_is_never_missing() -> None:
    operation = OPERATIONS["tag moved"]
    for fault in _faults(operation):
        repository, files = _fresh(operation)
        before = repository.tags()["golden"]
        files.arm(fault)
        _attempt(operation, repository)
        files.arm(None)
        assert repository.tags().get("golden") in {before, repository.get("latest").id}, fault


def test_a_create_that_failed_is_there_as_a_whole_or_not_at_all() -> None:
    operation = OPERATIONS["create"]
    seen = set()
    for fault in _faults(operation):
        repository, files = _fresh(operation)
        files.arm(fault)
        error = _attempt(operation, repository)
        files.arm(None)
        made = [snapshot for snapshot in repository.snapshots() if snapshot.message == "new"]
        seen.add((len(made), type(error).__name__))
        assert all(repository.inventory(snapshot).readings == inventory(9).readings for snapshot in made)
        if isinstance(error, DurabilityError):
            assert len(made) == 1, fault
        # Only a link that took effect and said otherwise may leave a snapshot behind an error.
        elif error is not None and not fault.after:
            assert made == [], fault
    assert {(1, "NoneType"), (0, "StoreError"), (1, "DurabilityError")} <= seen


def test_an_interrupted_init_can_be_repeated() -> None:
    def fresh() -> FaultyFileSystem:
        memory = MemoryFileSystem()
        memory.make_directory("/home")
        return FaultyFileSystem(memory)

    counted = fresh()
    Repository.open(LOCATION, create=True, files=counted)
    for at in range(len(counted.calls)):
        for error in ERRORS:
            for after in (False, True):
                files = fresh()
                files.arm(Fault(at, error, after))
                first = None
                try:
                    first = Repository.open(LOCATION, create=True, files=files)
                except CortexError:
                    pass
                files.arm(None)
                repository = Repository.open(LOCATION, create=True, files=files)
                assert first is None or first.id == repository.id
                repository.create(inventory(), message="works")
                assert _messages(repository) == ["works"]


def test_everything_but_the_new_snapshot_is_as_it_was_when_the_disk_is_full() -> None:
    repository, files = _fresh(OPERATIONS["create"])
    before = repository.snapshots()
    full = {"write_new", "write_held", "make_directory", "link", "rename"}
    files.arm(None)
    repository.create(inventory(9))
    first = next(index for index, call in enumerate(files.calls) if call.split(" ")[0] in full)
    repository, files = _fresh(OPERATIONS["create"])
    before = repository.snapshots()
    files.arm(Fault(first, errno.ENOSPC, sticky=True))
    with pytest.raises(CortexError, match="No space left"):
        repository.create(inventory(9))
    files.arm(None)
    assert repository.snapshots() == before
