"""Lives of repositories: what may be done to one, in any order, by several machines whose clocks jump."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from cortexrepo.model.snapshot import RECONSTRUCTED, Cause
from cortexrepo.repository.upkeep.tidiness import Tidiness
from support.repositories.inventories import inventory
from support.repositories.memories import InMemory

if TYPE_CHECKING:
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.repository import Repository

MACHINES = ("0" * 32, "f" * 32, "0" * 31 + "1")
"""Two of them have their first digits in common."""
START = 1_700_000_000_000
_HOUR = 3_600_000
_MESSAGES = ("", "nightly", "before\nupgrade", "größer", "井戸", "x" * 30, "e\u0301")
_CAUSES = ("", "apt-get install cowsay", "dpkg " + "y" * 80)

Deed = tuple[str, int, int]

deeds: st.SearchStrategy[Deed] = st.tuples(
    st.sampled_from(["create"] * 4 + ["record", "delete", "undelete", "tag", "untag", "collect", "expire"]),
    st.integers(0, 11),
    st.integers(0, 5),
)
lives = st.lists(deeds, max_size=24)


class Life:
    """A repository in memory, and what was done to it so far."""

    def __init__(self) -> None:
        """Begins with an empty one."""
        self.memory = InMemory()
        self.memory.now = START
        self.made: list[Snapshot] = []

    def do(self, deed: Deed) -> None:
        """Does one thing; what makes no sense now is not done."""
        what, which, how = deed
        repository = self.again()
        if what in {"create", "record", "collect", "expire"}:
            getattr(self, f"_{what}")(repository, which, how)
        elif self.made:
            self._to(repository, what, self.made[which % len(self.made)].id, how)

    def again(self) -> Repository:
        """Returns the repository as another process would open it."""
        return self.memory.again()

    def _create(self, repository: Repository, which: int, how: int) -> None:
        self.memory.now = max(0, self.memory.now + (which - 3) * _HOUR // 2)
        found = inventory(how // 2, MACHINES[which % len(MACHINES)])
        self.made.append(repository.create(found, message=_MESSAGES[(which + how) % len(_MESSAGES)]))

    def _record(self, repository: Repository, which: int, how: int) -> None:
        found = inventory(how // 2, MACHINES[which % len(MACHINES)])
        found = found._replace(facts=(*found.facts, (RECONSTRUCTED, "dpkg")))
        cause = Cause(_CAUSES[how % len(_CAUSES)])
        made = repository.record(found, START + (which - 9) * _HOUR, message=_MESSAGES[how % 2], cause=cause)
        self.made += [made] if made is not None else []

    def _collect(self, repository: Repository, _which: int, how: int) -> None:
        repository.upkeep.gc(tidiness=Tidiness(recent=how % 3, least=1, slack=0.0))

    def _expire(self, repository: Repository, _which: int, how: int) -> None:
        repository.upkeep.gc(keep_deleted_ms=0, tidiness=Tidiness(recent=how % 3, least=1 + how % 2))

    def _to(self, repository: Repository, what: str, snapshot: str, how: int) -> None:
        from cortexrepo.errors import RevisionError, TagError

        words: dict[str, Any] = {
            "delete": lambda: repository.delete([snapshot]),
            "undelete": lambda: repository.undelete([snapshot]),
            "tag": lambda: repository.tag(("golden", "a-rather-long-tag")[how % 2], snapshot, force=True),
            "untag": lambda: repository.untag(("golden", "a-rather-long-tag")[how % 2]),
        }
        try:
            words[what]()
        except (RevisionError, TagError):
            return
