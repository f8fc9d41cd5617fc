"""``cogswarm local-discord``: the local Discord on its own, for any bot in any library."""

from pathlib import Path
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("local-discord", help="Run a local Discord to try or test any bot against.")(local_discord)


def local_discord(
    port: Annotated[int, typer.Option(help="The port; a taken one is replaced by the next.")] = 8787,
    scene: Annotated[Path | None, typer.Option(help="Who and what is there at first, as YAML.")] = None,
    guilds: Annotated[int, typer.Option(help="How many guilds are added to the scene's.")] = 0,
    channels: Annotated[int, typer.Option(help="How many channels each added guild has.")] = 10,
    state: Annotated[
        Path | None, typer.Option(help="The folder that keeps everything; left out: memory.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(help="The file to which all traffic is written, as JSON lines.")
    ] = None,
    rate_limits: Annotated[
        str,
        typer.Option(
            help="Which requests come too fast: 'none', as 'discord' has it, or as a YAML file says."
        ),
    ] = "none",
    faults: Annotated[
        Path | None, typer.Option(help="A script of faults to run, as YAML: what fails, when or how often.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="What decides the script's chances; the same one repeats a run.")
    ] = None,
) -> None:
    """Run until Ctrl-C; prints where it is as one line of JSON."""
    from bot.local_discord.__main__ import main  # noqa: PLC0415 - keeps --help fast

    options = {
        "--scene": scene,
        "--guilds": guilds,
        "--channels": channels,
        "--state": state,
        "--record": record,
        "--rate-limits": rate_limits,
        "--faults": faults,
        "--seed": seed,
    }
    given = [part for name, value in options.items() if value is not None for part in (name, str(value))]
    raise typer.Exit(main(["--port", str(port), *given]))
