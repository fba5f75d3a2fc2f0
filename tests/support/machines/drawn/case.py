"""One random machine: made, recorded, changed, restored, and taken back; and everything that was said is judged."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from support.machines.drawn import debian, node, python, real
from support.machines.drawn.brought import Remembering
from support.machines.drawn.judge import Judge, faults, untouched
from support.machines.drawn.picture import taken
from support.machines.drawn.programs import placed
from support.machines.drawn.running import cortex

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from support.machines.drawn.debian import Family
    from support.machines.drawn.picture import Picture
    from support.machines.drawn.places import Place
    from support.machines.drawn.running import Said

ARCHIVE = "/srv/archive"
FAILED, IN_PART, REFUSED = 1, 3, 4
_QUIET = (
    "apt-get", "-qq", "-y", "-o", "Dpkg::Use-Pty=0", "--allow-downgrades", "--allow-change-held-packages",
    "-o", "Dpkg::Options::=--force-confold", "-o", "Dpkg::Options::=--force-unsafe-io", "install",
)  # fmt: skip
_KINDS: dict[int, tuple[Callable[[int, Random], Family | Place], int, tuple[float, float]]] = {
    0: (debian.drawn, 3, (1, 0)),
    10: (python.drawn, 2, (0.3, 0.8)),
    20: (node.drawn, 1, (0.3, 0.6)),
}
"""The number of the first part of each kind, what draws one, how many there are at most, and how often there are any:
in cases with an even number, and in those with an odd one, which have nothing for apt and so are quick.
"""
_REAL_KINDS: dict[int, tuple[Callable[[int, Random], Family | Place], int, tuple[float, float]]] = {
    0: (debian.drawn, 2, (0.6, 0.6)),
    10: (real.drawn_python, 1, (0.6, 0.6)),
    20: (real.drawn_node, 1, (0.6, 0.6)),
}
_REAL = "real"


class Case(NamedTuple):
    """A machine, by its number.

    Attributes:
        seed: The number.
        without: Which of its parts are left out: what makes a failure small.
        is_real: Whether its pip and npm are real ones.
    """

    seed: int
    without: frozenset[int] = frozenset()
    is_real: bool = False

    def __str__(self) -> str:
        """Returns it as the variable that repeats it has it."""
        return _REAL * self.is_real + f"{self.seed}" + "".join(f"-{number}" for number in sorted(self.without))

    @classmethod
    def of(cls, text: str) -> Case:
        """Reads what `str` writes."""
        seed, *without = text.removeprefix(_REAL).split("-")
        return cls(int(seed), frozenset(map(int, without)), text.startswith(_REAL))

    def parts(self) -> dict[int, Family | Place]:
        """Returns what it is made of, by number."""
        random = _random(self.seed)
        found: dict[int, Family | Place] = {}
        while not found:
            for first, (draw, most, share) in (_REAL_KINDS if self.is_real else _KINDS).items():
                count = random.randint(1, most) if random.random() < share[self.seed % 2] else 0
                for number in range(first, first + count):
                    found[number] = draw(number, _random(f"{self.seed}/{number}"))
        return {number: one for number, one in found.items() if number not in self.without}


class Ran(NamedTuple):
    """What became of a case.

    Attributes:
        faults: What was wrong.
        codes: The exit codes of `restore` and `undo`.
        log: All that was done and said.
    """

    faults: list[str]
    codes: tuple[int, ...]
    log: str


def run(case: Case, plant: Callable[[], None] | None = None) -> Ran:
    """Runs a case on the machine that this process runs on, a fresh bed; `plant` puts a fault into each command."""
    return _Run(case, plant).ran()


class _Run:
    def __init__(self, case: Case, plant: Callable[[], None] | None) -> None:
        parts = case.parts().values()
        self._plant, self._is_real = plant, case.is_real
        self._families = [one for one in parts if isinstance(one, debian.Family)]
        self._places = [one for one in parts if not isinstance(one, debian.Family)]
        self._keeps = _random(f"{case.seed}/kept").random() < 0.6
        self._goes_back = _random(f"{case.seed}/back").random() < 0.4
        self._archive, self._others = Remembering(), Remembering()
        self._log = [f"case {case}", *map(str, self._families), *(one.log for one in self._places)]
        free = [path for family in self._families for path in family.free]
        self._judge = Judge((self._archive, self._others), free, [place.path for place in self._places])

    def ran(self) -> Ran:
        self._offer()
        before = self._before()
        between = self._between()
        variables = self._variables_now()
        said = self._cortex("restore", "latest", "--yes", variables=variables)
        after = taken()
        found = self._judged(said, before, between, after, "restore")
        found += untouched(self._unknown(), between, after)
        if found or _is_refused(said) or "nothing to do" in said.text or not self._goes_back:
            return Ran(found, (said.code,), "\n".join(self._log))
        back = self._cortex("undo", "--yes", variables=variables)
        found = self._judged(back, between, after, taken(), "undo")
        return Ran(found, (said.code, back.code), "\n".join(self._log))

    def _judged(self, said: Said, before: Picture, start: Picture, after: Picture, what: str) -> list[str]:
        """Returns what is wrong with what a command said: how it was to be, how it was, and how it is."""
        if _is_refused(said):
            changed = self._judge.differing(start, after)
            return [f"{what} was refused and changed something: {one.what}" for one in changed] or _unsaid(said, what)
        if said.code not in {0, IN_PART}:
            return [f"{what} ended with {said.code}"]
        return faults(said, self._judge.differing(before, after, start), what)

    def _before(self) -> Picture:
        for state in range(max((len(family.before) for family in self._families), default=0)):
            self._install([family.before[min(state, len(family.before) - 1)] for family in self._families])
        self._shell("".join(family.at_first for family in self._families))
        for place in self._places:
            place.at_first()
        keeping = ["--keep-artifacts"] if self._keeps else []
        self._cortex("create", *keeping, variables=self._variables_then())
        return taken()

    def _between(self) -> Picture:
        for state in range(max((len(family.after) for family in self._families), default=0)):
            self._install([family.after[min(state, len(family.after) - 1)] for family in self._families])
        self._shell("".join(family.at_last for family in self._families))
        for place in self._places:
            place.at_last()
            self._judge.free(place.free)
            if place.path in self._unknown() and not (
                place.path in self._variables_now().values() and os.path.lexists(place.path)
            ):
                self._judge.free([place.path])  # Nobody looked there, and nobody's word is about it.
        return taken()

    def _unknown(self) -> list[str]:
        """Returns the environments at which the snapshot did not look."""
        named = self._variables_then().values()
        return [place.path for place in self._places if not place.is_usual and place.path not in named]

    def _variables_then(self) -> dict[str, str]:
        return {place.variable: place.path for place in self._places if place.known and not place.is_usual}

    def _variables_now(self) -> dict[str, str]:
        return {place.variable: place.path for place in self._places if place.found}

    def _offer(self) -> None:
        for family in self._families:
            family.fill(self._archive, self._others)
        self._archive.write(Path(ARCHIVE), {"files": list(self._archive.debs.values())})
        self._others.write(Path(debian.OTHER).parent, {})
        if self._families:
            self._do(["apt-get", "-qq", "update"])
        python.offer()
        if self._is_real:
            real.configure()
        else:
            node.offer()

    def _install(self, states: Sequence[debian.State]) -> None:
        words = [
            word
            for family, state in zip(self._families, states, strict=True)
            for word in debian.words(family.names, state)
        ]
        self._do([*_QUIET, *words])

    def _shell(self, text: str) -> None:
        if text:
            self._do(["sh", "-xc", text])

    def _do(self, command: Sequence[str]) -> None:
        ended = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ})
        self._log += [f"$ {' '.join(command[-12:])}", ended.stdout + ended.stderr]

    def _cortex(self, *words: str, variables: dict[str, str]) -> Said:
        said = cortex(*words, variables=variables, first=self._prepare)
        named = "".join(f"{name}={value} " for name, value in variables.items())
        self._log += [f"$ {named}cortex {' '.join(words)}", said.text, f"exit code {said.code}"]
        return said

    def _prepare(self) -> None:
        if not self._is_real:
            placed()
        if self._plant is not None:
            self._plant()


def _random(seed: object) -> Random:
    """Returns the same numbers for the same seed, everywhere."""
    return Random(str(seed))  # noqa: S311 -- nothing is kept secret with them


def _is_refused(said: Said) -> bool:
    """Returns whether a command said that it changed nothing."""
    return said.code == REFUSED or (said.code == FAILED and "changed nothing" in said.text)


def _unsaid(said: Said, what: str) -> list[str]:
    if "Traceback" in said.text:
        return [f"{what} ended in a traceback"]
    return [] if said.text.strip() else [f"{what} was refused without a reason"]
