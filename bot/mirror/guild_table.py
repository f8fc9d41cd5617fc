"""SQL on the tables ``mirror_guild`` and ``mirror_role``, and the one query that reads a guild whole."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bot.mirror.channel_table import channel_of
from bot.mirror.picture import Guild, Picture, Role
from bot.storage.database import Connection


@dataclass(frozen=True, slots=True)
class Read:
    """What was read: ``doubt`` is why it cannot be relied upon; ``picture`` None: the version is the known one."""

    version: int
    doubt: str | None
    picture: Picture | None


async def read(conn: Connection, guild_id: int, *, known: int | None, silence: float) -> Read | None:
    """A guild with its roles and channels, all at one version; None where nothing is known of it.

    ``known`` is a version that need not be read again. A line that was ``silence`` seconds silent casts doubt.
    """
    cursor = await conn.execute(
        """
        SELECT guild.name, guild.owner_id, guild.version, line.me,
               CASE WHEN guild.trouble IS NOT NULL THEN guild.trouble
                    WHEN guild.epoch IS DISTINCT FROM line.epoch OR line.epoch IS NULL THEN 'missed'
                    WHEN line.heard_at < now() - make_interval(secs => %(silence)s) THEN 'silent' END,
               guild.version IS DISTINCT FROM %(known)s,
               CASE WHEN guild.version IS DISTINCT FROM %(known)s THEN (
                   SELECT jsonb_agg(jsonb_build_array(role_id, name, permissions, position, bot_id))
                   FROM mirror_role WHERE guild_id = guild.guild_id) END,
               CASE WHEN guild.version IS DISTINCT FROM %(known)s THEN (
                   SELECT jsonb_agg(jsonb_build_array(channel_id, guild_id, parent_id, kind, name, nsfw, archived,
                                                      overwrites))
                   FROM mirror_channel WHERE guild_id = guild.guild_id AND kind NOT IN (10, 11, 12)) END
        FROM mirror_guild AS guild CROSS JOIN mirror_line AS line WHERE guild.guild_id = %(guild_id)s
        """,
        {"guild_id": guild_id, "known": known, "silence": silence},
    )
    row = await cursor.fetchone()
    if row is None:
        return None
    name, owner_id, version, me, doubt, is_news, roles, channels = row
    if not is_news:
        return Read(version, doubt, None)
    guild = Guild(guild_id, name, owner_id)
    return Read(version, doubt, Picture(guild, version, me, _roles(roles), _channels(channels)))


async def digests(conn: Connection, guild_ids: Collection[int]) -> Mapping[int, bytes | None]:
    """The digest of each guild that is known."""
    cursor = await conn.execute(
        "SELECT guild_id, digest FROM mirror_guild WHERE guild_id = ANY(%s) ORDER BY guild_id FOR UPDATE",
        (sorted(guild_ids),),
    )
    return {int(row[0]): row[1] for row in await cursor.fetchall()}


async def sound(conn: Connection, guild_ids: Collection[int], epoch: UUID) -> None:
    """These guilds are as they stand here."""
    await conn.execute(
        "UPDATE mirror_guild SET epoch = %s, trouble = NULL WHERE guild_id = ANY(%s)",
        (epoch, sorted(guild_ids)),
    )


async def put(conn: Connection, guilds: Sequence[Guild]) -> set[int]:
    """Add or change guilds; gives those that are different now."""
    cursor = await conn.execute(
        """
        INSERT INTO mirror_guild AS old (guild_id, name, owner_id)
        SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[])
        ON CONFLICT (guild_id) DO UPDATE SET name = excluded.name, owner_id = excluded.owner_id
            WHERE (old.name, old.owner_id) IS DISTINCT FROM (excluded.name, excluded.owner_id)
        RETURNING guild_id
        """,
        ([one.id for one in guilds], [one.name for one in guilds], [one.owner_id for one in guilds]),
    )
    return {int(row[0]) for row in await cursor.fetchall()}


async def changed(conn: Connection, guild_ids: Collection[int]) -> None:
    """Something of these guilds is different now: they have a new version, and are as no account said."""
    await conn.execute(
        "UPDATE mirror_guild SET version = version + 1, digest = NULL WHERE guild_id = ANY(%s)",
        (sorted(guild_ids),),
    )


async def note_digests(conn: Connection, noted: Mapping[int, bytes]) -> None:
    """These guilds are just as their full account said."""
    await conn.execute(
        """
        UPDATE mirror_guild AS guild SET digest = noted.digest
        FROM unnest(%s::bigint[], %s::bytea[]) AS noted (guild_id, digest) WHERE guild.guild_id = noted.guild_id
        """,
        (list(noted.keys()), list(noted.values())),
    )


async def doubt(conn: Connection, guild_id: int, trouble: str) -> None:
    """A guild cannot be relied upon until its next full account."""
    await conn.execute("UPDATE mirror_guild SET trouble = %s WHERE guild_id = %s", (trouble, guild_id))


async def known(conn: Connection) -> set[int]:
    """All guilds of which something is known."""
    cursor = await conn.execute("SELECT guild_id FROM mirror_guild")
    return {int(row[0]) for row in await cursor.fetchall()}


async def drop(conn: Connection, guild_ids: Collection[int]) -> None:
    """Forget guilds with all that belongs to them."""
    gone = sorted(guild_ids)
    await conn.execute("DELETE FROM mirror_channel WHERE guild_id = ANY(%s)", (gone,))
    await conn.execute("DELETE FROM mirror_role WHERE guild_id = ANY(%s)", (gone,))
    await conn.execute("DELETE FROM mirror_guild WHERE guild_id = ANY(%s)", (gone,))


async def put_roles(conn: Connection, roles: Sequence[tuple[int, Role]]) -> set[int]:
    """Add or change roles, each with its guild; gives the guilds that are different now."""
    cursor = await conn.execute(
        """
        INSERT INTO mirror_role AS old (guild_id, role_id, name, permissions, position, bot_id)
        SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::integer[], %s::bigint[])
        ON CONFLICT (guild_id, role_id) DO UPDATE SET
            name = excluded.name, permissions = excluded.permissions, position = excluded.position,
            bot_id = excluded.bot_id
            WHERE (old.name, old.permissions, old.position, old.bot_id) IS DISTINCT FROM
                  (excluded.name, excluded.permissions, excluded.position, excluded.bot_id)
        RETURNING guild_id
        """,
        (
            [guild_id for guild_id, _ in roles],
            [role.id for _, role in roles],
            [role.name for _, role in roles],
            [role.permissions for _, role in roles],
            [role.position for _, role in roles],
            [role.bot_id for _, role in roles],
        ),
    )
    return {int(row[0]) for row in await cursor.fetchall()}


async def keep_roles(conn: Connection, guild_ids: Collection[int], role_ids: Collection[int]) -> set[int]:
    """Forget the roles of these guilds that are not named; gives the guilds that are different now."""
    cursor = await conn.execute(
        "DELETE FROM mirror_role WHERE guild_id = ANY(%s) AND role_id <> ALL(%s) RETURNING guild_id",
        (sorted(guild_ids), sorted(role_ids)),
    )
    return {int(row[0]) for row in await cursor.fetchall()}


async def granted(conn: Connection, guild_id: int, role_ids: Collection[int]) -> tuple[int, int | None]:
    """What roles (with everybody's) allow in a guild, as Discord's bits, and who owns it; nothing where it is not known."""
    cursor = await conn.execute(
        """
        SELECT coalesce(bit_or(permissions), 0), (SELECT owner_id FROM mirror_guild WHERE guild_id = %s)
        FROM mirror_role WHERE guild_id = %s AND role_id = ANY(%s)
        """,
        (guild_id, guild_id, [*role_ids, guild_id]),
    )
    row = await cursor.fetchone()
    return (0, None) if row is None else (row[0], row[1])


async def drop_role(conn: Connection, guild_id: int, role_id: int) -> set[int]:
    """Forget a role, also in what channels allow; gives the guild where it is different now."""
    cursor = await conn.execute(
        """
        WITH gone AS (
            DELETE FROM mirror_role WHERE guild_id = %(guild_id)s AND role_id = %(role_id)s RETURNING guild_id
        ), freed AS (
            UPDATE mirror_channel AS channel SET overwrites = (
                SELECT coalesce(jsonb_agg(each.value ORDER BY each.place), '[]')
                FROM jsonb_array_elements(channel.overwrites) WITH ORDINALITY AS each (value, place)
                WHERE each.value -> 0 <> to_jsonb(%(role_id)s::bigint))
            WHERE guild_id = %(guild_id)s AND overwrites @> jsonb_build_array(jsonb_build_array(%(role_id)s::bigint))
            RETURNING guild_id
        )
        SELECT guild_id FROM gone UNION SELECT guild_id FROM freed
        """,
        {"guild_id": guild_id, "role_id": role_id},
    )
    return {int(row[0]) for row in await cursor.fetchall()}


def _roles(rows: Sequence[Sequence[Any]] | None) -> dict[int, Role]:
    return {row[0]: Role(*row) for row in rows or ()}


def _channels(rows: Sequence[Sequence[Any]] | None) -> dict[int, Any]:
    return {row[0]: channel_of(row) for row in rows or ()}
