"""The variables of this process that the programs which it starts are given: few, and none that a snapshot names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = (
    "http_proxy",
    "https_proxy",
    "ftp_proxy",
    "no_proxy",
    "all_proxy",
    "PIP_CERT",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "SUDO_FORCE_REMOVE",
)
"""How to reach a source is the machine's business and not the snapshot's; proxies also in capitals. By the last one a
person tells a script of a package that root without a password is meant."""
_CERTIFICATES = "SSL_CERT_FILE"
_OTHERS = ("REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
"""The same variable of programs that do not know OpenSSL's."""


def handed_on(variables: Mapping[str, str]) -> dict[str, str]:
    """Returns those of the variables that programs are given."""
    found = {
        spelling: variables[spelling] for name in _NAMES for spelling in (name, name.upper()) if spelling in variables
    }
    if _CERTIFICATES in variables:
        found = dict.fromkeys(_OTHERS, variables[_CERTIFICATES]) | found
    return found
