"""apt's sources and its lists of them: which source has no list, and which one apt does not trust. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from cortexrepo.ecosystems.apt.command import apt_get

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_WANTED = re.compile(r"'(?P<uri>[^']*)' (?P<file>\S+) [0-9]+")
_RELEASE = "InRelease"
_PACKAGES = "_Packages"


def shown(uri: str) -> str:
    """Returns the URI without what may be a password."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return uri.partition(":")[0] + ":"
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))


def lists_asked() -> list[str]:
    """Returns the call whose output `unlisted` reads: it says what an update would fetch, and fetches nothing."""
    return apt_get("update", options=("--print-uris",))


def unlisted(output: str, there: Collection[str]) -> tuple[list[str], int]:
    """Returns the sources of which apt has no list of packages, and how many sources there are.

    Args:
        output: What `lists_asked` printed.
        there: The names of the files in apt's directory of lists.
    """
    matches = [match for match in map(_WANTED.match, output.splitlines()) if match]
    sources = {
        match["file"].removesuffix(_RELEASE): match["uri"] for match in matches if match["file"].endswith(_RELEASE)
    }
    lists = [name for name in there if _PACKAGES in name]
    missing = [
        shown(uri.removesuffix(_RELEASE))
        for prefix, uri in sources.items()
        if not any(name.startswith(prefix) for name in lists)
    ]
    return missing, len(sources)


def trust_asked() -> list[str]:
    """Returns the call whose output `trust` reads."""
    return apt_get("indextargets", "Created-By: Packages", options=("--format", "$(TRUSTED) $(REPO_URI)"))


def trust(output: str) -> dict[str, bool]:
    """Returns for the URI of each source whether apt trusts it: a signature that it knows, or a person who said so."""
    found: dict[str, bool] = {}
    for line in output.splitlines():
        word, _, uri = line.strip().partition(" ")
        if uri:
            found[shown(uri)] = found.get(shown(uri), False) or word != "no"
    return found


def untrusted(uri: str, known: Mapping[str, bool]) -> str:
    """Returns the source of a file, where apt does not trust it; else an empty string."""
    source = max((one for one in known if uri.startswith(one)), key=len, default="")
    return "" if known.get(source, True) else source
