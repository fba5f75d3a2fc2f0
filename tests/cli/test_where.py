"""Which repository a command uses is said where it is not the usual one; commands that are named work as written."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from support.processes.users import NOBODY, SOMEBODY, give, open_interpreter, run_as

import cortexrepo
from cortexrepo.cli import program, where
from cortexrepo.cli.main import COMMANDS, snapshot
from cortexrepo.cli.program import SECURE, Program
from cortexrepo.errors import StoreError
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.processes.command_line import CommandLine

HERE = Program("cortex", "/opt/x/bin/cortex", has_sudo=True)
NO_SUDO = HERE._replace(has_sudo=False)
ROOTS, CX = "/var/lib/cortex/snapshots", "/opt/x/bin/cortex snapshot"
ADAS = HERE._replace(place="/p", lender="ada")
LENT = ADAS._replace(repo="/p", is_root=True)
BY_SUDO = HERE._replace(place=ROOTS, is_root=True, by_sudo=True)


def _said(*words: str, **variables: str | None) -> list[str]:
    return CliRunner().invoke(snapshot, words, env={"CORTEX_REPO": None, **variables}).stderr.splitlines()


def test_a_repository_that_is_named_is_said_with_what_names_it(cortex: CommandLine, tmp_path: Path) -> None:
    Repository.init(cortex.repo)
    assert _said("tag", "--repo", str(cortex.repo))[0] == f"repository: {cortex.repo} (--repo)"
    assert _said("tag", CORTEX_REPO=str(cortex.repo))[0] == f"repository: {cortex.repo} (CORTEX_REPO)"
    elsewhere = str(tmp_path / "other")
    assert _said("tag", "--repo", elsewhere, CORTEX_REPO=str(cortex.repo))[0] == f"repository: {elsewhere} (--repo)"
    assert _said("tag", "--json", "--repo", str(cortex.repo)) == []


def test_the_usual_repository_is_not_said_however_it_is_named(
    cortex: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    Repository.init(cortex.repo)
    monkeypatch.setattr(where, "usual", lambda: str(cortex.repo))
    assert where.announcement(str(cortex.repo), "", {}) == ""
    assert where.announcement(str(cortex.repo), "--repo", {}) == ""


def test_what_is_escaped_in_a_place_stays_so(tmp_path: Path) -> None:
    assert _said("list", "--repo", f"{tmp_path}/\x1b[31m")[0] == f"repository: {tmp_path}/\\x1b[31m (--repo)"


@pytest.mark.usefixtures("open_path")
def test_whose_repository_root_only_reads_is_said(cortex: CommandLine) -> None:
    Repository.init(cortex.repo)
    give(cortex, SOMEBODY)
    said = _said("list", "--repo", str(cortex.repo))[0]
    assert said == f"repository: {cortex.repo}, which belongs to the user {SOMEBODY}: root only reads it (--repo)"


@pytest.mark.usefixtures("open_path")
def test_root_by_sudo_is_told_of_the_callers_own_repository(
    cortex: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pwd

    home = tmp_path / "home"
    account = pwd.getpwnam("nobody")
    monkeypatch.setattr(pwd, "getpwuid", lambda _: pwd.struct_passwd((*account[:5], str(home), "")))
    by_sudo = {"SUDO_UID": str(account.pw_uid)}
    assert where.announcement(str(cortex.repo), "", by_sudo) == ""
    own = home / ".local/share/cortex/snapshots"
    Repository.init(own)
    for path in (home, *home.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid)
    other = f"the user nobody has another one: --repo {own}"
    assert where.announcement(str(cortex.repo), "", by_sudo) == f"repository: {cortex.repo}, which is root's; {other}"
    for other_variables in ({}, {"SUDO_UID": "0"}, {"SUDO_UID": "x"}, {"SUDO_UID": "\u0661"}):
        assert where.announcement(str(cortex.repo), "", other_variables) == ""


# -- commands as they are written


@pytest.mark.parametrize(
    ("caller", "text", "written"),
    [
        (HERE, "do `cortex snapshot gc`", "do `cortex snapshot gc`"),
        (HERE._replace(name="/a b/cortex"), "`cortex snapshot gc`", "`/a b/cortex snapshot gc`"),
        (HERE._replace(repo="/r"), "`cortex snapshot gc`, `df /r`", "`cortex snapshot gc --repo /r`, `df /r`"),
        (HERE._replace(repo="/a b"), "`cortex snapshot gc`", "`cortex snapshot gc --repo '/a b'`"),
        (HERE._replace(repo="/r"), "`cortex snapshot gc --repo DIR`", "`cortex snapshot gc --repo DIR`"),
        (HERE._replace(place="/p"), "`cortex snapshot gc`", "`cortex snapshot gc`"),
        (
            HERE._replace(place="/p"),
            "`sudo cortex snapshot restore a1`",
            "`sudo /opt/x/bin/cortex snapshot restore a1 --repo /p`",
        ),
        (
            NO_SUDO._replace(place="/p"),
            "`sudo cortex snapshot restore a1`",
            "`su -c '/opt/x/bin/cortex snapshot restore a1 --repo /p'`",
        ),
        (HERE, "`sudo -u ada cortex snapshot gc`", "`sudo -u ada /opt/x/bin/cortex snapshot gc`"),
        (NO_SUDO, "`sudo -u ada cortex snapshot gc`", "`runuser -u ada -- /opt/x/bin/cortex snapshot gc`"),
        (
            NO_SUDO,
            "`sudo -u 4001 cortex snapshot gc`",
            "`setpriv --reuid=4001 --regid=65534 --clear-groups /opt/x/bin/cortex snapshot gc`",
        ),
        (HERE, "`apt-get update`", "`apt-get update`"),
        (ADAS, "`sudo cortex snapshot create`", f"`sudo /opt/x/bin/cortex snapshot create --repo {ROOTS}`"),
        (ADAS, "`cortex snapshot create`", "`cortex snapshot create`"),
        (ADAS, "`sudo cortex snapshot restore a`", "`sudo /opt/x/bin/cortex snapshot restore a --repo /p`"),
        (LENT, "`cortex snapshot create -m x`", f"`cortex snapshot create -m x --repo {ROOTS}`"),
        (LENT, "`cortex snapshot list`", "`cortex snapshot list --repo /p`"),
        (LENT, "`cortex snapshot verify --repair`", f"`sudo -u ada {CX} verify --repair --repo /p`"),
        (LENT, "`cortex snapshot verify`", "`cortex snapshot verify --repo /p`"),
        (LENT._replace(has_sudo=False), "`cortex snapshot gc`", f"`runuser -u ada -- {CX} gc --repo /p`"),
        (BY_SUDO, "`cortex snapshot restore a`", f"`sudo {CX} restore a`"),
        (BY_SUDO._replace(repo="/p", place="/p"), "`cortex snapshot list`", f"`sudo {CX} list --repo /p`"),
        (BY_SUDO._replace(place="/p"), "`cortex snapshot list`", f"`sudo {CX} list --repo /p`"),
        (BY_SUDO._replace(place="/p", lender="ada"), "`cortex snapshot tag t`", f"`sudo -u ada {CX} tag t --repo /p`"),
    ],
)
def test_commands_in_texts_are_written_for_the_caller(caller: Program, text: str, written: str) -> None:
    assert caller.written(text) == written


def test_the_same_command_again_is_quoted_and_names_the_repository() -> None:
    here = HERE._replace(place="/p")
    assert (
        here.again(["snapshot", "create", "a b"], "ada")
        == "sudo -u ada /opt/x/bin/cortex snapshot create 'a b' --repo /p"
    )
    assert here.again(["gc", "--repo", "q"], "ada") == "sudo -u ada /opt/x/bin/cortex snapshot gc --repo q"
    assert here.again(["gc", "--repo=q"], "ada") == "sudo -u ada /opt/x/bin/cortex snapshot gc --repo=q"


def test_a_program_that_sudo_does_not_find_is_named_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "venv" / "bin" / "cortex"
    installed.parent.mkdir(parents=True)
    installed.write_text("#!/bin/sh\n")
    installed.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(installed)])
    monkeypatch.setenv("PATH", "/usr/bin")
    assert program.this()[:2] == (str(installed), str(installed))
    monkeypatch.setenv("PATH", f"{installed.parent}:/usr/bin")
    assert program.this()[:2] == ("cortex", str(installed))
    linked = tmp_path / "sbin"
    linked.mkdir()
    (linked / "cortex").symlink_to(installed)
    monkeypatch.setattr(program, "SECURE", f"{linked}:/usr/bin")
    assert program.this().secure == "cortex"
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(installed, other / "cortex")
    monkeypatch.setattr(program, "SECURE", f"{other}:/usr/bin")
    assert program.this().secure == str(installed), "another cortex is found first"


@pytest.mark.usefixtures("open_path")
def test_what_root_is_told_to_run_as_the_user_works_as_it_is_written(cortex: CommandLine) -> None:
    open_interpreter()
    cortex("create", "theirs")
    give(cortex, SOMEBODY)
    for words in (["tag", "by-hand", "latest"], ["delete", "latest", "--yes"], ["gc"], ["create", "a new one"]):
        refused = cortex.process(*words)
        assert refused.code == 4, refused
        hint = refused.err.splitlines()[-1]
        found = re.fullmatch(r"hint: run the command as this user: `(.*)`", hint)
        assert found, hint
        environment = {**cortex.unmeasured(), "CORTEX_REPO": ""}
        done = subprocess.run(
            shlex.split(found[1]), env=environment, cwd="/", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done
    assert {path.stat().st_uid for path in cortex.repo.rglob("*")} == {SOMEBODY}


@pytest.mark.usefixtures("open_path")
@pytest.mark.parametrize("mode", [0o700, 0o755])
def test_what_a_user_is_told_to_run_as_the_owner_of_a_repository_works(cortex: CommandLine, mode: int) -> None:
    open_interpreter()
    cortex("create", "theirs")
    give(cortex, SOMEBODY)
    cortex.repo.chmod(mode)
    for words in (["list"], ["tag", f"by-{mode}", "latest"], ["create", "a new one", "--repo", str(cortex.repo)]):
        refused = run_as(NOBODY, cortex, *words)
        found = re.fullmatch(
            rf"hint: run the command as (?:this user|{SOMEBODY}): `(.*)`", refused.err.splitlines()[-1]
        )
        assert found, refused
        environment = {**cortex.unmeasured(), "CORTEX_REPO": ""}
        words_of_hint = shlex.split(found[1].replace(" cortex ", f" {shlex.quote(sys.executable)} -m cortexrepo "))
        done = subprocess.run(words_of_hint, env=environment, cwd="/", capture_output=True, check=False)
        assert done.returncode == 0, done


def test_the_owner_is_asked_for_only_where_rights_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    denied = StoreError("x")
    denied.__cause__ = PermissionError()
    assert where.who_may(denied, "/") == "", "root may do anything"
    monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY)
    assert where.who_may(denied, "/") == "root"
    assert where.who_may(denied, f"{tmp_path}/missing") == ""
    assert where.who_may(StoreError("x"), "/") == ""
    os.chown(tmp_path, SOMEBODY, -1)
    assert where.who_may(denied, str(tmp_path)) == "", "one's own rights are no other's business"


# -- the first word of every command in a text

_PACKAGE = Path(cortexrepo.__file__).parent
_QUOTED = re.compile(r"`([a-z][a-z0-9.+-]*) [^`]+`")
_MISSING_HERE = {"conda", "dmesg", "npm", "node", "pip", "pipx", "sudo", "uv"}
"""Programs that a machine may lack; they are on the secure path where they are there."""
_NO_COMMANDS = {*COMMANDS, "command"}
"""Words of help texts, which speak of a command of this tool by its name, and of a shell's own."""


