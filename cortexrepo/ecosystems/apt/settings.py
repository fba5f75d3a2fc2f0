"""apt's configuration files as text: the settings in them, and the paths that settings mean. No I/O.

The syntax is apt.conf(5)'s, and what `apt-config dump` prints has it too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_TOKEN = re.compile(
    r"""/\*.*?(?:\*/|\Z) | //[^\n]* | \#(?!clear\b|include\b)[^\n]* | (?P<order>\#(?:clear|include)\b)
    | "(?P<text>[^"]*)(?:"|\Z) | (?P<sign>[{};]) | (?P<word>(?:(?!//|/\*)[^\s{};"])+)""",
    re.VERBOSE | re.DOTALL,
)
_DEEPEST = 10
"""So many files may include one another."""

DEFAULTS = {
    "dir": "/",
    "dir::state": "var/lib/apt",
    "dir::state::lists": "lists/",
    "dir::state::extended_states": "extended_states",
    "dir::cache": "var/cache/apt",
    "dir::cache::archives": "archives/",
    "dir::etc": "etc/apt",
    "dir::etc::main": "apt.conf",
    "dir::etc::parts": "apt.conf.d",
    "dir::etc::sourcelist": "sources.list",
    "dir::etc::sourceparts": "sources.list.d",
    "dir::etc::preferences": "preferences",
    "dir::etc::preferencesparts": "preferences.d",
    "dir::etc::trusted": "trusted.gpg",
    "dir::etc::trustedparts": "trusted.gpg.d",
}
"""The settings that Debian's apt begins with, as far as they name a place. Names are compared in lower case."""


class Settings:
    """Settings by name. The last value of a name counts."""

    def __init__(self, included: Callable[[str], Iterable[str]] = lambda _path: ()) -> None:
        """Takes what returns the texts of the files that `#include "PATH"` names."""
        self._values = dict(DEFAULTS)
        self._included = included

    def read(self, text: str, depth: int = 0) -> None:
        """Takes the settings of one file over those that are known; what makes no sense in it is passed over."""
        for name, value in _statements(text):
            if name == "#clear":
                self._clear(value.lower())
            elif name != "#include":
                self._values[name.lower()] = value
            elif depth < _DEEPEST:
                for more in self._included(value):
                    self.read(more, depth + 1)

    def value(self, name: str) -> str:
        """Returns the value of a setting, or an empty string."""
        return self._values.get(name.lower(), "")

    def path(self, name: str) -> str:
        """Returns the path that a setting means, without a slash at its end; an empty string where it means none.

        A path that does not begin with a slash is below the one that the setting above means.
        """
        name = name.lower()
        path = self._values.get(name, "")
        if not path:
            return ""
        while not path.startswith(("/", "./", "~/", "../")) and "::" in name:
            name = name.rpartition("::")[0]
            above = self._values.get(name, "")
            path = f"{above.rstrip('/')}/{path}" if above else path
        root = self._values.get("rootdir", "")
        return _plain(f"{root}/{path}" if root else path)

    def _clear(self, name: str) -> None:
        self._values = {key: value for key, value in self._values.items() if not f"{key}::".startswith(f"{name}::")}


def _plain(path: str) -> str:
    return re.sub(r"/+(?:\./+)*", "/", path).rstrip("/") or "/"


def _statements(text: str) -> Iterator[tuple[str, str]]:
    """Yields (name, value) for each setting in its scope, and (`#clear` or `#include`, what) for each order.

    An item of a list has the name of its list with `::` behind it.
    """
    scopes: list[str] = []
    words: list[str] = []
    is_order = False
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind is None:
            continue
        sign = token["sign"] if kind == "sign" else ""
        if not sign:
            words.append(token[kind])
            is_order = is_order or kind == "order"
            continue
        if words:
            yield from _statement("::".join(filter(None, scopes)), words, is_order=is_order)
        if sign == "{":
            scopes.append(words[0] if words and not is_order else "")
        elif sign == "}" and scopes:
            scopes.pop()
        words, is_order = [], False


def _statement(scope: str, words: list[str], *, is_order: bool) -> Iterator[tuple[str, str]]:
    """Yields what the words before a sign say."""
    if is_order:
        yield from ((words[0], name) for name in words[1:])
        return
    first, *rest = words
    inside = f"{scope}::" if scope else ""
    if rest:
        yield f"{inside}{first}", " ".join(rest)
    elif scope:
        yield inside, first
