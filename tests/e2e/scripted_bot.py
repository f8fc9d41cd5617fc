"""A bot of a few lines for driving the page from the other side: plain REST calls and a small gateway client."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import httpx
from websockets.asyncio.client import ClientConnection, connect

type Json = dict[str, Any]

DEADLINE = 10.0
INTENTS = 1 | 1 << 9 | 1 << 15  # guilds, their messages, what the messages say
IDENTIFY, DISPATCH, HEARTBEAT = 2, 0, 1


def button(label: str, custom_id: str, style: int = 2, **more: object) -> Json:
    """A button; style 1 is the main one, 4 the dangerous one."""
    return {"type": 2, "style": style, "label": label, "custom_id": custom_id, **more}


def row(*components: Json) -> Json:
    """A row of components."""
    return {"type": 1, "components": list(components)}


@dataclass(slots=True)
class ScriptedBot:
    """One application, logged in; ``interactions`` fills as people use it."""

    http: httpx.AsyncClient
    id: str
    guild: str
    interactions: asyncio.Queue[Json] = field(default_factory=asyncio.Queue[Json])

    async def call(self, method: str, path: str, body: object = None) -> Any:
        """One REST request as the bot; fails the test where it is refused."""
        answer = await self.http.request(method, f"/api/v10{path}", json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    async def channel(self, name: str, **more: object) -> str:
        """Make a text channel; gives its id."""
        made = await self.call("POST", f"/guilds/{self.guild}/channels", {"name": name, "type": 0, **more})
        return str(made["id"])

    async def post(self, channel: str, content: str = "", **more: object) -> Json:
        """Post a message."""
        return cast(
            "Json", await self.call("POST", f"/channels/{channel}/messages", {"content": content, **more})
        )

    async def edit(self, message: Json, **changes: object) -> None:
        """Change a message."""
        await self.call("PATCH", f"/channels/{message['channel_id']}/messages/{message['id']}", changes)

    async def thread_on(self, message: Json, name: str) -> str:
        """Open a thread on a message; gives its id."""
        path = f"/channels/{message['channel_id']}/messages/{message['id']}/threads"
        return str((await self.call("POST", path, {"name": name}))["id"])

    async def say_as(
        self, channel: str, name: str, content: str, *, thread: str | None = None, **more: object
    ) -> Json:
        """Post under another name, through a webhook of the channel."""
        hook = await self.call("POST", f"/channels/{channel}/webhooks", {"name": "agents"})
        query = "?wait=true" + (f"&thread_id={thread}" if thread else "")
        body = {"content": content, "username": name, **more}
        return cast("Json", await self.call("POST", f"/webhooks/{hook['id']}/{hook['token']}{query}", body))

    async def commands(self, *commands: Json) -> None:
        """Replace the commands of the guild."""
        await self.call("PUT", f"/applications/{self.id}/guilds/{self.guild}/commands", list(commands))

    async def next(self, kind: int, channel: str, wanted: Callable[[Json], bool] = lambda _: True) -> Json:
        """The next interaction of a kind in a channel that fits; others are left aside."""
        async with asyncio.timeout(DEADLINE):
            while True:
                interaction = await self.interactions.get()
                if (interaction["type"], interaction["channel_id"]) == (kind, channel) and wanted(
                    interaction
                ):
                    return interaction

    async def answer(self, interaction: Json, kind: int, data: object = None) -> None:
        """Give an interaction its first answer."""
        body = {"type": kind} if data is None else {"type": kind, "data": data}
        await self.call("POST", f"/interactions/{interaction['id']}/{interaction['token']}/callback", body)

    async def follow_up(self, interaction: Json, **body: object) -> Json:
        """Post through an interaction's token; after a deferral this fills the placeholder."""
        path = f"/webhooks/{self.id}/{interaction['token']}?wait=true"
        return cast("Json", await self.call("POST", path, body))


async def _listen(socket: ClientConnection, bot: ScriptedBot, ready: asyncio.Event) -> None:
    async for text in socket:
        frame = json.loads(text)
        if frame["op"] != DISPATCH:
            continue
        if frame["t"] == "READY":
            ready.set()
        elif frame["t"] == "INTERACTION_CREATE":
            bot.interactions.put_nowait(frame["d"])


@contextlib.asynccontextmanager
async def logged_in(address: str, token: str) -> AsyncGenerator[ScriptedBot]:
    """Log a bot in at ``http://127.0.0.1:PORT``; it is in one guild."""
    headers = {"Authorization": f"Bot {token}"}
    async with httpx.AsyncClient(
        base_url=address, headers=headers, trust_env=False, timeout=DEADLINE
    ) as http:
        me = (await http.get("/api/v10/users/@me")).raise_for_status().json()
        guilds = (await http.get("/api/v10/users/@me/guilds")).raise_for_status().json()
        bot = ScriptedBot(http, str(me["id"]), str(guilds[0]["id"]))
        url = address.replace("http://", "ws://") + "/gateway?v=10&encoding=json"
        async with connect(url, proxy=None, max_size=None) as socket:
            identity = {
                "token": token,
                "intents": INTENTS,
                "properties": {"os": "test", "browser": "test", "device": "test"},
            }
            await socket.send(json.dumps({"op": IDENTIFY, "d": identity, "s": None, "t": None}))
            ready = asyncio.Event()
            listening = asyncio.create_task(_listen(socket, bot, ready))
            try:
                async with asyncio.timeout(DEADLINE):
                    await ready.wait()
                yield bot
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
