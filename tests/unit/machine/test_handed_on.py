from __future__ import annotations

from cortexrepo.machine.handed_on import handed_on


def test_a_certificate_reaches_programs_that_have_a_variable_of_their_own() -> None:
    found = handed_on({"SSL_CERT_FILE": "/ca", "NODE_EXTRA_CA_CERTS": "/mine", "PIP_INDEX_URL": "x", "LD_PRELOAD": "x"})
    assert found == {"SSL_CERT_FILE": "/ca", "REQUESTS_CA_BUNDLE": "/ca", "NODE_EXTRA_CA_CERTS": "/mine"}


def test_proxies_are_known_in_both_spellings() -> None:
    found = handed_on({"http_proxy": "a", "HTTPS_PROXY": "b", "PIP_CERT": "c", "SUDO_FORCE_REMOVE": "yes"})
    assert found == {"http_proxy": "a", "HTTPS_PROXY": "b", "PIP_CERT": "c", "SUDO_FORCE_REMOVE": "yes"}
