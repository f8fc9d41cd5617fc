"""A server as its members and admins see it: what is on, who may use what, why not, and changing it.

Every change is checked (Manage Server, the owner's limits), noted with who made it, takes effect at once in this
server only, and can be undone.
"""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bot.discord import refused_table
from bot.discord.direct.servers import Unsettled
from bot.discord.events import Author, Where
from bot.discord.server_changes import Changes
from bot.discord.server_parts import ServerParts
from bot.discord.server_views import (
    CogView,
    JobView,
    LimitsView,
    SettingView,
    Silence,
    cog_view,
    job_views,
    limits_view,
    setting_views,
)
from bot.errors import UserError
from bot.plugins import choices_table
from bot.plugins.choices_table import SERVER, Change, Choice
from bot.plugins.cog import MANAGEMENT, Cog, Decide
from bot.plugins.commands import Command
from bot.plugins.doorkeeper import Turned
from bot.plugins.gate import Access, Knock, Subject, gate
from bot.plugins.permissions import bits_of, holds
from bot.plugins.settings_fields import checked, typed
from bot.work.surface import Connection

__all__ = ["CogView", "JobView", "LimitsView", "Server", "SettingView", "Silence"]

MOST_RULES = 50


class Server:
    """One server, in the hands of one person in one channel."""

    def __init__(
        self,
        parts: ServerParts,
        guild_id: int | None,
        author: Author,
        channel_id: int,
        home_id: int,
        *,
        direct: bool = False,
    ) -> None:
        self._parts = parts
        self._guild_id = guild_id
        self._author = author
        self._channel_id = channel_id
        self._home_id = home_id
        self._direct = direct

    async def others(self) -> Unsettled:
        """The servers that this conversation, which must be in direct messages, can belong to."""
        where = Where(self._here, self._channel_id, in_thread=False, direct=True)
        return await self._parts.direct.offer(where, self._author)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which people here write and read times."""
        return self._parts.guilds.zone(self._guild_id or SERVER)

    def at(self, name: str, channel_id: int) -> "Server":
        """This server from another channel. Raises `UserError` where the cog is switched off there."""
        refused = gate(
            Knock(name, self._here, 0, author_is_bot=False, channel_id=channel_id, way="job"),
            self._parts.guilds.rules(self._here),
        )
        if refused is not None:
            raise UserError(refused.sentence)
        return Server(self._parts, self._here, self._author, channel_id, channel_id)

    def values(self, name: str) -> Any:
        """A cog's settings right here, as its own model."""
        return self._parts.guilds.settings(self._here, name, self._home_id)

    async def check_still_on(self, conn: Connection, name: str) -> None:
        """Raise `UserError` where a cog was switched off since it was asked; if not, it stays on until ``conn`` commits."""
        await choices_table.hold(conn, self._here, name, to_change=False)
        chosen = await choices_table.of_guild(conn, self._here)
        rules = self._parts.guilds.rules_from(self._here, chosen)
        if name != MANAGEMENT and not rules.is_on(name, self._home_id or self._channel_id):
            raise UserError(f"“{name}” was just turned off here, so nothing was started.")

    def strategy(self, name: str) -> tuple[Cog, Decide]:
        """The cog that brings a strategy, and what it decides with. Raises `UserError` where no cog does."""
        for cog in self._parts.cogs.values():
            if name in cog.strategies:
                return cog, cog.strategies[name]
        raise UserError(f"There is no way called “{name[:50]}” to say who gets a task.")

    @property
    def is_late(self) -> bool:
        """Whether the commands that Discord shows here are not yet those they should be."""
        return self._parts.life.is_late(self._here)

    # what there is

    def cogs(self) -> list[CogView]:
        """Every cog, by name, with its state here."""
        names = {*self._parts.cogs, *self._parts.absent} - {MANAGEMENT}
        return [self.cog(name) for name in sorted(names)]

    def cog(self, name: str) -> CogView:
        """One cog. Raises `UserError` where there is none of that name."""
        return cog_view(self._parts, self._here, name)

    async def jobs(self, name: str) -> list[JobView]:
        """What a cog does here by the clock: when next, and how it went."""
        self._parts.cog(name)
        async with self._parts.database.connection() as conn:
            return await job_views(conn, self._here, name)

    def limits(self) -> LimitsView:
        """What the owner of this bot lets this server have."""
        return limits_view(self._parts, self._here)

    def commands(self) -> list[tuple[Cog, Command]]:
        """What this person can use right here, by cog and name."""
        found: list[tuple[Cog, Command]] = []
        for _, cog in sorted(self._parts.cogs.items()):
            if self._parts.doorkeeper.allows(self._knock(cog.name)):
                found += [
                    (cog, command)
                    for _, command in sorted(cog.commands.items())
                    if self._holds_all(command.permissions) and (self._direct or not command.direct_only)
                ]
        return found

    async def why(self) -> Turned | None:
        """What this person was refused last on this server, and why; the latest of each server are kept."""
        return await self._parts.book.about_member(self._here, self._author.id)

    async def why_ignored(self, message_id: int) -> list[Turned]:
        """Why nothing came of a message, for each cog that was turned away; the latest of each server are kept."""
        return await self._parts.book.about_event(self._here, message_id)

    def why_not_now(self) -> list[Turned]:
        """Of the cogs that listen, those that would not hear what this person says right here, and why."""
        rules = self._parts.guilds.rules(self._here)
        found = [
            (cog.name, gate(replace(self._knock(cog.name), way="message"), rules))
            for _, cog in sorted(self._parts.cogs.items())
            if cog.listeners
        ]
        return [Turned(name, self._here, refused) for name, refused in found if refused is not None]

    async def silences(self) -> list[Silence]:
        """What Discord does not let the bot do right here, and when it is tried again."""
        places = dict.fromkeys((self._channel_id, self._home_id))
        async with self._parts.database.connection() as conn:
            return [
                Silence(one.what, one.reason, one.until)
                for place in places
                for one in await refused_table.of_channel(conn, place)
            ]

    async def changes(self, *, limit: int = 10) -> list[Change]:
        """The latest changes by admins, newest first."""
        async with self._parts.database.connection() as conn:
            return await choices_table.changes(conn, self._here, limit=limit)

    # settings

    def settings(self, name: str, channel_id: int | None = None) -> list[SettingView]:
        """A cog's settings here (or in a channel), each with where its value comes from."""
        return setting_views(self._parts, self._here, name, channel_id)

    def channels_with_settings(self, name: str) -> list[int]:
        """The channels for which something of its own is set for a cog: by this server's admins, or by the owner.

        What the owner names may be a channel of another server.
        """
        guilds = self._parts.guilds
        return sorted({*guilds.channels_with_a_choice(self._here, name), *guilds.owner_channels(name)})

    def setting(self, name: str, setting: str, channel_id: int | None = None) -> SettingView:
        """One setting. Raises `UserError` where there is none of that name."""
        for one in self.settings(name, channel_id):
            if one.field.name == setting:
                return one
        raise UserError(f"“{name}” has no setting “{setting}”.")

    async def change_setting(
        self, name: str, setting: str, text: str | None, channel_id: int | None = None
    ) -> int:
        """Set one setting to what was typed or chosen; None goes back to what stands above. Gives the change's number.

        Raises `UserError` where the value does not fit or this person may not.
        """
        cog, guilds, place = self._parts.cog(name), self._parts.guilds, channel_id or SERVER
        field = self.setting(name, setting, channel_id).field
        if text is not None and field.kind == "choice" and text.strip() not in field.choices:
            raise UserError(f"{field.label}: please choose one of {', '.join(field.choices)}.")

        def changed(before: Choice) -> Choice:
            values = dict(before.settings)
            if text is None:
                values.pop(setting, None)
            else:
                values[setting] = typed(field, text)
            above = guilds.choice(self._here, name).settings if place else dict[str, Any]()
            full = checked(cog.settings, {**guilds.owner_settings(name, place), **above, **values})
            if text is not None:
                # What is kept is what the model made of it, so that it reads the same later.
                values[setting] = full.model_dump(mode="json")[setting]
            return replace(before, settings=values)

        return await self._changes.make("settings", name, place, changed)

    # changing what is on and for whom

    async def switch(self, name: str, *, on: bool, channel_id: int | None = None) -> int:
        """Switch a cog on or off, here or in one channel; gives the change's number.

        Raises `UserError` where the owner does not offer it, it cannot start here, or this person may not.
        """
        self._parts.cog(name)
        if name == MANAGEMENT:
            raise UserError("The commands with which this server is managed are always on.")
        number = await self._changes.make(
            "enable" if on else "disable",
            name,
            channel_id or SERVER,
            lambda before: replace(before, enabled=on),
        )
        reason = self._parts.guilds.broken(self._here).get(name)
        if on and reason is not None:
            await self._changes.take_back(number, "rollback")
            raise UserError(f"“{name}” could not be switched on: {reason}")
        return number

    async def rule(self, name: str, kind: Subject, subject_id: int, *, allowed: bool | None) -> int:
        """Let a role, a member or a channel use a cog, or keep it out; None drops the rule. Gives the change's number."""
        self._parts.cog(name)

        def changed(before: Choice) -> Choice:
            others = [one for one in before.access if (one.kind, one.id) != (kind, subject_id)]
            if allowed is not None:
                others.append(Access(kind, subject_id, allowed))
            if len(others) > MOST_RULES:
                raise UserError(f"“{name}” has {MOST_RULES} rules already; take one away first.")
            return replace(before, access=tuple(others))

        return await self._changes.make("access", name, SERVER, changed)

    async def undo(self, number: int) -> Change:
        """Take a change back. Raises `UserError` where it is gone or somebody has changed the same again since."""
        return await self._changes.take_back(number, "undo")

    def export(self) -> str:
        """Everything that was chosen on this server, as YAML for the owner's config or another server."""
        guilds = self._parts.guilds
        cogs: dict[str, Any] = {}
        for name in sorted(self._parts.cogs):
            places = {SERVER: guilds.choice(self._here, name)} | {
                channel: guilds.choice(self._here, name, channel)
                for channel in guilds.channels_with_a_choice(self._here, name)
            }
            said = {
                "here" if place == SERVER else f"channel {place}": kept
                for place, choice in places.items()
                if (
                    kept := {
                        key: value for key, value in choice.as_json().items() if value not in (None, {}, [])
                    }
                )
            }
            if said:
                cogs[name] = said
        return yaml.safe_dump({"server": self._here, "cogs": cogs}, sort_keys=False, allow_unicode=True)

    # how

    @property
    def _here(self) -> int:
        if self._guild_id is None:
            raise UserError("This works on a server, not in direct messages.")
        return self._guild_id

    def _knock(self, cog: str) -> Knock:
        return Knock(
            cog,
            self._guild_id,
            self._author.id,
            self._author.is_bot,
            roles=self._author.roles,
            channel_id=self._channel_id,
            home_id=self._home_id,
            direct=self._direct,
        )

    def _holds_all(self, permissions: frozenset[str]) -> bool:
        granted = self._author.permissions
        return holds(granted, "administrator") or granted & bits_of(permissions) == bits_of(permissions)

    @property
    def _changes(self) -> Changes:
        return Changes(self._parts, self._here, self._author)
