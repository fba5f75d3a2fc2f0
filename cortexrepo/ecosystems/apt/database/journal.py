"""dpkg's journal laid over its status file: the stanzas that count. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.ecosystems.apt.database.stanza import Stanza

_LONGEST = 10
"""dpkg refuses an entry with a longer name."""


def misnamed(names: Iterable[str]) -> str:
    """Returns why dpkg refuses a journal whose entries have these names, or an empty string."""
    lengths = {len(name) for name in names}
    if max(lengths, default=0) > _LONGEST:
        return "updates directory contains a file whose name is too long"
    return "updates directory contains files with different length names" if len(lengths) > 1 else ""


def overlaid(stanzas: Iterable[Stanza], entries: Iterable[Stanza]) -> tuple[list[Stanza], str]:
    """Returns the stanzas that count, and why dpkg refuses an entry, or an empty string.

    An entry is about the only instance that is there, whatever its architecture, except where both can be there beside
    another instance: a package may move between `all` and an architecture.
    """
    current: dict[str, dict[str, Stanza]] = {}
    for stanza in stanzas:
        current.setdefault(stanza.name, {})[stanza.arch] = stanza
    for entry in entries:
        instances = current.setdefault(entry.name, {})
        there = [one for one in instances.values() if not one.state.endswith(" not-installed")]
        if len(there) > 1 and not entry.is_coinstallable:
            return [], f"{entry.name} is not co-installable with {entry.name} which has multiple installed instances"
        if len(there) == 1 and not (there[0].is_coinstallable and entry.is_coinstallable):
            del instances[there[0].arch]
        instances[entry.arch] = entry
    return [stanza for instances in current.values() for stanza in instances.values()], ""
