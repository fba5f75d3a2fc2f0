"""The npm that belongs to a prefix, and how it is started."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cortexrepo.machine.programs import Finished, Machine

_OLDEST = 7
"""Earlier ones cannot say where a tarball goes."""
_SETTINGS = {
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_update_notifier": "false",
    "npm_config_progress": "false",
    "npm_config_color": "false",
    "npm_config_logs_max": "0",
    "npm_config_fetch_retries": "1",
    "npm_config_fetch_retry_mintimeout": "1000",
}
"""What is no matter of taste. Registry, credentials, proxy, cache and scripts stay as the machine's npm has them."""


class Npm(NamedTuple):
    """An npm that answers: the program, its version, and the prefix whose configuration it reads."""

    program: str
    version: str
    prefix: str

    def run(
        self,
        machine: Machine,
        arguments: Sequence[str],
        directory: str,
        *,
        into: str = "",
        told: Callable[[str], None] | None = None,
        lasting: bool = False,
    ) -> Finished:
        """Runs it for global packages, in `directory`, which no project is above.

        Args:
            machine: Starts it.
            arguments: A command and what it takes.
            directory: Where it runs.
            into: Another prefix than the own to work on.
            told: As in `Machine.run`.
            lasting: As there.
        """
        words, variables = self._words(arguments, into or self.prefix), _variables(self.prefix)
        return machine.run(words, variables=variables, directory=directory, told=told, lasting=lasting)

    def ask(self, machine: Machine, arguments: Sequence[str], directory: str) -> Finished:
        """Asks it something, as `Machine.ask` does."""
        return machine.ask(self._words(arguments, self.prefix), variables=_variables(self.prefix), directory=directory)

    def _words(self, arguments: Sequence[str], prefix: str) -> list[str]:
        command, *rest = arguments
        return [
            self.program,
            command,
            "--global",
            "--prefix",
            prefix,
            "--globalconfig",
            f"{self.prefix}/etc/npmrc",
            *rest,
        ]

    def builtin(self) -> str:
        """Returns the path of its builtin configuration, `npmrc` in its own package; "" where it has none.

        Distributions and installers say there where global packages go (npm's manual: npmrc, "Built-in config file").
        """
        folder = os.path.dirname(os.path.realpath(self.program))
        while folder != "/" and not os.path.exists(f"{folder}/package.json"):
            folder = os.path.dirname(folder)
        found = f"{folder}/npmrc"
        return found if folder != "/" and os.path.isfile(found) else ""


def find_npm(prefix: str, machine: Machine) -> Npm | None:
    """Returns the prefix's own npm, or the system's where there is none that answers; None if neither does."""
    own = f"{prefix}/bin/npm"
    candidates = [own if os.access(own, os.X_OK) else None, machine.find("npm")]
    for program in dict.fromkeys(filter(None, candidates)):
        version = _version(program, prefix, machine)
        if version:
            return Npm(program, version, prefix)
    return None


def _version(program: str, prefix: str, machine: Machine) -> str:
    from cortexrepo.errors import RestoreError

    try:
        said = machine.ask([program, "--version"], variables=_variables(prefix))
    except RestoreError:
        return ""
    version = said.output.strip()
    major = version.partition(".")[0]
    return version if not said.code and major.isascii() and major.isdigit() and int(major) >= _OLDEST else ""


def _variables(prefix: str) -> dict[str, str]:
    """Returns the variables: the node of the prefix comes before that of the system, for npm and for scripts."""
    from cortexrepo.machine.whose.commands import Commands

    return {**_SETTINGS, "PATH": f"{prefix}/bin:{Commands().search_path()}"}
