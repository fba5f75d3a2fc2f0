"""npm's global packages put back: staged beside the prefix, built and checked there, then exchanged as a whole.

A manifest says exactly which version is at which place of the tree, so nothing is resolved: every tarball is fetched by
name and version, placed, and the result read as a collector would before anything changes. See `Restorer` in `base`.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from cortexrepo.disk.exchange import moves_file
from cortexrepo.disk.exchange.moving import carry_out, take_back
from cortexrepo.disk.realtree import OwnTree, RealTree
from cortexrepo.ecosystems.contract.restoring import KEEP, Proposal
from cortexrepo.ecosystems.npm.managers import manager_of
from cortexrepo.ecosystems.npm.nodemodules import read_tree
from cortexrepo.ecosystems.npm.places import goal, place, tops
from cortexrepo.ecosystems.npm.program import find_npm
from cortexrepo.ecosystems.npm.restore import objections
from cortexrepo.ecosystems.npm.restore import staging as npm_staging
from cortexrepo.ecosystems.npm.restore.mounted import against_mounts
from cortexrepo.ecosystems.npm.restore.origins import Origins, changed, kept
from cortexrepo.ecosystems.npm.restore.replacement import replacement, roots
from cortexrepo.ecosystems.npm.restore.staging import MODULES, Staging
from cortexrepo.ecosystems.npm.tarballs.supply import Supply, spec_of
from cortexrepo.errors import FetchError, RefusedError, RestoreError
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.model.content import alike
from cortexrepo.model.package import LINK, Package

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.disk.exchange.moves import Moves
    from cortexrepo.ecosystems.contract.restoring import Room, Work
    from cortexrepo.ecosystems.npm.program import Npm
    from cortexrepo.model.plan import Obstacle, Part, Step

NAME = "npm"
NEEDS = ("gzip", "hashlib", "lzma", "tarfile")
_NO_NPM = "no working npm was found, in this prefix or on the system"
_UNTOUCHED = "no package was changed"
_NPM_HINT = "install node and npm, version 7 or later"


def propose(work: Work, room: Room) -> Proposal:
    """See `Restorer.propose`. What a registry offers is fetched now: only what is here is known to be available."""
    if (manager := manager_of(work.facts, work.then)) and work.steps:
        return Proposal(work.steps, (objections.against_manager(work, manager),))
    mounted = tuple(against_mounts(work, room.machine.mounts()))
    reason = "" if mounted else objections.against_environment(work.environment)
    if mounted or reason:
        return Proposal(work.steps, mounted or (objections.obstacle("environment", work.environment, None, reason),))
    rows = goal(work.now.packages, work.steps)
    found = [
        *objections.against_names(work),
        *objections.against_owners(work),
        *objections.against_tree(work, rows),
        *objections.against_broken(work),
        *objections.against_links(work),
        *objections.against_strangers(work.environment, kept(rows, work.steps)),
    ]
    if any(each.kind in {"unsafe", "simulation"} for each in found):
        return Proposal(work.steps, tuple(found))
    return _supplied(work, room, rows, found)


def _supplied(work: Work, room: Room, rows: Sequence[Package], found: list[Obstacle]) -> Proposal:
    npm = find_npm(work.environment, room.machine) if _needs_npm(rows) else None
    if npm is None and _needs_npm(rows):
        found.append(objections.obstacle("environment", work.environment, None, _NO_NPM, _NPM_HINT))
    supply = Supply(npm, room)
    origins = Origins.bring(changed(work.steps), supply)
    found += _missing(work, supply)
    steps = tuple(step._replace(source=origins.source(step.after)) for step in work.steps)
    contents = [
        (step, *origins.contents(step.after)) for step in steps if step.after is not None and origins.has(step.after)
    ]
    # What is bundled in a package is in the size of that package's tarball already.
    whole = sum(tarball.size for _, tarball, inner in contents if not inner)
    space = whole + _size_of_rest(work.environment, rows, work.steps)
    return Proposal(steps, tuple(found), tuple(objections.risks(work, contents)), space)


def _missing(work: Work, supply: Supply) -> list[Obstacle]:
    named: dict[object, Obstacle] = {}
    for row in changed(work.steps):
        if (reason := supply.missing.get(spec_of(row))) is not None:
            named.setdefault(spec_of(row), objections.obstacle("missing", work.environment, row, reason, KEEP))
    return list(named.values())


def _needs_npm(rows: Iterable[Package]) -> bool:
    return any(not row.flags & LINK for row in rows)


def _size_of_rest(prefix: str, rows: Iterable[Package], steps: Iterable[Step]) -> int:
    """Returns how much is copied: what is in the same outermost package as a change, and does not change itself."""
    size = 0
    for row in kept(rows, steps):
        own = f"{prefix}/lib/node_modules/{place(row)}"
        for folder, names, files in os.walk(own):
            if folder == own and MODULES in names:
                names.remove(MODULES)
            for file in files:
                with suppress(FileNotFoundError):  # Somebody else's file may go at any moment.
                    size += os.lstat(f"{folder}/{file}").st_size
    return size


def fetch(part: Part, room: Room) -> None:
    """See `Restorer.fetch`."""
    _bring(part, room, find_npm(part.environment, room.machine) if changed(part.steps) else None)


def _bring(part: Part, room: Room, npm: Npm | None) -> Origins:
    """Brings the tarballs of a part; FetchError unless they are all here, and the same as when it was planned."""
    supply = Supply(npm, room, {spec_of(step.after): step.source for step in part.steps if step.after and step.source})
    origins = Origins.bring(changed(part.steps), supply)
    faults = [f"{spec}: {reason}" for spec, reason in supply.missing.items()]
    for step in part.steps:
        now = origins.source(step.after)
        if step.source is not None and now is not None and step.source.digest != now.digest:
            faults.append(f"{spec_of(step.package)}: the file has changed since the plan was made")
    if faults:
        raise FetchError(
            f"files cannot be fetched as planned: {'; '.join(faults)}; {_UNTOUCHED} in {part.environment}",
            hint="run the same command again, which makes a new plan",
        )
    return origins


def apply(part: Part, room: Room) -> None:
    """See `Restorer.apply`."""
    moves = _moves(part, room)
    if moves is None:
        npm_staging.discard(part.environment, room.staging)
        try:
            moves = _prepare(part, room)
        except BaseException as error:
            npm_staging.discard(part.environment, room.staging)
            if isinstance(error, OSError):
                where = error.filename or part.environment
                raise RestoreError(f"{where}: {error.strerror}; {_UNTOUCHED} in {part.environment}") from error
            raise
    carry_out(moves, RealTree())


def _prepare(part: Part, room: Room) -> Moves:
    """Makes everything ready beside the prefix and writes the moves down; nothing has changed yet."""
    if reason := objections.against_environment(part.environment):
        raise RefusedError(reason)
    now = read_tree(LiveSystem({}), f"{part.environment}/lib/node_modules").packages
    _check_before(part, now)
    rows = goal(now, part.steps)
    npm = find_npm(part.environment, room.machine) if _needs_npm(rows) else None
    if npm is None and _needs_npm(rows):
        raise RefusedError(_NO_NPM, hint=_NPM_HINT)
    origins = _bring(part, room, None).files(changed(part.steps))
    for one in objections.against_strangers(part.environment, kept(rows, part.steps)):
        raise RefusedError(f"{one.reason}; {_UNTOUCHED} in {part.environment}", hint=one.hint)
    staging = Staging(part.environment, room)
    staging.fill(rows, origins)
    if npm is not None:
        staging.build(npm, origins)
    staging.link(rows)
    staging.check(rows)
    moves = replacement(part.environment, staging, tops(part.steps), RealTree())
    staging.settle()
    moves_file.write(moves, room.staging, OwnTree())
    return moves


def _check_before(part: Part, now: Iterable[Package]) -> None:
    """Checks that the machine is what the steps start from; RefusedError."""
    there = {place(row): row for row in now}
    for step in part.steps:
        expected = step.before
        found = there.get(place(step.package))
        if found != expected and (found is None or expected is None or not alike(found, expected)):
            seen = f"{found.name} {found.version}" if found else "nothing"
            wanted = f"{expected.name} {expected.version}" if expected else "nothing"
            where = f"{part.environment}/lib/node_modules/{place(step.package)}"
            raise RefusedError(
                f"{where} has changed since the plan was made: {seen} instead of {wanted}; "
                f"{_UNTOUCHED} in {part.environment}"
            )


def recover(part: Part, room: Room) -> None:
    """See `Restorer.recover`. A complete staging is carried out. Of any other nothing has come in: it is removed."""
    moves = _moves(part, room)
    if moves is None:
        npm_staging.discard(part.environment, room.staging)
    else:
        carry_out(moves, RealTree())


def revert(part: Part, room: Room) -> None:
    """See `Restorer.revert`. The old packages are still there, and come back as they were."""
    moves = _moves(part, room)
    if moves is not None:
        take_back(moves, RealTree())
        moves_file.remove(room.staging, OwnTree())
    npm_staging.discard(part.environment, room.staging)


def finish(part: Part, room: Room) -> None:
    """See `Restorer.finish`."""
    moves_file.remove(room.staging, OwnTree())
    npm_staging.discard(part.environment, room.staging)


def _moves(part: Part, room: Room) -> Moves | None:
    try:
        stagings = npm_staging.noted(part.environment, room.staging)
        return moves_file.read(room.staging, stagings, roots(part.environment), OwnTree())
    except OSError as error:
        raise RestoreError(f"{error.filename}: {error.strerror}") from error
