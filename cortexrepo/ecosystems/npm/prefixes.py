"""Finding npm's global prefixes: the folders with `lib/node_modules` that `npm install -g` writes to."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.npm.npmrc import read_prefix
from cortexrepo.ecosystems.npm.origin import escaped
from cortexrepo.machine.budget import ENVIRONMENTS, SpentError
from cortexrepo.machine.claims import is_wide, leading, places
from cortexrepo.machine.holders import ForeignError
from cortexrepo.machine.homes import TABLE, homes
from cortexrepo.machine.scope import Place
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cortexrepo.machine.claims import Leading
    from cortexrepo.machine.files import System

NAME = "npm"
_MODULES = "/lib/node_modules"
_NOT_THERE = frozenset({errno.ELOOP, errno.ENAMETOOLONG})

SHARED_NVM = ("/usr/local/nvm/versions/node", "/usr/local/share/nvm/versions/node")
FIXED = (
    ("system", "/usr"),
    ("local", "/usr/local"),
    ("homebrew", "/home/linuxbrew/.linuxbrew"),
)
IN_HOME = (("home", ".npm-global"), ("home", ".npm-packages"), ("home", ".local"), ("n", "n"))
EACH_IN_HOME = (
    ("nvm", ".nvm/versions/node", ""),
    ("nvm", ".config/nvm/versions/node", ""),
    ("volta", ".volta/tools/image/node", ""),
    ("volta", ".volta/tools/image/packages", ""),
    ("fnm", ".fnm/node-versions", "/installation"),
    ("fnm", ".local/share/fnm/node-versions", "/installation"),
    ("nodenv", ".nodenv/versions", ""),
    ("asdf", ".asdf/installs/nodejs", ""),
    ("mise", ".local/share/mise/installs/node", ""),
)
VARIABLES = (("n", "N_PREFIX"), ("environment", "PREFIX"))
EACH_BELOW_VARIABLE = (
    ("nvm", "NVM_DIR", "versions/node", ""),
    ("nvm", "XDG_CONFIG_HOME", "nvm/versions/node", ""),
    ("fnm", "XDG_DATA_HOME", "fnm/node-versions", "/installation"),
    ("mise", "XDG_DATA_HOME", "mise/installs/node", ""),
    ("volta", "VOLTA_HOME", "tools/image/node", ""),
    ("volta", "VOLTA_HOME", "tools/image/packages", ""),
    ("fnm", "FNM_DIR", "node-versions", "/installation"),
    ("nodenv", "NODENV_ROOT", "versions", ""),
    ("asdf", "ASDF_DATA_DIR", "installs/nodejs", ""),
)


class Prefix(NamedTuple):
    """A global prefix: its real path, that of its `lib/node_modules`, and what it belongs to."""

    path: str
    modules: str
    kind: str


class _Search:
    """The prefixes found so far, each once, and the places that could not be searched, by the home they are in."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.found: dict[str, Prefix] = {}
        self.unsearched: dict[str, dict[str, None]] = {}
        self.leadings: dict[str, list[Leading]] = {}
        self.later: dict[str, None] = {}
        self._ground = ""
        self._tried: set[str] = set()
        self._configurations: list[tuple[str, str]] = []
        self._count = 0

    def begin(self, ground: str) -> None:
        """Begins to search a home."""
        self._ground, self._count = ground, 0
        self.later.pop(ground, None)

    def end(self, reason: str) -> None:
        """Notes why the search ended before its end: the homes that were not begun are not searched either."""
        self.note(reason)
        for home in list(self.later):
            self.begin(home)
            self.note(reason)

    def add(self, kind: str, path: str) -> None:
        """Takes `path` if it is a prefix."""
        if not path.startswith("/") or path in self._tried:
            return
        self._tried.add(path)
        try:
            self._take(kind, path.rstrip("/"))
        except ForeignError as error:
            self._leave(path, error, lambda search: search.add(kind, path))
        except OSError as error:
            self.missed(path, error)

    def add_each(self, kind: str, folder: str, below: str = "") -> None:
        """Takes every `folder/NAME` and `folder/@SCOPE/NAME`, with `below` appended, that is a prefix."""
        try:
            for name, _ in self.system.entries(folder):
                if name[0] != "@":
                    self.add(kind, f"{folder}/{name}{below}")
                    continue
                for scoped, _ in self.system.entries(f"{folder}/{name}"):
                    self.add(kind, f"{folder}/{name}/{scoped}{below}")
        except ForeignError as error:
            self._leave(folder, error, lambda search: search.add_each(kind, folder, below))
        except OSError as error:
            self.missed(folder, error)

    def add_configured(self, file: str, variables: Mapping[str, str]) -> None:
        """Takes the prefix that an npmrc file names."""
        try:
            configured = read_prefix(self.system, file, variables)
        except ForeignError as error:
            # What root's variables say is nothing for another user's file.
            self._leave(file, error, lambda search: search.add_configured(file, {}))
            return
        except OSError as error:
            self.missed(file, error)
            return
        self.add("configured", configured)

    def add_referred(self) -> None:
        """Takes what the configuration inside each prefix found names, and so on from there."""
        while self._configurations:
            self._ground, file = self._configurations.pop()
            self.add_configured(file, {})

    def missed(self, path: str, error: OSError) -> None:
        """Notes that it is not known what is at `path`."""
        if error.errno not in _NOT_THERE:
            self.note(f"{escaped(path)}: {error.strerror}")

    def note(self, reason: str) -> None:
        """Notes why not everything was searched."""
        self.unsearched.setdefault(self._ground, {})[reason] = None

    def _leave(self, path: str, error: ForeignError, again: Callable[[_Search], None]) -> None:
        if self.system.scope is None:
            self.missed(path, error)
            return
        self.system.scope.left.append((error.holder, Place(NAME, path, again)))

    def _take(self, kind: str, path: str) -> None:
        if not self.system.is_directory(path + _MODULES):
            return
        modules = self.system.realpath(path + _MODULES)
        if modules in self.found:
            return
        # Whatever way led there, the same packages get the same name.
        real = modules.removesuffix(_MODULES) if modules.endswith(_MODULES) else self.system.realpath(path)
        if (lead := leading(self.system, path, modules)) is not None:
            self.leadings.setdefault(self._ground, []).append(lead._replace(real=escaped(real) or "/"))
            return
        self._count += 1
        if self._ground and self._count > ENVIRONMENTS:
            self.note(f"more than {ENVIRONMENTS} prefixes; the others are not recorded")
            return
        self.found[modules] = Prefix(escaped(real) or "/", modules, kind)
        self._configurations += ((self._ground, f"{real}/etc/npmrc"), (self._ground, f"{modules}/npm/npmrc"))


