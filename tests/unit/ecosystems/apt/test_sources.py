"""What apt says of its sources: which have no list, and which it does not trust."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.ecosystems.apt.places import USUAL
from cortexrepo.ecosystems.apt.restore.missing import about_lists
from cortexrepo.ecosystems.apt.sources import trust, unlisted, untrusted

WANTED = """\
'http://u:p@e.invalid/debian/dists/bookworm/InRelease' e.invalid_debian_dists_bookworm_InRelease 0 \n\
'http://u:p@e.invalid/debian/dists/bookworm/main/binary-amd64/Packages.xz' \
e.invalid_debian_dists_bookworm_main_binary-amd64_Packages 0 \n\
'copy:/repo/./InRelease' _repo_._InRelease 0 \n\
'copy:/repo/./Packages.xz' _repo_._Packages 0 \n"""
DEBIAN = "http://e.invalid/debian/dists/bookworm/"


@pytest.mark.parametrize(
    ("there", "absent"),
    [
        ([], [DEBIAN, "copy:/repo/./"]),
        (["lock", "partial", "_repo_._Release"], [DEBIAN, "copy:/repo/./"]),
        (["_repo_._Packages.lz4"], [DEBIAN]),
        (["e.invalid_debian_dists_bookworm_main_binary-amd64_Packages"], ["copy:/repo/./"]),
        (["e.invalid_debian_dists_bookworm_contrib_binary-amd64_Packages", "_repo_._Packages"], []),
    ],
)
def test_a_source_without_a_list_is_named_without_its_password(there: list[str], absent: list[str]) -> None:
    assert unlisted(WANTED, there) == (absent, 2)


def test_empty_lists_and_no_source_at_all_have_their_own_way_out() -> None:
    [none] = about_lists("", [], USUAL)
    assert (none.kind, "name a source" in none.hint) == ("lists", True)
    [all_of_them] = about_lists(WANTED, ["lock"], USUAL)
    assert "any source" in all_of_them.reason
    [one] = about_lists(WANTED, ["_repo_._Packages"], USUAL)
    assert DEBIAN in one.reason
    assert "`apt-get update`" in one.hint
    assert about_lists(WANTED, ["_repo_._Packages", "e.invalid_debian_dists_bookworm_main_x_Packages"], USUAL) == []


def test_a_file_is_trusted_where_one_source_of_its_is() -> None:
    known = trust("no http://u:p@a/debian/\nyes http://a/debian/\nno copy:/ppa/\nyes copy:/ppa/sub/\n\nno\n")
    assert known == {"http://a/debian/": True, "copy:/ppa/": False, "copy:/ppa/sub/": True}
    assert untrusted("http://a/debian/pool/x.deb", known) == ""
    assert untrusted("copy:/ppa/x.deb", known) == "copy:/ppa/"
    assert untrusted("copy:/ppa/sub/x.deb", known) == ""
    assert untrusted("ftp://unknown/x.deb", known) == ""


@given(st.text())
def test_no_answer_is_too_strange(text: str) -> None:
    unlisted(text, [text])
    untrusted(text, trust(text))
