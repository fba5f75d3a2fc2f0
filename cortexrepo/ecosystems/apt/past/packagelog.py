"""Every package's state, followed through dpkg's log from line to line. Pure.

Each line says what it finds, and the state that follows is on the next one. Where two lines about a package do not fit
together, something happened that the log does not tell.
"""

from __future__ import annotations

from typing import NamedTuple

from cortexrepo.ecosystems.apt.past.dpkglog import (
    CONFIGURE,
    INSTALL,
    PURGE,
    REMOVE,
    STARTUP,
    STATUS,
    TRIGPROC,
    UPGRADE,
    Line,
)

INSTALLED, CONFIG_FILES, NOT_INSTALLED = "installed", "config-files", "not-installed"
PENDING, AWAITED = "triggers-pending", "triggers-awaited"
UNPACKED, HALF_INSTALLED, HALF_CONFIGURED = "unpacked", "half-installed", "half-configured"

_REMOVALS = {REMOVE: "deinstall", PURGE: "purge"}
_PUTS_IN = frozenset((INSTALL, UPGRADE))
WORKING = frozenset((INSTALLED, AWAITED, PENDING))
"""Between these dpkg may go without a line in its log."""
_GUESSED = frozenset((INSTALL, UPGRADE, REMOVE, CONFIGURE))
"""The actions whose line does not say exactly what they find; the status after it does."""

Key = tuple[str, str]
"""A package's name and architecture; `all` and none count as the machine's own: packages move between the three."""


class Known(NamedTuple):
    """What the log knows of a package that is not gone: `want`, `error` and `status` are dpkg's three words."""

    arch: str
    version: str
    status: str
    want: str = "install"
    error: str = "ok"


class Step(NamedTuple):
    """What a line says of one package: its state before and after, None where it is not installed.

    `corrected` says that the state before was only guessed by the steps until now, and is told for certain by this one.
    """

    key: Key
    before: Known | None
    after: Known | None
    corrected: bool = False


class Contradiction(NamedTuple):
    """Why a line cannot follow the ones before it; names the package."""

    reason: str


class _Course:
    """One package on its way: what it is, and what the last action wanted to make of it."""

    __slots__ = ("guess", "known", "new", "run", "taken_apart", "verb")

    def __init__(self, known: Known | None, guess: Known | None = None) -> None:
        self.known = known
        self.guess = guess
        self.verb = ""
        self.new = ""
        self.taken_apart = False
        self.run = 0


class PackageLog:
    """All packages that the log has named, as they are after the lines that were followed."""

    def __init__(self, native: str) -> None:
        """Takes the machine's own architecture."""
        self._native = native
        self._courses: dict[Key, _Course] = {}
        self._run = ""
        self._runs = 0

    def __len__(self) -> int:
        """How many packages are known."""
        return len(self._courses)

    def restart(self, line: Line | None = None) -> None:
        """Forgets everything: what follows does not continue what was followed until now.

        Args:
            line: The next line, where that is known; without it lines are missing.
        """
        self._courses.clear()
        if line is None:
            self._run = ""
        elif isinstance(self.follow(line), Contradiction):
            self._courses[self.key(line.name, line.arch)] = _Course(_found(line))

    def key(self, name: str, arch: str) -> Key:
        """Returns what a package is known under."""
        return name, self._native if arch in {"", "all"} else arch

    def follow(self, line: Line) -> Step | Contradiction | None:
        """Takes the next line; None if it is about no package. After a contradiction nothing has changed."""
        if line.verb == STARTUP:
            self._run = line.state
            self._runs += 1
        if not line.name or line.verb == STARTUP:
            return None
        key = self.key(line.name, line.arch)
        course = self._courses.get(key)
        first = course is None
        if course is None:
            known = _first_sight(line, self._run)
            course = _Course(known, known if line.verb in _GUESSED else None)
        if course.known is not None and not course.known.arch and line.verb != INSTALL:
            course.known = course.known._replace(arch=line.arch)  # this dpkg writes architectures, one before did not
        is_found = line.verb == STATUS and self._run in _REMOVALS and course.run != self._runs and not first
        problem = _problem(course, line, is_found=is_found)
        if problem:
            return Contradiction(
                f"no earlier log line explains why {named(*key)} is {line.state}" if first else problem
            )
        self._courses[key] = course
        course.run = self._runs
        return self._status(key, course, line) if line.verb == STATUS else self._action(key, course, line)

    def again(self, line: Line) -> Step | Contradiction | None:
        """As `follow`, as if no line had named the package before."""
        key = self.key(line.name, line.arch)
        known = self._courses.pop(key, None)
        step = self.follow(line)
        if isinstance(step, Contradiction) and known is not None:
            self._courses[key] = known
        return step

    def _action(self, key: Key, course: _Course, line: Line) -> Step:
        before = course.known
        course.verb, course.taken_apart = line.verb, False
        course.new = line.new if line.verb in _PUTS_IN else ""
        want = "install" if line.verb in _PUTS_IN else _REMOVALS.get(line.verb)
        if want == "deinstall" and self._run == PURGE:
            want = "purge"
        if before is not None and want is not None:
            course.known = before._replace(want=want)
        return Step(key, before, course.known)

    def _status(self, key: Key, course: _Course, line: Line) -> Step:
        before, guess = course.known, course.guess
        course.guess = None
        if line.state == NOT_INSTALLED:
            course.known = None
        else:
            want = before.want if before is not None else "install"
            if line.state == CONFIG_FILES and not course.verb and want == "install":
                want = "deinstall"
            error = "reinstreq" if _is_half_done(course, line.state) else "ok"
            arch = line.arch or (before.arch if before is not None else "")
            course.known = Known(arch, line.version, line.state, want, error)
        if guess is not None:
            return Step(key, _corrected(guess, course.verb, line), course.known, corrected=True)
        return Step(key, before, course.known)


