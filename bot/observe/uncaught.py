"""What nobody catches goes to the log, which is redacted, instead of to standard error, which is not."""

import sys
import threading

import structlog

log = structlog.get_logger(__name__)


def log_what_nobody_catches() -> None:
    """For the rest of the process: log what threads raise, and what is raised where nobody can be told."""
    threading.excepthook = _in_thread
    sys.unraisablehook = _unraisable


def _in_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is SystemExit:
        return
    name = "" if args.thread is None else args.thread.name
    log.error("thread_broke", thread=name, exc_info=args.exc_value)


def _unraisable(args: "sys.UnraisableHookArgs") -> None:
    log.error("error_nobody_can_catch", where=args.err_msg or repr(args.object), exc_info=args.exc_value)