class Found(NamedTuple):
    """The prefixes, sorted by path; and by the home that is searched, what could not be, and what leads to others."""

    prefixes: list[Prefix]
    unsearched: dict[str, dict[str, None]]
    leadings: dict[str, list[Leading]]


def find_prefixes(system: System, named: Sequence[str]) -> Found:
    """Returns every prefix, each once, and what could not be searched.

    Args:
        system: The machine.
        named: Prefixes, or their `lib/node_modules`, to take besides those that are found.
    """
    search = _Search(system)
    try:
        _look(search, named)
    except SpentError as error:
        search.end(str(error))
    return Found(sorted(search.found.values()), search.unsearched, search.leadings)


def _look(search: _Search, named: Sequence[str]) -> None:
    """Looks at what is root's before homes, and at what a variable or a person names last."""
    if is_wide(search.system):
        for kind, path in FIXED:
            search.add(kind, path)
        for folder in SHARED_NVM:
            search.add_each("nvm", folder)
        _add_opt(search)
        search.add_configured("/etc/npmrc", {})
    left, own = places(search.system, NAME), _homes(search)
    search.later = dict.fromkeys([*(place.path for place in left), *own])
    for place in left:
        search.begin(place.path)
        place.look(search)
    for home in own:
        search.begin(home)
        _add_home(search, home)
    search.begin("")
    if is_wide(search.system):
        _add_environment(search)
    for path in named:
        search.add("named", path.rstrip("/").removesuffix(_MODULES) or "/")
    search.add_referred()


def _add_opt(search: _Search) -> None:
    try:
        for name, _ in search.system.entries("/opt"):
            if name.startswith("node"):
                search.add("opt", f"/opt/{name}")
    except OSError as error:
        search.missed("/opt", error)


def _homes(search: _Search) -> list[str]:
    try:
        return homes(search.system)
    except OSError as error:
        search.missed(TABLE, error)
        return []


def _add_home(search: _Search, home: str) -> None:
    system = search.system
    try:
        # Without permission to search it, every look inside would say the same.
        if not system.is_directory(home):
            return
        system.exists(f"{home}/.npmrc")
    except OSError as error:
        search.missed(home, error)
        return
    for kind, path in IN_HOME:
        search.add(kind, f"{home}/{path}")
    for kind, folder, below in EACH_IN_HOME:
        search.add_each(kind, f"{home}/{folder}", below)
    own = system.environment.get("HOME", "").rstrip("/") == home
    search.add_configured(f"{home}/.npmrc", {**(system.environment if own else {}), "HOME": home})


def _add_environment(search: _Search) -> None:
    variables = search.system.environment
    for kind, variable in VARIABLES:
        search.add(kind, variables.get(variable, ""))
    for kind, variable, folder, below in EACH_BELOW_VARIABLE:
        if (value := variables.get(variable, "").rstrip("/")).startswith("/"):
            search.add_each(kind, f"{value}/{folder}", below)
    for variable, value in sorted(variables.items()):
        if is_prefix_variable(variable):
            search.add("environment", value)
        elif variable.lower() in {"npm_config_userconfig", "npm_config_globalconfig"} and value.startswith("/"):
            search.add_configured(value, variables)
    for folder in variables.get("PATH", "").split(":"):
        _add_node(search, folder)


def is_prefix_variable(variable: str) -> bool:
    """Returns whether npm takes a variable for its prefix, in whatever case."""
    return variable.lower() == "npm_config_prefix"


def _add_node(search: _Search, folder: str) -> None:
    """Takes the prefix of a node on the search path, which is npm's own default."""
    node = f"{folder}/node"
    try:
        if folder.startswith("/") and search.system.exists(node):
            search.add("path", search.system.realpath(node).rpartition("/")[0].rpartition("/")[0] or "/")
    except OSError as error:
        search.missed(node, error)
