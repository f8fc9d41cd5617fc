"""A run's recorded steps: what was done is never done again, and only the lease's holder records anything.

A process can die between doing a thing and recording it, so a step says what its effect is: repeatable, keyed, or
reconciled here, or `bot.work.once`.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Concatenate, get_type_hints
from uuid import UUID, uuid5

from pydantic import JsonValue, TypeAdapter

from bot.errors import CogswarmError, ConfigError
from bot.observe.known_secrets import NO_SECRETS, Secrets
from bot.storage.database import Database
from bot.storage.storable import storable
from bot.work import runs_table, steps_table
from bot.work.steps_table import StepRow
from bot.work.surface import Connection

type _Inside = tuple["_Part", ...]
_INSIDE: ContextVar[_Inside] = ContextVar("inside", default=())
"""The steps in the middle of which the code is that runs just now, the outermost first."""


@dataclass(slots=True, eq=False)
class _Part:
    """A step under way; ``waiting`` counts what within it does nothing but wait."""

    harmless: bool
    waiting: int = 0


class LeaseLost(CogswarmError):
    """Another process holds this run by now; nothing more may be committed for it here."""


class Steps:
    """The steps of one run in the hands of one holder, whose ``fence`` every commit checks."""

    def __init__(
        self,
        database: Database,
        run_id: UUID,
        fence: int,
        rows: Iterable[StepRow] = (),
        *,
        secrets: Secrets = NO_SECRETS,
        interrupted: bool = False,
    ) -> None:
        """Nothing of ``secrets`` is recorded; ``interrupted`` says that it was begun before, and has not got on since."""
        self.run_id = run_id
        self.fence = fence
        self.gets_on = False
        """Whether this holder has recorded anything."""
        self.idle = asyncio.Event()
        """Set while no step is under way."""
        self.harmless = asyncio.Event()
        """Set while nothing is under way whose interruption people would have to be asked about."""
        self.idle.set()
        self.harmless.set()
        self._database = database
        self._secrets = secrets
        known = list(rows)
        self._recorded = {row.key: row.result for row in known if row.state == "done"}
        self._intents = {row.key: row.result for row in known if row.state == "intended"}
        self._used: set[str] = set()
        self._counts: dict[str, int] = {}
        self._part = ""
        self._let_go = False
        self._interrupted = interrupted
        self._parts: set[_Part] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._recorded

    def __getitem__(self, key: str) -> Any:
        """What a step was recorded with."""
        return self._recorded[key]

    def recorded(self, kind: str) -> list[Any]:
        """The results of the steps that were numbered within ``kind``, in the order of their numbers."""
        return [self._recorded[f"{kind}:{number}"] for number in self.numbers(kind)]

    def numbers(self, kind: str) -> list[int]:
        """The numbers of the steps that were numbered within ``kind``."""
        numbered = (key.rpartition(":") for key in self._recorded if key.startswith(f"{kind}:"))
        return sorted(int(number) for begin, _, number in numbered if begin == kind and number.isdecimal())

    def intent(self, key: str) -> Any:
        """What was noted when a step was begun of which no result is recorded; None where it was not begun."""
        return self._intents.get(key)

    @property
    def doubtful(self) -> list[str]:
        """What was begun with the effect `once` and may have happened, as people read it."""
        return [
            key
            for key, intent in self._intents.items()
            if key not in self._recorded and intent.get("attempt") and not intent.get("withdrawn")
        ]

    def let_go(self) -> None:
        """Record nothing any more."""
        self._let_go = True

    def begin_part(self, name: str) -> None:
        """From here on keys are counted anew, apart from those before: for the word that follows a stopped run."""
        self._part = f"{name}/"
        self._counts.clear()
        self._used.clear()

    def idempotency_key(self, key: str) -> str:
        """What tells another program that a request is the same as before; a UUID."""
        return str(uuid5(self.run_id, key))

    def claim_key(self, key: str) -> str:
        """Use ``key`` for a step; raises `ConfigError` where the workflow has used it before."""
        if key in self._used:
            raise ConfigError(f"The workflow uses the step name {key!r} twice; give each step its own name.")
        self._used.add(key)
        return f"{self._part}{key}"

    def next_key(self, kind: str) -> str:
        """Use the next numbered key of a kind; the same calls in the same order get the same numbers."""
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return self.claim_key(f"{kind}:{self._counts[kind]}")

    @contextmanager
    def under_way(self, *, harmless: bool = True) -> Generator[None]:
        """Count what goes on, so that the run is not let go of in the middle of it."""
        part = _Part(harmless)
        self._parts.add(part)
        self._look()
        token = _INSIDE.set((*_INSIDE.get(), part))
        try:
            yield
        finally:
            _INSIDE.reset(token)
            self._parts.discard(part)
            self._look()

    @contextmanager
    def aside(self) -> Generator[None]:
        """Within the block, the steps around it only wait: they do not keep the run, and begin anew when it goes on.

        Raises `ConfigError` in the middle of an effect that cannot be repeated.
        """
        around = _INSIDE.get()
        if not all(part.harmless for part in around):
            raise ConfigError("Nothing can be waited for in the middle of what is done once; wait before it.")
        for part in around:
            part.waiting += 1
        self._look()
        try:
            yield
        finally:
            for part in around:
                part.waiting -= 1
            self._look()

    @property
    def can_let_go(self) -> bool:
        """Whether the code that asks is in the middle of nothing but what can be begun anew."""
        return all(part.harmless for part in _INSIDE.get())

    def _look(self) -> None:
        busy = [part for part in self._parts if not part.waiting]
        for event, quiet in ((self.idle, not busy), (self.harmless, all(part.harmless for part in busy))):
            if quiet:
                event.set()
            else:
                event.clear()

    @asynccontextmanager
    async def commit(self, *, after: UUID | None = None) -> AsyncGenerator[Connection]:
        """A transaction under the lease; the row of the run ``after`` is locked before our own. Raises `LeaseLost`."""
        if self._let_go:
            raise LeaseLost("This run was let go of.")
        with self.under_way():
            async with self._database.transaction() as conn:
                if after is not None:
                    await conn.execute("SELECT 1 FROM run WHERE id = %s FOR SHARE", (after,))
                if not await runs_table.holds(conn, self.run_id, self.fence):
                    raise LeaseLost("Another process works on this run by now.")
                yield conn
            self.gets_on = True

    async def record(self, conn: Connection, key: str, value: Any, *, effect: str = "repeatable") -> None:
        """Record, in the caller's `commit`, that a step is done, with its result as JSON."""
        kept = self._secrets.value(storable(value))  # at once as after a restart
        await steps_table.record(conn, self.run_id, key, effect, self.fence, kept)
        if self._interrupted:
            await runs_table.gets_on(conn, self.run_id)
        self._recorded[key] = kept

    async def intend(self, key: str, effect: str, intent: Any) -> None:
        """Record that a step is about to be begun."""
        async with self.commit() as conn:
            await steps_table.intend(conn, self.run_id, key, effect, self.fence, intent)
        self._intents[key] = intent

    async def save(self, key: str, value: Any, effect: str) -> None:
        """Record a step in a transaction of its own."""
        async with self.commit() as conn:
            await self.record(conn, key, value, effect=effect)

    async def written(self, kind: str, write: Callable[[Connection], Awaitable[Any]]) -> Any:
        """What ``write`` does in the database and answers, once: recorded with it, under the next key of a kind."""
        key = self.next_key(kind)
        if key not in self:
            async with self.commit() as conn:
                await self.record(conn, key, await write(conn))
        return self[key]

    async def repeatable[**P, T](
        self, name: str, do: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do what may be done again as long as its result is not recorded."""
        key, adapter = self.claim_key(name), adapter_of(do)
        if key not in self:
            with self.under_way():
                value = adapter.dump_python(await do(*args, **kwargs), mode="json")
                await self.save(key, value, "repeatable")
        return adapter.validate_python(self[key])

    async def keyed[**P, T](
        self, name: str, do: Callable[Concatenate[str, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do what the other side does once for each idempotency key, which ``do`` is given first."""
        key, adapter = self.claim_key(name), adapter_of(do)
        if key not in self:
            with self.under_way():
                done = await do(self.idempotency_key(key), *args, **kwargs)
                await self.save(key, adapter.dump_python(done, mode="json"), "keyed")
        return adapter.validate_python(self[key])

    async def reconciled[**P, T](
        self,
        name: str,
        find: Callable[[], Awaitable[T | None]],
        do: Callable[P, Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Do what can be looked up afterwards; where it was begun before, ``find`` is asked first."""
        key, adapter = self.claim_key(name), adapter_of(do)
        if key not in self:
            with self.under_way():
                begun = self.intent(key) is not None
                if not begun:
                    await self.intend(key, "reconciled", {})
                found = await find() if begun else None
                done = await do(*args, **kwargs) if found is None else found
                await self.save(key, adapter.dump_python(done, mode="json"), "reconciled")
        return adapter.validate_python(self[key])


def adapter_of(do: Callable[..., Awaitable[Any]]) -> TypeAdapter[Any]:
    """Turns what ``do`` declares to return into JSON and back; without a declaration it must be JSON itself."""
    target = getattr(do, "__func__", do)
    try:
        hint = get_type_hints(target).get("return", JsonValue)
    except (TypeError, NameError):
        hint = JsonValue
    return TypeAdapter(hint)
