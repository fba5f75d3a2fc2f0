from __future__ import annotations

import pytest

from cortexrepo.ecosystems.registry import names
from cortexrepo.errors import RequestError
from cortexrepo.history import subject
from cortexrepo.history.expression import Clause, parse
from cortexrepo.model.package import Package


def holds(text: str, ecosystem: str, version: str) -> bool | None:
    test = parse(text, names()).test(ecosystem)
    return test(version) if test is not None else None


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("xz-utils", ()),
        ("xz-utils=5.6.1", (("=", "5.6.1"),)),
        ("requests >= 2 , < 3", ((">=", "2"), ("<", "3"))),
        ("lodash@4.17.21", (("=", "4.17.21"),)),
        ("@babel/core@7.0.0", (("=", "7.0.0"),)),
        ("@babel/core", ()),
        ("foo=1:2.0~rc1+b1", (("=", "1:2.0~rc1+b1"),)),
        ("g++==4", (("==", "4"),)),
    ],
)
def test_an_expression_is_a_name_and_conditions(text: str, clauses: tuple[tuple[str, str], ...]) -> None:
    assert parse(text, names()).clauses == tuple(Clause(*clause) for clause in clauses)


@pytest.mark.parametrize(
    "text",
    ["", "=", "=1", "a=", "a==", "a>=2,", "a>=2,3", "a>=2<3", "a=>2", "a===1", "a b=1", "a=1 2", "a<<1", "a:", "a@",
     ">1", "pip:", "pip:a>=x!", "npm:a>=x", "npm:a~=1.2", "apt:a~=1", "system:a>=1", "a\n=1"],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse(text, names())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rpm:a~=1", "'rpm:a~=1' cannot be tested: rpm cannot compare"),
        ("system:a>=1", "'system:a>=1' cannot be tested: system cannot"),
        ("a~=x", "'a~=x' cannot be tested: apt and npm and pip"),
        ("a>=2<3", "is not a search expression"),
    ],
)
def test_a_condition_that_no_version_can_be_held_to_is_told_from_a_text_that_is_none(text: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        parse(text, names())


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("a=1.0", "1.0", True),
        ("a=1.0", "1.0-1", False),
        ("a>=1.0", "1.0~rc1", False),
        ("a<1.0", "1.0~rc1", True),
        ("a>2.0", "1:1.0", True),
        ("a==1.0", "1.00", True),
        ("a!=1.0", "1.1", True),
        ("a>=1,<=3", "3-0", True),
        ("a>=1,<=3", "3-1", False),
        ("a<9", "", False),
    ],
)
def test_apt_goes_by_the_order_of_dpkg(text: str, version: str, expected: bool) -> None:  # noqa: FBT001 -- a table
    assert holds(text, "apt", version) is expected


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("a<2.32", "2.31.0", True),
        ("a<2.32", "2.32rc1", False),
        ("a>=2,<3", "2.99", True),
        ("a>=2,<3", "3.0", False),
        ("a==2.31", "2.31.0", True),
        ("a=2.31", "2.31.0", False),
        ("a==2.*", "2.9", True),
        ("a~=2.30", "2.31", True),
        ("a>=1", "2.0a1", True),
        ("a!=2", "2", False),
        ("a<2", "no version", False),
        ("a=no-version", "no-version", True),
    ],
)
def test_pip_goes_by_pep_440(text: str, version: str, expected: bool) -> None:  # noqa: FBT001 -- a table
    assert holds(text, "pip", version) is expected


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("a<4.17.21", "4.17.20", True),
        ("a<4.17.21", "4.17.21-beta.1", True),
        ("a>=4.17.21", "4.17.21+build", True),
        ("a<2", "1.99.0", True),
        ("a<2", "2.0.0-beta", False),
        ("a<=2", "2.9.9", True),
        ("a>2", "2.9.9", False),
        ("a>2", "3.0.0", True),
        ("a==4.17", "4.17.3", True),
        ("a!=4.17", "4.17.3", False),
        ("a!=4.17", "4.18.0", True),
        ("a>=v1.2.3", "1.2.3", True),
        ("a<2", "not a version", False),
        ("a!=2", "", False),
    ],
)
def test_npm_goes_by_semantic_versions(text: str, version: str, expected: bool) -> None:  # noqa: FBT001 -- a table
    assert holds(text, "npm", version) is expected


def test_a_condition_is_asked_only_where_it_makes_sense() -> None:
    assert holds("a>=5.6.0-1.1+deb12u1", "apt", "5.6.1-1") is True
    assert holds("a>=5.6.0-1.1+deb12u1", "pip", "5.6.1") is None
    assert holds("a~=1.2", "apt", "1.2") is None
    assert holds("kernel/running=6", "system", "6") is True


def test_a_number_of_thousands_of_digits_makes_no_sense_or_is_compared() -> None:
    assert holds("a<" + "9" * 5000, "apt", "1") is True
    assert holds("a<" + "9" * 5000, "npm", "1.0.0") is None


@pytest.mark.parametrize(
    ("text", "ecosystem", "package", "meant"),
    [
        ("Requests", "pip", Package("requests", "", "1"), True),
        ("python_dateutil", "pip", Package("python-dateutil", "", "1"), True),
        ("zope.interface", "pip", Package("zope-interface", "", "1"), True),
        ("python_*", "pip", Package("python-dateutil", "", "1"), True),
        ("OpenSSL", "apt", Package("openssl", "amd64", "1"), True),
        ("JSONStream", "npm", Package("jsonstream", "", "1"), False),
        ("@babel/*", "npm", Package("@babel/core", "", "1"), True),
        ("lib*", "apt", Package("zlib1g", "amd64", "1"), False),
        ("libc6:i386", "apt", Package("libc6", "i386", "1"), True),
        ("libc6:i386", "apt", Package("libc6", "amd64", "1"), False),
        ("libc6:i386", "npm", Package("libc6", "", "1"), None),
        ("pip:six", "apt", Package("six", "", "1"), None),
        ("pip:six", "pip", Package("six", "", "1"), True),
        ("a>b", "npm", Package("b", "", "1", 0, (("inside", "a"),)), True),
        ("a>b", "npm", Package("b", "", "1"), False),
        ("b", "npm", Package("b", "", "1", 0, (("inside", "a"),)), True),
    ],
)
def test_names_are_meant_as_people_type_them(text: str, ecosystem: str, package: Package, meant: bool | None) -> None:  # noqa: FBT001 -- a table
    asked = subject.parse(text).meant(ecosystem)
    assert (asked(package) if asked is not None else None) is meant
