"""Environments that real pip and npm make and change: fewer of them, for each takes seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from support.machines.drawn import python
from support.machines.drawn.places import Place, write
from support.machines.drawn.running import HOME
from support.machines.machines import REGISTRY

if TYPE_CHECKING:
    from random import Random

_OFFERED = {
    "one": ("1.0.0", "1.1.0"), "tree": ("1.0.0", "2.0.0"), "@cx/scoped": ("1.0.0", "1.0.1"),
    "bundle": ("1.0.0", "2.0.0"), "only-new": ("1.0.0",), "@cx/only-old": ("1.0.0",),
}  # fmt: skip
"""What the registry of a bed has."""


def configure() -> None:
    """Has pip and npm know the bed's own index and registry, and nothing else."""
    write("/etc/pip.conf", f"[global]\nno-index = true\nfind-links = {python.INDEX}\n")
    write(f"{HOME}/.npmrc", f"registry={REGISTRY}\naudit=false\nfund=false\nupdate-notifier=false\n")


def drawn_python(number: int, random: Random) -> Place:
    """Returns a virtual environment of real pip."""
    path = f"/opt/cx{number}-venv"
    states = [
        {f"cx-p{one}": _offered(one, random.choice([*python.VERSIONS, ""])) for one in range(3 + (step == 1))}
        for step in range(2)
    ]

    def at_first() -> None:
        _do(sys.executable, "-m", "venv", "--without-pip", path)
        _pip(path, states[0])

    return Place(
        "pip", path, "VIRTUAL_ENV", at_first, lambda: _pip(path, states[1]), True, False, 0, [], f"{path} {states}"
    )


def _offered(number: int, version: str) -> str:
    """Returns a version that the index has: of one distribution it has one alone."""
    return version if (number, version) != (3, "1.0") else "2.0"


def drawn_node(number: int, random: Random) -> Place:
    """Returns a prefix of real npm."""
    path = f"/opt/node{number}"
    states = [{name: random.choice([*versions, ""]) for name, versions in _OFFERED.items()} for _ in range(2)]

    def at_first() -> None:
        os.makedirs(f"{path}/lib/node_modules")
        _npm(path, states[0])

    return Place(
        "npm", path, "npm_config_prefix", at_first, lambda: _npm(path, states[1]), True, False, 0, [],
        f"{path} {states}",
    )  # fmt: skip


def _pip(path: str, state: dict[str, str]) -> None:
    pip = (sys.executable, "-m", "pip", "--python", f"{path}/bin/python", "--disable-pip-version-check")
    gone = [name for name, version in state.items() if not version]
    if gone:
        _do(*pip, "uninstall", "-q", "-y", *gone)
    if come := [f"{name}=={version}" for name, version in state.items() if version]:
        _do(*pip, "install", "-q", "--no-deps", *come)


def _npm(path: str, state: dict[str, str]) -> None:
    npm = ("npm", "--global", "--prefix", path, "--install-strategy=nested")
    if gone := [name for name, version in state.items() if not version]:
        _do(*npm, "uninstall", *gone)
    if come := [f"{name}@{version}" for name, version in state.items() if version]:
        _do(*npm, "install", *come)


def _do(*command: str) -> None:
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "HOME": HOME}, cwd="/"
    )
    assert ended.returncode == 0, f"{command} ended with {ended.returncode}:\n{ended.stdout}\n{ended.stderr}"
