"""SQL on the tables ``outbox`` and ``outbox_lease``: adding rows, and what becomes of each; see also `outbox_queue`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from bot.discord.limits import Urgency
from bot.errors import ChannelElsewhere
from bot.storage.storable import storable
from bot.work.surface import Connection, Delivered, File

WAKE = "outbox"
"""The notification that says something is to be delivered."""
PERMISSIONS = "permissions"
"""What the notification carries where the bot may do more, or less, than before."""
CHANNEL_ELSEWHERE = "That channel belongs to another server; choose one of this server."
_HEX_DIGITS = 32


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """Something that must reach Discord once, in its channel's order."""

    id: int
    key: str
    kind: str
    channel_id: int
    target_id: int | None
    identity: dict[str, Any] | None
    payload: dict[str, Any]
    run_id: UUID | None
    state: str
    partition: int
    after_id: int | None
    attempts: int
    created_at: datetime
    urgency: int = Urgency.RESULT
    guild_id: int | None = None
    lane: int = 0
    target_via: int | None = None
    """The webhook that said the target."""
    cog: str | None = None
    """Which cog it is of, where its key says so."""

    @property
    def place(self) -> tuple[int, int]:
        """Within what order is kept: the channel and its lane."""
        return self.channel_id, self.lane

    @property
    def group(self) -> int:
        """Among whom turns go round."""
        return self.guild_id or self.channel_id


@dataclass(frozen=True, slots=True)
class NewRow:
    """What is to be delivered; a channel or the row that opens it, a target or the row that posts it.

    ``key`` begins with the id of the run, or the name of the cog, that it is of, and a colon.
    """

    key: str
    kind: str
    payload: dict[str, Any]
    channel_id: int | None = None
    channel_from: int | None = None
    target_id: int | None = None
    target_from: int | None = None
    identity: dict[str, Any] | None = None
    run_id: UUID | None = None
    after_row: int | None = None
    """A row, of whichever channel, that has to be delivered (or given up) before this one."""
    urgency: Urgency = Urgency.RESULT
    subject: str | None = None
    """What this row sets; an earlier row that sets the same and that nobody has seen is dropped."""
    files: tuple[File, ...] = ()


async def add(conn: Connection, new: NewRow) -> int:
    """Add a row and wake the deliverer; the same key again changes nothing and answers the first row.

    Raises `ChannelElsewhere` where the transaction is about a server to which the channel does not belong.
    """
    cursor = await conn.execute(
        """
        -- Locked, so that the delivery which opens the thread either sees this row or is seen by it.
        WITH opened AS (SELECT message_id, guild_id, state FROM outbox WHERE id = %(channel_from)s FOR SHARE),
        place AS (SELECT coalesce(%(channel_id)s, (SELECT message_id FROM opened)) AS channel_id),
        home AS (SELECT guild_of_channel(place.channel_id) AS guild_id FROM place),
        added AS (
            INSERT INTO outbox (key, kind, payload, channel_id, channel_from, target_id, target_from,
                                identity, run_id, after_row, urgency, subject, state, guild_id)
            SELECT %(key)s, %(kind)s, %(payload)s, place.channel_id, %(channel_from)s,
                   %(target_id)s, %(target_from)s, %(identity)s, %(run_id)s, %(after_row)s, %(urgency)s, %(subject)s,
                   -- What was to be said in a place that could not be opened is said nowhere.
                   CASE WHEN (SELECT state = 'failed' AND message_id IS NULL FROM opened) THEN 'failed'
                        ELSE 'pending' END,
                   coalesce((SELECT guild_id FROM run WHERE id = %(run_of_key)s),
                            (SELECT guild_id FROM opened),
                            home.guild_id)
            FROM place, home
            WHERE home.guild_id IS NULL OR no_guild_in_scope() OR home.guild_id = guild_in_scope()
            ON CONFLICT (key) DO NOTHING RETURNING id
        )
        SELECT id, true FROM added UNION ALL SELECT id, false FROM outbox WHERE key = %(key)s LIMIT 1
        """,
        {
            "key": new.key, "kind": new.kind, "payload": Jsonb(storable(new.payload)), "channel_id": new.channel_id,
            "channel_from": new.channel_from, "target_id": new.target_id, "target_from": new.target_from,
            "identity": None if new.identity is None else Jsonb(new.identity), "run_id": new.run_id,
            "after_row": new.after_row, "urgency": int(new.urgency), "subject": new.subject,
            "run_of_key": new.run_id or _run_of(new.key),
        },
    )  # fmt: skip
    row = await cursor.fetchone()
    if row is None:
        # Somebody else saved it while the statement ran: only a new statement sees that.
        cursor = await conn.execute("SELECT id, false FROM outbox WHERE key = %s", (new.key,))
        row = await cursor.fetchone()
    if row is None:
        # The row was not added, or stands there as another server's, which is not to be seen from here.
        raise ChannelElsewhere(CHANNEL_ELSEWHERE)
    number, added = int(row[0]), bool(row[1])
    if added:
        await _add_files(conn, number, new.files)
        await _supersede(conn, number, new.subject)
    await conn.execute("SELECT pg_notify(%s, '')", (WAKE,))
    return number


