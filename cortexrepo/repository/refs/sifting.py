"""What a look at the names leaves uncertain: what `cortexrepo.repository.refs.unread` is a rule about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model import refname
from cortexrepo.model.damage import STRAY, Damage, shown
from cortexrepo.model.ids import is_hex
from cortexrepo.named import NamedTuple
from cortexrepo.repository import layout
from cortexrepo.repository.refs.look import is_ours
from cortexrepo.repository.refs.unread import damage

if TYPE_CHECKING:
    from cortexrepo.repository.refs.look import Look
    from cortexrepo.repository.refs.refs import Refs

_ID = 32
_NO_MARK = "the name is not the name of a deletion mark"


class Sifted(NamedTuple):
    """A look without the copies of refs under names that are not theirs, and the files that leave it uncertain."""

    look: Look
    unread: tuple[Damage, ...]


def stray(name: str, refs: Refs) -> Damage:
    """Returns what is said of a file in `refs/` whose name is not a ref's: a newer version may have other names."""
    try:
        refs.file(name)
    except FormatVersionError as error:
        return damage(f"{layout.REFS}/{name}", error)
    except CorruptError:
        pass
    return Damage(shown(f"{layout.REFS}/{name}"), "the name is not the name of a snapshot's ref", STRAY)


def way_out(name: str, refs: Refs) -> str:
    """Returns what to do with a file in `refs/` whose name is not a ref's, as a command that works, or ""."""
    from cortexrepo.repository.refs import command  # only who verifies

    key = f"{layout.REFS}/{name}"
    try:
        found = refs.file(name)
    except FormatVersionError:
        return ""
    except CorruptError:
        return f"no snapshot can be read from the file; {command.move_out(refs.location, key)}"
    own = None if found is None else refname.of(found[0])
    if own is None:
        return ""
    if refs.is_there(own):
        way = command.remove(refs.location, key)
        return f"the file is a copy of snapshot {own.id[:12]}, which has a file of its own; {way}"
    way = command.give_name(refs.location, key, layout.ref_key(own))
    return f"the file holds snapshot {own.id[:12]}, which has no other; {way}"


def sift(look: Look, refs: Refs) -> Sifted:
    """Returns a look as resolving a revision needs it.

    A ref counts by its name, whether its content can be read or not. Only names that do not vouch for themselves are
    compared with what is in their files: names that are no ref's, and those whose id does not follow from the rest, for
    a snapshot that was made in this repository.
    """
    copies: set[str] = set()
    unread = list(look.damaged)
    for name in (*look.strangers, *(name for name in look.loose if not is_ours(name, refs.repository))):
        key = f"{layout.REFS}/{name}"
        try:
            found = refs.file(name)
        except (CorruptError, FormatVersionError):
            unread += [stray(name, refs)] if name in look.strangers else []
            continue
        own = None if found is None else refname.of(found[0])
        if own is None or own == name:
            continue
        if refs.is_there(own):
            copies.add(name)
        else:
            unread.append(Damage(shown(key), f"the file holds the snapshot {own.id[:12]} under another name", STRAY))
    unread += no_marks(look)
    kept = [name for name in look.loose if name not in copies] if copies else look.loose
    return Sifted(look._replace(loose=kept), tuple(unread))


def no_marks(look: Look) -> list[Damage]:
    """Returns what is said of the files in `deleted/` whose names are no deletion mark's."""
    names = sorted(name for name in look.marked if not is_mark(name))
    return [Damage(shown(f"{layout.DELETED}/{name}"), _NO_MARK, STRAY) for name in names]


def is_mark(name: str) -> bool:
    """Returns whether a name in `deleted/` is that of a deletion mark, or of one that a collector has claimed."""
    return is_hex(name.removesuffix(layout.CLAIMED), _ID)
