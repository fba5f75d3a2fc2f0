"""Homes of users whom no list of accounts has: a directory service that lists nobody, an account that was deleted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.machines.people import SITE, dist, names, needs_root, people

from cortexrepo.model.snapshot import ABSENT, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.machines.people import People

pytestmark = needs_root
BOTH = pytest.mark.parametrize("live", [True, False], ids=["this machine", "another root"])
SECRET = "S3CRET-of-known-bytes"  # noqa: S105


@pytest.fixture
def machine() -> Iterator[People]:
    """Alice, and a file that only root may read."""
    with people("alice") as made:
        (made.root / "etc/shadow").write_text(f"{SECRET}\n")
        (made.root / "etc/shadow").chmod(0o600)
        yield made


@BOTH
@pytest.mark.parametrize("mode", [0o755, 0o700])
def test_a_home_whose_user_no_list_of_accounts_has_is_read_as_its_owner(
    machine: People,
    live: bool,  # noqa: FBT001
    mode: int,
) -> None:
    """A directory service that lists nobody, or an account that was deleted."""
    zoe = machine.home("zoe")
    site = zoe / SITE
    site.mkdir(parents=True)
    dist(site, "zoes")
    (site / "zoes-1.0.dist-info/INSTALLER").symlink_to(machine.root / "etc/shadow" if live else "/etc/shadow")
    for path in (zoe, *zoe.rglob("*")):
        os.lchown(path, 4999, 4999)
    zoe.chmod(mode)
    machine.venv(machine.home("lost+found") / "venv", "roots")
    found = machine.read(live=live)
    assert (found["pip", f"/home/zoe/{SITE}"].status, names(found["pip", f"/home/zoe/{SITE}"])) == (PARTIAL, ["zoes"])
    assert SECRET not in repr(found)
    assert not any("lost+found" in place for _, place in found)


def test_more_directories_than_are_looked_at_are_a_gap(machine: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cortexrepo.machine.unlisted.MOST", 2)
    assert machine.read()["pip", ""].status == ABSENT
    for number in range(3):
        machine.home(f"other{number}").mkdir()
    reading = machine.read()["pip", ""]
    assert reading.status == PARTIAL
    assert "/home has more than 2 directories that are no account's home" in reading.error
