"""How this program is called from where a command that it names is copied to: a shell, sudo, or another user."""

from __future__ import annotations

import os
import re
import shlex
import sys
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.cli.where import usual_of_root

if TYPE_CHECKING:
    from collections.abc import Sequence

SECURE = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where sudo looks for programs (`secure_path` of Debian's sudoers), whatever the caller's PATH is."""
_COMMAND = re.compile(r"`(sudo (?:-u (\S+) )?)?cortex snapshot ([^`]*)`")


_CHANGES = re.compile(
    r"(create)\b|(?:delete|gc|import-\w+|init|prune|tag|undelete|artifacts fetch|environments --find|verify --repair)\b"
)
"""Commands that change a repository, by the beginning of their words."""


class Program(NamedTuple):
    """How commands are written for the caller.

    Attributes:
        name: This program in the caller's shell: its name if the shell finds it, else a path.
        secure: The same for sudo.
        has_sudo: Whether there is sudo.
        repo: The repository that was named with `--repo`, which a command has to name too; empty if none was.
        place: The repository in use, which a command of another user has to name.
        lender: The user whose repository that is, if root only reads it.
        is_root: Whether the caller is root.
        by_sudo: Whether root was reached by sudo: the shell that commands are copied to may be the user's.
    """

    name: str
    secure: str
    has_sudo: bool
    repo: str = ""
    place: str = ""
    lender: str = ""
    is_root: bool = False
    by_sudo: bool = False

    def written(self, text: str) -> str:
        """Returns a text whose commands of this tool, between backticks, work when they are copied."""
        return _COMMAND.sub(self._command, text) if "cortex snapshot " in text else text

    def _command(self, found: re.Match[str]) -> str:
        sudo, user, rest = found.groups()
        if self.by_sudo and not sudo:
            sudo = "sudo "
            repo = "" if self.place == usual_of_root() else self.place
        else:
            repo = self.place if sudo else self.repo
        if self.lender and user is None and (sudo or self.is_root) and (change := _CHANGES.match(rest)):
            # Root changes nothing in it: a new snapshot is made in root's own, all else is done as its user.
            repo = usual_of_root() if change[1] else self.place
            sudo, user = (sudo, None) if change[1] else ("sudo ", self.lender)
        repo = "" if " --repo" in f" {rest}" else repo
        words = f"snapshot {rest}" + (f" --repo {shlex.quote(repo)}" if repo else "")
        if not sudo:
            return f"`{self.name} {words}`"
        return f"`{self.become(user, f'{self.secure} {words}')}`"

    def become(self, user: str | None, command: str) -> str:
        """Returns a command that runs another one as a user, or as root."""
        if user is not None:
            if user.isdigit():  # a user without an account, whom sudo and runuser do not take
                return f"setpriv --reuid={user} --regid=65534 --clear-groups {command}"
            who = shlex.quote(user)
            return f"sudo -u {who} {command}" if self.has_sudo else f"runuser -u {who} -- {command}"
        return f"sudo {command}" if self.has_sudo else f"su -c {shlex.quote(command)}"

    def again(self, words: Sequence[str], user: str) -> str:
        """Returns the command line that was given as a command of another user, or of root."""
        given = list(words[1:] if words[:1] == ["snapshot"] else words)
        if not any(word == "--repo" or word.startswith("--repo=") for word in given):
            given += ["--repo", self.place]
        return self.become(None if user == "root" else user, f"{self.secure} snapshot {shlex.join(given)}")


def this(repo: str = "", place: str = "", lender: str = "") -> Program:
    """Returns how this process was called; the arguments are those attributes of `Program`."""
    called = sys.argv[0] if sys.argv else ""
    if os.path.basename(called) == "__main__.py":
        name = secure = shlex.join([sys.executable, "-m", "cortexrepo"])
    else:
        path = os.path.abspath(called if "/" in called else _find(called, os.environ.get("PATH", "")) or called)
        name = _name(path, os.environ.get("PATH", ""))
        secure = _name(path, SECURE)
    has_sudo, is_root = bool(_find("sudo", SECURE)), os.geteuid() == 0
    by_sudo = has_sudo and is_root and os.environ.get("SUDO_UID", "0").strip("0") != ""
    return Program(name, secure, has_sudo, repo, place, lender, is_root, by_sudo)


def _name(path: str, where: str) -> str:
    """Returns the short name of a program, if a search finds this very program by it, else its path."""
    found = _find("cortex", where)
    if not os.path.isfile(path) or (found and os.path.realpath(found) == os.path.realpath(path)):
        return "cortex"
    return shlex.quote(path)


def _find(name: str, where: str) -> str | None:
    import shutil

    return shutil.which(name, path=where)
