"""Scripts that refuse the removal of their package are asked before dpkg is."""

from __future__ import annotations

import pytest
from support.machines.fakemachines import FakeMachine

from cortexrepo.ecosystems.apt.restore.refusals import INIT, SUDO, refusals
from cortexrepo.machine.programs import Finished
from cortexrepo.model.package import Package

ROW = Package("sudo-rs", "amd64", "1")


@pytest.mark.parametrize(
    ("field", "user", "kinds"),
    [
        ("*", 0, ["script"]),
        ("!", 0, ["script"]),
        ("!$y$j9T$x", 0, ["script"]),
        ("$y$j9T$x", 0, []),
        ("", 0, []),
        ("*", 1000, ["scripts"]),
    ],
)
def test_sudo_stays_where_nobody_could_become_root(field: str, user: int, kinds: list[str]) -> None:
    password = Finished(0, f"root:{field}:19000:0:99999:7:::\n", "")
    machine = FakeMachine({("getent",): password, ("printenv",): Finished(1, "", "")}, user=user)
    found, perhaps = refusals([ROW], lambda _row, kind: f"if [ $1 = x ]; {SUDO}" if kind == "prerm" else "", machine)
    assert [*(one.kind for one in found), *(one.kind for one in perhaps)] == kinds
    assert all(field not in one.reason for one in found if len(field) > 1)


@pytest.mark.parametrize(("said", "kinds"), [("yes\n", []), ("no\n", ["script"])])
def test_sudo_goes_where_a_person_has_said_so_as_its_script_asks(said: str, kinds: list[str]) -> None:
    answers = {
        ("getent",): Finished(0, "root:*:19000:0:99999:7:::\n", ""),
        ("printenv", SUDO): Finished(0, said, ""),
    }
    machine = FakeMachine(answers, user=0)
    found, perhaps = refusals([ROW], lambda _row, kind: SUDO if kind == "prerm" else "", machine)
    assert ([one.kind for one in found], perhaps) == (kinds, [])


def test_systemd_stays_where_it_runs_the_machine() -> None:
    def script(_row: Package, _kind: str) -> str:
        return INIT

    assert [one.kind for one in refusals([ROW], script, FakeMachine(), lambda _path: True)[0]] == ["script"]
    assert refusals([ROW], script, FakeMachine(), lambda _path: False) == ([], [])
    assert refusals([ROW], lambda _row, _kind: "exit 0", FakeMachine(), lambda _path: True) == ([], [])
