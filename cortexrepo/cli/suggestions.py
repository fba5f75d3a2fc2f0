"""The answer to a command or an option that does not exist: the right one, if the word is near, or another tool's.

Loaded only where a command line is wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import click

OTHERS_COMMANDS = {
    "list": ("ls", "snapshots", "reflog", "ll", "dir"),
    "log": ("history", "changelog"),
    "show": ("info", "cat", "describe", "view", "get", "inspect", "details"),
    "create": ("commit", "backup", "save", "add", "new", "take", "snap", "snapshot", "make", "record"),
    "diff": ("compare", "changes", "cmp"),
    "restore REV": ("rollback", "checkout", "reset", "revert", "undochange", "switch", "apply", "recover", "goto"),
    "status": ("st", "stat", "whatchanged"),
    "undo": ("redo", "undo-last", "unrestore"),
    "delete REV": ("rm", "remove", "del", "drop", "erase", "destroy"),
    "prune --keep-daily 7 --dry-run": ("forget", "cleanup", "expire", "thin", "rotate"),
    "gc": ("clean", "autoclean", "vacuum", "compact", "optimize"),
    "verify": ("check", "fsck", "scrub", "validate", "rebuild-index", "repair"),
    "search PACKAGE": ("find", "grep", "query", "blame", "which", "whence"),
    "tag NAME REV": ("name", "label", "modify", "rename", "branch"),
    "artifacts list": ("files", "cache", "download", "fetch"),
    "import-logs": ("import", "import-history", "rebuild"),
    "show live": ("live", "now", "current"),
    "show --packages --json": ("export", "dump", "freeze"),
    "init": ("initialize", "create-config", "setup"),
    "restore --resume": ("resume", "continue"),
    "restore --abort": ("abort", "cancel"),
    "--help": ("help", "man", "usage", "commands"),
    "--version": ("version", "ver"),
}
"""For each command line, the words of git, restic, borg, snapper, dnf and others that mean it."""
OTHERS_OPTIONS = {
    "--dry-run": ("--simulate", "--no-act", "--just-print", "--recon", "--test", "--what-if"),
    "--yes": ("--assumeyes", "--assume-yes", "--noconfirm", "--non-interactive", "--batch", "--confirm"),
    "--message": ("--description", "--comment", "--desc", "--msg"),
    "--tag": ("--name", "--label"),
    "--limit": ("--max-count", "--number", "--count", "--last", "--latest", "--lines"),
    "--since": ("--after", "--newer-than", "--from"),
    "--until": ("--before", "--older-than", "--to"),
    "--json": ("--format", "--output", "--machine-readable", "--jsonout"),
    "--color": ("--colour", "--colors", "--no-color"),
    "--only": ("--ecosystem", "--type", "--include"),
    "--exclude": ("--skip", "--ignore", "--except"),
    "--root": ("--installroot", "--sysroot", "--chroot", "--prefix"),
    "--repo": ("--repository", "--repository-path", "--store", "--dir"),
    "--resume": ("--continue",),
    "--stat": ("--summary", "--shortstat", "--name-status", "--name-only"),
    "--exit-code": ("--quiet", "--error-on-differences"),
    "--dates": ("--absolute", "--date", "--timestamps", "--iso"),
    "--deleted": ("--trash", "--all"),
}
"""For each option, the options of others that mean it, where a command has it."""
_ONELINE = frozenset({"--oneline", "--one-line", "--compact", "--short"})
_TWO = 6
"""A word of so many letters may differ in two of them, a shorter one in one, and one of two letters in none."""


def command(word: str, known: Sequence[str], path: str) -> str:
    """Returns what is said of a command `path word` that does not exist, beside the commands that do."""
    told = f"No such command {word!r}."
    meant = next((line for line, words in OTHERS_COMMANDS.items() if word.lower() in words), None)
    if meant is not None:
        return f"{told} It is `{path} {meant}`."
    return f"{told}{_did_you_mean([f'`{path} {one}`' for one in near(word, known)])}"


def help_of(words: Sequence[str], known: Sequence[str], path: str) -> str | None:
    """Returns what is said of `help COMMAND`, or None if that is not what was typed."""
    if len(words) > 1 and words[0] in OTHERS_COMMANDS["--help"] and words[1] in known:
        return f"No such command {words[0]!r}. It is `{path} {words[1]} --help`."
    return None


def option(error: click.NoSuchOption) -> str:
    """Returns what is said of an option that does not exist, beside those that the command has."""
    word, ctx = error.option_name, error.ctx
    told = f"No such option {word!r}."
    if ctx is None:
        return told
    known = [name for param in ctx.command.get_params(ctx) for name in param.opts if name.startswith("--")]
    meant = next((name for name, words in OTHERS_OPTIONS.items() if word in words and name in known), None)
    if meant is not None:
        return f"{told} It is {meant!r}."
    if word in _ONELINE:
        return f"{told} `cortex snapshot list` has one line for each snapshot."
    return f"{told}{_did_you_mean([repr(one) for one in near(word, known)])}"


def near(word: str, known: Iterable[str]) -> list[str]:
    """Returns the words that a person may have meant: those with the fewest letters wrong, if these are few."""
    letters = len(word.strip("-"))
    most = 2 if letters >= _TWO else 1 if letters > 2 else 0  # noqa: PLR2004 -- see `_TWO`
    found = {one: _distance(word.lower(), one) for one in known}
    least = min(found.values(), default=most + 1)
    return [one for one, distance in found.items() if distance == least <= most]


def _distance(left: str, right: str) -> int:
    """Returns how many letters are wrong, missing, too many, or in the place of their neighbour."""
    before: list[int] = []
    above = list(range(len(right) + 1))
    for row, letter in enumerate(left, 1):
        here = [row]
        for column, other in enumerate(right, 1):
            cost = min(above[column] + 1, here[-1] + 1, above[column - 1] + (letter != other))
            if row > 1 < column and letter == right[column - 2] and left[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            here.append(cost)
        before, above = above, here
    return above[-1]


def _did_you_mean(names: Sequence[str]) -> str:
    return f" Did you mean {' or '.join(names)}?" if names else ""
