"""What a restore needs after it has begun: the Python that runs it may be what is replaced."""

from __future__ import annotations

import sys
from importlib import import_module

AFTERWARDS = (
    "cortexrepo.recording.collecting",
    "cortexrepo.ecosystems.apt.read",
    "cortexrepo.ecosystems.apt.versions",
    "cortexrepo.machine.dpkg_paths",
    "cortexrepo.ecosystems.system.read",
    "cortexrepo.ecosystems.npm.read",
    "cortexrepo.ecosystems.pip.read",
    "cortexrepo.ecosystems.npm.versions",
    "cortexrepo.formats.json.snapshots",
    "cortexrepo.formats.json.restore",
    "cortexrepo.formats.text.plan",
    "cortexrepo.repository.contents",
    "cortexrepo.repository.refs.revisions",
    "cortexrepo.repository.refs.segments",
    "cortexrepo.repository.objects.packs",
    "cortexrepo.ecosystems.apt.restore.restorer",
    "cortexrepo.ecosystems.npm.restore.restorer",
    "cortexrepo.ecosystems.pip.restore.restorer",
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

    from cortexrepo import disk, ecosystems, machine, recording, restore

    for package in (disk, machine, ecosystems, recording, restore):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
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
