"""Says per package how many mutants `mutmut run` made and how many the tests killed, and names those that survived.

Run from where `mutants/` is.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

_OUTCOMES = {0: "survived", 1: "killed", 3: "killed", 5: "untested", 33: "untested", 36: "timeout", -24: "timeout"}
"""What mutmut's exit codes mean. A loop without end is a kill too, and is shown apart."""
_COLUMNS = ("killed", "timeout", "survived", "untested", "other")


def main() -> None:
    """Prints the table."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    alive = []
    for path in sorted(Path("mutants/cortexrepo").glob("**/*.py.meta")):
        package = path.relative_to("mutants/cortexrepo").parts[0]
        for name, code in json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"].items():
            if code is None:
                continue
            outcome = _OUTCOMES.get(code, "other")
            counts[package][outcome] += 1
            if outcome not in {"killed", "timeout"}:
                alive.append(f"{outcome}: {name}")
    print(*alive, sep="\n")
    print(f"{'package':12}{'mutants':>9}", *(f"{column:>9}" for column in _COLUMNS), f"{'killed':>9}")
    for package, found in counts.items():
        share = 100 * (found["killed"] + found["timeout"]) / found.total()
        figures = (f"{found[column]:9}" for column in _COLUMNS)
        print(f"{package:12}{found.total():9}", *figures, f"{share:7.1f} %")


if __name__ == "__main__":
    main()
