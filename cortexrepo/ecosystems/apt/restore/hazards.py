"""What speaks against a set of steps, and what a person should know of it: from rows alone, before apt is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.names import ALL, is_there, orders, place, unsafe
from cortexrepo.ecosystems.apt.restore.settlements import WAITING, WHOLE, state
from cortexrepo.ecosystems.apt.state import condition
from cortexrepo.ecosystems.contract.restoring import LEAVE_OUT
from cortexrepo.model import enumeration
from cortexrepo.model.package import ESSENTIAL, PROTECTED
from cortexrepo.model.plan import CONFIGURE, IN_PLACE, MARK, Obstacle, Risk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Step

WAY_OUT = "`dpkg --configure -a`, or, if a restore was interrupted, `cortex snapshot restore --resume`"
"""The way out where dpkg was left half way."""

_KINDS = (
    ("libc", re.compile(r"libc6\Z|libc-bin\Z"), "every program uses this package"),
    ("package-manager", re.compile(r"(apt|dpkg|libapt-pkg[0-9.]+(t64)?)\Z"), "the restore itself uses this package"),
    (
        "python",
        re.compile(r"(lib)?python3([.-].*)?\Z"),
        "Python programs that run now may fail until they are restarted",
    ),
    ("kernel", re.compile(r"linux-(image|modules)(-.*)?\Z"), "the change takes effect when the machine starts again"),
)
_REBOOT = re.compile(r"(libc6|systemd|dbus|linux-image(-.*)?|linux-modules(-.*)?|linux-firmware|firmware-.*)\Z")
_MANY = 8


def obstacles(steps: Sequence[Step], now: Iterable[Package], known: Sequence[str]) -> list[Obstacle]:
    """Returns everything that can be told without apt, and without files of packages.

    Args:
        steps: What is to be done.
        now: What is on the machine.
        known: The machine's own architecture, then those that are enabled besides.
    """
    found = [*_unsafe(steps), *_architectures(steps, known), *_broken(steps, now, known[0])]
    for row in orders(steps, known[0]).take:
        if row.flags & (ESSENTIAL | PROTECTED):
            word = "essential" if row.flags & ESSENTIAL else "protected"
            found.append(obstacle("essential", row, f"the package is {word}, and would be removed", LEAVE_OUT))
    return found


def risks(steps: Sequence[Step], native: str) -> list[Risk]:
    """Returns what can be told from names and states."""
    found = []
    reboot = []
    asked = orders(steps, native)
    for row in (*asked.put, *asked.take):
        found += [risk(kind, row, reason) for kind, pattern, reason in _KINDS if pattern.match(row.name)]
        if _REBOOT.match(row.name):
            reboot.append(row.name)
    if reboot:
        found.append(
            Risk("reboot", "apt", "", "", f"restart the machine afterwards, to complete the change of {some(reboot)}")
        )
    return found + list(_left(steps))


def obstacle(kind: str, row: Package, reason: str, hint: str = "") -> Obstacle:
    """Returns an obstacle about one package."""
    return Obstacle(kind, "apt", "", _title(row), reason, hint)


def risk(kind: str, row: Package, reason: str) -> Risk:
    """Returns a risk about one package."""
    return Risk(kind, "apt", "", _title(row), reason)


def some(names: Sequence[str]) -> str:
    """Returns the first few of the names, and how many more there are."""
    return enumeration.names(names, _MANY)


def _title(row: Package) -> str:
    return f"{row.name} {row.version}".rstrip()


def _unsafe(steps: Sequence[Step]) -> Iterator[Obstacle]:
    for step in steps:
        row = step.package
        # A mark needs no version; neither does what is taken away, and a row that only says so is not handed on at all.
        reason = unsafe(
            _marked(row) if step.kind == MARK else row, versioned=step.kind not in IN_PLACE and is_there(step.after)
        )
        if not reason and step.kind not in IN_PLACE and step.before is not None:
            reason = unsafe(step.before, versioned=False)
        if reason:
            yield obstacle("unsafe", row, reason, LEAVE_OUT)


def _marked(row: Package) -> Package:
    """Returns a row whose architecture is known: dpkg may know none of what is not installed, and a mark needs none."""
    return row if row.arch else row._replace(arch=ALL)


def _architectures(steps: Sequence[Step], known: Sequence[str]) -> Iterator[Obstacle]:
    for row in orders(steps, known[0]).put:
        if row.arch not in (ALL, *known) and not unsafe(row, versioned=False):
            hint = f"`dpkg --add-architecture {row.arch} && apt-get update`"
            yield obstacle("architecture", row, f"the architecture {row.arch} is not enabled", hint)


def _broken(steps: Sequence[Step], now: Iterable[Package], native: str) -> Iterator[Obstacle]:
    """Yields packages that are half way and that no step replaces. What needs to be put in again cannot be removed."""
    asked = orders(steps, native)
    replaced = {place(row, native) for row in asked.put}
    replaced |= {place(step.package, native) for step in steps if step.kind == CONFIGURE}
    removed = {place(row, native) for row in asked.take}
    for row in now:
        state, key = condition(row), place(row, native)
        if state and key not in replaced and (key not in removed or "again" in state):
            yield obstacle("broken", row, f"the package is {state}", WAY_OUT)


def _left(steps: Sequence[Step]) -> Iterator[Risk]:
    for step in steps:
        before, after = step.before, step.after
        if step.kind not in IN_PLACE and after is not None and is_there(after) and not _is_plain(after):
            yield risk(
                "state",
                after,
                f"its state in the snapshot is {after.attribute('state')!r}; the package will be installed completely",
            )
        elif after is not None and _is_rest(after) and not is_there(before) and not _is_rest(before):
            yield risk("state", after, "the snapshot has only the package's configuration, which cannot be restored")
        elif after is None and before is not None and _is_rest(before):
            yield risk("state", before, "the package's configuration stays on the machine: a restore purges nothing")


def _is_plain(row: Package) -> bool:
    return state(row).kind in {WHOLE, WAITING}


def _is_rest(row: Package | None) -> bool:
    """Returns whether only a package's configuration is there; a hold on what is not installed is something else."""
    return row is not None and row.attribute("state").endswith(" config-files")
