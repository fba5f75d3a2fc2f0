"""What users' files can do to root's reading: nothing of others' is read, renamed, changed or hidden by them."""

from __future__ import annotations

import os
import socket
import stat
from typing import TYPE_CHECKING

import pytest
from support.machines.people import SITE, USERS, acting, dist, names, needs_root, people, texts, while_doing

from cortexrepo.model.snapshot import OK, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.machines.people import People

    from cortexrepo.model.inventory import Reading

pytestmark = needs_root
SECRET = "S3CRET-of-known-bytes"  # noqa: S105
BOTH = pytest.mark.parametrize("live", [True, False], ids=["this machine", "another root"])


@pytest.fixture
def machine() -> Iterator[People]:
    """Two users, with what is honest of each; a file that only root may read, and one that only bob may."""
    with people("alice", "bob") as made:
        made.site("alice", "honest")
        made.site("bob", "his")
        made.venv(made.root / "srv/app", "roots")
        made.prefix(made.root / "opt/node-1", "npm")
        for name, owner in (("shadow", "root"), ("diary", "bob")):
            (made.root / "etc" / name).write_text(f"{SECRET}\n")
            (made.root / "etc" / name).chmod(0o600)
            made.own(owner, made.root / "etc" / name)
        yield made


def others(found: dict[tuple[str, str], Reading]) -> dict[tuple[str, str], Reading]:
    """Returns what is not alice's."""
    return {key: one for key, one in found.items() if not key[1].startswith("/home/alice")}


@BOTH
def test_what_is_honest_is_exact(machine: People, live: bool) -> None:  # noqa: FBT001
    found = machine.read(live=live)
    assert {key: (one.status, names(one)) for key, one in found.items() if one.manifest} == {
        ("pip", f"/home/alice/{SITE}"): (OK, ["honest"]),
        ("pip", f"/home/bob/{SITE}"): (OK, ["his"]),
        ("pip", "/srv/app"): (OK, ["roots"]),
        ("npm", "/opt/node-1"): (OK, ["npm"]),
    }
    assert all(one.status == OK for key, one in found.items() if key[1])


FILES = ("METADATA", "INSTALLER", "REQUESTED", "direct_url.json", "x.pth", "x.egg-link", "pyvenv.cfg", "y-1.egg-info")


@BOTH
@pytest.mark.parametrize("secret", ["shadow", "diary"])
@pytest.mark.parametrize("way", ["link", "link to a link", "link of a directory"])
def test_no_link_brings_a_file_that_its_owner_may_not_read(
    machine: People,
    live: bool,  # noqa: FBT001
    secret: str,
    way: str,
) -> None:
    before = others(machine.read(live=live))
    target = str(machine.root / "etc" / secret) if live else f"/etc/{secret}"
    site = machine.home("alice") / SITE
    evil = dist(site, "evil")
    if way == "link to a link":
        (machine.home("bob") / "way").symlink_to(target)
        target = str(machine.home("bob") / "way") if live else "/home/bob/way"
    if way == "link of a directory":
        (machine.home("alice") / "there").symlink_to(str(machine.root / "etc") if live else "/etc")
        target = f"{machine.home('alice') if live else '/home/alice'}/there/{secret}"
    for name in FILES:
        place = evil / name if "." not in name or name == "direct_url.json" else site / name
        place.unlink(missing_ok=True)
        place.symlink_to(target)
    modules = machine.prefix(machine.home("alice") / ".npm-global", "p", owner="alice")
    (modules / "p/package.json").unlink()
    (modules / "p/package.json").symlink_to(target)
    (machine.home("alice") / ".npmrc").symlink_to(target)
    machine.own("alice", evil, machine.home("alice") / ".npmrc")
    assert SECRET not in texts(machine.inventory(live=live))
    assert others(machine.read(live=live)) == before


def test_no_hard_link_brings_a_file_that_its_owner_may_not_read(machine: People) -> None:
    evil = dist(machine.home("alice") / SITE, "evil")
    for name in ("INSTALLER", "REQUESTED", "direct_url.json"):
        os.link(machine.root / "etc/shadow", evil / name)
    (evil / "METADATA").unlink()
    os.link(machine.root / "etc/shadow", evil / "METADATA")
    assert SECRET not in texts(machine.inventory(live=True))


