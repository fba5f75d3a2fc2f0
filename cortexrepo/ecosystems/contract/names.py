"""What can be the name or the version of a package.

What is not is never taken from a foreign file, and never put into a command: a package manager would take it for an
option, a path, an address, a pattern, a range or a tag.
"""

from __future__ import annotations

import re

# \Z and ASCII: `$` allows a newline at the end, and \d digits of other scripts.
_SEMVER_PART = "(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_NUMBER = "(?:0|[1-9][0-9]*)"
_NAMES = {
    "apt": re.compile(r"[a-z0-9][a-z0-9+.-]+\Z"),
    "pip": re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z"),
    "npm": re.compile(r"(?:@[A-Za-z0-9~-][A-Za-z0-9._~-]*/[A-Za-z0-9~_-]|[A-Za-z0-9])[A-Za-z0-9._~-]*\Z"),
}
_VERSIONS = {
    # A colon is there only behind an epoch, which is a number.
    "apt": re.compile(r"(?:[0-9]+:(?=.)|(?!.*:))[0-9A-Za-z](?:[0-9A-Za-z.+~:-]*[0-9A-Za-z.+~])?\Z"),
    "pip": re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._+!-]*[A-Za-z0-9])?\Z"),
    "npm": re.compile(
        rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_SEMVER_PART}(?:\.{_SEMVER_PART})*)?"
        r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?\Z"
    ),
}
_LONGEST_NAME = {"apt": 255, "pip": 200, "npm": 214}
"""npm's own bound; no file can have a longer name than apt's; nothing at PyPI comes near pip's."""
_LONGEST_VERSION = {"apt": 255, "pip": 200, "npm": 256}
_PEP440 = re.compile(
    r"v?(?:[0-9]+!)?[0-9]+(?:\.[0-9]+)*"
    r"(?:[-_.]?(?:alpha|a|beta|b|preview|pre|c|rc)[-_.]?[0-9]*)?"
    r"(?:-[0-9]+|[-_.]?(?:post|rev|r)[-_.]?[0-9]*)?"
    r"(?:[-_.]?dev[-_.]?[0-9]*)?"
    r"(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?\Z",
    re.IGNORECASE | re.ASCII,
)
_NPM_FILES = (".tgz", ".tar", ".tar.gz")
_NPM_TAKEN = frozenset({"node_modules", "favicon.ico"})
# pip takes a word that ends so for a file.
_PIP_FILES = (".whl", ".zip", ".tar", ".gz", ".bz2", ".xz", ".tgz", ".tbz", ".txz", ".tlz", ".lz", ".lzma")


def is_package_name(ecosystem: str, name: str) -> bool:
    """Returns whether a package of apt, pip or npm can have this name, and be asked for by it and by nothing else."""
    if ecosystem not in _NAMES or len(name) > _LONGEST_NAME[ecosystem] or not _NAMES[ecosystem].match(name):
        return False
    base = name.rpartition("/")[2].lower()
    return ecosystem != "npm" or (base not in _NPM_TAKEN and not base.endswith(_NPM_FILES))


def is_exact_version(ecosystem: str, version: str) -> bool:
    """Returns whether apt, pip or npm can be asked for exactly this version, and takes it for nothing else."""
    if ecosystem not in _VERSIONS or len(version) > _LONGEST_VERSION[ecosystem]:
        return False
    if not _VERSIONS[ecosystem].match(version):
        return False
    return ecosystem != "pip" or not version.lower().endswith(_PIP_FILES)


def is_pep440(version: str) -> bool:
    """Returns whether this is a version as PEP 440 has them, which tools may write in another way."""
    return _PEP440.match(version) is not None
