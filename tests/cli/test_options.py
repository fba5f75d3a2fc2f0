"""Every option of every command on every path: it makes a difference, or it is refused, or the table says why not.

Options come from click's own tree: a new one without a value here, and one that a path ignores, fail the test.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, NamedTuple

import click
import pytest
from support.machines.roots import make_root
from support.processes.command_line import CommandLine, Result
from support.repositories.legacy import write
from support.restores.commands import Restores

from cortexrepo.cli.main import COMMANDS, snapshot
from cortexrepo.cli.main import cortex as top
from cortexrepo.model.package import Package
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DPKG = """\
2026-03-01 12:00:00 startup archives unpack
2026-03-01 12:00:00 upgrade openssl:amd64 3.0.9-1 3.0.11-1
2026-03-01 12:00:00 status half-installed openssl:amd64 3.0.9-1
2026-03-01 12:00:01 status unpacked openssl:amd64 3.0.11-1
2026-03-01 12:00:02 configure openssl:amd64 3.0.11-1 <none>
2026-03-01 12:00:02 status installed openssl:amd64 3.0.11-1
"""
THEN = {
    ("apt", ""): [Package("a", "amd64", "1.0"), Package("b", "amd64", "1.0")],
    ("pip", "/opt/venv"): [Package("p", "", "1.0"), Package("q", "", "1.0")],
}
CHANGED = {
    ("apt", ""): [Package("a", "amd64", "2.0"), Package("b", "amd64", "1.0")],
    ("pip", "/opt/venv"): [Package("p", "", "2.0"), Package("q", "", "1.0")],
}

VALUES = {
    "action": "list",
    "artifacts_limit": "1",
    "color": "always",
    "ecosystem": "pip",
    "environment": "/opt/venv",
    "environments": "/opt/venv",
    "exclude": "a",
    "expire_deleted": "now",
    "keep_last": "3",
    "keep_tag": "golden",
    "keep_within": "1d",
    "limit": "1",
    "message": "words",
    "only": "pip",
    "packages": "p",
    "plan_in": "{plan}",
    "plan_out": "{new}",
    "repo": "{new}",
    "root": "{root2}",
    "since_ms": "2037-01-01",
    "sources": "{backup}",
    "tag": "golden",
    "tags": "new",
    "until_ms": "2001-01-01",
    **{f"keep_{span}": "1" for span in ("hourly", "daily", "weekly", "monthly", "yearly")},
}
"""A value for each option that takes one, by its parameter."""
IN_A_PIPE = {"no_pager": "on a terminal alone: tests/cli/test_pager.py", "dates": "the same: tests/cli/test_output.py"}
"""Options of which a pipe shows nothing, with the test that does."""
_NEVER = "nothing is asked there"
_NOBODY = "without a terminal and without --yes the command is declined before it makes a plan"
_NOTHING_THERE = "no restore is recorded or interrupted, which ends the command"
_HELD_BY_APT = "data: the machine in memory holds nothing; tests/e2e/machine/test_restore_machine.py has that"
_SAME_RULES = "data: the other rule keeps the same snapshots"
_NO_COLOUR = "the result has nothing in colour"
_ALL = "the default, in words"
_ALL_THERE = "data: everything is available; tests/cli/test_skip_unavailable.py is about what is not"
_DATA = "data: nothing there is concerned"


class Path_(NamedTuple):  # noqa: N801 -- `Path` is a file's
    """A way through a command.

    Attributes:
        words: The command; `{id}`, `{old}` and the like stand for what the bed has.
        bed: `full`, `empty` (a repository without a snapshot), or a state of a restore.
        refused: Options that are wrong usage there.
        same: Options that change nothing there, each with the reason.
    """

    words: str
    bed: str = "full"
    refused: tuple[str, ...] = ()
    same: dict[str, str] = {}  # noqa: RUF012 -- read only


_ENDS = ("only", "packages", "environments", "exclude", "hold", "plan_in", "plan_out")
_PLANNED = ("only", "packages", "environments", "exclude", "hold", "skip", "resume", "abort")
_INSTALLED = ("packages", "environments", "root")


def same(reason: str, *names: str, **others: str) -> dict[str, str]:
    """Returns options with the reason for which they change nothing."""
    return {**dict.fromkeys(names, reason), **others}


PATHS = (
    Path_("create", same=same(_DATA, "environments")),
    Path_("create", "empty", same=same(_DATA, "environments")),
    Path_("list"),
    Path_("list", "empty", same=same(_NO_COLOUR, "color", limit=_DATA)),
    Path_("list --deleted", same=same(_DATA, "limit")),
    Path_("show {id}", refused=("root",)),
    Path_("show live", refused=("repo", "restorable")),
    Path_("diff"),
    Path_("diff {old}"),
    Path_("diff {old} {id}", refused=("root",)),
    Path_("diff live live", same=same(_DATA, "root", "stat", "tell", color=_NO_COLOUR)),
    Path_("status"),
    Path_(
        "restore {id}",
        "to do",
        refused=("abort", "plan_in", "resume"),
        same=same(_NOBODY, "environments", "exclude", "hold", "only", "packages", "plan_out", "skip", color=_NO_COLOUR),
    ),
    Path_(
        "restore {id} --yes",
        "to do",
        refused=("abort", "dry_run", "plan_in", "resume"),
        same=same(_HELD_BY_APT, "hold", skip=_ALL_THERE),
    ),
    Path_(
        "restore {id} --dry-run",
        "to do",
        refused=("abort", "plan_in", "resume", "yes"),
        same=same(_HELD_BY_APT, "hold", skip=_ALL_THERE),
    ),
    Path_(
        "restore {id} --yes",
        "nothing to do",
        refused=("abort", "dry_run", "plan_in", "resume"),
        same=same(_DATA, "exclude", "packages", hold=_HELD_BY_APT, skip=_ALL_THERE),
    ),
    Path_("restore --plan {plan} --yes", "to do", refused=(*_PLANNED, "dry_run")),
    Path_("restore --plan {plan} --dry-run", "to do", refused=(*_PLANNED, "yes")),
    Path_("restore --resume", "interrupted", refused=(*_ENDS, "abort"), same=same(_NEVER, "yes", skip=_ALL_THERE)),
    Path_("restore --abort", "interrupted", refused=(*_ENDS, "resume", "skip"), same=same(_NEVER, "yes")),
    Path_("restore --resume --dry-run", "interrupted", refused=(*_ENDS, "abort", "yes"), same=same(_ALL_THERE, "skip")),
    Path_("restore --abort --dry-run", "interrupted", refused=(*_ENDS, "resume", "skip", "yes")),
    Path_(
        "restore --resume",
        "to do",
        refused=(*_ENDS, "abort"),
        same=same(_NOTHING_THERE, "dry_run", "skip", "yes", color=_NO_COLOUR),
    ),
    Path_("undo --yes", "restored", refused=("dry_run",)),
    Path_("undo --dry-run", "restored", refused=("yes",)),
    Path_("undo", "to do", same=same(_NOTHING_THERE, "dry_run", "yes", color=_NO_COLOUR)),
    Path_("log", same=same(_DATA, "limit")),
    Path_("log openssl", same=same(_NO_COLOUR, "color", limit=_DATA)),
    Path_("log", "empty", same=same(_DATA, "ecosystem", "limit", "since_ms", "until_ms", color=_NO_COLOUR)),
    Path_("search openssl"),
    Path_("tag", refused=("force", "remove")),
    Path_("tag new", same=same(_DATA, "force")),
    Path_("tag golden --force", refused=("remove",)),
    Path_("tag golden --delete", refused=("force",), same=same(_NO_COLOUR, "color")),
    Path_("delete {id}", same=same(_NO_COLOUR, "color")),
    Path_("delete {id} --yes"),
    Path_("undelete {gone}"),
    Path_(
        "prune --keep-last 1 --yes",
        refused=("dry_run",),
        same=same(
            _SAME_RULES,
            "keep_daily",
            "keep_hourly",
            "keep_monthly",
            "keep_tag",
            "keep_weekly",
            "keep_yearly",
            color=_NO_COLOUR,
        ),
    ),
    Path_("prune --keep-last 1 --dry-run", refused=("yes",)),
    Path_("gc", same=same(_DATA, "accept_loss", "artifacts_limit", color=_NO_COLOUR)),
    Path_("gc --dry-run", same=same(_DATA, "accept_loss", "artifacts_limit", color=_NO_COLOUR)),
    Path_("verify", refused=(*_INSTALLED, "sources"), same=same(_ALL, "everything", repair=_DATA)),
    Path_("verify {id}", refused=(*_INSTALLED, "everything", "installed", "repair", "sources")),
    Path_("verify --repair", refused=(*_INSTALLED, "installed"), same=same(_ALL, "everything", sources=_DATA)),
    Path_("verify --installed --root {root}", refused=("everything", "repair", "repo", "sources")),
    Path_("artifacts list", refused=("offline",)),
    Path_("artifacts list {id}", refused=("offline",), same=same(_NO_COLOUR, "color")),
    Path_("import-legacy {legacy}"),
    Path_("import-legacy {legacy} --dry-run"),
    Path_("import-logs"),
    Path_("import-logs --dry-run"),
    Path_("environments --root {root}", refused=("walk",)),
    Path_("init", "empty", same=same(_NO_COLOUR, "color")),
    Path_("init --repo {new}", "empty", same=same(_NO_COLOUR, "color")),
)


class Bed:
    """Directories in which a path runs: made once, copied for each run."""

    def __init__(self, directory: Path) -> None:
        """Makes them."""
        self.directory = directory
        root = make_root(directory / "root", apt={"bash": "1", "openssl": "3.0.11-1"})
        (root / "var/log").mkdir(parents=True)
        (root / "var/log/dpkg.log").write_text(DPKG)
        make_root(directory / "root2", apt={"bash": "2"})
        line = CommandLine(directory / "full", root)
        self.old = self._created(line, "old")
        make_root(root, apt={"bash": "2", "openssl": "3.0.11-1"}, pip={"requests": "2.0"})
        self.id = self._created(line, "newer")
        gone = self._created(line, "gone")
        last = self._created(line, "last")
        line("tag", "golden", self.old)
        line("delete", gone, "--yes")
        line("tag", "--delete", "nothing")
        self.gone, self.last = gone, last
        make_root(root, apt={"bash": "3", "openssl": "3.0.11-1"})
        Repository.init(directory / "empty")
        (directory / "legacy").mkdir()
        write(directory / "legacy")
        shutil.copytree(directory / "full", directory / "backup")

    @staticmethod
    def _created(line: CommandLine, message: str) -> str:
        return str(line("create", message, "--json").json()["id"])

    def run(self, path: Path_, words: list[str], place: Path) -> object:
        """Runs words on a copy; returns all that can be seen of it."""
        repo = place / "repo"
        shutil.copytree(self.directory / path.bed, repo)
        line = CommandLine(repo, self.directory / "root")
        named = {name: str(getattr(self, name)) for name in ("id", "old", "gone")}
        dirs = {name: str(self.directory / name) for name in ("root", "root2", "legacy", "backup")}
        found = line(*[word.format(**named, **dirs, new=place / "new", plan=place / "plan") for word in words])
        return seen(found, place)


def seen(found: Result, place: Path) -> tuple[int, str, str, list[str]]:
    """Returns how a command ended, without what differs by itself, and the files it left."""
    files = sorted(re.sub(r"[0-9a-f]+", "", str(path.relative_to(place))) for path in place.rglob("*"))
    return found.code, plain(found.out, place), plain(found.err, place), files


def plain(text: str, place: Path) -> str:
    text = text.replace(str(place), "PLACE")
    text = re.sub(r"[0-9a-f]{12,64}", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+Z)?", "TIME", text)
    return re.sub(r"\d+(\.\d+)? (ms|s|seconds?)( ago)?|just now|\d{9,}", "N", text)


def parameters(words: list[str]) -> Iterator[click.Option]:
    """Yields the options of the command that words begin with, which they do not have already."""
    command = snapshot.get_command(click.Context(snapshot), words[0])
    assert command is not None
    for one in command.params:
        if isinstance(one, click.Option) and one.name != "help" and not set(one.opts) & set(words):
            yield one


def option(one: click.Option) -> list[str]:
    """Returns an option with a value as a person would write it."""
    long = next(name for name in one.opts if name.startswith("--"))
    if one.is_flag:
        return [long]
    assert one.name in VALUES, f"{long} is new: give it a value in VALUES"
    return [long, VALUES[one.name]]


@pytest.fixture(scope="module", name="bed")
def _bed(tmp_path_factory: pytest.TempPathFactory) -> Bed:
    return Bed(tmp_path_factory.mktemp("options"))


def restore_run(path: Path_, words: list[str], place: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Runs a restore on a machine in memory in the path's state; returns all that can be seen of it."""
    place.mkdir()
    now = THEN if path.bed == "nothing to do" else CHANGED
    restores = Restores(place, THEN, now, monkeypatch)
    plan = str(place / "plan")
    assert restores("restore", restores.id, "--dry-run", "--plan-out", plan).code in {0, 3}
    if path.bed == "interrupted":
        assert restores.interrupt("p").code == 1
    if path.bed == "restored":
        assert restores("restore", restores.id, "--yes").code in {0, 3}
    found = restores(*[word.format(id=restores.id, plan=plan, new=place / "new") for word in words])
    held = restores.bench.world.installed
    return seen(found, place), {key: sorted(rows) for key, rows in held.items()}


