"""Why pip gets no wheel of a version: what its log says of each link and address, and not only its last line. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterator

AS_SOURCE = (
    "the version is offered only as source, which is not built; "
    "while the version is installed, keep it: `cortex snapshot create --keep-artifacts`"
)
_OTHERS = "the version is offered only for other versions of Python, or for other machines"
_NONE = "no configured index offers this version"
_UNREACHED = re.compile(r"Could not fetch URL (?P<url>\S+): (?P<why>.*?)(?: - skipping)?\Z")
_SOURCE = re.compile(r"Skipping link: No sources permitted for \S+: (?P<url>\S+)")
_WHEEL = re.compile(r"Skipping link: none of the wheel's tags \(.*?\) are compatible.*?: (?P<url>\S+) \(")
_WITHOUT_VERSION = "No matching distribution found"
_CERTIFICATE = re.compile(r"ssl certificate|SSLError|CERTIFICATE_VERIFY_FAILED", re.IGNORECASE)
_VERIFY = re.compile(r"certificate verify failed: ([^()'\"]+)")
_ERRNO = re.compile(r"\[Errno -?\d+\] ([^'\")]+)")
_ANSWER = re.compile(r"\A(?P<code>[45]\d\d) (?:Client|Server) Error")
_ABSENT = "404"


def cause(log: str, last: str, name: str, version: str) -> str:
    """Returns why a version could not be downloaded.

    Args:
        log: What `pip --log` wrote; empty where there is none.
        last: The last error that pip printed.
        name: The package's name, normalised.
        version: Its version.
    """
    lines = log.splitlines()
    unreached = list(_unreached(lines, name))
    if _WITHOUT_VERSION not in last and not unreached:
        return last
    if any(_is(link, name, version) for link in _links(lines, _SOURCE)):
        return AS_SOURCE
    if any(_is(link, name, version) for link in _links(lines, _WHEEL)):
        return _OTHERS
    if unreached:
        return unreached[0]
    return f"{_NONE}: {last}" if log else last


def _unreached(lines: list[str], name: str) -> Iterator[str]:
    """Yields why an address with this package's versions could not be read."""
    for line in lines:
        match = _UNREACHED.search(line)
        if match is None or f"/{name}/" not in f"{match['url'].rstrip('/')}/".replace("_", "-").lower():
            continue
        parts, why = urlsplit(match["url"]), match["why"]
        place = f"{parts.hostname or match['url']}" + (f":{parts.port}" if parts.port else "")
        answer = _ANSWER.match(why)
        if answer and answer["code"] == _ABSENT:
            continue
        if answer:
            yield f"the index {place} refuses to answer: HTTP {answer['code']}"
        elif _CERTIFICATE.search(why):
            found = _VERIFY.search(why)
            reason = f": {found[1].strip()}" if found else ""
            yield (
                f"the certificate of the index {place} is not trusted{reason}; "
                "name the certificate's authority in the variable PIP_CERT"
            )
        else:
            found = _ERRNO.search(why)
            yield f"the index {place} cannot be reached: {found[1] if found else why[:_LONGEST]}"


_LONGEST = 200
"""So many characters of pip's own words are shown."""


def _links(lines: list[str], pattern: re.Pattern[str]) -> Iterator[str]:
    """Yields the file names of links that pip passed over for one reason."""
    for line in lines:
        if match := pattern.search(line):
            yield urlsplit(match["url"]).path.rpartition("/")[2]


def _is(file: str, name: str, version: str) -> bool:
    """Returns whether a file is of this version of this package."""
    try:
        found = parse_wheel_filename(file)[:2] if file.endswith(".whl") else parse_sdist_filename(file)
        return found == (name, Version(version))
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion):
        return False
