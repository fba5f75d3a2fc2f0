"""EXACT is about files: a command that another distribution or package has taken over is the first one's again."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from support.machines.machines import PREFIX, VENV
from support.packages.tarballs import tarball
from support.packages.wheels import wheel

if TYPE_CHECKING:
    from support.machines.machines import MachineBed

if shutil.which("npm") is None or shutil.which("node") is None:
    pytest.skip("node and npm are not installed", allow_module_level=True)

WHEELS = "/srv/rivals"


def test_a_program_of_another_distribution_is_the_first_ones_again(empty: MachineBed) -> None:
    with empty.fresh() as made:
        wheel(made.bed.path(WHEELS), "cx-rival", "1.0", scripts=["cx-app"])
        pip = (f"{VENV}/bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check")
        made.bed.run(*pip, "cx-app==1.0")
        program = made.bed.path(f"{VENV}/bin/cx-app").read_text()
        made.cortex("create", "--environment", VENV, "--only", "pip", "--keep-artifacts", code=None)
        made.bed.run(*pip, "--find-links", WHEELS, "cx-rival")
        assert made.bed.path(f"{VENV}/bin/cx-app").read_text() != program
        plan = made.document("restore", "latest", "--environment", VENV, "--dry-run")
        [part] = plan["parts"]
        assert [(step["kind"], step["before"]["name"]) for step in part["steps"]] == [
            ("remove", "cx-rival"), ("reinstall", "cx-app"),
        ]  # fmt: skip
        back = made.document("restore", "latest", "--environment", VENV, "--yes")
        assert back["outcome"]["exact"], back["outcome"]
        assert made.bed.path(f"{VENV}/bin/cx-app").read_text() == program
        made.cortex("verify", "--installed", "--environment", VENV)


def test_a_command_of_another_npm_package_is_the_first_ones_again(empty: MachineBed) -> None:
    with empty.fresh() as made:
        made.bed.path("/srv/rival.tgz").write_bytes(tarball("cx-rival", "1.0.0", bin={"one": "cli.js"}))
        npm = ("npm", "install", "-g", "--prefix", PREFIX)
        made.bed.run(*npm, "one@1.0.0")
        made.cortex("create", "--environment", PREFIX, "--only", "npm", "--keep-artifacts", code=None)
        made.bed.run(*npm, "--force", "/srv/rival.tgz")
        command = made.bed.path(f"{PREFIX}/bin/one")
        assert "cx-rival" in str(command.readlink())
        back = made.document("restore", "latest", "--environment", PREFIX, "--yes")
        assert back["outcome"]["exact"], back["outcome"]
        assert str(command.readlink()) == "../lib/node_modules/one/cli.js"
