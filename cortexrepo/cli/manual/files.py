"""Where this tool keeps things, and which variables it obeys, as its manual pages say."""

from __future__ import annotations

from cortexrepo.disk.places import CACHE, DATA, STATE

FILES = (
    (f"{DATA[0]}/cortex/snapshots", "The repository of root."),
    (f"~/{DATA[2]}/cortex/snapshots", f"The repository of another user; {DATA[1]} names another ~/{DATA[2]}."),
    (f"{CACHE[0]}/cortex", "Lines of long lists, of root; CORTEX_CACHE names another directory; an empty one, none."),
    (f"~/{CACHE[2]}/cortex", f"The same of another user; {CACHE[1]} names another ~/{CACHE[2]}."),
    (f"{STATE[0]}/cortex", "How far a restore of root has come."),
    (f"~/{STATE[2]}/cortex", f"The same of another user; {STATE[1]} names another ~/{STATE[2]}."),
)
"""Paths, and what is there."""

VARIABLES = (
    ("CORTEX_REPO", "The repository, where --repo is not given."),
    ("CORTEX_CACHE", f"The directory in the place of {CACHE[0]}/cortex or ~/{CACHE[2]}/cortex; none if it is empty."),
    ("NO_COLOR, CLICOLOR_FORCE", "Never and always colours, where --color is not given."),
    ("CORTEX_PAGER, PAGER", "The program that shows what is longer than the terminal; the first that is set counts."),
    (
        "LC_ALL, LC_CTYPE, LANG",
        "Where the first of these that is set does not name UTF-8, other letters than ASCII's are shown as `\\xe9`.",
    ),
)
"""Variables, and their meanings."""
