"""Runs the local Discord in a process of its own: ``python -m bot.local_discord``.

When it answers, one line of JSON is printed to standard output; everything else goes to standard error.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from bot.importing import importing

with importing():
    import structlog

    from bot.errors import CogswarmError
    from bot.local_discord.files import write_atomically
    from bot.local_discord.form_file import read_form_file
    from bot.local_discord.limits.limit_rules import RateLimits
    from bot.local_discord.limits.limits_form import read_limits
    from bot.local_discord.scenes.crowd import Crowd
    from bot.local_discord.server import Config, LocalDiscord, serve
    from bot.local_discord.settings import Settings
    from bot.local_discord.traffic.recording import recording_place
    from bot.parent import when_stdin_ends

PARENT_CHECK = 0.5
DISCORD, NONE = "discord", "none"


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="local-discord", description="Run a Discord-compatible server on loopback."
    )
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes any free one")
    parser.add_argument("--exact-port", action="store_true", help="fail when the port is taken")
    parser.add_argument("--scene", type=Path, help="YAML file with the people, bots and guilds to start with")
    parser.add_argument("--guilds", type=int, default=0, help="how many guilds to add to the scene's")
    parser.add_argument("--channels", type=int, default=10, help="how many channels each added guild has")
    parser.add_argument("--state", type=Path, help="directory that keeps everything across restarts")
    parser.add_argument("--record", type=Path, help="file to which all traffic is written, as JSON lines")
    parser.add_argument("--ready-file", type=Path, help="file that receives the line of JSON as well")
    parser.add_argument("--parent-pid", type=int, help="end when this process is no longer the parent")
    parser.add_argument("--stdin-eof", action="store_true", help="end when standard input is closed")
    parser.add_argument(
        "--interaction-timeout", type=float, default=3.0, help="seconds until an interaction fails"
    )
    parser.add_argument(
        "--save-interval", type=float, default=1.0, help="seconds from a change to its being saved"
    )
    parser.add_argument(
        "--rate-limits",
        nargs="?",
        const=DISCORD,
        default=NONE,
        help="'discord' refuses requests that come too fast as Discord does, 'none' refuses none,"
        " anything else is a YAML file with what differs from Discord",
    )
    parser.add_argument("--faults", type=Path, help="YAML file with a script of faults that starts at once")
    parser.add_argument("--seed", type=int, help="what decides the script's chances, instead of its own seed")
    return parser.parse_args(argv)


def _rate_limits(given: str) -> RateLimits | None:
    if given == NONE:
        return None
    return RateLimits() if given == DISCORD else read_form_file(Path(given), read_limits)


def _config(arguments: argparse.Namespace) -> Config:
    settings = Settings(
        interaction_timeout=arguments.interaction_timeout,
        save_interval=arguments.save_interval,
        rate_limits=_rate_limits(arguments.rate_limits),
    )
    return Config(
        port=arguments.port,
        exact_port=arguments.exact_port,
        scene=arguments.scene,
        crowd=Crowd(arguments.guilds, arguments.channels),
        state_dir=arguments.state,
        record=arguments.record or recording_place(),
        faults=arguments.faults,
        seed=arguments.seed,
        settings=settings,
    )


def _announce(ready_file: Path | None) -> Callable[[LocalDiscord], None]:
    def announce(local: LocalDiscord) -> None:
        line = json.dumps(local.as_json())
        if ready_file is not None:
            write_atomically(ready_file, line.encode() + b"\n")
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    return announce


async def _watch_parent(pid: int, stop: asyncio.Event) -> None:
    while os.getppid() == pid:  # noqa: ASYNC110 - nothing else tells a process that its parent has died
        await asyncio.sleep(PARENT_CHECK)
    stop.set()


async def _run(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    watcher: asyncio.Task[None] | None = None
    if arguments.parent_pid is not None:
        watcher = asyncio.create_task(_watch_parent(arguments.parent_pid, stop))
    if arguments.stdin_eof:
        when_stdin_ends(stop.set)
    try:
        await serve(_config(arguments), stop, _announce(arguments.ready_file))
    finally:
        if watcher is not None:
            watcher.cancel()


def main(argv: list[str] | None = None) -> int:
    """Run until SIGTERM, SIGINT or the parent's end; gives the exit code."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(file=sys.stderr))
    try:
        asyncio.run(_run(_arguments(argv)))
    except CogswarmError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
