"""Where a look at a machine has looked for environments: the homes, the usual places, and what the caller named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.model.environment import named
from cortexrepo.model.looked import Looked, Place, is_exact
from cortexrepo.model.snapshot import FAILED, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.model.inventory import Reading
    from cortexrepo.recording.view import View


def looked(
    view: View, chosen: Iterable[str], environments: Sequence[str], readings: Sequence[Reading]
) -> tuple[Looked, ...]:
    """Returns where the ecosystems of a machine were looked for, sorted.

    A home that was not searched to the end is left out: its own reading says so. So is a path that was named and is an
    environment: two looks at the same places say the same, whoever knows an environment already.

    Args:
        view: The machine, which was read.
        chosen: The ecosystems.
        environments: The paths that were named.
        readings: What was read.
    """
    gaps = {(one.ecosystem, one.environment) for one in readings if one.status in {FAILED, PARTIAL}}
    homes = [(named(home), named(_real(view, home))) for home in view.homes()]
    found_at = {one.environment for one in readings}
    names = [named(path) for path in environments if is_exact(path)]
    exact = [Place(name) for name in names if name not in found_at]
    found = []
    for name in sorted(chosen):
        facet = registry.searching(name)
        if facet is None:
            continue
        whole = {way for home in homes if (name, home[0]) not in gaps for way in home}
        places = {*facet.searched(view.system.environment), *exact}
        found.append(Looked(name, tuple(sorted(whole)), tuple(sorted(places))))
    return tuple(found)


def _real(view: View, home: str) -> str:
    try:
        return view.plain.realpath(home)
    except (OSError, ValueError):
        return home
