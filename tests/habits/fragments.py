"""A change that a user can read about has a changelog fragment."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from habits.texts import shown

if TYPE_CHECKING:
    from habits.history import Commit, History

FOLDER = "docs/changelog.d"
KINDS = ("added", "changed", "fixed", "format")
PACKAGE = "cortexrepo/"
SURFACE = ("tests/data/help.txt", "docs/json.md", "tests/data/formats/")
"""Files and folders that are a promise to users: a change in one is a change for them."""

_NAME = re.compile(rf"(\d+(-[a-z0-9-]+)?|\+[a-z0-9-]+)\.({'|'.join(KINDS)})\.md")
_MOST = 3


class Visible(NamedTuple):
    """A commit that users notice, and by what."""

    commit: Commit
    reasons: list[str]


def misnamed(root: str) -> list[str]:
    """Returns a sentence for each file in the folder of fragments that towncrier would not print."""
    folder = os.path.join(root, FOLDER)
    found = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [sentence for name in found if (sentence := _objection(folder, name))]


def uncovered(history: History) -> tuple[list[Visible], int]:
    """Returns the visible commits that are not in the past of any fragment, and how many commits were not looked at.

    A fragment answers for its own commit and for all that lead to it. A merge is looked at through the commits that it
    brings. A commit with a trailer `Changelog:` has answered. A commit without its parent in this clone is unknown.
    """
    asked = [one for one in history.commits(without=history.that_write(FOLDER)) if len(one.parents) < 2]
    known = [one for one in asked if one.parents]
    found = [Visible(one, _reasons(history, one)) for one in known if not one.changelog]
    return [one for one in found if one.reasons], len(asked) - len(known)


def sentences(found: list[Visible]) -> list[str]:
    """Returns a sentence for each visible commit without a fragment, with the way out."""
    return [
        f"commit {one.commit.id[:7]} changes what users see, and no fragment follows it: {one.commit.subject}\n"
        + "".join(f"  {reason}\n" for reason in one.reasons[:_MOST])
        + (f"  and {len(one.reasons) - _MOST} more\n" if len(one.reasons) > _MOST else "")
        + f"  hint: commit a fragment, `{FOLDER}/+WORD.changed.md`; where users notice nothing, amend the commit's "
        "message with the line `Changelog: none`"
        for one in found
    ]


def _reasons(history: History, commit: Commit) -> list[str]:
    paths = history.changed(commit)
    promises = [f"changed: {path}" for path in paths if path.startswith(SURFACE)]
    code = [path for path in paths if path.startswith(PACKAGE) and path.endswith(".py")]
    before, after = (_texts(history, name, code) for name in (commit.parents[0], commit.id))
    gone = [f"text removed: {text!r}" for text in sorted(before - after)]
    return promises + [f"text added: {text!r}" for text in sorted(after - before)] + gone


def _texts(history: History, commit: str, paths: list[str]) -> set[str]:
    return {text for source in history.contents(commit, paths) for text in shown(source)}


def _objection(folder: str, name: str) -> str:
    if not _NAME.fullmatch(name):
        return f"{FOLDER}/{name} is not named NUMBER.KIND.md or +WORD.KIND.md; KIND is one of {', '.join(KINDS)}"
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return "" if file.read().strip() else f"{FOLDER}/{name} is empty"
