"""The tables of what servers have chosen (``guild_cog``) and of who changed it (``admin_change``)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from bot.plugins.gate import Access
from bot.work.surface import Connection

CHANGED = "cogswarm_choices"
"""The channel on which processes are told the id of a server that has chosen something."""
SERVER = 0
"""Stands for the server itself where a channel's id could be."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a server, or one channel of it, has chosen about a cog; None leaves it to who stands above."""

    enabled: bool | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    access: tuple[Access, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        access = [{"kind": one.kind, "id": str(one.id), "allowed": one.allowed} for one in self.access]
        return {"enabled": self.enabled, "settings": dict(self.settings), "access": access}


@dataclass(frozen=True, slots=True)
class Change:
    """A change that an admin made."""

    id: int
    channel_id: int
    cog: str
    action: str
    member_id: int
    member_name: str
    before: Choice
    after: Choice
    at: datetime


NOTHING = Choice()


def choice_of(kept: Mapping[str, Any]) -> Choice:
    """A choice from how it is kept."""
    access = tuple(
        Access(one["kind"], int(one["id"]), bool(one["allowed"])) for one in kept.get("access") or ()
    )
    return Choice(kept.get("enabled"), dict(kept.get("settings") or {}), access)


async def of_guild(conn: Connection, guild_id: int) -> dict[tuple[int, str], Choice]:
    """Everything a server has chosen, by channel and cog."""
    cursor = await conn.execute(
        "SELECT channel_id, cog, enabled, settings, access FROM guild_cog WHERE guild_id = %s", (guild_id,)
    )
    return {
        (int(row[0]), str(row[1])): choice_of({"enabled": row[2], "settings": row[3], "access": row[4]})
        for row in await cursor.fetchall()
    }


async def versions(conn: Connection, guilds: Collection[int]) -> dict[int, int]:
    """A number for each server that has chosen something, which grows with every change."""
    cursor = await conn.execute(
        "SELECT guild_id, sum(version)::bigint FROM guild_cog WHERE guild_id = ANY(%s) GROUP BY guild_id",
        (list(guilds),),
    )
    return {int(row[0]): int(row[1]) for row in await cursor.fetchall()}


async def hold(conn: Connection, guild_id: int, cog: str, *, to_change: bool) -> None:
    """Until the transaction ends nobody changes whether a cog is on; ``to_change``: nor relies on it being so."""
    function = "pg_advisory_xact_lock" if to_change else "pg_advisory_xact_lock_shared"
    await conn.execute(
        sql.SQL("SELECT {}(hashtextextended(%s, 0))").format(sql.Identifier(function)),
        (f"cogswarm choice {guild_id} {cog}",),
    )


async def locked(conn: Connection, guild_id: int, channel_id: int, cog: str) -> Choice:
    """One choice, which nobody else changes before the transaction ends."""
    await conn.execute(
        """
        INSERT INTO guild_cog (guild_id, channel_id, cog) VALUES (%s, %s, %s)
        ON CONFLICT (guild_id, channel_id, cog) DO NOTHING
        """,
        (guild_id, channel_id, cog),
    )
    cursor = await conn.execute(
        """
        SELECT enabled, settings, access FROM guild_cog
        WHERE guild_id = %s AND channel_id = %s AND cog = %s FOR UPDATE
        """,
        (guild_id, channel_id, cog),
    )
    row = await cursor.fetchone()
    return NOTHING if row is None else choice_of({"enabled": row[0], "settings": row[1], "access": row[2]})


async def put(
    conn: Connection, guild_id: int, channel_id: int, cog: str, choice: Choice, member_id: int
) -> None:
    """Keep a choice that was `locked` before; every process is told when the transaction commits."""
    kept = choice.as_json()
    await conn.execute(
        """
        UPDATE guild_cog
        SET enabled = %s, settings = %s, access = %s, version = version + 1, changed_by = %s, changed_at = now()
        WHERE guild_id = %s AND channel_id = %s AND cog = %s
        """,
        (
            choice.enabled,
            Jsonb(kept["settings"]),
            Jsonb(kept["access"]),
            member_id,
            guild_id,
            channel_id,
            cog,
        ),
    )
    await conn.execute("SELECT pg_notify(%s, %s)", (CHANGED, str(guild_id)))


async def note(
    conn: Connection,
    guild_id: int,
    channel_id: int,
    cog: str,
    *,
    action: str,
    member_id: int,
    member_name: str,
    before: Choice,
    after: Choice,
    at: datetime,
    undoes: int | None = None,
) -> int:
    """Note who changed what; gives the change's number."""
    cursor = await conn.execute(
        """
        INSERT INTO admin_change
            (guild_id, channel_id, cog, action, member_id, member_name, before, after, changed_at, undoes)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
        """,
        (
            guild_id,
            channel_id,
            cog,
            action,
            member_id,
            member_name,
            Jsonb(before.as_json()),
            Jsonb(after.as_json()),
            at,
            undoes,
        ),
    )
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


async def changes(
    conn: Connection, guild_id: int, *, limit: int = 10, id_: int | None = None
) -> list[Change]:
    """The latest changes on a server, newest first; or the one with that number."""
    cursor = await conn.execute(
        """
        SELECT id, channel_id, cog, action, member_id, member_name, before, after, changed_at FROM admin_change
        WHERE guild_id = %s AND (%s::bigint IS NULL OR id = %s) ORDER BY id DESC LIMIT %s
        """,
        (guild_id, id_, id_, limit),
    )
    return [
        Change(
            id=int(row[0]),
            channel_id=int(row[1]),
            cog=str(row[2]),
            action=str(row[3]),
            member_id=int(row[4]),
            member_name=str(row[5]),
            before=choice_of(row[6]),
            after=choice_of(row[7]),
            at=row[8],
        )
        for row in await cursor.fetchall()
    ]
