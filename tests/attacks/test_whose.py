"""Whose an environment is, by every right to write that Linux knows: in each case one thing of root's is ada's too.

The right answer is never "root's" where ada, or somebody in a group with her, could have a program of it run her code.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.machines.groups import FakeGroups

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.npm import programs as npm_programs
from cortexrepo.ecosystems.pip import programs as pip_programs
from cortexrepo.errors import RefusedError
from cortexrepo.machine.whose import commands, holding
from cortexrepo.machine.whose.domains import Domains
from cortexrepo.restore.run.holder import holder
from cortexrepo.rights.accesslist import decode
from cortexrepo.rights.groups import SystemGroups

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to other users")
ADA, BOB = 65533, 65534
TEAM, OWN, EMPTY, PAIR = 70001, ADA, 70002, 70003
GROUPS = FakeGroups({TEAM: frozenset({ADA, BOB}), OWN: frozenset({ADA}), PAIR: frozenset({0, ADA}), 0: frozenset({0})})
SITE = "lib/python3.11/site-packages"


class World(NamedTuple):
    """Root's environment, what its interpreter is, and a directory of ada's."""

    venv: Path
    python: Path
    ada: Path

    def file(self, name: str, content: str = "") -> Path:
        path = self.venv / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(pip_programs, "_MACHINES", (str(tmp_path / "pip.conf"),))
    monkeypatch.setattr(npm_programs, "_MACHINES", (str(tmp_path / "npmrc"),))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("pip.conf", "npmrc"):
        (tmp_path / name).write_text("")
    (tmp_path / "home").mkdir()
    python = tmp_path / "python"
    for name in ("bin", "lib/python3.11/lib-dynload", "lib/python3.11/encodings"):
        (python / name).mkdir(parents=True)
    (python / "bin/python3.11").write_text("#!/bin/sh\n")
    (python / "bin/python3.11").chmod(0o755)
    (python / "lib/python3.11/os.py").write_text("")
    (python / "lib/libpython3.11.so.1.0").write_text("")
    found = World(tmp_path / "venv", python, tmp_path / "ada")
    found.file(f"{SITE}/pip/__init__.py")
    found.file("lib/node_modules/npm/bin/npm-cli.js")
    found.file("pyvenv.cfg", f"home = {python}/bin\n")
    (found.venv / "bin").mkdir()
    (found.venv / "bin/python").symlink_to(python / "bin/python3.11")
    (found.venv / "bin/npm").symlink_to("../lib/node_modules/npm/bin/npm-cli.js")
    found.ada.mkdir()
    os.chown(found.ada, ADA, ADA)
    return found


def access(path: Path, *entries: tuple[int, int, int], mask: int = 7) -> None:
    """Gives a file an access list: these entries, besides those of the owner, the group and everybody else."""
    rows = [(1, 7, -1), *(one for one in entries if one[0] == 2), (4, 5, -1), *(one for one in entries if one[0] == 8)]
    raw = struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", tag, rights, number & 0xFFFFFFFF)
        for tag, rights, number in [*rows, (16, mask, -1), (32, 5, -1)]
    )
    try:
        os.setxattr(path, "system.posix_acl_access", raw)
    except OSError as error:
        pytest.skip(f"this disk has no access lists: {error}")


def writable(path: Path, group: int, mode: int = 0o775) -> None:
    os.chown(path, 0, group)
    path.chmod(mode)


def homely(at: World, name: str) -> Path:
    """Returns a file in the home directory that root uses, which is made."""
    path = at.python.parent / "home" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    return path


def linked(at: World, name: str) -> None:
    """Puts a link to a file of ada's where a program is."""
    theirs = at.ada / "theirs"
    theirs.write_text("")
    path = at.venv / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(theirs)


def hard_linked(at: World, name: str) -> None:
    """Puts a second name of a file of ada's where a program is."""
    theirs = at.ada / "theirs"
    theirs.write_text("")
    os.chown(theirs, ADA, ADA)
    path = at.venv / name
    path.unlink(missing_ok=True)
    path.hardlink_to(theirs)


def adds(at: World, line: str) -> None:
    at.file(f"{SITE}/extra.pth", f"# a comment\nimport nothing\n{line}\n")


def imported(at: World) -> Path:
    """Returns a file of a package that a .pth file imports, from a directory that another one adds."""
    package = at.python / "src/hook/deep"
    package.mkdir(parents=True)
    (package / "x.py").write_text("")
    at.file(f"{SITE}/a.pth", f"{at.python}/src\n")
    at.file(f"{SITE}/b.pth", "import os; exec('import hook')\n")
    return package / "x.py"


def deep(at: World, name: str) -> Path:
    path = at.python / "lib/python3.11" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    return path


