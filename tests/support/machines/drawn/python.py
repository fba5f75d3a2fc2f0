"""Python environments, drawn at random: namesakes, editables, moved and edited files, files of two distributions."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
from glob import glob
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from support.machines.drawn.ground import USER, USER_HOME
from support.machines.drawn.places import SOURCES, UNSEEN, Place, give, gone, write
from support.packages.wheels import archive

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

VERSIONS = ("1.0", "2.0")
HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
OTHER = "3.99"
INDEX = "/srv/index"
"""The wheels that pip offers."""
_ORIGINS = ("",) * 9 + ("url", "git", "editable")
_ANSWER = json.dumps([3, 99, 1, "cpython", "cpython-399-x86_64-linux-gnu", "linux-x86_64"])
_PROGRAM = """#!{python}
# -*- coding: utf-8 -*-
import re
import sys
from {stem} import main
if __name__ == '__main__':
    sys.argv[0] = re.sub(r'(-script\\.pyw|\\.exe)?$', '', sys.argv[0])
    sys.exit(main())
"""


class Dist(NamedTuple):
    """A distribution: `build` tells namesakes apart, `origin` says where it came from."""

    name: str
    version: str
    build: int = 0
    origin: str = ""

    @property
    def stem(self) -> str:
        """The name of its module."""
        return self.name.replace("-", "_")

    @property
    def info(self) -> str:
        """The name of its folder."""
        return f"{self.stem}-{self.version}.dist-info"

    def files(self) -> dict[str, str]:
        """Returns the modules and its description."""
        number = int(self.name[-1])
        shared = {"shared_module.py": f"owner = {self.name!r}\n"} if number < 2 else {}
        moved = f"{self.stem}/{'sub/' * (self.version == '2.0')}data.txt"
        modules = {f"{self.stem}/__init__.py": f"version = {self.version!r}  # build {self.build}\n", moved: "data\n"}
        named = f"Metadata-Version: 2.1\nName: {self.name}\nVersion: {self.version}\n\n"
        wheel = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        info = {f"{self.info}/METADATA": named, f"{self.info}/WHEEL": wheel}
        if number % 2 == 0:
            info[f"{self.info}/entry_points.txt"] = f"[console_scripts]\n{self.command} = {self.stem}:main\n"
        return {**modules, **shared, **info}

    @property
    def command(self) -> str:
        """The command that it brings, if any: some are those of two."""
        return "shared-command" if self.name[-1] in "02" else f"{self.name}-run"


def offer() -> None:
    """Writes the wheels that the index has: not every one, and of no namesake."""
    for number in range(4):
        for version in VERSIONS:
            one = Dist(f"cx-p{number}", version)
            if (number, version) != (3, "1.0"):
                archive(Path(f"{INDEX}/{one.stem}-{version}-py3-none-any.whl"), one.files(), f"{one.info}/RECORD")


def drawn(number: int, random: Random) -> Place:
    """Returns an environment."""
    user = random.choice([0, 0, USER])
    usual = f"/opt/cx{number}-venv" if user == 0 else f"{USER_HOME}/cx{number}-venv"
    path = random.choice([usual, usual, f"{UNSEEN}/cx{number}-venv"])
    variable = path.startswith(UNSEEN) and random.random() < 0.6
    known = not path.startswith(UNSEEN) or random.random() < 0.3
    first, last = _state(random), _state(random)
    there = random.random() < 0.9, random.random() < 0.9
    python = random.choice([HERE, HERE, HERE, OTHER])
    other = python if random.random() < 0.85 else (OTHER if python == HERE else HERE)
    deeds = random.choice(DEEDS), random.choice(DEEDS)
    fresh = other != python or random.random() < 0.3

    free: list[str] = []

    def at_first() -> None:
        if there[0]:
            _made(path, python, first)
            free.extend(deeds[0](path))
            give(path, user)

    def at_last() -> None:
        if fresh or not there[1]:
            gone(path)
        if there[1]:
            _made(path, other, last)
            free.extend(deeds[1](path))
            give(path, user)

    done = f"{python} {first} {deeds[0].__name__}, then {other} {last} {deeds[1].__name__}"
    log = f"{path} ({done}, there {there}, fresh {fresh})"
    return Place("pip", path, "VIRTUAL_ENV", at_first, at_last, known, variable, user, free, log)


def _state(random: Random) -> list[Dist]:
    found = []
    for number in range(4):
        version = random.choice([*VERSIONS, "", ""])
        if version:
            found.append(Dist(f"cx-p{number}", version, random.choice([0] * 6 + [1]), random.choice(_ORIGINS)))
    return found


def _made(path: str, python: str, state: list[Dist]) -> None:
    """Makes an environment, or changes the one that is there, as pip would."""
    site = f"{path}/lib/python{python}/site-packages"
    os.makedirs(site, exist_ok=True)
    os.makedirs(f"{path}/bin", exist_ok=True)
    write(f"{path}/pyvenv.cfg", f"home = /usr/bin\ninclude-system-site-packages = false\nversion = {python}.1\n")
    for name in ("python", "python3", f"python{python}"):
        if not os.path.lexists(f"{path}/bin/{name}"):
            if python == HERE:
                os.symlink(os.path.realpath(sys.executable), f"{path}/bin/{name}")
            else:
                write(f"{path}/bin/{name}", f"#!/bin/sh\necho '{_ANSWER}'\n", 0o755)
    for info in sorted(glob(f"{site}/*.dist-info")):
        _uninstalled(site, info)
    for one in state:
        _installed(path, site, one)


def _uninstalled(site: str, info: str) -> None:
    lines: list[str] = []
    if os.path.exists(f"{info}/RECORD"):
        with open(f"{info}/RECORD", encoding="utf-8") as file:
            lines = file.read().splitlines()
    for name in (line.split(",")[0] for line in lines):
        target = os.path.normpath(f"{site}/{name}")
        if os.path.lexists(target):
            os.unlink(target)
        folder = os.path.dirname(target)
        while folder.startswith(f"{site}/") and os.path.isdir(folder) and not os.listdir(folder):
            os.rmdir(folder)
            folder = os.path.dirname(folder)
    if not lines:  # Nobody knows which files it has; a person removes the folder by its name.
        gone(f"{site}/{os.path.basename(info).partition('-')[0]}")
    gone(info)


def _installed(path: str, site: str, one: Dist) -> None:
    files = one.files()
    programs: dict[str, str] = {}
    if f"{one.info}/entry_points.txt" in files:
        programs[f"../../../bin/{one.command}"] = _PROGRAM.format(python=f"{path}/bin/python", stem=one.stem)
    if one.origin == "editable":
        files = {name: text for name, text in files.items() if name.startswith(one.info)}
        files[f"__editable__.{one.stem}.pth"] = f"{SOURCES}/{one.stem}\n"
        write(f"{SOURCES}/{one.stem}/{one.stem}/__init__.py", "editable = True\n")
    files[f"{one.info}/INSTALLER"] = "pip\n"
    origins = {
        "url": {"url": f"https://example.invalid/{one.stem}.whl", "archive_info": {}},
        "git": {"url": "https://example.invalid/x.git", "vcs_info": {"vcs": "git", "commit_id": "0" * 40}},
        "editable": {"url": f"file://{SOURCES}/{one.stem}", "dir_info": {"editable": True}},
    }
    if one.origin:
        files[f"{one.info}/direct_url.json"] = json.dumps(origins[one.origin])
    for name, text in files.items():
        write(f"{site}/{name}", text)
    for name, text in programs.items():
        write(os.path.normpath(f"{site}/{name}"), text, 0o755)
    _record(site, one.info, {**files, **programs})


def _record(site: str, info: str, files: Mapping[str, str]) -> None:
    lines = [f"{name},sha256={_digest(text)},{len(text.encode())}" for name, text in files.items()]
    write(f"{site}/{info}/RECORD", "\r\n".join([*sorted(lines), f"{info}/RECORD,,"]) + "\r\n")


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


# -- what people do besides


def _nothing(_path: str) -> list[str]:
    """Does nothing."""
    return []


def _each(path: str, pattern: str) -> list[str]:
    return sorted(glob(f"{path}/lib/python*/site-packages/{pattern}"))


def _record_lost(path: str) -> list[str]:
    found = _each(path, "*.dist-info/RECORD")[:1]
    for one in found:
        os.unlink(one)
    return found


def _record_changed(path: str) -> list[str]:
    found = _each(path, "*.dist-info/RECORD")[:1]
    for one in found:
        with open(one, "a", encoding="utf-8", newline="") as file:
            file.write("elsewhere.txt,sha256=AAAA,1\r\n")
    return found


def _description_broken(path: str) -> list[str]:
    found = _each(path, "*.dist-info/METADATA")[-1:]
    for one in found:
        os.unlink(one)
    return found


def _closed(path: str) -> list[str]:
    """Lets nobody else read it, which hinders neither root nor the owner."""
    os.chmod(path, 0o700)
    return []


def _origin_emptied(path: str) -> list[str]:
    for one in _each(path, "*.dist-info/INSTALLER")[:1]:
        write(f"{os.path.dirname(one)}/direct_url.json", "")
    return []


def _shared_with_a_group(path: str) -> list[str]:
    os.chmod(path, 0o777)
    return []


DEEDS = (
    _nothing, _nothing, _nothing, _nothing, _record_lost, _record_changed, _description_broken, _closed,
    _origin_emptied, _shared_with_a_group,
)  # fmt: skip


def taken(words: list[str], _directory: str) -> tuple[int, str]:
    """Answers as `pip download` does, from the index."""
    asked = words[words.index("--") + 1 :]
    to = words[words.index("--dest") + 1]
    missing = []
    for word in asked:
        name, version = word.split("==")
        found = glob(f"{INDEX}/{name.replace('-', '_')}-{version}-*.whl")
        if found:
            with open(found[0], "rb") as file:
                write(f"{to}/{os.path.basename(found[0])}", file.read())
        else:
            missing.append(word)
    if missing:
        return 1, f"ERROR: No matching distribution found for {missing[0]}\n"
    return 0, ""
