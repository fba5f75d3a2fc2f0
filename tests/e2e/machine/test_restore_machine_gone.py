"""What no source has any more comes back after a restore took it away; and what could not come back is named before."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from support.machines.aptbeds import install, offer
from support.machines.machines import PREFIX, USER, VENV, clean
from support.packages.tarballs import tarball
from support.packages.wheels import wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.machines.machines import MachineBed

if shutil.which("npm") is None or shutil.which("node") is None:
    pytest.skip("node and npm are not installed", allow_module_level=True)

GONE = "/srv/gone"
THEIRS = ("setpriv", "--reuid", USER, "--regid", USER, "--init-groups", "env", f"HOME=/home/{USER}")
QUIET = ("-m", "pip", "install", "-q", "--disable-pip-version-check")
PIP = (f"{VENV}/bin/python", *QUIET)
NPM = ("npm", "install", "-g", "--prefix", PREFIX)
USERS = (*THEIRS, "/usr/bin/python3", *QUIET, "--break-system-packages", "--user")


@pytest.fixture(scope="module", name="first")
def _first(empty: MachineBed) -> Iterator[MachineBed]:
    """A machine with a snapshot tagged `without`, on which packages were installed since whose files are gone."""
    with empty.fresh() as made:
        made.bed.run(*PIP, "cx-app==1.0")
        made.bed.run(*USERS, "cx-turn==1.0")
        made.bed.run(*NPM, "one@1.0.0")
        install(made.bed, "cx-solo=1.0")
        made.cortex("create", "without", "--tag", "without", code=None)
        directory = made.bed.path(GONE)
        private = wheel(directory, "cx-rival", "1.0")
        made.bed.path(f"{GONE}/private.tgz").write_bytes(tarball("cx-rival", "1.0.0"))
        directory.chmod(0o755)
        made.bed.run(*PIP, f"{GONE}/{private.name}")
        made.bed.run(*USERS, f"{GONE}/{private.name}")
        made.bed.run(*NPM, f"{GONE}/private.tgz")
        install(made.bed, "cx-solo=2.0", "cx-hold=1.0")
        shutil.rmtree(directory)
        yield made


@pytest.fixture(name="machine")
def _machine(first: MachineBed) -> Iterator[MachineBed]:
    with first.fresh() as made:
        yield made


def lost(document: dict[str, list[dict[str, str]]]) -> set[tuple[str, str]]:
    return {(one["ecosystem"], one["package"]) for one in document["risks"] if one["kind"] == "no-way-back"}


def test_what_no_source_has_is_kept_and_comes_back(machine: MachineBed) -> None:
    # Only apt's cache has the .deb that goes.
    install(machine.bed, "--reinstall", "--download-only", "cx-hold=1.0")
    assert machine.bed.path("/var/cache/apt/archives/cx-hold_1.0_all.deb").exists()
    offer(machine.bed, "newest")
    install(machine.bed, "--reinstall", "--download-only", "cx-solo=2.0")
    machine.cortex("create", "with", "--tag", "with", code=None)
    only = ("--package", "cx-hold", "--package", "cx-rival")
    plan = machine.document("restore", "without", *only, "--dry-run")
    assert lost(plan) == set()
    assert len(plan["parts"]) == 4
    back = machine.document("restore", "without", *only, "--yes")
    assert back["outcome"]["exact"], back["outcome"]
    assert lost(back) == set()
    machine.bed.run("apt-get", "clean")
    assert not clean(machine, "with")
    forth = machine.document("undo", "--yes")
    assert forth["outcome"]["exact"], forth["outcome"]
    places = {step["source"]["place"] for part in forth["parts"] for step in part["steps"]}
    assert places == {"artifact"}
    assert clean(machine, "with")


def test_what_could_not_come_back_is_named_before_the_question(machine: MachineBed) -> None:
    offer(machine.bed, "newest")
    machine.bed.run("apt-get", "clean")
    for place in (VENV, f"/home/{USER}/.local"):
        (changed,) = machine.bed.path(place).glob("lib/python*/site-packages/cx_rival/__init__.py")
        changed.write_text("changed = True\n")
    only = ("--package", "cx-hold", "--package", "cx-rival")
    plan = machine.document("restore", "without", *only, "--dry-run")
    assert lost(plan) == {("apt", "cx-hold 1.0"), ("pip", "cx-rival 1.0")}
    reasons = [one["reason"] for one in plan["risks"] if one["kind"] == "no-way-back" and one["ecosystem"] == "pip"]
    assert len(reasons) == 2
    assert all("undo could not bring this version back" in reason for reason in reasons)
    shown = machine.cortex("restore", "without", *only, "--dry-run").out
    assert shown.count("no-way-back") == 3


def test_an_environment_is_emptied_only_by_its_name(machine: MachineBed) -> None:
    machine.bed.run("sh", "-c", f"rm -r {VENV}/lib/python*/site-packages/*")
    machine.cortex("create", "empty", "--tag", "empty", code=None)
    machine.bed.run("/usr/bin/python3", "-m", "pip", "--python", f"{VENV}/bin/python", *QUIET[2:], "cx-turn==1.0")
    plan = machine.document("restore", "empty", "--yes", code=3)
    (left,) = [one for one in plan["left"] if one["environment"] == VENV]
    assert "this would remove its only package" in left["reason"]
    assert f"--environment {VENV}`" in left["reason"]
    words = left["reason"].rpartition(" snapshot ")[2].rstrip("`").split()
    back = machine.document(*words, "--yes")
    assert back["outcome"]["exact"], back["outcome"]
    assert clean(machine, "empty")
    # There and back again: an undo goes back to a moment ago, and asks for no name.
    assert machine.document("undo", "--yes")["outcome"]["exact"]
    assert not clean(machine, "empty")
    assert machine.document("undo", "--yes")["outcome"]["exact"]
    assert clean(machine, "empty")
