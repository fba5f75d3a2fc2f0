"""Where apt keeps things: told by its files, and equal to what `apt-config` says."""

from __future__ import annotations

import os
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.machines.dpkg_roots import needs

from cortexrepo.ecosystems.apt.places import USUAL, Places, places, unsure
from cortexrepo.ecosystems.apt.settings import Settings
from cortexrepo.machine.rooted_files import RootedSystem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONFIGURATIONS: dict[str, dict[str, str]] = {
    "nothing": {},
    "the archives elsewhere": {"99x": 'Dir::Cache::Archives "/srv/apt";\n'},
    "relative, in scopes": {"a": 'Dir { Cache "ram/"; State { Lists "l//"; "x"; }; };'},
    "names in other letters": {"a": 'DIR::cache::ARCHIVES "/A/b";'},
    "the last one counts": {"a": 'Dir::Cache "/one";', "b.conf": 'Dir::Cache "/two";', "MAIN": 'Dir::Etc "/three";'},
    "names that do not count": {"x.bak": 'Dir::Cache "/x";', "y~": 'Dir::Cache "/y";', "a.b": 'Dir::Cache "/z";'},
    "a name with dots": {"a.b.conf": 'Dir::Cache "/z";', ".conf": 'Dir::Cache "/no";'},
    "comments": {
        "a": '// Dir::Cache "/1";\n# Dir::Cache "/2"; {\n/* Dir::Cache "/3"; */ Dir::State "/s"; # "\nX "http://y//z";'
    },
    "hooks with signs in them": {"a": 'DPkg::Post-Invoke {"rm -f /x || true; echo }"; "{";};\nDir::Cache "/c";'},
    "without quotes": {"a": "Dir::Cache::archives /plain/x;\n"},
    "cleared": {"a": 'Dir::Cache::archives "/a";', "b": "#clear Dir::Cache::archives;\n"},
    "included": {"a": '#include "/INC/more";\n', "INC": 'Dir::State::lists "/from/include";'},
    "another main file": {
        "a": 'Dir::Etc::main "other.conf";',
        "MAIN": 'Dir::Cache "/no";',
        "OTHER": 'Dir::Cache "/o";',
    },
    "no main file": {"a": 'Dir::Etc::main "";', "MAIN": 'Dir::Cache "/no";'},
    "values in two parts": {"a": 'Dir::Cache "/a" "b";'},
    "marks elsewhere": {"a": 'Dir::State::extended_states "/marks";'},
    "dots in the path": {"a": 'Dir::Cache::archives "/a/./b/../c/";'},
}
_NAMES = [
    "Cache::archives/d",
    "State::lists/d",
    "State::extended_states/f",
    "Etc::sourcelist/f",
    "Etc::sourceparts/d",
    "Etc::preferences/f",
    "Etc::preferencesparts/d",
]


def _written(root: Path, files: Mapping[str, str]) -> None:
    parts = root / "etc/apt/apt.conf.d"
    parts.mkdir(parents=True)
    special = {"MAIN": root / "etc/apt/apt.conf", "OTHER": root / "etc/apt/other.conf", "INC": root / "inc/more"}
    (root / "inc").mkdir()
    for name, text in files.items():
        special.get(name, parts / name).write_text(text)


def _said(root: Path) -> list[str]:
    """Returns what `apt-config` says of the places of a root: its files are read where a first one says."""
    (root / "first").write_text(f'Dir "{root}/";\n')
    words = [word for number, name in enumerate(_NAMES) for word in (f"A{number}", f"Dir::{name}")]
    variables = {"APT_CONFIG": f"{root}/first", "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    output = subprocess.run(
        ["apt-config", "shell", *words], env=variables, capture_output=True, text=True, check=True
    ).stdout
    values = dict(line.partition("=")[::2] for line in output.splitlines())
    found = [shlex.split(values.get(f"A{number}", "''"))[0] for number in range(len(_NAMES))]
    return [(path.removeprefix(str(root)) or "/").rstrip("/") for path in found]


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_the_places_are_those_that_apt_config_says(tmp_path: Path, name: str) -> None:
    needs("apt-config")
    files = CONFIGURATIONS[name]
    _written(tmp_path, {key: text.replace("/INC/", f"{tmp_path}/inc/") for key, text in files.items()})
    expected = _said(tmp_path)
    for path in (tmp_path / "etc/apt/apt.conf.d").iterdir():
        path.write_text(path.read_text().replace(f"{tmp_path}/inc/", "/inc/"))
    found = places(RootedSystem(str(tmp_path)))
    assert found.problems == ()
    assert list(found.places[: len(_NAMES)]) == expected


def test_a_machine_that_nobody_configured_has_the_usual_places(tmp_path: Path) -> None:
    _written(tmp_path, {"a": 'APT::Periodic::Enable "1";'})
    assert places(RootedSystem(str(tmp_path))).places is USUAL
    settings = Settings()
    assert settings.path("Dir::Cache::Archives") == USUAL.archives
    assert Places(*USUAL) == USUAL


def test_settings_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    _written(tmp_path, {"a": " " * (1 << 20) + "x"})
    [problem] = places(RootedSystem(str(tmp_path))).problems
    assert problem.startswith("/etc/apt/apt.conf.d/a: ")


def test_files_that_include_themselves_come_to_an_end(tmp_path: Path) -> None:
    _written(tmp_path, {"a": '#include "/etc/apt/apt.conf.d/a";\nDir::Cache "/c";'})
    assert places(RootedSystem(str(tmp_path))).places.archives == "/c/archives"


@given(st.text(alphabet='ab:"{};#/* \n\\%.', max_size=60))
def test_no_text_is_too_strange(text: str) -> None:
    settings = Settings()
    settings.read(text)
    settings.path("Dir::Cache::Archives")


def test_settings_that_cannot_be_read_matter_only_where_nothing_is_in_its_usual_place(tmp_path: Path) -> None:
    _written(tmp_path, {"a": " " * (1 << 20) + "x"})
    system = RootedSystem(str(tmp_path))
    found = places(system)
    assert unsure(system, found, USUAL.sources, "") == found.problems
    (tmp_path / "etc/apt/sources.list").touch()
    assert unsure(system, found, USUAL.sources) == ()
