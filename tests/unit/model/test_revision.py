from __future__ import annotations

import pytest

from cortexrepo.errors import RevisionError
from cortexrepo.model import revision
from cortexrepo.model.revision import Revision


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("latest", Revision("latest", "", 0)),
        ("latest~2", Revision("latest", "", 2)),
        ("0a1b~", Revision("0a1b", "", 1)),
        ("@{2 weeks ago}~3", Revision("", "2 weeks ago", 3)),
        ("v1.0+x_y-z", Revision("v1.0+x_y-z", "", 0)),
    ],
)
def test_a_revision_is_taken_apart(text: str, expected: Revision) -> None:
    assert revision.parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "-x", "../x", ".x", "a\n", "~", "a~x", "a~-1", "a~~", "@{}", "@x", "\0", "x" * 1025, "a~٣"]
)
def test_what_cannot_be_one_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(RevisionError) as caught:
        revision.parse(text)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a..b", ("a", "b")),
        ("a..", ("a", "live")),
        ("..b", ("latest", "b")),
        ("..", ("latest", "live")),
        ("a", None),
        ("../x", None),
    ],
)
def test_a_range_has_two_sides(text: str, expected: tuple[str, str] | None) -> None:
    assert revision.split_range(text) == expected


@pytest.mark.parametrize("name", ["golden", "v1.0", "a", "before+upgrade", "abc", "0123456789abcdef" * 3])
def test_a_good_tag_has_nothing_wrong(name: str) -> None:
    assert revision.check_tag(name) == ""


@pytest.mark.parametrize(
    "name",
    ["", "live", "latest", "abcd", "0123456789abcdef0123456789abcdef", "-x", ".x", "a..b", "a.lock", "a/b", "x" * 65],
)
def test_a_tag_that_could_be_mistaken_is_refused(name: str) -> None:
    assert revision.check_tag(name)
