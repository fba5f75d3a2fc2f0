"""How rpm spells names, architectures and versions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.names import Typed

if TYPE_CHECKING:
    from cortexrepo.model.package import Package

# \Z and ASCII: `$` allows a newline at the end, and \d digits of other scripts.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*\Z")
_VERSION = re.compile(r"(?:[0-9]+:)?[A-Za-z0-9][A-Za-z0-9._+~^]*(?:-[A-Za-z0-9._+~^]+)?\Z")
_LONGEST = 255
ARCHITECTURES = frozenset(
    {"aarch64", "armv7hl", "armv7hnl", "i386", "i486", "i586", "i686", "loongarch64", "noarch", "ppc64", "ppc64le"}
    | {"riscv64", "s390x", "src", "x86_64", "x86_64_v2", "x86_64_v3", "x86_64_v4"}
)
"""Those that a word can end in, where a person names a package as `NAME.ARCH`."""


def is_name(name: str) -> bool:
    """See `Names.is_name`."""
    return len(name) <= _LONGEST and _NAME.match(name) is not None


def is_version(version: str) -> bool:
    """See `Names.is_version`: `[epoch:]version-release`."""
    return len(version) <= _LONGEST and _VERSION.match(version) is not None


def is_offered(package: Package) -> bool:  # noqa: ARG001 -- the database does not say where a package came from
    """See `Names.is_offered`."""
    return True


def spelled(name: str) -> str:
    """See `Names.spelled`: no name of rpm's has another spelling."""
    return name


def typed(text: str) -> Typed | None:
    """See `Names.typed`: `bash`, or `bash.x86_64` with the architecture."""
    if not text or ":" in text or ">" in text:
        return None
    name, dot, arch = text.rpartition(".")
    return Typed(name, arch) if name and dot and arch in ARCHITECTURES else Typed(text)
