"""A row as pip is asked for it. Nothing else of a snapshot ever reaches a command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.names import is_exact_version, is_package_name, is_pep440
from cortexrepo.errors import RefusedError

if TYPE_CHECKING:
    from cortexrepo.model.package import Package


def requirement(package: Package) -> str:
    """Returns `NAME==VERSION`, which no tool can take for an option, a path, a URL, a marker or a range.

    Raises:
        RefusedError: Name or version could be taken for something else, or are none.
    """
    check(package)
    operator = "==" if is_pep440(package.version) else "==="
    return f"{package.attribute('name') or package.name}{operator}{package.version}"


def check(package: Package) -> None:
    """Checks the name, as normalised and as written, and the version of a row; RefusedError as `requirement`."""
    for name in (package.name, package.attribute("name") or package.name):
        if not is_package_name("pip", name):
            raise RefusedError(f"{name!r:.80} is no name of a Python package")
    if not is_exact_version("pip", package.version):
        raise RefusedError(f"{package.name}: {package.version!r:.80} is no version of a Python package")
