"""Starts one command once, or many times at once, and says of each how long it ran, its peak memory and its exit code.

`python -I -S launch.py COUNT COMMAND...`; `{}` in the command becomes 0, 1, ... What Linux reports as a child's peak is
never less than what its starter took. So this one imports next to nothing, and takes about 8 MiB.
"""

import os
import sys
import time


def main() -> None:
    """Prints a line for each that ended, and a last one with how long all took."""
    count, command = int(sys.argv[1]), sys.argv[2:]
    null = os.open(os.devnull, os.O_RDWR)
    actions = [(os.POSIX_SPAWN_DUP2, null, descriptor) for descriptor in (0, 1, 2)]
    started = {}
    first = time.perf_counter()
    for number in range(count):
        words = [word.replace("{}", str(number)) for word in command]
        start = time.perf_counter()
        started[os.posix_spawnp(words[0], words, os.environ, file_actions=actions)] = start
    while started:
        child, status, usage = os.wait4(-1, 0)
        seconds = time.perf_counter() - started.pop(child)
        print(seconds, usage.ru_maxrss, os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime)
    print(time.perf_counter() - first)


if __name__ == "__main__":
    main()
