"""Becomes Postgres: gives up root, ties the server's life to its parent, and executes it.

Run as a script by path, with the standard library only: ``launch.py PARENT UID GID TIE PROGRAM [ARGUMENT...]``.
The kernel's parent-death signal is cleared when a process changes its user, so it is asked for last, by the process
itself; doing this in a program of its own keeps the bot, which has threads, from running Python between fork and exec.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PARENT_GONE = 75


def main(arguments: list[str]) -> None:
    """Executes the program; does not return unless the parent is gone already."""
    parent, uid, gid, tie = (int(argument) for argument in arguments[:4])
    program = arguments[4:]
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.umask(0o077)
    if tie:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
        if os.getppid() != parent:
            sys.exit(_PARENT_GONE)
    os.execv(program[0], program)  # noqa: S606 -- the program is the supervisor's own choice and no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
