"""Concurrency across processes, pausing in the middle of work, and outages that are told once."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from bot.agents import choices_table, slots_table
from bot.agents.choices_table import AgentChoice
from bot.agents.duty import AgentBusy, AgentPaused, DutySettings, RunDuty
from bot.agents.persona import Model
from bot.clock import Clock
from bot.discord.surface import DiscordSurface
from bot.errors import UserError
from bot.llm.breakers import BreakerChange, Breakers
from bot.llm.offline.backend import OfflineBackend
from bot.llm.protocol import BackendUnreachable
from bot.storage.database import Database
from bot.work import runs_table
from bot.work.outages import Outages, out_of_order
from bot.work.runs_table import NewRun
from bot.work.taint import RunTaint
from tests.bot.agents.at_work import ADA, Office, People

QUICK = DutySettings(lease=5, heartbeat=0.05, look=0.01, patience=0.1, delegated_patience=0.0)
OTHER = Model("other", OfflineBackend())


async def _run(database: Database) -> UUID:
    run_id = uuid4()
    async with database.transaction() as conn:
        await runs_table.insert(
            conn, NewRun(run_id, "lab", "w", {}, "t", ADA), status_row=None, thread_row=None
        )
    return run_id


def _duty(database: Database, run_id: UUID, settings: DutySettings = QUICK) -> RunDuty:
    models = {"other": OTHER}
    return RunDuty(database, People(), Clock(), uuid4(), run_id, ADA.guild_id, models.get, settings)


def _quiet(_text: str) -> None: ...


async def test_an_agent_works_on_so_many_things_at_once_across_processes(database: Database) -> None:
    persona = Office().persona(concurrency=2)
    first, second, third = [await _run(database) for _ in range(3)]
    said: list[str] = []
    async with _duty(database, first).working(persona, _quiet, patient=True):
        async with _duty(database, second).working(persona, _quiet, patient=True):
            patient = replace(QUICK, patience=0.5)
            with pytest.raises(AgentBusy, match="2 things at once"):
                async with _duty(database, third, patient).working(persona, said.append, patient=True):
                    pytest.fail("there was no room")
            assert said[0] == "waiting, others were first"
            # A run that is at work already needs no further room: it would wait for itself.
            async with (
                _duty(database, second).working(persona, _quiet, patient=False),
                database.connection() as conn,
            ):
                assert [one.run_id for one in await slots_table.at_work(conn)] == [first, second]
        async with _duty(database, third).working(persona, _quiet, patient=False):
            pass
    async with database.connection() as conn:
        assert await slots_table.at_work(conn) == []


async def test_what_a_dead_process_held_is_free_after_its_lease(database: Database) -> None:
    persona = Office().persona(concurrency=1)
    first, second = await _run(database), await _run(database)
    async with database.connection() as conn:
        assert await slots_table.take(conn, "writer", 1, uuid4(), first, 1, 0.2) == 1
    patient = replace(QUICK, patience=10)
    async with _duty(database, second, patient).working(persona, _quiet, patient=True):
        pass


async def test_admins_are_heard_between_two_steps(database: Database) -> None:
    duty = _duty(database, await _run(database))
    office = Office()
    persona = office.persona()
    assert await duty.current(persona, ADA) is persona
    clock = Clock()

    async def choose(choice: AgentChoice) -> None:
        async with database.transaction() as conn:
            await choices_table.put(
                conn, 1, "writer", "model", AgentChoice(), choice, member_name="Bo", at=clock.now()
            )

    await choose(AgentChoice(model="other", changed_by=9))
    assert [one.name for one in (await duty.current(persona, ADA)).models] == ["other", "model1"]
    await choose(AgentChoice(model="gone", changed_by=9))
    assert await duty.current(persona, ADA) is persona
    await choose(AgentChoice(paused=True, changed_by=9))
    with pytest.raises(AgentPaused, match="<@9>"):
        await duty.current(persona, ADA)
    with pytest.raises(UserError, match="<@&5>"):
        await duty.current(replace(persona, roles=frozenset({5})), ADA)


async def test_a_mark_is_never_taken_away(database: Database) -> None:
    run_id = await _run(database)
    taint = RunTaint(database, run_id)
    assert not await taint.marked()
    await asyncio.gather(taint.mark("feeds.read"), taint.mark("history"))
    assert await RunTaint(database, run_id).marked()


async def test_an_outage_is_told_once_whoever_sees_it(database: Database) -> None:
    nothing: object = None
    surface = DiscordSurface(nothing, Clock())  # pyright: ignore[reportArgumentType] - writing needs no API
    first, second = Outages(database, surface, 77 << 22), Outages(database, surface, 77 << 22)
    async with database.transaction() as conn:
        await conn.execute(
            "INSERT INTO guild_cog (guild_id, cog, settings) VALUES (1, 'admin', '{\"alert_channel\": 330301440}')"
        )

    async def said() -> list[str]:
        async with database.connection() as conn:
            cursor = await conn.execute("SELECT payload->>'content' FROM outbox ORDER BY id")
            return [str(row[0]) for row in await cursor.fetchall()]

    opened = BreakerChange("the model gpt", "open", 30.0)
    for outages in (first, second, first):
        await outages.tell(opened)
        await outages.tell(BreakerChange("the model gpt", "half-open"))
    assert len(await said()) == 2
    assert "The model gpt is out of order" in (await said())[0]
    async with database.connection() as conn:
        assert await out_of_order(conn) == {"the model gpt"}
    closed = BreakerChange("the model gpt", "closed")
    await first.tell(closed)
    await second.tell(closed)
    assert [text for text in await said() if "works again" in text] == ["The model gpt works again."] * 2
    await second.tell(opened)
    assert len(await said()) == 6
    async with database.transaction() as conn:  # nobody saw its end
        await conn.execute("UPDATE service_outage SET until = now() - interval '1 day'")
    await first.tell(opened)
    assert len(await said()) == 8


async def test_breakers_of_one_name_are_one_and_their_changes_are_heard() -> None:
    heard: list[BreakerChange] = []
    breakers = Breakers(heard.append, jitter=lambda: 1.0, clock=Clock(monotonic=lambda: 100.0))
    breaker = breakers.get("the tools feeds", failures=(BackendUnreachable,))
    assert breakers.get("the tools feeds", failures=(BackendUnreachable,)) is breaker
    for _ in range(5):
        with pytest.raises(BackendUnreachable):
            async with breaker.attempt():
                raise BackendUnreachable("gone")
    assert heard == [BreakerChange("the tools feeds", "open", 10.0)]
    assert breakers.states() == {"the tools feeds": "open"}
