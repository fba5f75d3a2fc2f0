from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.formats.json import document
from cortexrepo.formats.json.document import Many, encode
from cortexrepo.formats.json.snapshots import compared, problem
from cortexrepo.model.diff import FIRST_SEEN, REMOVED, Change, Diff, Unknown
from cortexrepo.model.facts import Fact
from cortexrepo.model.package import Package


def test_a_document_is_one_line_of_ascii_whatever_is_in_it() -> None:
    text = encode(problem("request", "a\nb é \udcff", ""))
    assert text.isascii()
    assert "\n" not in text
    assert json.loads(text)["error"]["message"] == "a\nb é \udcff"


@given(st.lists(st.dictionaries(st.text(), st.integers()), max_size=9), st.integers(1, 4))
def test_values_that_are_made_when_they_are_encoded_are_a_list(rows: list[dict[str, int]], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(document, "_AT_ONCE", most)
        text = encode({"a": 1, "many": Many(lambda: iter(rows)), "z": []})  # type: ignore[arg-type]
    assert text == json.dumps({"a": 1, "many": rows, "z": []})


def test_a_package_that_is_gone_has_no_version_after() -> None:
    change = Change("npm", "/usr", REMOVED, Package("a", "", "1", 0, (("inside", "b"),)), None)
    unknown = (Unknown("pip", "/v", "after: why"), Unknown("npm", "/p", "before: nobody looked there", FIRST_SEEN))
    facts = (Fact("pip", "/v", "python", "3.11", "3.12"),)
    document = compared("diff", Diff((change,), unknown, facts), None, None)
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
    nobody = {"machine": None, "from": None, "to": None}
    assert document["unknown"] == [
        {**nobody, "ecosystem": "pip", "environment": "/v", "kind": "unreadable", "reason": "after: why"},
        {
            **nobody,
            "ecosystem": "npm",
            "environment": "/p",
            "kind": "first-seen",
            "reason": "before: nobody looked there",
        },
    ]
    assert document["facts"] == [
        {"ecosystem": "pip", "environment": "/v", "name": "python", "from": "3.11", "to": "3.12"}
    ]
