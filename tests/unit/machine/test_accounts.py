"""Who has an account, and who is in a group: from tables that may be anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cortexrepo.machine import accounts
from cortexrepo.machine.accounts import MOST, Account, Accounts, asks_services, has_listed_members, parsed
from cortexrepo.machine.rooted_files import RootedSystem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def system(tmp_path: Path) -> Iterator[RootedSystem]:
    """Another root with an empty /etc."""
    (tmp_path / "etc").mkdir()
    found = RootedSystem(str(tmp_path))
    yield found
    found.close()


def test_a_table_is_read_and_what_makes_no_sense_is_left_out() -> None:
    table = b"root:x:0:0::/root:/bin/sh\nann:x:1000:1001:,,,:/home/ann/:/bin/sh\nx:x:-1:0::/:\nx:x:99999999999:0::/:\n"
    table += b"x:x:4294967295:0::/x:\nshort:x:1\n\0zero:x:7:7::/home/zero\0:\nno:x:seven:7::/:"
    assert parsed(table) == [
        Account("root", 0, 0, "/root"),
        Account("ann", 1000, 1001, "/home/ann"),
        Account("zero", 7, 7, "/home/zero"),
    ]


def test_more_accounts_than_are_looked_at_are_a_gap() -> None:
    many = Accounts(parsed(b"".join(b"u:x:%d:7::/home/u%d:\n" % (number, number) for number in range(MOST + 5))))
    assert len(many.rows) == MOST
    assert f"more than {MOST} accounts" in many.gap
    assert Accounts(many.rows).gap == ""


def test_homes_are_those_where_somebody_keeps_something() -> None:
    rows = [Account("a", 1, 1, "/home/a"), Account("b", 2, 2, "/home/a"), Account("c", 3, 3, "/nonexistent")]
    assert Accounts([*rows, Account("d", 4, 4, "relative")]).homes() == ["/home/a"]
    assert Accounts(rows).of(2) == rows[1]
    assert Accounts(rows).of(9) is None


@pytest.mark.parametrize(
    ("switch", "services", "asks"),
    [
        (None, (), False),
        ("passwd: files\n", (), False),
        ("passwd:\tcompat files # yes\n", (), False),
        ("passwd: files systemd\n", (), False),
        ("passwd: files systemd\n", ("io.systemd.DynamicUser",), False),
        ("passwd: files systemd\n", ("io.systemd.Home",), True),
        ("passwd: files sss\n", (), True),
        ("passwd: files [!SUCCESS=return] ldap\n", (), True),
        ("group: ldap\npasswd: files\n", (), False),
    ],
)
def test_other_sources_are_asked_where_there_are_some(
    tmp_path: Path,
    system: RootedSystem,
    switch: str | None,
    services: tuple[str, ...],
    asks: bool,  # noqa: FBT001
) -> None:
    if switch is not None:
        (tmp_path / "etc/nsswitch.conf").write_text(switch)
    for name in services:
        (tmp_path / "run/systemd/userdb").mkdir(parents=True, exist_ok=True)
        (tmp_path / "run/systemd/userdb" / name).touch()
    assert asks_services(system, "passwd") == asks


def test_what_the_database_lists_is_a_table() -> None:
    assert any(row.user == 0 for row in parsed(accounts.asked()))


@pytest.mark.parametrize(
    ("group", "members"), [(50, False), (60, True), (70, True), (80, False), (90, False), (99, False)]
)
def test_a_group_of_another_root_has_whom_its_tables_say(
    tmp_path: Path,
    system: RootedSystem,
    group: int,
    members: bool,  # noqa: FBT001
) -> None:
    (tmp_path / "etc/group").write_text("staff:x:50:\nusers:x:60:ann\nroots:x:80:root\nbroken:90\n")
    rows = Accounts([Account("ann", 1000, 70, "/home/ann"), Account("root", 0, 99, "/root")])
    assert has_listed_members(group, rows, system) == members
