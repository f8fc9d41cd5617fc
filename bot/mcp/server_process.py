"""What the bundled servers have in common as processes of their own."""

import logging
import sys
from importlib.metadata import PackageNotFoundError, version

import structlog

EX_CONFIG = 78
"""The exit code for a wrong configuration (sysexits.h)."""


def our_version() -> str:
    """The version of the program; empty where it was not installed."""
    try:
        return version("cogswarm")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return ""


def log_to_stderr() -> None:
    """Send all logs to stderr as plain lines: stdout is the protocol's, and stderr goes to the client's log."""
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.KeyValueRenderer(key_order=["event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
