"""A repository of this version in which a newer version wrote too, and what both kinds of errors must say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cortexrepo.errors import FormatVersionError
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import Tidiness
from support.repositories import beside, later
from support.repositories.memories import InMemory

if TYPE_CHECKING:
    from cortexrepo.errors import CortexError
    from cortexrepo.model.snapshot import Snapshot

PACKED = Tidiness(recent=0, least=1, slack=0.0)
USE = "use the version of cortex that wrote the file, or a newer one"
REMOVALS = ("delete", "remove", "move ", "rm ")


class Beside:
    """A repository of this version, in which version 2 then wrote the files of a case."""

    def __init__(self, case: str) -> None:
        self.case = case
        self.place = InMemory()
        self.place.now = beside.CREATED - 1_000
        self.made = self.place.fill(3)
        self.files = later.stored(case)
        for key, data in self.files.items():
            if key.startswith("artifacts/") and not self.place.files.info(self.place.path("artifacts")):
                self.place.files.make_directory(self.place.path("artifacts"))
            self.place.write(key, data)
        self.place.now = beside.CREATED + 10_000

    def again(self) -> Repository:
        return self.place.again()

    def newer(self) -> str:
        """Returns the key of the file that this version cannot read."""
        return later.newer(self.case)

    def collect(self) -> None:
        self.again().upkeep.gc(keep_deleted_ms=0, tidiness=PACKED)

    def is_untouched(self) -> bool:
        """Returns whether every file of version 2 is there, byte for byte."""
        return all(self.place.read(key) == data for key, data in self.files.items())

    def newest(self) -> list[Snapshot]:
        """Returns the snapshots that version 2 made and this version can read, newest first."""
        return [found for found in self.again().snapshots() if found.sequence >= beside.PLAIN.sequence]


def check_words(error: CortexError) -> None:
    """An error about a newer file: one line, a newer version as the way out, and never a removal."""
    assert "\n" not in str(error)
    assert "damaged" not in str(error)
    assert error.hint.startswith(USE)
    assert not any(word in error.hint for word in REMOVALS)


def refuses_the_repository(found: Beside) -> None:
    with pytest.raises(FormatVersionError, match=r"^/home/repository/config: .*('veils'|'beam'|format 2)") as caught:
        found.again()
    check_words(caught.value)
    with pytest.raises(FormatVersionError):
        Repository.open(found.place.repository.location, create=True, files=found.place.files)
    assert found.is_untouched()
