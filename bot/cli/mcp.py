"""``cogswarm mcp``: the bot's tools over standard input and output, for programs that start their servers."""

import asyncio
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from bot.cli.session import Session
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.config.web import TokenSection, WebSection

URL_VARIABLE = "COGSWARM_MCP_URL"
NO_TOKEN = (
    "There is no token to use: add one to `web.tokens` in {file} (see docs/mcp-server.md), or set COGSWARM_MCP_TOKEN "  # noqa: S105 - a sentence
    "and COGSWARM_MCP_URL for a bot elsewhere."
)
WHICH = "There are several tokens; say which with --as: {names}."
UNKNOWN = "There is no token {name} that can be used; there are {names}."
IN_PLAIN = "The token would go to {url} where others can read it; use an https address."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("mcp", help="Serve the running bot's tools to a program that starts this (MCP over stdio).")(
        mcp
    )


def mcp(
    context: typer.Context,
    *,
    name: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="The entry of web.tokens to use.")
    ] = None,
    url: Annotated[
        str | None, typer.Option("--url", help="Where the bot is, if not where the configuration says.")
    ] = None,
    tools: Annotated[
        str | None, typer.Option("--tools", help="Load only these groups or tools, with commas.")
    ] = None,
) -> None:
    """Serve until standard input ends."""
    from bot.mcp.server_process import log_to_stderr  # noqa: PLC0415 - keeps --help fast
    from bot.mcp.serving.bridge import Bridge  # noqa: PLC0415 - as above

    session = context.ensure_object(Session)
    address, secret = _target(session, name, url)
    if tools:
        address = f"{address}?tools={quote(tools, safe=',')}"
    log_to_stderr()
    asyncio.run(Bridge(address, secret, session.clock).serve())


def _target(session: Session, name: str | None, url: str | None) -> tuple[str, str]:
    """The address of MCP and the secret that opens it. Raises `ConfigError`."""
    from bot.config.web import TOKEN_SECRET  # noqa: PLC0415 - keeps --help fast
    from bot.web.addresses import is_plain_elsewhere, mcp_address  # noqa: PLC0415 - as above

    secret = session.environ.get(TOKEN_SECRET, "").strip()
    elsewhere = url or session.environ.get(URL_VARIABLE, "").strip()
    if not (secret and elsewhere and name is None):
        web = session.load_or_default(missing_ok=True).config.web
        _, token = _chosen(session, web, name)
        secret = token.secret.get_secret_value() if token.secret is not None else ""
        elsewhere = elsewhere or mcp_address(web)
    if is_plain_elsewhere(elsewhere):
        raise ConfigError(IN_PLAIN.format(url=elsewhere))
    return elsewhere, secret


def _chosen(session: Session, web: "WebSection", name: str | None) -> tuple[str, "TokenSection"]:
    usable = {one: token for one, token in web.tokens.items() if token.secret is not None}
    names = ", ".join(usable)
    if not usable:
        raise ConfigError(NO_TOKEN.format(file=session.config_path))
    if name is None:
        if len(usable) > 1:
            raise ConfigError(WHICH.format(names=names))
        return next(iter(usable.items()))
    if name not in usable:
        raise ConfigError(UNKNOWN.format(name=name, names=names))
    return name, usable[name]
