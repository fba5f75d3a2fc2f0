"""The program that shows a result which is longer than the terminal, chosen as git chooses it.

Root who was reached from another user's session, through sudo or su, starts nothing that this user's variables name.
The system's `less` alone is started then, and starts no shell and opens no file itself (`LESSSECURE`).
"""

from __future__ import annotations

import os
import shlex
import shutil
import stat
from typing import TYPE_CHECKING

from cortexrepo.cli.program import SECURE
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES = ("CORTEX_PAGER", "PAGER")
"""The first one that is set names the program, with its arguments; an empty one, or `cat`, means none."""
_USUAL = "less"
_DEFAULTS = {"LESS": "FRX", "LV": "-c"}
"""What git gives pagers too: one that leaves short texts alone, shows colours, and does not clear the screen."""
_HANDED_ON = ("TERM", "LANG", "LANGUAGE", "COLUMNS", "LINES", "TZ")
_SESSIONS = ("SUDO_UID", "PKEXEC_UID", "DOAS_USER")
_ROOTS = frozenset({"", "0", "root"})


class Pager(NamedTuple):
    """A command, and its variables."""

    command: tuple[str, ...]
    environment: dict[str, str]


def chosen(environment: Mapping[str, str], user: int, terminal: int) -> Pager | None:
    """Returns the pager, or None where there is to be none.

    Args:
        environment: The caller's variables.
        user: Who runs this process.
        terminal: Whose the terminal is: who has logged in there.
    """
    if user == 0 and _is_reached(environment, terminal):
        return _secure(environment)
    told = next((environment[name] for name in VARIABLES if name in environment), _USUAL)
    command = _words(told)
    if command in ((), ("cat",)):
        return None
    program = shutil.which(command[0], path=environment.get("PATH", SECURE))
    if program is None or (user == 0 and _others(program)):
        return None
    return Pager((program, *command[1:]), {**_DEFAULTS, **environment})


def _is_reached(environment: Mapping[str, str], terminal: int) -> bool:
    return terminal != 0 or any(environment.get(name, "") not in _ROOTS for name in _SESSIONS)


def _secure(environment: Mapping[str, str]) -> Pager | None:
    program = shutil.which(_USUAL, path=SECURE)
    if program is None or _others(program):
        return None
    kept = {name: value for name, value in environment.items() if name in _HANDED_ON or name.startswith("LC_")}
    secure = {"LESS": _DEFAULTS["LESS"], "LESSSECURE": "1", "LESSHISTFILE": "-", "PATH": SECURE, "HOME": "/nonexistent"}
    return Pager((program,), {**kept, **secure})


def _words(told: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(told))
    except ValueError:  # a quote that is not closed
        return ()


def _others(program: str) -> bool:
    from cortexrepo.rights.ways import others

    return bool(others(os.path.abspath(program))) or bool(os.stat(program).st_mode & (stat.S_IWGRP | stat.S_IWOTH))