def differs(path: Path_, bed: Bed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    """Yields each option of a path's command, and whether it is refused, changes something, or nothing."""
    words = path.words.split()

    def run(number: int, more: list[str]) -> tuple[object, int]:
        place = tmp_path / str(number)
        if words[0] in {"restore", "undo"}:
            found = restore_run(path, [*words, *more], place, monkeypatch)
            return found, found[0][0]  # type: ignore[index]
        found = bed.run(path, [*words, *more], place)
        return found, found[0]  # type: ignore[index]

    alone, code = run(0, [])
    assert code != 2, alone
    assert run(-1, [])[0] == alone
    for number, one in enumerate(parameters(words), 1):
        found, code = run(number, option(one))
        yield str(one.name), "refused" if code == 2 else "same" if found == alone else "acts"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.words} ({path.bed})")
def test_every_option_acts_or_is_refused(
    path: Path_, bed: Bed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = dict(differs(path, bed, tmp_path, monkeypatch))
    assert {name for name, what in found.items() if what == "refused"} == set(path.refused) & set(found)
    ignored = {name for name, what in found.items() if what == "same"} - set(IN_A_PIPE)
    assert ignored == set(path.same), f"{path.words}: {sorted(ignored ^ set(path.same))}"


def test_every_command_has_a_path() -> None:
    assert {path.words.split()[0] for path in PATHS} == set(COMMANDS)


def test_every_value_belongs_to_an_option() -> None:
    names = {str(one.name) for name in COMMANDS for one in parameters([name])}
    assert set(VALUES) - {"action"} <= names


def test_what_is_about_the_program_itself_has_tests_of_its_own() -> None:
    """`completion` (tests/e2e/machine/test_completion.py) and `man` (tests/cli/test_man.py) write files."""
    own = {name: top.get_command(click.Context(top), name) for name in top.list_commands(click.Context(top))}
    found = {name: [one.name for one in command.params] for name, command in own.items() if command is not None}
    del found["snapshot"]
    assert found == {"completion": ["shell", "install", "remove"], "man": ["words", "install", "remove"]}


def test_counts_are_for_people(cortex: CommandLine) -> None:
    cortex("create", "one")
    found = cortex("diff", "--stat", "--json")
    assert (found.code, "leave out --stat" in found.err) == (2, True)


def test_only_ecosystems_that_hold_packages_can_be_held(cortex: CommandLine) -> None:
    cortex("create", "one")
    assert "leave out --hold" in cortex("restore", "latest", "--dry-run", "--only", "pip", "--hold").err