async def is_known(conn: Connection, key: str) -> bool:
    """Whether there is a row of this key."""
    cursor = await conn.execute("SELECT 1 FROM outbox WHERE key = %s", (key,))
    return await cursor.fetchone() is not None


async def _add_files(conn: Connection, row: int, files: Sequence[File]) -> None:
    for position, file in enumerate(files):
        await conn.execute(
            "INSERT INTO outbox_file (row_id, position, name, alt, content) VALUES (%s, %s, %s, %s, %s)",
            (row, position, file.name, file.alt, file.content),
        )


async def files_of(conn: Connection, row: int) -> list[File]:
    """The files that go with a row, in their order."""
    cursor = await conn.execute(
        "SELECT name, content, alt FROM outbox_file WHERE row_id = %s ORDER BY position", (row,)
    )
    return [File(str(name), bytes(content), str(alt)) for name, content, alt in await cursor.fetchall()]


async def _supersede(conn: Connection, row: int, subject: str | None) -> None:
    """Drop earlier rows of the same subject that nobody has seen, because this one follows."""
    if subject is None:
        return
    await conn.execute(
        """
        UPDATE outbox AS old SET state = 'superseded' FROM outbox AS new
        WHERE new.id = %s AND old.id < new.id AND old.subject = %s AND old.state = 'pending'
          AND old.channel_id IS NOT DISTINCT FROM new.channel_id
          AND old.channel_from IS NOT DISTINCT FROM new.channel_from
        """,
        (row, subject),
    )


def _run_of(key: str) -> UUID | None:
    """The run that a key begins with."""
    try:
        return UUID(key[:36]) if key[36:37] == ":" and len(key[:36].replace("-", "")) == _HEX_DIGITS else None
    except ValueError:
        return None


async def place_of(conn: Connection, row: int) -> tuple[int | None, int | None]:
    """Where the message of a row is: its channel, or the row that will open it."""
    cursor = await conn.execute(
        "SELECT channel_id, channel_from, kind, message_id FROM outbox WHERE id = %s", (row,)
    )
    found = await cursor.fetchone()
    if found is None:
        return None, None
    # A post of a forum is opened by its own first message.
    return (found[3], row) if found[2] == "forum_post" else (found[0], found[1])


async def delivered(conn: Connection, row: int) -> Delivered:
    """What became of a row."""
    cursor = await conn.execute(
        "SELECT state, channel_id, message_id, error FROM outbox WHERE id = %s", (row,)
    )
    found = await cursor.fetchone()
    if found is None or found[0] == "failed":
        return Delivered("refused", why=(found and found[3]) or "")
    if found[1] is None or found[2] is None:
        return Delivered("waits")
    return Delivered("there", found[1], found[2])


async def last_said(conn: Connection, channel_id: int | None, opened_by: int | None) -> int | None:
    """The last row that says something in a channel, or in the thread that a row opens."""
    cursor = await conn.execute(
        """
        SELECT max(id) FROM outbox WHERE (channel_id = %(channel_id)s OR channel_from = %(opened_by)s)
        AND lane = 0 AND state IN ('pending', 'sending')
        """,
        {"channel_id": channel_id, "opened_by": opened_by},
    )
    row = await cursor.fetchone()
    return None if row is None else row[0]


async def take_leases(conn: Connection, owner: UUID, seconds: float) -> dict[int, int]:
    """Take or renew every partition that is free or ours: the fence of each partition held."""
    cursor = await conn.execute(
        """
        WITH free AS (
            SELECT partition FROM outbox_lease WHERE until < now() OR owner = %(owner)s FOR UPDATE SKIP LOCKED
        )
        UPDATE outbox_lease AS lease SET
            fence = lease.fence + (lease.owner IS DISTINCT FROM %(owner)s)::int,
            owner = %(owner)s, until = now() + make_interval(secs => %(seconds)s)
        FROM free WHERE free.partition = lease.partition
        RETURNING lease.partition, lease.fence
        """,
        {"owner": owner, "seconds": seconds},
    )
    return {int(row[0]): int(row[1]) for row in await cursor.fetchall()}


async def drop_leases(conn: Connection, owner: UUID) -> None:
    """Give back every partition, so that another process need not wait for the leases to end."""
    await conn.execute("UPDATE outbox_lease SET until = '-infinity' WHERE owner = %s", (owner,))


@dataclass(frozen=True, slots=True)
class Begun:
    """Whether a row may be sent now: under the lease, and nothing newer has taken its place; after which message."""

    leased: bool
    after_id: int | None


