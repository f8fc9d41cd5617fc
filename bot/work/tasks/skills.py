"""Who among the people of a server could do a task: their roles say it, as capabilities do of agents."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.asks.present import Present
from bot.storage.database import Database
from bot.work.tasks import skills_table


@dataclass(frozen=True, slots=True)
class Skilled:
    """A person with a role that is called like something that is wanted; ``skills`` are all of those they have."""

    id: int
    name: str
    skills: frozenset[str]


async def skilled(
    database: Database, present: Present | None, guild_id: int, wanted: Collection[str]
) -> list[Skilled]:
    """People who took part in tasks here lately and have roles called like what is ``wanted``, as Discord says now.

    A list of all members would need an intent that most bots are not given. Raises `OutsideError`.
    """
    async with database.connection() as conn:
        roles = await skills_table.roles_called(conn, guild_id, wanted)
        people = await skills_table.people(conn, guild_id) if roles and present is not None else []
    found: list[Skilled] = []
    for member_id, name in people:
        now = None if present is None else await present.voter(guild_id, member_id)
        skills = (
            frozenset(roles[role] for role in now.roles if role in roles)
            if now is not None
            else frozenset[str]()
        )
        if skills:
            found.append(Skilled(member_id, name, skills))
    return found
