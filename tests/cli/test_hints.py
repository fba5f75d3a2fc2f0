"""Commands in messages work as written.

Every command of this tool between backticks in the package is run, with a value for each word that stands for one; and
in situations that provoke hints, the commands of the hint are run in the very situation.
"""

from __future__ import annotations

import ast
import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.machines.roots import make_root
from support.processes.command_line import CommandLine
from support.restores.commands import Restores

import cortexrepo
from cortexrepo.model.package import Package
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.processes.command_line import Result

COMMAND = re.compile(r"`(?:sudo (?:-u \S+ )?)?cortex snapshot ([^`]*)`")
WORDS = {
    "NAME": "golden",
    "COMMAND": "list",
    "REV": "latest",
    "ID": "{gone}",
    "ID...": "{gone}",
    "REPO": "{backup}",
    "DIR": "{full}",
    "FILE": "{new}",
    "PATH": "/opt/venv",
    "OTHER": "/opt/venv",
    "INNER": "p",
    "OUTER": "q",
}
"""Words that stand for a value in hints that cannot know it."""
VALUES = {
    "name": "golden",
    "row.name": "p",
    "quote(entry.location)": "{full}",
    "quote(last.location or 'DIR')": "{full}",
    "shlex.quote(equal)": "openssl==3.0.11-1",
    "shlex.quote(every)": "openssl",
    "expression.subject.text": "openssl",
    "' '.join((one[:SHORT] for one in found))": "{gone}",
}
"""What expressions in commands are; every other one is a snapshot."""
READS_THIS_MACHINE = ("verify --installed", "verify --repair", "artifacts fetch")
"""Only parsed: they would read the whole machine that runs the tests, or start its package managers."""
THEN = {("pip", "/opt/venv"): [Package("p", "", "1.0"), Package("q", "", "1.0")]}
CHANGED = {("pip", "/opt/venv"): [Package("p", "", "2.0"), Package("q", "", "2.0")]}


