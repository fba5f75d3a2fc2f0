"""Who is in a group: the seam to the system's accounts."""

from __future__ import annotations

from typing import Protocol

UNKNOWN = -1
"""Stands for whoever is in a group that the account database gives no answer about."""


class Groups(Protocol):
    """The groups of a machine."""

    def people(self, group: int) -> frozenset[int]:
        """Returns the ids of the users in a group: its members, and everybody whose first group it is."""
        ...

    def title(self, group: int) -> str:
        """Returns the group's name, or its number where it has none."""
        ...


class SystemGroups:
    """The groups as the system's account database has them, each looked up once."""

    def __init__(self) -> None:
        """Looks nothing up yet."""
        self._known: dict[int, frozenset[int]] = {}
        self._first: dict[int, set[int]] | None = None

    def people(self, group: int) -> frozenset[int]:
        """See `Groups.people`."""
        if group not in self._known:
            self._known[group] = frozenset(self._members(group) | self._firsts().get(group, set()))
        return self._known[group]

    def title(self, group: int) -> str:
        """See `Groups.title`."""
        import grp

        try:
            return grp.getgrgid(group).gr_name
        except (KeyError, OverflowError, OSError):
            return str(group)

    def _firsts(self) -> dict[int, set[int]]:
        """Returns the users of each group that is somebody's first."""
        import pwd

        if self._first is None:
            self._first = {}
            for one in pwd.getpwall():
                self._first.setdefault(one.pw_gid, set()).add(one.pw_uid)
        return self._first

    @staticmethod
    def _members(group: int) -> set[int]:
        """Returns the members of a group; a member without an account is nobody."""
        import pwd

        found: set[int] = set()
        names = listed(group)
        for name in names or ():
            try:
                found.add(pwd.getpwnam(name).pw_uid)
            except KeyError:
                continue
        return {UNKNOWN} if names is None else found


def listed(group: int) -> list[str] | None:
    """Returns the names in the list of a group; none of a group that nobody knows, None where there is no answer."""
    import grp

    try:
        return grp.getgrgid(group).gr_mem
    except (KeyError, OverflowError):
        return []
    except OSError:
        return None
