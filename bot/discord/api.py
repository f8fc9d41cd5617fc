"""Discord's REST API as far as the bot uses it: each call once, in its turn, with our errors and a time limit.

Nothing is repeated here: a POST that is repeated after a 5xx would say a message twice that had been committed.
"""

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote, urlsplit

import structlog
from nextcord.http import Route as DiscordRoute

from bot.clock import Clock
from bot.discord.failures import DiscordRefused, DiscordUnavailable
from bot.discord.limits import Limits, LimitSettings, RouteKey, Urgency
from bot.discord.mentions import without_mentions
from bot.discord.transport import Answer, Method, Request, Transport, over_http
from bot.discord.turns import Turns
from bot.discord.without_secrets import clean_file
from bot.errors import ConfigError
from bot.observe.known_secrets import NO_SECRETS, Secrets
from bot.work.surface import File

log = structlog.get_logger(__name__)

Json = dict[str, Any]

COG_HEADER = "X-Cogswarm-Cog"
"""Says which cog is behind a request, for whoever debugs against a local Discord."""
_DISCORDS_OWN = (".discord.com", ".discordapp.com")

REQUEST_SECONDS = 10.0
PATIENCE = 60.0
"""Seconds that a request waits for its turn where nobody says otherwise."""
_MAJOR = (
    "channel_id",
    "guild_id",
    "webhook_id",
    "webhook_token",
    "application_id",
    "interaction_id",
    "token",
)
"""The ids that have limits of their own (https://discord.com/developers/docs/topics/rate-limits)."""
_NOT_GLOBAL = (
    "/interactions/",
    "/webhooks/{webhook_id}/{webhook_token}",
    "/webhooks/{application_id}/{token}",
)
_LONGEST_REASON = 300


def point_at(api_url: str) -> None:
    """Talk to another address than Discord's; process-wide, because nextcord keeps it so."""
    DiscordRoute.BASE = api_url.rstrip("/")
    if not DiscordRoute("GET", "/gateway").url.startswith(api_url.rstrip("/")):
        raise ConfigError(
            "This version of nextcord cannot be pointed at another address; install nextcord 3.2."
        )


@contextmanager
def pointed_at(api_url: str) -> Generator[None]:
    """Talk to another address while the block runs, for tests."""
    before = DiscordRoute.BASE
    point_at(api_url)
    try:
        yield
    finally:
        DiscordRoute.BASE = before


class DiscordApi:
    """The bot's own account on Discord's REST API."""

    def __init__(
        self,
        transport: Transport,
        turns: Turns,
        token: str,
        me: Json,
        *,
        base_url: str,
        request_seconds: float = REQUEST_SECONDS,
        secrets: Secrets = NO_SECRETS,
    ) -> None:
        self.secrets = secrets
        """What no body of a request holds."""
        self._transport = transport
        self._turns = turns
        self._token = token
        self._me = me
        self._base_url = base_url.rstrip("/")
        self._request_seconds = request_seconds

    @property
    def user_id(self) -> int:
        """The bot's user id."""
        return int(self._me["id"])

    @property
    def application_id(self) -> int:
        """The application's id, which for every application made since 2017 is the bot user's."""
        return int(self._me["application_id"])

    def wait(self, route: RouteKey, urgency: Urgency = Urgency.RESULT) -> float:
        """Seconds until such a request may be sent; infinity when only another's answer will tell."""
        return self._turns.limits.wait(route, urgency)

    async def request(
        self,
        method: Method,
        path: str,
        *,
        body: Any = None,
        query: Json | None = None,
        uploads: Sequence[File] = (),
        urgency: Urgency = Urgency.RESULT,
        patience: float = PATIENCE,
        **ids: int | str,
    ) -> Any:
        """Send one request when its turn comes. Raises `DiscordRefused` or `DiscordUnavailable`.

        It waits at most ``patience`` seconds for its turn; the request itself has a time limit of its own.
        """
        route = route_key(method, path, ids)
        url = self._base_url + path.format_map(
            {name: quote(str(value), safe="") for name, value in ids.items()}
        )
        request = Request(
            method,
            url,
            headers={"Authorization": f"Bot {self._token}", **cog_label(url)},
            query={name: self.secrets.text(str(value)) for name, value in (query or {}).items()},
            body=self.secrets.value(without_mentions(body)),
            uploads=tuple(clean_file(self.secrets, one) for one in uploads),
        )
        await self._turns.take(route, urgency, patience)
        answer = await self._carried(route, request)
        retry_after = self._turns.limits.learn(route, answer.status, answer.headers)
        self._turns.changed()
        return _result(method, path, answer, retry_after)

    async def _carried(self, route: RouteKey, request: Request) -> Answer:
        try:
            async with asyncio.timeout(self._request_seconds):
                return await self._transport(request)
        except BaseException as error:
            self._turns.limits.unanswered(route)
            self._turns.changed()
            if isinstance(error, TimeoutError):
                raise DiscordUnavailable("Discord did not answer in time.") from error
            raise


