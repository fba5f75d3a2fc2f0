"""Listing: the snapshots that meet some conditions, and what is damaged among them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from cortexrepo.errors import CorruptError, CortexError, FormatVersionError
from cortexrepo.model.snapshot import RECONSTRUCTED
from cortexrepo.named import NamedTuple
from cortexrepo.repository import layout
from cortexrepo.repository.refs.look import asked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.model.damage import Damage
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.refs.look import Look
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.repository.refs.tags import Tags
    from cortexrepo.store.base import Store


class Listing(NamedTuple):
    """Snapshots newest first, the tags of each, and the files that cannot be read: refs, segments, tags."""

    snapshots: tuple[Snapshot, ...]
    tags: dict[SnapshotId, tuple[str, ...]]
    damaged: tuple[Damage, ...]


class Wanted(NamedTuple):
    """The conditions, each of which may be None: moments in milliseconds since 1970, a tag, a text, a number.

    The text is looked for in message and tags. A snapshot that was rebuilt from logs has its command as its message.
    """

    since_ms: int | None = None
    until_ms: int | None = None
    tag: str | None = None
    text: str | None = None
    limit: int | None = None


def snapshots(refs: Refs, tagged: Tags, store: Store, wanted: Wanted, *, deleted: bool, linked: bool) -> Listing:
    """Returns what `Repository.listing` promises; the shared lock is held only while names are read."""
    return asked(refs.segments, lambda: _snapshots(refs, tagged, store, wanted, deleted=deleted, linked=linked))


def _snapshots(refs: Refs, tagged: Tags, store: Store, wanted: Wanted, *, deleted: bool, linked: bool) -> Listing:
    look = refs.locked_look()
    if look.view is not None:
        from cortexrepo.repository.refs.certain import checked  # a young repository has no segments

        look = checked(look, refs, wholly=False)
    tags = tags_of(tagged)
    damaged = [*damaged_in(look, refs), *tagged.damaged, *tagged.missing_at(look, tags)]
    damaged += _unread_marks(look, store) if deleted else ()
    chosen = (
        name
        for name in (refs.names_in(look).deleted if deleted else refs.kept(look))
        if (wanted.since_ms is None or name.created_at >= wanted.since_ms)
        and (wanted.until_ms is None or name.created_at <= wanted.until_ms)
        and (wanted.tag is None or wanted.tag in tags.get(name.id, ()))
    )
    readable = _readable(refs.snapshots(chosen, linked=linked), damaged)
    text = (wanted.text or "").casefold()
    matching = (one for one in readable if text in "\n".join((_said(one), *tags.get(one.id, ()))).casefold())
    return Listing(tuple(islice(matching, wanted.limit)), tags, tuple(damaged))


def _said(snapshot: Snapshot) -> str:
    """Returns what a list says of a snapshot: its message, else the command of one that was rebuilt from logs."""
    return snapshot.message or (snapshot.cause.command if snapshot.fact(RECONSTRUCTED) else "")


def tags_of(tagged: Tags) -> dict[SnapshotId, tuple[str, ...]]:
    """Returns the tags of every snapshot that has any."""
    tags: dict[SnapshotId, tuple[str, ...]] = {}
    for name, snapshot in tagged.all().items():
        tags[snapshot] = (*tags.get(snapshot, ()), name)
    return tags


def damaged_in(look: Look, refs: Refs) -> list[Damage]:
    """Returns what a look at the names found that is no ref or mark, or cannot be read."""
    if not look.strangers and look.has_marks_only:
        return list(look.damaged)
    from cortexrepo.repository.refs.sifting import no_marks, stray  # few ever need it

    return [*(stray(name, refs) for name in look.strangers), *look.damaged, *no_marks(look)]


def _unread_marks(look: Look, store: Store) -> Iterator[Damage]:
    """Yields the deletion marks that cannot be read: each hides its snapshot, and keeps it from being collected."""
    from cortexrepo.repository.refs import marks
    from cortexrepo.repository.refs.sifting import is_mark

    for name in sorted(filter(is_mark, look.marked)):
        try:
            marks.read(store, name)
        except (CorruptError, FormatVersionError) as error:
            from cortexrepo.repository.refs.unread import damage  # few ever need it

            yield damage(f"{layout.DELETED}/{name}", error)


def _readable(
    found: Iterator[tuple[RefName, Snapshot | CorruptError | FormatVersionError]], damaged: list[Damage]
) -> Iterator[Snapshot]:
    """Yields the snapshots, and adds the refs that cannot be read to those that are damaged."""
    for name, snapshot in found:
        if isinstance(snapshot, CortexError):
            damaged.append(damage_of(name, snapshot))
            continue
        if (error := snapshot.unknown()) is not None:
            damaged.append(damage_of(name, error))
        yield snapshot


def damage_of(name: RefName, error: CortexError) -> Damage:
    """Returns what is said of a ref that cannot be read."""
    from cortexrepo.repository.refs.unread import damage  # few ever need it

    return damage(layout.ref_key(name), error)
