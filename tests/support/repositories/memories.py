"""Repositories in memory: quick, with a clock that stands still until it is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.disk.memory import MemoryFileSystem
from cortexrepo.model import refname
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.snapshot import OK
from cortexrepo.repository.layout import object_key, ref_key
from cortexrepo.repository.repository import Repository
from support.repositories.inventories import MACHINE, packages

if TYPE_CHECKING:
    from cortexrepo.model.snapshot import Snapshot

LOCATION = "/home/repository"


class InMemory:
    """A repository, the file system that it is on, and its clock."""

    def __init__(self, location: str = LOCATION) -> None:
        self.files = MemoryFileSystem()
        self.files.make_directory("/home")
        self.now = 1_000_000
        self.repository = Repository.open(location, create=True, files=self.files)
        self.repository._clock = lambda: self.now

    def again(self, ahead: int = 0) -> Repository:
        """Returns the same repository as another process would open it, whose clock may be ahead."""
        found = Repository.open(self.repository.location, files=self.files)
        found._clock = lambda: self.now + ahead
        return found

    def path(self, key: str) -> str:
        return f"{self.repository.location}/{key}"

    def read(self, key: str) -> bytes:
        return self.files.read(self.path(key), 1 << 30)

    def write(self, key: str, data: bytes) -> None:
        """Puts a file where there may be one, as somebody else would."""
        if self.files.info(self.path(key)) is not None:
            self.files.unlink(self.path(key))
        directory = self.path(key).rpartition("/")[0]
        if self.files.info(directory) is None:
            self.files.make_directory(directory)
        self.files.write_new(self.path(key), data)

    def fill(self, count: int) -> list[Snapshot]:
        """Makes so many snapshots, none of which shares an object with another."""
        return [self.repository.create(one(number)) for number in range(count)]

    def unlink(self, key: str) -> None:
        self.files.unlink(self.path(key))

    def names(self, key: str) -> list[str]:
        """Returns the names in a directory; none where a collector has removed it."""
        path = self.path(key)
        return [] if self.files.info(path) is None else sorted(self.files.names(path))


def object_of(snapshot: Snapshot, slot: int = 0) -> str:
    """Returns the key of the object in one of the slots."""
    identity = snapshot.slots[slot].object
    assert identity is not None
    return object_key(identity)


def ref_of(snapshot: Snapshot) -> str:
    """Returns the key of the ref."""
    return ref_key(refname.of(snapshot))


def one(number: int, machine: str = MACHINE) -> Inventory:
    """Returns an inventory whose only object no other number has."""
    readings = (Reading("pip", "/v", OK, packages("pip", {"a": str(number)})),)
    return Inventory(machine, (), readings)
