"""Who runs the command."""

from __future__ import annotations

import os

from cortexrepo.formats.text.escape import storable


def user() -> str:
    """Returns the name of the person: behind sudo the one who called it."""
    variables = os.environ
    return storable(variables.get("SUDO_USER") or variables.get("USER") or variables.get("LOGNAME") or _account())


def _account() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
