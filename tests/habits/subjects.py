"""A commit's subject fits on one line of `git log`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from habits.history import Commit

LONGEST = 72
"""How many characters a subject may have."""


def too_long(commits: list[Commit]) -> list[str]:
    """Returns a sentence for each commit whose subject is too long, with the command that mends it."""
    return [
        f"commit {one.id[:7]} has a subject of {len(one.subject)} characters, {LONGEST} at most: {one.subject}\n"
        f"  hint: `git commit --amend` for the last commit, `git rebase -i {one.id[:7]}~` for an older one"
        for one in commits
        if len(one.subject) > LONGEST
    ]
