"""The digest of a distribution's content: over the lines of RECORD that say what its wheel has put in place.

It is the same for a wheel, and for what any installer has made of it anywhere: what an installer adds, compiles, or
puts outside of the site directory with the name of an interpreter in it does not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec.hashing import content_digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.machine.files import System

KIND = "record"
LARGEST = 4 << 20
"""No larger RECORD counts, in bytes."""
ALL = 32 << 20
"""So much of RECORDs is read for all environments of one look: digests are worth that, and never a user's budget."""

_ADDED = (b"INSTALLER", b"REQUESTED", b"RECORD", b"direct_url.json", b"provenance_url.json")
"""Files in `*.dist-info` that installers write, as uv's own, which begin with `uv_`."""
_COMPILED = b"__pycache__/"
_ODD = b".d"
"""In every path of a `*.dist-info` and a `*.data`, and in few others."""
_HASH = b",sha256="
_SITE = frozenset((b"purelib", b"platlib"))
"""The folders of `*.data` in a wheel whose files come into the site directory."""
_DATA = b".data/data/"
_SITES = (b"/site-packages/", b"/dist-packages/")
_NOBODYS = f"{KIND}:-"
"""The digest of a wheel whose RECORD has no digests of SHA-256: no installed distribution has that."""


class Records:
    """Reads the digests of distributions, as long as RECORDs are not too large together."""

    def __init__(self, system: System, size: int = ALL) -> None:
        """Takes the machine, and how many bytes may be read."""
        self._system = system
        self._left = size

    def digest(self, info: str) -> str:
        """Returns the digest of the distribution whose `.dist-info` is at `info`; empty where it is not known."""
        limit = min(LARGEST, self._left)
        try:
            record = self._system.read(f"{info}/RECORD", limit) if limit > 0 else None
        except OSError:
            return ""
        if record is None:
            return ""
        self._left -= len(record)
        return digest(record)


def digest_of_wheel(record: bytes) -> str:
    """Returns the digest that a distribution has which is installed from a wheel with this RECORD.

    Empty where that is not known; where it is known that no installed distribution has it, a text that is no digest.
    """
    # Some interpreters have these files in their site directory, and others have them elsewhere.
    astray = any(_DATA in line and any(site in line for site in _SITES) for line in record.split(b"\n"))
    return "" if astray else digest(record) or _NOBODYS


def digest(record: bytes) -> str:
    """Returns the digest of what a RECORD lists, in a wheel or where it is installed; empty where that is not known."""
    try:
        kept = sorted(_kept(_unquoted(record) if b'"' in record else record.split(b"\n")))
    except ValueError:
        return ""
    return content_digest(KIND, b"\n".join(kept)) if kept else ""


def _unquoted(record: bytes) -> list[bytes]:
    """Returns the lines of a RECORD with quotes, without them; ValueError: they make no sense."""
    import csv  # few RECORDs have quotes
    import io

    text = io.StringIO(record.decode("utf-8", "surrogateescape"), newline="")
    try:
        return [",".join(row).encode("utf-8", "surrogateescape") for row in csv.reader(text, strict=True)]
    except csv.Error as error:
        raise ValueError(str(error)) from error


def _kept(lines: Iterable[bytes]) -> set[bytes]:
    """Returns path and digest of each line that counts; ValueError: a digest is none of SHA-256."""
    kept = set()
    for line in lines:
        # Tens of thousands of lines on a usual machine: most need no more than this.
        named = line[: line.rfind(b",")]
        path, mark, value = named.rpartition(_HASH)
        if not mark:
            if line.strip() and not line.rstrip().endswith(b",,"):
                raise ValueError("a line has no digest of SHA-256")
        elif _ODD in path or _COMPILED in path or path.startswith((b"/", b"../")):
            if place := _placed(path):
                kept.add(place + _HASH + value)
        else:
            kept.add(named)
    return kept


def _placed(path: bytes) -> bytes:
    """Returns where in the site directory a file of a wheel is; empty where it is elsewhere, or an installer's."""
    if path.startswith((b"/", b"../")) or _COMPILED in path:
        return b""
    top, _, rest = path.partition(b"/")
    if top.endswith(b".dist-info") and (rest in _ADDED or rest.startswith(b"uv_")):
        return b""
    if top.endswith(b".data"):
        scheme, _, rest = rest.partition(b"/")
        return rest if scheme in _SITE else b""
    return path
