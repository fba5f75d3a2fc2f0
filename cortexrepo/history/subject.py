"""Which packages a question is about, as people type them: `openssl`, `pip:Requests`, `libc6:i386`, `lib*`, `a>b`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.names import plain
from cortexrepo.errors import RequestError
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from cortexrepo.ecosystems.contract.names import Typed
    from cortexrepo.model.package import Package

_WILD = frozenset("*?[")


class Subject(NamedTuple):
    """What a package must be to be meant.

    Attributes:
        text: What was typed, to be shown.
        word: The part of it that names a package.
        ecosystem: Only of this ecosystem; empty for any.
    """

    text: str
    word: str
    ecosystem: str = ""

    @property
    def prefix(self) -> str:
        """What stands before the first colon where that is not an ecosystem of this version; else empty."""
        prefix, colon, _ = self.text.partition(":")
        return prefix if colon and not self.ecosystem else ""

    def among(self, recorded: Container[str]) -> Subject:
        """Returns the subject for snapshots that have these ecosystems: one of them before a colon is meant as one."""
        prefix = self.prefix
        return Subject(self.text, self.text.removeprefix(f"{prefix}:"), prefix) if prefix in recorded else self

    @property
    def is_glob(self) -> bool:
        """Whether the name is a pattern."""
        return not _WILD.isdisjoint(self.word)

    def typed(self, ecosystem: str) -> Typed | None:
        """Returns what the word means in that ecosystem, or None where no package of it is meant."""
        if self.ecosystem not in {"", ecosystem}:
            return None
        names = registry.spelling(ecosystem)
        return plain(self.word) if names is None else names.typed(self.word)

    def meant(self, ecosystem: str) -> Callable[[Package], bool] | None:
        """Returns what says whether a package of that ecosystem is meant, or None where none is."""
        typed = self.typed(ecosystem)
        if typed is None:
            return None
        name, arch, inside = typed
        is_named = name.__eq__ if _WILD.isdisjoint(name) else _globbed(name)
        if not arch and not inside:
            return lambda package: is_named(package.name)
        return lambda package: (
            is_named(package.name) and arch in {"", package.arch} and inside in {"", package.attribute("inside")}
        )


def parse(text: str) -> Subject:
    """Returns the subject that a person typed; raises RequestError when it cannot name a package."""
    prefix, colon, rest = text.partition(":")
    is_prefixed = bool(colon) and registry.find(prefix) is not None
    subject = Subject(text, rest, prefix) if is_prefixed else Subject(text, text)
    # A word that is no ecosystem here may be one that a snapshot has.
    makes_sense = any(subject.typed(name) is not None for name in registry.names()) or may_be_prefixed(subject)
    if not makes_sense or " " in text or not text.isprintable():
        prefixes = [f"{name}:NAME" for name in registry.able(registry.NAMING)]
        hint = f"write a name, a glob like 'lib*', or {', '.join(prefixes[:-1])} or {prefixes[-1]}"
        raise RequestError(f"{text!r:.80} is not the name of a package", hint=hint)
    if not _is_closed(subject.word):
        raise RequestError(f"{text!r:.80} has a [ without a ]", hint="write a set of letters, like 'lib[ab]*'")
    return subject


def may_be_prefixed(subject: Subject) -> bool:
    """Returns whether a subject can name a package of an ecosystem that this version does not know."""
    prefix = subject.prefix
    is_word = prefix.replace("-", "").isalnum() and prefix.isascii() and prefix.islower()
    return is_word and plain(subject.text.removeprefix(f"{prefix}:")) is not None


def _is_closed(word: str) -> bool:
    """Returns whether each [ in a pattern begins a set: it is closed, and has at least one letter, which may be a ]."""
    at = word.find("[")
    while at >= 0:
        first = at + 2 if word.startswith("!", at + 1) else at + 1
        end = word.find("]", first + 1)
        if end < 0:
            return False
        at = word.find("[", end)
    return True


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
