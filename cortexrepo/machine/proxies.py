"""The variables that name a proxy: they may hold a password, which is for whoever set them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_END = "_proxy"


def without_passwords(variables: Mapping[str, str]) -> dict[str, str]:
    """Returns the variables that name a proxy with a user or a password, without these.

    All up to the last `@` is taken for them: a password that was not quoted may have any character.
    """
    found = {}
    for name, value in variables.items():
        if name.lower().endswith(_END) and "@" in value:
            scheme, mark, _ = value.partition("://")
            found[name] = (scheme + mark if scheme.isalnum() and mark else "") + value.rpartition("@")[2]
    return found
