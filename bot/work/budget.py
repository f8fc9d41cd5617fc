"""Keeps a run's model calls inside its budget; what was spent survives a restart."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from bot.clock import Clock
from bot.config.agents import BudgetSection
from bot.errors import UserError
from bot.llm.protocol import Usage
from bot.storage.database import Database
from bot.work import runs_table


class BudgetUsedUp(UserError):
    """The run may not call a model any more; the sentence names the limits."""


@dataclass(frozen=True, slots=True)
class RunMeter:
    """Implements `bot.agents.agent.Meter`: a call is counted before it is made, so nothing overspends."""

    database: Database
    clock: Clock
    run_id: UUID
    limit: BudgetSection

    async def reserve(self) -> None:
        """Count a call. Raises `BudgetUsedUp`."""
        started_after = self.clock.now() - timedelta(seconds=self.limit.seconds)
        async with self.database.connection() as conn:
            allowed = await runs_table.spend_call(
                conn,
                self.run_id,
                calls=self.limit.calls,
                tokens=self.limit.tokens,
                started_after=started_after,
            )
        if not allowed:
            raise BudgetUsedUp(
                f"This has used up its budget ({self.limit.calls} model calls, {self.limit.tokens:,} tokens, "
                f"{self.limit.seconds:g} seconds); the owner can raise `budgets` in config.yaml."
            )

    async def book(self, usage: Usage, cost: float) -> None:
        """Count the tokens of a call and what they cost."""
        async with self.database.connection() as conn:
            await runs_table.spend_tokens(conn, self.run_id, usage.input_tokens + usage.output_tokens, cost)
