"""A machine as root reads it: what is root's in this process, what is a user's in one that has become that user.

One process for each user, for all homes and places that are theirs; several at once, each within limits. What root's
own search finds and another user could change is left to that user's process.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.machine import accounts as account_tables
from cortexrepo.machine import unlisted
from cortexrepo.machine.accounts import Accounts
from cortexrepo.machine.guarded_files import GuardedSystem
from cortexrepo.machine.holders import ANYBODY, ForeignError, Holders
from cortexrepo.machine.homes import TABLE, is_home
from cortexrepo.machine.image_files import ImageSystem
from cortexrepo.machine.notes import Notes
from cortexrepo.machine.scope import Scope, Task
from cortexrepo.machine.walked_files import WalkedSystem
from cortexrepo.machine.witness import settled
from cortexrepo.model.inventory import Reading
from cortexrepo.model.snapshot import PARTIAL
from cortexrepo.recording.reading import line, read, spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cortexrepo.machine.evidence import Evidence
    from cortexrepo.machine.files import System
    from cortexrepo.machine.scope import Place
    from cortexrepo.recording.ground import Ground

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_SECONDS = 5.0
"""So long the account database is waited for."""


class Realms:
    """The machine below a root directory, read by root for everybody.

    Attributes:
        live: Whether it is this machine's own root.
        remembers: Whether what is read is remembered.
        root: The descriptor of the root directory.
        system: What root's own process may read.
        guarded: The same.
        plain: The same files, only to look where a path leads and whose a thing is: no file is opened, none listed.
        accounts: The accounts.
    """

    def __init__(
        self,
        root: str,
        environment: Mapping[str, str],
        *,
        live: bool,
        remembers: bool = False,
        accounts: Accounts | None = None,
    ) -> None:
        """Opens the root directory; raises OSError when it is not one.

        Args:
            root: The directory.
            environment: The variables that count for root.
            live: Whether it is this machine's own root.
            remembers: Whether to remember what was read.
            accounts: The accounts, where they are not to be asked for.
        """
        self.live = live
        self.remembers = remembers
        self.root = os.open(root, _DIRECTORY)
        self.plain = WalkedSystem(self.root, {}, live=live)
        self.accounts = Accounts(())
        self._scope = Scope(is_wide=True)
        self._notes = Notes() if remembers else None
        holders = Holders(self._has_members)
        system = GuardedSystem if live else ImageSystem
        self.guarded = system(self.root, environment, holders, self._scope, self._notes, live=live)
        self.system: System = self.guarded
        self._gap = ""
        self._absent: list[str] = []
        try:
            self.accounts = accounts or self._asked()
        except OSError as error:
            self._gap = f"{TABLE}: {error.strerror}"
        self._gap = self._gap or self.accounts.gap
        self._homes = self._sorted_homes(environment)

    def close(self) -> None:
        """Closes what is open."""
        self._close_kept()
        os.close(self.root)

    def _close_kept(self) -> None:
        self.guarded.close()
        self.plain.close()

    def _has_members(self, group: int) -> bool:
        if self.live:
            return account_tables.has_members(group, self.accounts)
        try:
            return account_tables.has_listed_members(group, self.accounts, self.plain)
        except OSError:
            return True

    def _asked(self) -> Accounts:
        """Returns the accounts of the table, and of this machine's other sources where it has any."""
        table = account_tables.in_table(self.system)
        if not self.live or not account_tables.asks_services(self.system, "passwd"):
            return table
        from cortexrepo.machine import children

        limits = children.Limits(clock=_SECONDS)
        [answer] = children.ask([children.Job(None, lambda say: say(account_tables.asked()), (), limits)])
        if answer.failure or not answer.pieces:
            return Accounts(table.rows, f"the account database was not read to the end: {answer.failure}")
        return Accounts(dict.fromkeys((*table.rows, *account_tables.parsed(answer.pieces[0]))))

    def _sorted_homes(self, environment: Mapping[str, str]) -> dict[int, list[str]]:
        """Returns the homes that are there by the user with whose rights they are read, root's not among them."""
        found: dict[int, list[str]] = {}
        own = environment.get("HOME", "").rstrip("/")
        for home in dict.fromkeys(map(os.path.normpath, (*self.accounts.homes(), *([own] if is_home(own) else ())))):
            try:
                user = 0 if self.system.is_directory(home) else -1
            except ForeignError as error:
                user = error.holder
            except OSError:
                user = 0  # the search of it will say so
            if user < 0:
                self._absent.append(home)
            else:
                found.setdefault(user, []).append(home)
        self._scope.homes = tuple(found.pop(0, ()))
        for home in self._unlisted():
            try:
                self.system.is_directory(home)
            except ForeignError as error:
                if error.holder != ANYBODY and self.accounts.of(error.holder) is None:
                    found.setdefault(error.holder, []).append(home)
            except OSError:
                continue  # it belongs to root or an account, or it is gone: then it is no home
        return found

    def _unlisted(self) -> list[str]:
        """Returns what may be the home of a user whom the accounts do not have."""
        found, gap = unlisted.beside(self.system, self.accounts)
        self._gap = "; ".join(filter(None, (self._gap, gap)))
        return found

    def read(
        self, chosen: Sequence[str], named: Sequence[str], started_ns: int
    ) -> tuple[list[Reading], Evidence | None]:
        """See `View.read`."""
        if isinstance(self.guarded, ImageSystem):
            from cortexrepo.recording import image

            self._close_kept()
            return image.ask(self.guarded, self.root, chosen, named, lambda own: self._others(chosen, own)[0]), None
        first = spread(chosen)
        own = [reading for name in first for reading in read(name, self.system, named)]
        found, theirs = self._others(chosen, own)
        # Not before: what a process has in memory when it forks makes each fork dearer.
        found += [reading for name in chosen if name not in first for reading in read(name, self.system, named)]
        return found, self.evidence(theirs, started_ns)

    def _others(self, chosen: Sequence[str], own: list[Reading]) -> tuple[list[Reading], Sequence[bytes]]:
        """Returns the readings of root and of all others, once root's own process has read, and their evidence."""
        names = spread(chosen)
        if self._gap:
            reason = line(f"not searched: {self._gap}")
            own = [*own, *[Reading(name, "", PARTIAL, None, reason) for name in names]]
        tasks = self.tasks() if names else []
        if not tasks:
            return own, ()
        from cortexrepo.recording.merging import merged
        from cortexrepo.recording.rounds import ask

        told = ask(self.ground(task.user for task in tasks), tasks, names, own)
        return merged(self.plain, own, names, list(zip(tasks, told, strict=True))), [one.evidence for one in told]

    def ground(self, users: Iterable[int]) -> Ground:
        """Returns what the processes of these users are given of this machine."""
        from cortexrepo.machine.memberships import memberships
        from cortexrepo.recording.ground import Ground

        # The groups of this machine say nothing about those of an image.
        groups = memberships(self.system, self.accounts.names(users)) if self.live else {}
        return Ground(self.root, self.plain, self.accounts, groups, live=self.live, remembers=self.remembers)

    def homes(self) -> tuple[str, ...]:
        """See `View.homes`."""
        return (*self._scope.homes, *(home for homes in self._homes.values() for home in homes), *self._absent)

    def homes_of(self, user: int) -> tuple[str, ...]:
        """Returns the homes that are read with the rights of a user other than root."""
        return tuple(self._homes.get(user, ()))

    def users(self) -> tuple[int, ...]:
        """Returns the users other than root whose homes are read."""
        return tuple(sorted(self._homes))

    def tasks(self) -> list[Task]:
        """Returns what is left for each user."""
        places: dict[int, list[Place]] = {}
        for user, place in self._scope.left:
            places.setdefault(user, []).append(place)
        users = sorted(self._homes.keys() | places.keys())
        return [Task(user, tuple(self._homes.get(user, ())), tuple(places.get(user, ()))) for user in users]

    def evidence(self, theirs: Sequence[bytes], started_ns: int) -> Evidence | None:
        """Returns the evidence of all processes as one; None where one has none, or something changed just now."""
        if self._notes is None:
            return None
        stamps, resolved, links, _ = self._notes.seen()
        if not all(theirs):
            return None
        return settled((stamps, resolved, links, tuple(theirs)), started_ns)
