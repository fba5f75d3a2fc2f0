"""Verification: every byte of a repository is read and compared with what it should be. Changes nothing, takes no lock.

What others change meanwhile is no problem: a file that is gone is passed over, and an object that is not where it
should be counts as missing only if a snapshot that is still there needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model import refname
from cortexrepo.model.damage import shown
from cortexrepo.model.ids import ObjectId, is_hex
from cortexrepo.model.problem import (
    ADVICE,
    DAMAGED_MARK,
    DAMAGED_OBJECT,
    DAMAGED_REF,
    DAMAGED_TAG,
    LOST_REF,
    MISSING_DIRECTORY,
    MISSING_OBJECT,
    NEWER_FORMAT,
    STRAY,
    Problem,
    Report,
)
from cortexrepo.repository import layout
from cortexrepo.repository.objects import objects
from cortexrepo.repository.refs import marks
from cortexrepo.repository.refs.presence import lost
from cortexrepo.repository.refs.unread import problem
from cortexrepo.repository.upkeep import strangers
from cortexrepo.repository.upkeep.audit import Audit
from cortexrepo.repository.upkeep.chain import Chain
from cortexrepo.repository.upkeep.slots import Slots
from cortexrepo.store.keys import name_is_safe

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cortexrepo.errors import CortexError
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.progress import Progress
    from cortexrepo.model.refname import RefName
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.repository.refs.tags import Tags
    from cortexrepo.store.upkeep import Inspecting, Kept

_ID = 32
_UNKNOWN = "; it is a table of slots: what the snapshots hold that need it is not known"


class Verifier:
    """One verification of one repository."""

    def __init__(self, store: Kept, inspection: Inspecting, refs: Refs, tags: Tags, progress: Progress) -> None:
        """Takes what to verify, and whom to tell how far it has come."""
        self._store = store
        self._inspection = inspection
        self._refs = refs
        self._tags = tags
        self._progress = progress
        self._slots = Slots(refs)
        self._audit = Audit(store, refs, progress, self._slots)
        self._chain = Chain(store, refs)
        self._stored_objects = objects.Objects(store)
        self._problems: list[Problem] = []
        self._needed: set[bytes] = set()
        self._bad: dict[bytes, Problem] = {}
        self._objects = self._size = self._leftovers = self._artifacts = 0

    def snapshots(self, names: Iterable[RefName]) -> Report:
        """Verifies some snapshots: their refs, and the objects that these need."""
        count = 0
        for name in names:
            count += 1
            self._ref(name)
        for number, digest in enumerate(sorted(self._needed)):
            self._anywhere(ObjectId(digest.hex()))
            self._progress("reading objects", number, len(self._needed))
        self._look_again(self._needed)
        return self._report(count)

    def everything(self) -> Report:
        """Verifies all that is in the repository's directory."""
        self._places()
        # One whose head contradicts its rows is a damaged one in all that follows.
        self._refs.segments().check(self._refs.segments().view().heads)
        names = self._ref_names()
        for number, name in enumerate(names):
            self._ref(name)
            self._progress("reading snapshots", number, len(names))
        rolled = self._rolled(names)
        # A segment that a newer version wrote may hold any snapshot, as one that is damaged or renamed may.
        unread = self._audit.problems or self._audit.strangers or self._has_newer_names()
        self._chain.finish(is_complete=not unread)
        self._problems += self._chain.problems
        self._marks()
        found = list(self._stored())
        for number, identity in enumerate(found):
            self._object(identity)
            self._progress("reading objects", number, len(found))
        packed = self._audit.objects()
        self._objects += len(packed.difference(found))
        seen = {bytes.fromhex(identity) for identity in packed.union(found)}
        for digest in sorted(self._needed - seen):
            self._anywhere(ObjectId(digest.hex()))
        self._look_again(seen)
        self._read_artifacts()
        self._audit.strays()
        self._problems += self._audit.problems
        self._size += self._audit.size
        self._leftovers += self._inspection.leftovers()
        return self._report(len(names) + rolled)

    def _look_again(self, seen: Collection[bytes]) -> None:
        """Reads tables of slots again that could not be read: a collector may have been at them."""
        needed, problems = self._slots.again(self._bad)
        self._problems += problems
        for identity in sorted(needed):
            if bytes.fromhex(identity) not in seen:
                self._anywhere(identity)

    def _read_artifacts(self) -> None:
        from cortexrepo.repository.artifacts.audit import ArtifactAudit  # few repositories keep any

        audit = ArtifactAudit(self._store.large(), self._progress)
        audit.run()
        self._problems += audit.problems
        self._artifacts = audit.count
        self._size += audit.size
        self._leftovers += audit.leftovers

    def _rolled(self, names: Iterable[RefName]) -> int:
        """Reads the segments and returns how many snapshots are in them that have no file of their own."""
        own = set(names)
        rolled = set()
        for snapshot, checksum in self._audit.snapshots():
            self._chain.add(snapshot, checksum)
            self._needed.update(map(bytes.fromhex, self._slots.add(snapshot)))
            rolled.add(refname.of(snapshot))
        return len(rolled - own)

    # -- files as such

    def _places(self) -> None:
        for kind, key, reason in self._inspection.oddities(layout.SHAPE):
            self._problem(kind, key, reason)
        for name in self._inspection.absent(layout.SHAPE):
            self._problem(MISSING_DIRECTORY, f"{name}/", "the directory is missing, and with it all that was in it")

    # -- refs and marks

    def _ref_names(self) -> list[RefName]:
        names = []
        for name in sorted(self._store.names(layout.REFS)):
            parsed = refname.parse(name)
            if parsed is None:
                self._problems.append(strangers.in_refs(name, self._refs))
            else:
                names.append(parsed)
        return names

    def _has_newer_names(self) -> bool:
        """Returns whether a newer version may have named refs otherwise: such a file may hold any snapshot."""
        newer = [one.key.removeprefix(f"{layout.REFS}/") for one in self._problems if one.kind == NEWER_FORMAT]
        return any(refname.parse(name) is None for name in newer)

    def _ref(self, name: RefName) -> None:
        key = layout.ref_key(name)
        try:
            found = self._refs.read_raw(name)
        except (CorruptError, FormatVersionError) as error:
            self._unreadable(DAMAGED_REF, key, error, (name.id,))
            self._chain.pass_over(name)
            return
        if found is not None:
            self._chain.add(*found)
            self._size += self._store.size(key)
            self._needed.update(map(bytes.fromhex, self._slots.add(found[0])))

    def _marks(self) -> None:
        for name in sorted(self._store.names(layout.TAGS)):
            try:
                owner = self._tags.find(name)
            except (CorruptError, FormatVersionError) as error:
                key = layout.tag_key(name)
                is_tag = name_is_safe(name)
                self._problems.append(problem(DAMAGED_TAG, key, error) if is_tag else strangers.in_tags(key, error))
            else:
                self._tagged(name, owner)
        for name in sorted(self._store.names(layout.DELETED)):
            self._mark(name)

    def _tagged(self, tag: str, owner: SnapshotId | None) -> None:
        """Names a snapshot that is lost and that no other one links to: its tag is all that is left of it."""
        places = {(name.machine, self._refs.repository) for name in self._refs.every()}
        name = None if owner is None else lost(self._refs, self._store, places, owner)
        known = {one for problem in self._problems if problem.kind == LOST_REF for one in problem.snapshots}
        if name is not None and name.id not in known:
            reason = f"the snapshot is missing, and no collection removed it; the tag {tag!r} names it"
            self._problem(LOST_REF, layout.ref_key(name), reason, (name.id,))

    def _mark(self, name: str) -> None:
        key = f"{layout.DELETED}/{name}"
        if not is_hex(name.removesuffix(layout.CLAIMED), _ID):
            self._problem(STRAY, shown(key), "the name is not the name of a deletion mark")
            return
        try:
            marks.read(self._store, name)
        except (CorruptError, FormatVersionError) as error:
            self._unreadable(DAMAGED_MARK, key, error)

    # -- objects

    def _stored(self) -> Iterator[ObjectId]:
        for key, identity in objects.stored(self._store):
            if identity is not None:
                yield identity
            else:
                self._problem(STRAY, key, "the name is not the name of an object")

    def _object(self, identity: ObjectId) -> None:
        """Reads an object in its own file."""
        key = layout.object_key(identity)
        try:
            content = objects.read(self._store, identity)
            if content is None:
                self._anywhere(identity)  # packed meanwhile, or collected
                return
            self._slots.compare(identity, content)
        except (CorruptError, FormatVersionError) as error:
            self._bad[bytes.fromhex(identity)] = problem(DAMAGED_OBJECT, key, error)
            return
        self._objects += 1
        self._size += self._store.size(key)

    def _anywhere(self, identity: ObjectId) -> None:
        """Reads an object wherever it is."""
        key = layout.object_key(identity)
        try:
            self._slots.compare(identity, self._stored_objects.whole(identity))
        except (CorruptError, FormatVersionError) as error:
            kind = DAMAGED_OBJECT if self._store.size(key) else MISSING_OBJECT
            self._bad[bytes.fromhex(identity)] = problem(kind, key, error)
        else:
            self._objects += 1
            self._size += self._store.size(key)

    # -- the result

    def _report(self, snapshots: int) -> Report:
        self._blame()
        self._problems += self._slots.problems()
        order = {kind: number for number, kind in enumerate(ADVICE)}
        problems = sorted(self._problems, key=lambda one: (order[one.kind], one.key))
        return Report(
            tuple(problems),
            snapshots,
            self._objects,
            self._size,
            self._leftovers,
            artifacts=self._artifacts,
            unchecked=self._chain.unchecked,
        )

    def _blame(self) -> None:
        """Finds the snapshots that need what is bad: read again, for few are bad and many snapshots need much."""
        if not self._bad:
            return
        users: dict[bytes, list[SnapshotId]] = {digest: [] for digest in self._bad}
        names = self._refs.names()
        for name in names.every():
            try:
                snapshot = self._refs.header(name)
            except (CorruptError, FormatVersionError):
                continue
            for digest in map(bytes.fromhex, self._slots.needed(snapshot)) if snapshot else ():
                if digest in users:
                    users[digest].append(name.id)
        for digest, bad in self._bad.items():
            # A missing one that nobody needs any more was collected meanwhile.
            if users[digest] or bad.kind != MISSING_OBJECT:
                more = _UNKNOWN if digest in self._slots.tables else ""
                self._problems.append(bad._replace(reason=bad.reason + more, snapshots=tuple(users[digest])))

    def _problem(self, kind: str, key: str, reason: str, snapshots: tuple[SnapshotId, ...] = ()) -> None:
        self._problems.append(Problem(kind, key, reason, snapshots))

    def _unreadable(self, kind: str, key: str, error: CortexError, snapshots: tuple[SnapshotId, ...] = ()) -> None:
        self._problems.append(problem(kind, key, error)._replace(snapshots=snapshots))
