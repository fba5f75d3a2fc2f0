"""How this program is called from where a command that it names is copied to: a shell, sudo, or another user."""

from __future__ import annotations

import os
import re
import shlex
import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

SECURE = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where sudo looks for programs (`secure_path` of Debian's sudoers), whatever the caller's PATH is."""
_COMMAND = re.compile(r"`(sudo (?:-u (\S+) )?)?cortex snapshot ([^`]*)`")


class Program(NamedTuple):
    """How commands are written for the caller.

    Attributes:
        name: This program in the caller's shell: its name if the shell finds it, else a path.
        secure: The same for sudo.
        has_sudo: Whether there is sudo.
        repo: The repository that was named with `--repo`, which a command has to name too; empty if none was.
        place: The repository in use, which a command of another user has to name.
    """

    name: str
    secure: str
    has_sudo: bool
    repo: str = ""
    place: str = ""

    def written(self, text: str) -> str:
        """Returns a text whose commands of this tool, between backticks, work when they are copied."""
        return _COMMAND.sub(self._command, text) if "cortex snapshot " in text else text

    def _command(self, found: re.Match[str]) -> str:
        sudo, user, rest = found.groups()
        repo = (self.place if sudo else self.repo) if " --repo" not in f" {rest}" else ""
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
        """Returns the command line that was given as a command of another user."""
        given = list(words[1:] if words[:1] == ["snapshot"] else words)
        if not any(word == "--repo" or word.startswith("--repo=") for word in given):
            given += ["--repo", self.place]
        return self.become(user, f"{self.secure} snapshot {shlex.join(given)}")


def this(repo: str = "", place: str = "") -> Program:
    """Returns how this process was called; the arguments are those attributes of `Program`."""
    called = sys.argv[0] if sys.argv else ""
    if os.path.basename(called) == "__main__.py":
        name = secure = shlex.join([sys.executable, "-m", "cortexrepo"])
    else:
        path = os.path.abspath(called if "/" in called else _find(called, os.environ.get("PATH", "")) or called)
        name = _name(path, os.environ.get("PATH", ""))
        secure = _name(path, SECURE)
    return Program(name, secure, bool(_find("sudo", SECURE)), repo, place)


def _name(path: str, where: str) -> str:
    """Returns the short name of a program, if a search finds this very program by it, else its path."""
    found = _find("cortex", where)
    if not os.path.isfile(path) or (found and os.path.realpath(found) == os.path.realpath(path)):
        return "cortex"
    return shlex.quote(path)


def _find(name: str, where: str) -> str | None:
    import shutil

    return shutil.which(name, path=where)
