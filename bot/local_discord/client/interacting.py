"""How a person's client asks applications: commands, presses and forms go out, their outcome is waited for."""

import itertools
from collections.abc import Mapping
from typing import cast

from bot.errors import UserError
from bot.local_discord.client.choices import instead, meant
from bot.local_discord.client.feed import Dispatch, Feed
from bot.local_discord.client.filling import ValueOf
from bot.local_discord.client.member_line import File, Line, named
from bot.local_discord.client.names import channel_called, mentionable_called, role_called, user_called
from bot.local_discord.client.outcome import Answer, Outcome
from bot.local_discord.interactions.components import (
    CHANNEL_SELECT,
    MENTIONABLE_SELECT,
    ROLE_SELECT,
    USER_SELECT,
)
from bot.local_discord.model import Json

SLASH, USER_MENU, MESSAGE_MENU = 1, 2, 3
COMMAND, COMPONENT, AUTOCOMPLETE, FORM = 2, 3, 4, 5
_USER, _CHANNEL, _ROLE, _MENTIONABLE, _ATTACHMENT, _FILE_UPLOAD = 6, 7, 8, 9, 11, 19
_MARKS = {SLASH: "/", USER_MENU: "", MESSAGE_MENU: ""}
_ENDINGS = ("INTERACTION_SUCCESS", "INTERACTION_FAILURE", "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE")


class Interacting:
    """Asks applications as one person."""

    def __init__(self, line: Line, feed: Feed, user_id: str) -> None:
        self._line = line
        self._feed = feed
        self._user_id = user_id
        self._nonces = itertools.count(1)

    def nonce(self) -> str:
        """A new nonce, at most 25 characters."""
        return f"{self._user_id[-12:]}-{next(self._nonces)}"

    async def commands(self, channel_id: str) -> list[Json]:
        """The commands that this person may use in a channel."""
        index = cast("Json", await self._line.get(f"/channels/{channel_id}/application-command-index"))
        return cast("list[Json]", index["application_commands"])

    async def command(self, channel_id: str, name: str, kind: int) -> Json:
        """A command by its name. Raises `UserError` that says which ones there are."""
        there = [one for one in await self.commands(channel_id) if one["type"] == kind]
        found = next((one for one in there if one["name"] == name), None)
        if found is None:
            mark = _MARKS[kind]
            names = [f"{mark}{one['name']}" for one in there]
            near = meant(f"{mark}{name}", names)
            raise UserError(f"There is no command {mark}{name} here; {instead(names)}.{near}")
        return found

    def value_of(self, guild_id: str | None, files: list[File]) -> ValueOf:
        """What turns names into ids in a guild; files that are given are put into ``files``."""

        async def value(field: Json, given: object) -> object:
            kind = int(field["type"])
            select = "custom_id" in field
            if kind == (_FILE_UPLOAD if select else _ATTACHMENT):
                files.append(cast("File", given))
                return str(len(files) - 1)
            kinds = _SELECT_LOOKUPS if select else _OPTION_LOOKUPS
            look_up = kinds.get(kind)
            return given if look_up is None else await look_up(self._line.get, guild_id, given)

        return value

    async def guild_of(self, channel_id: str) -> str | None:
        """The guild of a channel or thread, None for a direct message."""
        known = self._feed.seen.channels.get(channel_id)
        if known is None:
            known = cast("Json", await self._line.get(f"/channels/{channel_id}"))
        return None if known.get("guild_id") is None else str(known["guild_id"])

    async def suggestions(
        self, channel_id: str, application_id: str, data: Json, *, timeout: float
    ) -> list[Json]:
        """The choices that an application proposes for the option that is being typed."""
        nonce = await self._send(AUTOCOMPLETE, channel_id, application_id, data)
        answer = await self._ending(nonce, "What the application suggests", timeout)
        return cast("list[Json]", answer.data.get("choices", []))

    async def ask(
        self,
        kind: int,
        channel_id: str,
        application_id: str,
        data: Json,
        *,
        timeout: float,
        message_id: str | None = None,
        files: list[File] | None = None,
    ) -> Outcome:
        """Send an interaction and wait for what becomes of it."""
        seen = self._feed.seen
        before = seen.edits.get(message_id or "")
        if files:
            data = {**data, "attachments": _described(files)}
        nonce = await self._send(kind, channel_id, application_id, data, message_id, files)
        ending = await self._ending(nonce, "The outcome of this", timeout)
        identifier = str(ending.data["id"])
        if ending.name == "INTERACTION_FAILURE":
            return Outcome("failure", identifier, answer="failure")
        modal = self._feed.take(lambda e: e.name == "INTERACTION_MODAL_CREATE" and e.data["id"] == identifier)
        if modal is not None:
            return Outcome("success", identifier, modal=modal.data, answer="form")
        for message in seen.messages.values():
            asked: Json = message.get("interaction_metadata") or {}
            if asked.get("id") == identifier:
                return Outcome("success", identifier, message=message, answer="message")
        answer: Answer = "nothing" if seen.edits.get(message_id or "") == before else "edit"
        return Outcome("success", identifier, message=seen.messages.get(message_id or ""), answer=answer)

    async def _ending(self, nonce: str, what: str, timeout: float) -> Dispatch:
        def ends(event: Dispatch) -> bool:
            return event.name in _ENDINGS and event.data.get("nonce") == nonce

        return await self._feed.until(lambda: self._feed.take(ends), what, timeout)

    async def _send(
        self,
        kind: int,
        channel_id: str,
        application_id: str,
        data: Json,
        message_id: str | None = None,
        files: list[File] | None = None,
    ) -> str:
        nonce = self.nonce()
        body: Json = {
            "type": kind,
            "application_id": application_id,
            "channel_id": channel_id,
            "session_id": "member",
            "nonce": nonce,
            "data": data,
        }
        if message_id is not None:
            body["message_id"] = message_id
        await self._line.request("POST", "/interactions", body, files or ())
        return nonce


def command_data(command: Json, more: Mapping[str, object]) -> Json:
    """The ``data`` of a command's interaction."""
    return {key: command[key] for key in ("id", "name", "type", "version")} | dict(more)


def _described(files: list[File]) -> list[Json]:
    return [{"id": str(number), "filename": named(file)[0]} for number, file in enumerate(files)]


_OPTION_LOOKUPS = {
    _USER: user_called,
    _CHANNEL: channel_called,
    _ROLE: role_called,
    _MENTIONABLE: mentionable_called,
}
_SELECT_LOOKUPS = {
    USER_SELECT: user_called,
    CHANNEL_SELECT: channel_called,
    ROLE_SELECT: role_called,
    MENTIONABLE_SELECT: mentionable_called,
}
