"""Part 2 of docs/format.md: which files a repository has, and which are not of it."""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

NAME = re.compile(r"[A-Za-z0-9_+][A-Za-z0-9._+-]{0,127}")
PASSED = {"signatures", "pins", "tmp", "lock", "lock.gc", "ballast", "cache", "damaged"}
# The path below the repository, as what it is read. The first group is the name that its content must have.
PATHS = (
    ("config", re.compile(r"(config)")),
    ("object", re.compile(r"objects/([0-9a-f]{2}/[0-9a-f]{62})")),
    ("ref", re.compile(r"refs/([^/]+)")),
    ("segment", re.compile(r"segments/([^/]+)\.refs")),
    ("pack", re.compile(r"packs/([^/]+)\.pack")),
    ("tag", re.compile(r"tags/([^/]+)")),
    ("deleted", re.compile(r"deleted/([^/]+)")),
    ("removed", re.compile(r"removed/([^/]+)")),
    ("artifact", re.compile(r"artifacts/[0-9a-f]{2}/([^/]+)")),
    ("aside", re.compile(r"artifacts/aside/([^/]+)")),
    ("quarantine", re.compile(r"quarantine/[^/]+/([0-9a-f]{64})")),
)


class File(NamedTuple):
    path: str
    role: str
    name: str
    data: bytes


def walked(root: str, under: str = "") -> Iterator[tuple[str, bool]]:
    """Every path that may be part of the format, sorted, and whether it is a regular file."""
    for entry in sorted(os.scandir(os.path.join(root, under)), key=lambda each: each.name):
        path = under + entry.name
        if path in PASSED:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from walked(root, f"{path}/")
        else:
            yield path, entry.is_file(follow_symlinks=False)


def files(root: str) -> tuple[list[File], list[str]]:
    """The files of the format, and the paths that are unknown."""
    found, unknown = [], []
    for path, regular in walked(root):
        role, name = role_of(path)
        if role is None or not regular:
            unknown.append(path)
            continue
        with open(os.path.join(root, path), "rb") as file:
            found.append(File(path, role, name, file.read()))
    return found, unknown


def role_of(path: str) -> tuple[str | None, str]:
    if all(NAME.fullmatch(part) for part in path.split("/")):
        for role, pattern in PATHS:
            match = pattern.fullmatch(path)
            if match is not None:
                return role, match[1]
    return None, path
