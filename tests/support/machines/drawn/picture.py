"""The oracle's look at a machine: every file below the places of drawn packages, and dpkg's and apt's own files.

Nothing of the product is used here.
"""

from __future__ import annotations

import json
import os
import subprocess
from glob import glob
from typing import NamedTuple

from support.disk.entries import entry

ROOTS = (
    "/data", "/etc/alternatives/cx*", "/etc/cx*", "/homes/*", "/opt/cx*", "/opt/node*", "/usr/bin/cx*",
    "/usr/lib/cx*", "/usr/share/cx*",
)  # fmt: skip
"""All that belongs to drawn packages lies below these."""
BYTECODE = "__pycache__"
RECORD, ORIGIN = ".dist-info/RECORD", ".dist-info/direct_url.json"
_ANEW = (BYTECODE.encode(), b"direct_url.json", b"/shared")
_CACHE = "/.npm/"
_LINES = ("/var/lib/dpkg/diversions", "/var/lib/dpkg/statoverride")
_MARKS = "/var/lib/apt/extended_states"

Entry = tuple[object, ...]


class Picture(NamedTuple):
    """A machine at one moment.

    Attributes:
        files: What is at each path.
        packages: What dpkg says of each package: version, architecture, and the three words of its state.
        automatic: The packages that are marked as automatically installed.
        lines: The lines of dpkg's files about diversions and modes.
    """

    files: dict[str, Entry]
    packages: dict[str, tuple[str, ...]]
    automatic: frozenset[str]
    lines: frozenset[str]


def taken() -> Picture:
    """Returns how the machine is that this process runs on."""
    return Picture(_files(), _packages(), _automatic(), _lines())


def _files() -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for root in (path for pattern in ROOTS for path in glob(pattern)):
        found[root] = entry(root)
        if os.path.islink(root):
            continue
        for folder, names, files in os.walk(root):
            found |= {path: entry(path) for path in (f"{folder}/{name}" for name in (*names, *files))}
    return {path: _plain(path, one) for path, one in found.items() if BYTECODE not in path and _CACHE not in path}


def _plain(path: str, one: Entry) -> Entry:
    """Returns what is in a RECORD and in an origin, whatever its form is; bytecode is made anew, and does not count."""
    content = one[-1]
    if path.endswith(RECORD) and isinstance(content, bytes):
        return one[0], tuple(sorted(line for line in content.splitlines() if not any(word in line for word in _ANEW)))
    if path.endswith(ORIGIN) and isinstance(content, bytes) and content:
        return one[0], json.dumps(json.loads(content), sort_keys=True)
    return one


def _packages() -> dict[str, tuple[str, ...]]:
    form = "${Package}\t${Version}\t${Architecture}\t${Status}\n"
    said = subprocess.run(["dpkg-query", "-W", "-f", form], capture_output=True, text=True, check=True).stdout
    rows = (line.split("\t") for line in said.splitlines())
    return {name: (version, arch, *state.split()) for name, version, arch, state in rows}


def _automatic() -> frozenset[str]:
    found, name = set(), ""
    if os.path.exists(_MARKS):
        with open(_MARKS, encoding="utf-8") as file:
            for key, _, value in (line.partition(": ") for line in file):
                name = value.strip() if key == "Package" else name
                if (key, value.strip()) == ("Auto-Installed", "1"):
                    found.add(name)
    return frozenset(found)


def _lines() -> frozenset[str]:
    found: set[str] = set()
    for path in _LINES:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                lines = file.read().splitlines()
            step = 3 if path.endswith("diversions") else 1
            found.update("\t".join(lines[at : at + step]) for at in range(0, len(lines), step))
    return frozenset(found)
