"""A repository that is copied while others change it: a copy is whole, or `verify` says what it lacks."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.processes.command_line import CommandLine

from cortexrepo.repository.upkeep import tidiness

if TYPE_CHECKING:
    from pathlib import Path

PARTS = ("config", "tags", "deleted", "refs", "segments", "removed", "objects", "quarantine", "packs", "artifacts")
"""The order of docs/protocol.md, part 10."""
ORDERS = {"as documented": PARTS, "by name": tuple(sorted(PARTS))}
WHOLE = {"create", "tag", "create twice", "delete", "undelete", "create --only", "nothing"}
"""Of what is done between two parts, what the documented order stands: collectors are held off by its `flock`."""
MEANWHILE: dict[str, tuple[tuple[str, ...], ...]] = {
    "nothing": (),
    "create": (("create", "new"),),
    "create twice": (("create", "new"), ("create", "newer")),
    "create --only": (("create", "new", "--only", "pip"),),
    "tag": (("tag", "golden", "latest"),),
    "delete": (("delete", "latest", "--yes"),),
    "undelete": (("create", "new"), ("delete", "latest", "--yes"), ("create", "newer")),
    "gc": (("gc",),),
    "gc of what was deleted": (("delete", "latest", "--yes"), ("gc", "--expire-deleted", "now")),
    "create and gc": (("create", "new"), ("gc",)),
    "prune and gc": (("prune", "--keep-last", "1", "--yes"), ("gc", "--expire-deleted", "now")),
}


def ids(cortex: CommandLine) -> list[str]:
    found = cortex("list", "--json").json()["snapshots"]
    assert isinstance(found, list)
    return [one["id"] for one in found]


def copied(
    cortex: CommandLine, copy: Path, order: tuple[str, ...], at: int, steps: tuple[tuple[str, ...], ...]
) -> None:
    """Copies part after part, and does something else before one of them."""
    copy.mkdir(0o700)
    for number, part in enumerate(order):
        if number == at:
            for step in steps:
                cortex(*step)
        if (cortex.repo / part).exists():
            subprocess.run(["cp", "-a", cortex.repo / part, copy], check=True)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_a_copy_is_whole_or_verify_says_what_it_lacks(
    cortex: CommandLine, tmp_path: Path, meanwhile: str, order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tidiness, "Tidiness", lambda: tidiness.THOROUGH)
    for number in range(2):
        cortex("create", f"s{number}")
    (cortex.root / "etc/hostname").write_text("another\n")
    before = ids(cortex)
    # Once in the middle: after the names by the documented order, after the objects by the others.
    copied(cortex, tmp_path / "copy", ORDERS[order], ORDERS[order].index("segments"), MEANWHILE[meanwhile])
    copy = CommandLine(tmp_path / "copy", cortex.root)
    verified = copy("verify").code
    if order == "as documented" and meanwhile in WHOLE:
        assert verified == 0
        assert set(before) <= set(ids(copy))
    if verified == 0:
        assert all(copy("show", "--packages", one).code == 0 for one in ids(copy))
    assert cortex("verify").code == 0
    shutil.rmtree(tmp_path / "copy")
