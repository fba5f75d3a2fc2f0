"""Where the files of one Python environment are: which directories a restore of it may change, and no others."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.pip.environments.python_prefix import at_prefix
from cortexrepo.errors import RestoreError
from cortexrepo.machine.live_files import LiveSystem

if TYPE_CHECKING:
    from collections.abc import Sequence

_FOREIGN = {
    "conda": (
        "conda manages the packages of this environment",
        "restore with conda: `conda list --revisions`, then `conda install --revision NUMBER`",
    ),
    "system": (
        "this is the distribution's own Python",
        "restore the packages of the distribution: `cortex snapshot restore REV --only apt`",
    ),
    "target": (
        "the Python version of this directory is not known",
        "install again: `pip install --target DIRECTORY PACKAGE`",
    ),
}
_STANDARD = ("etc", "include", "lib", "sbin", "share", "share/doc", "share/man", "share/applications", "src", "games")
_MANUAL = tuple(f"share/man/man{section}" for section in range(1, 10))
_SITES = ("site-packages", "dist-packages")


class Layout(NamedTuple):
    """The directories of one environment, links resolved.

    Attributes:
        kind: The fact `kind`.
        python: `3.11`.
        prefix: What everything is below.
        site: Where modules go, pure or not.
        scripts: Where programs go.
        own: The prefix is this environment's alone: a virtual environment, or an interpreter with all that is its.
    """

    kind: str
    python: str
    prefix: str
    site: str
    scripts: str
    own: bool

    @property
    def roots(self) -> tuple[str, ...]:
        """The directories that may be changed: neither they nor what they are in is ever removed."""
        standard = () if self.own else tuple(f"{self.prefix}/{name}" for name in (*_STANDARD, *_MANUAL))
        return (self.prefix, self.scripts, self.site, *standard, *self._include)

    @property
    def _include(self) -> tuple[str, ...]:
        """Debian's Python has the headers of what is installed in `/usr/local` beside its own."""
        debian = self.prefix == "/usr/local" and self.site.endswith("/dist-packages")
        return (f"/usr/include/python{self.python}",) if debian else ()

    @property
    def beside(self) -> str:
        """Where a directory can be made that is on the disk of the site directory, and that nobody looks into."""
        return posixpath.dirname(self.site)

    def headers(self, name: str) -> str:
        """Returns where the headers of a distribution go: where pip puts them."""
        middle = "include/site" if os.path.lexists(f"{self.prefix}/pyvenv.cfg") else "include"
        return f"{(*self._include, f'{self.prefix}/{middle}/python{self.python}')[0]}/{name}"


def layout_of(environment: str, facts: Sequence[tuple[str, str]]) -> Layout:
    """Returns the layout of an environment that is there.

    Raises:
        RestoreError: It is not there, or is none whose files are pip's to change.
    """
    known = dict(facts)
    kind, python = known.get("kind", ""), known.get("python", "")
    if kind in _FOREIGN:
        reason, hint = _FOREIGN[kind]
        raise RestoreError(f"{environment}: {reason}", hint=hint)
    name = posixpath.basename(environment)
    found = _of_site(environment, kind) if name in _SITES else _of_prefix(environment, kind)
    if found is None:
        raise RestoreError(
            f"{environment}: the directory is not a Python environment",
            hint="make the environment again, then `cortex snapshot restore REV`",
        )
    if os.path.isdir(f"{found.prefix}/conda-meta"):
        reason, hint = _FOREIGN["conda"]
        raise RestoreError(f"{environment}: {reason}", hint=hint)
    if python and python != found.python:
        raise RestoreError(f"{environment} has Python {found.python or '?'}, and Python {python} is expected")
    return found


def _of_site(site: str, kind: str) -> Layout | None:
    """Returns the layout where the site directory itself is the environment: `PREFIX/lib/python3.11/site-packages`."""
    library, version, _ = site.rsplit("/", 2)
    prefix = posixpath.dirname(library)
    if not os.path.isdir(site) or not version.startswith("python") or posixpath.basename(library) != "lib":
        return None
    if prefix == "/usr":
        reason, hint = _FOREIGN["system"]
        raise RestoreError(f"{site}: {reason}", hint=hint)
    scripts = os.path.realpath(f"{prefix}/bin")
    return Layout(kind, version.removeprefix("python"), prefix, site, scripts, own=False)


def _of_prefix(prefix: str, kind: str) -> Layout | None:
    try:
        found = at_prefix(LiveSystem({}), prefix, kind, bare=True)
    except OSError as error:
        raise RestoreError(f"{prefix}: {error.strerror}") from error
    if found is None or not found.site or found.path != prefix:
        return None
    if not found.site.startswith(prefix + "/"):
        raise RestoreError(f"{prefix}: the site directory {found.site} is outside of the environment")
    return Layout(kind, found.python, prefix, found.site, os.path.realpath(f"{prefix}/bin"), own=True)
