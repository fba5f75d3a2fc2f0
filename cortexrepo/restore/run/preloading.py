"""What a restore needs after it has begun: the Python that runs it may be the one that is replaced."""

from __future__ import annotations

import pkgutil
import sys
from importlib import import_module

from cortexrepo import codec, disk, ecosystems, formats, machine, model, recording, repository, restore, rights, store
from cortexrepo.ecosystems import registry

_ROOMS = (codec, disk, ecosystems, formats, machine, model, recording, repository, restore, rights, store)
_ALWAYS = (
    "calendar",
    "concurrent.futures.thread",
    "ctypes",
    "dataclasses",
    "encodings.ascii",
    "encodings.cp437",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.unicode_escape",
    "grp",
    "pwd",
    "socket",
    "tempfile",
    "traceback",
)


def preload() -> None:
    """Loads everything that is needed from now on; what is loaded already costs nothing.

    Also what a process needs that becomes another user: this package may lie in root's home, where that user can read
    nothing.
    """
    for room in _ROOMS:
        _load([found.name for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")])
    _load(_ALWAYS)
    for name in registry.able(registry.RESTORER):
        _load(registry.restorer(name).NEEDS)


def _load(names: list[str] | tuple[str, ...]) -> None:
    for name in names:
        if name not in sys.modules:
            import_module(name)
