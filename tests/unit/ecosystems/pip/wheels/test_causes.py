"""pip's log in the words of several versions, each with one cause."""

from __future__ import annotations

import pytest

from cortexrepo.ecosystems.pip.wheels.causes import AS_SOURCE, cause

LAST = "No matching distribution found for my-pkg==1.0"
INDEX = "https://user:secret@index.example.org/simple/my-pkg/"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"Skipping link: No sources permitted for my-pkg: {INDEX}my_pkg-1.0.tar.gz (from {INDEX})", AS_SOURCE),
        (f"Skipping link: No sources permitted for my-pkg: {INDEX}my_pkg-1.1.tar.gz (from {INDEX})", "no configured"),
        (
            (
                "Skipping link: none of the wheel's tags (cp39-win32) are compatible (run pip debug --verbose to show "
                f"compatible tags): {INDEX}my_pkg-1.0-cp39-cp39-win32.whl (from {INDEX})"
            ),
            "the version is offered only for other",
        ),
        (
            (
                f"Could not fetch URL {INDEX}: connection error: HTTPSConnectionPool(host='x', port=443): Max retries "
                "exceeded with url: / (Caused by NewConnectionError('<x>: [Errno -2] Name or service not known')) "
                "- skipping"
            ),
            "the index index.example.org cannot be reached: Name or service not known",
        ),
        (
            (
                f"Could not fetch URL {INDEX}: There was a problem confirming the ssl certificate: "
                "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired (_ssl) - skip"
            ),
            "the certificate of the index index.example.org is not trusted: certificate has expired;",
        ),
        (
            f"Could not fetch URL {INDEX}: 403 Client Error: Forbidden for url: {INDEX} - skipping",
            "the index index.example.org refuses to answer: HTTP 403",
        ),
        (f"Could not fetch URL {INDEX}: 404 Client Error: Not Found for url: {INDEX} - skipping", "no configured"),
        ("Could not fetch URL https://x.example.org/simple/pip/: connection error: [Errno 111] X", "no configured"),
    ],
)
def test_a_line_of_the_log_is_the_cause(line: str, said: str) -> None:
    found = cause(f"2026-11-30T21:53:13,505   {line}\n", LAST, "my-pkg", "1.0")
    assert found.startswith(said)
    assert "secret" not in found


def test_without_a_log_pips_own_word_stands() -> None:
    assert cause("", LAST, "my-pkg", "1.0") == LAST
    assert (
        cause("x", "pip failed with an exception: OSError", "my-pkg", "1.0") == "pip failed with an exception: OSError"
    )
