"""Snapshots of what is installed on a machine: what is exported here is the public API, everything deeper may move.

>>> from cortexrepo import Repository, collect
>>> repository = Repository.open(location, create=True)
>>> snapshot = repository.create(collect(), message="before the upgrade")
>>> repository.diff(snapshot, collect()).changes
()
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cortexrepo.errors import CortexError as CortexError
    from cortexrepo.model.diff import Change as Change
    from cortexrepo.model.diff import Diff as Diff
    from cortexrepo.model.diff import Unknown as Unknown
    from cortexrepo.model.inventory import Inventory as Inventory
    from cortexrepo.model.inventory import Reading as Reading
    from cortexrepo.model.package import Manifest as Manifest
    from cortexrepo.model.package import Package as Package
    from cortexrepo.model.snapshot import Cause as Cause
    from cortexrepo.model.snapshot import Slot as Slot
    from cortexrepo.model.snapshot import Snapshot as Snapshot
    from cortexrepo.recording.collecting import collect as collect
    from cortexrepo.repository.repository import Repository as Repository
    from cortexrepo.version import __version__ as __version__

_HOMES = {
    "__version__": "cortexrepo.version",
    "Cause": "cortexrepo.model.snapshot",
    "Change": "cortexrepo.model.diff",
    "CortexError": "cortexrepo.errors",
    "Diff": "cortexrepo.model.diff",
    "Inventory": "cortexrepo.model.inventory",
    "Manifest": "cortexrepo.model.package",
    "Package": "cortexrepo.model.package",
    "Reading": "cortexrepo.model.inventory",
    "Repository": "cortexrepo.repository.repository",
    "Slot": "cortexrepo.model.snapshot",
    "Snapshot": "cortexrepo.model.snapshot",
    "Unknown": "cortexrepo.model.diff",
    "collect": "cortexrepo.recording.collecting",
}
__all__ = [  # noqa: PLE0604 -- the names are the table's, loaded on use
    *_HOMES,
]


def __getattr__(name: str) -> object:
    """Loads a public name on first use (PEP 562), so that importing the package costs next to nothing."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Returns the public names."""
    return sorted(__all__)
