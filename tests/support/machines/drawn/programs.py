"""A machine whose pip and npm are functions of this process; every other program is started."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.machine.live_programs import LiveMachine
from cortexrepo.machine.programs import Finished
from cortexrepo.restore.run import here
from support.machines.drawn import node, python

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NPM = "/usr/bin/npm"


class DrawnMachine(LiveMachine):
    """See `LiveMachine`."""

    def run(
        self,
        arguments: Sequence[str],
        *,
        variables: Mapping[str, str] | None = None,
        directory: str = "/",
        told: Callable[[str], None] | None = None,
        lasting: bool = False,
    ) -> Finished:
        """See `Machine.run`."""
        answer = _answer(list(arguments), directory)
        if answer is None:
            return super().run(arguments, variables=variables, directory=directory, told=told, lasting=lasting)
        for line in answer.output.splitlines() if told is not None else ():
            assert told is not None
            told(line)
        return answer

    def ask(
        self, arguments: Sequence[str], *, variables: Mapping[str, str] | None = None, directory: str = "/"
    ) -> Finished:
        """See `Machine.ask`."""
        found = _answer(list(arguments), directory)
        return found or super().ask(arguments, variables=variables, directory=directory)

    def find(self, program: str) -> str | None:
        """See `Machine.find`."""
        return NPM if program == "npm" else super().find(program)


def _answer(words: list[str], directory: str) -> Finished | None:
    if os.path.basename(words[0]) == "npm":
        code, said = node.answered(words, directory)
        return Finished(code, said, "")
    if words[0] == "pip3" or words[3:5] == ["-m", "pip"]:
        code, said = (0, "pip 23.0\n") if "--version" in words else python.taken(words, directory)
        return Finished(code, said, "")
    return None


def placed() -> None:
    """Has restores of this process work on such a machine."""
    vars(here)["LiveMachine"] = DrawnMachine
