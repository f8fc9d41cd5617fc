"""What a run fetches, remembers and finds again, for those alone who read what it says."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import structlog

from bot.errors import OutsideError
from bot.memory.known import Knowledge
from bot.memory.library import Fit, Recollection
from bot.memory.recall import Question
from bot.memory.sources import Document, Source
from bot.memory.store import Place
from bot.memory.whereabouts import place_of
from bot.mirror import channel_table
from bot.work.runs_table import RunRow
from bot.work.services import RunServices
from bot.work.steps import Steps
from bot.work.taint import RunTaint

log = structlog.get_logger(__name__)


class RunMemory:
    """The memory and the sources of one run; `bot.work.run.Run` says of each method what it does."""

    def __init__(self, row: RunRow, services: RunServices, steps: Steps, taint: RunTaint) -> None:
        self._row = row
        self._services = services
        self._steps = steps
        self._taint = taint

    async def readable(self, agent: str) -> list[int]:
        """The channels that an agent may read, and everybody can who reads what the run says."""
        if self._services.readable is None:
            return [self._heard_in]
        try:
            found = await self._services.readable(self._row.principal, self._heard_in)
        except OutsideError as error:
            log.info("readable_not_known", reason=str(error))
            return [self._heard_in]
        persona = self._services.personas.get(agent)
        async with self._services.database.connection() as conn:
            known = await channel_table.find(conn, sorted(found))
        return sorted({self._heard_in, *(one.id for one in known if persona.reads_in(one.id, one.name))})

    async def known(self, agent: str) -> Knowledge:
        """What is known of the place in which the run speaks, as far as an agent may read there."""
        services, row = self._services, self._row
        if services.knowing is None or row.principal.direct:
            return Knowledge()
        reads = services.personas.get(agent).reads_in
        found = await services.knowing(row.principal, row.thread_id or row.principal.channel_id, reads)
        if found.items:
            await self._taint.mark("pins")
        return found

    async def keep_sources(self, documents: Sequence[Document]) -> list[Source]:
        """Keep what was fetched, numbered from 1."""
        return await self._services.library.keep(self._row.id, self._row.principal.guild_id, documents)

    async def sources(self, run_id: UUID | None) -> list[Source]:
        """What this run, or another of its guild, has fetched."""
        await self._taint.mark("sources")
        return await self._services.library.sources(run_id or self._row.id, self._row.principal.guild_id)

    async def recall(
        self, text: str, *, kind: str | None, readable: Sequence[int] | None, fits: Fit, limit: int
    ) -> list[Recollection]:
        """What is remembered and everybody can read who reads what the run says. Raises `OutsideError`."""
        if self._services.readable is None:
            return []
        principal, library = self._row.principal, self._services.library
        ids = frozenset(await self._services.readable(principal, self._heard_in))
        question = Question(
            principal.guild_id,
            text,
            ids if readable is None else ids & frozenset(readable),
            kinds=None if kind is None else (kind,),
            not_run=self._row.id,
            limit=limit,
        )
        found = await library.search(question, await library.embedded(text), fits=fits)
        if any(one.tainted for one in found):
            await self._taint.mark("memory")
        return found

    async def remember(self, *, kind: str, title: str, body: str) -> None:
        """Remember something of the run, once."""
        key = self._steps.next_key("remember")
        if key in self._steps:
            return
        prepared = await self._services.library.prepare(
            await self._place(),
            kind=kind,
            key=f"{self._row.id}:{key}",
            title=title,
            body=body,
            run_id=self._row.id,
            member_id=self._row.principal.member_id,
        )
        async with self._steps.commit() as conn:
            await self._services.library.write(conn, prepared)
            await self._steps.record(conn, key, None)

    @property
    def _heard_in(self) -> int:
        """The place whose readers read what is said: of a thread that was opened for this run, its channel's."""
        if self._row.thread_row is not None:
            return self._row.principal.channel_id
        return self._row.thread_id or self._row.principal.channel_id

    async def _place(self) -> Place:
        async with self._services.database.connection() as conn:
            place = await place_of(conn, self._row.principal.guild_id, self._heard_in)
        # A thread of its own is a public one of the channel, and may be too new to be known.
        return place if self._row.thread_row is None else replace(place, thread_id=self._row.thread_id)