def based(at: World) -> Path:
    """Returns a file beside an interpreter whose packages the environment has too."""
    at.file("pyvenv.cfg", f"home = {at.python}/bin\ninclude-system-site-packages = true\n")
    return deep(at, "site-packages/x.pth")


def led(at: World) -> Path:
    """Returns a file in a directory that a link in pip leads to."""
    (at.python / "vendor/deep").mkdir(parents=True)
    (at.python / "vendor/deep/x.py").write_text("")
    at.file(f"{SITE}/pip/x")
    (at.venv / SITE / "pip/_vendor").symlink_to(at.python / "vendor")
    return at.python / "vendor/deep/x.py"


def adds_sticky(at: World) -> None:
    (at.python / "tmp").mkdir()
    (at.python / "tmp").chmod(0o1777)
    adds(at, str(at.python / "tmp"))


def adds_link(at: World) -> None:
    (at.ada / "link").symlink_to(at.python)
    adds(at, f"{at.ada}/link")


SHARED: dict[str, Callable[[World], object]] = {
    "a group's prefix": lambda at: writable(at.venv, TEAM),
    "a group's program": lambda at: writable(at.python / "bin/python3.11", TEAM),
    "a group's site": lambda at: writable(at.venv / SITE, TEAM, 0o2775),
    "a group's package": lambda at: writable(at.venv / SITE / "pip", TEAM),
    "a group's .pth": lambda at: writable(at.file(f"{SITE}/x.pth"), TEAM, 0o664),
    "everybody's .pth": lambda at: at.file(f"{SITE}/x.pth").chmod(0o666),
    "a group's sitecustomize": lambda at: writable(at.file(f"{SITE}/sitecustomize.py"), TEAM, 0o664),
    "a group's compiled usercustomize": lambda at: writable(
        at.file(f"{SITE}/__pycache__/usercustomize.cpython-311.pyc"), TEAM, 0o664
    ),
    "a group's pyvenv.cfg": lambda at: writable(at.venv / "pyvenv.cfg", TEAM, 0o664),
    "a group's standard library": lambda at: writable(at.python / "lib/python3.11", TEAM),
    "a group's module of it": lambda at: writable(at.python / "lib/python3.11/os.py", TEAM, 0o664),
    "a group's shared library": lambda at: writable(at.python / "lib/libpython3.11.so.1.0", TEAM, 0o664),
    "a group's npm": lambda at: writable(at.venv / "lib/node_modules/npm", TEAM),
    "a group's scope of npm": lambda at: writable(at.file("lib/node_modules/@s/p").parent / "p", TEAM, 0o664),
    "a group's pip.conf": lambda at: writable(at.file("pip.conf"), TEAM, 0o664),
    "a group's npmrc": lambda at: writable(at.file("etc/npmrc"), TEAM, 0o664),
    "a group's builtin npmrc": lambda at: writable(at.file("lib/node_modules/npm/npmrc"), TEAM, 0o664),
    "a group's pip.conf in root's home": lambda at: writable(homely(at, ".config/pip/pip.conf"), TEAM, 0o664),
    "a group's npmrc in root's home": lambda at: writable(homely(at, ".npmrc"), TEAM, 0o664),
    "a group's pip.conf of the machine": lambda at: writable(at.python.parent / "pip.conf", TEAM, 0o664),
    "a group's npmrc of the machine": lambda at: writable(at.python.parent / "npmrc", TEAM, 0o664),
    "a group's part of pip": lambda at: writable(at.file(f"{SITE}/pip/_internal/__init__.py"), TEAM, 0o664),
    "a group's hook of setuptools": lambda at: writable(at.file(f"{SITE}/_distutils_hack/__init__.py"), TEAM, 0o664),
    "a group's package that a .pth imports": lambda at: writable(imported(at), TEAM, 0o664),
    "a group's module deep in the standard library": lambda at: writable(deep(at, "json/a/x.pyc"), TEAM, 0o664),
    "a group's directory deep in the standard library": lambda at: writable(deep(at, "json/tool/x").parent, TEAM),
    "a group's archive of the standard library": lambda at: writable(deep(at, "../python311.zip"), TEAM, 0o664),
    "a group's part of npm": lambda at: writable(at.file("lib/node_modules/npm/lib/npm.js"), TEAM, 0o664),
    "a group's package in the base's sites": lambda at: writable(based(at), TEAM, 0o664),
    "a group of root and ada": lambda at: writable(at.venv / "bin", PAIR),
    "ada's own group at what is root's": lambda at: writable(at.venv / "bin", OWN),
    "an access list with ada": lambda at: access(at.venv / SITE, (2, 7, ADA)),
    "an access list with a group": lambda at: access(at.venv / "bin", (8, 7, TEAM)),
    "an access list of a file": lambda at: access(at.file(f"{SITE}/x.pth"), (2, 6, ADA)),
    "a site that is everybody's and sticky": lambda at: (at.venv / SITE).chmod(0o1777),
    "a sticky directory on the search path": adds_sticky,
    "a name in a sticky directory that is missing": lambda at: adds(at, "/tmp/cortex-is-not-here"),
}  # fmt: skip
SECOND = "a hard link of ada's program"
HERS: dict[str, Callable[[World], object]] = {
    "a link to ada's program": lambda at: linked(at, "bin/python3.11"),
    SECOND: lambda at: hard_linked(at, "bin/python3"),
    "a hard link of ada's .pth": lambda at: hard_linked(at, f"{SITE}/x.pth"),
    "a link to ada's .pth": lambda at: linked(at, f"{SITE}/x.pth"),
    "a link to ada's sitecustomize": lambda at: linked(at, f"{SITE}/sitecustomize.py"),
    "a link to ada's pyvenv.cfg": lambda at: linked(at, "pyvenv.cfg"),
    "a home of ada's in pyvenv.cfg": lambda at: at.file("pyvenv.cfg", f"HOME={at.ada}/bin\n"),
    "ada's directory on the search path": lambda at: adds(at, str(at.ada)),
    "ada's directory by a relative path": lambda at: adds(at, f"../../../../{at.ada.name}"),
    "ada's module of the standard library": lambda at: os.chown(at.python / "lib/python3.11/os.py", ADA, ADA),
    "ada's encodings": lambda at: os.chown(at.python / "lib/python3.11/encodings", ADA, ADA),
    "ada's package beside pip": lambda at: os.chown(at.file(f"{SITE}/evil.py"), ADA, ADA),
    "a link of pip's to ada's": lambda at: linked(at, f"{SITE}/pip/_internal/main.py"),
    "ada's part of npm": lambda at: os.chown(at.file("lib/node_modules/npm/node_modules/a/index.js"), ADA, ADA),
    "ada's package that a .pth imports": lambda at: os.chown(imported(at), ADA, ADA),
    "ada's module in a directory that pip links to": lambda at: os.chown(led(at), ADA, ADA),
    "ada's npmrc of the builtin npm": lambda at: os.chown(at.file("lib/node_modules/npm/npmrc"), ADA, ADA),
    "ada's link on the search path": adds_link,
    "ada's pip.conf": lambda at: os.chown(at.file("pip.conf"), ADA, ADA),
    "a link to ada's pip.conf": lambda at: linked(at, "pip.conf"),
    "ada's npmrc": lambda at: os.chown(at.file("etc/npmrc"), ADA, ADA),
}
ROOTS: dict[str, Callable[[World], object]] = {
    "nothing": lambda _: None,
    "a group without anybody": lambda at: writable(at.venv / "bin", EMPTY),
    "root's own group": lambda at: writable(at.venv / "bin", 0),
    "an access list whose mask takes the right away": lambda at: access(at.venv / "bin", (2, 7, ADA), mask=5),
    "an access list that lets ada read": lambda at: access(at.venv / "bin", (2, 5, ADA), (8, 5, TEAM)),
    "an access list with root": lambda at: access(at.venv / "bin", (2, 7, 0)),
    "a group that may only read": lambda at: writable(at.venv / "bin", TEAM, 0o755),
    "another name of root's file in what is ada's": lambda at: (at.ada / "p").hardlink_to(at.venv / "pyvenv.cfg"),
    "ada's package in the sites of a base that do not count": lambda at: os.chown(
        deep(at, "site-packages/x.pth"), ADA, ADA
    ),
    "a comment that names ada's": lambda at: at.file(f"{SITE}/x.pth", f"# {at.ada}\n"),
    "a hidden .pth": lambda at: at.file(f"{SITE}/.x.pth", f"{at.ada}\n"),
    "a path in a sticky directory that is there": lambda at: adds(at, str(at.python)),
}  # fmt: skip


