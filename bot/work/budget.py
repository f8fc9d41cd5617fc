"""Keeps model calls inside the budgets of the run, the member, the server and the day, whichever process makes them.

What a call may take at most is put aside in one transaction before it is made, and replaced by what it took after it.
So runs at the same time cannot overspend together, and what was under way when a process died stays spent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from bot.agents.meter import BudgetUsedUp, Hold, Wish
from bot.clock import Clock
from bot.config.agents import BudgetSection, BudgetsSection, DailySection
from bot.llm.protocol import Usage
from bot.storage.database import Database
from bot.work import runs_table, spend_table
from bot.work.limits import LEAST_OUTPUT, Room, cost_of, in_words, is_near, room
from bot.work.principal import Principal
from bot.work.runs_table import RunRow
from bot.work.spend_table import Account, Scope, Share, Spent
from bot.work.surface import Connection

__all__ = ["BudgetUsedUp", "RunMeter"]

log = structlog.get_logger(__name__)

WHOSE: dict[Scope, str] = {
    "member": "You have used up what one person may use here in a day",
    "guild": "This server has used up what it may use in a day",
    "all": "The bot has used up what it may use in a day",
}
NEAR: dict[Scope, str] = {
    "member": "You have used over 80 % of what one person may use here in a day",
    "guild": "This server has used over 80 % of what it may use in a day",
    "all": "The bot has used over 80 % of what it may use in a day",
}
RUN_NEAR = "Over 80 % of what this may use ({limit}) is used up."


@dataclass(frozen=True, slots=True)
class RunMeter:
    """Implements `bot.agents.meter.Meter` for one run on behalf of ``principal``.

    ``limit`` is the run's own, ``budgets`` has those of a day, which begins at midnight in ``zone``.
    """

    database: Database
    clock: Clock
    run_id: UUID
    principal: Principal
    limit: BudgetSection
    budgets: BudgetsSection = field(default_factory=BudgetsSection)
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))

    async def reserve(self, wish: Wish) -> Hold:
        """Put aside what a call may take. Raises `BudgetUsedUp`, which names the limit and when it is reset."""
        today = self._today()
        accounts = self._accounts(today)
        async with self.database.transaction() as conn:
            run = await runs_table.locked_spending(conn, self.run_id)
            if run is None:
                raise BudgetUsedUp("This is not there any more.")
            output = self._room_of_run(run, wish).output_tokens(wish)
            if output < LEAST_OUTPUT or self._is_late(run, wish):
                raise BudgetUsedUp(
                    f"This has used up its budget ({in_words(self.limit)}, {self.limit.seconds:g} seconds), which holds "
                    "for this piece of work alone and is not reset: ask anew for less, or have the owner raise `budgets` "
                    "in config.yaml."
                )
            for account, spent in zip(accounts, await spend_table.locked(conn, accounts), strict=True):
                limit = self._limit_of(account.scope)
                left = room(limit, calls=spent.calls, tokens=spent.tokens, cost=spent.cost).output_tokens(
                    wish
                )
                if left < LEAST_OUTPUT:
                    raise BudgetUsedUp(f"{WHOSE[account.scope]} ({in_words(limit)}); {self._reset(today)}")
                output = min(output, left)
            tokens = wish.input_tokens + output
            hold = Hold(
                wish, output, tokens, cost_of(wish.price, wish.input_tokens, output), today.isoformat()
            )
            await self._add(conn, hold, Spent(1, tokens, hold.cost))
        return hold

    async def book(self, hold: Hold, usage: Usage) -> tuple[str, ...]:
        """Count what a call has used instead of what was put aside for it; the answer is what people should know."""
        tokens = usage.input_tokens + usage.output_tokens
        cost = cost_of(hold.wish.price, usage.input_tokens, usage.output_tokens)
        async with self.database.transaction() as conn:
            run = await runs_table.locked_spending(conn, self.run_id)
            accounts = self._accounts(date.fromisoformat(hold.day))
            spent = await spend_table.locked(conn, accounts)
            more = Spent(0, tokens - hold.tokens, cost - hold.cost)
            await self._add(conn, hold, more)
            return await self._warnings(conn, run, accounts, spent, more)

    async def give_back(self, hold: Hold) -> None:
        """Take back the tokens that were put aside; that a call was made stays counted."""
        async with self.database.transaction() as conn:
            await runs_table.locked_spending(conn, self.run_id)
            await spend_table.locked(conn, self._accounts(date.fromisoformat(hold.day)))
            await self._add(conn, hold, Spent(0, -hold.tokens, -hold.cost), failed=1)

    # the limits

    def _room_of_run(self, run: RunRow, wish: Wish) -> Room:
        kept = 0.0 if wish.finishing else self.limit.reserve
        return room(
            self.limit, calls=run.model_calls, tokens=run.model_tokens, cost=run.model_cost, kept=kept
        )

    def _is_late(self, run: RunRow, wish: Wish) -> bool:
        kept = 0.0 if wish.finishing else self.limit.reserve
        seconds = self.limit.seconds if wish.finishing else self.limit.seconds * (1 - kept)
        return self.clock.now() >= run.created_at + timedelta(seconds=seconds)

    def _limit_of(self, scope: Scope) -> DailySection:
        limits: dict[Scope, DailySection] = {
            "member": self.budgets.member_per_day,
            "guild": self.budgets.server_per_day,
            "all": self.budgets.all_per_day,
        }
        return limits[scope]

    def _accounts(self, day: date) -> list[Account]:
        """In the one order in which they are locked everywhere."""
        guild = self.principal.guild_id
        return [
            Account("all", 0, 0, day),
            Account("guild", guild, guild, day),
            Account("member", guild, self.principal.member_id, day),
        ]

    def _today(self) -> date:
        return self.clock.now().astimezone(self.zone).date()

    def _reset(self, today: date) -> str:
        midnight = datetime.combine(today + timedelta(days=1), time(), self.zone)
        return f"it is reset <t:{int(midnight.timestamp())}:R>."

    # counting

    async def _add(self, conn: Connection, hold: Hold, more: Spent, *, failed: int = 0) -> None:
        day = date.fromisoformat(hold.day)
        share = Share(
            self.principal.guild_id,
            day,
            hold.wish.agent,
            self.principal.member_id,
            hold.wish.model,
            hold.wish.price is not None,
        )
        await runs_table.add_spending(
            conn, self.run_id, calls=more.calls, tokens=more.tokens, cost=more.cost, priced=share.priced
        )
        await spend_table.add(conn, self._accounts(day), share, more, failed=failed)

    async def _warnings(
        self,
        conn: Connection,
        run: RunRow | None,
        accounts: Sequence[Account],
        spent: Sequence[Spent],
        more: Spent,
    ) -> tuple[str, ...]:
        found: list[str] = []
        if (
            run is not None
            and is_near(
                self.limit,
                calls=run.model_calls,
                tokens=run.model_tokens + more.tokens,
                cost=run.model_cost + more.cost,
            )
            and await spend_table.warn_once(conn, f"run:{self.run_id}")
        ):
            found.append(RUN_NEAR.format(limit=in_words(self.limit)))
        for account, before in zip(accounts, spent, strict=True):
            limit = self._limit_of(account.scope)
            now = Spent(before.calls, before.tokens + more.tokens, before.cost + more.cost)
            if not is_near(limit, calls=now.calls, tokens=now.tokens, cost=now.cost):
                continue
            if await spend_table.warn_once(
                conn, f"{account.scope}:{account.guild_id}:{account.subject}:{account.day}"
            ):
                log.warning("budget_nearly_used_up", scope=account.scope, guild=account.guild_id)
                found.append(f"{NEAR[account.scope]} ({in_words(limit)}); {self._reset(account.day)}")
        return tuple(found)
