"""Where a repository is, for people."""

from __future__ import annotations

from cortexrepo.formats.text.escape import escape


def made(location: str) -> str:
    """Returns the line that names a repository which is there now."""
    return f"repository {escape(location)}"
