"""Random trees of links by three users: nothing that one of them does changes what is recorded of the others.

Of an image, and of this machine itself: then everything is below a directory that only this test has, with real owners.
Links, hard links, files that name paths, and access lists by which one user puts links into the home of another.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.machines.access import access_list
from support.machines.people import SITE, USERS, names, needs_root, people

from cortexrepo.model.snapshot import OK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.machines.people import People


pytestmark = needs_root
WHO = ("alice", "bob", "carol")
NEW = ".local/lib/python3.12/site-packages"
LINKS = (
    ".venv",
    "venv",
    "p",
    "p/venv",
    "q/env",
    NEW,
    ".virtualenvs/a",
    ".pyenv/versions/a",
    ".local/share/uv/tools/a",
    ".local/pipx/venvs/a",
    ".conda/envs/a",
    "miniconda3",
    ".npm-global",
    ".npm-packages/lib/node_modules",
    ".npm-packages/lib",
    "n",
    ".nvm/versions/node/a",
)
FILES = (".conda/environments.txt", ".npmrc", f"{SITE}/a.pth", f"{SITE}/a.egg-link", ".local/pyvenv.cfg", "deep/npmrc")
HARD = (f"{SITE}/x-1.0.dist-info", "deep/er/venv/lib/python3.11/site-packages/x-1.0.dist-info")
"""Distributions whose METADATA is a hard link: its target is a file of somebody else's."""
SHARED = ("", ".local", SITE, "deep", "deep/er")
"""Directories that their owner lets another user write to, by an access list."""
PLACES = (
    "/",
    "/home",
    "/srv/app",
    "/srv/app/lib",
    "/srv/app/lib/python3.11/site-packages",
    "/opt/node-1",
    "/opt/node-1/lib/node_modules",
    "/nowhere",
)
IN_HOME = ("", ".local", SITE, f"{SITE}/.", "deep/er/venv", "deep/er/venv/lib/python3.11/site-packages", *LINKS)


class Act(NamedTuple):
    """A link, a hard link, or a file that names a path, in a home.

    Attributes:
        who: Who does it.
        place: Where, in the home.
        target: What it leads to, or names.
        host: Whose home it is, where that is somebody else's, who has given the right to do that.
    """

    who: str
    place: str
    target: str
    host: str = ""


in_homes = st.builds(lambda who, inside: f"/home/{who}/{inside}", st.sampled_from(WHO), st.sampled_from(IN_HOME))
targets = st.one_of(st.sampled_from(PLACES), in_homes)
nobody_else = st.just("")
act = st.builds(Act, st.sampled_from(WHO), st.sampled_from((*LINKS, *FILES)), targets, nobody_else)
of_somebody = st.sampled_from(
    [f"/home/{who}/{SITE}/{who}s-1.0.dist-info/METADATA" for who in WHO]
    + ["/srv/app/lib/python3.11/site-packages/roots-1.0.dist-info/METADATA"]
)
hard = st.builds(Act, st.sampled_from(WHO), st.sampled_from(HARD), of_somebody, nobody_else)
guest = st.builds(
    lambda who, host, shared, name, target: Act(who, f"{shared}/{name}".lstrip("/"), target, host),
    st.sampled_from(WHO),
    st.sampled_from(WHO),
    st.sampled_from(SHARED),
    st.sampled_from(("venv", "p", "a.egg-info", "n")),
    targets,
)
acts = st.lists(st.one_of(act, act, hard, guest), max_size=12, unique_by=lambda one: (one.host or one.who, one.place))


@contextmanager
def world() -> Iterator[People]:
    """What is honest: of root two environments, of each user one that is found and one that nobody looks for."""
    with people(*WHO) as made:
        made.venv(made.root / "srv/app", "roots")
        made.prefix(made.root / "opt/node-1", "npm")
        for who in WHO:
            made.site(who, f"{who}s")
            made.mine(who, "deep/er")
            made.venv(made.home(who) / "deep/er/venv", f"{who}s-deep", owner=who)
        yield made


