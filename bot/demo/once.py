"""One command in the demo without a browser: run it, wait for its thread to be finished, print it."""

import re
from typing import Any

from bot.demo.transcript import plain_text, transcript
from bot.errors import OutsideError, UserError
from bot.local_discord.client.member import Member, join

CHANNEL = "research"
_COMMAND = re.compile(r"/([\w-]+)\s*(.*)", re.DOTALL)
_ENDINGS = ("✓", "✗", "■")


async def run_once(discord: dict[str, Any], line: str, *, seconds: float) -> str:
    """What a person sees who types ``line`` (such as ``/research topic:tides``); at most ``seconds`` long."""
    match = _COMMAND.fullmatch(line.strip())
    if match is None:
        raise UserError("Write a command as in Discord, such as: /research topic:How do tides work?")
    name, typed = match[1], match[2]
    async with join(discord["base_url"], discord["key"]) as member:
        channel = _channel(member)
        outcome = await member.slash(channel, name, **await _options(member, channel, name, typed))
        if not outcome.ok:
            raise OutsideError("The bot did not answer the command; see its log.")
        status = await member.message_where(
            lambda message: _is_finished(message, channel) or _is_refusal(message, outcome.interaction_id),
            timeout=seconds,
        )
        names = {
            str(one["user"]["id"]): str(one["user"].get("global_name") or one["user"]["username"])
            for guild in member.guilds.values()
            for one in guild["members"]
        }
        if "thread" not in status:
            return plain_text(status["content"], names)
        inside = await member.messages(status["thread"]["id"], limit=100)
        return transcript([status, *(message for message in inside if message["content"])], names)


def _channel(member: Member) -> str:
    for guild in member.guilds.values():
        for channel in guild["channels"]:
            if channel["name"] == CHANNEL:
                return str(channel["id"])
    raise OutsideError(f"The local Discord has no channel named {CHANNEL}; start with another --state.")


async def _options(member: Member, channel: str, name: str, typed: str) -> dict[str, Any]:
    """The options in ``topic:… other:…``; only the command's own names end a value."""
    command = next((one for one in await member.commands(channel) if one["name"] == name), None)
    if command is None:
        known = ", ".join(f"/{one['name']}" for one in await member.commands(channel))
        raise UserError(f"There is no command /{name} here; there is {known}.")
    names = [str(option["name"]) for option in command.get("options", [])]
    parts = re.split(rf"(?:^|\s)({'|'.join(map(re.escape, names)) or 'x^'}):", typed)
    if parts[0].strip():
        raise UserError(f"Name the option: /{name} {names[0] if names else ''}:{parts[0].strip()}")
    return {key: value.strip() for key, value in zip(parts[1::2], parts[2::2], strict=True)}


def _is_finished(message: dict[str, Any], channel: str) -> bool:
    lines = [line for line in str(message.get("content", "")).splitlines() if not line.startswith("-# ")]
    return (
        message["channel_id"] == channel
        and bool(message["author"].get("bot"))
        and "Asked by" in message["content"]
        and not message.get("components")
        and lines[-1].startswith(_ENDINGS)
    )


def _is_refusal(message: dict[str, Any], interaction_id: str) -> bool:
    """The private answer to the command, where it is more than that the work has begun."""
    asked: dict[str, Any] = message.get("interaction_metadata") or {}
    text = str(message.get("content", ""))
    return asked.get("id") == interaction_id and bool(text) and not text.startswith("On it.")
