"""All SQL on the table ``task_plan``: how leaders would split tasks, version by version."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bot.work.surface import Connection
from bot.work.tasks.plan import PARTS, Part


@dataclass(frozen=True, slots=True)
class Plan:
    """One version of a task's plan. ``made_by`` is who changed the one before; None: the leader made it."""

    task_id: UUID
    version: int
    wait_id: UUID
    parts: tuple[Part, ...]
    made_by: int | None
    state: Literal["proposed", "changed", "started", "over"]


@dataclass(frozen=True, slots=True)
class _Row:
    task_id: UUID
    version: int
    wait_id: UUID
    parts: list[dict[str, object]]
    made_by: int | None
    state: Literal["proposed", "changed", "started", "over"]

    @property
    def plan(self) -> Plan:
        parts = PARTS.validate_python(self.parts)
        return Plan(self.task_id, self.version, self.wait_id, parts, self.made_by, self.state)


_SELECT = "SELECT task_id, version, wait_id, parts, made_by, state FROM task_plan"


async def propose(conn: Connection, guild_id: int, plan: Plan) -> None:
    """Put up a version, in place of those before."""
    await conn.execute(
        "UPDATE task_plan SET state = 'changed' WHERE task_id = %s AND version < %s AND state = 'proposed'",
        (plan.task_id, plan.version),
    )
    await conn.execute(
        """
        INSERT INTO task_plan (task_id, version, guild_id, wait_id, parts, made_by) VALUES (%s, %s, %s, %s, %s, %s)
        ON CONFLICT DO NOTHING
        """,
        (
            plan.task_id, plan.version, guild_id, plan.wait_id,
            Jsonb(PARTS.dump_python(plan.parts, mode="json")), plan.made_by,
        ),
    )  # fmt: skip


async def of_wait(conn: Connection, guild_id: int, wait_id: UUID) -> Plan | None:
    """The version about which a run waits to hear."""
    return await _one(conn, f"{_SELECT} WHERE guild_id = %s AND wait_id = %s", guild_id, wait_id)


async def standing(conn: Connection, task_id: UUID) -> Plan | None:
    """The plan that was put up last, unless what came of it is over."""
    found = await _one(conn, f"{_SELECT} WHERE task_id = %s ORDER BY version DESC LIMIT 1", task_id)
    return None if found is None or found.state == "over" else found


async def latest(conn: Connection, task_id: UUID) -> int:
    """The number of the newest version; 0 where there is none."""
    cursor = await conn.execute("SELECT max(version) FROM task_plan WHERE task_id = %s", (task_id,))
    row = await cursor.fetchone()
    return 0 if row is None or row[0] is None else int(row[0])


async def start(conn: Connection, task_id: UUID, version: int) -> bool:
    """Note that a version is being carried out; False where it is not the one that stands."""
    cursor = await conn.execute(
        "UPDATE task_plan SET state = 'started' WHERE task_id = %s AND version = %s AND state = 'proposed'",
        (task_id, version),
    )
    return cursor.rowcount == 1


async def close(conn: Connection, task_id: UUID) -> None:
    """A task is over, and its plan with it: whoever has it next begins anew."""
    await conn.execute(
        "UPDATE task_plan SET state = 'over' WHERE task_id = %s AND state <> 'over'", (task_id,)
    )


async def _one(conn: Connection, query: str, *values: object) -> Plan | None:
    async with conn.cursor(row_factory=class_row(_Row)) as cursor:
        await cursor.execute(query.encode(), values)
        row = await cursor.fetchone()
    return None if row is None else row.plan
