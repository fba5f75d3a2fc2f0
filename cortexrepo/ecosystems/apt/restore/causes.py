"""Why apt or dpkg failed, from what they and scripts of packages wrote: the first causes, not the last line. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

WAY_OUT = "remove the cause, then `cortex snapshot restore --resume`; to go back: `cortex snapshot restore --abort`"
"""What can be done where a change was begun and not completed."""
_SHOWN = 3
"""So many causes are named."""
_WORDS = 2
"""So many of the first lines that a script wrote are shown, and so many of the last."""
_LONGEST = 200

_SCRIPTS = {
    "pre-installation": "preinst",
    "post-installation": "postinst",
    "pre-removal": "prerm",
    "post-removal": "postrm",
}
_WHICH = {"new": "version that is put in", "old": "installed version", "installed": "installed version"}
_KIND = r"(?P<script>pre-installation|post-installation|pre-removal|post-removal|preinst|postinst|prerm|postrm)"
_FAILED = re.compile(
    rf"(?:dpkg: (?:warning|error): )?(?P<which>new|old|installed) (?P<package>\S+) package {_KIND}"
    r"(?: maintainer)? script subprocess (?P<how>.*)\Z"
)
_FAILED_BEFORE = re.compile(
    rf"(?:dpkg: (?:warning|error): )?subprocess (?P<which>new|old|installed) {_KIND} script (?P<how>.*)\Z"
)
"""As dpkg says it up to version 1.19: without the package."""
_ERROR = re.compile(r"dpkg: error processing (?:package|archive) (?P<what>\S+) \(--[a-z-]+\):\Z")
_FATAL = re.compile(r"dpkg: (?:error: |unrecoverable fatal error, aborting:)(?P<what>.*)\Z")
_DEPENDS = re.compile(r"dpkg: dependency problems prevent \S+ of (?P<what>[^\s:]+(?::[^\s:]+)?):\Z")
_HEADINGS = re.compile(
    r"Selecting previously |\(Reading database |Preparing to unpack |Unpacking |Setting up |Removing |Purging |"
    r"Processing triggers for |Errors were encountered |Processing was halted |dpkg: |Fetched |Get:[0-9]"
)
_UNMET = re.compile(r"(?:The following packages have unmet dependencies|Unsatisfied dependencies):\Z")
_NEEDS = re.compile(r" (?P<name>\S+) : (?P<needs>\S.*)\Z")
_RELATED = re.compile(
    r"(?:\b(?:Pre-?)?Depends: |\b(?:Recommends|Suggests|Breaks|Conflicts|Replaces|Obsoletes): | or )"
    r"(?P<name>[a-z0-9][a-z0-9+.-]+)",
    re.IGNORECASE,
)
_CONSEQUENCES = ("there is no script in the new version", "dependency problems - leaving")
"""Lines that only follow from another cause, which is told."""


class Unmet(NamedTuple):
    """A dependency that apt cannot meet: the package, and apt's words about what it needs."""

    name: str
    needs: str


def unmet(output: str) -> list[Unmet]:
    """Returns the dependencies that apt calls unmet, in its order."""
    found: list[Unmet] = []
    is_list = False
    for line in output.splitlines():
        if _UNMET.match(line):
            is_list = True
        elif is_list and (match := _NEEDS.match(line)):
            found.append(Unmet(match["name"], match["needs"].strip()))
        elif is_list and found and line.startswith("   "):
            last = found[-1]
            found[-1] = last._replace(needs=f"{last.needs}; {line.strip()}".replace(" or; ", " or "))
        elif line.strip():
            is_list = False
    return found


def spoken_of(needs: str) -> tuple[str, ...]:
    """Returns the names of the packages that apt's words about a dependency have: `Depends: a (>= 1) or b`."""
    return tuple(dict.fromkeys(match["name"] for match in _RELATED.finditer(needs)))


def reasons(output: str) -> list[str]:
    """Returns the first causes of a failed run of apt, a line each; where there are more, how many more."""
    found = list(dict.fromkeys(_Reading(output).causes()))
    found = found or [line for line in output.splitlines() if line.startswith("E: ")]
    more = len(found) - _SHOWN
    return found[:_SHOWN] + ([f"and {more} more"] if more > 0 else [])


class _Reading:
    """What a run wrote, read from its first line to its last."""

    def __init__(self, output: str) -> None:
        self._lines = output.splitlines()
        self._said: list[str] = []
        self._about = ""
        """The package that dpkg is about to complain of."""

    def causes(self) -> Iterator[str]:
        for number, line in enumerate(self._lines):
            rest = self._lines[number + 1 :]
            failed = _FAILED.match(line.strip()) or _FAILED_BEFORE.match(line.strip())
            if failed:
                yield self._script(failed)
                self._said = []
            elif match := _ERROR.match(line):
                self._about = _name(match["what"])
                yield from self._error(rest)
            elif match := _DEPENDS.match(line):
                yield f"{match['what']}: {_indented(rest)}"
            elif match := _FATAL.match(line):
                yield match["what"].strip() or _indented(rest)
            elif line.startswith("E: Problem executing scripts "):
                yield _joined([line.removeprefix("E: "), *self._said])
            elif _HEADINGS.match(line):
                self._said = []
            elif line.strip():
                self._said.append(line.strip())

    def _script(self, failed: re.Match[str]) -> str:
        package = failed.groupdict().get("package") or self._about
        script = _SCRIPTS.get(failed["script"], failed["script"])
        said = f": {_joined(self._said)}" if self._said else ", and wrote nothing"
        return f"{package}: the {script} of the {_WHICH[failed['which']]} {failed['how']}{said}"

    def _error(self, rest: list[str]) -> Iterator[str]:
        reason = _indented(rest)
        is_script = any(pattern.match(line.strip()) for pattern in (_FAILED, _FAILED_BEFORE) for line in rest[:1])
        if reason and not is_script and not reason.startswith(_CONSEQUENCES):
            yield f"{self._about}: {reason}"


def _name(what: str) -> str:
    """Returns the package that dpkg means: its name, or the path of its file."""
    return what.rpartition("/")[2].partition("_")[0] if what.endswith(".deb") else what


def _indented(lines: list[str]) -> str:
    """Returns the lines that belong to the one before: dpkg puts a space in front of them."""
    found = []
    for line in lines:
        if not line.startswith(" "):
            break
        found.append(line.strip().removesuffix(" however:"))
    return _joined(found)


def _joined(lines: list[str]) -> str:
    if len(lines) > 2 * _WORDS:
        lines = [*lines[:_WORDS], "...", *lines[-_WORDS:]]
    return " / ".join(line[:_LONGEST] for line in lines)
