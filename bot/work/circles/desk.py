"""The circles of waiting on a server: found by looking, told once, and broken by those concerned."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from bot.errors import UserError
from bot.storage.database import Database
from bot.work import runs_table
from bot.work.circles import circle_table, waits_table
from bot.work.circles.circle_table import CircleRow
from bot.work.circles.graph import circles
from bot.work.circles.link import Link, Thing
from bot.work.circles.waits_table import Waiting
from bot.work.services import Ring
from bot.work.surface import Connection, Place, Say, Surface
from bot.work.tasks import moving, need_table, resource_table, task_table
from bot.work.tasks.moving import Wish
from bot.work.tasks.task import Worker

type Node = tuple[str, UUID]
type Told = Callable[[UUID, Sequence[Link]], Say]
"""How a circle is told, given its id."""

OVER = "That circle is broken already."
NOT_YOURS = (
    "Only those whose work goes round in this circle, and people who may manage this server, can break it."
)


@dataclass(frozen=True, slots=True)
class CircleParts:
    """What looking after circles needs."""

    database: Database
    surface: Surface
    ring: Ring
    new_id: Callable[[], UUID]


class Circles:
    """The circles of one server."""

    def __init__(self, parts: CircleParts, guild_id: int, cog: str) -> None:
        self._parts = parts
        self._guild_id = guild_id
        self._cog = cog

    async def look(
        self, told: Told, over: str, *, busy: Mapping[UUID, Collection[UUID]] | None = None
    ) -> int:
        """Tell circles that are new, and of those that are gone that they are; how many stand.

        ``busy`` says which tasks have to be let go of, any one of them, before a task can be given to an agent. What is
        found twice, a moment apart, is a circle: one look could see two moments at once.
        """
        async with self._parts.database.connection() as conn:
            known = {one.key: one for one in await circle_table.open_ones(conn, self._guild_id)}
            standing = await self._found(conn, busy or {})
            if standing:
                again = await self._found(conn, busy or {})
                standing = {key: links for key, links in standing.items() if key in again}
        for key, links in standing.items():
            if key not in known:
                await self._tell(key, links, told)
        for key, row in known.items():
            if key not in standing:
                await self._end(row, told, over)
        return len(standing)

    async def open_ones(self) -> list[tuple[UUID, tuple[Link, ...]]]:
        """The circles that people were told of and that are not over."""
        async with self._parts.database.connection() as conn:
            return [(row.id, row.circle) for row in await circle_table.open_ones(conn, self._guild_id)]

    async def break_(self, circle_id: UUID, number: int, by: Worker) -> Link:
        """Break one link of a circle. Raises `UserError` where it is over, or this person is not concerned."""
        async with self._parts.database.connection() as conn:
            row = await circle_table.get(conn, self._guild_id, circle_id)
        if row is None or not 0 <= number < len(row.circle):
            raise UserError(OVER)
        link = row.circle[number]
        concerned = {str(one.thing.member) for one in row.circle}
        if not by.manages and by.id not in concerned:
            raise UserError(NOT_YOURS)
        async with self._parts.database.transaction() as conn:
            await self._broken(conn, link, by)
        return link

    async def _broken(self, conn: Connection, link: Link, by: Worker) -> None:
        match link.breaks:
            case "need":
                await need_table.in_turn(conn, self._guild_id)
                task = await task_table.locked(conn, self._guild_id, link.thing.id)
                if task is not None:
                    await need_table.drop(conn, task.id, link.awaited.id)
                    await moving.free(conn, self._guild_id, task.id, link.awaited.label)
            case "use":
                owner = await task_table.locked(conn, self._guild_id, link.awaited.id)
                if owner is not None:
                    await resource_table.let_go(conn, owner.id, link.what)
            case "release":
                owner = await task_table.locked(conn, self._guild_id, link.awaited.id)
                if owner is not None and owner.is_held:
                    await moving.make(
                        conn, self._guild_id, owner.id, Wish("release", replace(by, manages=True))
                    )
            case "run":
                if await runs_table.ask_to_stop(conn, link.thing.id, int(by.id)) in runs_table.UNDER_WAY:
                    await self._parts.ring(conn, link.thing.id)
            case None:
                raise UserError(OVER)

    async def _found(
        self, conn: Connection, busy: Mapping[UUID, Collection[UUID]]
    ) -> dict[str, tuple[Link, ...]]:
        waiting = await waits_table.of_guild(conn, self._guild_id)
        groups: dict[Node, dict[str, list[Node]]] = defaultdict(lambda: defaultdict(list))
        edges: dict[tuple[Node, Node], Waiting] = {}
        for one in waiting:
            here, there = (one.kind, one.waiter), (one.on, one.awaited)
            groups[here][one.choice].append(there)
            edges[here, there] = one
        for task_id, others in busy.items():
            groups["task", task_id]["busy"] = [("task", other) for other in others]
            for other in others:
                kept = Waiting("task", task_id, "busy", "task", other, "busy")
                edges[("task", task_id), ("task", other)] = kept
        found: dict[str, tuple[Link, ...]] = {}
        for way in circles({node: list(choices.values()) for node, choices in groups.items()}):
            pairs = list(zip(way, (*way[1:], way[0]), strict=True))
            things = await _things(conn, way)
            if len(things) == len(way):
                links = tuple(
                    Link(things[here], things[there], edges[here, there].why, edges[here, there].what)
                    for here, there in pairs
                )
                found[_key(way)] = links
        return found

    async def _tell(self, key: str, links: tuple[Link, ...], told: Told) -> None:
        circle_id = self._parts.new_id()
        async with self._parts.database.transaction() as conn:
            if not await circle_table.found(conn, self._guild_id, circle_id, key, links):
                return
            (row, *_) = await self._parts.surface.post(
                conn,
                f"{self._cog}:circle:{circle_id}",
                Place(channel_id=links[0].thing.place),
                told(circle_id, links),
            )
            await circle_table.said(conn, circle_id, row)

    async def _end(self, row: CircleRow, told: Told, over: str) -> None:
        async with self._parts.database.transaction() as conn:
            if await circle_table.over(conn, row.id) and row.said_row is not None:
                text = f"{told(row.id, row.circle).text}\n{over}"
                await self._parts.surface.edit(
                    conn, f"{self._cog}:circle:{row.id}:over", row.said_row, Say(text)
                )


def _key(way: Sequence[Node]) -> str:
    """The same for a circle wherever it is begun to be read."""
    names = [f"{kind} {node}" for kind, node in way]
    first = names.index(min(names))
    return sha256(" ".join([*names[first:], *names[:first]]).encode()).hexdigest()


async def _things(conn: Connection, way: Sequence[Node]) -> dict[Node, Thing]:
    """What the nodes of a circle are, those that are still there."""
    found: dict[Node, Thing] = {}
    for kind, ids in (
        ("task", [node for kind, node in way if kind == "task"]),
        ("run", [node for kind, node in way if kind == "run"]),
    ):
        cursor = await conn.execute(_TASKS if kind == "task" else _RUNS, (ids,))
        rows: list[Any] = await cursor.fetchall()
        for node, label, place, member in rows:
            found[kind, node] = Thing(
                "task" if kind == "task" else "run", node, str(label), int(place), int(member)
            )
    return found


_TASKS = "SELECT id, '#' || number, coalesce(thread_id, queue_id), member_id FROM task WHERE id = ANY(%s)"
_RUNS = "SELECT id, title, coalesce(thread_id, channel_id), member_id FROM run WHERE id = ANY(%s)"
