"""How we show GitHub who we are: a token, or an App's, made for one repository and for as little as can be.

An App's token for reading may only read, lives here for ten minutes, and is asked for anew after that; one for writing is
asked for each time and given back right after (docs.github.com, "Generating an installation access token").
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast, override

import httpx
from githubkit import AppAuthStrategy, AppInstallationAuthStrategy, GitHub, Response, UnauthAuthStrategy
from githubkit.auth import BaseAuthStrategy
from githubkit.cache import MemCacheStrategy
from githubkit.exception import GitHubException
from pydantic import ValidationError

from bot.clock import Clock
from bot.config.github import GitHubSection
from bot.errors import ConfigError
from bot.review.answers import Installation
from bot.review.pull_request import Repository

type Access = Literal["read", "review", "run"]
"""What a token is for: to read, to write a review, or to start checks and workflows."""

PERMISSIONS: Mapping[Access, Mapping[str, str]] = {
    "read": {"contents": "read", "pull_requests": "read", "checks": "read", "statuses": "read"},
    "review": {"pull_requests": "write"},
    "run": {"checks": "write", "actions": "write"},
}
KEPT_SECONDS = 600.0
USER_AGENT = "cogswarm"
VERSION = "2022-11-28"
"""Of the REST API; Enterprise Servers know it, too."""


class LentTransport(httpx.AsyncBaseTransport):
    """A transport that outlives the clients that use it: githubkit opens one for each request, and closes it."""

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self._transport.handle_async_request(request)

    @override
    async def aclose(self) -> None:
        return


class Kit(Protocol):
    """What is used of githubkit's client, whose own declarations leave types open."""

    def arequest(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
    ) -> Awaitable[Response[Any]]:
        """Ask; raises `GitHubException`."""
        ...


@dataclass(slots=True)
class _Session:
    github: Kit
    until: float


class Sessions:
    """Gives clients of GitHub that may do what they are for. Raises `ConfigError` for a key that is none."""

    def __init__(self, section: GitHubSection, transport: httpx.AsyncBaseTransport, clock: Clock) -> None:
        self._section = section
        self._transport = LentTransport(transport)
        self._clock = clock
        self._kept: dict[str, _Session] = {}
        self._installations: dict[str, int] = {}
        self._asking = asyncio.Lock()
        token = section.access_token.get_secret_value() if section.access_token else ""
        self._plain = None if section.app_id is not None else self._client(token or UnauthAuthStrategy())
        self._app = None
        if section.app_id is not None and section.private_key is not None:
            key = section.private_key.get_secret_value()
            _check_key(key)
            self._app = AppAuthStrategy(section.app_id, key)

    @property
    def renews(self) -> bool:
        """Whether another token can be had where one is not accepted any more."""
        return self._plain is None

    @asynccontextmanager
    async def session(self, repository: Repository, access: Access) -> AsyncGenerator[Kit]:
        """A client for one repository; raises what githubkit raises, from the block too."""
        if self._plain is not None:
            yield self._plain
            return
        if access == "read":
            yield await self._reading(repository)
            return
        github = await self._installed(repository, access)
        try:
            yield github
        finally:
            with contextlib.suppress(GitHubException):  # it ends by itself within the hour
                await github.arequest("DELETE", "/installation/token")

    def forget(self, repository: Repository) -> None:
        """Ask for everything anew: the App was taken away and put there again, or its token was refused."""
        self._kept.pop(repository.key, None)
        self._installations.pop(repository.key, None)

    async def _reading(self, repository: Repository) -> Kit:
        async with self._asking:
            kept, now = self._kept.get(repository.key), self._clock.monotonic()
            if kept is None or kept.until <= now:
                kept = _Session(await self._installed(repository, "read"), now + KEPT_SECONDS)
                self._kept[repository.key] = kept
            return kept.github

    async def _installed(self, repository: Repository, access: Access) -> Kit:
        assert self._app is not None  # noqa: S101 - otherwise there is a plain client
        found = self._installations.get(repository.key)
        if found is None:
            answer = await self._client(self._app).arequest(
                "GET", f"/repos/{repository.owner}/{repository.name}/installation"
            )
            try:
                found = Installation.model_validate_json(answer.content).id
            except ValidationError as error:
                raise ConfigError("GitHub does not say where the App is installed.") from error
            self._installations[repository.key] = found
        permissions: Any = dict(PERMISSIONS[access])
        return self._client(
            AppInstallationAuthStrategy(
                self._app.app_id,
                self._app.private_key,
                found,
                repositories=[repository.name],
                permissions=permissions,
            )
        )

    def _client(self, auth: BaseAuthStrategy | str) -> Kit:
        client = GitHub(
            auth,  # pyright: ignore[reportArgumentType, reportCallIssue] - its overloads know no union
            base_url=self._section.api_url,
            user_agent=USER_AGENT,
            timeout=self._section.request_seconds,
            trust_env=False,
            async_transport=self._transport,
            # Nothing is repeated behind our back (a review would stand there twice), and nothing kept without bound.
            auto_retry=False,
            http_cache=False,
            # Each has its own: githubkit keeps tokens under names that do not tell repositories of two owners apart.
            cache_strategy=MemCacheStrategy(),
        )
        return cast("Kit", client)


def _check_key(key: str) -> None:
    if "-----BEGIN" not in key or "PRIVATE KEY-----" not in key:
        raise ConfigError(
            "github.private_key is no private key; give the whole file that GitHub made, such as $file:github-app.pem."
        )
