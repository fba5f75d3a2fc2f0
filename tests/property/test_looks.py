"""Two looks at one machine: whatever the callers' variables, what only one of them saw is never called a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cortexrepo.ecosystems.registry import compare
from cortexrepo.machine.budget import SpentError
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.diff import ADDED, REMOVED, Diff, diff
from cortexrepo.model.looked import coverage
from cortexrepo.model.plan import Selection
from cortexrepo.recording.collecting import gather
from cortexrepo.recording.view import Alone
from cortexrepo.restore.plan.selection import choose

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cortexrepo.machine.files import Entry
    from cortexrepo.model.inventory import Inventory

HOMES = ("/home/ada", "/data/bob")
VENVS = (
    "/home/ada/venv", "/home/ada/.venv", "/home/ada/work/.venv", "/home/ada/deep/work/venv", "/home/ada/.virtualenvs/w",
    "/home/ada/.local/share/pipx/venvs/black",
    "/home/ada/.local/share/pipx/shared", "/home/ada/venvs/v", "/home/ada/.cache/pypoetry/virtualenvs/p", "/app/.venv",
    "/home/ada/src/app/.venv", "/home/ada/.local/share/hatch/env/virtual/app/h4sh/app",
    "/mnt/xdg/hatch/env/virtual/app/h4sh/app",
    "/mnt/xdg/pipx/venvs/p", "/mnt/xdg/pypoetry/virtualenvs/q", "/data/bob/env", "/opt/app", "/opt/app/venv",
    "/srv/x/.venv",
    "/mnt/ws/one", "/mnt/ws/venvs/two", "/mnt/ws/versions/3.11.2", "/mnt/else/venv", "/home/else/venv",
)  # fmt: skip
BARE = ("/home/ada/.pyenv/versions/3.12.1", "/mnt/pyenv/versions/3.12.1", "/home/ada/python", "/opt/python")
CONDA = ("/opt/conda", "/home/ada/miniconda3/envs/c", "/mnt/conda")
TARGETS = ("/home/ada/libs", "/opt/libs")
SITES = (
    "/usr/lib/python3/dist-packages", "/usr/local/lib/python3.11/dist-packages",
    "/home/ada/.local/lib/python3.11/site-packages", "/mnt/base/lib/python3.11/site-packages",
)  # fmt: skip
PREFIXES = (
    "/usr", "/usr/local", "/home/ada/.npm-global", "/home/ada/js", "/data/bob/.nvm/versions/node/v20.1.0",
    "/opt/node-20", "/mnt/npm", "/home/ada/.nvm/versions/node/v18.0.0", "/mnt/nvm/versions/node/v18.0.0", "/mnt/star",
)  # fmt: skip
PLACES = (*VENVS, *BARE, *CONDA, *TARGETS, *SITES, *PREFIXES)
VALUES = st.sampled_from([
    *PLACES, *HOMES, *(place.rpartition("/")[0] for place in PLACES), "/mnt", "/mnt/ws", "/mnt/pyenv", "/mnt/nvm",
    "/mnt/base", "/mnt/xdg", "/mnt/xdg/hatch", "/mnt/*", "/*", "relative", "", "/nowhere", "~",
])  # fmt: skip
VARIABLES = (
    "HOME", "npm_config_prefix", "NPM_CONFIG_PREFIX", "PREFIX", "N_PREFIX", "NVM_DIR",
    "VIRTUAL_ENV", "CONDA_PREFIX", "PIPX_HOME", "PYENV_ROOT", "WORKON_HOME", "UV_TOOL_DIR", "PYTHONUSERBASE", "PATH",
    "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "POETRY_CACHE_DIR", "POETRY_VIRTUALENVS_PATH",
    "HATCH_DATA_DIR",
)  # fmt: skip
CALLERS = st.dictionaries(st.sampled_from(VARIABLES), VALUES, max_size=5)
NAMED = st.lists(st.sampled_from([*PLACES, "/nowhere"]), max_size=2)


def distribution(site: Path) -> None:
    (site / "one-1.0.dist-info").mkdir(parents=True)
    (site / "one-1.0.dist-info/METADATA").write_text("Name: one\nVersion: 1.0\n\n")


def built(root: Path, *, empty: bool) -> Path:
    """Makes a machine with every environment, or the same without any."""
    (root / "etc").mkdir(parents=True)
    rows = "".join(f"u{uid}:x:{uid}:{uid}::{home}:/bin/sh\n" for uid, home in enumerate(HOMES, 1000))
    (root / "etc/passwd").write_text(rows)
    for home in HOMES:
        (root / home[1:]).mkdir(parents=True)
    if empty:
        return root
    for place in (*VENVS, *BARE, *CONDA):
        distribution(root / place[1:] / "lib/python3.11/site-packages")
    for place in VENVS:
        (root / place[1:] / "pyvenv.cfg").write_text("version = 3.11.2\nhome = /usr/bin\n")
    for place in CONDA:
        (root / place[1:] / "conda-meta").mkdir()
    for place in (*TARGETS, *SITES):
        distribution(root / place[1:])
    for place in PREFIXES:
        package = root / place[1:] / "lib/node_modules/one"
        package.mkdir(parents=True)
        (package / "package.json").write_text('{"name": "one", "version": "1.0.0"}')
    return root


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A machine with every environment, and the same machine before any of them was made."""
    place = tmp_path_factory.mktemp("looks")
    return str(built(place / "full", empty=False)), str(built(place / "bare", empty=True))


