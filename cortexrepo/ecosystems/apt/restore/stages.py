"""One plan in two runs of apt, where the C library goes down: first everything else, then the library.

dpkg and the shell of its scripts are programs too. As long as one of them was made for the newer library, dpkg could
not go on once the older one is there; programs that were made for the older one run with either. apt does not know
this: it looks at dependencies of the versions that come in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.apt import versions as debversion
from cortexrepo.ecosystems.apt.database.relations import on_machine
from cortexrepo.ecosystems.apt.names import is_there
from cortexrepo.ecosystems.apt.state import files
from cortexrepo.model.plan import DOWNGRADE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Step

_LIBRARY = re.compile(r"/(?:libc\.so\.6|ld-linux[^/]*\.so\.\d+)\Z")
_RELATION = re.compile(r"([a-z0-9][a-z0-9+.-]+)(?::\w+)?\s*(?:\(\s*(<<|<=|=|>=|>>)\s*([^\s)]+)\s*\))?")
_HOLDS = {"<<": (-1,), "<=": (-1, 0), "=": (0,), ">=": (0, 1), ">>": (1,)}


class _Stanza(NamedTuple):
    """What dpkg's status file says of a package: where it comes from, and what it cannot be together with."""

    source: str
    against: str


def stages(steps: Sequence[Step]) -> list[list[Step]]:
    """Returns the steps in the groups that are done one after the other; most often there is one group.

    Last are the C library, what is made from the same source, for it goes with it in one version, and what the newer
    library breaks.
    """
    lowered = [step.before for step in steps if step.kind == DOWNGRADE and _is_library(step.before)]
    if not lowered:
        return [list(steps)]
    known = _stanzas({step.package.name for step in steps})
    library = [known[row.name] for row in lowered if row is not None and row.name in known]
    last = [step for step in steps if _goes_with(step, library, known)]
    first = [step for step in steps if step not in last]
    return [some for some in (first, last) if some]


def _is_library(row: Package | None) -> bool:
    return row is not None and is_there(row) and any(_LIBRARY.search(path) for path in files(row))


def _goes_with(step: Step, library: Sequence[_Stanza], known: dict[str, _Stanza]) -> bool:
    mine = known.get(step.package.name)
    if mine is not None and step.before is not None and any(mine.source == one.source for one in library):
        return True
    return step.after is not None and is_there(step.after) and any(_breaks(one.against, step.after) for one in library)


def _breaks(against: str, row: Package) -> bool:
    """Returns whether relations of `Breaks` and `Conflicts` are about this version of a package."""
    for name, relation, version in _RELATION.findall(against):
        if name == row.name and (not relation or debversion.compare(row.version, version) in _HOLDS[relation]):
            return True
    return False


def _stanzas(names: set[str]) -> dict[str, _Stanza]:
    """Returns what dpkg's status file says of these packages; nothing where it cannot be read."""
    return {
        name: _Stanza(
            fields.get("source", name).partition(" ")[0],
            ", ".join(filter(None, (fields.get("breaks"), fields.get("conflicts")))),
        )
        for name, fields in on_machine(names)
    }
