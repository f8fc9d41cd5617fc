"""Runs a program with limits and without a network: ``python -I -S confine.py LIMITS COMMAND ARG…``.

LIMITS is JSON: ``{"cpu": seconds, "memory": bytes, "file": bytes}``. On Linux the program, and whatever it starts, is
refused every socket but local ones by a seccomp filter (seccomp(2), no privilege needed), and can win no privileges.
Where the kernel or the machine knows no such filter it says so on stderr and goes on: what runs here reads files, and
has neither a token nor an environment. Runs by path, without site-packages, and imports nothing of ours.
"""

import ctypes
import errno
import json
import os
import resource
import struct
import sys

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER_MODE = 38, 22, 2
_EX_UNAVAILABLE = 127
_OPEN_FILES = 1_024
_LOAD, _JUMP_IF, _JUMP_FROM, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_AT_NUMBER, _AT_MACHINE, _AT_FIRST = 0, 4, 16
_AF_UNIX = 1
_X32 = 0x40000000
_MACHINES = {"x86_64": (0xC000003E, 41, 425), "aarch64": (0xC00000B7, 198, 425)}
"""What the kernel calls a machine, and the numbers of socket(2) and io_uring_setup(2) on it."""


def main() -> None:
    """Become the command."""
    limits, command, *args = sys.argv[1:]
    _limit(json.loads(limits))
    if not _cut_off():
        sys.stderr.write("confine: the network could not be taken away\n")
        sys.stderr.flush()
    try:
        os.execvp(command, [command, *args])  # noqa: S606  # no shell is what we want
    except OSError as error:
        sys.stderr.write(f"{command} cannot be started: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(_EX_UNAVAILABLE)


def _limit(limits: dict[str, int]) -> None:
    kinds = (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, limits["cpu"]),
        (resource.RLIMIT_FSIZE, limits["file"]),
        (resource.RLIMIT_NOFILE, _OPEN_FILES),
        (resource.RLIMIT_AS, limits["memory"]),
    )
    for kind, wanted in kinds:
        _, most = resource.getrlimit(kind)
        value = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        try:
            resource.setrlimit(kind, (value, value))
        except (OSError, ValueError):  # macOS has no limit of address space
            sys.stderr.write(f"confine: limit {kind} could not be set\n")


def _cut_off() -> bool:
    known = _MACHINES.get(os.uname().machine) if sys.platform == "linux" else None
    if known is None:
        return False
    machine, socket, io_uring = known
    refuse = _REFUSE | errno.EACCES
    # Each: operation, jump if so, jump if not, operand.
    steps = [
        (_LOAD, 0, 0, _AT_MACHINE),
        (_JUMP_IF, 0, 7, machine),
        (_LOAD, 0, 0, _AT_NUMBER),
        (_JUMP_FROM, 5, 0, _X32),
        (_JUMP_IF, 4, 0, io_uring),
        (_JUMP_IF, 0, 4, socket),
        (_LOAD, 0, 0, _AT_FIRST),
        (_JUMP_IF, 2, 0, _AF_UNIX),
        (_RETURN, 0, 0, refuse),
        (_RETURN, 0, 0, refuse),
        (_RETURN, 0, 0, _ALLOW),
    ]
    code = b"".join(struct.pack("HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(code, len(code))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(held)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return libc.prctl(_PR_SET_SECCOMP, _FILTER_MODE, program, 0, 0) == 0


if __name__ == "__main__":
    main()