def places(names: Iterable[str]) -> list[tuple[str, str]]:
    """Returns each name with the prefix and the site directory; this has no npm, and one interpreter."""
    both = [(name, environment) for name in names for environment in ("", SITE)]
    return [(name, place) for name, place in both if not place or ("npm" not in name and name != SECOND)]


@pytest.mark.parametrize(("name", "environment"), places(SHARED))
def test_what_several_people_could_change_is_refused(world: World, name: str, environment: str) -> None:
    before = holder("pip", str(world.venv / environment), 0, GROUPS)
    SHARED[name](world)
    with pytest.raises(RefusedError, match="runs no program that several people can change") as found:
        holder("pip", str(world.venv / environment), 0, GROUPS)
    assert before == 0
    assert found.value.hint.startswith(("`chmod ", "`setfacl -x "))


@pytest.mark.parametrize(("name", "environment"), places(HERS))
def test_what_ada_could_change_is_hers(world: World, name: str, environment: str) -> None:
    HERS[name](world)
    assert holder("pip", str(world.venv / environment), 0, GROUPS) == ADA
    with pytest.raises(RefusedError, match="belongs to another user"):
        holder("pip", str(world.venv / environment), BOB, GROUPS)


def test_what_ada_has_in_the_home_that_root_uses_counts_for_root(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(homely(world, ".pip/pip.conf").parent, ADA, ADA)
    assert holder("pip", str(world.venv), 0, GROUPS) == ADA
    monkeypatch.setenv("HOME", str(world.ada))
    assert holder("pip", str(world.venv), 0, GROUPS) == 0


@pytest.mark.parametrize("name", ROOTS)
def test_what_is_roots_stays_roots(world: World, name: str) -> None:
    ROOTS[name](world)
    assert holder("pip", str(world.venv), 0, GROUPS) == 0


def test_a_users_own_group_takes_nothing_from_the_user(world: World) -> None:
    for path in (world.venv, *world.venv.rglob("*")):
        os.lchown(path, ADA, OWN)
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o020)
    assert holder("pip", str(world.venv), 0, GROUPS) == ADA
    assert holder("pip", str(world.venv), ADA, GROUPS) == ADA


