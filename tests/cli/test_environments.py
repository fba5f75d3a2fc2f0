"""`environments`: every environment, how it was found, and where nobody looked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.installed import distribution, put
from support.processes.command_line import CommandLine

from cortexrepo.repository.known import Known
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path


def venv(path: Path) -> None:
    """Makes a virtual environment with one package."""
    put(path / "pyvenv.cfg", "home = /usr/bin\nversion = 3.12.1\n")
    distribution(path / "lib/python3.12/site-packages", "alpha", {"alpha.py": "1\n"})


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    root = tmp_path / "machine"
    put(root / "etc/passwd", "ada:x:1000:1000::/home/ada:/bin/sh\n")
    venv(root / "home/ada/project/.venv")
    venv(root / "data/service")
    put(root / "etc/systemd/system/a.service", "[Service]\nExecStart=/data/service/bin/python -m a\n")
    (root / "nix/store").mkdir(parents=True)
    return root


@pytest.fixture(name="look")
def _look(tmp_path: Path, root: Path) -> CommandLine:
    return CommandLine(tmp_path / "repository", root)


def test_each_environment_is_listed_with_what_led_to_it(look: CommandLine, root: Path) -> None:
    found = look("environments", "--root", str(root))
    assert (found.code, found.err) == (0, "")
    assert found.out.splitlines() == [
        "pip  /data/service",
        "     python 3.12, owner root, 1 package, found: /etc/systemd/system/a.service, not recorded yet",
        "pip  /home/ada/project/.venv",
        "     python 3.12, owner root, 1 package, found: usual place, not recorded yet",
        "",
        "not looked at",
        "/nix/store",
        "     the store of Nix is not read",
        "",
        "2 environments, 2 not recorded yet, 1 place not looked at",
    ]
    assert found.out.isascii()
    assert not look.repo.exists()


def test_what_the_latest_snapshot_has_is_recorded(look: CommandLine, root: Path) -> None:
    made = look("create", "--root", str(root))
    assert "not looked at: 1 place; `cortex snapshot environments` lists them" in made.err
    venv(root / "home/ada/later/.venv")
    document = look("environments", "--root", str(root), "--json").json()
    assert document["schema"] == "cortex.snapshot.environments/1"
    rows = document["environments"]
    assert isinstance(rows, list)
    assert {row["environment"]: row["recorded"] for row in rows} == {
        "/data/service": True,
        "/home/ada/later/.venv": False,
        "/home/ada/project/.venv": True,
    }
    assert document["not_looked_at"] == [
        {"ecosystem": name, "path": "/nix/store", "reason": "the store of Nix is not read"} for name in ("npm", "pip")
    ]


def test_a_home_that_cannot_be_searched_is_named_and_the_exit_code_says_so(look: CommandLine, root: Path) -> None:
    (root / "home/ada/.venvs").symlink_to("/home/ada/.venvs")
    (root / "home/ada/venvs").symlink_to("venvs")
    for number in range(3001):
        (root / f"home/ada/much/{number}").mkdir(parents=True)
    found = look("environments", "--root", str(root))
    assert found.code == 3
    assert "more than 3000 directories" in found.out


@pytest.mark.parametrize("words", [("DIR",), ("--find", "--root", "/mnt")])
def test_what_is_no_walk_of_this_machine_is_wrong_usage(look: CommandLine, words: tuple[str, ...]) -> None:
    assert look("environments", *words).code == 2


def test_a_directory_that_is_not_there_is_refused(look: CommandLine, tmp_path: Path) -> None:
    found = look("environments", "--find", str(tmp_path / "nowhere"))
    assert found.code == 1
    assert "is not a directory" in found.err


def test_what_a_walk_finds_is_recorded_from_then_on_and_forgotten_when_it_is_gone(
    look: CommandLine, tmp_path: Path
) -> None:
    """On this machine, below a directory of the test."""
    deep = tmp_path / "a/b/c"
    venv(deep / "v")
    found = look("environments", "--find", str(tmp_path / "a"), "--json", HOME=str(tmp_path / "home"))
    assert [(row["found"], row["recorded"]) for row in _rows(found.json(), deep)] == [("--find", False)]
    made = look("create", "--only", "pip", "--json", "--root", "/", HOME=str(tmp_path / "home"))
    assert str(deep / "v") in made.out
    assert _known(look).places == (str(deep / "v"),)
    (deep / "v/pyvenv.cfg").unlink()
    (deep / "v").rename(deep / "gone")
    again = look("environments", "--find", str(tmp_path / "a"), "--json", HOME=str(tmp_path / "home")).json()
    assert (again["gone"], _known(look).places) == ([str(deep / "v")], ())


def _rows(document: dict[str, object], below: Path) -> list[dict[str, object]]:
    rows = document["environments"]
    assert isinstance(rows, list)
    return [row for row in rows if str(row["environment"]).startswith(str(below))]


def _known(look: CommandLine) -> Known:
    return Repository.open(str(look.repo)).environments.known()


def test_damaged_notes_are_none(look: CommandLine) -> None:
    look("init")
    repository = Repository.open(str(look.repo))
    assert repository.environments.remember(Known(("/a",), b"x"))
    assert repository.environments.known() == Known(("/a",), b"x")
    (look.repo / "cache/environments").write_bytes(b"torn")
    assert repository.environments.known() == Known()
