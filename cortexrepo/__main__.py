"""`python -m cortexrepo create` and `python -m cortexrepo snapshot create`, which are the same."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs `sys.argv`, with or without the word `snapshot`, and exits."""
    from cortexrepo.cli.main import snapshot

    words = sys.argv[1:]
    snapshot.main(words[1:] if words[:1] == ["snapshot"] else words, prog_name="python -m cortexrepo")


if __name__ == "__main__":
    main()
