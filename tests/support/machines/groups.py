"""Groups of a machine that has only these."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class FakeGroups:
    """See `cortexrepo.rights.groups.Groups`; a group that is not named has nobody."""

    def __init__(self, people: Mapping[int, frozenset[int]] | None = None) -> None:
        """Takes the people of each group."""
        self._people = people or {}

    def people(self, group: int) -> frozenset[int]:
        """See `Groups.people`."""
        return self._people.get(group, frozenset())

    def title(self, group: int) -> str:
        """See `Groups.title`."""
        return f"group{group}"
