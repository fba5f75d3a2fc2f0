"""apt: put back in one transaction that names every change, simulated first and refused unless it is exactly the plan.

Files are fetched and checked before anything is touched; the transaction then runs
from them alone, with no source and no list of the machine. apt's marks are set last: until then what was put in counts
as asked for, so that nothing takes it away again after a kill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.names import is_there, place
from cortexrepo.ecosystems.apt.restore import fetching as apt_fetching
from cortexrepo.ecosystems.apt.restore import handover as apt_handover
from cortexrepo.ecosystems.apt.restore import proposal as apt_proposal
from cortexrepo.ecosystems.apt.restore import recovery as apt_recovery
from cortexrepo.ecosystems.apt.restore.diverted import note, take_back
from cortexrepo.ecosystems.apt.restore.shapes import put_back
from cortexrepo.ecosystems.apt.restore.skipped import put_in, put_in_again, replaced
from cortexrepo.ecosystems.apt.restore.transaction import carry_out
from cortexrepo.ecosystems.apt.state import architectures, by_place, interrupted, rows
from cortexrepo.errors import RefusedError
from cortexrepo.model.plan import Obstacle

if TYPE_CHECKING:
    from cortexrepo.ecosystems.contract.restoring import Proposal, Room, Work
    from cortexrepo.model.plan import Part

NEEDS: tuple[str, ...] = ()
_NOT_BEGUN = "no apt transaction was begun"
_ROOT_ONLY = "only root can restore apt packages"
_AS_ROOT = (
    "as root: `sudo cortex snapshot restore REV --only apt`; the rest: `cortex snapshot restore REV --only pip,npm`"
)


def propose(work: Work, room: Room) -> Proposal:
    """See `Restorer.propose`. Needs no privilege; that the rest does is an obstacle of its own."""
    found = apt_proposal.propose(work, room)
    if room.machine.user() == 0:
        return found
    return found._replace(obstacles=(*found.obstacles, Obstacle("privilege", "apt", "", "", _ROOT_ONLY, _AS_ROOT)))


def fetch(part: Part, room: Room) -> None:
    """See `Restorer.fetch`; raises RefusedError without root."""
    _need_root(room)
    apt_fetching.fetch(part, room)


def apply(part: Part, room: Room) -> None:
    """See `Restorer.apply`; raises RefusedError without root, and where dpkg was left half way."""
    _need_root(room)
    _check_start(part)
    names = replaced(part.steps)
    note(room)
    carry_out(part.steps, room)
    take_back(part.steps, room)
    put_in_again([row for row in put_in(part.steps) if row.name in names], room)


def recover(part: Part, room: Room) -> None:
    """See `Restorer.recover`."""
    _need_root(room)
    apt_recovery.wait(room)
    apt_handover.end(room)
    apt_recovery.recover(part, room)
    take_back(part.steps, room)
    # What was to be replaced is not known any more: every file is looked into.
    put_in_again(put_in(part.steps), room)


def revert(part: Part, room: Room) -> None:
    """See `Restorer.revert`."""
    _need_root(room)
    apt_recovery.wait(room)
    apt_handover.end(room)
    apt_recovery.lead_back(part, room)
    put_back(room)
    put_in_again([step.before for step in part.steps if step.before is not None], room)


def finish(part: Part, room: Room) -> None:  # noqa: ARG001 -- the same for every part
    """See `Restorer.finish`: only a killed download leaves anything."""
    apt_fetching.clear(room)


def _need_root(room: Room) -> None:
    if room.machine.user() != 0:
        raise RefusedError(_ROOT_ONLY, hint=_AS_ROOT)


def _check_start(part: Part) -> None:
    """Raises RefusedError where a package of the steps is no longer as the steps say."""
    if interrupted():
        raise RefusedError(f"dpkg was interrupted; {_NOT_BEGUN}", hint="first `dpkg --configure -a`")
    now = rows().packages
    native = architectures(now)[0]
    there = by_place(now, native)
    for step in part.steps:
        row = step.before or step.after
        assert row is not None
        found = there.get(place(row, native))
        if found != step.before and (step.before is not None or is_there(found)):
            have = "not installed" if found is None else f"installed at {found.version}"
            raise RefusedError(f"{row.name} has changed since the plan was made, and is {have} now; {_NOT_BEGUN}")