def texts() -> Iterator[str]:
    """Yields the texts of the package, except docstrings, with {expression} where a value goes."""
    for path in sorted(Path(cortexrepo.__file__).parent.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        inner = {id(one) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for one in node.values}
        inner |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                yield "".join(
                    str(one.value) if isinstance(one, ast.Constant) else f"{{{ast.unparse(one.value)}}}"  # type: ignore[attr-defined]
                    for one in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
                yield node.value


def commands() -> list[str]:
    """Returns every command in a text once."""
    return sorted({match[1] for text in texts() for match in COMMAND.finditer(text)})


def valued(command: str) -> str:
    """Returns a command with values for the words that stand for one."""
    command = re.sub(r"\{([^{}]*(?:\{\})?[^{}]*)\}", lambda found: VALUES.get(found[1], "{id}"), command)
    return " ".join(WORDS.get(word, word) for word in command.split())


class Bed:
    """Repositories that commands run in."""

    def __init__(self, directory: Path) -> None:
        """Makes them: a snapshot with a tag, one that is deleted, one more; a copy of it all; and an empty one."""
        self.directory = directory
        self.root = make_root(directory / "root")
        line = CommandLine(directory / "template", self.root)
        self.id = str(line("create", "first", "--json").json()["id"])
        make_root(self.root, apt={"bash": "6", "openssl": "3.0.11-1"})
        self.gone = str(line("create", "gone", "--json").json()["id"])
        line("create", "last")
        line("tag", "golden", self.id)
        line("delete", self.gone, "--yes")
        shutil.copytree(directory / "template", directory / "backup")
        Repository.init(directory / "nothing")

    def line(self, place: Path, template: str = "template") -> CommandLine:
        """Returns the command line over a copy of a repository."""
        shutil.copytree(self.directory / template, place / "full")
        return CommandLine(place / "full", self.root)

    def filled(self, command: str, place: Path) -> list[str]:
        """Returns the words of a command with what is in the bed."""
        made = command.format(
            id=self.id, gone=self.gone, full=place / "full", backup=self.directory / "backup", new=place / "new"
        )
        return shlex.split(made)


@pytest.fixture(scope="module", name="bed")
def _bed(tmp_path_factory: pytest.TempPathFactory) -> Bed:
    return Bed(tmp_path_factory.mktemp("hints"))


def run_restore(words: list[str], place: Path, monkeypatch: pytest.MonkeyPatch, identity: str) -> Result:
    """Runs a restore in the situation that its hint is for."""
    restores = Restores(place, THEN, CHANGED, monkeypatch)
    if "--resume" in words or "--abort" in words:
        restores.interrupt("p")
    if words[0] == "undo":
        restores("restore", restores.id, "--yes")
    known = {identity: restores.id, "golden": "p", str(place / "full"): restores.bench.repository.location}
    return restores(*[known.get(word, word) for word in words])


def test_every_command_in_a_message_is_no_wrong_usage(
    bed: Bed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = commands()
    assert len(found) > 40
    wrong = []
    for number, command in enumerate(found):
        place = tmp_path / str(number)
        place.mkdir()
        words = bed.filled(valued(command), place)
        if command.startswith(READS_THIS_MACHINE):
            words.append("--help")
        if words[0] in {"restore", "undo"}:
            ended = run_restore(words, place, monkeypatch, bed.id)
        else:
            ended = bed.line(place)(*words)
        if ended.code == 2:
            wrong.append((command, words, ended.err))
    assert not wrong, "\n".join(map(str, wrong))


def nothing(_line: CommandLine) -> None:
    """Changes nothing."""


SITUATIONS: list[tuple[str, list[str], Callable[[CommandLine], object], int]] = [
    ("template", ["tag", "golden"], nothing, 0),
    ("template", ["show", "nothing-of-that-name"], nothing, 0),
    ("template", ["show", "ffffffff"], nothing, 0),
    ("template", ["show", "live~1"], nothing, 0),
    ("template", ["show", "{gone}"], nothing, 0),
    ("template", ["undelete", "latest"], lambda line: line("undelete", "latest"), 0),
    ("template", ["undelete", "{id}"], nothing, 0),
    ("template", ["undelete", "ffffffff"], nothing, 0),
    ("nothing", ["undelete", "ffffffff"], nothing, 0),
    ("nothing", ["show"], nothing, 0),
    ("nothing", ["status"], nothing, 0),
    ("nothing", ["list"], nothing, 0),
    ("template", ["list"], lambda line: [line("delete", "latest", "--yes") for _ in range(2)], 0),
    ("template", ["tag", "--delete", "nothing"], nothing, 0),
    ("template", ["search", "openssl=3.0"], nothing, 0),
    ("template", ["show", "live", "--restorable"], nothing, 0),
    ("template", ["delete", "latest", "--yes"], nothing, 0),
    ("template", ["list", "--repo", "{new}"], nothing, 0),
    ("template", ["restore", "live"], nothing, 0),
]
"""A repository, a command that is refused or says what comes next, what goes before, and how the way out ends."""


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda one: " ".join(one[1]) + f" ({one[0]})")
def test_the_way_out_that_a_command_names_works(
    bed: Bed, tmp_path: Path, situation: tuple[str, list[str], Callable[[CommandLine], object], int]
) -> None:
    template, words, before, code = situation
    line = bed.line(tmp_path, template)
    before(line)
    ended = line(*bed.filled(shlex.join(words), tmp_path))
    ways = re.findall(r"`cortex snapshot ([^`]*)`", ended.err + ended.out)
    assert ways, ended
    for way in ways:
        found = line(*bed.filled(valued(way), tmp_path))
        assert found.code == code, (way, found)


def test_a_missing_choice_is_named_without_escaped_characters(cortex: CommandLine) -> None:
    assert cortex("artifacts").err.startswith("cortex: Missing argument '{list|fetch}'. Choose from: list, fetch\n")
    assert "\\" not in cortex("artifacts", "keep").err + cortex("list", "--color", "red").err
