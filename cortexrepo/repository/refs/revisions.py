"""Revisions: from what a person types to one ref."""

from __future__ import annotations

from itertools import dropwhile, islice
from typing import TYPE_CHECKING

from cortexrepo.errors import RevisionError
from cortexrepo.model import revision
from cortexrepo.model.ids import HEX, is_hex
from cortexrepo.repository.refs.look import asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cortexrepo.model.damage import Damage
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.revision import Revision
    from cortexrepo.repository.refs.refs import Names, Refs
    from cortexrepo.repository.refs.tags import Tags

_SHORTEST = 4
_SHOWN = 12
_ID = 32
_SEVERAL = 2


def resolve(text: str, refs: Refs, tags: Callable[[], Tags], now: int, *, deleted: bool) -> RefName:
    """Returns the ref that a revision names.

    Args:
        text: The revision.
        refs: Where to look.
        tags: Is called for the place of names that people gave, where the revision may be one.
        now: The moment that `@{yesterday}` is reckoned from, in milliseconds since 1970.
        deleted: Choose among the snapshots that are marked as deleted instead.

    Raises:
        RevisionError: It is malformed, names nothing, or more than one snapshot.
        CorruptError: It is a tag whose file is damaged, or the answer depends on a file that cannot be read
            (`cortexrepo.repository.refs.unread`).
        FormatVersionError: The same, and a newer version wrote the file.
    """
    parsed = revision.parse(text)
    if parsed.base == revision.LIVE:
        before = "; latest~N is the Nth snapshot before the latest" if parsed.back else ""
        raise RevisionError(
            "'live' is the machine itself, not a snapshot",
            hint=f"name a snapshot: `cortex snapshot list` shows all snapshots{before}",
        )
    return asked(refs.segments, lambda: _resolve(text, parsed, refs, tags, now, deleted=deleted))


def _resolve(text: str, parsed: Revision, refs: Refs, tags: Callable[[], Tags], now: int, *, deleted: bool) -> RefName:
    is_counted = bool(parsed.back or parsed.when)
    look = refs.look()
    if look.view is not None and (is_counted or parsed.base == revision.LATEST):
        from cortexrepo.repository.refs.certain import checked  # a young repository has no segments

        look = checked(look, refs)
    unread: tuple[Damage, ...] = ()
    if not look.is_certain(refs.repository):
        from cortexrepo.repository.refs.sifting import sift  # few ever need it

        look, unread = sift(look, refs)
        refs.unread.update(dict.fromkeys(unread))
    if unread and (parsed.when or parsed.base == revision.LATEST or parsed.back):
        from cortexrepo.repository.refs.unread import BY_ID, not_known  # few ever need it

        raise not_known(f"which snapshot {text!r} names", unread, BY_ID)
    names = refs.names_in(look)
    pool = names.deleted if deleted else names.kept
    if not pool and (parsed.when or parsed.base == revision.LATEST):
        raise none_of(deleted=deleted, are_others=bool(names.deleted))
    if parsed.when:
        found = _at(parsed.when, pool, now)
    elif parsed.base == revision.LATEST:
        found = pool[0]
    else:
        tagged = tags().find(parsed.base) if revision.is_word(parsed.base) else None
        if unread:
            _check_certain(parsed.base, tagged, names, unread, pool)
        if tagged is None and not (_is_id(parsed.base, None) and matching(parsed.base, names.every())):
            tags().check_known(f"whether there is a snapshot or a tag {parsed.base!r}")
            found = _of_message(text, parsed.base, refs, unread, names, now, deleted=deleted)
        else:
            found = _named(parsed.base, tagged, pool, names.kept if deleted else names.deleted, deleted=deleted)
    return _back(text, found, parsed.back, pool)


def _of_message(
    text: str, base: str, refs: Refs, unread: Sequence[Damage], names: Names, now: int, *, deleted: bool
) -> RefName:
    from cortexrepo.repository.refs import messages  # what is neither tag nor id is seldom right

    found = messages.only(base, refs, unread, names.deleted if deleted else names.kept)
    if found is not None:
        return found
    from cortexrepo.model.meant import meant

    wanted = "" if deleted else meant(text, now)
    if wanted:
        raise RevisionError(
            f"no snapshot, tag or message {base!r}",
            hint=f"did you mean {wanted}? `cortex snapshot show {_quoted(wanted)}`",
        )
    return _named(base, None, (), (), deleted=deleted)


def _quoted(wanted: str) -> str:
    return f"'{wanted}'" if " " in wanted else wanted