@pytest.mark.parametrize("file", ["environ", "cmdline", "mem", "fd/0", "root/etc/machine-id", "maps", "status"])
def test_no_file_of_the_kernel_is_read(machine: People, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", SECRET)
    evil = dist(machine.home("alice") / SITE, "evil")
    (evil / "METADATA").unlink()
    for name in ("METADATA", "INSTALLER", "direct_url.json"):
        (evil / name).symlink_to(f"/proc/self/{file}")
    (machine.home("alice") / SITE / "a.pth").symlink_to(f"/proc/self/{file}")
    machine.own("alice", evil)
    found = machine.read(live=True)
    reading = found["pip", f"/home/alice/{SITE}"]
    assert reading.status == PARTIAL
    assert SECRET not in repr(found)
    assert names(reading) == ["evil", "honest"]
    assert not any(package.attribute("installer") for package in (reading.manifest or ((), ()))[1])


@BOTH
def test_fifos_devices_and_sockets_are_not_waited_for(machine: People, live: bool) -> None:  # noqa: FBT001
    evil = dist(machine.home("alice") / SITE, "evil")
    (evil / "METADATA").unlink()
    os.mkfifo(evil / "METADATA")
    os.mknod(evil / "INSTALLER", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    bound = socket.socket(socket.AF_UNIX)
    bound.bind(str(evil / "direct_url.json"))
    os.mkfifo(machine.home("alice") / ".npmrc")
    machine.own("alice", evil, machine.home("alice") / ".npmrc")
    found = machine.read(live=live)
    bound.close()
    assert names(found["pip", f"/home/alice/{SITE}"]) == ["evil", "honest"]
    assert names(found["pip", "/srv/app"]) == ["roots"]


WAYS = {
    "site directory": f"{SITE}",
    "environment": ".venv",
    "project": "project/venv",
    "wrapper": ".virtualenvs/x",
    "interpreter": ".pyenv/versions/3.11.2",
    "tool": ".local/share/uv/tools/x",
    "prefix": ".npm-global",
    "modules": ".npm-packages/lib/node_modules",
}


@BOTH
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("victim", ["root", "bob"])
def test_no_link_takes_over_the_slot_of_another(
    machine: People,
    live: bool,  # noqa: FBT001
    way: str,
    victim: str,
) -> None:
    before = others(machine.read(live=live))
    start = str(machine.root) if live else ""
    place = machine.home("alice") / WAYS[way]
    machine.mine("alice", os.path.dirname(WAYS[way]) or "x")
    if place.exists():
        place.rename(place.with_name("aside"))
    targets = {
        ("root", "site"): "/srv/app/lib/python3.11/site-packages",
        ("root", "prefix"): "/srv/app",
        ("root", "npm"): "/opt/node-1",
        ("root", "modules"): "/opt/node-1/lib/node_modules",
        ("bob", "site"): f"/home/bob/{SITE}",
        ("bob", "prefix"): "/home/bob/.local",
        ("bob", "npm"): "/home/bob/.local",
        ("bob", "modules"): "/home/bob/.local/lib/node_modules",
    }
    kind = {"site directory": "site", "prefix": "npm", "modules": "modules"}.get(way, "prefix")
    place.symlink_to(start + targets[victim, kind])
    machine.own("alice", place)
    after = machine.read(live=live)
    assert others(after) == before
    hers = [one for key, one in after.items() if "/alice" in key[1] and one.manifest is not None]
    assert {name for one in hers for name in names(one)} <= {"honest"}


@pytest.mark.parametrize("way", WAYS)
def test_no_link_through_the_home_of_another_takes_over_a_slot_of_roots(machine: People, way: str) -> None:
    """What alice links to is bob's, and a link too: to what is root's."""
    before = machine.read(live=True)
    machine.mine("alice", os.path.dirname(WAYS[way]) or "x")
    place, bobs = machine.home("alice") / WAYS[way], machine.home("bob") / "way"
    if place.exists():
        place.rename(place.with_name("aside"))
    targets = {"site directory": f"srv/app{SITE.removeprefix('.local')}", "prefix": "opt/node-1"}
    bobs.symlink_to(machine.root / targets.get(way, "opt/node-1/lib/node_modules" if way == "modules" else "srv/app"))
    place.symlink_to(bobs)
    machine.own("alice", place)
    machine.own("bob", bobs)
    after = machine.read(live=True)
    assert others(after) == others(before)
    hers = [one for key, one in after.items() if "/alice" in key[1]]
    assert {name for one in hers if one.manifest is not None for name in names(one)} <= {"honest"}
    assert any(f"{bobs} is a link of the user {USERS['bob']} and is not followed" in one.error for one in hers)


@BOTH
def test_a_link_to_what_nobody_recorded_is_said_of_the_home(machine: People, live: bool) -> None:  # noqa: FBT001
    start = str(machine.root) if live else ""
    machine.venv(machine.root / "data/deep", "roots")
    (machine.home("alice") / ".venv").symlink_to(f"{start}/data/deep")
    machine.own("alice", machine.home("alice") / ".venv")
    found = machine.read(live=live)
    assert (found["pip", "/home/alice"].status, found["pip", "/home/alice"].manifest) == (PARTIAL, None)
    assert "/data/deep, which belongs to root" in found["pip", "/home/alice"].error
    assert ("pip", "/data/deep") not in found
    named = machine.read(live=live, known=[f"{start}/data/deep"])
    assert names(named["pip", "/data/deep"]) == ["roots"]
    assert ("pip", "/home/alice") not in named


@BOTH
def test_what_root_made_in_a_home_is_of_that_home(machine: People, live: bool) -> None:  # noqa: FBT001
    machine.venv(machine.home("alice") / "venv", "sudoed")
    found = machine.read(live=live)
    assert names(found["pip", "/home/alice/venv"]) == ["sudoed"]


@BOTH
def test_a_place_of_a_user_outside_of_homes_is_read_as_the_user(machine: People, live: bool) -> None:  # noqa: FBT001
    start = str(machine.root) if live else ""
    site = machine.venv(machine.root / "data/work", "hers", owner="alice")
    (site / "hers-1.0.dist-info/INSTALLER").symlink_to(f"{start}/etc/shadow")
    found = machine.read(live=live, known=[f"{start}/data/work"])
    assert names(found["pip", "/data/work"]) == ["hers"]
    assert SECRET not in repr(found)
    found = machine.read(live=live, variables={"VIRTUAL_ENV": f"{start}/data/work"})
    assert names(found["pip", "/data/work"]) == ["hers"]


@BOTH
@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_what_several_may_write_is_read_with_the_rights_of_none(
    machine: People,
    live: bool,  # noqa: FBT001
    mode: int,
) -> None:
    start = str(machine.root) if live else ""
    site = machine.venv(machine.root / "data/shared", "ours")
    (site / "ours-1.0.dist-info/INSTALLER").symlink_to(f"{start}/etc/shadow")
    os.chown(site.parent, 0, USERS["bob"])
    site.parent.chmod(mode)
    found = machine.read(live=live, known=[f"{start}/data/shared"])
    assert SECRET not in repr(found)
    reading = found["pip", "/data/shared"]
    # With 0770 nobody may look; a slot that is not complete says so.
    assert reading.status != OK
    assert (reading.manifest is not None) == (mode == 0o777)


def test_a_file_of_a_user_in_a_directory_of_roots_is_not_opened(machine: People) -> None:
    info = machine.root / "srv/app/lib/python3.11/site-packages/roots-1.0.dist-info"
    (info / "INSTALLER").write_text("hers")
    machine.own("alice", info / "INSTALLER")
    reading = machine.read(live=True)["pip", "/srv/app"]
    assert reading.status == PARTIAL
    assert f"the user {USERS['alice']} could change this path" in reading.error


def swap(place: Path, target: str) -> None:
    """Changes a directory for a link and back, as alice could at any moment."""
    aside = place.with_name("aside")
    place.rename(aside)
    place.symlink_to(target)
    place.unlink()
    aside.rename(place)


@BOTH
def test_a_prefix_whose_files_are_not_all_roots_says_what_gives_them_to_root(
    machine: People,
    live: bool,  # noqa: FBT001
) -> None:
    """Early versions of npm gave files the users of another machine."""
    modules = machine.prefix(machine.root / "opt/node", "one", "two")
    os.chown(modules / "one/package.json", 1_234_567, 1_234_567)
    reading = machine.read(("npm",), live=live)["npm", "/opt/node"]
    place = str(modules) if live else "/opt/node/lib/node_modules"
    assert reading.status == PARTIAL
    assert f"{place}/one/package.json: the user 1234567 could change this path" in reading.error
    assert reading.error.endswith(f"; if these files are to be root's: `chown -hR root:root {place}`")


def test_a_tree_that_changes_in_a_loop_gives_nothing_of_others(machine: People) -> None:
    (machine.root / "etc/evil-1.dist-info").mkdir()
    (machine.root / "etc/evil-1.dist-info/METADATA").write_text(f"Name: {SECRET}\nVersion: 1\n\n")
    (machine.root / "etc/evil-1.dist-info").chmod(0o700)
    info = machine.home("alice") / SITE / "honest-1.0.dist-info"
    before = others(machine.read(live=True))

    def act() -> None:
        with acting("alice"):
            swap(info, str(machine.root / "etc/evil-1.dist-info"))
            swap(info.parent, str(machine.root / "srv/app/lib/python3.11/site-packages"))

    def work() -> None:
        for _ in range(25):
            found = machine.read(["pip"], live=True)
            assert SECRET not in repr(found)
            assert others(found) == {key: one for key, one in before.items() if key[0] == "pip"}

    assert while_doing(act, work) > 100
