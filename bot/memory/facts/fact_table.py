"""All SQL on the table ``fact``. Every function is called within `in_guild`."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import sql
from psycopg.rows import class_row, dict_row

from bot.memory.facts.fact import Fact, FactState, NewFact, Standing
from bot.storage.storable import storable
from bot.work.surface import Connection

_COLUMNS = ", ".join(Fact.__dataclass_fields__)
_FACT = sql.SQL("SELECT {} FROM fact").format(
    sql.SQL(", ").join(
        # A message that was said a moment ago is known by its row of the outbox.
        sql.SQL(
            "coalesce(message_id, (SELECT said.message_id FROM outbox AS said WHERE said.id = said_row)) AS message_id"
        )
        if name == "message_id"
        else sql.Identifier(name)
        for name in Fact.__dataclass_fields__
    )
)
ESCAPED = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


async def lock_place(conn: Connection, channel_id: int) -> None:
    """Let nobody else change the facts of a channel or thread until the transaction ends."""
    await conn.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('facts ' || %s::text, 0))", (channel_id,)
    )


async def insert(conn: Connection, fact_id: UUID, guild_id: int, new: NewFact, at: datetime) -> Fact:
    """Add a fact under the next number of its guild. The caller has locked the place and seen that it is not there."""
    async with conn.cursor(row_factory=class_row(Fact)) as cursor:
        await cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('fact numbers ' || %s::text, 0))", (guild_id,)
        )
        await cursor.execute(
            sql.SQL(
                """
                INSERT INTO fact (id, guild_id, channel_id, number, text, stated_id, stated_name, noted_id, agent,
                                  source_id, noted_at, expires_at, replaces)
                VALUES (%(id)s, %(guild)s, %(channel)s,
                        (SELECT coalesce(max(number), 0) + 1 FROM fact WHERE guild_id = %(guild)s),
                        %(text)s, %(stated_id)s, %(stated_name)s, %(noted_id)s, %(agent)s, %(source)s, %(at)s,
                        %(expires)s, %(replaces)s)
                RETURNING {}
                """
            ).format(sql.SQL(_COLUMNS)),  # pyright: ignore[reportArgumentType] - as above
            {
                "id": fact_id, "guild": guild_id, "channel": new.channel_id, "text": storable(new.text),
                "stated_id": new.stated_id, "stated_name": storable(new.stated_name), "noted_id": new.noted_id,
                "agent": new.agent, "source": new.source_id, "at": at, "expires": new.expires_at,
                "replaces": new.replaces,
            },
        )  # fmt: skip
        found = await cursor.fetchone()
    assert found is not None  # noqa: S101 - an insert answers with its row
    return found


async def same(conn: Connection, channel_id: int, text: str) -> Fact | None:
    """The live fact of a place with these words, in whatever case."""
    return await _one(
        conn,
        sql.SQL(
            "channel_id = %s AND state = 'live' AND md5(lower(text)) = md5(lower(%s)) AND lower(text) = lower(%s)"
        ),
        (channel_id, text, text),
    )


async def find(
    conn: Connection, guild_id: int, *, fact_id: UUID | None = None, number: int | None = None
) -> Fact | None:
    """A fact by its id or number."""
    if fact_id is not None:
        return await _one(conn, sql.SQL("guild_id = %s AND id = %s"), (guild_id, fact_id))
    return await _one(conn, sql.SQL("guild_id = %s AND number = %s"), (guild_id, number))


async def live(
    conn: Connection, guild_id: int, channel_ids: Collection[int], words: str = "", limit: int = 1_000
) -> list[Fact]:
    """The live facts of some places whose words hold ``words``, the newest first."""
    like = f"%{words.translate(ESCAPED)}%"
    return await _many(
        conn,
        sql.SQL(
            "guild_id = %s AND channel_id = ANY(%s) AND state = 'live' AND (text ILIKE %s OR number::text = %s)"
            " ORDER BY noted_at DESC, number DESC LIMIT %s"
        ),
        (guild_id, list(channel_ids), like, words, limit),
    )


async def count_live(conn: Connection, channel_id: int) -> int:
    """How many live facts a place has."""
    cursor = await conn.execute(
        "SELECT count(*) FROM fact WHERE channel_id = %s AND state = 'live'", (channel_id,)
    )
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


async def of_messages(conn: Connection, guild_id: int, message_ids: Collection[int]) -> dict[int, Fact]:
    """The facts whose messages these are; one that was said a moment ago is known by its row of the outbox."""
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            sql.SQL(
                """
                SELECT {}, coalesce(fact.message_id, said.message_id) AS shown_in
                FROM fact LEFT JOIN outbox AS said ON said.id = fact.said_row
                WHERE fact.guild_id = %s AND coalesce(fact.message_id, said.message_id) = ANY(%s)
                """
            ).format(sql.SQL(", ").join(sql.Identifier("fact", one) for one in Fact.__dataclass_fields__)),
            (guild_id, list(message_ids)),
        )
        return {
            int(row["shown_in"]): _fact({**row, "message_id": row["shown_in"]})
            for row in await cursor.fetchall()
        }


async def standings(conn: Connection, channel_id: int) -> list[Standing]:
    """The facts of a place that hold or may be brought back, with how their rows of the outbox stand.

    The ids of messages that were said meanwhile are noted.
    """
    await conn.execute(
        """
        UPDATE fact SET message_id = said.message_id FROM outbox AS said
        WHERE said.id = fact.said_row AND fact.message_id IS NULL AND said.message_id IS NOT NULL AND fact.channel_id = %s
        """,
        (channel_id,),
    )
    async with conn.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(
            sql.SQL(
                """
                SELECT {}, said.state AS said, mark.state AS marked, mark.sent_at AS marked_at, edit.state AS edited
                FROM fact
                LEFT JOIN outbox AS said ON said.id = fact.said_row
                LEFT JOIN outbox AS mark ON mark.id = fact.pin_row
                LEFT JOIN outbox AS edit ON edit.id = fact.edit_row
                WHERE fact.channel_id = %s AND fact.state IN ('live', 'unpinned', 'evicted')
                """
            ).format(sql.SQL(", ").join(sql.Identifier("fact", one) for one in Fact.__dataclass_fields__)),
            (channel_id,),
        )
        return [
            Standing(_fact(row), row["said"], row["marked"], row["marked_at"], row["edited"])
            for row in await cursor.fetchall()
        ]


async def change(conn: Connection, fact: Fact, to: Mapping[str, Any]) -> None:
    """Set columns of a fact."""
    columns = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in to
    )
    query = sql.SQL("UPDATE fact SET {} WHERE id = {}").format(columns, sql.Placeholder("fact_id"))
    await conn.execute(query, {**to, "fact_id": fact.id})


async def end(conn: Connection, fact: Fact, state: FactState, at: datetime) -> None:
    """Let a fact hold no longer."""
    await change(conn, fact, {"state": state, "ended_at": at})


async def for_recall(conn: Connection, guild_id: int, limit: int) -> list[Fact]:
    """Facts of which recall knows an older version than holds, or that hold no more; pinned or not."""
    return await _many(
        conn,
        sql.SQL(
            "guild_id = %s AND ((state = 'live' AND message_id IS NOT NULL AND recalled <> version)"
            " OR (state NOT IN ('live', 'evicted') AND recalled <> 0)) ORDER BY number LIMIT %s"
        ),
        (guild_id, limit),
    )


async def forget_ended(conn: Connection, guild_id: int, before: datetime) -> int:
    """Delete facts that ended before a moment and of which recall knows nothing; how many that were.

    Those that gave way for want of room stay: whoever pins their message again brings them back.
    """
    cursor = await conn.execute(
        "DELETE FROM fact WHERE guild_id = %s AND ended_at < %s AND state <> 'evicted' AND recalled = 0",
        (guild_id, before),
    )
    return cursor.rowcount


async def database_time(conn: Connection) -> datetime:
    """What time the outbox goes by."""
    cursor = await conn.execute("SELECT clock_timestamp()")
    row = await cursor.fetchone()
    assert row is not None  # noqa: S101 - the statement always answers
    return row[0]


KEPT = timedelta(days=1)
"""How long a fact that ended can be brought back by command."""


async def _one(conn: Connection, where: sql.SQL, values: tuple[Any, ...]) -> Fact | None:
    return next(iter(await _many(conn, where, values)), None)


async def _many(conn: Connection, where: sql.SQL, values: tuple[Any, ...]) -> list[Fact]:
    async with conn.cursor(row_factory=class_row(Fact)) as cursor:
        await cursor.execute(_FACT + sql.SQL(" WHERE ") + where, values)
        return await cursor.fetchall()


def _fact(row: Mapping[str, Any]) -> Fact:
    return Fact(**{name: row[name] for name in Fact.__dataclass_fields__})
