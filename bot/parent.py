"""Notices that the process which started this one has ended, by the end of the pipe to our stdin."""

import asyncio
import os
import sys
from collections.abc import Callable

from bot.errors import ConfigError


def when_stdin_ends(do: Callable[[], object]) -> None:
    """Call ``do`` once stdin ends. Raises `ConfigError` where it is no pipe that could (a file, /dev/null)."""
    loop = asyncio.get_running_loop()
    descriptor = sys.stdin.fileno()

    def readable() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            do()

    try:
        loop.add_reader(descriptor, readable)
    except PermissionError as error:
        raise ConfigError("Standard input is no pipe; leave out --stdin-eof.") from error
