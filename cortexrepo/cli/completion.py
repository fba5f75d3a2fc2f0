"""`cortex completion`: the script by which a shell completes words, and where it belongs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click
from click.shell_completion import get_completion_class

from cortexrepo.cli import placing
from cortexrepo.cli.exit_codes import DONE
from cortexrepo.cli.screen.output import Output

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPLETE = "_CORTEX_COMPLETE"
"""The variable by which a shell asks what a word can be: click's convention for a program of this name."""
SHELLS = ("bash", "zsh", "fish")
_SYSTEM = {
    "bash": "/usr/local/share/bash-completion/completions/cortex",
    "zsh": "/usr/local/share/zsh/site-functions/_cortex",
    "fish": "/usr/local/share/fish/vendor_completions.d/cortex.fish",
}
_OWN = {
    "bash": ("XDG_DATA_HOME", ".local/share", "bash-completion/completions/cortex"),
    "zsh": ("XDG_DATA_HOME", ".local/share", "zsh/site-functions/_cortex"),
    "fish": ("XDG_CONFIG_HOME", ".config", "fish/completions/cortex.fish"),
}
_NEXT = {
    "bash": "new shells complete if the package bash-completion is installed",
    "zsh": "new shells complete if ~/.zshrc calls compinit, and has before it: fpath=({directory} $fpath)",
    "fish": "new shells complete",
}


def place(shell: str, environment: Mapping[str, str], user: int, home: str) -> str:
    """Returns the file in which a shell looks for the script: for root the system's, for others their own."""
    if user == 0:
        return _SYSTEM[shell]
    variable, below_home, file = _OWN[shell]
    base = environment.get(variable, "")
    return os.path.join(base if os.path.isabs(base) else os.path.join(home, below_home), file)


def script(shell: str) -> str:
    """Returns the script for a shell."""
    found = get_completion_class(shell)
    assert found is not None
    return found(click.Group("cortex"), {}, "cortex", COMPLETE).source()


@click.command("completion", short_help="Print or install the script by which a shell completes words.")
@click.argument("shell", type=click.Choice(SHELLS))
@placing.options("the script", "the shell looks for it")
def command(*, shell: str, install: bool, remove: bool) -> int:
    """Print the script that completes commands, options, snapshots, packages and environments in a shell.

    With --install the script is written where new shells find it: for root for all users, else for the user.

    \b
    source <(cortex completion bash)
    cortex completion zsh --install
    cortex completion zsh --remove

    Exit codes: 0 done, 1 failed, 2 wrong usage.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    placing.check(install=install, remove=remove)
    path = place(shell, os.environ, os.geteuid(), os.path.expanduser("~"))
    if remove:
        return placing.take_away([path])
    if not install:
        Output().data(script(shell).splitlines())
        return DONE
    placing.put(path, script(shell))
    output = Output()
    output.message(f"wrote {path}")
    output.message(_NEXT[shell].format(directory=os.path.dirname(path)))
    return DONE
