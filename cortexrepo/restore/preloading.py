"""What a restore needs after it has begun: the Python that runs it may be what is replaced."""

from __future__ import annotations

import sys
from importlib import import_module

AFTERWARDS = (
    "cortexrepo.collecting",
    "cortexrepo.ecosystems.apt",
    "cortexrepo.ecosystems.debversion",
    "cortexrepo.ecosystems.dpkg_paths",
    "cortexrepo.ecosystems.machine",
    "cortexrepo.ecosystems.npm",
    "cortexrepo.ecosystems.pip",
    "cortexrepo.ecosystems.semver",
    "cortexrepo.formats.json",
    "cortexrepo.formats.json_restore",
    "cortexrepo.formats.plan",
    "cortexrepo.repository.contents",
    "cortexrepo.repository.revisions",
    "cortexrepo.repository.segments",
    "cortexrepo.repository.packs",
    "cortexrepo.restore.apt",
    "cortexrepo.restore.npm",
    "cortexrepo.restore.pip",
    "packaging.utils",
    "packaging.version",
    "encodings.unicode_escape",
    "pwd",
    "traceback",
)


def preload() -> None:
    """Loads everything that is needed from now on; what is loaded already costs nothing."""
    for name in AFTERWARDS:
        if name not in sys.modules:
            import_module(name)