def test_root_reads_no_file_that_leads_through_what_is_a_users(world: World) -> None:
    """A home that a pyvenv.cfg of ada's names is her business: root does not read it."""
    (world.venv / "pyvenv.cfg").unlink()
    linked(world, "pyvenv.cfg")
    bobs = world.ada.parent / "bob"
    bobs.mkdir()
    os.chown(bobs, BOB, BOB)
    (world.ada / "theirs").write_text(f"home = {bobs}\n")
    assert holder("pip", str(world.venv), 0, GROUPS) == ADA


def test_a_pth_file_that_is_too_long_to_check_is_refused(world: World) -> None:
    adds(world, "#" * (1 << 20))
    with pytest.raises(RefusedError, match="too long to be checked"):
        holder("pip", str(world.venv), 0, GROUPS)


def test_an_access_list_that_makes_no_sense_is_none() -> None:
    for raw in (b"", b"\2\0\0", b"\3\0\0\0", b"\2\0\0\0\1"):
        with pytest.raises(ValueError, match="access list"):
            decode(raw)


def test_the_systems_groups_know_members_and_whose_first_group_it_is() -> None:
    groups = SystemGroups()
    assert 0 in groups.people(0)
    assert groups.people(4_000_000_000) == frozenset()
    assert groups.title(0) == "root"
    assert groups.title(4_000_000_000) == "4000000000"


@pytest.mark.parametrize(
    "name", ["bin/python3.11", "lib/python3.11/os.py", "lib/python3.11", "lib/libpython3.11.so.1.0"]
)
def test_the_systems_interpreter_counts_where_an_environment_has_none(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(commands, "SYSTEM", (str(world.python / "bin"),))
    (world.venv / "bin/python").unlink()
    (world.venv / "pyvenv.cfg").unlink()
    assert holder("pip", str(world.venv / SITE), 0, GROUPS) == 0
    os.chown(world.python / name, ADA, ADA)
    assert holder("pip", str(world.venv / SITE), 0, GROUPS) == ADA


@pytest.mark.parametrize("site", ["local/lib/python3.11/dist-packages", "lib/python3/dist-packages", SITE])
def test_the_sites_of_the_systems_python_count_for_every_environment(
    world: World, monkeypatch: pytest.MonkeyPatch, site: str
) -> None:
    """Its pip is used where an environment has none that works."""
    (world.python / "bin/python3").symlink_to("python3.11")
    monkeypatch.setattr(commands, "SYSTEM", (str(world.python / "bin"),))
    path = world.python / site
    path.mkdir(parents=True)
    assert holder("pip", str(world.venv), 0, GROUPS) == 0
    writable(path, TEAM, 0o2775)
    with pytest.raises(RefusedError, match="runs no program that several people can change"):
        holder("pip", str(world.venv), 0, GROUPS)


def test_what_was_found_of_one_environment_is_not_forgotten_for_the_next(world: World) -> None:
    """Both have one standard library, which is looked at once where all of it is root's, and again where it is not."""
    whose, both = Domains(registry.reached, 0, GROUPS), (str(world.venv), str(world.venv / SITE))
    assert [whose.environment("pip", path) for path in both] == ["0", "0"]
    os.chown(deep(world, "json/tool.py"), ADA, ADA)
    whose = Domains(registry.reached, 0, GROUPS)
    assert [whose.environment("pip", path) for path in both] == [str(ADA), str(ADA)]


def test_what_has_too_many_files_to_be_checked_is_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "_BELOW", 3)
    for number in range(4):
        world.file(f"{SITE}/pip/{number}.py")
    with pytest.raises(RefusedError, match="too many files to be checked"):
        holder("pip", str(world.venv), 0, GROUPS)
