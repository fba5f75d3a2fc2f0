"""What becomes of a part that fails: another user's costs this part alone, and every other one ends the restore.

That user could have any work in the environment fail, at any moment. Nobody's plan but that user's ends by it, except
where the environment was named: then somebody waits for it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cortexrepo.errors import CortexError, StoppedError
from cortexrepo.model.plan import KINDS, Left
from cortexrepo.restore.run.begun import place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cortexrepo.model.plan import Selection
    from cortexrepo.restore.run.crew import Crew, Phase
    from cortexrepo.restore.run.entry import Begun

    Theirs = Callable[[str], bool]
    Told = Callable[[str], None]

_AS_BEFORE = "the environment was taken back to what it was"
_UNKNOWN = "this part could not be taken back: files may be left in directories `.cortex-restore-*` of the environment"


class Lenience:
    """Calls the crew for one part after the other."""

    def __init__(self, crew: Crew, theirs: Theirs, stage: Told) -> None:
        """Takes who does the work, what says whether an environment is another user's, and what is told to people."""
        self._crew = crew
        self._theirs = theirs
        self._stage = stage

    def fetch(self, begun: Begun, selection: Selection, which: str = "") -> bool:
        """Fetches for a part; returns False where it is to be left out. Raises for a part that ends the restore.

        Args:
            begun: The part.
            selection: What was asked for.
            which: Which of how many parts that is, for people.
        """
        self._stage(f"fetching the files for {place_of(begun.part)}{which}")
        error = self._tried("fetch", begun, selection)
        if error is not None:
            self._stage(f"{place_of(begun.part)} is left out, because it is another user's, and {error}")
        return error is None

    def do(self, phase: Phase, begun: Begun, selection: Selection) -> Begun:
        """Applies or recovers a part; returns it, given up where that failed. Raises as `fetch`.

        What is given up is as it was before, if its owner's files let it.
        """
        error = None if begun.left else self._tried(phase, begun, selection)
        return begun if error is None else self._given_up(begun, selection, error)

    def recover(self, begun: Begun, selection: Selection) -> None:
        """Brings a part to a whole state before it is led back; `revert` decides of one where that fails."""
        if not begun.left:
            self._tried("recover", begun, selection)

    def revert(self, begun: Begun, selection: Selection) -> Begun:
        """Leads a part back; as `do`."""
        error = None if begun.left else self._tried("revert", begun, selection)
        return begun if error is None else self._noted(begun, f"{error}; {_UNKNOWN}")

    def finish(self, begun: Begun, selection: Selection) -> None:
        """Ends a part. One that was given up has ended, or keeps what its owner may need."""
        error = None if begun.left else self._tried("finish", begun, selection)
        if error is not None:
            self._stage(f"{place_of(begun.part)}: {error}")

    def _given_up(self, begun: Begun, selection: Selection, error: CortexError) -> Begun:
        if self._tried("revert", begun, selection) is not None:
            return self._noted(begun, f"{error}; {_UNKNOWN}")
        self.finish(begun, selection)
        return self._noted(begun, f"{error}; {_AS_BEFORE}")

    def _noted(self, begun: Begun, reason: str) -> Begun:
        self._stage(f"{place_of(begun.part)} is left out, because it is another user's, and {reason}")
        return begun._replace(left=reason)

    def _tried(self, phase: Phase, begun: Begun, selection: Selection) -> CortexError | None:
        """Does a phase; returns the error where it costs this part alone."""
        try:
            self._crew.do(phase, begun.part, begun.staging)
        except StoppedError:
            raise
        except CortexError as error:
            environment = begun.part.environment
            if environment in selection.environments or not self._theirs(environment):
                raise
            return error
        return None


def left_of(parts: Iterable[Begun]) -> tuple[Left, ...]:
    """Returns the environments whose last part was given up, and why."""
    last = {(one.part.ecosystem, one.part.environment): one for one in parts}
    return tuple(Left(*place, one.left) for place, one in last.items() if one.left)


def done_in(parts: Iterable[Begun]) -> tuple[tuple[str, int], ...]:
    """Returns how many packages were changed in each way, in the order of `KINDS`; each counts once.

    A restore that was resumed may have several steps for one package: the first one says what became of it.
    """
    found: dict[tuple[str, ...], str] = {}
    for begun in parts:
        for step in begun.part.steps if begun.applied else ():
            row, part = step.package, begun.part
            key = part.ecosystem, part.environment, row.name, row.arch, row.attribute("inside")
            found.setdefault(key, step.kind)
    counts = Counter(found.values())
    return tuple((kind, counts[kind]) for kind in KINDS if counts[kind])
