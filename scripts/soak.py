"""Runs every test again and again, each time in a new order, until one fails or the minutes are over: `make soak`.

A test that passes once in one order shows little; this finds the one that fails in the fortieth. In every second round
sockets are slow now and then (`tests.slow_sockets`), so that what nearly always comes first does not. The closing line
names the seed that repeats a failure of the order; one of the timing may need some rounds to come again.
"""

import argparse
import random
import subprocess
import sys
import time


def main() -> None:
    """Soaks for ``--minutes``; ends with pytest's exit code for the first failing round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("pytest", nargs="*", help="more for pytest, such as a folder")
    given = parser.parse_args()
    minutes: float = given.minutes
    more: list[str] = given.pytest
    ends = time.monotonic() + minutes * 60
    rounds = 0
    while rounds == 0 or time.monotonic() < ends:
        seed = random.SystemRandom().randrange(2**32)
        rounds += 1
        # They wait more than they compute.
        how = ["-n", "2"] if rounds % 2 else ["-n", "4", "-p", "tests.slow_sockets"]
        command = [sys.executable, "-m", "pytest", "-q", "-x", *how, f"--randomly-seed={seed}", *more]
        print(f"round {rounds}, seed {seed}", flush=True)
        code = subprocess.run(command, check=False, stdin=subprocess.DEVNULL).returncode
        if code:
            print(f"round {rounds} failed; this repeats it: {' '.join(command[2:])}")
            sys.exit(code)
    print(f"{rounds} rounds passed")


if __name__ == "__main__":
    main()
