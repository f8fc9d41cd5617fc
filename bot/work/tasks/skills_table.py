"""SQL on who could do a task: people who took part in tasks lately, and roles that are called like what a task takes."""

from collections.abc import Collection

from bot.work.surface import Connection

DAYS, MOST = 60, 25


async def roles_called(conn: Connection, guild_id: int, names: Collection[str]) -> dict[int, str]:
    """The roles of a server that are called like one of ``names``, in any case."""
    cursor = await conn.execute(
        "SELECT role_id, lower(name) FROM mirror_role WHERE guild_id = %s AND lower(name) = ANY(%s)",
        (guild_id, sorted(names)),
    )
    return {int(role): str(name) for role, name in await cursor.fetchall()}


async def people(conn: Connection, guild_id: int) -> list[tuple[int, str]]:
    """Who took part in tasks of a server lately, with the name they had: the last first, and no more than a few."""
    cursor = await conn.execute(
        """
        SELECT by, (array_agg(by_name ORDER BY at DESC))[1] FROM task_event
        WHERE guild_id = %s AND by LIKE 'member:%%' AND at > now() - make_interval(days => %s)
        GROUP BY by ORDER BY max(at) DESC LIMIT %s
        """,
        (guild_id, DAYS, MOST),
    )
    return [(int(str(key).removeprefix("member:")), str(name)) for key, name in await cursor.fetchall()]
