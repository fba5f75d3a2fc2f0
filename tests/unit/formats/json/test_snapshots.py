from __future__ import annotations

import json

from cortexrepo.formats.json.document import encode
from cortexrepo.formats.json.snapshots import compared, problem
from cortexrepo.model.diff import REMOVED, Change, Diff, Unknown
from cortexrepo.model.package import Package


def test_a_document_is_one_line_of_ascii_whatever_is_in_it() -> None:
    text = encode(problem("request", "a\nb é \udcff", ""))
    assert text.isascii()
    assert "\n" not in text
    assert json.loads(text)["error"]["message"] == "a\nb é \udcff"


def test_a_package_that_is_gone_has_no_version_after() -> None:
    change = Change("npm", "/usr", REMOVED, Package("a", "", "1", 0, (("inside", "b"),)), None)
    document = compared("diff", Diff((change,), (Unknown("pip", "/v", "why"),)), None, None)
    assert document["changes"] == [
        {
            "ecosystem": "npm",
            "environment": "/usr",
            "name": "a",
            "arch": "",
            "inside": "b",
            "kind": "removed",
            "from": "1",
            "to": None,
            "details": [],
        }
    ]
    assert document["unknown"] == [{"ecosystem": "pip", "environment": "/v", "reason": "why"}]
