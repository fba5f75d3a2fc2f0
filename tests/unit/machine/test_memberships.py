"""The groups of users, read once: as `getgrouplist` has them where only a table decides, else not at all."""

from __future__ import annotations

import grp
import os
import pwd
from typing import TYPE_CHECKING

import pytest

from cortexrepo.machine import memberships as module
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.memberships import memberships
from cortexrepo.machine.rooted_files import RootedSystem

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "root:x:0:\nstaff:x:50:alice,bob\nempty:x:51:\nodd:x:-7:alice\nlarge:x:4294967295:alice\nvideo:x:44:bob,alice\n"


def machine(root: Path, table: str, switch: str = "") -> RootedSystem:
    (root / "etc").mkdir()
    (root / "etc/group").write_text(table)
    (root / "etc/nsswitch.conf").write_text(switch)
    return RootedSystem(str(root))


def test_groups_are_those_that_list_a_user(tmp_path: Path) -> None:
    found = memberships(machine(tmp_path, TABLE), ["alice", "carol"])
    assert found == {"alice": (50, 44), "carol": ()}


@pytest.mark.parametrize(
    ("table", "switch"),
    [
        (TABLE + "+:::\n", ""),
        (TABLE, "group: files sss\n"),
        (TABLE, "group: files\ninitgroups: ldap files\n"),
    ],
)
def test_where_more_than_a_table_decides_it_is_not_known(table: str, switch: str, tmp_path: Path) -> None:
    assert memberships(machine(tmp_path, table, switch), ["alice"]) is None


def test_a_table_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SIZE", 20)
    assert memberships(machine(tmp_path, TABLE), ["alice"]) is None


def test_it_is_what_the_account_database_says() -> None:
    names = [row.pw_name for row in pwd.getpwall()] + [name for row in grp.getgrall() for name in row.gr_mem]
    found = memberships(LiveSystem({}), names)
    if found is None:
        pytest.skip("the groups of this machine are not those of a table")
    for name in names:
        assert {*found[name], 12345} == {*os.getgrouplist(name, 12345)}