def look(root: str, caller: dict[str, str], named: Sequence[str] = ()) -> Inventory:
    system = RootedSystem(root)
    system.environment = caller
    return gather(Alone(system), only=["pip", "npm"], known=named)[0]


def between(before: Inventory, after: Inventory) -> Diff:
    return diff(before.readings, after.readings, compare, (coverage(before.looked), coverage(after.looked)))


def environments(found: Inventory) -> set[tuple[str, str]]:
    return {(one.ecosystem, one.environment) for one in found.readings if one.environment}


QUICK = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUICK
@given(CALLERS, CALLERS, NAMED, NAMED)
def test_two_looks_at_an_unchanged_machine_tell_of_no_change(
    machines: tuple[str, str], mine: dict[str, str], theirs: dict[str, str], first: list[str], second: list[str]
) -> None:
    before, after = look(machines[0], mine, first), look(machines[0], theirs, second)
    found = between(before, after)
    assert found.changes == ()
    assert found.facts == ()
    only_one = environments(before) ^ environments(after)
    assert only_one <= {(one.ecosystem, one.environment) for one in found.unknown}
    chosen = choose(after, before, Selection(), compare)
    assert not [work for work in chosen.works if work.steps]
    assert only_one <= {(one.ecosystem, one.environment) for one in chosen.left}


@QUICK
@given(CALLERS, CALLERS, NAMED)
def test_what_is_called_a_change_was_looked_for_on_both_sides(
    machines: tuple[str, str], mine: dict[str, str], theirs: dict[str, str], named: list[str]
) -> None:
    """The oracle: a look with the one caller's variables at the other machine finds the environment."""
    bare, full, would = look(machines[1], mine), look(machines[0], theirs, named), look(machines[0], mine)
    for found, kind in ((between(bare, full), ADDED), (between(full, bare), REMOVED)):
        assert {one.kind for one in found.changes} <= {kind}
        assert {(one.ecosystem, one.environment) for one in found.changes} <= environments(would)
        assert environments(full) == {one[:2] for one in found.changes} | {one[:2] for one in found.unknown}


@QUICK
@given(CALLERS, CALLERS)
def test_what_a_snapshot_has_is_looked_for_by_whoever_knows_it(
    machines: tuple[str, str], mine: dict[str, str], theirs: dict[str, str]
) -> None:
    before = look(machines[0], mine)
    after = look(machines[1], theirs, [one.environment for one in before.readings])
    found = between(before, after)
    assert found.unknown == ()
    assert {(one.ecosystem, one.environment) for one in found.changes} == environments(before)


class Spent(RootedSystem):
    """A machine of which reading must end in one home."""

    def entries(self, path: str) -> list[Entry]:
        if path.startswith(HOMES[0]):
            raise SpentError("enough was read")
        return super().entries(path)

    def is_directory(self, path: str) -> bool:
        if path.startswith(HOMES[0]):
            raise SpentError("enough was read")
        return super().is_directory(path)


def test_a_home_that_was_not_begun_was_not_looked_at(machines: tuple[str, str]) -> None:
    found = gather(Alone(Spent(machines[0])), only=["pip", "npm"])[0]
    gaps = {(one.ecosystem, one.environment) for one in found.readings if one.manifest is None}
    assert {(name, home) for name in ("pip", "npm") for home in HOMES} <= gaps
    assert [one.homes for one in found.looked] == [(), ()]
    assert between(found, look(machines[0], {})).changes == between(look(machines[0], {}), found).changes == ()


def test_the_usual_places_are_known_to_be_empty_where_nothing_is(machines: tuple[str, str]) -> None:
    bare, full = look(machines[1], {}), look(machines[0], {})
    found = between(bare, full)
    # No pattern speaks of directories with any name.
    assert [one.environment for one in found.unknown] == ["/home/ada/deep/work/venv"]
    known = environments(full) - {("pip", "/home/ada/deep/work/venv")}
    assert {(one.ecosystem, one.environment) for one in found.changes} == known
    assert len(environments(full)) > len(PLACES) // 2