def do(machine: People, act: Act, root: str = "") -> None:
    """Does one act as far as it can be done: one before may have put something in its way.

    Args:
        machine: The machine.
        act: The act.
        root: What all paths begin with, where the machine is this one.
    """
    host = act.host or act.who
    place, target = machine.home(host) / act.place, f"{root}{act.target}"
    try:
        above = machine.mine(host, act.place.rpartition("/")[0]) if "/" in act.place else machine.home(host)
        if act.host and act.host != act.who:
            access_list(above, named_user=(USERS[act.who], 7))
        if act.place in FILES:
            place.write_text(f"{'prefix=' if act.place.endswith('npmrc') else ''}{target}\n")
        elif act.place in HARD:
            place.mkdir()
            os.link(machine.root / act.target[1:], place / "METADATA")
            os.lchown(place, USERS[host], USERS[host])
            return  # the file stays whose it is
        else:
            place.symlink_to(target)
    except OSError:
        return
    machine.own(act.who, place)


def environments(machine: People, *, live: bool = False) -> dict[tuple[str, str], list[str]]:
    """Returns what is recorded of environments: the name, and the packages."""
    return {key: names(one) for key, one in machine.read(live=live).items() if one.manifest is not None}


def of_others(found: dict[tuple[str, str], list[str]], who: str) -> dict[tuple[str, str], list[str]]:
    """Returns what is not in a user's home."""
    return {key: one for key, one in found.items() if not key[1].startswith(f"/home/{who}")}


def changes_nothing_of_others(drawn: list[Act], *, live: bool) -> None:
    with world() as machine:
        honest = environments(machine, live=live)
        for one in drawn:
            do(machine, one, str(machine.root) if live else "")
        found = environments(machine, live=live)
        roots = {key: one for key, one in honest.items() if not key[1].startswith("/home")}
        assert {key: one for key, one in found.items() if not key[1].startswith("/home")} == roots
        for who in WHO:
            # Everything of one user is undone: the others' environments are what they were beside it.
            aside = machine.root / "aside"
            shutil.move(str(machine.home(who)), aside)
            machine.home(who).mkdir()
            machine.own(who, machine.home(who))
            assert of_others(environments(machine, live=live), who) == of_others(found, who), (who, drawn)
            machine.home(who).rmdir()
            shutil.move(str(aside), machine.home(who))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(acts)
def test_what_one_user_does_changes_nothing_of_the_others(drawn: list[Act]) -> None:
    changes_nothing_of_others(drawn, live=False)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(acts)
def test_it_changes_nothing_of_the_others_on_this_machine_either(drawn: list[Act]) -> None:
    changes_nothing_of_others(drawn, live=True)


@pytest.mark.parametrize("live", [False, True], ids=["image", "this machine"])
@pytest.mark.parametrize(
    "target", ["/", "/srv/app", "/opt/node-1", "/home/bob/deep/er/venv", "/home/alice/deep/er/venv"]
)
def test_a_guests_link_in_a_home_decides_nothing(target: str, live: bool) -> None:  # noqa: FBT001
    with world() as machine:
        honest = environments(machine, live=live)
        do(machine, Act("bob", "venv", target, "alice"), str(machine.root) if live else "")
        assert (machine.home("alice") / "venv").is_symlink()
        assert environments(machine, live=live) == honest


@pytest.mark.parametrize("way", ["/home/bob/way", "/home/bob/way/."])
def test_a_third_users_link_does_not_decide_what_is_found(way: str) -> None:
    with world() as machine:
        (machine.home("alice") / "deep").rename(machine.home("alice") / ".deep")
        (machine.home("bob") / "way").symlink_to("/home/alice/.deep/er/venv")
        (machine.home("alice") / "venv").symlink_to(way)
        machine.own("bob", machine.home("bob") / "way")
        machine.own("alice", machine.home("alice") / "venv")
        found = machine.read(["pip"])
        assert ("pip", "/home/alice/.deep/er/venv") not in found
        assert "a link of the user 4002" in found["pip", "/home/alice"].error


def test_a_users_own_link_is_followed() -> None:
    with world() as machine:
        (machine.home("alice") / "venv").symlink_to("deep/er/venv")
        machine.own("alice", machine.home("alice") / "venv")
        found = machine.read(["pip"])
        assert (found["pip", "/home/alice/deep/er/venv"].status, ("pip", "/home/alice") in found) == (OK, False)
