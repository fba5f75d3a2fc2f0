"""Running `cortex snapshot` as a person does: in this process for speed, in its own where that is what is tested."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from click.testing import CliRunner

from cortexrepo.cli.main import snapshot
from cortexrepo.cli.where import ANNOUNCED

_VALUED = ("--repo", "--color")
"""Options of these commands whose next word is no snapshot."""
SOURCE = str(Path(__file__).resolve().parents[3])


class Result(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, object]:
        """Returns the one JSON document on standard output."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        assert self.out.endswith("\n")
        assert self.out.count("\n") == 1
        return found


class CommandLine:
    """The command line over one repository and one root."""

    def __init__(self, repo: Path, root: Path) -> None:
        """Takes both directories; the repository need not be there."""
        self.repo = repo
        self.root = root

    def __call__(self, *words: str, answer: str | None = None, **variables: str) -> Result:
        """Runs a command in this process; one that reads a machine reads the root."""
        environment = {
            **dict.fromkeys(("NO_COLOR", "CLICOLOR_FORCE", "LC_ALL", "PAGER", "CORTEX_PAGER")),
            **variables,
            **self.variables(),
        }
        # The commands in hints are written as this process was called, and a test runner may have any name.
        called, sys.argv[0] = sys.argv[0], "cortex"
        try:
            found = CliRunner().invoke(
                snapshot, self.words(words), input=answer, env={**environment, **self.variables()}
            )
        finally:
            sys.argv[0] = called
        if found.exception is not None and not isinstance(found.exception, SystemExit):
            raise found.exception
        return Result(found.exit_code, found.stdout, self.unannounced(found.stderr))

    def process(self, *words: str, **variables: str) -> Result:
        """Runs a command as a process of its own."""
        found = subprocess.run(
            self.command(*words),
            env=self.environment(**variables),
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Result(
            found.returncode,
            found.stdout.decode("utf-8", "replace"),
            self.unannounced(found.stderr.decode("utf-8", "replace")),
        )

    def unannounced(self, err: str) -> str:
        """Returns standard error without the line that says which repository is used, which these tests name always."""
        first, _, rest = err.partition("\n")
        return rest if first.startswith(f"{ANNOUNCED}{self.repo}") else err

    def command(self, *words: str) -> list[str]:
        """Returns the arguments of such a process."""
        return [sys.executable, "-m", "cortexrepo", *self.words(words)]

    def environment(self, **variables: str) -> dict[str, str]:
        """Returns the variables of such a process: this one's, without those that change the output."""
        dropped = {"NO_COLOR", "CLICOLOR_FORCE", "LC_ALL", "LC_CTYPE", "LANG", "PAGER", "CORTEX_PAGER", "LESS", "TERM"}
        dropped |= {"SUDO_UID", "PKEXEC_UID", "DOAS_USER"}
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        return {**kept, "PYTHONPATH": SOURCE, **self.variables(), **variables}

    def unmeasured(self) -> dict[str, str]:
        """As `environment`, for a process that cannot be measured: it may not write, or says what it has loaded."""
        return {name: value for name, value in self.environment().items() if not name.startswith("COVERAGE_")}

    def variables(self) -> dict[str, str]:
        """Returns the variables that say where the repository is, and when it is."""
        return {"CORTEX_REPO": str(self.repo), "TZ": "UTC"}

    def words(self, words: tuple[str, ...]) -> list[str]:
        """Returns the words with `--root` where the command takes it."""
        reads = bool(words) and words[0] in {"create", "status", "import-logs"} and "--root" not in words
        return [words[0], "--root", str(self.root), *words[1:]] if reads or _is_live(words) else list(words)


def _is_live(words: tuple[str, ...]) -> bool:
    """Returns whether `show` or `diff` reads a machine, and none is named."""
    if not words or words[0] not in {"show", "diff"} or "--root" in words:
        return False
    named = [word for number, word in enumerate(words[1:]) if word[0:1] != "-" and words[number] not in _VALUED]
    if words[0] == "show":
        return "live" in named
    ends = named[0].split("..") if len(named) == 1 else named
    return len([end for end in ends if end not in {"", "live"}]) < 2
