"""Whether an agent works just now: not paused, for this member, and with room for one thing more; across processes."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID

import structlog

from bot.agents import choices_table, lesson_table, slots_table
from bot.agents.lessons import taught
from bot.agents.permit import Members, standing
from bot.agents.persona import Model, Persona
from bot.agents.surroundings import Say
from bot.clock import Clock
from bot.errors import OutsideError, UserError
from bot.storage.database import Database
from bot.work.principal import Principal

log = structlog.get_logger(__name__)


class AgentPaused(UserError):
    """An admin has paused this agent."""


class AgentBusy(UserError):
    """This agent has no room for one thing more."""


@dataclass(frozen=True, slots=True)
class DutySettings:
    """Seconds: how long a hold lasts without a sign of life, how often one is given, and how long is waited for room."""

    lease: float = 30.0
    heartbeat: float = 10.0
    look: float = 1.0
    patience: float = 600.0
    delegated_patience: float = 20.0


@dataclass(frozen=True, slots=True)
class RunDuty:
    """Implements `bot.agents.surroundings.Duty` for one run; ``holder`` is this process."""

    database: Database
    members: Members
    clock: Clock
    holder: UUID
    run_id: UUID
    guild_id: int
    model: Callable[[str], Model | None]
    """An entry of ``models:`` as the owner lets it be used on this server; None where they do not."""
    settings: DutySettings = DutySettings()
    chosen: str | None = None
    """The model that was chosen for this work; it goes before the one of the server."""

    async def current(self, persona: Persona, principal: Principal) -> Persona:
        """The agent with the model chosen on the server, and what it has learnt there.

        Raises `AgentPaused`, or `UserError`.
        """
        # Who writes on a server is a member; each use of a tool asks anew. In direct messages nobody else would notice.
        asked = bool(persona.roles) or principal.direct
        refused = await standing(self.members, persona, principal) if asked else None
        if refused is not None:
            raise UserError(refused.reason)
        async with self.database.connection() as conn:
            choice = await choices_table.of_agent(conn, self.guild_id, persona.name)
            lessons = await lesson_table.of_agent(conn, self.guild_id, persona.name)
        if choice.paused:
            raise AgentPaused(
                f"{persona.display_name} is paused by <@{choice.changed_by}>; an admin can let it work again with "
                f"`/agents resume`."
            )
        persona = taught(persona, lessons)
        wish = self.chosen or choice.model
        chosen = None if wish is None else self.model(wish)
        if chosen is None or chosen.name == persona.model.name:
            return persona
        others = tuple(one for one in persona.models if one.name != chosen.name)
        # The owner's first model stays as the one that takes over: it is what they wanted to be used here.
        return replace(persona, models=(chosen, *others))

    @asynccontextmanager
    async def working(self, persona: Persona, say: Say, *, patient: bool) -> AsyncGenerator[None]:
        """Hold a slot of the agent. Raises `AgentBusy` where none is free for long."""
        slot = await self._slot(persona, say, patient=patient)
        heart = asyncio.create_task(self._beat(persona.name, slot))
        try:
            yield
        finally:
            heart.cancel()
            await asyncio.wait({heart})
            await self._leave(persona.name, slot)

    async def _slot(self, persona: Persona, say: Say, *, patient: bool) -> int:
        patience = self.settings.patience if patient else self.settings.delegated_patience
        until = self.clock.monotonic() + patience
        while True:
            async with self.database.connection() as conn:
                slot = await slots_table.take(
                    conn,
                    persona.name,
                    persona.concurrency,
                    self.holder,
                    self.run_id,
                    self.guild_id,
                    self.settings.lease,
                )
            if slot is not None:
                return slot
            if self.clock.monotonic() >= until:
                raise AgentBusy(
                    f"{persona.display_name} works on {persona.concurrency} things at once and has had no room for one "
                    "more; try again later."
                )
            say("waiting, others were first")
            await self.clock.sleep(self.settings.look)

    async def _beat(self, agent: str, slot: int) -> None:
        while True:
            await self.clock.sleep(self.settings.heartbeat)
            try:
                async with self.database.connection() as conn:
                    await slots_table.keep(conn, agent, slot, self.holder, self.run_id, self.settings.lease)
            except OutsideError as error:
                # The hold may go to another for a while: one thing too many is better than work that is lost.
                log.warning("agent_slot_not_kept", agent=agent, reason=str(error))

    async def _leave(self, agent: str, slot: int) -> None:
        try:
            async with self.database.connection() as conn:
                await slots_table.leave(conn, agent, slot, self.holder, self.run_id)
        except OutsideError as error:
            log.warning("agent_slot_not_left", agent=agent, reason=str(error))
