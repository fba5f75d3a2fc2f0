"""Managers that keep a book of their own: inputs of our own, after reports in public trackers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.machines.installed import distribution, findings, put

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.model.installed import Finding

BIN = "home/ada/.local/bin"
PIPX, UV = "home/ada/.local/share/pipx/venvs/app", "home/ada/.local/share/uv/tools/app"
ENTRY = f'{{ name = "app", install-path = "/{BIN}/app" }}'


class Tool:
    """An application with one command, made by pipx or uv; what its manager notes is written by each test."""

    def __init__(self, root: Path, home: str) -> None:
        """Takes an empty root, and where the environment is."""
        self.root, self.home = root, root / home
        put(root / "etc/passwd", "ada:x:1000:1000::/home/ada:/bin/sh\n")
        put(self.home / "pyvenv.cfg", "home = /usr/bin\nversion = 3.12.1\n")
        self.site = self.home / "lib/python3.12/site-packages"
        distribution(self.site, "app", {"app.py": "1\n", "../../../bin/app": "#!a\n"})
        self.link("app", "app")

    def link(self, name: str, program: str, folder: str = BIN, place: str = "bin") -> None:
        """Makes a link as a manager does."""
        (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / folder / name).symlink_to(f"/{self.home.relative_to(self.root)}/{place}/{program}")

    def pipx(self, injected: object = None, **main: object) -> None:
        """Writes the book of pipx."""
        about = {"package": "app", "package_version": "1.0", "include_apps": True, "apps": ["app"], **main}
        book = {"main_package": about, "injected_packages": injected or {}, "pipx_metadata_version": "0.5"}
        put(self.home / "pipx_metadata.json", json.dumps(book))

    def uv(self, text: str) -> None:
        """Writes the book of uv."""
        put(self.home / "uv-receipt.toml", text)

    def found(self) -> list[Finding]:
        """Returns what is said."""
        return [one for _, one in findings(self.root, "pip", "booked", chosen=[])]

    def told(self) -> list[tuple[str, str]]:
        """Returns the kind and the name of the file of each finding."""
        return [(one.kind, one.path.rpartition("/")[2]) for one in self.found()]


@pytest.mark.parametrize("home", [PIPX, UV])
def test_an_environment_whose_record_is_missing_is_not_known_to_be_right(tmp_path: Path, home: str) -> None:
    """pypa/pipx#347 and #1648: before pipx 0.15, or after a kill, an application has no record of itself."""
    tool = Tool(tmp_path, home)
    assert tool.told() == [("unseen", "app")]
    assert "has no record of this environment" in tool.found()[0].reason


def test_what_pipx_keeps_for_all_has_no_record_and_needs_none(tmp_path: Path) -> None:
    """pypa/pipx#1593: the environment `shared` is none of the applications."""
    put(tmp_path / "etc/passwd", "ada:x:1000:1000::/home/ada:/bin/sh\n")
    put(tmp_path / "home/ada/.local/share/pipx/shared/pyvenv.cfg", "version = 3.12.1\n")
    distribution(tmp_path / "home/ada/.local/share/pipx/shared/lib/python3.12/site-packages", "pip", {"pip.py": "1\n"})
    assert findings(tmp_path, "pip", "booked", chosen=[]) == []


def test_a_record_of_another_version_of_its_form_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """pypa/pipx#1619: "Unknown metadata version 0.5. Perhaps it was installed with a later version of pipx."."""
    tool = Tool(tmp_path, PIPX)
    tool.pipx(source_interpreter={"type": "Path", "__Path__": "/usr/bin/python3"}, pinned=False)
    assert tool.told() == []
    tool.pipx(package_version="2.0")
    assert tool.told() == [("record", "pipx_metadata.json")]


