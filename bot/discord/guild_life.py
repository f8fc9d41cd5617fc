"""Makes a guild as its admins chose: commands registered, cogs started where they are on and ended where not.

A cog is on in a guild wholly or not at all: one that Discord refuses or that cannot start there is kept out, with the
reason, and the others are not touched.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

import structlog

from bot.discord.commands import EVERYWHERE
from bot.discord.registrar import Registrar
from bot.discord.reporting import broken
from bot.discord.winding_down import wind_down
from bot.errors import CogswarmError
from bot.plugins.cog import MANAGEMENT, Cog
from bot.plugins.commands import Handler
from bot.plugins.guilds import Guilds
from bot.storage.database import Database

START_SECONDS = 30.0

log = structlog.get_logger(__name__)

type OwnContext = Callable[[Cog, int], Any]
"""Makes the context in which a cog acts on its own in a guild."""
type Changed = Callable[[int], Awaitable[None]]


class ByTheClock(Protocol):
    """Who does what cogs declare by the clock."""

    async def follow(self, guild_id: int, live: Iterable[Cog], of: Iterable[Cog]) -> None:
        """Make the jobs in a guild those of the cogs that are ``live``; of the cogs in ``of`` there are no others."""
        ...

    async def leave(self, guild_id: int, cogs: Collection[str]) -> None:
        """End what cogs are doing by the clock in a guild."""
        ...


class GuildLife:
    """Who is live in which guild; one change at a time for each guild. ``me`` is the bot's user id."""

    def __init__(
        self,
        cogs: Mapping[str, Cog],
        guilds: Guilds,
        registrar: Registrar,
        context: OwnContext,
        *,
        by_the_clock: ByTheClock,
        database: Database,
        me: int,
        changed: Changed,
    ) -> None:
        """``changed`` is called with a guild's id when what its admins chose has taken effect."""
        self._by_the_clock = by_the_clock
        self._database = database
        self._me = me
        self._cogs = cogs
        self._guilds = guilds
        self._registrar = registrar
        self._context = context
        self._changed = changed
        self._locks: dict[int, asyncio.Lock] = {}
        self._live: dict[int, set[str]] = {}
        self._managed = False

    @property
    def guilds(self) -> frozenset[int]:
        """The guilds that have appeared."""
        return frozenset(self._live)

    @property
    def busy(self) -> bool:
        """Whether a guild is just being made as it should be."""
        return any(lock.locked() for lock in self._locks.values())

    def live(self, guild_id: int) -> frozenset[str]:
        """The cogs that were started in a guild."""
        return frozenset(self._live.get(guild_id, ()))

    def is_late(self, guild_id: int) -> bool:
        """Whether a guild's commands could not be registered yet."""
        return guild_id in self._registrar.waiting

    async def appear(self, guild_id: int) -> None:
        """A guild is there: start what is on; what could not start before is tried again."""
        await self._manage()
        async with self._lock(guild_id):
            self._guilds.broken(guild_id).clear()
            await self._reconcile(guild_id)

    async def change(self, guild_id: int, cog: str) -> None:
        """An admin chose something about ``cog``: it takes effect, and nothing else in the guild is touched."""
        async with self._lock(guild_id):
            self._guilds.broken(guild_id).pop(cog, None)
            await self._reconcile(guild_id)
        await self._changed(guild_id)

    async def catch_up(self, guild_id: int) -> bool:
        """Another process has changed something in a guild: it takes effect here; False where nothing is new."""
        if guild_id not in self._live:
            return False
        async with self._lock(guild_id):
            if not await self._guilds.outdated([guild_id]):
                return False
            self._guilds.broken(guild_id).clear()
            await self._reconcile(guild_id)
        await self._changed(guild_id)
        return True

    async def again(self, scope: int) -> None:
        """Register once more what could not be registered."""
        if scope == EVERYWHERE:
            self._managed = False
            await self._manage()
            return
        async with self._lock(scope):
            await self._reconcile(scope)

    async def vanish(self, guild_id: int) -> None:
        """The bot was thrown out: Discord has dropped the guild's commands."""
        async with self._lock(guild_id):
            self._live.pop(guild_id, None)
            await self._by_the_clock.leave(guild_id, self._cogs)
            await self._by_the_clock.follow(guild_id, (), self._cogs.values())
            await self._registrar.forget(guild_id)

    def _lock(self, guild_id: int) -> asyncio.Lock:
        return self._locks.setdefault(guild_id, asyncio.Lock())

    async def _manage(self) -> None:
        async with self._lock(EVERYWHERE):
            if not self._managed:
                await self._registrar.register(EVERYWHERE, self._guilds.everywhere)
                self._managed = EVERYWHERE not in self._registrar.waiting

    async def _reconcile(self, guild_id: int) -> None:
        await self._guilds.refresh(guild_id)
        live = self._live.setdefault(guild_id, set())
        problems = self._guilds.broken(guild_id)
        wanted = self._guilds.enabled(guild_id)
        leaving = await self._leave(guild_id, live - {cog.name for cog in wanted})
        await self._end_runs(guild_id)
        await self._register(guild_id, wanted)
        # One that was started while Discord was away may be refused only now.
        leaving += await self._leave(guild_id, live & problems.keys())
        await asyncio.gather(*(self._call(cog, cog.enders, guild_id) for cog in leaving))
        starting = [cog for cog in wanted if cog.name not in live and cog.name not in problems]
        reasons = await asyncio.gather(*(self._call(cog, cog.starters, guild_id) for cog in starting))
        failed = {cog.name: reason for cog, reason in zip(starting, reasons, strict=True) if reason}
        live |= {cog.name for cog in starting} - failed.keys()
        if failed:
            problems |= failed
            await asyncio.gather(
                *(self._call(cog, cog.enders, guild_id) for cog in starting if cog.name in failed)
            )
            await self._register(guild_id, wanted)
        # What could not start keeps its times, for when it can.
        settled = [cog for cog in self._cogs.values() if cog.name not in problems or cog in leaving]
        await self._by_the_clock.follow(guild_id, [cog for cog in settled if cog.name in live], settled)

    async def _leave(self, guild_id: int, names: Collection[str]) -> list[Cog]:
        """These are live no more; what they declare for that is called later, with nothing of theirs under way."""
        self._live[guild_id] -= set(names)
        await self._by_the_clock.leave(guild_id, names)
        return [self._cogs[name] for name in sorted(names)]

    async def _end_runs(self, guild_id: int) -> None:
        """Also what the owner has switched off while the bot was not there."""
        rules = self._guilds.rules(guild_id)
        own = [name for name in self._cogs if name != MANAGEMENT]
        if rules is None or not own:
            return
        async with self._database.transaction() as conn:
            ended = await wind_down(conn, guild_id, own, rules, member_id=self._me)
        if ended:
            log.info("runs_asked_to_stop", guild=guild_id, count=ended)

    async def _register(self, guild_id: int, wanted: Sequence[Cog]) -> None:
        problems = self._guilds.broken(guild_id)
        refused = await self._registrar.register(
            guild_id, [cog for cog in wanted if cog.name not in problems]
        )
        for name, reason in refused.items():
            problems[name] = f"Discord refused its commands ({' '.join(reason.split())[:200]})."

    async def _call(self, cog: Cog, functions: Iterable[Handler], guild_id: int) -> str:
        """Call what a cog declared; gives why it failed, or nothing."""
        for function in functions:
            try:
                with structlog.contextvars.bound_contextvars(cog=cog.name, guild=guild_id):
                    async with asyncio.timeout(START_SECONDS):
                        await function(self._context(cog, guild_id))
            except (CogswarmError, TimeoutError) as error:
                reason = str(error) or "It took too long."
                log.warning("cog_not_started", cog=cog.name, guild=guild_id, reason=reason)
                return reason
            except Exception as error:  # noqa: BLE001 - what a cog did not foresee is reported, and ends with it
                return broken(cog.name, error)
        return ""
