"""``cogswarm init``: makes config.yaml and .env, asks for the token, fetches the embedding model."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.invite import application_id
from bot.cli.new_files import create_file
from bot.cli.session import Session
from bot.errors import CogswarmError, UserError

TRIES = 3
PORTAL = "https://discord.com/developers/applications"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init", help="Set the bot up in this folder, asking for its token.")(init)


def init(
    context: typer.Context,
    *,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing; the token comes from DISCORD_TOKEN.")
    ] = False,
    no_weights: Annotated[
        bool, typer.Option("--no-weights", help="Do not fetch the embedding model (83 MB).")
    ] = False,
) -> None:
    """Set the bot up in the folder of the configuration; what exists is kept as it is."""
    session = context.ensure_object(Session)
    set_up_files(session, ask=not yes and session.interactive())
    _set_up_weights(session, fetch=not no_weights)
    session.say(
        "Next: `cogswarm invite` gives the address that adds the bot to your server, `cogswarm run` starts it."
    )


def set_up_files(session: Session, *, ask: bool) -> None:
    """Create config.yaml and .env where they are missing, readable by their owner only in the case of .env.

    Raises:
        UserError: there is no token and nobody to ask, or the folder cannot be written.
    """
    config, dotenv = session.config_path.absolute(), session.folder / ".env"
    # Asked before anything is written, so that Ctrl-C at the prompt leaves nothing behind.
    token = None if _has_token(dotenv) else _token(session, ask=ask)
    from bot.config.web import TOKEN_SECRET  # noqa: PLC0415 - keeps --help fast
    from bot.resources import Resources  # noqa: PLC0415 - only here

    try:
        config.parent.mkdir(parents=True, exist_ok=True)
        _create(session, config, Resources().default_config.read_text(encoding="utf-8"), 0o644)
        if token is None:
            session.say(f"{dotenv} is there and has a token; it stays as it is.")
        elif dotenv.exists() or dotenv.is_symlink():
            session.say(
                f"{dotenv} is there and stays as it is; add the line DISCORD_TOKEN=... with your token to it."
            )
        else:
            # Ready for the first program that is let in with `web.tokens`; it opens nothing by itself.
            lines = (_dotenv_line("DISCORD_TOKEN", token.value), f"{TOKEN_SECRET}={session.new_secret()}")
            _create(session, dotenv, "".join(f"{line}\n" for line in lines), 0o600)
    except OSError as error:
        raise UserError(
            f"{error.filename or config.parent} cannot be written ({error.strerror}); choose another folder with --config."
        ) from error


@dataclass(frozen=True, slots=True)
class _Token:
    value: str

    def __repr__(self) -> str:
        return "_Token(hidden)"


def _set_up_weights(session: Session, *, fetch: bool) -> None:
    """Fetch the embedding model where it is missing; the bot works without it, so a failure is only said."""
    from bot.memory.weights import weights_installed, weights_sentence  # noqa: PLC0415 - keeps --help fast

    if fetch and not weights_installed():
        session.say("Fetching the embedding model (83 MB, once) ...")
        try:
            session.fetch_weights()
        except CogswarmError as error:
            session.say(f"The embedding model could not be fetched: {error}", err=True)
    session.say(weights_sentence())


def _token(session: Session, *, ask: bool) -> _Token:
    from bot.config.references import ALIASES, TOKEN_VARIABLE  # noqa: PLC0415 - keeps --help fast

    for name in (TOKEN_VARIABLE, *ALIASES[TOKEN_VARIABLE]):
        if value := session.environ.get(name, "").strip():
            if not _looks_like_token(value):
                session.say(
                    f"{name} does not look like a bot token (three parts joined by dots); it is used as it is."
                )
            return _Token(_without_spaces(value))
    if not ask:
        raise UserError(
            "There is no token and nobody to ask for it; set DISCORD_TOKEN in the environment and run this again."
        )
    session.say(f"The bot's token is at {PORTAL}: your application, Bot, Reset Token.")
    for _ in range(TRIES):
        value = session.ask_secret("Token (it is not shown as you type or paste): ").strip()
        if _looks_like_token(value):
            return _Token(value)
        session.say(
            "That is not a bot token; it has three parts joined by dots. Please copy the whole of it."
        )
    raise UserError(f"No token was given; copy it from {PORTAL} and run `cogswarm init` again.")


def _looks_like_token(value: str) -> bool:
    return (
        application_id(value) is not None
        and re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", value, re.ASCII) is not None
    )


def _without_spaces(value: str) -> str:
    if any(character.isspace() or not character.isprintable() for character in value):
        raise UserError("DISCORD_TOKEN has spaces or line breaks within; set it to the token alone.")
    return value


def _has_token(dotenv: Path) -> bool:
    from bot.config.references import ALIASES, TOKEN_VARIABLE  # noqa: PLC0415 - as above
    from bot.config.text_files import read_dotenv  # noqa: PLC0415 - keeps --help fast

    found = read_dotenv(dotenv)
    return any(found.get(name) for name in (TOKEN_VARIABLE, *ALIASES[TOKEN_VARIABLE]))


def _dotenv_line(name: str, value: str) -> str:
    if re.fullmatch(r"[\w.-]+", value, re.ASCII):
        return f"{name}={value}"
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name}='{escaped}'"


def _create(session: Session, file: Path, text: str, mode: int) -> None:
    try:
        create_file(file, text, mode=mode)
    except FileExistsError:
        session.say(f"{file} is there and stays as it is.")
    else:
        session.say(f"Wrote {file}.")
