"""What root's command hands on to the programs of a user, and what not."""

from __future__ import annotations

import os

import pytest

from cortexrepo.machine.live_programs import LiveMachine
from cortexrepo.machine.proxies import without_passwords
from cortexrepo.restore.run.delegate import Account, as_user

NOBODY = 65534


SECRETS = {
    "http://root:SECRET@proxy:1": "http://proxy:1",
    "root:SECRET@proxy:1": "proxy:1",
    "http://root:SEC/RET@x@proxy:1/": "http://proxy:1/",
    "root:SECRET://x@proxy:1": None,
    "SECRET@root://@proxy": None,
    "http://SECRET@[::1]:3128": "http://[::1]:3128",
}


@pytest.mark.parametrize("value", SECRETS)
def test_a_proxy_is_named_without_its_password(value: str) -> None:
    for name in ("https_proxy", "ALL_PROXY", "Http_Proxy"):
        found = without_passwords({name: value, "PATH": "a@b", "no_proxy": "localhost"})
        assert set(found) == {name}
        assert "SEC" not in found[name]
        assert found[name].endswith(value.rpartition("@")[2])
        assert SECRETS[value] in {None, found[name]}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("name", ["https_proxy", "HTTP_PROXY", "all_proxy"])
def test_a_program_of_another_user_gets_no_password_of_roots(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://root:SECRET@proxy.example:3128")

    def work(_told: object) -> str:
        return LiveMachine(os.environ, "/").run(["env"]).output

    theirs, roots = as_user(Account(NOBODY), work, lambda _line: None), work(None)
    assert f"{name}=http://proxy.example:3128\n" in theirs
    assert "SECRET" not in theirs
    assert "SECRET" in roots
