"""What is collected is exactly what dpkg and apt themselves say, on this machine and in roots put into every state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.dpkg_roots import FORMAT, Root, collected, lines, needs, run

from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.model.package import AUTO, HOLD, RESIDUAL

if TYPE_CHECKING:
    from pathlib import Path


def test_this_machine_is_as_dpkg_query_says() -> None:
    needs("dpkg-query")
    assert lines(collected(LiveSystem({}))) == sorted(run("dpkg-query", "-W", "-f", FORMAT).splitlines())


@pytest.mark.parametrize(("command", "flag"), [("showauto", AUTO), ("showhold", HOLD)])
def test_this_machines_marks_are_as_apt_mark_says(command: str, flag: int) -> None:
    needs("apt-mark", "dpkg")
    native = run("dpkg", "--print-architecture").strip()
    names = {
        row.name if row.arch in {native, "all", ""} else f"{row.name}:{row.arch}"
        for row in collected(LiveSystem({}))
        if row.flags & flag
    }
    assert names == set(run("apt-mark", command).split())


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path)


def test_epochs_and_tildes_are_kept_as_they_are(root: Root) -> None:
    root.dpkg("-i", root.build("plain", "1:2.0~rc1-3+b1", root.native), root.build("zero", "0:1.0~~a"))
    rows = root.check()
    assert rows["plain", root.native].version == "1:2.0~rc1-3+b1"
    assert len(rows) == 2


def test_removed_purged_held_and_unpacked_packages_are_told_apart(root: Root) -> None:
    names = ("removed", "purged", "held")
    root.dpkg("-i", *(root.build(name, "1.0") for name in names))
    root.dpkg("-r", "removed")
    root.dpkg("-P", "purged")
    root.dpkg("--set-selections", feed="held hold\n")
    root.dpkg("--unpack", root.build("unpacked", "5"))
    rows = root.check()
    assert {name: (row.flags, row.attribute("state")) for (name, _), row in rows.items()} == {
        "removed": (RESIDUAL, "deinstall ok config-files"),
        "held": (HOLD, ""),
        "unpacked": (0, "install ok unpacked"),
    }


def test_failing_scripts_leave_their_state(root: Root) -> None:
    root.dpkg("-i", root.build("broken", "3", postinst="exit 1"), fails=True)
    root.dpkg("-i", root.build("stuck", "3", prerm="exit 1", postrm="exit 1", postinst="exit 0"))
    root.dpkg("-r", "stuck", fails=True)
    root.dpkg("-i", root.build("refused", "3", preinst="exit 1", postrm="exit 1"), fails=True)
    rows = root.check()
    assert rows["broken", "all"].attribute("state") == "install ok half-configured"
    assert rows["refused", "all"].attribute("state") == "install reinstreq half-installed"


def test_triggers_leave_their_state(root: Root) -> None:
    root.dpkg("-i", root.build("interested", "1", triggers="interest-await x\n", postinst="exit 0"))
    root.dpkg("-i", "--no-triggers", root.build("waiting", "1", triggers="activate-await x\n"))
    rows = root.check()
    assert rows["interested", "all"].attribute("state") == "install ok triggers-pending"
    assert rows["waiting", "all"].attribute("state") == "install ok triggers-awaited"
    assert not any(row.flags for row in rows.values())


def test_both_architectures_of_a_pair_are_rows(root: Root) -> None:
    same = {"control": "Multi-Arch: same\n"}
    root.dpkg("-i", root.build("pair", "4", root.native, **same))
    root.dpkg("--add-architecture", root.foreign)
    root.dpkg("-i", root.build("pair", "4", root.foreign, **same))
    assert set(root.check()) == {("pair", root.native), ("pair", root.foreign)}


def test_what_a_killed_dpkg_left_in_its_journal_counts(root: Root) -> None:
    kill = "kill -9 $PPID; sleep 0.2"
    root.dpkg("-i", root.build("dpkg", "1", root.native), root.build("moved", "1", root.native))
    root.dpkg("-i", root.build("moved", "2"), root.build("crash", "6", postinst=kill), fails=True)
    assert [path.name for path in (root.admin / "updates").iterdir() if path.name.isdigit()]
    rows = root.check()
    assert rows["crash", "all"].attribute("state") == "install ok half-configured"
    assert rows["moved", "all"].version == "2"
    assert ("moved", root.native) not in rows


def test_a_purge_that_only_the_journal_knows_counts(root: Root) -> None:
    kill = "kill -9 $PPID; sleep 0.2"
    root.dpkg("-i", root.build("gone", "1", root.native), root.build("later", "1", prerm=kill))
    root.dpkg("-P", "gone", "later", fails=True)
    assert [path.name for path in (root.admin / "updates").iterdir() if path.name.isdigit()]
    assert ("gone", root.native) not in root.check()


def test_a_hold_on_what_is_not_installed_is_kept(root: Root) -> None:
    root.dpkg("-i", root.build("dpkg", "1", root.native))
    about = (
        f"Package: ghost\nArchitecture: {root.native}\nVersion: 1\nMaintainer: x <x@example.com>\nDescription: t\n\n"
    )
    root.dpkg("--merge-avail", "-", feed=about)
    root.dpkg("--set-selections", feed="ghost hold\n")
    written = (root.admin / "status").read_text()
    rows = root.check()
    if "Package: ghost" not in written:
        pytest.skip("this dpkg does not keep a hold on what is not installed")
    assert next(row for (name, _), row in rows.items() if name == "ghost").flags == HOLD | RESIDUAL
