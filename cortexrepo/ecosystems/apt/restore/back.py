"""The .deb files of packages that go, as far as `fetch` has brought them."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.names import file_name
from cortexrepo.ecosystems.apt.restore.archive import Archive
from cortexrepo.ecosystems.apt.restore.fetching import leaving
from cortexrepo.ecosystems.contract.files import File, Wanted, opened, pieces_of
from cortexrepo.model.artifact import CACHE
from cortexrepo.model.plan import IN_PLACE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.ecosystems.contract.files import Answer
    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.plan import Part


def brought(part: Part, room: Room) -> Iterator[Answer]:
    """See `Back.brought`: every file in the archive was checked when it was taken in."""
    archive = Archive(room.staging)
    put = {file_name(step.after) for step in part.steps if step.after is not None and step.kind not in IN_PLACE}
    for row in leaving(part):
        wanted = Wanted(part.environment, part.facts, row)
        if file_name(row) in put or not archive.has(row):
            # Of one version the archive has the file that comes, not that of the content that goes.
            yield wanted, "no .deb file of this version was found"
            continue
        path = archive.path(row)
        descriptor = opened(path)
        try:
            yield wanted, File(file_name(row), CACHE, partial(pieces_of, descriptor, path))
        finally:
            os.close(descriptor)
