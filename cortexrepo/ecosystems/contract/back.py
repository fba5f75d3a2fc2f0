"""What leads back from a restore, where an ecosystem fetches it before the restore begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.ecosystems.contract.files import Answer
    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.plan import Part


class Back(Protocol):
    """The facet `restore.back`: files of packages that go, for an ecosystem whose restorer fetches them.

    Its `Restorer.propose` names those that are not available anywhere as risks (`no-way-back`).
    """

    def brought(self, part: Part, room: Room) -> Iterator[Answer]:
        """Yields an answer for each package that goes: the file that `fetch` has brought, or that it has brought none.

        A file can be read until the next answer is taken.
        """
        ...
