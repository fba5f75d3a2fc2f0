"""Which packages a question is about, as people type them: `openssl`, `pip:Requests`, `libc6:i386`, `lib*`, `a>b`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.pip.metadata import normalise
from cortexrepo.ecosystems.registry import NAMES
from cortexrepo.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.model.package import Package

_WILD = frozenset("*?[")
_APT, _NPM, _PIP = "apt", "npm", "pip"


class Subject(NamedTuple):
    """What a package must be to be meant.

    Attributes:
        text: What was typed, to be shown.
        name: The name or the glob in it.
        ecosystem: Only of this ecosystem; empty for any.
        arch: Only of this architecture of dpkg's; empty for any.
        inside: Only nested in these packages of npm's, `a>b`; empty for any.
    """

    text: str
    name: str
    ecosystem: str = ""
    arch: str = ""
    inside: str = ""

    @property
    def is_glob(self) -> bool:
        """Whether the name is a pattern."""
        return not _WILD.isdisjoint(self.name)

    def spelling(self, ecosystem: str) -> str | None:
        """Returns the name as that ecosystem writes it, or None where no package of it is meant."""
        if self.ecosystem not in {"", ecosystem}:
            return None
        if (self.arch and ecosystem != _APT) or (self.inside and ecosystem != _NPM):
            return None
        if ecosystem == _PIP:
            return normalise(self.name)
        return self.name.lower() if ecosystem == _APT else self.name

    def meant(self, ecosystem: str) -> Callable[[Package], bool] | None:
        """Returns what says whether a package of that ecosystem is meant, or None where none is."""
        name = self.spelling(ecosystem)
        if name is None:
            return None
        is_named = _globbed(name) if self.is_glob else name.__eq__
        arch, inside = self.arch, self.inside
        if not arch and not inside:
            return lambda package: is_named(package.name)
        return lambda package: (
            is_named(package.name) and arch in {"", package.arch} and inside in {"", package.attribute("inside")}
        )


def parse(text: str) -> Subject:
    """Returns the subject that a person typed; raises RequestError when it cannot name a package."""
    prefix, colon, rest = text.partition(":")
    ecosystem, name = (prefix, rest) if colon and prefix in NAMES else ("", text)
    inside, nested, name = name.rpartition(">")
    arch = ""
    if not inside and ecosystem in {"", _APT} and ":" in name:
        name, _, arch = name.partition(":")
    incomplete = not name or bool(nested and not inside) or (":" in text and not ecosystem and not arch)
    if incomplete or " " in text or not text.isprintable():
        raise RequestError(
            f"not a package: {text!r:.80}", hint="write a name, a glob like 'lib*', or pip:NAME, apt:NAME or npm:NAME"
        )
    return Subject(text, name, ecosystem, arch, inside)


def _globbed(pattern: str) -> Callable[[str], bool]:
    """Returns whether a name matches, each name looked at once."""
    import re
    from fnmatch import translate
    from functools import cache

    matches = re.compile(translate(pattern)).match

    @cache
    def is_named(name: str) -> bool:
        return matches(name) is not None

    return is_named
