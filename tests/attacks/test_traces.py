"""Files that name environments: nobody's file decides what is recorded of another user, or of root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.machines.people import needs_root, people

if TYPE_CHECKING:
    from pathlib import Path

    from support.machines.people import People

pytestmark = needs_root


def script(machine: People, name: str, environment: str) -> Path:
    """Makes a script of a user whose interpreter is in an environment."""
    path = machine.mine(name, ".local/bin") / "tool"
    path.write_text(f"#!{environment}/bin/python\n")
    machine.own(name, path)
    return path


def test_a_users_file_leads_to_that_users_own_environment() -> None:
    with people("alice") as machine:
        machine.venv(machine.mine("alice", ".hidden") / "v", "mine", owner="alice")
        script(machine, "alice", "/home/alice/.hidden/v")
        found = machine.inventory(["pip"])
        assert ("pip", "/home/alice/.hidden/v", "/home/alice/.local/bin/tool") in found.ways
        assert [one.environment for one in found.readings if one.environment] == ["/home/alice/.hidden/v"]


def test_a_users_file_records_nothing_of_another_user_or_of_root() -> None:
    with people("alice", "bob") as machine:
        machine.venv(machine.mine("bob", ".hidden") / "v", "theirs", owner="bob")
        machine.venv(machine.root / "srv/a/b/c/v", "roots")
        machine.venv(machine.root / "srv/app", "known")
        for environment in ("/home/bob/.hidden/v", "/srv/a/b/c/v", "/srv/app"):
            script(machine, "alice", environment)
            found = machine.inventory(["pip"])
            assert [(one.environment, one.status) for one in found.readings] == [("/srv/app", "ok")]
            told = {one.path: one.reason for one in found.unlooked}
            if environment == "/srv/app":  # root's own search has recorded it
                assert told == {}
            else:
                assert "/home/alice/.local/bin/tool names it, and it belongs to the user" in told[environment]


def test_roots_file_leads_to_a_users_environment_which_that_user_reads() -> None:
    with people("alice") as machine:
        made = machine.venv(machine.mine("alice", ".hidden") / "v", "mine", owner="alice")
        machine.home("alice").chmod(0o700)
        made.chmod(0o700)
        unit = machine.root / "etc/systemd/system/a.service"
        unit.parent.mkdir(parents=True)
        unit.write_text("[Service]\nExecStart=/home/alice/.hidden/v/bin/python -m a\n")
        found = machine.read(["pip"])
        assert found["pip", "/home/alice/.hidden/v"].status == "ok"


def test_a_users_unit_among_those_of_the_system_is_not_read() -> None:
    with people("alice") as machine:
        machine.venv(machine.root / "srv/a/b/c/v", "roots")
        unit = machine.root / "etc/systemd/system/a.service"
        unit.parent.mkdir(parents=True)
        unit.write_text("[Service]\nExecStart=/srv/a/b/c/v/bin/python -m a\n")
        machine.own("alice", unit)
        found = machine.inventory(["pip"])
        assert [one for one in found.readings if one.environment] == []
        assert [one.path for one in found.unlooked] == ["/etc/systemd/system/a.service"]
