"""pipx and uv keep books of the environments that they have made, and links to the commands in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from support.machines.installed import distribution, findings, put

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.model.installed import Finding

HOMES = tuple(f"home/ada/.local/{one}/toolx" for one in ("share/pipx/venvs", "pipx/venvs", "share/uv/tools"))
PIPX, _, UV = HOMES
BIN = "home/ada/.local/bin"


class Application:
    """An application that a manager has installed in a root: version 1.0 with the commands `toolx` and `old`."""

    def __init__(self, root: Path, home: str) -> None:
        """Takes an empty root, and where the environment is."""
        self.root, self.home = root, root / home
        put(root / "etc/passwd", "ada:x:1000:1000::/home/ada:/bin/sh\n")
        put(self.home / "pyvenv.cfg", "version = 3.11.2\n")
        self.site = self.home / "lib/python3.11/site-packages"
        programs = {"../../../bin/toolx": "#!a\n", "../../../bin/old": "#!b\n"}
        distribution(self.site, "toolx", {"toolx.py": "1\n", **programs})
        self.bin = root / BIN
        self.bin.mkdir(parents=True)
        for name in ("toolx", "old"):
            self.link(name)
        self.note()

    def link(self, name: str, program: str = "") -> None:
        """Makes a link as the manager does."""
        (self.bin / name).symlink_to(f"/{self.home.relative_to(self.root)}/bin/{program or name}")

    def note(self, version: str = "1.0", *, commands: tuple[str, ...] = ("toolx", "old"), **more: object) -> None:
        """Writes the manager's book."""
        main = {"package": "toolx", "package_version": version, "include_apps": True, "apps": commands, **more}
        put(self.home / "pipx_metadata.json", json.dumps({"main_package": main, "injected_packages": {}}))
        if "uv" in str(self.home):
            (self.home / "pipx_metadata.json").unlink()
            entries = ", ".join(f'{{ name = "{one}", install-path = "/{BIN}/{one}" }}' for one in commands)
            asked = f'{{ name = "toolx", specifier = "=={version}" }}'
            put(self.home / "uv-receipt.toml", f"[tool]\nrequirements = [{asked}]\nentrypoints = [{entries}]\n")

    def found(self) -> list[Finding]:
        """Returns what is said."""
        return [one for _, one in findings(self.root, "pip", "booked", chosen=[])]

    def told(self) -> list[str]:
        """Returns the names of the files that something is said of."""
        return [one.path.rpartition("/")[2] for one in self.found()]


@pytest.fixture(params=HOMES)
def application(request: pytest.FixtureRequest, tmp_path: Path) -> Application:
    return Application(tmp_path, request.param)


def test_an_application_that_is_as_its_book_says_is_right(application: Application) -> None:
    assert application.told() == []


def test_another_version_in_the_book_is_named_with_the_way_out(application: Application) -> None:
    application.note("2.0")
    [one] = application.found()
    assert one.kind == "record"
    assert "2.0, and version 1.0 is installed" in one.reason
    assert "install --force toolx==1.0`" in one.reason


def test_commands_that_are_missing_dangling_or_surplus_are_named(application: Application) -> None:
    application.note(commands=("toolx", "new", "more"))
    (application.bin / "old").unlink()
    application.link("new")
    put(application.home / "bin/more", "#!c\n")
    application.link("more")
    assert sorted(set(application.told()) - {"uv-receipt.toml"}) == ["more", "new", "old"]
    reasons = {one.path.rpartition("/")[2]: one.reason for one in application.found()}
    assert "no command of the application" in reasons["more"]
    assert "does not exist" in reasons["new"]
    assert "is missing" in reasons["old"]


def test_other_commands_in_the_book_of_uv_are_named(tmp_path: Path) -> None:
    application = Application(tmp_path, UV)
    application.note(commands=("toolx", "new"))
    [one] = application.found()
    assert one.path.endswith("/uv-receipt.toml")
    assert "the commands new, toolx, and the application has old, toolx: `uv tool install" in one.reason


def test_what_another_has_at_the_place_of_a_command_is_no_missing_command(application: Application) -> None:
    (application.bin / "old").unlink()
    put(application.bin / "old", "mine\n")
    put(application.home / "bin/python", "#!\n")
    application.link("toolpython", "python")
    assert application.told() == []


def test_commands_with_a_suffix_and_packages_that_show_none(tmp_path: Path) -> None:
    application = Application(tmp_path, PIPX)
    for name in ("toolx", "old"):
        (application.bin / name).rename(application.bin / f"{name}@1")
    distribution(application.site, "library", {"../../../bin/lib": "#!d\n"})
    application.note(suffix="@1")
    assert application.told() == []
    (application.bin / "old@1").unlink()
    assert application.told() == ["old@1"]
    application.note(suffix="@1", include_dependencies=True)
    assert application.told() == ["lib@1", "old@1"]


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 100_000, '{"main_package": {"package": 1}}', "\udcff"])
@pytest.mark.parametrize("home", [PIPX, UV])
def test_a_damaged_book_is_named(tmp_path: Path, home: str, text: str) -> None:
    application = Application(tmp_path, home)
    file = application.home / ("pipx_metadata.json" if home == PIPX else "uv-receipt.toml")
    file.write_bytes(text.encode(errors="surrogateescape") or b"\0")
    [one] = application.found()
    assert (one.kind, "cannot be read" in one.reason) == ("record", True)


def test_where_nobody_knows_the_links_that_is_said(tmp_path: Path) -> None:
    application = Application(tmp_path, "opt/toolx")
    [one] = application.found()
    assert (one.kind, "does not know where pipx has the commands" in one.reason) == ("unseen", True)


def test_an_environment_that_a_manager_made_and_has_no_record_of_is_not_known_to_be_right(
    application: Application,
) -> None:
    for name in ("pipx_metadata.json", "uv-receipt.toml"):
        (application.home / name).unlink(missing_ok=True)
    [one] = application.found()
    assert (one.kind, "has no record of this environment" in one.reason) == ("unseen", True)


def test_an_environment_that_a_person_made_has_no_book(tmp_path: Path) -> None:
    application = Application(tmp_path, "opt/toolx")
    (application.home / "pipx_metadata.json").unlink()
    assert application.found() == []
