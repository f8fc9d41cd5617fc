"""Serves the local GitHub with the scripted pull request: ``python -m bot.local_github [--port N]``.

Once it can be reached it prints one line of JSON: ``{"url": …, "api_url": …, "token": …, "repository": …, "pull": …}``. It
ends when its stdin ends, which happens when its parent does, and on SIGTERM or SIGINT. Nothing of it is kept.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Sequence

from bot.errors import ConfigError
from bot.local_github.script import REPOSITORY, scripted
from bot.local_github.server import TOKEN, api_of, local_github
from bot.parent import when_stdin_ends


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until the parent ends; exit code 1 and a sentence where the port is taken."""
    parser = argparse.ArgumentParser(prog="local-github", description="Serve a small GitHub on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes any free port")
    port = parser.parse_args(argv).port
    try:
        asyncio.run(_serve(port))
    except (OSError, OverflowError) as error:
        sys.stderr.write(
            f"Port {port} cannot be used ({error}); choose another, or 0 for any that is free.\n"
        )
        sys.exit(1)


async def _serve(port: int) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with local_github(port=port) as github:
        github.steps = scripted(github.world)
        ready = {
            "url": github.web,
            "api_url": api_of(github),
            "token": TOKEN,
            "repository": REPOSITORY,
            "pull": f"{github.web}/{REPOSITORY}/pull/1",
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        # By hand it is run from a terminal or with no input at all, and ends with Ctrl-C.
        with contextlib.suppress(ConfigError):
            when_stdin_ends(ended.set)
        await ended.wait()


if __name__ == "__main__":
    main()
