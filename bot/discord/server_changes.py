"""Changes that an admin makes to a server: checked, noted with who made them, in force at once, and taken back."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.discord.events import Author
from bot.discord.server_parts import ServerParts
from bot.discord.winding_down import wind_down
from bot.errors import UserError
from bot.plugins import choices_table, jobs_table
from bot.plugins.choices_table import Change, Choice
from bot.plugins.permissions import holds
from bot.work.surface import Connection

NOT_YOURS = "Only people who may manage this server (Manage Server) can change this."


@dataclass(frozen=True, slots=True)
class Changes:
    """What one person changes on one server. Every method raises `UserError` for who may not manage it."""

    parts: ServerParts
    guild_id: int
    author: Author

    async def make(self, action: str, name: str, place: int, changed: Callable[[Choice], Choice]) -> int:
        """Change what stands for a cog in a place; gives the change's number."""
        self._check_admin()
        limits = self.parts.guilds.limits(self.guild_id)
        if action == "enable" and limits.cogs is not None and name not in limits.cogs:
            raise UserError(f"The owner of this bot does not offer “{name}” on this server.")
        async with self.parts.database.transaction() as conn:
            await choices_table.hold(conn, self.guild_id, name, to_change=True)
            before = await choices_table.locked(conn, self.guild_id, place, name)
            after = changed(before)
            number = await self._put(conn, place, name, action, before, after)
        await self.parts.life.change(self.guild_id, name)
        return number

    async def take_back(self, number: int, action: str) -> Change:
        """Make it as it was before a change. Raises `UserError` where it is gone, or others changed the same since."""
        self._check_admin()
        async with self.parts.database.transaction() as conn:
            found = await choices_table.changes(conn, self.guild_id, id_=number)
            if not found:
                raise UserError("I do not know that change any more.")
            change = found[0]
            await choices_table.hold(conn, self.guild_id, change.cog, to_change=True)
            now = await choices_table.locked(conn, self.guild_id, change.channel_id, change.cog)
            if now != change.after:
                raise UserError("Somebody has changed this again since; look at /cogs info first.")
            await self._put(conn, change.channel_id, change.cog, action, now, change.before, undoes=change.id)
        await self.parts.life.change(self.guild_id, change.cog)
        return change

    def _check_admin(self) -> None:
        if not holds(self.author.permissions, "manage_guild"):
            raise UserError(NOT_YOURS)

    async def _put(
        self,
        conn: Connection,
        place: int,
        name: str,
        action: str,
        before: Choice,
        after: Choice,
        undoes: int | None = None,
    ) -> int:
        await choices_table.put(conn, self.guild_id, place, name, after, self.author.id)
        await self._end_what_is_off(conn, name)
        return await choices_table.note(
            conn,
            self.guild_id,
            place,
            name,
            action=action,
            member_id=self.author.id,
            member_name=self.author.name,
            before=before,
            after=after,
            at=self.parts.clock.now(),
            undoes=undoes,
        )

    async def _end_what_is_off(self, conn: Connection, name: str) -> None:
        """In the transaction of the switch, so that nothing of a cog that is off goes on, nor comes back with it."""
        guilds = self.parts.guilds
        rules = guilds.rules_from(self.guild_id, await choices_table.of_guild(conn, self.guild_id))
        await wind_down(conn, self.guild_id, [name], rules, member_id=self.author.id)
        if not rules.on_anywhere(name):
            await jobs_table.drop(conn, self.guild_id, [name])
