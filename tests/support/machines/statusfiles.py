"""Status files of dpkg, whole and damaged in many ways; always the same for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_NAMES = ("dpkg", "apt", "libc6", "g++", "zlib1g", "Upper", "a0", "python3.11", "odd_name")
_STATES = (
    *["install ok installed"] * 8,
    "hold ok installed", "deinstall ok installed", "deinstall ok config-files", "purge ok config-files",
    "install ok half-configured", "install ok unpacked", "install reinstreq half-installed", "hold ok not-installed",
    "install ok not-installed", "deinstall ok not-installed", "install ok triggers-pending",
    "install ok triggers-awaited", "unknown ok not-installed",
)  # fmt: skip
_VERSIONS = ("1.0", "1:2.0~rc1-3+b1", "2.36-9+deb12u10", "0:1", "01:1.0", "1.0-1-2", "1_0", "a1", "1:1:1", "1.0~~")
_ARCHES = ("amd64", "amd64", "amd64", "all", "i386", "odd_arch")
_VALUES = {
    "Package": ("", "a b", "-a", "é", "a/b", "a:amd64", "A", "."),
    "Status": (
        "", "install ok", "install ok sleeping", "installokinstalled", "Install OK Installed", "install ok installed x",
        "install  ok\tinstalled", "hold reinstreq unpacked", "install ok installedx",
    ),
    "Version": (
        "", "1:", ":1", "a:1", "-1:1", "99999999999:1", "2147483647:1", "2147483648:1", "+1:2", "1.0-", "-1", "1 2",
        "é", "1.0\n 2", "1\v", "0:0", "0", "1-0", "-", "--", "1.0-é", "\u202e1", "9" * 5000, "00001:1",
    ),
    "Architecture": ("", "any", "amd64 i386", "é", "-x", "AMD64", "all"),
    "Multi-Arch": ("", "same", "foreign", "no", "sometimes", "same x", "SAME"),
    "Essential": ("", "yes", "no", "maybe", "yes no", "YES", "yesno"),
    "Protected": ("yes", "2"),
    "Priority": ("", "optional", "optional x", "odd", "optionally", "unknown"),
    "Depends": (
        "", "a", "a,", ", a", "a b", "a (>= 1)", "a (1)", "a (>=1", "a (<> 1)", "a (< 1)", "a (>= )", "a (>= 1 2)",
        "a:any", "a:", "a:b_c", "a | b", "a |", "é", "a (= 1) | b (<< 2:1-1), c", "a\n , b", "a (=1,2)", "a(>=1)x",
        "a (>=1-)",
    ),
    "Breaks": ("a | b", "a (<< 1)", "a (>= :1)"),
    "Provides": ("a (>= 1)", "a (= 1)", "a | b", "a, b:any"),
    "Conffiles": (
        "", "/etc/a d41d8cd9", "\n /etc/a d41d8cd9", "\n /etc/a d41d8cd9 obsolete", "\n /etc/a", "\n / d41d8cd9",
        "\n\t/etc/a d4", "\n /etc/a newconffile remove-on-upgrade", "\n a b c", "\n ", "\n /etc/a  d4",
        "\n obsolete obsolete",
        "\n /etc/a d4 obsolete remove-on-upgrade", "\n /etc/a d4 remove-on-upgrade obsolete", "\n //./x d",
    ),
    "Config-Version": ("", "1.0", "1:"),
    "Triggers-Pending": ("", "/usr/share/x", "a b", "a a", "é", "a\n b"),
    "Triggers-Awaited": ("", "a", "a a", "a:amd64", "a:", "-a", "a A"),
    "Description": ("", "d\n e", "d\n .", "d\n  ", "d\n\t", "d\r"),
    "Maintainer": ("",), "Section": ("",), "Homepage": ("", "x"), "X": ("1",), "XY": ("1",), "Filename": ("", "x"),
    "Size": ("1",), "MD5sum": ("",), "Revision": ("", "2"), "Package-Revision": ("3",), "Class": ("optional", "x y"),
    "Optional": ("a | b", "a,"), "Recommended": ("a",), "Origin": ("",), "Bugs": ("x",), "Source": ("a (1)", ""),
    "Installed-Size": ("", "x"), "-X": ("1",), "#": ("1",), "Replaces": ("a (<< 1)",), "Enhances": ("a | b",),
}  # fmt: skip
_LINES = (
    b"garbage without a colon", b"garbage", b": x", b" : x", b"\tx", b"\r", b"# comment", b"#comment: x", b"Package",
    b"Package:",
    b"Package :x", b"-: x", b"a : b", b"<<<<<<< HEAD", b"=======", b"\x0c", b"\x0b: 1", b" ", b"\xff\xfe",
    b"\xef\xbb\xbfPackage: x",
    b"Version: 9", b"Status: install ok installed", b"x" * 9000, b"Description:" + b"y" * 9000, b"\0", b"\x1a", b".",
)  # fmt: skip

_ENDS = (b"\n", b"x", b"X:\n", b"XY:\n", b"XY: \n", b"\n\n\n", b" \n", b"Package: cut\nStatus: insta")


def whole(choice: random.Random) -> list[bytes]:
    """Returns the stanzas of a status file that dpkg could have written, or nearly: each with its last end of line."""
    names = choice.sample(_NAMES, choice.randint(1, 5))
    return [_stanza(name, choice) for name in names]


def _stanza(name: str, choice: random.Random) -> bytes:
    state = choice.choice(_STATES)
    lines = [f"Package: {name}"]
    lines += ["Essential: yes"] if choice.random() < 0.1 else []
    lines += [f"Status: {state}", "Priority: optional", "Section: x", "Installed-Size: 1"]
    lines.append("Maintainer: é <x@example.com>")
    arch = choice.choice(_ARCHES)
    lines.append(f"Architecture: {arch}")
    lines += ["Multi-Arch: same"] if arch != "all" and choice.random() < 0.3 else []
    lines.append(f"Version: {choice.choice(_VERSIONS)}")
    lines += ["Depends: libc6 (>= 2.36), a | b (<< 1:2~)"] if choice.random() < 0.4 else []
    lines += ["Breaks: a (<< 1), b:any"] if choice.random() < 0.2 else []
    lines += ["Conffiles:\n /etc/a d41d8cd98f00b204e9800998ecf8427e"] if choice.random() < 0.3 else []
    lines.append("Description: short\n long\n .\n longer")
    lines += ["Triggers-Pending: x /usr/y"] if state.endswith("pending") else []
    lines += ["Triggers-Awaited: libc6"] if state.endswith("awaited") else []
    lines += ["Homepage: https://example.com"] if choice.random() < 0.3 else []
    return ("\n".join(lines) + "\n").encode()


def bent(choice: random.Random) -> bytes:
    """Returns a status file that was damaged, or changed by somebody, in one to three ways; sometimes in none."""
    stanzas = whole(choice)
    for _ in range(choice.choice((0, 1, 1, 1, 2))):
        _of_stanzas(stanzas, choice)
    data = b"\n".join(stanzas) + b"\n"
    for _ in range(choice.choice((0, 0, 1, 2))):
        data = _of_bytes(data, choice)
    return data


def _of_stanzas(stanzas: list[bytes], choice: random.Random) -> None:
    at = choice.randrange(len(stanzas))
    lines = stanzas[at].split(b"\n")[:-1]
    line = choice.randrange(len(lines))
    field = choice.choice(list(_VALUES))
    made = f"{field}: {choice.choice(_VALUES[field])}".encode()
    way = choice.randrange(8)
    if way == 0:
        lines.insert(line, choice.choice(_LINES))
    elif way == 1:
        del lines[line]
    elif way == 2:
        lines.insert(line, choice.choice(lines))
    elif way in (3, 4):
        places = [number for number, text in enumerate(lines) if text.startswith(made.partition(b" ")[0])]
        lines[places[0] if places else line : (places[0] if places else line) + bool(places)] = made.split(b"\n")
    elif way == 5:
        # Another instance: as it is, of another architecture, or at another version.
        other = stanzas[at].replace(b"amd64", choice.choice((b"amd64", b"i386", b"all")))
        stanzas.insert(choice.randrange(len(stanzas) + 1), other.replace(b"1.0", choice.choice((b"1.0", b"2.0"))))
    elif way == 6:
        choice.shuffle(lines)
    else:
        lines = [text.replace(b": ", choice.choice((b":", b" : ", b":  ", b":\t"))) for text in lines]
    if way != 5:
        stanzas[at] = b"\n".join(lines) + b"\n"


def _of_bytes(data: bytes, choice: random.Random) -> bytes:
    at, other = choice.randrange(len(data) + 1), choice.randrange(len(data) + 1)
    size = choice.choice((1, 1, 2, 8, 64, 512))
    head, tail = data[:at], data[at:]
    return choice.choice(
        (
            head + b"\0" * len(tail[:size]) + tail[size:],
            head + tail[size:],
            head,
            data.replace(b"\n", b"\r\n"),
            head + tail.replace(b"\n", b"\r\n", 1),
            head + choice.choice((b"\n", b"\n\n", b"\n\n\n", b" ", b":", b"\t", b"\r")) + tail,
            head + bytes(choice.choices(range(256), k=min(size, 8))) + tail,
            head + data[other : other + size] + tail,
            data + choice.choice(_ENDS),
        )
    )
