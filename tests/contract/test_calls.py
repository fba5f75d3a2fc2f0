"""Only disk/ renames, links and syncs: who does it elsewhere is named here, with the reason."""

from __future__ import annotations

import ast
import os

import cortexrepo

PACKAGE = os.path.dirname(cortexrepo.__file__)
CALLS = {"fdatasync", "fsync", "link", "rename", "renames", "replace", "symlink", "sync"}
ELSEWHERE = {
    "cli/screen/drawn.py": "a cache of lines, in a directory that is held open",
    "ecosystems/apt/restore/archive.py": "links apt's own files as apt does",
    "ecosystems/apt/restore/configuration.py": "lays what dpkg has put beside a file in its place, as dpkg does",
    "ecosystems/apt/restore/handover.py": "lays a file that was diverted in its place, as dpkg does",
    "ecosystems/apt/restore/shapes.py": "makes the links of packages, and moves their directories aside, as dpkg does",
    "ecosystems/npm/restore/staging.py": "makes the links that npm makes, and syncs all that npm wrote at once",
    "ecosystems/pip/restore/linked.py": "makes the links that pipx and uv make, among what is staged",
    "ecosystems/pip/restore/staging.py": "syncs all that was unpacked at once",
}


def calls(path: str) -> set[str]:
    """Returns the calls of `os` in a file that change names or make them durable."""
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "os"
    } & CALLS


def test_only_disk_and_those_that_are_named_rename_link_and_sync() -> None:
    found = set()
    for folder, _, names in os.walk(PACKAGE):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".py") and calls(path):
                found.add(os.path.relpath(path, PACKAGE))
    assert {path for path in found if not path.startswith("disk/")} == set(ELSEWHERE)
    assert any(path.startswith("disk/") for path in found)