def route_key(method: str, path: str, ids: Json) -> RouteKey:
    """How the limits know a request."""
    major = ":".join(str(ids[name]) for name in _MAJOR if name in ids)
    return RouteKey(method, path, major, counts_globally=not path.startswith(_NOT_GLOBAL))


def cog_label(url: str) -> dict[str, str]:
    """The cog that the log context names; never for Discord itself, whom it does not concern."""
    cog = structlog.contextvars.get_contextvars().get("cog")
    host = f".{urlsplit(url).hostname or ''}".removesuffix(".")
    if not isinstance(cog, str) or not cog or host.endswith(_DISCORDS_OWN):
        return {}
    return {COG_HEADER: cog}


def _result(method: str, path: str, answer: Answer, retry_after: float | None) -> Any:
    """What an answer says, or the error that it means."""
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise DiscordUnavailable("Discord asked us to slow down.", retry_after=retry_after, sent=False)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise DiscordUnavailable(f"Discord had an error of its own ({answer.status}).")
    try:
        content = answer.json()
    except ValueError as error:
        if answer.status < HTTPStatus.BAD_REQUEST:
            raise DiscordUnavailable("Discord's answer was not JSON.") from error
        content = None
    if answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return content
    said = cast("Json", content) if isinstance(content, dict) else Json()
    code = said.get("code")
    code = code if isinstance(code, int) else 0
    text = _reason(said) or str(answer.status)
    log.info("discord_refused", method=method, path=path, status=answer.status, code=code, text=text)
    raise DiscordRefused(f"Discord refused this: {text}.", status=answer.status, code=code)


def _reason(said: Json) -> str:
    """Discord's sentence, and where its ``errors`` say so, what is wrong with which field, a line each."""
    message = str(said.get("message") or "").strip().rstrip(".")[:_LONGEST_REASON]
    details = [f"In {place}: {text}" for place, text in _problems(said.get("errors"), ())]
    return "\n".join([message, *details]) if message else ""


def _problems(errors: Any, place: tuple[str, ...]) -> Generator[tuple[str, str]]:
    """https://discord.com/developers/docs/reference#error-messages."""
    if isinstance(errors, list):
        said = [
            str(cast("Json", one).get("message", ""))
            for one in cast("list[Any]", errors)
            if isinstance(one, dict)
        ]
        yield ".".join(place), " ".join(said)[:_LONGEST_REASON]
    elif isinstance(errors, dict):
        for name, inner in cast("Json", errors).items():
            yield from _problems(inner, place if name == "_errors" else (*place, str(name)))


@asynccontextmanager
async def open_api(
    token: str,
    *,
    request_seconds: float = REQUEST_SECONDS,
    limits: LimitSettings | None = None,
    clock: Clock | None = None,
    transport: Transport | None = None,
    secrets: Secrets = NO_SECRETS,
) -> AsyncGenerator[DiscordApi]:
    """Log in; a wrong token is a `ConfigError`, no answer a `DiscordUnavailable`. Nothing of ``secrets`` is ever sent."""
    clock = clock or Clock()
    turns = Turns(Limits(clock.monotonic, limits or LimitSettings()), clock)
    me: Json = {}
    try:
        async with over_http() as http:
            api = DiscordApi(
                transport or http,
                turns,
                token,
                me,
                base_url=DiscordRoute.BASE,
                request_seconds=request_seconds,
                secrets=secrets,
            )
            application = await _logged_in(api, me)
            me["application_id"] = application["id"]
            yield api
    finally:
        turns.close()


async def _logged_in(api: DiscordApi, me: Json) -> Json:
    try:
        me.update(await api.request("GET", "/users/@me"))
        return await api.request("GET", "/applications/@me")
    except DiscordRefused as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            raise ConfigError(
                "Discord does not accept this token; copy it again from the developer portal into DISCORD_TOKEN."
            ) from error
        raise