async def begin(
    conn: Connection, row: OutboxRow, *, owner: UUID, fence: int, floor: int, margin: float
) -> Begun:
    """Mark a row as being sent, under the lease.

    ``floor`` is the id after which its message would stand where nothing is known to stand in the channel. A lease that
    ends in less than ``margin`` seconds is none: a request might outlive it.
    """
    cursor = await conn.execute(
        """
        WITH lease AS (
            SELECT 1 FROM outbox_lease WHERE partition = %(partition)s AND owner = %(owner)s
            AND fence = %(fence)s AND until > now() + make_interval(secs => %(margin)s) FOR SHARE
        ),
        marked AS (
            UPDATE outbox SET state = 'sending', attempts = attempts + 1,
                after_id = coalesce(after_id,
                    (SELECT max(said.message_id) FROM outbox AS said WHERE said.channel_id = outbox.channel_id
                     AND said.kind = outbox.kind AND said.message_id IS NOT NULL), %(floor)s)
            WHERE id = %(id)s AND state IN ('pending', 'sending') AND EXISTS (SELECT FROM lease)
            RETURNING after_id
        )
        SELECT EXISTS (SELECT FROM lease), (SELECT after_id FROM marked)
        """,
        {"id": row.id, "floor": floor, "partition": row.partition, "owner": owner, "fence": fence,
         "margin": margin},
    )  # fmt: skip
    found = await cursor.fetchone()
    assert found is not None  # noqa: S101 - the statement always answers
    return Begun(bool(found[0]), None if found[1] is None else int(found[1]))


@dataclass(frozen=True, slots=True)
class Made:
    """What a delivery has made: a message's or thread's id, and the webhook that said it."""

    id: int | None = None
    via: int | None = None


async def sent(conn: Connection, row: OutboxRow, made: Made) -> None:
    """Record the delivery."""
    await conn.execute(
        "UPDATE outbox SET state = 'sent', message_id = %s, via = %s, sent_at = now(), error = NULL WHERE id = %s",
        (made.id, made.via, row.id),
    )
    if row.kind != "follow_up":
        await conn.execute("DELETE FROM outbox_file WHERE row_id = %s", (row.id,))


async def opened(conn: Connection, row: OutboxRow, channel_id: int) -> None:
    """Let what waited for the thread of ``row`` go to ``channel_id``."""
    await conn.execute("UPDATE outbox SET message_id = %s WHERE id = %s", (channel_id, row.id))
    await conn.execute(
        "UPDATE outbox SET channel_id = %s WHERE channel_from = %s AND channel_id IS NULL",
        (channel_id, row.id),
    )


async def known_messages(conn: Connection, row: OutboxRow, ids: list[int]) -> set[int]:
    """Which of ``ids`` the outbox has recorded as what rows of the same kind made."""
    cursor = await conn.execute(
        "SELECT message_id FROM outbox WHERE channel_id = %s AND message_id = ANY(%s) AND kind = %s",
        (row.channel_id, ids, row.kind),
    )
    return {int(row[0]) for row in await cursor.fetchall()}


async def may_be_on_its_way(
    conn: Connection, places: Collection[int], kinds: Collection[str], message_id: int
) -> bool:
    """Whether a message may be what a row of ``kinds`` is just making in one of ``places``.

    No row is known to have made it, and it is newer than what stood there before such a row was sent.
    """
    cursor = await conn.execute(
        """
        SELECT EXISTS (
            SELECT FROM outbox WHERE channel_id = ANY(%(places)s) AND state = 'sending'
            AND kind = ANY(%(kinds)s) AND message_id IS NULL AND after_id < %(message)s
        ) AND NOT EXISTS (
            SELECT FROM outbox WHERE channel_id = ANY(%(places)s) AND kind = ANY(%(kinds)s)
            AND message_id = %(message)s
        )
        """,
        {"places": list(places), "kinds": list(kinds), "message": message_id},
    )
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def later(conn: Connection, row: OutboxRow, seconds: float, error: str, *, unsent: bool) -> None:
    """Try again after a while; ``unsent`` says that the request certainly had no effect."""
    await conn.execute(
        """
        UPDATE outbox SET due_at = now() + make_interval(secs => %s), error = %s,
                          state = CASE WHEN %s THEN 'pending' ELSE state END
        WHERE id = %s
        """,
        (seconds, error, unsent, row.id),
    )


async def fail(conn: Connection, row: OutboxRow, error: str) -> None:
    """Give up on a row, on edits and marks that were for its message, and on what was to be said in its place."""
    await conn.execute(
        """
        UPDATE outbox SET state = 'failed', error = %(error)s
        WHERE id = %(id)s OR (state = 'pending' AND (
            (target_from = %(id)s AND kind <> 'thread') OR (channel_from = %(id)s AND channel_id IS NULL)))
        """,
        {"error": error, "id": row.id},
    )
