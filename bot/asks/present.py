"""What somebody is on a server at this moment, asked of Discord: for whoever decides by work that goes on without them."""

from dataclasses import dataclass
from typing import Protocol

from bot.asks.policy import Voter
from bot.mirror import guild_table
from bot.plugins.permissions import holds
from bot.storage.database import Database


class Present(Protocol):
    """What somebody is on a server at this moment."""

    async def voter(self, guild_id: int, member_id: int) -> Voter | None:
        """Them as they are now, None where they are no member. Raises `OutsideError`."""
        ...


class Members(Protocol):
    """Who is a member of a server, with which roles; see `bot.agents.permit.Members`."""

    async def roles(self, guild_id: int, member_id: int) -> frozenset[int] | None:
        """Their roles, None where they are no member. Raises `OutsideError`."""
        ...


@dataclass(frozen=True, slots=True)
class PresentMembers:
    """Roles from Discord; what they allow from the mirror. Implements `Present`."""

    members: Members
    database: Database

    async def voter(self, guild_id: int, member_id: int) -> Voter | None:
        """As `Present.voter`; who has roles that are not known yet manages nothing."""
        roles = await self.members.roles(guild_id, member_id)
        if roles is None:
            return None
        async with self.database.connection() as conn:
            granted, owner = await guild_table.granted(conn, guild_id, roles)
        return Voter(member_id, roles, manages=owner == member_id or holds(granted, "manage_guild"))
