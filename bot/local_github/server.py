"""Serves the local GitHub inside whichever program starts it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import uvicorn

from bot import asgi_server
from bot.local_github.application import API, Grant, LocalGitHub
from bot.local_github.world import World
from bot.loopback import HOST, bound

TOKEN = "github_pat_local"  # noqa: S105 - of a server that only this machine reaches


def _now() -> datetime:
    return datetime.now(UTC)


@asynccontextmanager
async def local_github(
    *, port: int = 0, now: Callable[[], datetime] = _now, tokens: tuple[str, ...] = (TOKEN,)
) -> AsyncGenerator[LocalGitHub]:
    """A local GitHub until the block ends, with ``tokens`` that may do everything. Raises `OSError` for a taken port."""
    listener = bound(port)
    listener.listen(128)
    web = f"http://{HOST}:{listener.getsockname()[1]}"
    github = LocalGitHub(World(now), web, dict.fromkeys(tokens, Grant()))
    config = uvicorn.Config(
        github.application(),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
    )
    try:
        async with asgi_server.serving(config, listener):
            yield github
    finally:
        github.hung.set()
        listener.close()


def api_of(github: LocalGitHub) -> str:
    """The address of its API."""
    return f"{github.web}{API}"
