"""The way back for pip: the files of distributions are exchanged, all at once, and no pip runs to change anything.

Wheels are unpacked beside the site directory; then one list of moves takes the old files out and brings the new in.
Whatever stops that, the list is there, and the environment goes on to its end or back to its start.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.disk.realtree import RealTree
from cortexrepo.ecosystems.pip.environments.layout import layout_of
from cortexrepo.ecosystems.pip.read import collect
from cortexrepo.ecosystems.pip.restore.change import moves_of
from cortexrepo.ecosystems.pip.restore.fetch import stage
from cortexrepo.ecosystems.pip.restore.installed import Site
from cortexrepo.ecosystems.pip.restore.proposal import proposal
from cortexrepo.ecosystems.pip.restore.staging import begin, check_is_for, resume
from cortexrepo.errors import RefusedError, RestoreError
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.model.content import alike

if TYPE_CHECKING:
    from cortexrepo.disk.exchange.moves import Moves
    from cortexrepo.ecosystems.contract.restoring import Proposal, Room, Work
    from cortexrepo.ecosystems.pip.restore.staging import Staging
    from cortexrepo.model.plan import Part

_UNTOUCHED = "the environment was not changed"
NEEDS = (
    "configparser",
    "csv",
    "email.headerregistry",
    "email.message",
    "email.parser",
    "email.policy",
    "gzip",
    "hashlib",
    "importlib.resources",
    "installer",
    "installer.destinations",
    "installer.records",
    "installer.scripts",
    "installer.sources",
    "installer.utils",
    "lzma",
    "packaging.specifiers",
    "packaging.tags",
    "packaging.utils",
    "packaging.version",
    "tarfile",
    "tomllib",
    "zipfile",
)


def propose(work: Work, room: Room) -> Proposal:
    """See `Restorer.propose`. It may fetch wheels into the staging directory, where `fetch` finds them again."""
    return proposal(work, room)


def fetch(part: Part, room: Room) -> None:
    """See `Restorer.fetch`. What leads back is what is there now: before `finish` it is only moved, never removed."""
    staging = begin(room.staging, layout_of(part.environment, part.facts))
    if staging.moves() is not None:
        check_is_for(staging, part)
        return
    try:
        stage(part, staging, room)
    except OSError as error:
        raise _failure(error) from error


def apply(part: Part, room: Room) -> None:
    """See `Restorer.apply`."""
    staging = resume(room.staging, layout_of(part.environment, part.facts))
    if staging is None or not staging.is_for(part):
        raise RefusedError(f"{part.environment}: the files for this restore were not fetched; {_UNTOUCHED}")
    moves = staging.moves()
    if moves is None:
        _check_as_planned(part)
        try:
            moves = moves_of(part.steps, staging)
        except OSError as error:
            raise _failure(error) from error
        staging.write(moves)
    staging.carry_out(moves)


def recover(part: Part, room: Room) -> None:
    """See `Restorer.recover`."""
    staging = resume(room.staging, layout_of(part.environment, part.facts))
    if staging is None:
        return
    moves = staging.moves()
    if moves is None:
        staging.discard()
        return
    try:
        staging.carry_out(moves)
    except RestoreError:
        _take_back(moves, staging)


def revert(part: Part, room: Room) -> None:
    """See `Restorer.revert`."""
    staging = resume(room.staging, layout_of(part.environment, part.facts))
    if staging is None:
        return
    moves = staging.moves()
    if moves is None:
        staging.discard()
    else:
        _take_back(moves, staging)


def finish(part: Part, room: Room) -> None:
    """See `Restorer.finish`."""
    staging = resume(room.staging, layout_of(part.environment, part.facts))
    if staging is not None:
        staging.discard()


def _check_as_planned(part: Part) -> None:
    """Checks that the packages of the steps are as the steps say; RefusedError."""
    found = collect(LiveSystem({}), (part.environment,))
    manifests = [one.manifest for one in found if one.environment == part.environment]
    if len(manifests) != 1 or manifests[0] is None:
        raise RefusedError(f"{part.environment} cannot be read now; {_UNTOUCHED}")
    for step in part.steps:
        rows = [row for row in manifests[0].packages if row.name == step.package.name]
        before = step.before
        if (before is None and rows) or (before is not None and not any(alike(before, row) for row in rows)):
            raise RefusedError(
                f"{part.environment}: {step.package.name} has changed since the plan was made; {_UNTOUCHED}"
            )


def _take_back(moves: Moves, staging: Staging) -> None:
    """Takes everything back; what Python has compiled of the new modules meanwhile belongs to nobody any more."""
    site, files = Site(staging.layout), RealTree()
    targets = {move.target for move in moves.moves}
    try:
        for move in moves.moves:
            if not moves.is_away(move) and not os.path.lexists(move.source):
                for path in site.bytecode(move.target):
                    if path not in targets:
                        files.unlink(path)
    except OSError as error:
        raise _failure(error) from error
    staging.take_back(moves)
    staging.discard()


def _failure(error: OSError) -> RestoreError:
    return RestoreError(f"{error.filename or 'a file'}: {error.strerror}")
