"""Who does the work: the restorer of each part, called as the owner of its environment."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.restoring import Proposal, Room
from cortexrepo.errors import CorruptError
from cortexrepo.formats.json import plan as plan_json
from cortexrepo.formats.text.quantities import size
from cortexrepo.model.plan import Obstacle
from cortexrepo.restore.plan import planfile
from cortexrepo.restore.run.delegate import Account, as_user
from cortexrepo.restore.run.holder import holder
from cortexrepo.restore.run.trusted import Trusted
from cortexrepo.rights.lending import lend_directory, lend_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cortexrepo.ecosystems.contract.files import Answer
    from cortexrepo.ecosystems.contract.restoring import Restorer, Shelf, Work
    from cortexrepo.machine.programs import Machine
    from cortexrepo.model.artifact import Artifact
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Part, Step

    Staging = Callable[[str, int | None], str]
    """(name, owner) to a directory of that owner; see `Journal.staging`."""
    Told = Callable[[str], None]
    MachineOf = Callable[[str], Machine]
    """A home directory to the machine as its user sees it."""
    Phase = Literal["fetch", "apply", "recover", "revert", "finish"]
    """A method of a restorer."""


class Crew:
    """Calls restorers. Where root works on what belongs to another user, in a process that has become that user."""

    def __init__(
        self,
        machine_of: MachineOf,
        home: str,
        shelf: Shelf,
        staging: Staging,
        told: Told,
        *,
        only_for: int | None = None,
        restored: Callable[[], str] = lambda: "",
    ) -> None:
        """Takes how programs are started for a home, this user's home, the artifacts, and where to stage and tell.

        `restored` says which snapshot is restored, once that is noted in the journal.
        Where the artifacts are a user's (`only_for`), they serve this user's environments and no others.
        """
        self._machine_of = machine_of
        self._machine = machine_of(home)
        self._shelf = shelf
        self._staging = staging
        self._told = told
        self._only_for = only_for
        self._restored = restored
        self._lent: dict[tuple[str, int], str] = {}

    def propose(self, work: Work, staging: str) -> Proposal:
        """See `Restorer.propose`; `staging` names the part's directory."""
        restorer = registry.restorer(work.ecosystem)
        account, trusted = self._account(work.ecosystem, work.environment)
        if account is None:
            with _for_all_to_read():
                found = restorer.propose(work, self._room(staging, trusted))
            return self._with_room(work, trusted.explained(found))
        shelf = self._carried(work.ecosystem, work.steps, staging, account, trusted)

        def proposed(told: Told) -> object:
            found = restorer.propose(work, self._room_of(account, shelf, staging, told))
            return {
                "steps": [plan_json.step(step) for step in found.steps],
                "obstacles": [plan_json.obstacle(one) for one in found.obstacles],
                "risks": [plan_json.risk(one) for one in found.risks],
                "space": found.space,
            }

        found = as_user(account, proposed, self._told, environment=work.environment)
        return self._with_room(work, trusted.explained(planfile.proposal(found)))

    def do(self, phase: Phase, part: Part, staging: str) -> None:
        """Calls a method of the part's restorer; raises as that does."""
        restorer = registry.restorer(part.ecosystem)
        account, trusted = self._account(part.ecosystem, part.environment)
        if account is None:
            with _for_all_to_read():
                _call(restorer, phase, part, self._room(staging, trusted)._replace(purpose=self._purpose(phase)))
            return
        shelf: Shelf = _NOTHING
        if phase == "fetch":
            shelf = self._carried(part.ecosystem, part.steps, staging, account, trusted)
        as_user(
            account,
            lambda told: _call(restorer, phase, part, self._room_of(account, shelf, staging, told)),
            self._told,
            lasting=phase != "fetch",
            environment=part.environment,
        )

    def brought(self, part: Part, staging: str) -> Iterator[Answer]:
        """See `Back.brought`; nothing of an ecosystem that does not fetch what leads back, or of another user's."""
        facet = registry.back(part.ecosystem)
        account, trusted = self._account(part.ecosystem, part.environment)
        if facet is not None and account is None:
            yield from facet.brought(part, self._room(staging, trusted))

    def _purpose(self, phase: Phase) -> str:
        return f"{'abort' if phase == 'revert' else 'restore'} {self._restored()}".rstrip()

    def _with_room(self, work: Work, found: Proposal) -> Proposal:
        """Adds an obstacle where the disk of the environment has not the room that the proposal says it needs."""
        if any(one.kind == "space" for one in found.obstacles):
            return found
        place = work.environment or "/usr"
        free = self._machine.free(place)
        if found.space <= free:
            return found
        reason = f"{size(found.space)} are needed on the disk of {place}, and {size(free)} are free"
        full = Obstacle(
            "space", work.ecosystem, work.environment, "", reason, f"make room: `df {place}` shows the free space"
        )
        return found._replace(obstacles=(*found.obstacles, full))

    def _account(self, ecosystem: str, environment: str) -> tuple[Account | None, Trusted]:
        """Returns whom the work is done as, None for the user of this process, and the kept files for it.

        Raises RefusedError as `holder` does.
        """
        if not environment:
            return None, Trusted(self._shelf_for(0), "")
        me = self._machine.user()
        user = holder(ecosystem, environment, me)
        return Account(user) if me == 0 and user != 0 else None, Trusted(self._shelf_for(user), str(user))

    def _shelf_for(self, user: int) -> Shelf:
        """Returns the kept files, or nothing where they are of a user whose files serve that one's environments only.

        What such a file says of itself is that user's word.
        """
        return self._shelf if self._only_for in {None, user} else _NOTHING

    def _room(self, staging: str, shelf: Shelf) -> Room:
        return Room(self._machine, shelf, self._staging(staging, None), self._told)

    def _room_of(self, account: Account, shelf: Shelf, staging: str, told: Told) -> Room:
        return Room(self._machine_of(account.home), shelf, self._staging(staging, None), told)

    def _carried(
        self, ecosystem: str, steps: Sequence[Step], staging: str, account: Account, trusted: Trusted
    ) -> Shelf:
        """Copies what is kept for these steps to where the user can read it: the repository is closed to them."""
        self._staging(staging, account.user)
        # Not in the user's own directory: what root writes there could be led elsewhere.
        directory = self._staging(self._lent.setdefault((staging, account.user), _unguessed()), None)
        lend_directory(directory, account.user)
        kept: dict[Artifact, str] = {}
        for step in steps:
            for artifact in trusted.find(ecosystem, step.after) if step.after is not None else ():
                path = f"{directory}/{artifact.content}"
                if not os.path.exists(path):
                    self._shelf.copy(artifact, path)
                    lend_file(path, account.user)
                kept[artifact] = path
        return Carried(kept)


