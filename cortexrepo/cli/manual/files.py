"""Where this tool keeps things, as its manual pages say."""

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
