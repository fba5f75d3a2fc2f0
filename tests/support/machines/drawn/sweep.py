"""Many cases one after the other, each on a fresh bed; and a case that failed made as small as it gets."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from typing import TYPE_CHECKING, NamedTuple

from support.machines.drawn.case import IN_PART, REFUSED, run
from support.machines.machines import registry_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from support.machines.beds import Bed
    from support.machines.drawn.case import Case, Ran

REPEAT = "CORTEX_CASE={case} pytest -n 0 tests/e2e/machine/test_drawn_machines.py -k repeated"
_NAMES = {0: "exact", IN_PART: "in_part", REFUSED: "refused"}


class Swept(NamedTuple):
    """What came of many cases: how each restore ended, and what was wrong, with the command that repeats it."""

    ended: Counter[str]
    faults: list[str]


def sweep(bed: Bed, cases: Iterable[Case], plant: Callable[[], None] | None = None, *, until: int = 3) -> Swept:
    """Runs cases, until some have failed.

    Args:
        bed: Where they begin, which stays as it is.
        cases: The cases.
        plant: Puts a fault into each command.
        until: So many failures are enough.
    """
    ended: Counter[str] = Counter()
    faults: list[str] = []
    for case in cases:
        ran = once(bed, case, plant)
        ended["cases"] += 1
        for code in ran.codes:
            ended[_NAMES.get(code, "failed")] += 1
        if ran.faults:
            faults.append(told(*small(bed, case, ran, plant)))
        if len(faults) >= until:
            break
    return Swept(ended, faults)


def once(bed: Bed, case: Case, plant: Callable[[], None] | None = None) -> Ran:
    """Runs one case on a fresh bed."""
    with bed.fresh() as fresh, registry_in(fresh) if case.is_real else nullcontext():
        return fresh.call(run, case, plant)


def small(bed: Bed, case: Case, ran: Ran, plant: Callable[[], None] | None = None) -> tuple[Case, Ran]:
    """Leaves out every part of a case without which it still fails."""
    for number in case.parts():
        smaller = case._replace(without=case.without | {number})
        if smaller.parts() and (found := once(bed, smaller, plant)).faults:
            case, ran = smaller, found
    return case, ran


def told(case: Case, ran: Ran) -> str:
    """Returns what is wrong with a case, for whoever reads the test's failure."""
    return "\n".join([f"{REPEAT.format(case=case)}", *ran.faults, ran.log])
