"""The description of one Python distribution: the fields of METADATA, PKG-INFO and WHEEL, and direct_url.json."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from cortexrepo.machine.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.machine.files import System

HEAD = 4096
"""How much of a METADATA file is read at first, in bytes: what follows is nearly always the long description."""

MOST = 1 << 16
"""How much of it is read at most: a file whose fields take more costs minutes, and no tool writes one."""
LONGEST = 1024
"""No name and no version has more bytes."""
LONGEST_URL = 8192
"""No direct URL has more characters: a longer one is none."""

_KEY = bytes(range(33, 127))
"""The characters that the name of a field may have."""
_SECRET_WORDS = ("token", "secret", "passw", "signature", "credential", "apikey", "api_key", "api-key")


def describe(system: System, path: str) -> tuple[str, str] | None:
    """Returns Name and Version of the file at `path`, each empty where it has none; None when there is no file.

    It is read up to its first empty line, and never further than `MOST` bytes.

    Raises:
        OSError: The file cannot be read, or is beyond a limit (EFBIG).
    """
    head = system.head(path, HEAD)
    if head is None:
        return None
    found = _plain(head) or _first(head, cut=len(head) >= HEAD)
    if len(head) >= HEAD and not all(found) and not _has_ended(head):
        head = system.head(path, MOST) or b""
        found = _first(head, cut=len(head) >= MOST)
        if len(head) >= MOST and not all(found) and not _has_ended(head):
            raise OSError(errno.EFBIG, f"the fields are too long: at most {MOST} bytes are read", path)
    if max(map(len, found)) > LONGEST:
        raise OSError(errno.EFBIG, f"the name or the version is too long: at most {LONGEST} bytes are allowed", path)
    return clean(found[0].decode("utf-8", "replace")), clean(found[1].decode("utf-8", "replace"))


def _has_ended(head: bytes) -> bool:
    """Returns whether the fields end in what was read: at an empty line."""
    return b"\n\n" in head or b"\n\r\n" in head or b"\r\r" in head


def stated(content: bytes) -> tuple[str, str]:
    """Returns Name and Version of a whole METADATA, each empty where it has none."""
    name, version = _first(content)
    return name.decode("utf-8", "replace"), version.decode("utf-8", "replace")


def fields(content: bytes, *, cut: bool = False) -> Iterator[tuple[bytes, bytes]]:
    """Yields the header fields of a file, found as `email.parser` finds them, with which pip reads the same files.

    Args:
        content: The file, or its start.
        cut: Whether it is only the start. The last field that it holds does not count then: it may go on.

    Yields:
        The name of a field in lower case, and its value, the lines of a folded one put together with spaces.
    """
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    lines[len(lines) - cut :] = [] if cut else [b""]
    key, parts = b"", [b""]
    for line in lines:
        if line[:1] in {b" ", b"\t"}:
            parts.append(line)
            continue
        if key:
            yield key.lower(), b" ".join(filter(None, map(bytes.strip, parts)))
        key, separator, value = line.partition(b":")
        parts = [value]
        if line.startswith(b"From "):  # the envelope of a mail, which is no field
            key = b""
        elif not separator or key.translate(None, _KEY):
            return


def _plain(head: bytes) -> tuple[bytes, bytes] | None:
    """Returns Name and Version of a file that begins as nearly every one does; None: it takes a closer look."""
    lines = head.split(b"\n", 3)
    if (
        b"\r" in head
        or len(lines) < 4  # noqa: PLR2004 -- three fields, and the rest
        or lines[3][:1] in b" \t"
        or not (lines[0].startswith(b"Metadata-Version:") and lines[1].startswith(b"Name:"))
        or not lines[2].startswith(b"Version:")
    ):
        return None
    return lines[1][5:].strip(), lines[2][8:].strip()


def _first(content: bytes, *, cut: bool = False) -> tuple[bytes, bytes]:
    """Returns the first Name and the first Version, each empty where there is none."""
    name = version = None
    for key, value in fields(content, cut=cut):
        if key == b"name" and name is None:
            name = value
        elif key == b"version" and version is None:
            version = value
        if name is not None and version is not None:
            break
    return name or b"", version or b""


def normalise(name: str) -> str:
    """Returns the name as PEP 503 compares it.

    The rule is a few lines, and `packaging.utils`, which has it too, would be loaded at each start.
    """
    name = name.lower()
    if "_" in name or "." in name or "--" in name:
        name = name.replace("_", "-").replace(".", "-")
        while "--" in name:
            name = name.replace("--", "-")
    return name


def name_in(entry: str) -> str:
    """Returns the name in that of a file or directory: `foo` of `foo-1.0-py3.11.egg-info` and `foo-1.0-py3-none.whl`.

    `packaging.utils` would find none where the version is not one of PEP 440, which pip installs all the same.
    """
    return entry.rpartition(".")[0].partition("-")[0]


def direct_url(content: bytes) -> tuple[str, bool]:
    """Returns what a direct_url.json says: where it came from, without credentials, and whether it is editable.

    The first is `git+https://host/repository@commit`, `https://host/file.whl#sha256=...` or `file:///directory`.

    Raises:
        ValueError: It is not what PEP 610 describes.
    """
    import json  # dear, and most environments have no such file

    try:
        record = json.loads(content)
        url = without_credentials(record["url"])
        vcs, archive = record.get("vcs_info"), record.get("archive_info")
        fragments = []
        if vcs is not None:
            url = f"{_word(vcs['vcs'])}+{url}@{_word(vcs['commit_id'])}"
        elif archive is not None:
            fragments = _hashes(archive)
        if record.get("subdirectory"):
            fragments.append(f"subdirectory={_word(record['subdirectory'])}")
        editable = _boolean((record.get("dir_info") or {}).get("editable", False))
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not a direct_url.json: {error!r}") from error
    url += "#" + "&".join(fragments) if fragments else ""
    if len(url) > LONGEST_URL:
        raise ValueError(f"a URL of {len(url)} characters")
    return clean(url), editable


def _hashes(archive: dict[str, object]) -> list[str]:
    hashes = archive.get("hashes")
    if isinstance(hashes, dict) and hashes:
        algorithm = "sha256" if "sha256" in hashes else min(hashes)
        return [f"{algorithm}={_word(hashes[algorithm])}"]
    return [_word(archive["hash"])] if archive.get("hash") else []


def _boolean(value: object) -> bool:
    """Returns a value that has to be yes or no; TypeError where it is neither."""
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _word(value: object) -> str:
    """Returns a value that has to be a text; TypeError where it is none."""
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def without_credentials(url: str) -> str:
    """Returns `url` without user and password and without what in its query looks like a secret.

    The user `git` and references to environment variables stay: PEP 610 keeps them, and they tell nobody anything.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    host, slash, path = rest.partition("/")
    user, at, host = host.rpartition("@")
    kept = user if user == "git" or all(_is_variable(part) for part in user.split(":")) else ""
    path, mark, query = path.partition("?")
    query = "&".join(pair for pair in query.split("&") if not _is_secret(pair.partition("=")[0].lower()))
    return f"{scheme}://{kept}{at if kept else ''}{host}{slash}{path}{mark if query else ''}{query}"


def _is_secret(key: str) -> bool:
    return key == "sig" or any(word in key for word in _SECRET_WORDS)


def _is_variable(text: str) -> bool:
    return text.startswith("${") and text.endswith("}")
