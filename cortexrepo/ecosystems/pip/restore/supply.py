"""Where the wheels of a part come from: what is kept, then the sources that pip is configured with."""

from __future__ import annotations

import hashlib
import os
import posixpath
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.pip.environments.interpreter import tags
from cortexrepo.ecosystems.pip.restore.download import Downloaded
from cortexrepo.ecosystems.pip.wheels.wheel import check_row, describe, file_tags
from cortexrepo.errors import CortexError, FetchError
from cortexrepo.model.content import DIGEST
from cortexrepo.model.plan import ARTIFACT, CONFIGURED, Source
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.ecosystems.pip.environments.interpreter import Interpreter
    from cortexrepo.model.artifact import Artifact
    from cortexrepo.model.package import Package

_UNPACKED = 4
"""How many times larger than its wheel a distribution is, where only the wheel's size is known."""


class Offer(NamedTuple):
    """Where the wheel of a row comes from, how large it is unpacked, and its path where it is here already."""

    source: Source
    unpacked: int
    path: str = ""


class Supply:
    """The wheels for one environment. Nothing outside of the staging directory is changed.

    Attributes:
        reasons: Why the rows that have no wheel have none.
    """

    def __init__(self, room: Room, interpreter: Interpreter) -> None:
        """Takes what there is to work with, and the environment's interpreter."""
        self.reasons: dict[Package, str] = {}
        self._room = room
        self._interpreter = interpreter
        self._tags = tags(interpreter)
        self._downloaded = Downloaded(f"{room.staging}/downloaded")

    def offers(self, rows: Iterable[Package]) -> dict[Package, Offer]:
        """Returns where each row's wheel comes from: fetched already, or kept. `reasons` has those that are missing."""
        found, others = {}, []
        for row in rows:
            kept = self._best(row)
            if kept is not None:
                source = Source(ARTIFACT, kept.file, kept.size, origin=kept.origin, environment=kept.environment)
                found[row] = Offer(source, kept.size * _UNPACKED)
            elif row.attribute("url"):
                self._add(row, _from_url(row))
            else:
                others.append(row)
        return found | self._configured(others)

    def wheels(self, rows: Iterable[Package]) -> dict[Package, str]:
        """Returns the path of every row's wheel, which is in the staging directory; FetchError names all that are not.

        A kept wheel that is damaged is fetched from the configured sources, if they have it.
        """
        found: dict[Package, str] = {}
        others = []
        for row in rows:
            path = next(filter(None, (self._copied(kept, row) for kept in self._kept(row))), "")
            if path:
                found[row] = path
            elif row.attribute("url"):
                self.reasons.setdefault(row, _from_url(row))
            else:
                others.append(row)
        found |= {row: offer.path for row, offer in self._configured(others).items()}
        if self.reasons:
            lines = sorted(f"{row.name} {row.version}: {reason}" for row, reason in self.reasons.items())
            raise FetchError("cannot be downloaded: " + "; ".join(lines) + "; fetching changed nothing")
        return found

    def _configured(self, rows: list[Package]) -> dict[Package, Offer]:
        if not rows:
            return {}
        self._downloaded.fetch(rows, self._interpreter, self._room)
        found = {}
        for row in rows:
            path = self._downloaded.path(row)
            if path is None:
                self._add(row, self._downloaded.reasons.get(row, "no configured index offers a wheel"))
                continue
            try:
                described = describe(path)
                check_row(path, described, row)
            except FetchError as error:
                self._add(row, str(error))
                continue
            self.reasons.pop(row, None)
            source = Source(CONFIGURED, posixpath.basename(path), os.path.getsize(path), f"sha256:{_digest(path)}")
            found[row] = Offer(source, described.size, path)
        return found

    def _add(self, row: Package, reason: str) -> None:
        """Notes why a row has no wheel, behind what is known already of the one that was kept."""
        self.reasons[row] = f"{self.reasons[row]}; {reason}" if row in self.reasons else reason

    def _kept(self, row: Package) -> list[Artifact]:
        """Returns the kept wheels that are for this interpreter."""
        return [one for one in self._room.shelf.find("pip", row) if file_tags(one.file) & self._tags]

    def _best(self, row: Package) -> Artifact | None:
        """Returns the first kept wheel that is for this interpreter; of a row with a digest, that has its content."""
        return next((one for one in self._kept(row) if not row.attribute(DIGEST) or self._copied(one, row)), None)

    def _copied(self, artifact: Artifact, row: Package) -> str:
        """Returns the path of a copy of a kept wheel; an empty string, and the reason noted, where it is no good."""
        directory = f"{self._room.staging}/kept-{artifact.content[:64]}"
        path = f"{directory}/{artifact.file}"
        try:
            os.makedirs(directory, mode=0o700, exist_ok=True)
            if os.path.lexists(path):
                os.unlink(path)  # Perhaps only a part of it: the one that copied it was killed.
            self._room.shelf.copy(artifact, path)
            check_row(path, describe(path), row)
        except CortexError as error:
            self.reasons[row] = f"the kept file {artifact.file} cannot be used: {error}"
            return ""
        self.reasons.pop(row, None)
        return path


def _from_url(row: Package) -> str:
    url = row.attribute("url")
    return f"the package was installed from {url}, and cortex downloads only from the configured indexes"


def _digest(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
