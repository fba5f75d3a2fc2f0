from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import cortexrepo

ROOT = str(Path(__file__).resolve().parents[3])


def text_of(name: str) -> str:
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text_of("README.md"), flags=re.DOTALL)


def test_the_python_example_runs(tmp_path: object) -> None:
    (example,) = blocks("python")
    package = os.path.dirname(os.path.dirname(cortexrepo.__file__))
    done = subprocess.run(
        [sys.executable, "-c", example],
        cwd=str(tmp_path),
        env={**os.environ, "PYTHONPATH": package},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "1 snapshot"


def test_there_are_three_commands_and_the_last_is_what_ci_runs() -> None:
    machine, user, tests = (block.strip() for block in blocks("sh"))
    for one in (machine, user, tests):
        assert "\n" not in one
    for one in (machine, user):
        assert [word for word in ("create", "list", "diff") if f"cortex snapshot {word}" not in one] == []
    assert text_of(".ci/run").splitlines()[-1] == tests


def test_the_machine_wide_installation_is_one_that_sudo_finds() -> None:
    from cortexrepo.cli.program import SECURE

    machine = blocks("sh")[0]
    (link,) = re.findall(r"ln -sf (/\S+) (/\S+)", machine)
    assert os.path.dirname(link[1]) in SECURE.split(":")
    assert f"{os.path.dirname(link[0])}/pip install" in machine


def test_the_commands_of_the_first_line_exist() -> None:
    from cortexrepo.cli.main import COMMANDS

    named = set(re.findall(r"cortex snapshot ([a-z]+(?:-[a-z]+)*)", text_of("README.md")))
    assert named - set(COMMANDS) == set()
    assert {name for name in COMMANDS if f"`{name}`" not in text_of("README.md")} - named == set()


def test_every_link_in_the_documents_leads_somewhere() -> None:
    names = ["README.md", *(f"docs/{name}" for name in os.listdir(os.path.join(ROOT, "docs")) if name.endswith(".md"))]
    for name in names:
        for target in re.findall(r"\]\(([^)#:]+)\)", text_of(name)):
            assert os.path.exists(os.path.join(ROOT, os.path.dirname(name), target)), f"{name}: {target}"


def test_the_ways_to_install_are_those_of_the_readme_and_each_has_its_packages() -> None:
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text_of("docs/install.md").splitlines()]
    table = {row[0]: row[1:] for row in rows if len(row) == 5}
    machine, user = (block.strip() for block in blocks("sh")[:2])
    for place, line in ((0, machine), (3, user)):
        update = table["update, after `git pull`"][place].strip("`")
        assert update in line
        assert {"python3-venv", "git"} < set(table["from apt"][place].strip("`").split())
    assert table["`cortex` is"] == [
        f"`{path}`"
        for path in ("/usr/local/bin/cortex", "~/.local/bin/cortex", "~/.local/bin/cortex", ".venv/bin/cortex")
    ]
    removed = table["remove"][0].strip("`").split()[2:]
    assert [path for path in removed if path not in machine] == []


def test_the_packages_for_the_whole_suite_are_those_that_ci_installs() -> None:
    (named,) = re.findall(r"these packages:\n`([^`]+)`", text_of("README.md"))
    installed = re.findall(r"\bmissing\+=\(([a-z0-9 -]+)\)", text_of(".ci/run"))
    assert named.split() == sorted({package for line in installed for package in line.split()})
