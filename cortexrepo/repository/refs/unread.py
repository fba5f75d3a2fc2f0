"""Files that name snapshots and cannot be read, and the one rule about them: unread is never absent.

A snapshot may be in each of these files. So no place in the order of snapshots is known, no beginning of an id is known
to be unique, and no lookup that found nothing has an answer. Only a whole id that is found is certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.damage import DAMAGED, FROM_COPY, NEWER_FORMAT, STRAY, Damage, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.errors import CortexError
    from cortexrepo.model.problem import Problem

_SAYS_SO = ("the file is damaged: ", "the object is damaged: ")
_WAYS = {
    NEWER_FORMAT: "use the version of cortex that wrote the file, or a newer one",
    STRAY: "if the file belongs to no snapshot, move it away",
}
BY_ID = "or name a snapshot by its full id: `cortex snapshot list --json` shows the full ids"


def damage(key: str, error: CortexError) -> Damage:
    """Returns what is said of a file that cannot be read; `error` says why, with or without the name of the file."""
    text = str(error).removeprefix(f"{shown(key)}: ")
    directory = key.partition("/")[0]
    if text.startswith((f"{directory}/", f"{directory.removesuffix('s')} ")):
        text = text.partition(": ")[2] or text
    for words in _SAYS_SO:
        text = text.replace(words, "")
    return Damage(shown(key), shown(text), NEWER_FORMAT if isinstance(error, FormatVersionError) else DAMAGED)


def renamed_segment(name: str) -> Damage:
    """Returns what is said of a file in `segments/` whose name is not a segment's."""
    return Damage(
        shown(f"segments/{name}"), "the name is not the name of a segment, and snapshots may be in the file", STRAY
    )


def problem(kind: str, key: str, error: CortexError) -> Problem:
    """Returns the problem of a file that cannot be read; one that a newer version wrote is not of the damaged kind."""
    from cortexrepo.model.problem import Problem  # only who verifies

    found = damage(key, error)
    return Problem(kind if found.kind == DAMAGED else found.kind, found.key, found.reason)


def not_known(subject: str, unread: Sequence[Damage], way: str = "") -> CorruptError | FormatVersionError:
    """Returns the error for a question that has no answer because of files that cannot be read.

    Args:
        subject: The question, as the subject of a sentence: "whether a snapshot has it".
        unread: The files, at least one.
        way: A way out besides the file's own, as a clause.
    """
    first, more = unread[0], len(unread) - 1
    cause = f"{first.key} cannot be read: {first.reason}"
    if first.kind == NEWER_FORMAT:
        cause = f"a newer version of cortex wrote {first.key}: {first.reason}"
    rest = f" (and {more} more: `cortex snapshot verify` names each)" if more else ""
    hint = _WAYS.get(first.kind, FROM_COPY) + (f"; {way}" if way else "")
    wanted = FormatVersionError if first.kind == NEWER_FORMAT else CorruptError
    return wanted(f"{subject} is not known: {cause}{rest}", hint=hint)
