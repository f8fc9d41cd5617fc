"""Start a program so that it dies with the one who asked: ``python -I -S launch_child.py PARENT COMMAND ARG…``.

A server notices our end when its stdin ends, unless it is stuck or does not care; so on Linux the kernel is
asked to kill it when its parent ends, however that happens (prctl(2), PR_SET_PDEATHSIG; kept by exec).
Elsewhere the program is just started. Runs by path, without site-packages, and imports nothing of ours.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_EX_UNAVAILABLE = 127


def _die_with(parent: int) -> None:
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we could ask
        sys.exit(_EX_UNAVAILABLE)


def main() -> None:
    """Replace this process by the command."""
    parent, command, *args = sys.argv[1:]
    _die_with(int(parent))
    try:
        os.execvp(command, [command, *args])  # noqa: S606  # no shell is what we want
    except OSError as error:
        sys.stderr.write(f"{command} cannot be started: {error.strerror}\n")
        sys.exit(_EX_UNAVAILABLE)


if __name__ == "__main__":
    main()
