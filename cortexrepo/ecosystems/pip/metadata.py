"""The description of one Python distribution: Name and Version of METADATA and PKG-INFO, and direct_url.json."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.machine.text import clean

if TYPE_CHECKING:
    from cortexrepo.machine.files import System

HEAD = 4096
"""How much of a METADATA file is read at first, in bytes: what follows is nearly always the long description."""

_SECRET_WORDS = ("token", "secret", "passw", "signature", "credential", "apikey", "api_key", "api-key")


def describe(system: System, path: str) -> tuple[str, str] | None:
    """Returns Name and Version of the file at `path`, each empty where it has none; None when there is no file.

    Raises:
        OSError: The file cannot be read.
    """
    head = system.head(path, HEAD)
    if head is None:
        return None
    name, version = _plain(head) or _lines(head)
    if len(head) >= HEAD and not (name and version):
        name, version = _lines(system.read(path) or b"")
    return clean(name.decode("utf-8", "replace")), clean(version.decode("utf-8", "replace"))


def _plain(head: bytes) -> tuple[bytes, bytes] | None:
    """Returns Name and Version as nearly every file has them; None when it takes a closer look."""
    if b"\r" in head:
        return None
    text = b"\n" + head
    end = text.find(b"\n\n")
    end = len(text) if end < 0 else end + 1
    name = text.find(b"\nName:", 0, end)
    version = text.find(b"\nVersion:", 0, end)
    if name < 0 or version < 0:
        return None
    name_end = text.find(b"\n", name + 6)
    version_end = text.find(b"\n", version + 9)
    if name_end < 0 or version_end < 0:
        return None
    return text[name + 6 : name_end].strip(), text[version + 9 : version_end].strip()


def _lines(content: bytes) -> tuple[bytes, bytes]:
    """Returns Name and Version line by line: any case, any line end. The cut last line of a head does not count."""
    found: dict[bytes, bytes] = {}
    lines = content.split(b"\n")
    if len(content) == HEAD:
        lines.pop()
    for line in lines:
        if not line.strip():
            break
        key, separator, value = line.partition(b":")
        if separator and not line[:1].isspace():
            found.setdefault(key.strip().lower(), value.strip())
    return found.get(b"name", b""), found.get(b"version", b"")


def normalise(name: str) -> str:
    """Returns the name as PEP 503 compares it."""
    name = name.lower()
    if "_" in name or "." in name or "--" in name:
        name = name.replace("_", "-").replace(".", "-")
        while "--" in name:
            name = name.replace("--", "-")
    return name


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
            url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
        elif archive is not None:
            fragments = _hashes(archive)
        if record.get("subdirectory"):
            fragments.append(f"subdirectory={record['subdirectory']}")
        editable = bool((record.get("dir_info") or {}).get("editable"))
    except (AttributeError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not a direct_url.json: {error!r}") from error
    return clean(url + ("#" + "&".join(fragments) if fragments else "")), editable


def _hashes(archive: dict[str, object]) -> list[str]:
    hashes = archive.get("hashes")
    if isinstance(hashes, dict) and hashes:
        algorithm = "sha256" if "sha256" in hashes else min(hashes)
        return [f"{algorithm}={hashes[algorithm]}"]
    return [str(archive["hash"])] if archive.get("hash") else []


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
