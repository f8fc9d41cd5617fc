"""All SQL on the table ``waiting_circle``: circles that people were told of."""

from dataclasses import dataclass
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from bot.work.circles.link import Link
from bot.work.surface import Connection

_LINKS = TypeAdapter(tuple[Link, ...])


@dataclass(frozen=True, slots=True)
class CircleRow:
    """A circle as the database has it."""

    id: UUID
    key: str
    links: list[dict[str, object]]
    said_row: int | None

    @property
    def circle(self) -> tuple[Link, ...]:
        """What waits for what in it."""
        return _LINKS.validate_python(self.links)


_SELECT = "SELECT id, key, links, said_row FROM waiting_circle"


async def open_ones(conn: Connection, guild_id: int) -> list[CircleRow]:
    """The circles of a server that are not over."""
    async with conn.cursor(row_factory=class_row(CircleRow)) as cursor:
        await cursor.execute(f"{_SELECT} WHERE guild_id = %s AND over_at IS NULL", (guild_id,))
        return await cursor.fetchall()


async def get(conn: Connection, guild_id: int, circle_id: UUID) -> CircleRow | None:
    """One circle that is not over."""
    async with conn.cursor(row_factory=class_row(CircleRow)) as cursor:
        await cursor.execute(
            f"{_SELECT} WHERE guild_id = %s AND id = %s AND over_at IS NULL", (guild_id, circle_id)
        )
        return await cursor.fetchone()


async def found(conn: Connection, guild_id: int, circle_id: UUID, key: str, links: tuple[Link, ...]) -> bool:
    """Note a circle; False where it is known."""
    cursor = await conn.execute(
        """
        INSERT INTO waiting_circle (id, guild_id, key, links) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
        """,
        (circle_id, guild_id, key, Jsonb(_LINKS.dump_python(links, mode="json"))),
    )
    return cursor.rowcount == 1


async def said(conn: Connection, circle_id: UUID, row: int) -> None:
    """Note the outbox row of the message that tells it."""
    await conn.execute("UPDATE waiting_circle SET said_row = %s WHERE id = %s", (row, circle_id))


async def over(conn: Connection, circle_id: UUID) -> bool:
    """Note that it is over; False where that was noted before."""
    cursor = await conn.execute(
        "UPDATE waiting_circle SET over_at = now() WHERE id = %s AND over_at IS NULL", (circle_id,)
    )
    return cursor.rowcount == 1
