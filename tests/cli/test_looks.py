"""Environments that not every snapshot looked at, and environments that were made anew: how commands tell of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.machines.roots import make_root

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.processes.command_line import CommandLine


def only(rows: object) -> dict[str, object]:
    assert isinstance(rows, list)
    [row] = rows
    assert isinstance(row, dict)
    return row


def distribution(site: Path) -> None:
    (site / "six-1.0.dist-info").mkdir(parents=True)
    (site / "six-1.0.dist-info/METADATA").write_text("Name: six\nVersion: 1.0\n\n")


def virtual(place: Path, configuration: str = "version = 3.11.2\nhome = /usr/bin\n") -> None:
    distribution(place / "lib/python3.11/site-packages")
    (place / "pyvenv.cfg").write_text(configuration)


def bare(place: Path) -> None:
    distribution(place / "lib/python3.11/site-packages")


def prefix(place: Path) -> None:
    (place / "lib/node_modules/six").mkdir(parents=True)
    (place / "lib/node_modules/six/package.json").write_text('{"name": "six", "version": "1.0.0"}')


UNSEEN = {
    "a virtual environment": ("pip", "/deep/down/venv", virtual),
    "an interpreter": ("pip", "/opt/python", bare),
    "a directory of packages": ("pip", "/opt/libs", distribution),
    "a site": ("pip", "/mnt/lib/python3.11/site-packages", distribution),
    "a prefix": ("npm", "/deep/down/js", prefix),
    "a prefix beside known ones": ("npm", "/opt/js", prefix),
}


@pytest.mark.parametrize(("ecosystem", "path", "make"), UNSEEN.values(), ids=UNSEEN)
def test_an_environment_that_one_side_did_not_look_at_is_no_change(
    cortex: CommandLine, ecosystem: str, path: str, make: Callable[[Path], None]
) -> None:
    make(cortex.root / path[1:])
    cortex("create", "nightly")
    cortex("create", "by hand", "--environment", path)
    seen = cortex("diff", "latest~1", "latest", "--exit-code")
    assert seen.code == 3
    assert f"  {ecosystem} {path}: first seen (the earlier snapshot did not look there)\n" in seen.out
    back = cortex("diff", "latest", "latest~1", "--exit-code")
    assert back.code == 3
    assert f"  {ecosystem} {path}: not looked at (the later snapshot did not look there)\n" in back.out
    assert "six" not in seen.out + back.out
    unknown = only(cortex("diff", "latest~1", "latest", "--json").json()["unknown"])
    assert (unknown["kind"], unknown["ecosystem"], unknown["environment"]) == ("first-seen", ecosystem, path)
    assert unknown["from"] == unknown["to"] is not None
    # Whoever knows it looks there: that it is gone is sure.
    shutil.rmtree(cortex.root / path[1:])
    status = cortex("status", "--exit-code")
    assert status.code == 5
    assert "first seen" not in status.out
    assert "six" in status.out


def test_show_says_where_was_looked(cortex: CommandLine) -> None:
    home = cortex.root / "home/ada"
    home.mkdir(parents=True)
    (cortex.root / "etc/passwd").write_text("ada:x:1000:1000::/home/ada:/bin/sh\n")
    cortex("create", "--only", "pip,apt", "--environment", "/opt/venv")
    for revision in ("latest", "live"):
        looked = cortex("show", revision, "--json").json()["looked"]
        assert isinstance(looked, list)
        [row] = [one for one in looked if one["ecosystem"] == "pip"]
        assert row["homes"] == ["/home/ada"]
        assert {"place": "~/.pyenv/versions/*", "kinds": ["conda", "prefix", "pyenv", "uv-python", "pipx", "uv-tool",
                                                         "venv"]} in row["places"]  # fmt: skip


def test_the_usual_places_were_looked_at(cortex: CommandLine) -> None:
    shutil.rmtree(cortex.root / "opt/venv")
    cortex("create")
    make_root(cortex.root)
    virtual(cortex.root / "srv/app/.venv")
    prefix(cortex.root / "opt/node-20")
    out = cortex("diff", "--exit-code").out
    assert out.count("  added\n") == 3
    assert "first seen" not in out


def test_a_package_that_is_nowhere_is_absent_only_where_everything_was_looked_at(cortex: CommandLine) -> None:
    cortex("create", "whole")
    for command in ("search", "log"):
        found = cortex(command, "nowhere")
        assert (found.code, found.out) == (6, "")
        assert "looked at" not in found.err
        document = cortex(command, "nowhere", "--json").json()
        assert (document["error"]["kind"], document["unknown"]) == ("absent", [])  # type: ignore[index]
    assert cortex("search", "openssl=9").code == 6
    cortex("create", "in part", "--only", "apt")
    for command in ("search", "log"):
        found = cortex(command, "nowhere")
        assert (found.code, found.out) == (7, "")
        assert "  pip  " in found.err
        assert found.err.count("  the ecosystem was not recorded\n") == 4
        assert "for the next time, record every ecosystem: `" in found.err
        document = cortex(command, "nowhere", "--json").json()
        assert document["error"]["kind"] == "not-looked-at"  # type: ignore[index]
        [row] = [one for one in document["unknown"] if one["ecosystem"] == "pip"]  # type: ignore[attr-defined]
        assert row["from"] == row["to"]
        assert (row["environment"], row["reason"]) == ("", "the ecosystem was not recorded")
        # Of apt everything was looked at.
        assert cortex(command, "apt:nowhere").code == 6
    assert cortex("search", "nowhere", "--ecosystem", "apt").code == 6


def test_an_environment_that_was_first_seen_later_was_not_looked_at_before(cortex: CommandLine) -> None:
    virtual(cortex.root / "deep/down/venv")
    cortex("create")
    cortex("create", "--environment", "/deep/down/venv")
    assert "six" not in cortex("log").out
    assert cortex("log", "six").out == ""
    assert "note: not everything was looked at: 1 part of the past cannot show 'six'" in cortex("log", "six").err
    assert "at the latest from" in cortex("search", "six").out
    row = only(cortex("search", "six", "--json").json()["unknown"])
    assert (row["environment"], row["reason"]) == ("/deep/down/venv", "nobody looked there")
    assert cortex("search", "nowhere").code == 7
    assert cortex("search", "nowhere", "--environment", "/opt/venv").code == 6
    # It goes, and comes back: both are sure, for its place was looked at.
    shutil.rmtree(cortex.root / "deep/down/venv")
    cortex("create")
    virtual(cortex.root / "deep/down/venv")
    cortex("create")
    cortex("create", "--environment", "/deep/down/venv")
    out = cortex("search", "six").out
    assert "gone by" in out
    assert out.count("at the latest from") == 1
    told = cortex("log", "six").out
    assert told.count("added") == told.count("removed") == 1


def test_a_home_that_was_not_searched_is_named(cortex: CommandLine) -> None:
    home = cortex.root / "home/ada"
    home.mkdir(parents=True)
    (cortex.root / "etc/passwd").write_text("ada:x:1000:1000::/home/ada:/bin/sh\n")
    (home / ".npmrc").mkdir()
    cortex("create")
    found = cortex("search", "nowhere")
    assert found.code == 7
    assert "npm /home/ada" in found.err
    assert cortex("search", "pip:nowhere").code == 6


def test_the_lines_are_bounded(cortex: CommandLine) -> None:
    for number in range(103):
        (cortex.root / f"opt/v{number}").mkdir()
        (cortex.root / f"opt/v{number}/pyvenv.cfg").write_text("version = 3.11.2\n")
    cortex("create")
    err = cortex("search", "nowhere").err
    assert err.count("the site-packages directory is missing") == 100
    assert "  and 3 more: --json has all\n" in err


ANEW = {
    "venv": ("python", "version = 3.12.1\nhome = /usr/bin\n", "python  3.11 → 3.12"),
    "virtualenv": ("python", "home = /usr/bin\nversion_info = 3.13.0.final.0\n", "python  3.11 → 3.13"),
    "uv": ("python", "home = /usr/bin\nuv = 0.5\nversion_info = 3.10.4\n", "python  3.11 → 3.10"),
    "another build": ("base", "home = /opt/python/bin\nversion = 3.11.9\n", "base  /usr/bin → /opt/python/bin"),
}


@pytest.mark.parametrize(("name", "configuration", "line"), ANEW.values(), ids=ANEW)
def test_an_environment_that_was_made_anew_is_a_difference(
    cortex: CommandLine, name: str, configuration: str, line: str
) -> None:
    cortex("create")
    (cortex.root / "opt/venv/pyvenv.cfg").write_text(configuration)
    if name == "python":
        lib = cortex.root / "opt/venv/lib"
        (lib / "python3.11").rename(lib / f"python{line.rpartition(' ')[2]}")
    found = cortex("diff", "--exit-code")
    assert found.code == 5
    assert f"pip /opt/venv\n  environment changed\n    {line}\n" in found.out
    assert found.out.endswith("\n1 environment changed\n")
    assert f"~  pip /opt/venv  {line}" in cortex("status").out
    assert name in cortex("diff", "--stat").out
    fact = only(cortex("diff", "--json").json()["facts"])
    assert (fact["environment"], fact["name"]) == ("/opt/venv", name)


def test_another_node_in_a_prefix_is_a_difference(cortex: CommandLine) -> None:
    header = cortex.root / "usr/include/node/node_version.h"
    header.parent.mkdir(parents=True)
    text = "#define NODE_MAJOR_VERSION {}\n#define NODE_MINOR_VERSION 1\n#define NODE_PATCH_VERSION 0\n"
    header.write_text(text.format(18))
    cortex("create")
    header.write_text(text.format(20))
    assert "npm /usr\n  environment changed\n    node  18.1.0 → 20.1.0\n" in cortex("diff").out


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a directory to another user")
def test_another_owner_is_a_difference(cortex: CommandLine) -> None:
    cortex("create")
    os.chown(cortex.root / "usr/lib/node_modules", 4242, 4242)
    assert "owner  0 → 4242" in cortex("diff").out


def on_this_machine(place: Path, *words: str, **variables: str) -> dict[str, object]:
    """Runs a command here, and returns its document."""
    environment = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "CONDA_PREFIX"}}
    ended = subprocess.run(
        [sys.executable, "-m", "cortexrepo", *words, "--json"],
        env={**environment, "HOME": str(place), "CORTEX_REPO": str(place / "repo"), **variables},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(ended.stdout)
    assert isinstance(found, dict)
    return found


def test_a_place_that_a_variable_named_for_the_snapshot_is_looked_at_again(tmp_path: Path) -> None:
    place = tmp_path / "deep/down/venv"
    on_this_machine(tmp_path, "create", "--only", "pip", VIRTUAL_ENV=str(place))
    assert on_this_machine(tmp_path, "status")["changes"] == []
    virtual(place)
    for command in ("status", "diff"):
        change = only(on_this_machine(tmp_path, command)["changes"])
        assert (change["environment"], change["name"], change["kind"]) == (str(place), "six", "added")
