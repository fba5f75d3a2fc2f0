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


AS_ANOTHER = (
    "calendar",
    "concurrent.futures.thread",
    "configparser",
    "csv",
    "ctypes",
    "dataclasses",
    "email.headerregistry",
    "email.message",
    "email.parser",
    "email.policy",
    "encodings.ascii",
    "encodings.cp437",
    "encodings.idna",
    "encodings.latin_1",
    "gzip",
    "hashlib",
    "importlib.resources",
    "installer",
    "installer.destinations",
    "installer.records",
    "installer.scripts",
    "installer.sources",
    "installer.utils",
    "lzma",
    "packaging.tags",
    "packaging.utils",
    "packaging.version",
    "socket",
    "tarfile",
    "tempfile",
    "zipfile",
)
"""What work as another user needs besides this package. It may lie in root's home, where that user can read nothing."""


def preload_for_another() -> None:
    """Loads everything that a process needs that becomes another user: afterwards it may be able to load nothing."""
    import pkgutil

    from cortexrepo import ecosystems, restore

    for package in (restore, ecosystems):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if found.name not in sys.modules:
                import_module(found.name)
    for name in AS_ANOTHER:
        if name not in sys.modules:
            import_module(name)


def preload() -> None:
    """Loads everything that is needed from now on; what is loaded already costs nothing."""
    for name in AFTERWARDS:
        if name not in sys.modules:
            import_module(name)
