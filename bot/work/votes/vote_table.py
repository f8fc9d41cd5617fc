"""All SQL on the table ``vote``."""

from collections.abc import Collection
from datetime import datetime
from typing import LiteralString

from psycopg.types.json import Jsonb

from bot.work.numbered import Numbered
from bot.work.surface import Connection
from bot.work.votes.vote import RULES, NewVote, Vote

_COLUMNS: LiteralString = """
id, guild_id, number, channel_id, thread_id, asked_by, asked_name, question, rules, state, options, wake, created_at, opened_at,
closes_at, closed_at, reason, outcome, ballots_hash, record, supersedes, superseded_by, said_row, shown, edits, poll_id
"""
_VOTES = Numbered(Vote, "vote", _COLUMNS, frozenset({"options", "outcome", "record", "rules"}))
get, locked, shared, of_number = _VOTES.get, _VOTES.locked, _VOTES.shared, _VOTES.of_number
change = _VOTES.change


async def insert(conn: Connection, guild_id: int, new: NewVote) -> None:
    """Make a vote; the same again changes nothing."""
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('vote', %s))", (guild_id,))
    await conn.execute(
        """
        INSERT INTO vote (id, guild_id, number, channel_id, asked_by, asked_name, question, rules, supersedes)
        SELECT %(id)s, %(guild)s, coalesce((SELECT max(number) FROM vote WHERE guild_id = %(guild)s), 0) + 1,
               %(channel)s, %(by)s, %(name)s, %(question)s, %(rules)s,
               (SELECT id FROM vote WHERE id = %(supersedes)s AND guild_id = %(guild)s)
        ON CONFLICT (id) DO NOTHING
        """,
        {
            "id": new.id, "guild": guild_id, "channel": new.channel_id, "by": int(new.asked_by.id),
            "name": new.asked_by.name, "question": new.question, "supersedes": new.supersedes,
            "rules": Jsonb(RULES.dump_python(new.rules, mode="json")),
        },
    )  # fmt: skip


async def of_thread(conn: Connection, guild_id: int, thread_id: int) -> list[Vote]:
    """The votes that are held in a thread and not over."""
    return await _VOTES.all(
        conn, "WHERE guild_id = %s AND thread_id = %s AND state NOT IN ('closed', 'cancelled')", guild_id, thread_id
    )  # fmt: skip


async def decided_in(conn: Connection, guild_id: int, thread_id: int) -> list[Vote]:
    """The votes that were closed in a thread."""
    return await _VOTES.all(
        conn, "WHERE guild_id = %s AND thread_id = %s AND state = 'closed'", guild_id, thread_id
    )  # fmt: skip


async def of_message(conn: Connection, guild_id: int, channel_id: int, message_id: int) -> Vote | None:
    """The vote that is held under a message of a channel or thread, or in the poll that it is."""
    return await _VOTES.one(
        conn,
        """
        WHERE guild_id = %s AND (
            said_row = (SELECT id FROM outbox WHERE channel_id = %s AND kind = 'post' AND message_id = %s LIMIT 1)
            OR (poll_id = %s AND thread_id = %s))
        """,
        guild_id,
        channel_id,
        message_id,
        message_id,
        channel_id,
    )


async def listed(
    conn: Connection, guild_id: int, words: str, readable: Collection[int], asker: int, limit: int
) -> list[Vote]:
    """Votes in places that somebody can read, and their own, those that go on first, then the newest."""
    return await _VOTES.all(
        conn,
        """
        WHERE guild_id = %s AND (channel_id = ANY(%s) OR asked_by = %s)
          AND (strpos(lower(question), lower(%s)) > 0 OR starts_with(number::text, ltrim(%s, '#')))
        ORDER BY state IN ('closed', 'cancelled'), number DESC LIMIT %s
        """,
        guild_id, list(readable), asker, words, words, limit,
    )  # fmt: skip


async def found(
    conn: Connection, guild_id: int, text: str, readable: Collection[int], asker: int, limit: int
) -> list[Vote]:
    """Votes about what ``text`` says, the best first, in places that somebody can read, and their own."""
    return await _VOTES.all(
        conn,
        """
        WHERE guild_id = %s AND (channel_id = ANY(%s) OR asked_by = %s) AND words @@ memory_query(%s)
        ORDER BY ts_rank('{0.1, 0.2, 0.4, 1.0}', words, memory_query(%s), 1) DESC, number DESC LIMIT %s
        """,
        guild_id, list(readable), asker, text, text, limit,
    )  # fmt: skip


async def now(conn: Connection) -> datetime:
    """The time that votes go by."""
    row = await (await conn.execute("SELECT vote_now()")).fetchone()
    assert row is not None  # noqa: S101 - a function answers
    return row[0]