def _texts() -> Iterator[tuple[str, str]]:
    """Yields every text that is not a docstring, with its file."""
    for path in sorted(_PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        said |= {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                parts = (str(part.value) if isinstance(part, ast.Constant) else "WORD" for part in node.values)
                yield path.name, "".join(parts)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
                yield path.name, node.value


def test_the_first_word_of_every_command_is_found_by_sudo() -> None:
    words = {(word, file) for file, text in _texts() for word in _QUOTED.findall(text)}
    assert {word for word, _ in words} >= {"cortex", "sudo", "dpkg", "df", "chmod"}, "else nothing was looked at"
    lost = {
        (word, file)
        for word, file in words
        if word not in {"cortex", *_MISSING_HERE, *_NO_COMMANDS} and shutil.which(word, path=SECURE) is None
    }
    assert lost == set()


def test_no_text_says_sudo_but_as_a_command_of_this_tool() -> None:
    """What is said to be run with sudo is rewritten for the caller only in this shape."""
    said = [(file, text) for file, text in _texts() if "sudo" in text and file not in {"program.py", "commands.py"}]
    shapes = re.compile(r"`sudo (-u \S+ )?cortex snapshot [^`]+`|SUDO_[A-Z]+")
    assert [one for one in said if "sudo" in shapes.sub("", one[1])] == []
    assert len(said) >= 2, "else nothing was looked at"
