"""Whoever notes, pins or takes off a fact may die at any await: there is one message of it, pinned once, or taken off."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import uuid4

import pytest

from bot.clock import Clock
from bot.memory.facts.desk import Facts, FactServices
from bot.memory.facts.fact import Fact, NewFact
from bot.memory.facts.index_message import IndexRules
from bot.memory.facts.marking import FactWords
from tests.bot.discord.conftest import Harbour, harbour
from tests.bot.discord.fate import Fate, FatedDatabase, Killed
from tests.bot.discord.test_killed_anywhere import SETTINGS, doomed
from tests.sizes import size
from tests.waiting import eventually

__all__ = ["harbour"]

KILLS = size("kills between a fact and its pin", small=6, stated=60)
WORDS = FactWords(
    said=lambda fact: f"fact {fact.number}: {fact.text}",
    over=lambda fact: f"over {fact.number}",
    index=lambda facts: f"{len(facts)} facts",
    no_room="no room",
    may_not_pin="may not pin",
)
NO_INDEX = IndexRules(after=0)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def facts_of(harbour: Harbour, database: Any) -> Facts:
    services = FactServices(database, harbour.surface, uuid4, Clock())
    return Facts(services, harbour.guild, "test", harbour.channel, harbour.channel)


async def lives(harbour: Harbour, fate: Fate, text: str) -> None:
    """One life: note a fact, look after it, remove another, as far as it gets."""
    facts = facts_of(harbour, cast("Any", FatedDatabase(harbour.database, fate)))
    try:
        before = [one for one in await facts.here() if one.text != text]
        await facts.note(NewFact(harbour.channel, harbour.channel, text, "Ada", 1), WORDS)
        for one in before:
            await facts.remove(one.id, WORDS)
        await facts.look(harbour.channel, WORDS, NO_INDEX)
    except Killed:
        return


@asynccontextmanager
async def after_death(harbour: Harbour) -> AsyncGenerator[None]:
    async with harbour.database.connection() as conn:
        await conn.execute("UPDATE outbox_lease SET until = now()")
    async with harbour.delivering(SETTINGS):
        yield


async def one_turn(
    harbour: Harbour, turn: int, note_at: int | None, deliver_at: int | None
) -> tuple[int, int]:
    """A fact, by a process that dies and a deliverer that dies; then by others. Gives the points that each met."""
    text, note, deliver = f"turn {turn}", Fate(note_at), Fate(deliver_at)
    async with doomed(harbour, deliver, SETTINGS) as first:
        await lives(harbour, note, text)

        async def is_over() -> bool:
            return first.done() or await harbour.count("state IN ('pending', 'sending')") == 0

        await eventually(is_over)
    async with after_death(harbour):
        await lives(harbour, Fate(), text)
        await harbour.settled()
        await facts_of(harbour, harbour.database).look(harbour.channel, WORDS, NO_INDEX)
        await harbour.settled()
    await is_as_it_should_be(harbour, text)
    return len(note.points), len(deliver.points)


async def is_as_it_should_be(harbour: Harbour, text: str) -> None:
    """One message that says it, pinned once; nothing else is pinned, and the table says the same."""
    stage = harbour.local.stage
    messages = list(stage.world.messages(harbour.channel))
    said = [one for one in messages if one.content.endswith(f": {text}")]
    assert len(said) == 1
    assert [one.id for one in messages if one.pinned_at is not None] == [said[0].id]
    notices = [
        one for one in messages if one.reference is not None and one.reference.message_id == said[0].id
    ]
    assert len(notices) == 1
    found: list[Fact] = await facts_of(harbour, harbour.database).here()
    assert [(one.text, one.message_id) for one in found] == [(text, said[0].id)]


async def test_a_fact_is_said_once_and_pinned_once_wherever_somebody_dies(harbour: Harbour) -> None:
    noting, delivering = await one_turn(harbour, 0, None, None)
    for turn in range(1, KILLS + 1):
        if turn % 2:
            await one_turn(harbour, turn, max(1, turn * noting // KILLS), None)
        else:
            await one_turn(harbour, turn, None, max(1, turn * delivering // KILLS))
