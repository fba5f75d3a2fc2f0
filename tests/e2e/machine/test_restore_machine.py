"""A whole machine there and back again, by the command line: apt, three Python environments and npm at once."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from support.machines.aptbeds import install, offer
from support.machines.machines import FIRST, PREFIX, SECOND, USER, VENV, clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.machines.machines import MachineBed

if shutil.which("npm") is None or shutil.which("node") is None:
    pytest.skip("node and npm are not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def first(empty: MachineBed) -> Iterator[MachineBed]:
    """A machine in the first state, with a snapshot of it tagged `a`."""
    if subprocess.run(["/usr/bin/python3", "-c", "import pip"], check=False).returncode != 0:
        pytest.skip("the system's Python has no pip here")
    with empty.fresh() as made:
        made.install(FIRST)
        made.mark()
        made.cortex("create", "first", "--tag", "a", code=None)
        yield made


@pytest.fixture(scope="module")
def second(first: MachineBed) -> Iterator[MachineBed]:
    with first.fresh() as made:
        made.install(SECOND)
        made.cortex("create", "second", "--tag", "b", code=None)
        yield made


@pytest.fixture
def machine(second: MachineBed) -> Iterator[MachineBed]:
    """A machine that was in the first state, and is in the second, with a snapshot of it tagged `b`."""
    with second.fresh() as made:
        yield made


def test_there_and_back_again_is_exact_and_open_to_others_whatever_the_umask(machine: MachineBed) -> None:
    plan = machine.document("restore", "a", "--dry-run")
    places = {(part["ecosystem"], part["environment"]): len(part["steps"]) for part in plan["parts"]}
    assert places["apt", ""] >= 16
    assert {place for place in places if place[0] == "pip"} == {
        ("pip", VENV),
        ("pip", f"/home/{USER}/.local/lib/python{python(machine)}/site-packages"),
        ("pip", f"/usr/local/lib/python{python(machine)}/dist-packages"),
    }
    assert ("npm", PREFIX) in places
    assert not clean(machine, "a")

    # A careful umask does not hide from others what root restores.
    assert hidden(machine) == []
    back = machine.document("restore", "a", "--yes", umask="077")
    assert back["outcome"]["exact"], back["outcome"]
    assert clean(machine, "a")
    assert hidden(machine) == []
    forth = machine.document("undo", "--yes")
    assert forth["outcome"]["exact"], forth["outcome"]
    assert clean(machine, "b")
    assert "nothing changed since" in machine.cortex("status", "--exit-code").out
    assert "nothing to do" in machine.cortex("restore", "b").out
    assert clean(machine, "b")


def python(machine: MachineBed) -> str:
    return machine.bed.run("/usr/bin/python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])").out.strip()


def test_a_reviewed_plan_is_carried_out_and_refused_when_the_machine_has_changed(machine: MachineBed) -> None:
    machine.cortex("restore", "a", "--dry-run", "--only", "apt", "--plan-out", "/srv/plan.json")
    machine.cortex("restore", "a", "--dry-run", "--only", "apt", "--plan-out", "/srv/plan.json", code=1)
    install(machine.bed, "cx-big=1.0")
    refused = machine.document("restore", "--plan", "/srv/plan.json", "--yes", code=4)
    assert "changed" in refused["error"]["message"]
    install(machine.bed, "cx-big-")
    done = machine.document("restore", "--plan", "/srv/plan.json", "--yes")
    assert done["outcome"]["exact"]


def test_a_plan_that_was_tampered_with_is_refused(machine: MachineBed) -> None:
    machine.cortex("restore", "a", "--dry-run", "--only", "apt", "--plan-out", "/srv/tampered.json")
    place = machine.bed.path("/srv/tampered.json")
    plan = json.loads(place.read_text())
    plan["parts"][0]["steps"][0]["after"]["version"] = "6.6.6"
    place.write_text(json.dumps(plan))
    machine.cortex("restore", "--plan", "/srv/tampered.json", "--yes", code=4)
    assert clean(machine, "b")


def hidden(machine: MachineBed) -> list[str]:
    """Returns what of the environments and of the programs not everybody can read."""
    places = (VENV, PREFIX, "/usr/local/lib", "/usr/bin", "/usr/share/doc", f"/home/{USER}/.local/lib")
    return machine.bed.run("find", *places, "!", "-type", "l", "!", "-perm", "-o=r").out.split()


def test_only_what_was_asked_for_goes_back(machine: MachineBed) -> None:
    found = machine.document("restore", "a", "--yes", "--only", "pip", "--package", "cx-turn", "--environment", VENV)
    assert found["outcome"]["exact"]
    changes = {
        (one["ecosystem"], one["environment"], one["name"]) for one in machine.document("diff", "b", "live")["changes"]
    }
    assert changes == {("pip", VENV, "cx-turn")}


def test_what_no_source_offers_any_more_is_named_as_a_whole_and_nothing_is_touched(machine: MachineBed) -> None:
    vanish(machine)
    plan = machine.document("restore", "a", "--yes", code=4)
    offer(machine.bed, "all")
    missing = {one["package"].split()[0] for one in plan["obstacles"] if one["kind"] == "missing"}
    assert {"cx-app", "cx-lib", "cx-hold", "cx-ess", "cx-arch"} <= missing
    assert plan["outcome"] is None
    assert clean(machine, "b")


def vanish(machine: MachineBed) -> None:
    """Leaves nothing but the newest versions, in no cache and no source."""
    offer(machine.bed, "newest")
    for place in machine.bed.path("/var/cache/apt/archives").glob("*.deb"):
        place.unlink()


def test_what_no_source_offers_any_more_comes_back_from_what_was_kept(first: MachineBed) -> None:
    with first.fresh() as machine:
        # What apt fetched is in its cache no longer; the sources still have it.
        install(machine.bed, "--reinstall", "--download-only", *[word for word in FIRST[0] if "=" in word])
        kept = machine.document("create", "kept", "--tag", "kept", "--only", "apt", "--keep-artifacts", code=None)
        assert kept["artifacts"]["kept"]
        install(machine.bed, *SECOND[0])
        vanish(machine)
        shown = machine.document("show", "kept", "--restorable", code=None)
        plan = machine.document("restore", "kept", "--yes", "--only", "apt")
        assert plan["outcome"]["exact"], plan
        places = {step["source"]["place"] for part in plan["parts"] for step in part["steps"] if step["source"]}
        assert "artifact" in places
        assert shown["restorable"]
        assert machine.document("diff", "kept", "live")["changes"] == []


def test_without_an_answer_nothing_is_done(machine: MachineBed) -> None:
    ended = machine.cortex("restore", "a", "--only", "apt", code=4)
    assert "--yes" in ended.err
    assert clean(machine, "b")


def test_what_the_next_upgrade_would_undo_can_be_held(machine: MachineBed) -> None:
    ended = machine.document("restore", "a", "--yes", "--only", "apt", "--package", "cx-daemon", "--hold")
    held = machine.bed.run("apt-mark", "showhold").out.split()
    assert "cx-daemon" in held
    assert ended["outcome"]["exact"]


@pytest.mark.parametrize(
    "only",
    [("--environment", VENV), pytest.param((), marks=pytest.mark.nightly)],
    ids=["an environment", "all"],
)
def test_root_restores_from_a_users_repository_and_changes_nothing_in_it(
    machine: MachineBed, only: tuple[str, ...]
) -> None:
    theirs = f"/home/{USER}/snapshots"
    machine.bed.run("sh", "-c", f"mv /var/lib/cortex/snapshots {theirs} && chown -R {USER}:{USER} {theirs}")
    listing = ("sh", "-c", f"cd {theirs} && find . -printf '%p %U %m %s %i\\n' | sort")
    before = machine.bed.run(*listing).out
    said = machine.cortex("restore", "a", "--repo", theirs, "--dry-run", code=None)
    assert f"repository: {theirs}, which belongs to the user {USER}" in said.err
    done = machine.document("restore", "a", "--repo", theirs, "--yes", *only)
    assert done["outcome"]["exact"], done["outcome"]
    assert machine.bed.run(*listing).out == before
    assert [one["message"].split()[0] for one in machine.document("list")["snapshots"]] == ["restored", "before"]
    forth = machine.document("undo", "--yes")
    assert forth["outcome"]["exact"], forth["outcome"]
    refused = machine.document("create", "mine", "--repo", theirs, code=4)
    assert f"sudo -u {USER} " in refused["error"]["hint"] or f"runuser -u {USER} -- " in refused["error"]["hint"]