@contextmanager
def _for_all_to_read() -> Iterator[None]:
    """Lets everybody read what root puts in, as dpkg does by itself, however careful root's umask is."""
    if os.geteuid() != 0:
        yield
        return
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def _unguessed() -> str:
    """Returns the name of a directory of what is lent: nobody can look for what is in it."""
    import secrets

    return f"part-{secrets.token_hex(16)}.kept"


class Carried:
    """A shelf of files that were copied from another one, and checked then."""

    def __init__(self, kept: Mapping[Artifact, str]) -> None:
        """Takes every artifact and where its copy is."""
        self._kept = kept

    def find(self, ecosystem: str, package: Package) -> tuple[Artifact, ...]:
        """See `Shelf.find`."""
        wanted = (ecosystem, package.name, package.arch, package.version)
        return tuple(one for one in self._kept if (one.ecosystem, one.name, one.arch, one.version) == wanted)

    def copy(self, artifact: Artifact, path: str) -> None:
        """See `Shelf.copy`."""
        try:
            shutil.copyfile(self._kept[artifact], path)
        except OSError as error:
            raise CorruptError(f"cannot copy {artifact.file}: {error.strerror}") from error


_NOTHING = Carried({})


def _call(restorer: Restorer, phase: Phase, part: Part, room: Room) -> None:
    method: Callable[[Part, Room], None] = getattr(restorer, phase)
    method(part, room)
