"""Scripts of packages that are known to refuse their removal: asked before dpkg begins, as the scripts do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.restore.hazards import obstacle, risk
from cortexrepo.ecosystems.contract.restoring import LEAVE_OUT
from cortexrepo.errors import RestoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cortexrepo.machine.programs import Machine
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Obstacle, Risk

SUDO = "SUDO_FORCE_REMOVE"
"""In the prerm of sudo, which refuses where nobody could become root afterwards."""
INIT = "systemd is the active init system"
"""In the prerm of systemd, which refuses while it runs the machine."""
_RUNNING = "/run/systemd/system"
_LOCKED_OUT = "its prerm refuses the removal, because root has no password"
_IS_INIT = "its prerm refuses the removal, because systemd runs this machine"


def refusals(
    taken: Iterable[Package],
    script: Callable[[Package, str], str],
    machine: Machine,
    exists: Callable[[str], bool] = os.path.exists,
) -> tuple[list[Obstacle], list[Risk]]:
    """Returns which packages would refuse to be removed, and which may where that cannot be seen.

    Args:
        taken: The packages that would be removed.
        script: Returns the text of a package's script, such as `prerm`; an empty string where it has none.
        machine: Is asked for root's password field, which is not shown.
        exists: Returns whether there is something at a path.
    """
    found: list[Obstacle] = []
    unknown: list[Risk] = []
    for row in taken:
        text = script(row, "prerm")
        if SUDO in text:
            locked = _is_locked(machine) and not _is_forced(machine)
            if locked:
                hint = f"give root a password: `passwd root`; or {LEAVE_OUT}"
                found.append(obstacle("script", row, _LOCKED_OUT, hint))
            elif locked is None:
                unknown.append(risk("scripts", row, "its prerm refuses the removal if root has no password"))
        if INIT in text and exists(_RUNNING):
            found.append(obstacle("script", row, _IS_INIT, LEAVE_OUT))
    return found, unknown


def _is_forced(machine: Machine) -> bool:
    """Returns whether a person has said, as sudo's script asks for it, that sudo may go all the same."""
    try:
        return machine.ask(["printenv", SUDO]).output.strip() == "yes"
    except RestoreError:
        return False


def _is_locked(machine: Machine) -> bool | None:
    """Returns whether root has no password, as sudo's script asks; None where that cannot be seen."""
    if machine.user() != 0:
        return None
    try:
        ended = machine.ask(["getent", "shadow", "root"])
    except RestoreError:
        return None
    field = ended.output.partition(":")[2].partition(":")[0]
    return field == "*" or field.startswith("!")
