"""Places that were not looked at: inputs of our own, after reports in public trackers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.installed import distribution, put

from cortexrepo.ecosystems.registry import compare
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.diff import diff
from cortexrepo.model.looked import coverage
from cortexrepo.model.plan import Selection
from cortexrepo.recording.collecting import gather
from cortexrepo.recording.view import Alone
from cortexrepo.restore.plan.selection import choose

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.model.inventory import Inventory

VARIABLES = [
    ("XDG_DATA_HOME", "/data", "/data/virtualenvs/v", "microsoft/vscode-python-environments#1185"),
    ("WORKON_HOME", "/data/w", "/data/w/v", "microsoft/vscode-python-environments#1185, pypa/pipenv#280"),
    ("XDG_DATA_HOME", "/data", "/data/pipx/venvs/v", "pypa/pipx#722"),
    ("XDG_DATA_HOME", "/data", "/data/pipx/shared", "pypa/pipx#722"),
    ("PIPX_HOME", "/data/p", "/data/p/venvs/v", "pypa/pipx#1063"),
    ("XDG_DATA_HOME", "/data", "/data/uv/tools/v", "after pypa/pipx#722, for uv"),
    ("XDG_CACHE_HOME", "/data", "/data/pypoetry/virtualenvs/v", "after pypa/pipx#722, for poetry"),
    ("POETRY_CACHE_DIR", "/data", "/data/virtualenvs/v", "after pypa/pipx#722, for poetry"),
    ("HATCH_DATA_DIR", "/data", "/data/env/virtual/app/h4sh/app", "microsoft/python-environment-tools#460"),
    ("XDG_DATA_HOME", "/data", "/data/hatch/env/virtual/app/h4sh/app", "after pypa/hatch#600"),
    ("POETRY_VIRTUALENVS_PATH", "/data/e", "/data/e/v", "after pypa/pipx#722, for poetry"),
]
PREFIXES = [
    ("PREFIX", "/data/local", "/data/local", "nvm-sh/nvm#692"),
    ("NPM_CONFIG_PREFIX", "/data/npm", "/data/npm", "nvm-sh/nvm#855"),
    ("npm_config_prefix", "/data/npm", "/data/npm", "nvm-sh/nvm#2161"),
    ("XDG_CONFIG_HOME", "/data", "/data/nvm/versions/node/v20.1.0", "after nvm-sh/nvm#1979, for nvm's other place"),
    ("NVM_DIR", "/data/nvm", "/data/nvm/versions/node/v9.1.0", "nvm-sh/nvm#1979"),
]


def venv(root: Path, place: str) -> None:
    """Makes a virtual environment with one package."""
    put(root / place[1:] / "pyvenv.cfg", "home = /usr/bin\nversion = 3.12.1\n")
    distribution(root / place[1:] / "lib/python3.12/site-packages", "alpha", {"alpha.py": "1\n"})


def prefix(root: Path, place: str) -> None:
    """Makes an npm prefix with one package."""
    put(root / place[1:] / "lib/node_modules/alpha/package.json", '{"name": "alpha", "version": "1.0.0"}')


def look(root: Path, **variables: str) -> Inventory:
    """Returns what a caller with these variables sees."""
    put(root / "etc/passwd", "ada:x:1000:1000::/home/ada:/bin/sh\n")
    system = RootedSystem(str(root))
    system.environment = variables
    return gather(Alone(system), only=["pip", "npm"])[0]


def seen(found: Inventory) -> list[str]:
    """Returns the environments with packages."""
    return [one.environment for one in found.readings if one.manifest is not None and one.manifest.packages]


def changes(before: Inventory, after: Inventory) -> tuple[int, list[str]]:
    """Returns how many changes there are, and the environments that were not compared."""
    found = diff(before.readings, after.readings, compare, (coverage(before.looked), coverage(after.looked)))
    return len(found.changes), [one.environment for one in found.unknown]


@pytest.mark.parametrize(
    ("variable", "value", "place"), [row[:3] for row in VARIABLES], ids=[f"{row[3]}: {row[2]}" for row in VARIABLES]
)
def test_a_python_environment_that_a_variable_leads_to(tmp_path: Path, variable: str, value: str, place: str) -> None:
    """The source of each case is in its name."""
    venv(tmp_path, place)
    _is_found_and_never_a_change(tmp_path, variable, value, place)


@pytest.mark.parametrize(
    ("variable", "value", "place"), [row[:3] for row in PREFIXES], ids=[f"{row[3]}: {row[2]}" for row in PREFIXES]
)
def test_a_prefix_that_a_variable_leads_to(tmp_path: Path, variable: str, value: str, place: str) -> None:
    """The source of each case is in its name."""
    prefix(tmp_path, place)
    _is_found_and_never_a_change(tmp_path, variable, value, place)


def _is_found_and_never_a_change(root: Path, variable: str, value: str, place: str) -> None:
    """A caller without the variable sees nothing there, and neither look tells of a change or lets one be removed."""
    with_it, without = look(root, **{variable: value}), look(root)
    assert (seen(with_it), seen(without)) == ([place], [])
    assert changes(without, with_it) == (0, [place])
    assert changes(with_it, without) == (0, [place])
    chosen = choose(with_it, without, Selection(), compare)
    assert not [work for work in chosen.works if work.steps]
    assert [one.environment for one in chosen.left if one.environment] == [place]


def test_the_users_packages_elsewhere(tmp_path: Path) -> None:
    """Several trackers have reports of PYTHONUSERBASE; the input is of our own."""
    distribution(tmp_path / "data/base/lib/python3.12/site-packages", "alpha", {"alpha.py": "1\n"})
    place = "/data/base/lib/python3.12/site-packages"
    _is_found_and_never_a_change(tmp_path, "PYTHONUSERBASE", "/data/base", place)


@pytest.mark.parametrize(
    "place",
    [
        "/home/ada/.cache/pypoetry/virtualenvs/app-AbCd-py3.12",
        "/home/ada/.local/share/pdm/venvs/app-x-3.12",
        "/home/ada/.venvs/app",
        "/home/ada/venvs/app",
        "/home/ada/Envs/app",
        "/home/ada/src/app/.venv",
        "/home/ada/projects/app/venv",
        "/home/ada/app/appenv",
        "/opt/app/app-venv",
        "/home/ada/.local/share/hatch/env/virtual/app/h4sh/app",
        "/app/.venv",
        "/venv",
    ],
)
def test_places_where_managers_and_people_keep_environments(tmp_path: Path, place: str) -> None:
    """Environments that a tool did not find where they usually are.

    python-poetry/poetry#3709, astral-sh/uv#8514, pypa/hatch#600, and, for those of projects, posit-dev/positron#16168.
    """
    venv(tmp_path, place)
    assert seen(look(tmp_path)) == [place]


@pytest.mark.parametrize(
    "place", ["/home/ada/.config/nvm/versions/node/v20.1.0", "/usr/local/share/nvm/versions/node/v20.1.0"]
)
def test_places_where_node_is_installed(tmp_path: Path, place: str) -> None:
    """nvm-sh/nvm#954 and #1156: `npm ls -g` shows nothing, and with sudo it shows the packages."""
    prefix(tmp_path, place)
    assert seen(look(tmp_path)) == [place]


def test_an_environment_that_is_called_like_its_project_is_first_seen(tmp_path: Path) -> None:
    """After posit-dev/positron#16168: no pattern says that it was looked for, so its absence before is no emptiness."""
    before = look(tmp_path)
    venv(tmp_path, "/srv/app/app-venv")
    assert changes(before, look(tmp_path)) == (0, ["/srv/app/app-venv"])


def test_a_place_that_an_earlier_version_did_not_look_at_is_first_seen(tmp_path: Path) -> None:
    """After nvm-sh/nvm#1156: what was there all the time is no addition when somebody looks for the first time."""
    venv(tmp_path, "/home/ada/venvs/app")
    now = look(tmp_path)
    earlier = look(tmp_path)
    places = [
        one._replace(places=tuple(place for place in one.places if "/venvs" not in place.path)) for one in now.looked
    ]
    readings = tuple(one for one in earlier.readings if not one.environment.endswith("/app"))
    earlier = earlier._replace(readings=readings, looked=tuple(places))
    assert changes(earlier, now) == (0, ["/home/ada/venvs/app"])
