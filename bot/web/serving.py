"""Serves the bot's web address."""

import asyncio
import secrets
import socket
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import uuid4

import structlog
import uvicorn
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from bot import asgi_server
from bot.clock import Clock
from bot.config.loaded import LoadedConfig
from bot.config.web import WebSection
from bot.discord.api import DiscordApi
from bot.errors import CogswarmError, ConfigError, OutsideError
from bot.mcp.serving import said_table
from bot.mcp.serving.grants import Turnstile
from bot.mcp.serving.server import Counter
from bot.mcp.serving.tools import Desk
from bot.observe.known_secrets import telling
from bot.observe.redaction import Redactor
from bot.storage.database import Database
from bot.web.addresses import MCP, address_of
from bot.web.bearer import Tokens
from bot.web.github import MOST_BYTES, GitHubWebhook
from bot.web.guard import guard_for
from bot.web.surface import Surface
from bot.work.services import RunServices

log = structlog.get_logger(__name__)

BACKLOG = 256
MEGABYTE = 1024 * 1024
TIDY_SECONDS = 3_600.0
PING_SECONDS = 2.0
NOT_CONNECTED = "The bot is not connected to Discord."


@asynccontextmanager
async def serving(
    loaded: LoadedConfig, api: DiscordApi, services: RunServices, clock: Clock, connected: Callable[[], bool]
) -> AsyncGenerator[str]:
    """Serve the web address until the block ends; gives it. As `bot.web.opening.web_served`."""
    section, github = loaded.config.web, loaded.config.github
    desk = Desk(
        database=services.database,
        surface=services.surface,
        api=api,
        clock=clock,
        ring=services.ring,
        ahead=services.ahead,
        settings=section,
        new_id=uuid4,
        new_secret=secrets.token_urlsafe,
        rules=services.rules,
        files=services.files,
    )
    redact = Redactor()
    redact.add(telling(loaded.secrets()).values)
    listener = _listening(section)
    address = address_of(section, listener.getsockname()[1])
    # Each request stands by itself, so that programs go on where they were when the bot is started anew.
    manager = StreamableHTTPSessionManager(
        Counter(desk, Turnstile(clock), redact).server(),
        stateless=True,
        max_request_body_size=section.max_body_mb * MEGABYTE,
    )
    guard = guard_for(
        section.public_url,
        listen=section.listen,
        most_bytes=section.max_body_mb * MEGABYTE,
        seconds=section.request_seconds,
    )
    surface = Surface(
        mcp=manager.handle_request,
        tokens=Tokens(section),
        guard=guard,
        look=lambda: _trouble(services.database, connected),
        resource=f"{(section.public_url or address).rstrip('/')}{MCP}",
        new_id=uuid4,
        webhook=GitHubWebhook(
            github.webhook_secret,
            replace(guard, most_bytes=MOST_BYTES),
            services.database,
            services.clock,
            wanted=lambda repository: bool(github.servers_of(repository)),
        ),
    )
    config = uvicorn.Config(
        surface,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    tidying = asyncio.create_task(
        _tidy_forever(services.database, loaded.config.discord.keep_delivered, clock)
    )
    try:
        async with manager.run(), asgi_server.serving(config, listener):
            log.info("web_ready", address=address, tokens=sorted(section.tokens))
            yield address
    finally:
        tidying.cancel()
        await asyncio.gather(tidying, return_exceptions=True)
        listener.close()


def _listening(section: WebSection) -> socket.socket:
    family = socket.AF_INET6 if ":" in section.listen else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((section.listen, section.port))
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        raise ConfigError(
            f"The web address {section.listen}:{section.port} cannot be served ({error.strerror}); choose another "
            "`web.port`, or end what uses it."
        ) from error
    return found


async def _trouble(database: Database, connected: Callable[[], bool]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    try:
        await database.ping(limit=PING_SECONDS)
    except CogswarmError as error:
        log.warning("health_without_database", reason=str(error))
        found["database"] = "The database does not answer."
    if not connected():
        found["discord"] = NOT_CONNECTED
    return found


async def _tidy_forever(database: Database, days: float, clock: Clock) -> None:
    while True:
        try:
            async with database.connection() as conn:
                gone = await said_table.forget(conn, days)
        except OutsideError as error:
            log.warning("mcp_keys_not_tidied", reason=str(error))
        else:
            if gone:
                log.info("mcp_keys_forgotten", count=gone)
        await clock.sleep(TIDY_SECONDS)
