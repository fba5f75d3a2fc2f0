"""`restore --skip-unavailable` with the real apt, in beds: what needs a package that is skipped is skipped too."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from support.machines.apt_states import vanish
from support.machines.aptbeds import REPOSITORY, cortex, install

if TYPE_CHECKING:
    from support.machines.beds import Bed

NAMES = ("cx-app", "cx-lib", "cx-plugin", "cx-solo")


def versions(bed: Bed) -> dict[str, str]:
    listed = bed.run("dpkg-query", "-W", "-f", "${Package} ${Version}\n", *NAMES).out
    return dict(line.split() for line in listed.splitlines())


@pytest.mark.parametrize(
    ("gone", "skipped"),
    [
        ("cx-lib", {"cx-lib", "cx-app"}),  # cx-app 1.0 needs cx-lib 1
        ("cx-app", {"cx-app", "cx-lib"}),  # cx-app 2.0 stays, and needs cx-lib 2
        ("cx-solo", {"cx-solo"}),
    ],
)
def test_what_needs_a_skipped_package_stays_and_the_others_go_back(bed: Bed, gone: str, skipped: set[str]) -> None:
    install(bed, *(f"{name}=1.0" for name in NAMES))
    cortex(bed, "create", "--only", "apt", code=None)
    install(bed, *(f"{name}=2.0" for name in NAMES))
    vanish(bed)
    for name in NAMES:
        if name != gone:
            file = f"{name}_1.0_all.deb"
            shutil.copy(bed.path(f"{REPOSITORY}/pool/{file}"), bed.path(f"/var/cache/apt/archives/{file}"))
    refused = cortex(bed, "restore", "latest", "--only", "apt", "--yes", code=4)
    assert f"--only apt --exclude {gone}`" in refused.out
    assert "--only apt --skip-unavailable`" in refused.out
    assert set(versions(bed).values()) == {"2.0"}
    ended = cortex(bed, "restore", "latest", "--only", "apt", "--yes", "--skip-unavailable", "--json", code=3)
    outcome = json.loads(ended.out)["outcome"]
    assert {one["package"].split()[0] for one in outcome["left"] if one["skipped"]} == skipped
    assert (outcome["exact"], outcome["differences"]) == (False, [])
    assert versions(bed) == {name: "2.0" if name in skipped else "1.0" for name in NAMES}
    assert bed.run("apt-get", "check", code=None).code == 0
