"""The links of a manager of applications go and come with the programs that they lead to."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from support.packages.wheels import wheel
from support.restores.pip_restores import Bench, listed, room, rows, run, shelved

from cortexrepo.ecosystems.pip.restore import restorer as pip

if TYPE_CHECKING:
    from pathlib import Path


class Application:
    """An environment in pipx's place, without packages, and the wheels of two versions of one application."""

    def __init__(self, base: Path, manager: str) -> None:
        """Takes an empty directory."""
        wheels, local = base / "wheels", base / "home/.local"
        wheel(wheels, "toolx", "1.0", scripts=("toolx", "old"))
        wheel(wheels, "toolx", "2.0", scripts=("toolx", "new"))
        wheel(wheels, "library", "1.0", scripts=("lib",))
        environment = local / {"pipx": "share/pipx/venvs", "uv": "share/uv/tools"}[manager] / "toolx"
        self.bin = local / "bin"
        self.bin.mkdir(parents=True)
        run([sys.executable, "-m", "venv", "--without-pip", str(environment)], base)
        self.bench = shelved(Bench(environment, room(base)), wheels)
        self.note(manager)

    def note(self, manager: str) -> None:
        """Writes the manager's book."""
        if manager == "uv":
            entry = f'{{ name = "toolx", install-path = "{self.bin}/toolx" }}'
            text = f'[tool]\nrequirements = [{{ name = "toolx" }}]\nentrypoints = [{entry}]\n'
            (self.bench.environment / "uv-receipt.toml").write_text(text)
            return
        main = {"package": "toolx", "package_version": "1.0", "apps": ["toolx"]}
        (self.bench.environment / "pipx_metadata.json").write_text(json.dumps({"main_package": main}))

    def to(self, version: str, end: str = "finish") -> None:
        """Restores the environment to a version."""
        self.bench.new_room()
        part = self.bench.part(rows(toolx=version, library="1.0"))
        for phase in (pip.fetch, pip.apply, getattr(pip, end)):
            phase(part, self.bench.room)

    def links(self) -> dict[str, str]:
        """Returns the links, and where they lead."""
        return {path.name: str(path.readlink()) for path in self.bin.iterdir() if path.is_symlink()}

    def wanted(self, *names: str) -> dict[str, str]:
        """Returns the links of commands."""
        return {name: f"{self.bench.environment}/bin/{name}" for name in names}


@pytest.fixture(params=["pipx", "uv"])
def application(request: pytest.FixtureRequest, tmp_path: Path) -> Application:
    return Application(tmp_path.resolve(), request.param)


def test_links_go_and_come_with_their_programs_and_are_taken_back(application: Application) -> None:
    application.to("1.0")
    assert application.links() == application.wanted("toolx", "old")
    before = listed([application.bench.environment, application.bin])
    application.to("2.0", "revert")
    assert listed([application.bench.environment, application.bin]) == before
    application.to("2.0")
    assert application.links() == application.wanted("toolx", "new")
    application.to("1.0")
    assert listed([application.bench.environment, application.bin]) == before
    assert run([str(application.bin / "old")], application.bin) == "toolx 1.0\n"


def test_what_is_not_the_managers_is_left_alone(application: Application) -> None:
    application.to("1.0")
    (application.bin / "toolx").unlink()
    (application.bin / "mine").symlink_to(application.bench.environment / "bin/old")
    (application.bin / "new").write_text("another's\n")
    application.to("2.0")
    assert application.links() == {"mine": f"{application.bench.environment}/bin/old"}
    assert (application.bin / "new").read_text() == "another's\n"


def test_no_link_is_made_through_a_link_or_by_a_damaged_book(application: Application) -> None:
    application.bin.rename(application.bin.with_name("elsewhere"))
    application.bin.symlink_to("elsewhere")
    application.to("1.0")
    assert application.links() == {}
    application.bin.unlink()
    application.bin.with_name("elsewhere").rename(application.bin)
    for book in (*application.bench.environment.glob("*.json"), *application.bench.environment.glob("*.toml")):
        book.write_text("{")
    application.to("2.0")
    assert application.links() == {}
