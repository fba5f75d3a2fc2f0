"""Reads commits with git. What git cannot say is an `UnknownHistoryError`: unknown, and not empty."""

from __future__ import annotations

import subprocess
from typing import NamedTuple


class UnknownHistoryError(Exception):
    """Git is missing, this is no checkout, or git refuses it. The text is the reason."""


class Commit(NamedTuple):
    """A commit, as far as the habits ask."""

    id: str
    parents: tuple[str, ...]
    subject: str
    changelog: str
    """The trailer `Changelog:`, empty where there is none."""


class History:
    """The commits of one checkout, after a commit where the checks begin."""

    def __init__(self, folder: str, since: str) -> None:
        """`since` is a whole commit id. A clone that does not have it is searched as far as it goes."""
        self._folder = folder
        if self._text("rev-parse", "--show-prefix").strip():
            raise UnknownHistoryError(f"{folder} is not the top of a git checkout")
        self.shallow = self._text("rev-parse", "--is-shallow-repository").strip() == "true"
        self._since = since if self._is_ancestor(since) else None
        if self._since is None and not self.shallow:
            raise UnknownHistoryError(f"the history of HEAD does not contain {since[:7]}, where the checks begin")

    def commits(self, *, without: list[str] | None = None) -> list[Commit]:
        """Returns the commits after `since`, newest first, except those in `without` and their ancestors."""
        limits = [f"^{one}" for one in [*([self._since] if self._since else []), *(without or [])]]
        fields = "%H%x00%P%x00%s%x00%(trailers:key=Changelog,valueonly,separator=%x20)"
        lines = self._text("log", f"--format={fields}", "HEAD", *limits, "--").split("\n")
        return [_commit(line) for line in lines if line]

    def that_write(self, folder: str) -> list[str]:
        """Returns the ids of the commits after `since` that add or change a file in a folder."""
        limits = [f"^{self._since}"] if self._since else []
        found = self._text("log", "--no-merges", "--diff-filter=AM", "--format=%H", "HEAD", *limits, "--", folder)
        return found.split()

    def changed(self, commit: Commit) -> list[str]:
        """Returns the paths that a commit adds, changes or removes against its first parent."""
        listed = self._text("diff-tree", "-r", "-z", "--no-renames", "--name-only", commit.parents[0], commit.id)
        return [path for path in listed.split("\0") if path]

    def contents(self, commit: str, paths: list[str]) -> list[str]:
        """Returns the text of each of these files that a commit has."""
        asked = "".join(f"{commit}:{path}\n" for path in paths)
        answer = self._bytes("cat-file", "--batch", given=asked.encode())
        found = []
        while answer:
            head, _, answer = answer.partition(b"\n")
            if head.endswith(b" missing"):
                continue
            size = int(head.rsplit(b" ", 1)[1])
            found.append(answer[:size].decode(errors="replace"))
            answer = answer[size + 1 :]
        return found

    def _is_ancestor(self, commit: str) -> bool:
        done = self._run("merge-base", "--is-ancestor", commit, "HEAD")
        return done.returncode == 0

    def _text(self, *arguments: str) -> str:
        return self._bytes(*arguments).decode(errors="replace")

    def _bytes(self, *arguments: str, given: bytes = b"") -> bytes:
        done = self._run(*arguments, given=given)
        if done.returncode != 0:
            reason = done.stderr.decode(errors="replace").strip().splitlines() or ["git failed"]
            raise UnknownHistoryError(reason[0].removeprefix("fatal: "))
        return done.stdout

    def _run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                ["git", "-C", self._folder, *arguments], input=given, capture_output=True, check=False
            )
        except FileNotFoundError:
            raise UnknownHistoryError("git is not installed") from None


def _commit(line: str) -> Commit:
    name, parents, subject, changelog = line.split("\0")
    return Commit(name, tuple(parents.split()), subject, changelog.strip())
