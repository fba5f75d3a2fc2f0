"""After a kill or a failure: dpkg made whole, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt import versions as debversion
from cortexrepo.ecosystems.apt.command import VARIABLES, configure, unpack
from cortexrepo.ecosystems.apt.names import is_there, place
from cortexrepo.ecosystems.apt.restore import locks as apt_locks
from cortexrepo.ecosystems.apt.restore.archive import Archive
from cortexrepo.ecosystems.apt.restore.hazards import some
from cortexrepo.ecosystems.apt.restore.marks import doomed, set_marks
from cortexrepo.ecosystems.apt.restore.settlements import settled
from cortexrepo.ecosystems.apt.restore.transaction import carry_out
from cortexrepo.ecosystems.apt.state import MUST_AGAIN, architectures, by_place, condition, interrupted, rows, unhealthy
from cortexrepo.errors import RefusedError, RestoreError
from cortexrepo.model.plan import CONFIGURE, DOWNGRADE, IN_PLACE, INSTALL, MARK, REINSTALL, REMOVE, UPGRADE, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Part


def wait(room: Room) -> None:
    """Waits for a dpkg whose apt was killed: until it has ended, its files are not whole, and its diversions in use."""
    if apt_locks.held():
        room.told("waiting for apt or dpkg to end")
    apt_locks.wait()


def recover(part: Part, room: Room) -> None:
    """Makes every package whole again: what was begun is configured, else finished, else taken back.

    Afterwards each package of the part is as before or as after, and dpkg takes orders again.

    Raises:
        RestoreError: Neither way could be gone to its end; it names the packages that are half way.
    """
    _make_whole(room)
    _spare(part, room)
    _unpacked_again(part, room)
    if not _half_way(part):
        return
    try:
        _lead(part, [step.after for step in part.steps], room)
    except (RestoreError, RefusedError) as error:
        room.told(f"the transaction cannot be finished: {error}")
        _make_whole(room)
        if _half_way(part):
            _lead(part, [step.before for step in part.steps], room)


def lead_back(part: Part, room: Room) -> None:
    """Leads back to the rows before, from what was fetched.

    Raises:
        RestoreError: It did not succeed; or the file of a version is missing, then nothing was changed.
    """
    _make_whole(room)
    _lead(part, [step.before for step in part.steps], room)


def _make_whole(room: Room) -> None:
    """Waits for a dpkg whose apt was killed, and finishes what can be finished. A script that fails is left.

    What dpkg was killed while unpacking stays torn: apt replaces or removes it with the next transaction.
    """
    wait(room)
    if not interrupted() and not unhealthy(rows().packages):
        return
    room.machine.run(configure(), variables=VARIABLES, told=room.told, lasting=True)


def _spare(part: Part, room: Room) -> None:
    """Takes back the marks by which apt announced to dpkg what it would remove, of what has not been removed."""
    now = rows().packages
    native = architectures(now)[0]
    there = by_place(now, native)
    keys = [place(step.before, native) for step in part.steps if step.before is not None]
    spared = [row for key in keys if (row := there.get(key)) is not None and doomed(row)]
    set_marks([row._replace(attributes=()) for row in spared], native, room)


def _unpacked_again(part: Part, room: Room) -> None:
    """Has dpkg unpack again what it was killed in, where several architectures of a package are half way.

    apt cannot: where a package is torn in one architecture and unpacked in another it finds no file for the second.
    """
    half = _half_way(part)
    names = [row.name for row in half]
    torn = {row.name for row in half if names.count(row.name) > 1 and _is_torn(row)}
    if not torn:
        return
    archive, native = Archive(room.staging), architectures(rows().packages)[0]
    wanted = {place(step.after, native): step.after for step in part.steps if step.after is not None}
    mine = [wanted.get(place(row, native)) for row in half if row.name in torn]
    files = [archive.path(row) for row in mine if row is not None and is_there(row) and archive.has(row)]
    if files:
        room.machine.run(unpack(files), variables=VARIABLES, told=room.told, lasting=True)
        _make_whole(room)


def _is_torn(row: Package) -> bool:
    return condition(row).endswith(MUST_AGAIN)


def _half_way(part: Part) -> list[Package]:
    names = {step.package.name for step in part.steps}
    return [row for row in unhealthy(rows().packages) if row.name in names]


def _lead(part: Part, wanted: Sequence[Package | None], room: Room) -> None:
    """Does what is left to do to have these rows; the nth is that of the nth step."""
    now = rows().packages
    native = architectures(now)[0]
    there = by_place(now, native)
    steps = []
    for step, row in zip(part.steps, wanted, strict=True):
        keys = {place(known, native) for known in (step.before, step.after) if known is not None}
        have = [there[key] for key in keys if key in there]
        steps += _steps(have, row, CONFIGURE if step.kind == CONFIGURE else REINSTALL)
    missing = _unfetched(steps, room)
    if missing:
        raise RestoreError(
            f"the .deb file is missing in {room.staging}: {some(missing)}; no apt transaction was begun",
            hint="install these versions with `apt-get install NAME=VERSION`, then `cortex snapshot restore --resume`",
        )
    carry_out(steps, room)


def _steps(have: Sequence[Package], row: Package | None, again: str) -> list[Step]:
    """Returns the steps from what is there to one row; `again` is the kind for one that is there and not whole."""
    there = next(filter(is_there, have), have[0] if have else None)
    if row is None or not is_there(row):
        return [Step(REMOVE if is_there(there) else MARK, there, row)] if there is not None or row is not None else []
    if there is None or not is_there(there):
        return [Step(INSTALL, there, row)]
    if (there.version, there.arch) == (row.version, row.arch):
        settlement = settled(there, row)
        is_needed = condition(there) and settlement is not None and settlement.kind in {CONFIGURE, REINSTALL}
        return [Step(again if is_needed else MARK, there, row)]
    order = debversion.compare(there.version, row.version)
    return [Step(DOWNGRADE if order > 0 else UPGRADE, there, row)]


def _unfetched(steps: Sequence[Step], room: Room) -> list[str]:
    archive = Archive(room.staging)
    rows_put = [
        step.after for step in steps if step.kind not in IN_PLACE and step.after is not None and is_there(step.after)
    ]
    return [f"{row.name} {row.version}" for row in rows_put if not archive.has(row)]
