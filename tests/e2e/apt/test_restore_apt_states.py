"""Packages whose state differs and whose version does not, in beds: nothing of theirs is put in again, nor needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.apt_states import exact, vanish
from support.machines.aptbeds import install, lead_back, propose, recover, restore

from cortexrepo.ecosystems.apt.state import rows
from cortexrepo.errors import RestoreError
from cortexrepo.model.plan import CONFIGURE, MARK

if TYPE_CHECKING:
    from support.machines.beds import Bed


def _pool(bed: Bed, name: str) -> str:
    [path] = bed.path("/srv/archive/pool").glob(f"{name}_1.0_*.deb")
    return f"/srv/archive/pool/{path.name}"


def _put_in(bed: Bed) -> str:
    """Returns the lines of dpkg's log about packages whose files were put in."""
    lines = bed.path("/var/log/dpkg.log").read_text().splitlines()
    return "\n".join(line for line in lines if " status half-installed " in line)


def test_what_dpkg_left_unconfigured_is_configured_though_its_file_is_gone(bed: Bed) -> None:
    install(bed, "cx-fail=1.0")
    wanted = bed.call(rows)
    bed.run("dpkg", "--unpack", _pool(bed, "cx-fail"))
    vanish(bed)
    before = _put_in(bed)
    bed.path("/etc/cx-fail").touch()
    assert [step.kind for step in bed.call(propose, wanted).steps] == [CONFIGURE]
    with pytest.raises(RestoreError, match=r"could not complete cx-fail \(half-configured\); .*told to fail"):
        bed.call(restore, wanted)
    # It cannot be finished: it is as unconfigured as it was, and nothing stands in the way of going back.
    bed.call(recover)
    bed.call(lead_back)
    bed.path("/etc/cx-fail").unlink()
    bed.call(restore, wanted)
    exact(bed, wanted)
    assert _put_in(bed) == before


def test_triggers_that_wait_are_run_and_what_dpkg_is_to_do_is_set_again(bed: Bed) -> None:
    install(bed, "cx-solo=1.0", "cx-old", "cx-lib=1.0")
    bed.run("dpkg", "--set-selections", told="cx-lib purge\n")
    target = bed.call(rows)
    bed.run("dpkg", "--set-selections", told="cx-lib install\ncx-old deinstall\n")
    bed.run("dpkg-trigger", "--no-await", "--by-package=cx-old", "ldconfig")
    bed.run("dpkg", "--no-triggers", "--unpack", _pool(bed, "cx-solo"))
    bed.run("dpkg", "--no-triggers", "--configure", "cx-solo")
    waiting = [row.name for row in bed.call(rows).packages if "triggers-pending" in row.attribute("state")]
    assert "libc-bin" in waiting
    vanish(bed)
    before = _put_in(bed)
    steps = bed.call(propose, target).steps
    assert {step.package.name: step.kind for step in steps} == {
        **dict.fromkeys(waiting, CONFIGURE), "cx-lib": MARK, "cx-old": MARK,
    }  # fmt: skip
    bed.call(restore, target)
    exact(bed, target)
    assert _put_in(bed) == before
