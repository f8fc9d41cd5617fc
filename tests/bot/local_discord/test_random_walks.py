"""Whatever is done in whatever order: nothing is counted wrong, and what is refused changes nothing."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.local_discord.messages.drafts import system_draft
from bot.local_discord.messages.posting import Origin, post
from bot.local_discord.model import HAS_THREAD, Channel
from bot.local_discord.server import Config, LocalDiscord, running
from bot.local_discord.settings import LIMITS
from bot.local_discord.snapshot import snapshot_of
from bot.local_discord.stage import Actor
from tests.bot.local_discord.asking import QUICK, Api, as_person, channel, client, person

type Json = dict[str, Any]

EMOJIS = ["👍", "👎", "❤️", "❤", "🎉", "nonsense"]
STEPS = (
    "say",
    "reply",
    "forward",
    "with_file",
    "whisper",
    "speak",
    "edit",
    "delete",
    "bulk",
    "pin",
    "unpin",
    "react",
    "unreact",
    "clear",
    "thread",
    "archive",
    "wake",
    "lock",
    "add",
    "leave",
)
steps = st.tuples(st.sampled_from(STEPS), st.integers(0, 2), st.integers(0, 40), st.integers(0, 40))


@dataclass(slots=True)
class Walk:
    """What has been made so far, gone or not, and what to do next with it."""

    local: LocalDiscord
    people: list[Api]
    webhook: Json
    places: list[str]
    messages: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def state(self) -> object:
        """All that is kept; ids that were handed out for nothing do not count."""
        stage = self.local.stage
        kept = snapshot_of(stage.world, stage.ids)
        return [
            getattr(kept, name) for name in ("channels", "messages", "webhooks", "members", "interactions")
        ]

    async def step(self, what: str, who: int, first: int, second: int) -> None:
        place = self.places[first % len(self.places)]
        target = self.messages[first % len(self.messages)] if self.messages else (place, "1")
        if what == "whisper":
            self.whisper(int(place))
            return
        before = self.state()
        response = await self._done(what, self.people[who], place, target, second)
        if response.status_code >= 400:
            assert self.state() == before, f"{what} was refused with {response.text} and changed something"
            assert response.status_code < 500
            return
        answer: Json = response.json() if response.content else {}
        if what == "thread":
            self.places.append(answer["id"])
        elif "channel_id" in answer and "author" in answer:
            self.messages.append((answer["channel_id"], answer["id"]))

    def whisper(self, place: int) -> None:
        """Something only one member sees."""
        stage = self.local.stage
        if place in stage.world.channels:
            origin = Origin(seen_by=person(self.local, "bo"))
            post(
                stage,
                Actor(self.local.application_id),
                stage.world.channels[place],
                system_draft("psst"),
                origin,
            )

    async def _done(
        self, what: str, api: Api, place: str, target: tuple[str, str], second: int
    ) -> httpx.Response:
        if what in ("say", "reply", "forward", "with_file", "speak", "bulk"):
            return await self._written(what, api, place, target, second)
        channel_id, message_id = target
        message = f"/channels/{channel_id}/messages/{message_id}"
        pin, emoji = f"/channels/{channel_id}/messages/pins/{message_id}", EMOJIS[second % len(EMOJIS)]
        start = f"{message}/threads" if second % 2 else f"/channels/{place}/threads"
        members, chen = f"/channels/{place}/thread-members", person(self.local, "chen")
        requests: dict[str, tuple[str, str, Json | None]] = {
            "edit": ("PATCH", message, {"content": "e" * (second % 3), "attachments": []}),
            "delete": ("DELETE", message, None),
            "pin": ("PUT", pin, None),
            "unpin": ("DELETE", pin, None),
            "react": ("PUT", f"{message}/reactions/{emoji}/@me", None),
            "unreact": ("DELETE", f"{message}/reactions/{emoji}/@me", None),
            "clear": ("DELETE", f"{message}/reactions", None),
            "thread": ("POST", start, {"name": "T" * (second % 7), "type": 11 + second % 2}),
            "archive": ("PATCH", f"/channels/{place}", {"archived": True}),
            "wake": ("PATCH", f"/channels/{place}", {"archived": False}),
            "lock": ("PATCH", f"/channels/{place}", {"locked": second > 20}),
            "add": ("PUT", f"{members}/{chen}", None),
            "leave": ("DELETE", f"{members}/@me", None),
        }
        method, path, body = requests[what]
        return await (api.call(method, path) if body is None else api.call(method, path, json=body))

    async def _written(
        self, what: str, api: Api, place: str, target: tuple[str, str], second: int
    ) -> httpx.Response:
        path = f"/channels/{place}/messages"
        if what == "with_file":
            return await api.call("POST", path, files={"files[0]": ("a.txt", b"x" * second, "text/plain")})
        if what == "bulk":
            ids = [held for where, held in self.messages if where == place][: second % 5]
            return await api.call("POST", f"{path}/bulk-delete", json={"messages": ids})
        body: Json = {"content": f"<@{person(self.local, 'chen')}>" if second % 3 else ""}
        reference: Json = {"message_id": target[1], "channel_id": target[0]}
        if what == "reply":
            body["message_reference"] = reference
        elif what == "forward":
            body = {"message_reference": {**reference, "type": 1}}
        elif what == "speak":
            path = f"/webhooks/{self.webhook['id']}/{self.webhook['token']}?wait=true"
            path += "" if place == self.places[0] else f"&thread_id={place}"
        return await api.call("POST", path, json=body)

    async def check(self) -> None:
        """Compare what is listed and counted with what is there."""
        world, bot = self.local.stage.world, self.people[0]
        for place in self.places:
            held = world.channels[int(place)]
            listed = await bot.ok("GET", f"/channels/{place}/messages?limit=100")
            ids = [int(message["id"]) for message in listed]
            assert ids == sorted((m.id for m in world.messages(held.id)), reverse=True)
            assert all(message["flags"] & 64 == 0 for message in listed)
            pins = await bot.ok("GET", f"/channels/{place}/messages/pins")
            assert {item["message"]["id"] for item in pins["items"]} == {
                m["id"] for m in listed if m["pinned"]
            }
            assert len(pins["items"]) <= LIMITS.pins
            self._check_reactions(listed)
            self._check_thread(held, listed)
            for message in listed:
                for attachment in message["attachments"]:
                    assert (await bot.http.get(attachment["url"])).status_code == 200
                if message["flags"] & HAS_THREAD:
                    assert message["thread"]["id"] == message["id"]
        await self._check_lists()

    def _check_reactions(self, listed: list[Json]) -> None:
        world = self.local.stage.world
        for message in listed:
            held = world.message(int(message["channel_id"]), int(message["id"]))
            assert held is not None
            assert all(reaction.users for reaction in held.reactions)
            assert all(len(set(reaction.users)) == len(reaction.users) for reaction in held.reactions)
            assert [r["count"] for r in message.get("reactions", [])] == [
                len(r.users) for r in held.reactions
            ]
            assert len(held.reactions) <= LIMITS.reactions

    def _check_thread(self, held: Channel, listed: list[Json]) -> None:
        state = held.thread
        if state is None:
            return
        counted = [message for message in listed if message["type"] not in (18, 21)]
        assert state.message_count == len(counted)
        assert state.message_count <= state.total_message_sent
        positions = [message["position"] for message in listed]
        assert positions == sorted(positions, reverse=True)
        members = [member.user_id for member in state.members]
        assert len(members) == len(set(members))

    async def _check_lists(self) -> None:
        bot, world = self.people[0], self.local.stage.world
        guild_id = next(iter(world.guilds))
        active = await bot.ok("GET", f"/guilds/{guild_id}/threads/active")
        archived: list[Json] = []
        for kind in ("public", "private"):
            path = f"/channels/{self.places[0]}/threads/archived/{kind}?limit=100"
            archived += (await bot.ok("GET", path))["threads"]
        listed = [each["id"] for each in (*active["threads"], *archived)]
        assert len(listed) == len(set(listed))
        assert set(listed) == set(self.places[1:])
        assert all(each["thread_metadata"]["archived"] for each in archived)


@pytest.mark.slow
@given(st.lists(steps, min_size=5, max_size=40))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_counts_hold_and_refusals_change_nothing(todo: list[tuple[str, int, int, int]]) -> None:
    async with (
        running(Config(settings=QUICK)) as local,
        client(local, {"Authorization": f"Bot {local.bot_token}"}) as as_bot,
        as_person(local, person(local, "ada")) as as_ada,
        as_person(local, person(local, "bo")) as as_bo,
    ):
        place = str(channel(local, "research").id)
        bot = Api(as_bot)
        webhook = await bot.ok("POST", f"/channels/{place}/webhooks", {"name": "w"})
        walk = Walk(local, [bot, Api(as_ada), Api(as_bo)], webhook, [place])
        for step in todo:
            await walk.step(*step)
        await walk.check()
