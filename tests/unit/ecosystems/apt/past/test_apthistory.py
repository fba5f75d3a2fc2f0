from __future__ import annotations

from cortexrepo.ecosystems.apt.past.apthistory import TEXT_LIMIT, Entry, entries

NOON = 1772366400


def read(text: str) -> list[Entry]:
    return list(entries(line.encode() for line in text.split("\n")))


def test_an_entry_has_its_times_its_command_and_who_asked() -> None:
    text = """
Start-Date: 2026-03-01  12:00:00
Commandline: apt-get install -y openssl
Requested-By: ana (1000)
Comment: ticket 12
Install: openssl:amd64 (3.0.15-1), libssl3:amd64 (3.0.15-1, automatic)
Error: Sub-process /usr/bin/dpkg returned an error code (1)
End-Date: 2026-03-01  12:00:05
"""
    assert read(text) == [Entry(NOON, NOON + 5, "apt-get install -y openssl", "ana", "ticket 12")]


def test_unattended_upgrades_are_entries_one_after_the_other() -> None:
    text = "".join(
        f"\nStart-Date: 2026-03-01  12:00:0{second}\nCommandline: /usr/bin/unattended-upgrade\n"
        f"Upgrade: a:amd64 (1, 2)\nEnd-Date: 2026-03-01  12:00:0{second + 1}\n"
        for second in (0, 1, 2)
    )
    assert [(entry.start - NOON, entry.end, entry.user) for entry in read(text)] == [
        (second, NOON + second + 1, "") for second in (0, 1, 2)
    ]


def test_an_entry_without_an_end_ends_where_the_next_begins() -> None:
    text = "Start-Date: 2026-03-01  12:00:00\nCommandline: a\nStart-Date: 2026-03-01  12:00:09\nCommandline: b"
    assert read(text) == [Entry(NOON, None, "a"), Entry(NOON + 9, None, "b")]


def test_what_makes_no_sense_is_passed_over() -> None:
    text = (
        "Commandline: lost\nStart-Date: whenever\nCommandline: c\nEnd-Date: 2026-03-01  12:00:00\n\x00\x00\nEnd-Date: x"
    )
    assert read(text) == []
    assert read("Start-Date: 2026-03-01  12:00:00\nEnd-Date: never") == [Entry(NOON)]


def test_a_command_that_is_not_text_or_very_long_is_kept_as_far_as_it_can_be() -> None:
    [entry] = entries([b"Start-Date: 2026-03-01  12:00:00", b"Commandline: apt \xff " + b"x" * 9999])
    assert entry.command.startswith("apt \\xff xxx")
    assert len(entry.command) == TEXT_LIMIT


def test_who_asked_is_a_name_without_its_number() -> None:
    users = ["ana (1000)", "ana", "domain user (70001)", ""]
    found = [next(entries([b"Start-Date: 2026-03-01  12:00:00", f"Requested-By: {user}".encode()])) for user in users]
    assert [entry.user for entry in found] == ["ana", "ana", "domain user", ""]
