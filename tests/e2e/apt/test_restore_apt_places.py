"""The apt restore on machines that are set up otherwise, in beds: hooks, caches, lists, and read-only places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.machines.apt_states import exact
from support.machines.aptbeds import install, restore

from cortexrepo.ecosystems.apt.state import rows

if TYPE_CHECKING:
    from support.machines.beds import Bed


def test_a_hook_that_fails_afterwards_costs_no_mark_and_is_told(bed: Bed) -> None:
    install(bed, "cx-solo=1.0", "cx-lib=1.0")
    bed.run("apt-mark", "auto", "cx-lib")
    bed.run("apt-mark", "hold", "cx-solo")
    target = bed.call(rows)
    bed.run("apt-mark", "unhold", "cx-solo")
    install(bed, "cx-solo=2.0", "cx-lib=2.0")
    bed.run("apt-mark", "manual", "cx-lib")
    bed.path("/etc/apt/apt.conf.d/99hook").write_text('DPkg::Post-Invoke {"echo the hook says no; false";};\n')
    told = bed.call(restore, target).told
    exact(bed, target)
    [note] = [line for line in told if line.startswith("note: ")]
    assert "every package was changed" in note
    assert "the hook says no" in note
