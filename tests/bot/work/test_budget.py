"""Budgets: never overspent, by runs at the same time and across processes; what was under way stays spent; warned once."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from bot.agents.meter import BudgetUsedUp, Wish
from bot.clock import Clock
from bot.config.agents import BudgetSection, BudgetsSection, DailySection, PriceSection
from bot.llm.protocol import Usage
from bot.storage.database import Database
from bot.storage.opening import open_database
from bot.work import runs_table, spend_table
from bot.work.budget import RunMeter
from bot.work.principal import Principal
from bot.work.runs_table import NewRun
from tests.sizes import size

ADA, BO = Principal(1, 2, 3, "Ada"), Principal(1, 2, 4, "Bo")
WISH = Wish("writer", "gpt", 100, 400)
PRICE = PriceSection(input=1_000.0, output=2_000.0)
CALLERS = size("AC-S3 users at once", small=12, stated=50)
WORKER = Path(__file__).with_name("spender.py")
ROOT = Path(__file__).resolve().parents[3]


async def _run(database: Database, principal: Principal = ADA) -> UUID:
    run_id = uuid4()
    async with database.transaction() as conn:
        await runs_table.insert(
            conn, NewRun(run_id, "lab", "w", {}, "t", principal), status_row=None, thread_row=None
        )
    return run_id


async def _meter(
    database: Database,
    limit: BudgetSection | None = None,
    *,
    principal: Principal = ADA,
    daily: Mapping[str, DailySection] | None = None,
) -> RunMeter:
    run_id = await _run(database, principal)
    budgets = BudgetsSection.model_validate(daily or {})
    return RunMeter(database, Clock(), run_id, principal, limit or BudgetSection(), budgets)


async def _spent(database: Database, meter: RunMeter) -> tuple[int, int, float]:
    async with database.connection() as conn:
        row = await runs_table.get(conn, meter.run_id)
    assert row is not None
    return row.model_calls, row.model_tokens, row.model_cost


async def test_a_run_has_its_calls_and_keeps_one_for_finishing(database: Database) -> None:
    meter = await _meter(database, BudgetSection(calls=3))
    for _ in range(2):
        await meter.book(await meter.reserve(WISH), Usage(1, 1))
    with pytest.raises(BudgetUsedUp, match="3 model calls"):
        await meter.reserve(WISH)
    finishing = Wish("writer", "gpt", 100, 400, finishing=True)
    await meter.reserve(finishing)
    with pytest.raises(BudgetUsedUp):
        await meter.reserve(finishing)


async def test_tokens_are_put_aside_cut_to_what_is_left_and_kept_for_finishing(database: Database) -> None:
    meter = await _meter(database, BudgetSection(tokens=1_000, reserve=0.2))
    hold = await meter.reserve(WISH)
    assert await _spent(database, meter) == (1, 500, 0.0)
    await meter.book(hold, Usage(90, 110))
    assert await _spent(database, meter) == (1, 200, 0.0)
    await meter.book(await meter.reserve(WISH), Usage(100, 250))
    assert (await meter.reserve(WISH)).output_tokens == 150
    with pytest.raises(BudgetUsedUp):
        await meter.reserve(WISH)
    last = await meter.reserve(Wish("writer", "gpt", 100, 400, finishing=True))
    assert last.output_tokens == 100
    await meter.give_back(last)
    assert await _spent(database, meter) == (4, 800, 0.0)


async def test_money_is_a_limit_where_the_price_is_known(database: Database) -> None:
    meter = await _meter(database, BudgetSection(money=1.0, reserve=0))
    dear = Wish("writer", "gpt", 100, 10_000, PRICE)
    assert (await meter.reserve(dear)).output_tokens == 450
    with pytest.raises(BudgetUsedUp, match=r"\$1.00"):
        await meter.reserve(dear)
    await meter.reserve(WISH)


async def test_time_ends_it(database: Database) -> None:
    meter = await _meter(database)
    late = datetime.now(UTC) + timedelta(seconds=850)
    almost = RunMeter(database, Clock(now=lambda: late), meter.run_id, ADA, BudgetSection(seconds=900))
    with pytest.raises(BudgetUsedUp, match="900 seconds"):
        await almost.reserve(WISH)
    await almost.reserve(Wish("writer", "gpt", 1, 100, finishing=True))


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ("member_per_day", "what one person may use here in a day"),
        ("server_per_day", "This server has used up"),
        ("all_per_day", "The bot has used up"),
    ],
)
async def test_a_day_has_its_limit_which_says_when_it_is_reset(
    database: Database, scope: str, said: str
) -> None:
    limits = {scope: DailySection(tokens=1_000)}
    first = await _meter(database, daily=limits)
    await first.book(await first.reserve(WISH), Usage(500, 450))
    other_run = await _meter(database, daily=limits)
    with pytest.raises(BudgetUsedUp, match=said) as refused:
        await other_run.reserve(WISH)
    assert "(1,000 tokens); it is reset <t:" in str(refused.value)
    other_member = await _meter(database, principal=BO, daily=limits)
    if scope == "member_per_day":
        await other_member.reserve(WISH)
    else:
        with pytest.raises(BudgetUsedUp):
            await other_member.reserve(WISH)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    clock = Clock(now=lambda: tomorrow)
    next_day = RunMeter(database, clock, await _run(database), ADA, BudgetSection(), first.budgets)
    async with database.transaction() as conn:
        await conn.execute("UPDATE run SET created_at = created_at + interval '1 day'")
    await next_day.reserve(WISH)


async def test_people_are_warned_once_when_four_fifths_are_used(database: Database) -> None:
    meter = await _meter(
        database, BudgetSection(tokens=1_000, reserve=0), daily={"server_per_day": DailySection(calls=2)}
    )
    assert await meter.book(await meter.reserve(WISH), Usage(10, 10)) == ()
    run_near, server_near = await meter.book(await meter.reserve(WISH), Usage(500, 300))
    assert "1,000 tokens" in run_near
    assert "This server has used over 80 %" in server_near
    assert "<t:" in server_near


async def test_who_used_what_is_kept(database: Database) -> None:
    meter = await _meter(database)
    await meter.book(await meter.reserve(Wish("writer", "gpt", 100, 100, PRICE)), Usage(10, 10))
    await meter.give_back(await meter.reserve(WISH))
    async with database.connection() as conn:
        (row,) = await spend_table.of_guild(conn, 1, datetime.now(UTC).date() - timedelta(days=1))
    assert (row.calls, row.failed, row.tokens, row.cost) == (2, 1, 20, pytest.approx(0.03))


async def _callers(meters: Sequence[RunMeter]) -> tuple[int, set[str]]:
    """All at once, until each is refused; how many calls were let through, and what the refusals said."""
    refusals: set[str] = set()

    async def call(meter: RunMeter) -> int:
        made = 0
        while True:
            try:
                hold = await meter.reserve(WISH)
            except BudgetUsedUp as error:
                refusals.add(str(error))
                return made
            made += 1
            await asyncio.sleep(0)
            await meter.book(hold, Usage(hold.wish.input_tokens, hold.output_tokens))

    made = await asyncio.gather(*map(call, meters))
    return sum(made), refusals


async def test_ac_s3_many_at_once_do_not_overspend_and_a_restart_forgets_nothing(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """No call is made after the limit, and each refusal names it and when it is reset."""
    limits = {"server_per_day": DailySection(tokens=5_000)}

    async def at_once(where: Database) -> tuple[int, set[str]]:
        people = [Principal(1, 2, member, "x") for member in range(CALLERS)]
        return await _callers([await _meter(where, principal=one, daily=limits) for one in people])

    made, refusals = await at_once(database)
    async with database.connection() as conn:
        cursor = await conn.execute("SELECT tokens FROM spend_limit WHERE scope = 'guild'")
        assert await cursor.fetchone() == (5_000,)
    assert made == 10
    assert await at_once(database) == (0, refusals)
    async with open_database(database_url, tmp_path) as after_a_restart:
        assert await at_once(after_a_restart) == (0, refusals)
    (refusal,) = refusals
    assert refusal.startswith(
        "This server has used up what it may use in a day (5,000 tokens); it is reset <t:"
    )


async def test_the_usual_way_of_looking_first_overspends(database: Database) -> None:
    """The control: look, call, then count."""
    limit, spent, called = 5_000, 0, 0

    async def call() -> None:
        nonlocal spent, called
        while spent + 500 <= limit:
            async with database.connection() as conn:
                await conn.execute("SELECT 1")
            spent += 500
            called += 1

    await asyncio.gather(*(call() for _ in range(CALLERS)))
    assert spent > limit


@pytest.mark.slow
async def test_two_processes_share_a_limit_and_one_that_is_killed_leaves_its_share_spent(
    database: Database, database_url: str
) -> None:
    run_id = await _run(database)
    command = [sys.executable, str(WORKER), database_url, str(run_id)]
    processes = [
        await asyncio.create_subprocess_exec(
            *command, mode, cwd=ROOT, stdout=asyncio.subprocess.PIPE, env={"PYTHONPATH": str(ROOT)}
        )
        for mode in ("hold", "spend", "spend")
    ]
    holder, *spenders = processes
    await _said(holder)
    holder.kill()
    booked = [int(await _said(one)) for one in spenders]
    await asyncio.gather(*(one.wait() for one in processes))
    async with database.connection() as conn:
        row = await runs_table.get(conn, run_id)
    assert row is not None
    assert row.model_tokens <= 60_000
    assert all(booked)
    assert row.model_tokens == sum(booked) + 500


async def _said(process: asyncio.subprocess.Process) -> str:
    """What it says at last, between what it logs."""
    assert process.stdout is not None
    async with asyncio.timeout(40):
        async for line in process.stdout:
            if (text := line.decode().strip()) == "holding" or text.isdecimal():
                return text
    raise AssertionError("It ended without a word.")