def _is_half_done(course: _Course, state: str) -> bool:
    """Returns whether dpkg would now want the package to be installed again; notes how far a new version has come."""
    if course.verb not in _PUTS_IN:
        return False
    if state == HALF_INSTALLED:
        course.taken_apart = True
        return True
    if state not in {UNPACKED, HALF_CONFIGURED} or (state == UNPACKED and course.taken_apart):
        course.verb = ""
        return False
    return True


def _first_sight(line: Line, run: str) -> Known | None:
    """Returns the state in which the first line about a package found it."""
    arch, version = line.arch, line.version
    if line.verb == STATUS:
        return _first_status(line, run)
    if line.verb in {INSTALL, PURGE}:
        return Known(arch, version, CONFIG_FILES, "deinstall") if version else None
    if line.verb == CONFIGURE:
        return Known(arch, version, UNPACKED)
    return Known(arch, version, PENDING if line.verb == TRIGPROC else INSTALLED)


def _found(line: Line) -> Known:
    """Returns the state that a line tells of, where nothing is known of what led to it."""
    want = "deinstall" if line.state == CONFIG_FILES else "install"
    return Known(line.arch, line.version, line.state, want)


def _first_status(line: Line, run: str) -> Known | None:
    """As `_first_sight`, for a state that no action led to.

    Another package's trigger is waiting, or has been seen to; another package breaks this one, which is deconfigured
    for that; or a run that removes says first what it finds.
    """
    found = _found(line)
    if line.state in {PENDING, AWAITED}:
        return found._replace(status=INSTALLED)
    if run in _REMOVALS:
        return found
    if line.state == HALF_CONFIGURED:
        return found._replace(status=INSTALLED)
    return found._replace(status=AWAITED) if line.state == INSTALLED else None


def _corrected(guess: Known, verb: str, line: Line) -> Known:
    """Returns the state before an action that was the first line about a package, by the first status after it.

    What installs names the new architecture, which may be another one.
    """
    status = guess.status
    if verb == CONFIGURE:
        status = line.state
    elif verb != INSTALL and line.state == HALF_INSTALLED:
        status = UNPACKED
    return guess._replace(arch=line.arch, status=status)


def _problem(course: _Course, line: Line, *, is_found: bool) -> str:
    """Returns why the line cannot follow, or an empty string.

    `is_found` says that the line tells what a run found, and not what it did.
    """
    known = course.known
    version = known.version if known is not None else ""
    if line.verb == STATUS:
        fits = line.state == NOT_INSTALLED or line.version in {version, course.new or version}
        fits = fits and (known is not None or bool(course.new) or line.state == NOT_INSTALLED)
        if is_found and known is not None and line.state != NOT_INSTALLED:
            fits = fits and (known.status == line.state or {known.status, line.state} <= WORKING)
            fits = fits and (known.arch == line.arch or not known.arch or not line.arch)
    else:
        there = known is not None and known.status != CONFIG_FILES
        fits = line.version == version and there != (line.verb in {INSTALL, PURGE})
        # What installs names the new architecture; all others the one that is there.
        arch = known.arch if known is not None and line.verb != INSTALL else ""
        fits = fits and (not arch or line.arch in {"", arch})
    if fits:
        return ""
    step = f"status {line.state}" if line.verb == STATUS else line.verb
    next_line = f"{step} {line.version or '<none>'}"
    return f"{named(line.name, line.arch)}: the earlier log lines say '{told(known)}', the next line says '{next_line}'"


def named(name: str, arch: str) -> str:
    """Returns a package as dpkg names it: `openssl:amd64`."""
    return f"{name}:{arch}" if arch else name


def told(known: Known | None) -> str:
    """Returns a state in words: `installed 3.0.15-1`, `not installed`."""
    return f"{known.status} {known.version}".rstrip() if known is not None else "not installed"
