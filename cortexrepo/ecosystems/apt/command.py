"""How apt, dpkg and apt-mark are called: options and variables that leave nothing to the machine's configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

VARIABLES = {
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
    "DEBIAN_PRIORITY": "critical",
    "NEEDRESTART_SUSPEND": "1",
    "NEEDRESTART_MODE": "l",
    "APT_LISTCHANGES_FRONTEND": "none",
    "APT_LISTBUGS_FRONTEND": "none",
    "UCF_FORCE_CONFFOLD": "1",
    # A snapshot that is made by a hook of apt would be of a machine half way.
    "CORTEX_IN_RESTORE": "1",
}
"""No program may ask, and none may act on its own account; apt and dpkg hand these on."""

KEPT = ("--force-confdef", "--force-confold")
"""For dpkg: a configuration file that a person edited stays as it is; the package's own is put beside it."""

_SETTINGS = (
    # What is taken away is removed and not purged; nothing is taken away, or put in, that was not named.
    "APT::Get::Purge=false",
    "APT::Get::AutomaticRemove=false",
    "APT::Get::AutomaticRemove::Kernels=false",
    "APT::Get::HideAutoRemove=true",
    "APT::Get::Mark-Auto=false",
    "APT::Get::Upgrade=true",
    "APT::Get::Upgrade-Allow-New=false",
    "APT::Get::Only-Upgrade=false",
    "APT::Get::Remove=true",
    "APT::Get::Fix-Broken=false",
    "APT::Get::Fix-Missing=false",
    "APT::Install-Recommends=false",
    "APT::Install-Suggests=false",
    # What must never be allowed, whatever the machine's configuration says.
    "APT::Get::allow-remove-essential=false",
    "APT::Get::allow-solver-remove-essential=false",
    "APT::Get::AllowUnauthenticated=false",
    "APT::Get::Force-Yes=false",
    # The steps go down, and change what is held.
    "APT::Get::allow-downgrades=true",
    "APT::Get::allow-change-held-packages=true",
    "APT::Get::Trivial-Only=false",
    # Every version is named; a release that no source has would be an error.
    "APT::Default-Release=",
    "APT::Get::Show-Versions=false",
    "Dpkg::Use-Pty=0",
    "DPkg::Lock::Timeout=120",
    *(f"Dpkg::Options::={option}" for option in KEPT),
)


_ODD = frozenset('"\\\n')
"""What a value in a configuration file of apt's would need quotes for: such a setting stays on the command line."""


def apt_get(*words: str, options: Sequence[str] = (), settings: Sequence[str] = ()) -> list[str]:
    """Returns a call of apt-get. What is not an option in `words` has been checked: it stands behind `--`.

    Args:
        words: What apt-get is to do, and after it what with.
        options: Further options.
        settings: Further settings, `KEY=VALUE`.
    """
    verb, *rest = words
    return ["apt-get", "-y", "-q", *_on_the_line((*_SETTINGS, *settings)), *options, verb, "--", *rest]


def apt_get_filed(path: str, *words: str, options: Sequence[str], settings: Sequence[str]) -> tuple[list[str], str]:
    """Returns the same call with its settings in a file, and what is in the file: apt's history has the whole call.

    The file is read after the machine's configuration, at its place on the command line, as `-o` is.

    Args:
        path: The file, which is still to be written; its name is in the history too.
        words: As for `apt_get`.
        options: Further options.
        settings: Further settings.
    """
    given = (*_SETTINGS, *settings)
    odd = [one for one in given if _ODD.intersection(one)]
    lines = [f'{key} "{value}";\n' for key, _, value in (one.partition("=") for one in given if one not in odd)]
    verb, *rest = words
    return ["apt-get", "-y", "-q", "-c", path, *_on_the_line(odd), *options, verb, "--", *rest], "".join(lines)


def _on_the_line(settings: Sequence[str]) -> list[str]:
    return [word for setting in settings for word in ("-o", setting)]


def apt_mark(verb: str, names: Sequence[str]) -> list[str]:
    """Returns a call of apt-mark."""
    return ["apt-mark", "-o", "APT::Default-Release=", verb, "--", *names]


def configure(names: Sequence[str] = ()) -> list[str]:
    """Returns the call of dpkg that configures these packages, else all that are not, and keeps what was edited."""
    return ["dpkg", *KEPT, "--configure", *(names or ("-a",))]


def unpack(paths: Sequence[str]) -> list[str]:
    """Returns the call of dpkg that unpacks packages' files, configures none, and keeps what was edited."""
    return ["dpkg", *KEPT, "--unpack", "--", *paths]


def trigger() -> list[str]:
    """Returns the call of dpkg that runs all triggers that wait."""
    return ["dpkg", *KEPT, "--triggers-only", "-a"]


def undivert(package: str, path: str) -> list[str]:
    """Returns the call of dpkg that takes a package's diversion of a file back, and moves the file to its place."""
    return ["dpkg-divert", "--package", package, "--rename", "--remove", path]


def choose(command: str) -> list[str]:
    """Returns the call of dpkg that has a command's name stand for the best program that is there."""
    return ["update-alternatives", "--auto", command]


def divert(name: str, path: str, aside: str) -> list[str]:
    """Returns the call that diverts a path for a package, and moves no file."""
    return ["dpkg-divert", "--quiet", "--package", name, "--no-rename", "--divert", aside, "--add", path]


def end_diversion(name: str, path: str) -> list[str]:
    """Returns the call that ends a package's diversion of a path, and moves no file."""
    return ["dpkg-divert", "--quiet", "--package", name, "--no-rename", "--remove", path]


def alone(index: str, pool: str) -> list[str]:
    """Returns the settings under which apt knows the packages of one index, what is installed, and nothing else.

    No source is asked and no list of the machine is read: what is not in `pool` cannot be had. The files in it have
    been checked.

    Args:
        index: A `Packages` file.
        pool: The directory with the files, as apt keeps them in its cache.
    """
    nowhere = ("Dir::Etc::sourcelist=/dev/null", "Dir::Etc::sourceparts=/dev/null", "Dir::Etc::preferences=/dev/null")
    cache = ("Dir::Cache::pkgcache=", "Dir::Cache::srcpkgcache=", f"Dir::Cache::Archives={pool}/")
    lists = (f"Dir::State::Lists={pool}/lists/", "Dir::Etc::preferencesparts=/dev/null")
    return [*nowhere, *cache, *lists, *beside(index), "APT::Get::Download=false", "APT::Get::Simulate=false"]


def beside(index: str) -> list[str]:
    """Returns the setting under which apt knows the packages of an index too."""
    return [f"APT::Sources::With::={index}"]


def settings() -> list[str]:
    """Returns the call that prints apt's settings, as the machine has them."""
    return ["apt-config", "dump"]


def contents(path: str) -> list[str]:
    """Returns the call that prints what is in a package's file."""
    return ["dpkg-deb", "--contents", path]
