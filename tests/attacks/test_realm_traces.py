"""What root's reading of users' homes leaves: no secret anywhere, and notes that make the next reading start nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.disk import namespaces
from support.machines.people import SITE, USERS, acting, dist, names, needs_root, people, texts
from support.processes.command_line import CommandLine

from cortexrepo.machine import children, witness
from cortexrepo.machine.accounts import Account, Accounts
from cortexrepo.recording import recalling
from cortexrepo.recording.realms import Realms
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.machines.people import People

pytestmark = needs_root
SECRET = "S3CRET-of-known-bytes"  # noqa: S105


@pytest.fixture
def machine() -> Iterator[People]:
    """Two users, and files that only root, or only bob, may read."""
    with people("alice", "bob") as made:
        made.site("alice", "honest")
        made.site("bob", "his")
        for name, owner in (("shadow", "root"), ("diary", "bob")):
            (made.root / "etc" / name).write_text(f"{SECRET}\n")
            (made.root / "etc" / name).chmod(0o600)
            made.own(owner, made.root / "etc" / name)
        yield made


def test_an_unchanged_machine_starts_no_process(machine: People, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [Account(name, USERS[name], USERS[name], str(machine.home(name))) for name in machine.names]
    monkeypatch.setattr(Realms, "_asked", lambda _: Accounts(rows))
    monkeypatch.setattr("cortexrepo.machine.unlisted._USUAL", str(machine.root / "home"))  # none of this machine's own
    monkeypatch.setattr(witness, "SETTLED", -10 * witness.SETTLED)
    started: list[children.Job] = []
    start = children.start

    def counted(job: children.Job) -> tuple[int, int]:
        started.append(job)
        return start(job)

    monkeypatch.setattr(children, "start", counted)
    repository = Repository.open(machine.root / "repository", create=True)
    seen = recalling.see(repository, "/", ["pip", "npm"])
    hers = str(machine.home("alice") / SITE)
    assert hers in [one.environment for one in seen.inventory.readings]
    assert len(started) == len(rows)
    recalling.keep(repository, seen, repository.create(seen.inventory).id)
    known = [one.environment for one in seen.inventory.readings if one.environment]
    started.clear()
    assert recalling.see(repository, "/", ["pip", "npm"], known=known).evidence is None
    assert started == []
    # Whatever changes in a home is seen.
    with acting("alice"):
        dist(machine.home("alice") / SITE, "new")
    found = recalling.see(repository, "/", ["pip", "npm"], known=known).inventory.readings
    assert next(names(one) for one in found if one.environment == hers) == ["honest", "new"]


def test_nothing_that_is_written_or_printed_has_a_secret(machine: People) -> None:
    site = machine.home("alice") / SITE
    evil = dist(site, "evil")
    for name in ("INSTALLER", "direct_url.json", "REQUESTED"):
        (evil / name).symlink_to("/etc/shadow")
    (site / "a.pth").symlink_to("/etc/shadow")
    (machine.home("alice") / ".npmrc").symlink_to("/etc/diary")
    (machine.home("alice") / "venv").symlink_to("/etc")
    machine.own("alice", evil, machine.home("alice") / ".npmrc", machine.home("alice") / "venv")
    cortex = CommandLine(machine.root / "repository", machine.root)
    said = [
        cortex.process(*words)
        for words in (("create", "--keep-artifacts"), ("show", "latest", "--packages", "--json"), ("diff", "--json"))
    ]
    assert [one.code for one in said[:2]] == [3, 0]
    assert not any(SECRET in one.out + one.err for one in said)
    for path in (machine.root / "repository").rglob("*"):
        assert path.is_dir() or SECRET.encode() not in path.read_bytes()
    # What is compressed: each object of the repository, read back.
    repository = Repository.open(machine.root / "repository")
    assert SECRET not in texts(repository.inventory(repository.get("latest")))
    assert "evil" in texts(repository.inventory(repository.get("latest")))


def test_what_is_mounted_in_a_home_or_an_image_is_read_with_the_same_rights(tmp_path: Path) -> None:
    assert namespaces.run("mounted", tmp_path, package="support.machines") == {"readings": 5}
