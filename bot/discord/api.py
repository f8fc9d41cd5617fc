"""Discord's REST API as far as the bot writes to it, each call once, with our errors and a time limit.

It uses nextcord's HTTP client for its rate-limit buckets but never lets it retry: nextcord repeats a POST after
a 5xx, and a message that had been committed would then stand there twice.
"""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import urlsplit

import aiohttp
import nextcord
import structlog
from nextcord.errors import HTTPInternalRatelimitLocked
from nextcord.http import HTTPClient
from nextcord.http import Route as DiscordRoute

from bot.errors import ConfigError, OutsideError

log = structlog.get_logger(__name__)

type Json = dict[str, Any]
type Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

COG_HEADER = "X-Cogswarm-Cog"
"""Says which cog is behind a request, for whoever debugs against a local Discord."""
_DISCORDS_OWN = (".discord.com", ".discordapp.com")

REQUEST_SECONDS = 10.0
LOCKED_SECONDS = 0.25

UNKNOWN_WEBHOOK = 10015
TOO_MANY_WEBHOOKS, MISSING_ACCESS, MISSING_PERMISSIONS = 30007, 50001, 50013
THREAD_EXISTS = 160004


class DiscordRefused(OutsideError):
    """Discord answered that this cannot be done; the same request would be refused again."""

    def __init__(self, message: str, *, status: int, code: int) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class DiscordUnavailable(OutsideError):
    """Discord did not answer, or asked to wait; whether the request had its effect is unknown."""

    def __init__(self, message: str, *, retry_after: float | None = None, sent: bool = True) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.sent = sent


def point_at(api_url: str) -> None:
    """Make nextcord talk to another address than Discord's; process-wide, because nextcord keeps it so."""
    DiscordRoute.BASE = api_url.rstrip("/")
    if not DiscordRoute("GET", "/gateway").url.startswith(api_url.rstrip("/")):
        raise ConfigError(
            "This version of nextcord cannot be pointed at another address; install nextcord 3.2."
        )


@contextmanager
def pointed_at(api_url: str) -> Generator[None]:
    """Make nextcord talk to another address while the block runs, for tests."""
    before = DiscordRoute.BASE
    point_at(api_url)
    try:
        yield
    finally:
        DiscordRoute.BASE = before


class DiscordApi:
    """The bot's own account on Discord's REST API."""

    def __init__(
        self, http: HTTPClient, authorization: str, me: Json, *, request_seconds: float = REQUEST_SECONDS
    ) -> None:
        self._http = http
        self._authorization = authorization
        self._me = me
        self._request_seconds = request_seconds

    @property
    def user_id(self) -> int:
        """The bot's user id."""
        return int(self._me["id"])

    @property
    def application_id(self) -> int:
        """The application's id, which for every application made since 2017 is the bot user's."""
        return int(self._me["application_id"])

    async def request(
        self, method: Method, path: str, *, body: Any = None, query: Json | None = None, **ids: int | str
    ) -> Any:
        """Send one request. Raises `DiscordRefused` or `DiscordUnavailable`."""
        route = DiscordRoute(method, path, **ids)
        arguments: Json = {"headers": cog_label(route.url)}
        if body is not None:
            arguments["json"] = body
        if query:
            arguments["params"] = {key: str(value) for key, value in query.items()}
        try:
            async with asyncio.timeout(self._request_seconds):
                return await self._http.request(route, retry_request=False, **arguments)
        except nextcord.HTTPException as error:
            raise _mapped(method, path, error) from error
        except HTTPInternalRatelimitLocked as error:
            self._let_it_open(route)
            raise DiscordUnavailable(
                "Discord's rate limit is used up for the moment.", retry_after=LOCKED_SECONDS, sent=False
            ) from error
        except (aiohttp.ClientConnectorError, aiohttp.ServerDisconnectedError) as error:
            raise DiscordUnavailable(
                f"Discord could not be reached ({type(error).__name__}); check the network, then try again."
            ) from error
        except (TimeoutError, OSError, aiohttp.ClientError, ValueError) as error:
            raise DiscordUnavailable(f"Discord did not answer properly ({type(error).__name__}).") from error

    def _let_it_open(self, route: DiscordRoute) -> None:
        """Start the reset of a locked bucket that no answer has started.

        nextcord starts it with an answer, or with a request that waits; where requests get no answer and none may
        wait, as here, a used-up bucket would stay locked for good.
        """
        key = (route.method, route.bucket, self._authorization)
        # nextcord has no public way to a route's bucket
        limit = self._http._url_rate_limits.get(key)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        if limit is not None and limit.locked and not limit.resetting:
            limit.start_reset_task()


def cog_label(url: str) -> dict[str, str]:
    """The cog that the log context names; never for Discord itself, whom it does not concern."""
    cog = structlog.contextvars.get_contextvars().get("cog")
    host = f".{urlsplit(url).hostname or ''}".removesuffix(".")
    if not isinstance(cog, str) or not cog or host.endswith(_DISCORDS_OWN):
        return {}
    return {COG_HEADER: cog}


def _mapped(method: str, path: str, error: nextcord.HTTPException) -> OutsideError:
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        retry_after = error.response.headers.get("Retry-After")
        # Without a Via header the answer comes from the edge in front of Discord: a ban, so stay away longer.
        fallback = 5.0 if error.response.headers.get("Via") else 60.0
        wait = float(retry_after) if retry_after and retry_after.replace(".", "", 1).isdigit() else fallback
        return DiscordUnavailable("Discord asked us to slow down.", retry_after=wait, sent=False)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return DiscordUnavailable(f"Discord had an error of its own ({error.status}).")
    log.info(
        "discord_refused", method=method, path=path, status=error.status, code=error.code, text=error.text
    )
    return DiscordRefused(
        f"Discord refused this: {error.text or error.status}.", status=error.status, code=error.code
    )


@asynccontextmanager
async def open_api(token: str, *, request_seconds: float = REQUEST_SECONDS) -> AsyncGenerator[DiscordApi]:
    """Log in; a wrong token is a `ConfigError`, no answer a `DiscordUnavailable`."""
    http = HTTPClient(dispatch=_ignore_event)
    authorization = f"Bot {token}"
    http.set_default_auth(authorization)
    api = DiscordApi(http, authorization, {}, request_seconds=request_seconds)
    try:
        me = await api.request("GET", "/users/@me")
        application = await api.request("GET", "/applications/@me")
        me["application_id"] = application["id"]
        yield DiscordApi(http, authorization, me, request_seconds=request_seconds)
    except DiscordRefused as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            raise ConfigError(
                "Discord does not accept this token; copy it again from the developer portal into DISCORD_TOKEN."
            ) from error
        raise
    finally:
        await http.close()


def _ignore_event(event: str, *args: Any) -> None:
    """Nextcord's HTTP client reports rate limits as events; ours reach the deliverer as errors."""
    log.debug("nextcord_event", event_name=event, details=args)
