"""How apt's history names this tool: the name of a file on the command line, and what is read out of it again.

`apt-get -y -q -c /var/lib/cortex/restore/part-0/cortex-snapshot-restore-9e11d7283222.conf install -- hello=2.10-3`;
an apt that has comments is given one too. Before, all settings stood on the command line.
"""

from __future__ import annotations

import re

_NAMED = re.compile(r"(?:^|\s)-c \S*/cortex-snapshot-(\w+)(?:-([0-9a-f]{12}))?\.conf\s")
_BEFORE = re.compile(r"(?:\S*/)?apt-get -y -q -o APT::Get::Purge=false -o APT::Get::AutomaticRemove=false ")
_PURPOSE = "restore"


def file_name(purpose: str) -> str:
    """Returns the name of the file with the settings; `purpose` is `restore ID`, and may be empty."""
    return f"cortex-snapshot-{purpose.replace(' ', '-') or _PURPOSE}.conf"


def settings(purpose: str) -> tuple[str]:
    """Returns the setting that makes a comment in the history."""
    return (f"APT::History::Comment=cortex snapshot {purpose or _PURPOSE}",)


def command(line: str) -> str:
    """Returns a command line of the history for people: this tool's own as `cortex snapshot restore ID`."""
    found = _NAMED.search(line)
    if found is not None:
        return " ".join(filter(None, ("cortex snapshot", *found.groups())))
    return f"cortex snapshot {_PURPOSE}" if _BEFORE.match(line) else line
