"""The same decoders under atheris, which looks for new paths by itself.

`python coverage_guided.py NAME -max_total_time=60`; NAME `all` takes one after the other. A crash ends it with the
input that caused it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

import atheris  # type: ignore[import-untyped]  # only the nightly environment has it

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

with atheris.instrument_imports(include=["cortexrepo"]):
    from support.repositories.decoders import DECODERS


def main() -> None:
    """Fuzzes one decoder, or each in a process of its own: atheris never returns."""
    name = sys.argv.pop(1)
    if name == "all":
        for one in DECODERS:
            command = [sys.executable, __file__, one, *sys.argv[1:]]
            subprocess.run(command, check=True)
        return
    decoder = DECODERS[name]

    def feed(data: bytes) -> None:
        try:
            decoder.feed(data)
        except decoder.raises:
            return

    corpus = tempfile.mkdtemp()
    for number, seed in enumerate(decoder.seeds):
        with open(os.path.join(corpus, f"seed-{number}"), "wb") as file:
            file.write(seed)
    atheris.Setup([*sys.argv, corpus], feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
