"""npm prefixes, drawn at random: nested trees, links, namesakes, commands of two packages; and an npm without node."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, NamedTuple

from support.machines.drawn.ground import USER, USER_HOME
from support.machines.drawn.places import SOURCES, UNSEEN, Place, give, gone, write
from support.packages.tarballs import archive

if TYPE_CHECKING:
    from random import Random

VERSIONS = ("1.0.0", "2.0.0")
REGISTRY = "/srv/registry"
"""The tarballs that the registry has."""
_NESTED = "leaf"


class Module(NamedTuple):
    """A package: `build` tells namesakes apart, `origin` says where it came from."""

    name: str
    version: str
    build: int = 0
    origin: str = ""

    def files(self) -> dict[str, str]:
        """Returns the files of its tarball."""
        described: dict[str, object] = {
            "name": self.name,
            "version": self.version,
            "description": f"build {self.build}",
        }
        if self.name[-1] in "01":
            described["bin"] = {"shared" if self.build else self.name: "cli.js"}
        if self.name[-1] == "2":
            described["bin"] = {"shared": "cli.js"}
        if self.origin == "git":
            described |= {"_resolved": "git+ssh://git@example.invalid/x.git#0", "_requested": {"type": "git"}}
        more = {"lib/moved.js" if self.version == "2.0.0" else "moved.js": "// moved\n"}
        return {
            "package.json": json.dumps(described),
            "cli.js": f"#!/usr/bin/env node\n// {self.version} {self.build}\n",
            **more,
        }


def offer() -> None:
    """Writes the tarballs that the registry has: not every one, and of no namesake."""
    for name in (*(f"cxm{number}" for number in range(4)), _NESTED):
        for version in VERSIONS:
            if (name, version) != ("cxm3", "1.0.0"):
                one = Module(name, version)
                content = archive((f"package/{path}", text.encode()) for path, text in one.files().items())
                write(f"{REGISTRY}/{name}-{version}.tgz", content)


def drawn(number: int, random: Random) -> Place:
    """Returns a prefix."""
    user = random.choice([0, 0, USER])
    usual = f"/opt/node{number}" if user == 0 else f"{USER_HOME}/.npm-global"
    path = random.choice([usual, usual, f"{UNSEEN}/cx{number}-prefix"])
    known = not path.startswith(UNSEEN) or random.random() < 0.3
    found = path.startswith(UNSEEN) and random.random() < 0.6
    states = _state(random), _state(random)
    there = random.random() < 0.9, random.random() < 0.9
    deeds = random.choice(DEEDS), random.choice(DEEDS)

    free: list[str] = []

    def made(number: int) -> None:
        gone(path)
        if there[number]:
            _made(path, states[number])
            free.extend(deeds[number](path))
            give(path, user)

    log = f"{path} ({states[0]} {deeds[0].__name__}, then {states[1]} {deeds[1].__name__}, there {there})"
    return Place("npm", path, "npm_config_prefix", lambda: made(0), lambda: made(1), known, found, user, free, log)


def _state(random: Random) -> dict[str, Module]:
    """Returns packages by their places below `node_modules`."""
    found: dict[str, Module] = {}
    for number in range(4):
        version = random.choice([*VERSIONS, "", ""])
        if not version:
            continue
        name = f"cxm{number}"
        found[name] = Module(
            name, version, random.choice([0] * 6 + [1]), random.choice(["", "", "", "", "link", "git"])
        )
        if found[name].origin != "link" and random.random() < 0.4:
            found[f"{name}/node_modules/{_NESTED}"] = Module(_NESTED, random.choice(VERSIONS))
    return found


def _made(path: str, state: dict[str, Module]) -> None:
    modules = f"{path}/lib/node_modules"
    os.makedirs(modules)
    os.makedirs(f"{path}/bin")
    for place, one in state.items():
        target = f"{modules}/{place}"
        if one.origin == "link":
            source = f"{SOURCES}/{one.name}-{one.version}"
            _unpacked(source, one)
            os.symlink(source, target)
        else:
            _unpacked(target, one)
    rebuilt(path)


def _unpacked(target: str, one: Module) -> None:
    for path, text in one.files().items():
        write(f"{target}/{path}", text, 0o755 if path == "cli.js" and '"bin"' in one.files()["package.json"] else 0o644)


def rebuilt(prefix: str) -> None:
    """Makes the links to commands, as `npm rebuild` does."""
    modules = f"{prefix}/lib/node_modules"
    for name in sorted(os.listdir(modules)):
        description = f"{modules}/{name}/package.json"
        if name.startswith(".") or not os.path.isfile(description):
            continue
        with open(description, encoding="utf-8") as file:
            bins = json.load(file).get("bin", {})
        for command, file_name in bins.items():
            os.makedirs(f"{prefix}/bin", exist_ok=True)
            os.chmod(f"{modules}/{name}/{file_name}", 0o755)
            if not os.path.lexists(f"{prefix}/bin/{command}"):
                os.symlink(f"../lib/node_modules/{name}/{file_name}", f"{prefix}/bin/{command}")


# -- what people do besides


def _nothing(_path: str) -> list[str]:
    """Does nothing."""
    return []


def _first(path: str) -> str:
    modules = f"{path}/lib/node_modules"
    names = [
        name
        for name in sorted(os.listdir(modules))
        if not name.startswith(".") and not os.path.islink(f"{modules}/{name}")
    ]
    return f"{modules}/{names[0]}" if names else ""


def _description_broken(path: str) -> list[str]:
    if first := _first(path):
        write(f"{first}/package.json", "{")
    return []


def _edited(path: str) -> list[str]:
    if first := _first(path):
        write(f"{first}/extra.js", "// a person's\n")
    return []


def _command_lost(path: str) -> list[str]:
    found = [f"{path}/bin/{name}" for name in sorted(os.listdir(f"{path}/bin"))[:1]]
    for one in found:
        os.unlink(one)
    return found


def _command_of_a_person(path: str) -> list[str]:
    write(f"{path}/bin/mine", "#!/bin/sh\n", 0o755)
    return []


DEEDS = (_nothing, _nothing, _nothing, _nothing, _description_broken, _edited, _command_lost, _command_of_a_person)


def answered(words: list[str], _directory: str) -> tuple[int, str]:
    """Answers as npm does, without node and without a network; returns the exit code and the output."""
    command = words[1]
    if command == "--version":
        return 0, "9.2.0\n"
    prefix = words[words.index("--prefix") + 1]
    if command == "config":
        return 0, "registry=https://example.invalid/\ncache=/nonexistent\n"
    if command == "rebuild":
        rebuilt(prefix)
        return 0, ""
    if command != "pack":
        raise AssertionError(f"npm was told {words}")
    to = words[words.index("--pack-destination") + 1]
    specs = words[words.index("--") + 1 :]
    for spec in specs:
        name, _, version = spec.rpartition("@")
        path = f"{REGISTRY}/{name}-{version}.tgz"
        if not os.path.exists(path):
            return 1, json.dumps({"error": {"code": "E404", "summary": f"404 Not Found - {spec}", "detail": spec}})
        with open(path, "rb") as file:
            write(f"{to}/{name}-{version}.tgz", file.read())
    return 0, "[]"
