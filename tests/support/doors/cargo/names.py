"""Names of crates, in which `-` and `_` are one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.names import Typed, plain

if TYPE_CHECKING:
    from cortexrepo.model.package import Package


def is_name(name: str) -> bool:
    """See `Names.is_name`."""
    return name.replace("-", "").replace("_", "").isalnum() and name.isascii()


def is_version(version: str) -> bool:
    """See `Names.is_version`."""
    return version.replace(".", "").isdigit()


def is_offered(package: Package) -> bool:
    """See `Names.is_offered`."""
    return True


def spelled(name: str) -> str:
    """See `Names.spelled`."""
    return name.replace("_", "-")


def typed(text: str) -> Typed | None:
    """See `Names.typed`."""
    found = plain(text)
    return None if found is None else Typed(spelled(found.name))
