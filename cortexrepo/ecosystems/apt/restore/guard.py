"""The guard: a hook of our own run of apt, which lets dpkg be started only for exactly what was planned.

Between a simulation and apt's own lock anybody may install something. apt calls this while it holds the lock and before
anything is changed, with the list of what it is about to do; a failure makes it give up, with the machine untouched.

It runs alone, `PYTHON -I apt_guard.py PLAN`, with nothing but the standard library: the packages around it may be what
is replaced.
"""

from __future__ import annotations

import json
import os
import sys
from urllib.parse import unquote

COMPLAINT = "cortex: apt would not follow the plan: "
READ_ONLY = "cortex: these places cannot be written: "
_FALSE = ("", "0", "false", "no", "off", "without", "disable")
_FIELDS = 9
_SHOWN = 4


def announced(text: str, native: str) -> tuple[dict[str, list[str]], bool]:
    """Reads what apt tells a hook by protocol 3.

    Returns:
        For each package that changes its version before (`-` for none), and its version and architecture after, or
        `removed`; and whether what is removed is purged.

    Raises:
        ValueError: It is another protocol, or not understood.
    """
    head, blank, rest = text.partition("\n\n")
    lines = head.split("\n")
    if lines[0] != "VERSION 3" or not blank:
        raise ValueError("apt does not speak version 3 of the protocol for hooks")
    settings = dict(line.partition("=")[::2] for line in lines[1:])
    purge = unquote(settings.get("APT::Get::Purge", "")).lower() not in _FALSE
    changes = {}
    for line in rest.splitlines():
        words = line.split(" ", _FIELDS - 1)
        if len(words) != _FIELDS:
            raise ValueError(f"a line of apt is not understood: {line}")
        name, old, old_arch, _, _, new, new_arch, _, action = words
        if action == "**CONFIGURE**":
            continue
        gone = action == "**REMOVE**"
        arch = old_arch if gone else new_arch
        key = f"{name}:{native if arch == 'all' else arch}"
        # One that is taken out only to be put in again is told twice.
        if not gone or key not in changes:
            changes[key] = [old, "removed" if gone else f"{new} {new_arch}"]
    return changes, purge


def difference(plan: dict[str, list[str]], found: dict[str, list[str]], *, purge: bool) -> str:
    """Returns in what the two differ, or an empty string. A version before that is empty in the plan may be any."""
    wrong = ["apt would purge packages"] if purge else []
    for key in sorted(plan.keys() | found.keys()):
        want, got = plan.get(key), found.get(key)
        if want is not None and got is not None and want[1] == got[1] and want[0] in {"", got[0]}:
            continue
        wrong.append(f"{key}: apt says {_said(got)}, the plan says {_said(want)}")
    return "; ".join(wrong)


def read_only(directories: list[str]) -> list[str]:
    """Returns those of the directories, or of what is there of them, that are on a file system that is read-only."""
    found = []
    for directory in directories:
        path = directory
        while not os.path.exists(path) and path != os.path.dirname(path):
            path = os.path.dirname(path)
        if os.statvfs(path).f_flag & os.ST_RDONLY:
            found.append(directory)
    return found


def take_away(links: dict[str, str]) -> None:
    """Removes the links in whose places dpkg will have directories; one that is another by now stays."""
    for path, target in links.items():
        if os.path.islink(path) and os.readlink(path) == target:
            os.unlink(path)


def _said(change: list[str] | None) -> str:
    return "no change" if change is None else f"from {change[0] or 'any'} to {change[1]}"


def main() -> int:
    """Returns 0 where apt is about to do exactly what the plan says, and can write where it says."""
    with open(sys.argv[1], encoding="utf-8") as file:
        plan = json.load(file)
    with open(int(os.environ["APT_HOOK_INFO_FD"]), encoding="utf-8", errors="replace") as stream:
        text = stream.read()
    try:
        found, purge = announced(text, plan["native"])
        wrong = difference(plan["changes"], found, purge=purge)
    except ValueError as error:
        wrong = str(error)
    if wrong:
        sys.stderr.write(f"{COMPLAINT}{wrong}\n")
        return 1
    closed = read_only(plan["writes"])
    if closed:
        sys.stderr.write(f"{READ_ONLY}{', '.join(closed[:_SHOWN])}\n")
        return 1
    take_away(plan["links"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
