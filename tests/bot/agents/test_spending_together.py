"""AC-S3 in Discord: many people at once, one quota; what was counted outlives a restart, and refusals say what holds."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.local_discord.server import Config
from cogswarm.testing import BotWith, Members, Person, ScriptedModel
from tests.bot.mcp.desk import desk
from tests.sizes import size

pytestmark = pytest.mark.slow

USERS = size("AC-S3 Discord users at once", small=12, stated=50)
LIMIT = USERS // 2
PLACES = max(1, USERS // 5)
"""Channels: Discord takes five messages in five seconds in each."""
PATIENCE = 90.0
RESET = re.compile(r"it is reset <t:\d{10}:R>\.")


@pytest.fixture
def local_discord_config(tmp_path: Path) -> Config:
    """A server with as many members as there are users."""
    names = [f"user{number}" for number in range(USERS)]
    scene: dict[str, Any] = {
        "people": {name: {"name": name.title()} for name in names},
        "bots": {"cogswarm": {"privileged": ["message_content"]}},
        "guilds": [
            {
                "name": "Crowd",
                "owner": names[0],
                "members": {name: [] for name in names},
                "bots": {"cogswarm": ["administrator"]},
                "channels": [{"name": f"place{number}"} for number in range(PLACES)],
            }
        ],
        "me": names[0],
        "welcome": "place0",
    }
    file = tmp_path / "crowd.yaml"
    file.write_text(yaml.safe_dump(scene), encoding="utf-8")
    return Config(scene=file)


async def all_at_once(people: Sequence[Person]) -> list[str]:
    """What each of them is told at the end, all of whom ask at the same time."""

    async def ask(one: Person) -> str:
        return (await (await one.slash("ask", text="What is new?")).finished()).text

    return await asyncio.gather(*(ask(one) for one in people))


def refusals(told: Sequence[str]) -> list[str]:
    return [text for text in told if "✗" in text]


async def test_ac_s3_people_at_once_stay_within_the_quota_also_after_a_restart(
    bot_with: BotWith, scripted_model: ScriptedModel, members: Members
) -> None:
    people = [
        replace(await members(f"user{number}", channel=f"place{number % PLACES}"), timeout=PATIENCE)
        for number in range(USERS)
    ]
    limits = {"budgets": {"server_per_day": {"calls": LIMIT}}, "agents": {"writer": {"model": "main"}}}
    models = {"models": {"main": {"backend": "scripted"}}}
    await bot_with(desk(), config={**models, **limits})
    for _ in range(LIMIT):
        scripted_model.will_say("Nothing.")
    first = await all_at_once(people)
    # A call too many would have been one that the model has no reply for.
    assert len(scripted_model.asked) == LIMIT
    assert len(refusals(first)) == USERS - LIMIT

    await bot_with.restart()
    second = await all_at_once(people)
    assert len(scripted_model.asked) == LIMIT
    for text in [*refusals(first), *second]:
        assert f"This server has used up what it may use in a day ({LIMIT} model calls)" in text
        assert RESET.search(text)

    # With another limit after a restart, what each person has used by then still counts.
    each = {"budgets": {"member_per_day": {"calls": 1}}, "agents": limits["agents"]}
    await bot_with(desk(), config={**models, **each})
    for _ in range(USERS - LIMIT):
        scripted_model.will_say("Nothing.")
    third = await all_at_once(people)
    assert len(scripted_model.asked) == USERS
    assert [text in refusals(first) for text in first] == ["✗" not in text for text in third]
    for text in refusals(third):
        assert "You have used up what one person may use here in a day (1 model call)" in text
        assert RESET.search(text)


async def test_a_limit_of_one_piece_of_work_says_that_it_is_not_reset(
    bot_with: BotWith, scripted_model: ScriptedModel, members: Members
) -> None:
    config = {
        "models": {"main": {"backend": "scripted"}},
        "agents": {"writer": {"model": "main", "budget": {"tokens": 1_000, "reserve": 0.0}}},
    }
    await bot_with(desk(), config=config)
    asker = await members("user0", channel="place0")
    told = (await (await asker.slash("ask", text="word " * 1_000)).finished()).text
    assert "1,000 tokens, 900 seconds)" in told
    assert "holds for this piece of work alone and is not reset" in told
    assert not scripted_model.asked
