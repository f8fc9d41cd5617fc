"""``cogswarm check``: validates everything, and opens no connection unless it is told to."""

from typing import Annotated

import typer

from bot.cli.failures import WRONG_CONFIGURATION
from bot.cli.session import Session

CONNECT = typer.Option("--connect", help="Also ask whether the configured Ollama servers are there.")

_SIGNS = {"on": "ok      ", "off": "off     ", "missing": "missing ", "wrong": "WRONG   "}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("check", help="Check the configuration without connecting to anything.")(check)


def check(context: typer.Context, *, connect: Annotated[bool, CONNECT] = False) -> None:
    """Print what is on, what is missing and what is wrong; exit with 78 where something is wrong."""
    from bot.cli.findings import CHECKS  # noqa: PLC0415 - keeps --help fast
    from bot.cli.reaching import ollama_findings  # noqa: PLC0415 - as above

    session = context.ensure_object(Session)
    loaded = session.load()
    redact = session.redactor()
    for notice in loaded.notices:
        session.say(redact(f"note    {notice}"))
    looks = (*CHECKS, ollama_findings) if connect else CHECKS
    findings = [finding for look in looks for finding in look(loaded)]
    for finding in findings:
        session.say(redact(f"{_SIGNS[finding.kind]}{finding.text}"))
    wrong = sum(finding.kind == "wrong" for finding in findings)
    if wrong:
        session.say(
            f"{loaded.path} cannot be used yet: see the line{'s' if wrong > 1 else ''} above.", err=True
        )
        raise typer.Exit(WRONG_CONFIGURATION)
    session.say(f"{loaded.path} is fine.")
