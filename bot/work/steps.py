"""A run's recorded steps: what was done is never done again, and only the lease's holder records anything."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, get_type_hints
from uuid import UUID

from pydantic import JsonValue, TypeAdapter

from bot.errors import CogswarmError, ConfigError
from bot.storage.database import Database
from bot.work import runs_table, steps_table
from bot.work.surface import Connection


class LeaseLost(CogswarmError):
    """Another process holds this run by now; nothing more may be committed for it here."""


class Steps:
    """The steps of one run in the hands of one holder, whose ``fence`` every commit checks."""

    def __init__(self, database: Database, run_id: UUID, fence: int, recorded: Mapping[str, Any]) -> None:
        self.run_id = run_id
        self.fence = fence
        self._database = database
        self._recorded = dict(recorded)
        self._used: set[str] = set()
        self._counts: dict[str, int] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._recorded

    def __getitem__(self, key: str) -> Any:
        """What a step was recorded with."""
        return self._recorded[key]

    def recorded(self, kind: str) -> list[Any]:
        """The results of the steps that were numbered within ``kind``, in the order of their numbers."""
        numbered = (key.rpartition(":") for key in self._recorded if key.startswith(f"{kind}:"))
        numbers = sorted(int(number) for begin, _, number in numbered if begin == kind and number.isdecimal())
        return [self._recorded[f"{kind}:{number}"] for number in numbers]

    def claim_key(self, key: str) -> None:
        """Use ``key`` for a step; raises `ConfigError` where the workflow has used it before."""
        if key in self._used:
            raise ConfigError(f"The workflow uses the step name {key!r} twice; give each step its own name.")
        self._used.add(key)

    def next_key(self, kind: str) -> str:
        """Use the next numbered key of a kind; the same calls in the same order get the same numbers."""
        self._counts[kind] = self._counts.get(kind, 0) + 1
        key = f"{kind}:{self._counts[kind]}"
        self.claim_key(key)
        return key

    @asynccontextmanager
    async def commit(self) -> AsyncGenerator[Connection]:
        """A transaction under the lease. Raises `LeaseLost`."""
        async with self._database.transaction() as conn:
            if not await runs_table.holds(conn, self.run_id, self.fence):
                raise LeaseLost("Another process works on this run by now.")
            yield conn

    async def record(self, conn: Connection, key: str, value: Any, *, effect: str = "repeatable") -> None:
        """Record, in the caller's `commit`, that a step is done, with its result as JSON."""
        await steps_table.record(conn, self.run_id, key, effect, self.fence, value)
        self._recorded[key] = value

    async def repeatable[**P, T](
        self, key: str, do: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do what may be done again as long as its result is not recorded."""
        self.claim_key(key)
        adapter = adapter_of(do)
        if key not in self:
            value = adapter.dump_python(await do(*args, **kwargs), mode="json")
            async with self.commit() as conn:
                await self.record(conn, key, value)
        return adapter.validate_python(self[key])


def adapter_of(do: Callable[..., Awaitable[Any]]) -> TypeAdapter[Any]:
    """Turns what ``do`` declares to return into JSON and back; without a declaration it must be JSON itself."""
    target = getattr(do, "__func__", do)
    try:
        hint = get_type_hints(target).get("return", JsonValue)
    except (TypeError, NameError):
        hint = JsonValue
    return TypeAdapter(hint)
