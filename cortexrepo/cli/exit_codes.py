"""What a shell is told. The only place that knows it; docs/json.md lists the kinds of errors beside the codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cortexrepo.errors import CortexError

DONE = 0
FAILED = 1
USAGE = 2
PARTIAL = 3
"""Done, but not everything could be read."""
REFUSED = 4
"""Not done: declined, or not safe."""
DIFFERENT = 5
"""Differences were found, and `--exit-code` asked to be told."""
ABSENT = 6
"""Searched for and not found, and everything was looked at."""
UNLOOKED = 7
"""Searched for and not found, but not everything was looked at."""
NO_REPOSITORY = 10
LOCKED = 11
INTERRUPTED = 130

BY_KIND = {
    "error": FAILED,
    "request": FAILED,
    "revision": FAILED,
    "tag": FAILED,
    "ecosystem": USAGE,
    "environment": FAILED,
    "absent": ABSENT,
    "not-looked-at": UNLOOKED,
    "refused": REFUSED,
    "repository": FAILED,
    "no-repository": NO_REPOSITORY,
    "foreign-repository": FAILED,
    "format-version": FAILED,
    "owner": REFUSED,
    "store": FAILED,
    "durability": FAILED,
    "lock-timeout": LOCKED,
    "corrupt": FAILED,
    "missing-object": FAILED,
    "collect": FAILED,
    "restore": FAILED,
    "fetch": FAILED,
    "stopped": FAILED,
    "output": FAILED,
}
"""Every kind of `CortexError`, complete: a test compares it with the tree."""


def exit_code(error: CortexError) -> int:
    """Returns the exit code for an error; `FAILED` for a kind that is not in the table."""
    return BY_KIND.get(error.kind, FAILED)
