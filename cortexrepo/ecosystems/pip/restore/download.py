"""Wheels from the sources that pip is configured with."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from cortexrepo.disk.filesystem import read_bounded
from cortexrepo.ecosystems.pip.environments.interpreter import ISOLATED, target
from cortexrepo.ecosystems.pip.metadata import normalise
from cortexrepo.ecosystems.pip.names import requirement
from cortexrepo.ecosystems.pip.wheels.causes import cause
from cortexrepo.ecosystems.pip.wheels.wheel import describe, wheels_in
from cortexrepo.errors import FetchError, RestoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.ecosystems.pip.environments.interpreter import Interpreter
    from cortexrepo.model.package import Package

VARIABLES = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_NO_COLOR": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    # What a configuration may say for installing, and what would stand in the way of one exact version. pip passes over
    # an empty variable, and takes the configuration's word.
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_REQUIRE_HASHES": "0",
    "PIP_CONSTRAINT": os.devnull,
}


_LOG = 16 << 20
"""A log of pip that is longer, in bytes, is not read."""


class Downloaded:
    """The wheels that pip could get, by name and version, and why it could not get the others."""

    def __init__(self, directory: str) -> None:
        """Takes a directory, which is made when something is fetched; what is in it already counts."""
        self.directory = directory
        self.reasons: dict[Package, str] = {}
        self._paths: dict[tuple[str, str], str] = {}
        self._look()

    def path(self, package: Package) -> str | None:
        """Returns the path of the wheel of a row, or None."""
        return self._paths.get((package.name, package.version))

    def fetch(self, packages: Iterable[Package], interpreter: Interpreter, room: Room) -> None:
        """Gets what is not there yet: all at once, and when that fails one by one, so that every failure is known."""
        missing = [package for package in packages if self.path(package) is None]
        if not missing:
            return
        os.makedirs(self.directory, mode=0o700, exist_ok=True)
        try:
            command = _download(interpreter, room)
        except FetchError as error:
            self.reasons |= dict.fromkeys(missing, f"{error}: {error.hint}")
            return
        reason = self._run(command, missing, room)
        if reason and len(missing) > 1:
            for package in missing:
                if self.path(package) is None:
                    self.reasons[package] = self._run(command, [package], room)
        self.reasons |= {package: reason for package in missing if package not in self.reasons}
        self.reasons = {package: reason for package, reason in self.reasons.items() if self.path(package) is None}

    def _run(self, command: Sequence[str], packages: Sequence[Package], room: Room) -> str:
        """Starts pip once; returns its reason where it failed, else an empty string."""
        log = f"{self.directory}/.log"
        with suppress(FileNotFoundError):
            os.unlink(log)
        options = ["--quiet", "--no-deps", "--only-binary", ":all:", "--log", log, "--dest", self.directory, "--"]
        words = [requirement(package) for package in packages]
        done = room.machine.run([*command, *options, *words], variables=VARIABLES, told=room.told)
        self._look()
        if not done.code:
            return ""
        return cause(read_log(log), _reason(done.output), packages[0].name, packages[0].version)

    def _look(self) -> None:
        for path in wheels_in(self.directory):
            if path in self._paths.values():
                continue
            try:
                found = describe(path)
            except FetchError:
                continue  # Not what was asked for; that is missing then.
            self._paths[normalise(found.name), found.version] = path


def read_log(path: str) -> str:
    """Returns what pip has logged, empty where there is none, or too much: it only explains."""
    try:
        return read_bounded(path, _LOG).decode("utf-8", "replace")
    except OSError:
        return ""


def _download(interpreter: Interpreter, room: Room) -> list[str]:
    """Returns the `pip download` for an environment: of its own pip, else of one that is told whom it is for.

    Raises:
        FetchError: There is none.
    """
    for python in (interpreter.path, room.machine.find("python3"), sys.executable):
        if not python or not os.path.isabs(python):
            continue
        command = [python, *ISOLATED, "-m", "pip"]
        if _answers(command, room):
            return [*command, "download", *(() if python == interpreter.path else target(interpreter))]
    raise FetchError(
        "no pip was found that can download for this environment",
        hint="install pip 20.3 or later, in the environment or on the system",
    )


def _answers(command: Sequence[str], room: Room) -> bool:
    try:
        return room.machine.ask([*command, "--version"], variables=VARIABLES).code == 0
    except RestoreError:
        return False


def _reason(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    if errors and errors[-1] == "Exception:":
        errors = [f"pip failed with an exception: {lines[-1]}"]  # What follows is a traceback.
    return " ".join((errors or lines or ["pip failed, and gives no reason"])[-1].split())[:300]
