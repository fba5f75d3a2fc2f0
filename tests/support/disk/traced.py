"""One operation on a real directory, as small a process as does it: what strace stops, counts and fails.

`LOCATION link|rename NAME IDS` does an operation of `support.repositories.operations`, with the snapshots' ids
by message as JSON. It ends as the command would: the exit codes are the same, an error is one line.

Names and ids are those that the simulated process has, and directories are listed in the same order, so that both can
be compared call by call and byte by byte. Everything else is the product's own, down to the disk.
"""

from __future__ import annotations

import json
import os
import sys

from cortexrepo.cli.exit_codes import DONE, exit_code
from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.errors import CortexError
from cortexrepo.repository import place
from cortexrepo.repository.repository import Repository
from cortexrepo.store.local.store import LocalStore
from support.disk.disk import Disk
from support.disk.process import Process
from support.repositories.operations import OPERATIONS, At
from support.repositories.world import NOW, World

PROCESS = "first"
"""Whose names it takes."""


class Ordered(RealFileSystem):
    """The disk, whose directories are listed in order."""

    def names(self, path: str) -> list[str]:
        """See `FileSystem.names`."""
        return sorted(super().names(path))


def opened(location: str, world: World) -> At:
    """Returns where an operation works: the repository in a real directory, at the moment that is always the same."""
    files = Ordered()
    _, config = place.find(location, files, os.geteuid())
    repository = Repository(LocalStore(location, files, rename=world.rename), config, lambda: NOW)
    return At(repository, world, world.disk)


def main(location: str, publish: str, name: str, ids: str) -> int:
    """Does it, and returns the exit code."""
    os.urandom = Process(Disk(), PROCESS).random
    try:
        world = World(Disk(), place.find(location, Ordered(), os.geteuid())[1], publish == "rename", json.loads(ids))
        OPERATIONS[name].run(opened(location, world))
    except CortexError as error:
        sys.stderr.write(f"{error.kind}: {error}\n")
        return exit_code(error)
    return DONE
