"""What holds frames against their descriptions finds what is wrong with them."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.local_discord.gateway.intents import needed
from bot.local_discord.gateway.shapes import SHAPES, MalformedEvent, check
from bot.local_discord.server import LocalDiscord
from bot.local_discord.traffic.traffic import Passed
from bot.local_discord.wire.guild import member_object
from bot.local_discord.wire.message import dispatched_message
from tests.bot.local_discord.asking import Api
from tests.conftest import needed as tool
from tests.description import description, description_file
from tests.frames import PARTS, frame_problems

FOR_PEOPLE = ("INTERACTION_SUCCESS", "INTERACTION_FAILURE", "INTERACTION_MODAL_CREATE")
ALWAYS_TOLD = {
    "READY",
    "RESUMED",
    "GUILD_MEMBERS_CHUNK",
    "RATE_LIMITED",
    "SOUNDBOARD_SOUNDS",
    "CHANNEL_INFO",
    "VOICE_SERVER_UPDATE",
    "USER_UPDATE",
    "INTERACTION_CREATE",
    "APPLICATION_COMMAND_PERMISSIONS_UPDATE",
    "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE",
    *FOR_PEOPLE,
}
"""What needs no intent by Discord's list, and what only people are told."""


def frame(name: str, data: dict[str, Any]) -> Passed:
    text = json.dumps({"op": 0, "d": data, "s": 1, "t": name})
    return Passed(number=1, at=datetime.now(UTC), outward=True, text=text, session_id="s")


async def test_a_message_with_a_field_too_many_is_found(
    local: LocalDiscord, bo_api: Api, research: Any
) -> None:
    held = description()
    tool(description_file(), "Discord's description")
    sent = await bo_api.ok("POST", f"/channels/{research.id}/messages", {"content": "hello"})
    message = local.stage.world.message(research.id, int(sent["id"]))
    assert message is not None
    data = dispatched_message(local.stage.view(), message)
    assert frame_problems(held, frame("MESSAGE_CREATE", data)) == []
    assert "$.colour" in frame_problems(held, frame("MESSAGE_CREATE", {**data, "colour": 1}))[0]
    assert "$.position" in frame_problems(held, frame("MESSAGE_CREATE", {**data, "position": "first"}))[-1]
    lacking = {name: value for name, value in data.items() if name != "mention_roles"}
    assert "mention_roles is missing" in frame_problems(held, frame("MESSAGE_CREATE", lacking))[0]


async def test_a_member_with_a_field_too_many_is_found(local: LocalDiscord, guild_id: int) -> None:
    tool(description_file(), "Discord's description")
    member = local.stage.world.members_of(guild_id)[0]
    data = {**member_object(local.stage.view(), member), "guild_id": str(guild_id)}
    assert frame_problems(description(), frame("GUILD_MEMBER_ADD", data)) == []
    assert frame_problems(description(), frame("GUILD_MEMBER_ADD", {**data, "hat": "red"}))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("MESSAGE_CREATE", {"id": "1"}),
        ("MESSAGE_DELETE", {"id": 1, "channel_id": "2"}),
        ("MESSAGE_DELETE", {"id": "1", "channel_id": "2", "author": "3"}),
        ("GUILD_MEMBER_REMOVE", {"guild_id": "1", "user": {"id": "1"}}),
        ("GUILD_DELETE", {"id": "1", "unavailable": "no"}),
        ("TYPING_START", {"channel_id": "1", "user_id": "2", "timestamp": True}),
        ("RESUMED", []),
        ("NEVER_HEARD_OF", {}),
    ],
)
def test_malformed_events_are_never_sent(name: str, data: Any) -> None:
    with pytest.raises(MalformedEvent):
        check(name, data)


def test_broken_frames_and_those_of_clients_are_not_looked_at() -> None:
    lacking = frame("RESUMED", {"_trace": 1})
    assert frame_problems(None, lacking) != []
    assert frame_problems(None, replace(lacking, text=lacking.text[:-9])) == []
    assert frame_problems(None, replace(lacking, outward=False)) == []


def test_every_event_that_may_be_sent_has_its_intent() -> None:
    told_anyway = {name for name in SHAPES if not needed(name, in_guild=True)}
    assert told_anyway == ALWAYS_TOLD


def test_every_event_that_is_held_against_the_description_is_one_that_is_sent() -> None:
    assert set(PARTS) <= set(SHAPES)
