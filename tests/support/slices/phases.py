"""A process that restores one environment and loads nothing after `preload`: it names each module that it would load.

`python phases.py REQUEST [MODULE...]`: the request is a file that `Back.alone` has written; the modules are taken out
again after `preload`, as if it had forgotten them.
"""

from __future__ import annotations

import sys
from importlib.machinery import BuiltinImporter, FrozenImporter, PathFinder
from typing import TYPE_CHECKING

from cortexrepo.restore.run.preloading import preload

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from support.slices.ways import Phases, Way

_FINDERS = (BuiltinImporter, FrozenImporter, PathFinder)


class Refusing:
    """Refuses each module that could be loaded; a module that is not there at all fails as it always does."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        if all(finder.find_spec(name, path) is None for finder in _FINDERS):
            return None
        self.refused.append(name)
        raise ImportError(f"{name} is loaded after a restore has begun", name=name)


def begin(path: str, forgotten: Iterable[str]) -> tuple[Way, Refusing]:
    """Returns the way that a file holds, and what refuses every module that `preload` has not loaded."""
    preload()
    loaded = set(sys.modules)
    import pickle  # noqa: TID251 -- written by the test that started this process

    with open(path, "rb") as file:
        way = pickle.load(file)  # noqa: S301 -- the same
    # The tests' own imports must not stand in for the product's.
    for name in {*sys.modules} - loaded | set(forgotten):
        sys.modules.pop(name, None)
    refusing = Refusing()
    sys.meta_path.insert(0, refusing)
    return way, refusing


def go(way: Way) -> None:
    """Goes there, back, and there again."""
    phases: tuple[Phases, ...] = (("fetch", "apply", "recover", "revert"), ("fetch", "apply", "finish"))
    for some in phases:
        part = way.part()
        for phase in some:
            way.do(phase, part)
    assert way.manifest() == way.target


def main(path: str, *forgotten: str) -> None:
    """Writes the names of the modules that were refused."""
    way, refusing = begin(path, forgotten)
    try:
        go(way)
    finally:
        sys.stdout.write("\n".join(refusing.refused))


if __name__ == "__main__":
    main(*sys.argv[1:])
