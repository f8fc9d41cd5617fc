"""/why tells what was refused, also before the bot's last start, and what Discord does not let the bot do."""

from typing import Any

from psycopg import sql

from bot.clock import Clock
from bot.discord import refused_table
from bot.plugins import refusals_table
from bot.plugins.doorkeeper import Doorkeeper
from bot.plugins.gate import Access, GuildRules, Knock
from bot.plugins.refusal_book import RefusalBook
from bot.plugins.refusals_table import KEPT
from bot.storage.database import Database
from cogs.admin import admin
from cogswarm.testing import BotWith
from tests.cogs.admin.conftest import Reader
from tests.cogs.admin.test_cogs_command import greet


async def test_reasons_and_counts_outlive_a_restart(bot_with: BotWith, boss: Reader, bo: Reader) -> None:
    bot = await bot_with(greet(), admin)
    role = next(one for one in boss.local.stage.world.roles.values() if one.name == "Reviewer")
    await boss.ask("cogs access", cog="greet", rule="allow", who=str(role.id))
    reason = f"“greet” is for people with one of these roles: <@&{role.id}>."
    assert await bo.ask("greet") == reason
    said = await bo.person.say("hi bot")
    assert reason in await bo.ask("why", message=said.id), "which came in before the question did"
    for _ in range(2):
        bot = await bot_with.restart()
        assert "people without a role for it 2" in await boss.ask("cogs info", cog="greet")
        assert reason in await bo.ask("why")
        assert reason in await bo.ask("why", message=said.id)
    other = await bo.person.say("another")
    assert "greet" in await bo.ask("why", message=other.id)
    assert "As things stand" in await bo.ask("why", message="12345678901234567")
    async with bot.database.transaction() as conn:
        await refused_table.note(
            conn, int(bo.person.channel_id), "post", code=50013, reason="Missing Permissions", first=60,
            longest=60,
        )  # fmt: skip
    told = await bo.ask("why")
    assert "Discord does not let me say something in this channel (Missing Permissions)" in told
    assert "I try again <t:" in told


async def test_the_owners_limits_are_shown_as_the_owners(bot_with: BotWith, boss: Reader) -> None:
    limits: dict[str, Any] = {"agents": [], "models": ["offline"], "budget": {"tokens": 20_000}}
    await bot_with(greet(), admin, config={"servers": {"limits": limits}})
    told = await boss.ask("cogs list")
    assert "The owner of this bot lets this server have:" in told
    assert "- agents: none" in told
    assert "- language models: offline" in told
    assert "at most 20,000 tokens" in told
    await bot_with(greet(), admin)
    assert "lets this server have" not in await boss.ask("cogs list")


def _refused(member: int, *, way: Any = "command", bot: bool = False) -> Knock:
    return Knock("research", 1, author_id=member, author_is_bot=bot, way=way)


async def test_what_nobody_wants_costs_no_rows_and_what_is_kept_is_bounded(database: Database) -> None:
    off = GuildRules(let_in=True, enabled=frozenset())
    only_nine = GuildRules(
        let_in=True,
        enabled=frozenset({"research"}),
        access={"research": (Access("member", 9, allowed=True),)},
    )
    rules = [off]
    keeper = Doorkeeper(lambda _: rules[0], Clock().now)
    book = RefusalBook(keeper, database)
    for number in range(500):
        assert keeper.knock(_refused(5, way="message"), 1000 + number)
        assert keeper.knock(_refused(6, way="message", bot=True), 5000 + number)
    await book.write()
    assert await _number(database, "refusal") == 0
    assert await _number(database, "refusal_count") == 2, (
        "a count for each reason, whatever there is to count"
    )
    rules[0] = only_nine
    for number in range(KEPT + 50):
        assert keeper.knock(_refused(5, way="message"), 10_000 + number)
        assert keeper.knock(_refused(100 + number))
    await book.write()
    assert await _number(database, "refusal") == 2 * KEPT, "of members and of messages the latest"
    async with database.connection() as conn:
        (last,) = await refusals_table.about(conn, 1, "message", 10_000 + KEPT + 49)
        assert last.reason == "member_not_allowed"
        assert await refusals_table.about(conn, 1, "message", 10_000) == []
    fresh = Doorkeeper(lambda _: only_nine, Clock().now)
    after = RefusalBook(fresh, database)
    await after.open(1)
    assert fresh.counts(1) == {
        "cog_disabled": 500,
        "from_a_bot": 500,
        "member_not_allowed": 2 * KEPT + 100,
    }
    turned = await after.about_member(1, 100 + KEPT)
    assert turned is not None
    assert turned.refused.reason == "member_not_allowed"
    assert await after.about_member(2, 100 + KEPT) is None, "of this server only"


async def _number(database: Database, table: str) -> int:
    async with database.connection() as conn:
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
        cursor = await conn.execute(query)
        row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


async def test_what_could_not_be_written_is_written_later() -> None:
    keeper = Doorkeeper(lambda _: GuildRules(let_in=True, enabled=frozenset()), Clock().now)
    assert keeper.knock(_refused(5))
    counts, refusals = keeper.take_news()
    assert keeper.take_news() == ({}, [])
    assert keeper.knock(_refused(5))
    keeper.give_back(counts, refusals)
    again, kept = keeper.take_news()
    assert again == {(1, "research", "cog_disabled"): 2}
    assert [one.subject_id for one in kept] == [5]
    assert keeper.counts(1) == {"cog_disabled": 2}
