"""States are no versions: what each pair of dpkg's states of one version needs, in both directions. Pure.

| now | whole then | waiting then | not configured then | torn then |
| --- | --- | --- | --- | --- |
| whole | | nothing | left alone | left alone |
| waiting for triggers | configure | nothing | left alone | left alone |
| not configured | configure | configure | left alone | left alone |
| torn | reinstall | reinstall | reinstall | left alone |

A state in which something was wrong is never made again. Waiting for triggers passes by itself, and does not count. A
package is only put in again where files of it may be missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.restoring import Settlement
from cortexrepo.model.package import HOLD, RESIDUAL
from cortexrepo.model.plan import CONFIGURE, MARK, REINSTALL
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.package import Package

WHOLE, WAITING, UNCONFIGURED, TORN = "whole", "waiting", "unconfigured", "torn"
_KINDS = {
    "installed": WHOLE,
    "triggers-awaited": WAITING,
    "triggers-pending": WAITING,
    "unpacked": UNCONFIGURED,
    "half-configured": UNCONFIGURED,
    "half-installed": TORN,
}
_NEEDS = {
    (TORN, WHOLE): REINSTALL,
    (TORN, WAITING): REINSTALL,
    (TORN, UNCONFIGURED): REINSTALL,
    (UNCONFIGURED, WHOLE): CONFIGURE,
    (UNCONFIGURED, WAITING): CONFIGURE,
    (WAITING, WHOLE): CONFIGURE,
}
"""The step for each pair of now and then; nothing for all others."""
_PASSING = {(WHOLE, WAITING), (WAITING, WAITING)}
"""Pairs that do not count: what waited then is, or will be, as it would have become."""
_NEVER = "unknown"
"""The selection that no program sets."""
_ALIKE = Settlement("", "", counts=False)


class State(NamedTuple):
    """The three words of a package's Status.

    Attributes:
        want: What is to become of it: `install`, `hold`, `deinstall`, `purge`, `unknown`.
        error: `ok`, or `reinstreq` where it must be installed again.
        status: What it is.
    """

    want: str
    error: str
    status: str

    @property
    def kind(self) -> str:
        """One of `WHOLE`, `WAITING`, `UNCONFIGURED` and `TORN`; empty where the package is not there."""
        return TORN if self.error == "reinstreq" else _KINDS.get(self.status, "")

    @property
    def selection(self) -> str:
        """What dpkg is to do with it, a hold aside, which is a mark of its own."""
        return "install" if self.want == "hold" else self.want

    def said(self) -> str:
        """Returns the state for people."""
        return f"{self.status} and must be installed again" if self.error == "reinstreq" else self.status


def state(row: Package) -> State:
    """Returns a row's state; a row that says nothing of it is installed."""
    words = row.attribute("state").split()
    if len(words) == len(State._fields):
        return State(*words)
    status = "config-files" if row.flags & RESIDUAL else "installed"
    return State("hold" if row.flags & HOLD else "install", "ok", status)


def settled(before: Package, after: Package) -> Settlement | None:
    """Returns what it takes to come from the one state to the other, or None where the two are one."""
    now, then = state(before), state(after)
    if (before.flags | after.flags) & RESIDUAL:
        return _of_what_is_left(before, after)
    differs = now.selection != then.selection
    marked = MARK if differs and then.selection != _NEVER else ""
    if now[1:] == then[1:]:
        if not differs:
            return None if before.attributes == after.attributes else _ALIKE
        reason = f"the package's selection is {now.selection} now, and was {then.selection}"
        return Settlement(marked, reason, "" if marked else f"{reason}: it is left alone")
    kind = _NEEDS.get((now.kind, then.kind), "")
    reason = f"the package is {now.said()} now, and was {then.said()}"
    left = "" if kind else f"the package was {then.said()}, and is {now.said()} now: its state is left alone"
    counts = (now.kind, then.kind) not in _PASSING or differs
    return Settlement(kind or marked, reason, left, counts)


def _of_what_is_left(before: Package, after: Package) -> Settlement | None:
    """Returns what differs between two rows of what a removed package left behind: nothing that is set again."""
    now, then = state(before), state(after)
    if (now.selection, now[1:]) == (then.selection, then[1:]):
        return None if before.attributes == after.attributes else _ALIKE
    reason = f"what is left of the package is {now.said()} now, and was {then.said()}"
    if now[1:] == then[1:]:
        reason = f"the selection of what is left of the package is {now.selection} now, and was {then.selection}"
    return Settlement("", reason, f"{reason}: it is left alone")
