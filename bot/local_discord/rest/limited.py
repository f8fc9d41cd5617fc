"""What stands before a route where requests are limited: the count of requests, and the ban of who makes bad ones."""

import math
from dataclasses import dataclass
from typing import override

from starlette.responses import JSONResponse, PlainTextResponse, Response

from bot.local_discord.form import as_snowflake
from bot.local_discord.limits.rate_limits import Ask, Limiter
from bot.local_discord.refusals import Refusal
from bot.local_discord.rest.call import Call
from bot.local_discord.stage import Stage

BLOCKED = (
    "You are being blocked from accessing our API temporarily due to exceeding our rate limits frequently. "
    "Please read our docs at https://discord.com/developers/docs/topics/rate-limits to prevent this moving forward."
)
SHARED = "shared"


class BanText(PlainTextResponse):
    """How Cloudflare refuses a client that it has shut out: plain text, and no ``Via``."""

    @override
    def render(self, content: object) -> bytes:
        return b"error code: 1015"


class BanJson(JSONResponse):
    """The same as Cloudflare keeps it for Discord's API: always the same text, so that no time is named."""

    @override
    def render(self, content: object) -> bytes:
        return super().render({"message": BLOCKED, "code": 0})


@dataclass(frozen=True, slots=True)
class Gate:
    """The limits before one route; people at the page pass freely unless the limits name them too."""

    stage: Stage
    limiter: Limiter
    route: str

    def ban(self, call: Call) -> Response | None:
        """The answer to a client that is shut out, None for everybody else."""
        if self._free(call):
            return None
        left = self.limiter.invalid.banned_for(self._suspect(call))
        if not left:
            return None
        edge = {"Server": "cloudflare"}
        if self.limiter.limits.ban_answer == "json":
            return BanJson(None, 429, headers=edge)
        return BanText(None, 429, headers={**edge, "Retry-After": str(math.ceil(left))})

    async def admit(self, call: Call) -> dict[str, str]:
        """Count a request; gives the headers of its answer.

        Raises:
            Refusal: 429.
        """
        if self._free(call):
            return {}
        return self.limiter.count(await self._ask(call))

    def note(self, call: Call, answer: Response) -> None:
        """Count an answer that says that the request was an invalid one."""
        if not self._free(call):
            shared = answer.headers.get("x-ratelimit-scope") == SHARED
            self.limiter.invalid.note(self._suspect(call), answer.status_code, shared=shared)

    def _free(self, call: Call) -> bool:
        person = call.who is not None and call.who.application_id is None
        return person and not self.limiter.limits.people

    def _suspect(self, call: Call) -> str:
        return _address(call) if self.limiter.limits.invalid_by == "address" else _caller(call)

    async def _ask(self, call: Call) -> Ask:
        world, method = self.stage.world, call.request.method
        params = {name: str(value) for name, value in call.request.path_params.items()}
        ids = {name: as_snowflake(value) or 0 for name, value in params.items() if name.endswith("_id")}
        webhook = world.webhooks.get(ids.get("webhook_id", 0))
        channel_id = ids.get("channel_id") or (None if webhook is None else webhook.channel_id)
        message = world.message(ids.get("channel_id", 0), ids.get("message_id", 0))
        fields: frozenset[str] = frozenset()
        if self.limiter.reads_body(method, self.route):
            fields = await _fields(call)
        return Ask(
            caller=_caller(call),
            method=method,
            route=self.route,
            params=params,
            fields=fields,
            age=None if message is None else (self.stage.now() - message.sent_at).total_seconds(),
            channel_id=channel_id,
            interaction="interaction_id" in params or ids.get("webhook_id") in world.applications,
        )


def _address(call: Call) -> str:
    client = call.request.client
    return "nobody" if client is None else client.host


def _caller(call: Call) -> str:
    return _address(call) if call.who is None else str(call.who.user_id)


async def _fields(call: Call) -> frozenset[str]:
    """The names in a JSON body; one that cannot be read has none, and the handler refuses it."""
    try:
        body: object = await call.json()
    except Refusal:
        return frozenset()
    return frozenset(map(str, body)) if isinstance(body, dict) else frozenset()  # pyright: ignore[reportUnknownArgumentType] - JSON from outside
