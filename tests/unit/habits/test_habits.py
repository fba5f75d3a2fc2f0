"""The habits are checked in throw-away git repositories: what is found, what is passed over, and what is unknown."""

from __future__ import annotations

import os
import subprocess
import tomllib
from typing import TYPE_CHECKING

import pytest
from habits import check, fragments, texts

if TYPE_CHECKING:
    from pathlib import Path

FRAGMENT = "docs/changelog.d/+word.changed.md"


class Project:
    """A git repository with one commit, after which the habits are checked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main")
        self.since = self.commit("The first", {"cortexrepo/cli/list.py": 'print("no such snapshots")\n'})

    def git(self, *arguments: str) -> str:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run(
            ["git", *identity, *arguments], cwd=self.folder, env=environment, capture_output=True, check=True, text=True
        )
        return done.stdout.strip()

    def commit(self, message: str, files: dict[str, str]) -> str:
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def check(self) -> int:
        return check.main(str(self.folder), self.since)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    try:
        return Project(folder)
    except FileNotFoundError:
        pytest.skip("git is not installed")


@pytest.mark.parametrize(("length", "code"), [(72, 0), (73, 1)])
def test_a_subject_has_at_most_72_characters(
    project: Project, length: int, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    name = project.commit("x" * length, {})
    assert project.check() == code
    assert (f"commit {name[:7]} has a subject of 73 characters" in capsys.readouterr().err) == bool(code)


def test_older_subjects_are_as_they_are(project: Project) -> None:
    project.since = project.commit("x" * 100, {})
    assert project.check() == 0


def test_the_subject_of_a_merge_counts_too(project: Project) -> None:
    project.git("checkout", "--quiet", "-b", "side")
    project.commit("A side", {"a": "a"})
    project.git("checkout", "--quiet", "main")
    project.git("merge", "--quiet", "--no-ff", "-m", "x" * 73, "side")
    assert project.check() == 1


@pytest.mark.parametrize(
    "path", ["tests/data/help.txt", "docs/json.md", "tests/data/formats/v2/ref", "cortexrepo/disk/lock.py"]
)
def test_a_change_that_users_see_needs_a_fragment(
    project: Project, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name = project.commit("Something else", {path: 'print("the lock is held")\n'})
    assert project.check() == 1
    assert f"commit {name[:7]} changes what users see" in capsys.readouterr().err
    project.commit("Its fragment", {FRAGMENT: "It was. It is.\n"})
    assert project.check() == 0


def test_a_fragment_in_the_same_commit_is_enough(project: Project) -> None:
    project.commit("Another text", {"cortexrepo/cli/list.py": 'print("no snapshots")\n', FRAGMENT: "It is.\n"})
    assert project.check() == 0


def test_a_fragment_answers_for_no_later_commit(project: Project) -> None:
    project.commit("A fragment", {FRAGMENT: "It is.\n"})
    project.commit("Another text", {"cortexrepo/cli/list.py": 'print("no snapshots")\n'})
    assert project.check() == 1


def test_a_fragment_answers_for_no_commit_of_another_branch(project: Project) -> None:
    project.git("checkout", "--quiet", "-b", "side")
    project.commit("Another text", {"cortexrepo/cli/list.py": 'print("no snapshots")\n'})
    project.git("checkout", "--quiet", "main")
    project.commit("A fragment", {FRAGMENT: "It is.\n"})
    project.git("merge", "--quiet", "--no-ff", "-m", "Merge the side", "side")
    assert project.check() == 1


def test_a_fragment_that_goes_at_a_release_asks_for_no_new_one(project: Project) -> None:
    project.commit("Another text", {"cortexrepo/cli/list.py": 'print("no snapshots")\n', FRAGMENT: "It is.\n"})
    (project.folder / FRAGMENT).unlink()
    project.commit("Version 2", {"docs/changelog.md": "It is.\n"})
    assert project.check() == 0


def test_a_fragment_that_goes_answers_for_nothing(project: Project) -> None:
    project.commit("A fragment", {FRAGMENT: "It is.\n"})
    (project.folder / FRAGMENT).unlink()
    project.commit("Another text", {"cortexrepo/cli/list.py": 'print("no snapshots")\n'})
    assert project.check() == 1


def test_a_merge_asks_for_no_fragment_beside_that_of_its_branch(project: Project) -> None:
    project.git("checkout", "--quiet", "-b", "side")
    project.commit("Another text", {"cortexrepo/cli/list.py": 'print("no snapshots")\n', FRAGMENT: "It is.\n"})
    project.git("checkout", "--quiet", "main")
    project.git("merge", "--quiet", "--no-ff", "-m", "Merge the side", "side")
    assert project.check() == 0


def test_a_text_that_goes_is_a_change_too(project: Project) -> None:
    project.commit("No text", {"cortexrepo/cli/list.py": "print()\n"})
    assert project.check() == 1


def test_the_kinds_of_fragments_are_those_that_towncrier_prints() -> None:
    with open(os.path.join(check.ROOT, "pyproject.toml"), "rb") as file:
        types = tomllib.load(file)["tool"]["towncrier"]["type"]
    assert tuple(one["directory"] for one in types) == fragments.KINDS


def test_a_text_that_moves_to_another_file_is_no_change_for_users(project: Project) -> None:
    (project.folder / "cortexrepo/cli/list.py").unlink()
    project.commit("A move", {"cortexrepo/cli/commands/list.py": 'if True:\n    print("no such snapshots")\n'})
    assert project.check() == 0


def test_the_author_can_say_that_users_see_nothing(project: Project) -> None:
    project.commit("Another\n\nWhy.\n\nChangelog: none\n", {"cortexrepo/cli/list.py": 'print("never seen")\n'})
    assert project.check() == 0


@pytest.mark.parametrize("name", ["+word.repaired.md", "word.fixed.md", "+Word.fixed.txt"])
def test_a_fragment_that_towncrier_would_pass_over_is_named(
    project: Project, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project.commit("A fragment", {f"docs/changelog.d/{name}": "It is.\n"})
    assert project.check() == 1
    assert f"docs/changelog.d/{name} is not named" in capsys.readouterr().err


def test_an_empty_fragment_is_named(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.commit("A fragment", {FRAGMENT: "\n"})
    assert project.check() == 1
    assert f"{FRAGMENT} is empty" in capsys.readouterr().err


@pytest.mark.parametrize("depth", [1, 2])
def test_a_shallow_clone_is_searched_as_far_as_it_goes(
    project: Project, tmp_path: Path, depth: int, capsys: pytest.CaptureFixture[str]
) -> None:
    project.commit("Another text", {"cortexrepo/cli/list.py": 'print("no snapshots")\n'})
    project.commit("x" * 73, {"a": "a"})
    clone = tmp_path / "clone"
    project.git("clone", "--quiet", f"--depth={depth}", f"file://{project.folder}", str(clone))
    assert check.main(str(clone), project.since) == 1
    printed = capsys.readouterr()
    assert f"looked at {depth} commits of this clone, which is shallow" in printed.out
    assert "1 of them were not searched for changes" in printed.out
    assert printed.err.count("error:") == 1


def test_a_whole_clone_of_main_says_the_same(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project.commit("Another text", {"cortexrepo/cli/list.py": 'print("no snapshots")\n'})
    assert project.check() == 1
    before = capsys.readouterr()
    project.git("clone", "--quiet", str(project.folder), str(tmp_path / "clone"))
    assert check.main(str(tmp_path / "clone"), project.since) == 1
    assert capsys.readouterr() == before


def test_outside_of_a_checkout_the_commits_are_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(str(tmp_path)) == 0
    assert "commits were not looked at" in capsys.readouterr().out


def test_a_copy_inside_another_checkout_is_not_taken_for_it(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.commit("x" * 73, {"inner/a": "a"})
    assert check.main(str(project.folder / "inner"), project.since) == 0
    assert "is not the top of a git checkout" in capsys.readouterr().out


def test_a_history_without_the_first_commit_is_unknown(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.since = "0" * 40
    assert project.check() == 0
    assert "does not contain 0000000" in capsys.readouterr().out


def test_without_git_the_commits_are_unknown(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert project.check() == 0
    assert "git is not installed" in capsys.readouterr().out


def test_texts_are_prose_and_neither_docstrings_nor_types() -> None:
    source = (
        '"""Of it."""\n\ndef f(x):\n    """Of f."""\n    return f"no {x} is here", "word", cast("A | B", "two words")\n'
    )
    assert texts.shown(source) == {"is here", "two words"}
