"""Checks the habits that no linter knows: commit subjects fit, and a change for users has a changelog fragment.

`tox -e lint` runs it. It reads commits, not uncommitted work. It fails with a sentence for each fault. Where no history
can be read it says so and passes.
"""

from __future__ import annotations

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from habits import fragments, subjects
from habits.history import History, UnknownHistoryError

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SINCE = "e6164a2da8ffa31f39cab2de0bc772dd1bcfa136"
"""The last commit before the habits were checked."""


def main(root: str = ROOT, since: str = SINCE) -> int:
    """Prints what was looked at and each fault, and returns the exit code."""
    faults = fragments.misnamed(root)
    try:
        faults += _in_history(History(root, since))
    except UnknownHistoryError as reason:
        print(f"habits: commits were not looked at: {reason}")
    print(*(f"error: {fault}" for fault in faults), sep="\n", end="\n" if faults else "", file=sys.stderr)
    return 1 if faults else 0


def _in_history(history: History) -> list[str]:
    commits = history.commits()
    visible, unseen = fragments.uncovered(history)
    shallow = ", which is shallow" if history.shallow else ""
    print(f"habits: looked at {len(commits)} commits of this clone{shallow}")
    if unseen:
        print(f"habits: {unseen} of them were not searched for changes, because their parents are not in this clone")
    return subjects.too_long(commits) + fragments.sentences(visible)


if __name__ == "__main__":
    sys.exit(main())