def none_of(*, deleted: bool, are_others: bool) -> RevisionError:
    """Returns the error for a repository without any snapshot of a kind.

    Args:
        deleted: The snapshots that are marked as deleted were asked for, instead of the others.
        are_others: There are snapshots that are marked as deleted.
    """
    if deleted:
        return RevisionError("no snapshot is marked as deleted", hint="`cortex snapshot list` shows all snapshots")
    if are_others:
        return RevisionError(
            "every snapshot is marked as deleted",
            hint="`cortex snapshot list --deleted` shows the ids, `cortex snapshot undelete ID` brings one back",
        )
    return RevisionError("there is no snapshot yet", hint="`cortex snapshot create` makes one")


def _at(when: str, pool: Sequence[RefName], now: int) -> RefName:
    from cortexrepo.model.when import parse_when  # datetime is dear, and few revisions are dates

    moment = parse_when(when, now)
    for name in pool:
        if name.created_at <= moment:
            return name
    raise RevisionError(
        f"there is no snapshot as old as @{{{when}}}", hint=f"the oldest snapshot is {pool[-1].id[:_SHOWN]}"
    )


def _check_certain(
    base: str, tagged: str | None, names: Names, unread: Sequence[Damage], pool: Sequence[RefName]
) -> None:
    """Raises CorruptError, FormatVersionError where a file that cannot be read may hold the snapshot that is meant."""
    if not _is_id(base, tagged):
        return
    from cortexrepo.repository.refs.unread import not_known  # few ever need it

    found = matching(tagged or base, names.every())
    if not found:
        raise not_known(f"whether there is a snapshot {base!r}", unread)
    if tagged is None and not is_hex(base, _ID) and len(matching(base, pool)) < _SEVERAL:
        whole = f"or write the full id: {found[0].id}"
        raise not_known(f"whether {base!r} is the beginning of one snapshot id only", unread, whole)


def _is_id(base: str, tagged: str | None) -> bool:
    return tagged is not None or (len(base) >= _SHORTEST and HEX.issuperset(base))


def _named(
    base: str, tagged: str | None, pool: Sequence[RefName], others: Sequence[RefName], *, deleted: bool
) -> RefName:
    wanted = tagged or base
    is_id = _is_id(base, tagged)
    found = matching(wanted, pool) if is_id else []
    if len(found) == 1:
        return found[0]
    if found:
        raise RevisionError(
            f"{base!r} is the beginning of {len(found)} snapshot ids",
            hint="write more digits: " + ", ".join(name.id[:_SHOWN] for name in found[:5]),
        )
    if is_id and matching(wanted, others):
        if deleted:
            message, hint = f"{base!r} is not deleted", "`cortex snapshot list --deleted` shows the deleted snapshots"
        else:
            message, hint = f"{base!r} was deleted", f"`cortex snapshot undelete {base}` brings it back"
        raise RevisionError(message, hint=hint)
    message = f"no {'deleted ' if deleted else ''}snapshot, tag or message {base!r}"
    if HEX.issuperset(base) and len(base) < _SHORTEST:
        message += f" (an id needs at least {_SHORTEST} digits)"
    if tagged is not None:
        raise RevisionError(
            f"the tag {base!r} names snapshot {tagged[:_SHOWN]}, which is not there",
            hint=f"`cortex snapshot verify --repair --from REPO` brings a lost snapshot back from a copy; "
            f"`cortex snapshot tag --delete {base}` removes the tag",
        )
    if deleted:
        raise RevisionError(message, hint="`cortex snapshot list --deleted` shows the deleted snapshots")
    raise RevisionError(message, hint="`cortex snapshot list` shows all snapshots")


def _back(text: str, found: RefName, back: int, pool: Sequence[RefName]) -> RefName:
    if not back:
        return found
    older = islice(dropwhile(lambda name: name != found, pool), back, None)
    try:
        return next(older)
    except StopIteration:
        raise RevisionError(
            f"{text!r} goes back further than the oldest snapshot",
            hint=f"the oldest snapshot is {pool[-1].id[:_SHOWN]}",
        ) from None


def matching(prefix: str, names: Iterable[RefName]) -> list[RefName]:
    """Returns the names whose id begins with `prefix`, one for each id."""
    if is_hex(prefix, _ID):
        return list(islice((name for name in names if name.id == prefix), 1))
    found: dict[str, RefName] = {}
    for name in names:
        if name.id.startswith(prefix):
            found.setdefault(name.id, name)
    return list(found.values())
