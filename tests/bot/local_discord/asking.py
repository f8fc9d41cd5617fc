"""Asking a local Discord as the bot or as one of its people, and finding who and what is in it."""

import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, cast

import httpx

from bot.local_discord.client.member import Member
from bot.local_discord.model import Channel
from bot.local_discord.server import LocalDiscord
from bot.local_discord.settings import Settings

type Json = dict[str, Any]
type Join = Callable[..., AbstractAsyncContextManager[Member]]

QUICK = Settings(interaction_timeout=0.3, save_interval=0.01)


@dataclass(frozen=True, slots=True)
class Api:
    """REST requests as somebody; ``refused`` expects Discord's code."""

    http: httpx.AsyncClient

    async def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        return await self.http.request(method, f"/api/v10{path}", **more)

    async def ok(self, method: str, path: str, body: object = None, *, status: int | None = None) -> Any:
        response = (
            await self.call(method, path, json=body) if body is not None else await self.call(method, path)
        )
        assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
        assert status in (None, response.status_code)
        return response.json() if response.content else None

    async def refused(self, method: str, path: str, body: object = None) -> tuple[int, Json]:
        response = (
            await self.call(method, path, json=body) if body is not None else await self.call(method, path)
        )
        assert response.is_client_error, f"{method} {path}: {response.status_code} {response.text}"
        answer = cast("Json", response.json())
        return answer["code"], answer


def client(local: LocalDiscord, headers: dict[str, str]) -> httpx.AsyncClient:
    no_tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the usual one reads all certificates, for each client
    return httpx.AsyncClient(
        base_url=local.base_url, headers=headers, trust_env=False, timeout=10, verify=no_tls
    )


def as_person(local: LocalDiscord, user_id: int) -> httpx.AsyncClient:
    return client(local, {"X-Local-Key": local.key, "X-Local-Member": str(user_id)})


def person(local: LocalDiscord, name: str) -> int:
    return next(user.id for user in local.stage.world.users.values() if user.username == name)


def channel(local: LocalDiscord, name: str) -> Channel:
    return next(each for each in local.stage.world.channels.values() if each.name == name)
