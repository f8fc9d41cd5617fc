"""People who run commands and read the private answers, as an admin and as a member without rights."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.local_discord.client.member import Outcome
from bot.local_discord.server import LocalDiscord
from cogswarm.testing import Person

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reader:
    """A person in #general who reads what is answered."""

    person: Person
    local: LocalDiscord

    async def picker(self) -> set[str]:
        """The commands that Discord offers."""
        return {str(one["name"]) for one in await self.person.client.commands(self.person.channel_id)}

    async def ask(self, name: str, **options: Any) -> str:
        """Run a slash command and read the answer."""
        return str((await self.answer(name, **options))["content"])

    async def answer(self, name: str, **options: Any) -> Json:
        """Run a slash command; gives the whole answer."""
        outcome = await self.person.client.slash(self.person.channel_id, name, **options)
        assert outcome.ok
        return await self.read(outcome)

    async def read(self, outcome: Outcome) -> Json:
        """What was answered to an interaction, once it is there."""

        def answers_it(message: Json) -> bool:
            asked: Json = message.get("interaction_metadata") or {}
            return asked.get("id") == outcome.interaction_id and bool(message["content"])

        return await self.person.client.message_where(answers_it)

    async def click(self, message: Json, what: str, *values: str) -> Outcome:
        """Press or choose."""
        return await self.person.client.click(message, what, values=values or None)

    async def shows(self, message: Json, part: str) -> Json:
        """The message, once ``part`` stands in it."""
        return await self.person.client.message_where(
            lambda one: one["id"] == message["id"] and part in one["content"]
        )

    async def menu(self, name: str, message: Json) -> str:
        """Open a message's context menu, choose an entry, read the answer."""
        client = self.person.client
        command = next(one for one in await client.commands(self.person.channel_id) if one["name"] == name)
        body = {
            "type": 2,
            "application_id": command["application_id"],
            "channel_id": message["channel_id"],
            "session_id": "member",
            "nonce": f"menu-{message['id']}"[:25],
            "data": {
                "id": command["id"],
                "name": name,
                "type": command["type"],
                "version": command["version"],
                "target_id": message["id"],
            },
        }
        await client.request("POST", "/interactions", body)
        ended = await client.wait_for(
            lambda event: event.name == "INTERACTION_SUCCESS" and event.data.get("nonce") == body["nonce"]
        )
        return str((await self.read(Outcome("success", str(ended.data["id"]))))["content"])

    def open_to_everybody(self, name: str) -> None:
        """What an admin can do under Integrations: let everybody use a command whatever the bot asks for."""
        world = self.local.stage.world
        for command in list(world.commands.values()):
            if command.name == name:
                body = {**command.body, "default_member_permissions": None}
                world.commands[command.id] = replace(command, body=body)


@pytest.fixture
async def boss(members: Callable[[str], Awaitable[Person]], local_discord: LocalDiscord) -> Reader:
    """Ada, who owns the server."""
    return Reader(await members("ada"), local_discord)


@pytest.fixture
async def bo(member: Person, local_discord: LocalDiscord) -> Reader:
    """Bo, who may not manage it."""
    return Reader(member, local_discord)
