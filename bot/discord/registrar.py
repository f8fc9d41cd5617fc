"""Registers commands, and tries again by itself, ever more slowly, where Discord was away."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.clock import Clock
from bot.discord.commands import CommandSync
from bot.discord.failures import DiscordUnavailable
from bot.errors import CogswarmError, OutsideError
from bot.plugins.cog import Cog

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RegistrarSettings:
    """Seconds before the first further attempt, and between attempts at most."""

    first_pause: float = 1.0
    longest_pause: float = 300.0


@dataclass(frozen=True, slots=True)
class _Due:
    at: float
    attempts: int


class Registrar:
    """One sync at a time for each scope; what failed is due again later."""

    def __init__(self, sync: CommandSync, clock: Clock, settings: RegistrarSettings | None = None) -> None:
        self._sync = sync
        self._clock = clock
        self._settings = settings or RegistrarSettings()
        self._due: dict[int, _Due] = {}
        self._changed = asyncio.Event()

    @property
    def waiting(self) -> frozenset[int]:
        """The scopes that are not as they should be yet."""
        return frozenset(self._due)

    async def register(self, scope: int, cogs: Sequence[Cog]) -> dict[str, str]:
        """Make a scope's commands those of ``cogs``; gives the cogs that Discord refused, with its reason.

        Where Discord is away nothing is refused, and the scope is due again.
        """
        try:
            refused = await self._sync.sync(scope, cogs)
        except OutsideError as error:
            attempts = self._due[scope].attempts + 1 if scope in self._due else 1
            pause = min(self._settings.longest_pause, self._settings.first_pause * 2 ** min(attempts - 1, 20))
            if isinstance(error, DiscordUnavailable) and error.retry_after is not None:
                pause = max(pause, error.retry_after)
            self._due[scope] = _Due(self._clock.monotonic() + pause, attempts)
            self._changed.set()
            log.warning("commands_not_registered", scope=scope, reason=str(error), again_in=round(pause, 1))
            return {}
        self._due.pop(scope, None)
        return refused

    async def forget(self, scope: int) -> None:
        """Take a scope's commands as unknown: the next sync registers them in any case."""
        self._due.pop(scope, None)
        await self._sync.forget(scope)

    async def again_forever(self, again: Callable[[int], Awaitable[None]]) -> None:
        """Call ``again`` with each scope when it is due; it ends in `register`."""
        while True:
            now = self._clock.monotonic()
            for scope in [scope for scope, due in self._due.items() if due.at <= now]:
                try:
                    await again(scope)
                except CogswarmError as error:
                    self._due[scope] = _Due(now + self._settings.longest_pause, 1)
                    log.warning("commands_not_registered", scope=scope, reason=str(error))
            self._changed.clear()
            pause = min((due.at for due in self._due.values()), default=None)
            try:
                async with asyncio.timeout(
                    None if pause is None else max(0.0, pause - self._clock.monotonic())
                ):
                    await self._changed.wait()
            except TimeoutError:
                continue