@pytest.mark.parametrize("text", ['{"main_package": ', '{"main_package": null}', '{"pipx_metadata_version": "0.5"}'])
def test_a_damaged_record_is_named(tmp_path: Path, text: str) -> None:
    """pypa/pipx#1863: pipx ended with JSONDecodeError, KeyError or TypeError for such records."""
    tool = Tool(tmp_path, PIPX)
    put(tool.home / "pipx_metadata.json", text)
    [one] = tool.found()
    assert (one.kind, "cannot be read" in one.reason) == ("record", True)


def test_links_of_an_injected_package_that_went_are_named(tmp_path: Path) -> None:
    """pypa/pipx#221 and #293: commands of injected packages stay as links that lead nowhere."""
    tool = Tool(tmp_path, PIPX)
    lint = {"package": "lint", "package_version": "3.0", "include_apps": True, "apps": ["lint"]}
    tool.pipx({"lint": lint})
    tool.link("lint", "lint")
    assert tool.told() == [("record", "pipx_metadata.json"), ("record", "lint")]


def test_links_to_commands_of_dependencies_that_went_are_named(tmp_path: Path) -> None:
    """pypa/pipx#1364: commands that `--include-deps` exposed are still there as broken links."""
    tool = Tool(tmp_path, PIPX)
    tool.pipx(include_dependencies=True, apps_of_dependencies=["ruff"])
    tool.link("ruff", "ruff")
    assert ("record", "ruff") in tool.told()


def test_a_manual_page_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    """pypa/pipx#1853: the link to a manual page is left behind when its package goes."""
    tool = Tool(tmp_path, PIPX)
    tool.pipx(man_pages=["man6/app.6"])
    put(tool.home / "share/man/man6/app.6", "page")
    tool.link("app.6", "app.6", "home/ada/.local/share/man/man6", "share/man/man6")
    assert tool.told() == []
    (tool.home / "share/man/man6/app.6").unlink()
    assert tool.told() == [("record", "app.6")]


def test_a_link_that_is_none_of_the_managers_is_passed_over(tmp_path: Path) -> None:
    """pypa/pipx#8: a person's own `python3` beside the commands was taken for one of pipx's, and removed."""
    tool = Tool(tmp_path, PIPX)
    tool.pipx()
    (tmp_path / BIN / "python3").symlink_to("/home/ada/.pyenv/versions/3.12.1/bin/python3.12")
    assert tool.told() == []


def test_requirements_as_early_versions_of_uv_wrote_them_are_understood(tmp_path: Path) -> None:
    """astral-sh/uv#5151 and #5295: a receipt of an early version has its requirements as texts."""
    tool = Tool(tmp_path, UV)
    tool.uv(f'[tool]\nrequirements = ["app>=1", "other-lib"]\nentrypoints = [{ENTRY}]\n')
    distribution(tool.site, "other_lib", {"other.py": "1\n"})
    assert tool.told() == []
    tool.uv(f'[tool]\nrequirements = ["app>=2"]\nentrypoints = [{ENTRY}]\n')
    assert tool.told() == [("record", "uv-receipt.toml")]


def test_a_receipt_that_uv_refuses_is_named(tmp_path: Path) -> None:
    """astral-sh/uv#5295: "missing field `entrypoints`"; #19630: a receipt that is no TOML."""
    tool = Tool(tmp_path, UV)
    for text in ('[tool]\nrequirements = ["app"]\n', "[tool\n", "[tool]\nrequirements = [{}]\nentrypoints = []\n"):
        tool.uv(text)
        [one] = tool.found()
        assert (one.kind, "cannot be read" in one.reason) == ("record", True)


def test_another_file_in_the_place_of_a_command_is_a_persons_choice(tmp_path: Path) -> None:
    """astral-sh/uv#18854: an executable of this name exists already, and is none of uv's."""
    tool = Tool(tmp_path, UV)
    tool.uv(f'[tool]\nrequirements = [{{ name = "app" }}]\nentrypoints = [{ENTRY}]\n')
    (tmp_path / BIN / "app").unlink()
    put(tmp_path / BIN / "app", "mine\n")
    assert tool.told() == []
