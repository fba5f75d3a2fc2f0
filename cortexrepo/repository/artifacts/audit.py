"""The audit of artifacts: every byte of every kept file, and what is done about one that is damaged."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from cortexrepo.errors import CorruptError, CortexError, FormatVersionError
from cortexrepo.model.problem import DAMAGED_ARTIFACT, STRAY, Problem
from cortexrepo.repository import layout
from cortexrepo.repository.artifacts import artifacts
from cortexrepo.repository.refs.unread import problem
from cortexrepo.store.keys import ARTIFACTS, large_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cortexrepo.model.artifact import Artifact
    from cortexrepo.model.progress import Progress
    from cortexrepo.store.upkeep import Inspecting, Kept, Large


class ArtifactAudit:
    """One audit. What it finds wrong is in `problems`, how much it read in `count` and `size`.

    What a collector that died has set aside is one of `leftovers`.
    """

    def __init__(self, large: Large, progress: Progress) -> None:
        """Takes what to look at, and whom to tell how far it has come."""
        self.problems: list[Problem] = []
        self.count = self.size = self.leftovers = 0
        self._large = large
        self._progress = progress

    def run(self) -> None:
        """Reads everything."""
        if self._large.is_empty():
            return
        names = list(self._names())
        for number, name in enumerate(names):
            self._progress("reading artifacts", number, len(names))
            self._artifact(name)
        self.leftovers = len(self._large.aside())

    def _names(self) -> Iterator[str]:
        for fan in self._large.fans():
            for name in sorted(self._large.names(fan)):
                if artifacts.is_name(fan, name):
                    yield name
                else:
                    self.problems.append(
                        Problem(STRAY, f"{ARTIFACTS}/{fan}/{name}", "the name is not the name of an artifact")
                    )

    def _artifact(self, name: str) -> None:
        try:
            artifact = artifacts.read(self._large, name)
            if artifact is None:
                return  # collected meanwhile
            for piece in artifacts.checked(self._large, name, artifact):
                self.size += len(piece)
        except (CorruptError, FormatVersionError) as error:
            if self._large.size(name) is not None:
                self.problems.append(problem(DAMAGED_ARTIFACT, large_key(name), error))
        else:
            self.count += 1


def mend(key: str, store: Kept, sources: Sequence[Kept], inspection: Inspecting) -> bool:
    """Replaces a damaged artifact by a good copy; where there is none it goes, for it can be had again elsewhere.

    What is damaged is kept aside. The caller excludes collectors.
    """
    if replace(key, store, sources, inspection):
        return True
    inspection.keep_aside(key, layout.DAMAGED)
    return store.large().remove(key.rpartition("/")[2])


def replace(key: str, store: Kept, sources: Sequence[Kept], inspection: Inspecting) -> bool:
    """Replaces an artifact by a good copy, and keeps aside what is there; False where there is none."""
    name = key.rpartition("/")[2]
    large = store.large()
    for source in sources:
        # What is damaged there, or is not there, is no copy; one that breaks off leaves everything as it is.
        with contextlib.suppress(CortexError):
            copy = artifacts.read(source.large(), name)
            if copy is not None:
                artifacts.Artifacts(source).check(copy)
                inspection.keep_aside(key, layout.DAMAGED)
                large.replace(name, partial(_good, source, name, copy))
                return True
    return False


def _good(source: Kept, name: str, copy: Artifact) -> Iterable[bytes]:
    """Yields the pieces of a copy, each checked before it is written."""
    return artifacts.sealed(artifacts.checked(source.large(), name, copy), copy)
