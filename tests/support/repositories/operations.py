"""What can be done to the small repository, as a table: a new operation of the product is one row."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.errors import CortexError, LockTimeoutError, RequestError, RevisionError
from cortexrepo.repository.upkeep.tidiness import THOROUGH, Tidiness
from support.disk.process import Killed
from support.repositories import artifacts
from support.repositories.world import BEFORE, DELETED, HOLDS, KEPT, Broken, check_content, holding, kept, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.repository import Repository
    from support.disk.disk import Disk
    from support.repositories.world import State, World

DONE, REFUSED, BUSY, UNKNOWN = "done", "refused", "busy", "unknown"
"""How an operation ended: acknowledged; refused as it cannot be done; another collector was at work, so that nothing
was done; killed, so that it is done, in part, or not."""


class At(NamedTuple):
    """Where an operation works."""

    repository: Repository
    world: World
    disk: Disk


class Operation(NamedTuple):
    """Something that a process does.

    Attributes:
        run: Does it; raises a RequestError when it refuses.
        effect: From what was seen before it to what is seen after it; None where it must refuse.
        had: Whether what it is to do is done already, so that it may succeed beside another that does the same.
        reads: Whether it only reads.
    """

    run: Callable[[At], object]
    effect: Callable[[dict[str, str]], dict[str, str] | None]
    had: Callable[[dict[str, str]], bool] = lambda _: False
    reads: bool = False


def create(at: At, message: str, *tags: str, stays: bool = True) -> Snapshot:
    """Makes a snapshot, which nobody deletes if it stays; raises Broken when its id was acknowledged before."""
    made = at.repository.create(holding(HOLDS[message]), message=message, tags=tags)
    if made.id in at.disk.acknowledged:
        raise Broken(f"the id {made.id} of {message!r} was acknowledged before")
    at.disk.acknowledged |= {made.id}
    if stays:
        at.disk.staying |= {made.id}
    return made


def _create(message: str, *tags: str) -> Operation:
    return Operation(
        lambda at: create(at, message, *tags),
        lambda seen: (
            None
            if any(f"tag {tag}" in seen for tag in tags)
            else seen | {message: KEPT} | {f"tag {tag}": message for tag in tags}
        ),
    )


def _mark(method: str, message: str, before: str, after: str) -> Operation:
    return Operation(
        lambda at: getattr(at.repository, method)([at.world.ids[message]]),
        # Two who do it at once have both done it.
        lambda seen: seen | {message: after} if seen.get(message) == before else None,
        lambda seen: seen.get(message) == after,
    )


def _tag(message: str, *, force: bool = False) -> Operation:
    return Operation(
        lambda at: at.repository.tag("golden", at.world.ids[message], force=force),
        lambda seen: (
            seen | {"tag golden": message}
            if seen.get(message) == KEPT and (force or seen.get("tag golden", message) == message)
            else None
        ),
    )


def _list(at: At) -> None:
    before = kept(at.disk)
    listing = at.repository.listing()
    if listing.damaged:
        raise Broken(f"listed as damaged: {listing.damaged}")
    if missing := (before & kept(at.disk)).difference(snapshot.id for snapshot in listing.snapshots):
        raise Broken(f"there all the time and not listed: {missing}")


def _keep(at: At) -> None:
    create(at, "new")
    names = artifacts.keep(at.repository, HOLDS["new"])
    at.disk.promised |= names
    for letter in HOLDS["new"]:
        (kept,) = at.repository.artifacts.find("pip", artifacts.package(letter))
        at.repository.artifacts.check(kept)


def _come_and_go(at: At) -> None:
    """Makes a snapshot and collects it, so that no file of it is left."""
    at.repository.delete([create(at, "new", stays=False).id])
    at.repository.upkeep.gc(keep_deleted_ms=0)


def _roll_up(at: At) -> None:
    """Makes a snapshot and puts it into a segment."""
    create(at, "new")
    at.repository.upkeep.gc(tidiness=Tidiness(recent=0, least=1, slack=0.0))


def _verify(at: At) -> None:
    if problems := at.repository.upkeep.verify().problems:
        raise Broken(f"verify finds {problems}")


def _read(at: At) -> None:
    for snapshot in at.repository.snapshots():
        try:
            check_content(at.repository, snapshot)
        except RevisionError as error:
            if visible(at.disk, snapshot.id):
                raise Broken(f"{snapshot.message!r} cannot be read and is there: {error}") from error


def _collected(seen: dict[str, str]) -> dict[str, str]:
    gone = {message for message, value in seen.items() if value == DELETED}
    return {key: value for key, value in seen.items() if key not in gone and value not in gone}


OPERATIONS = {
    "create": _create("new"),
    "create twin": _create("twin"),
    "create, delete and collect": Operation(_come_and_go, _collected),
    "create and roll up": Operation(_roll_up, lambda seen: seen | {"new": KEPT}),
    "create after": _create("after"),
    "create unchanged": _create("same"),
    "create with a tag": _create("new", "fresh"),
    "keep": Operation(_keep, lambda seen: seen | {"new": KEPT}),
    "delete": _mark("delete", "other", KEPT, DELETED),
    "undelete": _mark("undelete", "dead", DELETED, KEPT),
    "tag": _tag("old"),
    "move tag": _tag("other", force=True),
    "untag": Operation(
        lambda at: at.repository.untag("kept"),
        lambda seen: {key: value for key, value in seen.items() if key != "tag kept"} if "tag kept" in seen else None,
        lambda seen: "tag kept" not in seen,
    ),
    "gc": Operation(lambda at: at.repository.upkeep.gc(keep_deleted_ms=0), _collected),
    "pack": Operation(lambda at: at.repository.upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH), _collected),
    "list": Operation(_list, lambda seen: seen, reads=True),
    "verify": Operation(_verify, lambda seen: seen, reads=True),
    "read": Operation(_read, lambda seen: seen, reads=True),
}
_OF_SEVERAL = {"create, delete and collect", "create and roll up"}
SINGLE = [name for name in OPERATIONS if name not in _OF_SEVERAL]
"""Those that do one thing. The others collect as well, and fail where another collector is at work."""
_NOT_STRUCK = {"create after", "create unchanged", "keep", *_OF_SEVERAL}
WRITES = [name for name, operation in OPERATIONS.items() if not operation.reads and name not in _NOT_STRUCK]
"""Those that faults strike in every harness. "create after" is what a check does to see that work goes on, "create
unchanged" a create that finds all its objects, "keep" has tests of its own, in a world with artifacts, and those of two
steps are run beside a create whose name they might have."""
COLLECTIONS = ("gc", "pack")


def attempt(name: str, at: At) -> str:
    """Does an operation and returns how it ended; raises Broken when it fails although nothing failed it."""
    try:
        OPERATIONS[name].run(at)
    except RequestError:
        return REFUSED
    except Killed:
        return UNKNOWN
    except LockTimeoutError:
        if name not in COLLECTIONS:
            raise Broken(f"{name} does not get the lock") from None
        return BUSY
    except CortexError as error:
        raise Broken(f"{name}: {type(error).__name__}: {error}") from error
    return DONE


def after(states: Iterable[State], name: str, outcome: str) -> frozenset[State]:
    """Returns what may be seen after an operation that ended so, given what may have been seen before it."""
    found = set()
    for state in states:
        effect = OPERATIONS[name].effect(dict(state))
        if outcome == UNKNOWN:
            found.add(state)
            # An operation that changes several things may have come to some of them.
            found |= set(_parts(dict(state), dict(state) if effect is None else effect))
        elif outcome == BUSY:
            found.add(state)
        elif effect is not None and outcome == DONE:
            found.add(frozenset(effect.items()))
        elif effect is None and (outcome == REFUSED or OPERATIONS[name].had(dict(state))):
            found.add(state)
    return frozenset(found)


def _parts(before: dict[str, str], effect: dict[str, str]) -> Iterable[State]:
    changed = [key for key in before | effect if before.get(key) != effect.get(key)]
    for size in range(1, len(changed) + 1):
        for keys in itertools.combinations(changed, size):
            mixed = {key: (effect if key in keys else before).get(key) for key in before | effect}
            yield frozenset((key, value) for key, value in mixed.items() if value is not None)


@functools.cache
def explain(ended: tuple[tuple[str, str], ...]) -> frozenset[State]:
    """Returns what may be seen after operations at the same time: as after some order of them one by one."""
    found: set[State] = set()
    for order in itertools.permutations(ended):
        states = frozenset({BEFORE})
        for name, outcome in order:
            states = after(states, name, outcome)
        found |= states
    return frozenset(found)
