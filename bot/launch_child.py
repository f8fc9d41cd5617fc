"""Run a program that ends with the one who asked for it: ``python -I -S launch_child.py PARENT COMMAND ARG…``.

A server notices our end when its stdin ends, unless it is stuck, does not care, or was started by a wrapper (npx, a
shell) that is gone by then. So on Linux this process stays as its parent: it takes in every process that the program
starts and that outlives its own parent, and ends them all when the program ends, when it is asked to (SIGTERM), and at
once when the bot is killed, which the kernel tells it (prctl(2), PR_SET_PDEATHSIG). Elsewhere the program is just run.

The program writes no core dumps, gets a low priority, few open files, and is what the kernel kills first when memory
runs out. Runs by path, without site-packages, and imports nothing of ours.
"""

import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_EX_UNAVAILABLE = 127
_OPEN_FILES = 4_096
_NICENESS = 5
_SACRIFICE_FIRST = "500"
_GRACE_SECONDS = 1.5
_WATCHED = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD}


def main() -> None:
    """Replace this process by the command, or stay as its parent."""
    parent, command, *args = sys.argv[1:]
    if sys.platform != "linux":
        _become(command, args)
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    if os.getppid() != int(parent):  # it ended before we could ask
        sys.exit(_EX_UNAVAILABLE)
    here = os.getpid()
    child = os.fork()
    if child == 0:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != here:
            os._exit(_EX_UNAVAILABLE)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
        _become(command, args)
    _let_go_of_pipes()
    sys.exit(_watch(child, int(parent)))


def _become(command: str, args: list[str]) -> None:
    _restrain()
    try:
        os.execvp(command, [command, *args])  # noqa: S606  # no shell is what we want
    except OSError as error:
        sys.stderr.write(f"{command} cannot be started: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(_EX_UNAVAILABLE)


def _restrain() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = _OPEN_FILES if most == resource.RLIM_INFINITY else min(_OPEN_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
    os.nice(_NICENESS)
    if sys.platform == "linux":
        try:
            with open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:  # noqa: PTH123  # quick to start
                score.write(_SACRIFICE_FIRST)
        except OSError:
            sys.stderr.write("the order of sacrifice in want of memory could not be set\n")


def _let_go_of_pipes() -> None:
    """Hold neither end of the pipes, so that both sides see when the other is gone."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)


def _watch(child: int, parent: int) -> int:
    """Wait for the child or the order to end; returns the exit code after the last process has ended."""
    code = None
    while code is None:
        got = signal.sigwait(_WATCHED)
        code = _reaped(child)
        if got == signal.SIGCHLD or code is not None:
            continue
        if os.getppid() == parent:
            _signal_all(signal.SIGTERM)
            code = _within_grace(child)
        break
    while _signal_all(signal.SIGKILL):
        _reaped(child)
        time.sleep(0.005)
    return _EX_UNAVAILABLE if code is None else code


def _within_grace(child: int) -> int | None:
    deadline = time.monotonic() + _GRACE_SECONDS
    while (left := deadline - time.monotonic()) > 0:
        signal.sigtimedwait(_WATCHED, left)
        if (code := _reaped(child)) is not None:
            return code
    return None


def _reaped(child: int) -> int | None:
    """Take notice of all that have ended; the child's exit code if it is among them."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == 0:
            return code
        if pid == child:
            ended = os.waitstatus_to_exitcode(status)
            code = ended if ended >= 0 else 128 - ended


def _signal_all(number: int) -> bool:
    """Signal every process below this one; says whether there was any."""
    found = list(_below(os.getpid()))
    for pid in found:
        try:
            os.kill(pid, number)
        except OSError:  # it is gone by itself
            continue
    return bool(found)


def _below(root: int) -> Iterator[int]:
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208  # without importing pathlib it starts sooner
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as stat:  # noqa: PTH123  # as above
                    state, above = stat.read().rpartition(b")")[2].split()[:2]
            except OSError:
                continue
            if state != b"Z":
                parents[int(name)] = int(above)
    for pid, parent in parents.items():
        above = parent
        while above > 1 and above != root:
            above = parents.get(above, 0)
        if above == root:
            yield pid


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


if __name__ == "__main__":
    main()
