"""Part 2 of docs/format.md: which files a repository has, and which are not of it."""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

NAME = re.compile(r"[A-Za-z0-9_+][A-Za-z0-9._+-]{0,127}")
PASSED = {"signatures", "pins", "tmp", "lock", "lock.gc", "ballast", "cache", "damaged"}
HOLDER = "(?:-(?:0|[1-9][0-9]{0,9}|several))?"
# What a path below the repository is, and in the last group the name that its content must have.
PATHS = (
    ("config", re.compile(r"(config)")),
    ("object", re.compile(r"objects/([0-9a-f]{2}/[0-9a-f]{62})")),
    ("ref", re.compile(r"refs/([0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{11}-[0-9a-f]{32})")),
    ("segment", re.compile(r"segments/([0-9a-f]{64})\.refs")),
    ("pack", re.compile(r"packs/([0-9a-f]{64})\.pack")),
    ("tag", re.compile(r"tags/([^/]+)")),
    ("deleted", re.compile(r"deleted/([0-9a-f]{32}(?:\.claimed)?)")),
    ("removed", re.compile(r"removed/([0-9a-f]{32}-[0-9a-f]{32})")),
    ("artifact", re.compile(rf"artifacts/([0-9a-f]{{2}})/(\1[0-9a-f]{{30}}-[0-9a-f]{{64}}{HOLDER})")),
    ("aside", re.compile(rf"artifacts/aside/([0-9a-f]{{32}}-[0-9a-f]{{64}}{HOLDER})")),
    ("quarantine", re.compile(r"quarantine/[^/]+/([0-9a-f]{64})")),
)
# In these directories any other name may be that of a file that was renamed.
STRANGER = re.compile(r"refs/(?![0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{11}-[0-9a-f]{32}\Z)[^/]+", re.DOTALL)

DIRECTORIES = re.compile(
    r"objects(/[0-9a-f]{2})?|refs|segments|packs|tags|deleted|removed|artifacts(/[0-9a-f]{2}|/aside)?|quarantine(/[^/]+)?"
)


class File(NamedTuple):
    """A file of the format; `data` is None for a link, a directory or a device in its place."""

    path: str
    role: str
    name: str
    data: bytes | None


def files(root: str) -> tuple[list[File], list[str]]:
    """The files of the format, and the paths of files and directories that are unknown."""
    found: list[File] = []
    unknown: list[str] = []
    for path, regular in walked(root):
        role, name = role_of(path)
        if role is None:
            unknown.append(path)
        else:
            found.append(File(path, role, name, content(os.path.join(root, path)) if regular else None))
    return found, unknown


def walked(root: str, under: str = "") -> Iterator[tuple[str, bool]]:
    """Every path that may be part of the format, sorted, and whether it is a regular file.

    What is in an unknown directory is not looked at.
    """
    for entry in sorted(os.scandir(os.path.join(root, under)), key=lambda each: each.name):
        path = under + entry.name
        if path in PASSED:
            continue
        if entry.is_dir(follow_symlinks=False) and DIRECTORIES.fullmatch(path) and NAME.fullmatch(entry.name):
            yield from walked(root, f"{path}/")
        else:
            yield path, entry.is_file(follow_symlinks=False)


def content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def role_of(path: str) -> tuple[str | None, str]:
    if STRANGER.fullmatch(path):
        return "stranger", path.partition("/")[2]
    if all(NAME.fullmatch(part) for part in path.split("/")):
        for role, pattern in PATHS:
            match = pattern.fullmatch(path)
            if match is not None:
                return role, match[match.re.groups]
    return None, path
