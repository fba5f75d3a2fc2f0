"""The lines of an `npmrc` file that matter here, above all where global packages go."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.machine.files import System

_LIMIT = 1 << 16
_LONGEST = 4096
"""No value has more characters: no path has."""


def read_prefix(system: System, file: str, variables: Mapping[str, str]) -> str:
    """Returns the prefix that the file sets; as `read_value`."""
    return read_value(system, file, "prefix", variables)


def read_value(system: System, file: str, name: str, variables: Mapping[str, str]) -> str:
    """Returns what the file sets for a key, expanded, or an empty string. Raises OSError when it cannot be read.

    Args:
        system: The machine.
        file: The path of the file, which need not be there.
        name: The key.
        variables: What `${NAME}` and, through `HOME`, `~` stand for. An unknown name is left as it is, as npm does.
    """
    content = system.read(file, _LIMIT)
    if not content or name.encode() not in content:
        return ""
    found = ""
    for line in content.decode("utf-8", "surrogateescape").replace("\r", "\n").split("\n"):
        key, _, value = line.strip().partition("=")
        if key.startswith("["):
            # The keys of a section are not the ones before it.
            break
        if key.strip() == name:
            found = _unquoted(value.strip())
    expanded = _expanded(found, variables) if len(found) <= _LONGEST else ""
    home = variables.get("HOME", "")
    return home + expanded[1:] if home and expanded.startswith("~/") else expanded


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    for mark in (";", "#"):
        value = value.partition(mark)[0]
    return value.strip()


def _expanded(value: str, variables: Mapping[str, str]) -> str:
    done = ""
    while (start := value.find("${")) >= 0 and (end := value.find("}", start)) >= 0:
        name = value[start + 2 : end]
        # A question mark asks for nothing in place of an unknown variable.
        known = variables.get(name.removesuffix("?"), "" if name.endswith("?") else value[start : end + 1])
        done += value[:start] + known
        value = value[end + 1 :]
    return done + value
