"""kill -9 of the bot while twenty programs' questions are open: each answer lands on its own call, and none is asked twice."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest
from mcp.types import CallToolResult

from bot.local_discord.client.member import Member
from tests.bot.mcp.serving.client import client, data, free_port, web
from tests.e2e.house import house, killed
from tests.waiting import eventually

QUESTIONS = 20
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def ask_all(address: str) -> list[CallToolResult | BaseException]:
    """Twenty calls side by side, under ids that stay the same; those that break off are errors."""

    async def one(program_id: int) -> CallToolResult:
        async with client(address, mode="legacy" if program_id % 2 else "auto") as program:
            return await program.call_tool(
                "ask_human", {"question": f"Number {program_id}?", "ask_id": f"q{program_id}", "wait_s": 60}
            )

    return await asyncio.gather(*(one(number) for number in range(QUESTIONS)), return_exceptions=True)


def heads(ben: Member) -> list[int]:
    """The questions that were asked in the channel, by number; one that was asked twice stands there twice."""
    texts = [str(one["content"]) for one in ben.seen.values() if "**claude** asks" in one["content"]]
    return sorted(int(text.rpartition("Number ")[2].rstrip("?")) for text in texts)


def open_questions(ben: Member) -> dict[int, dict[str, object]]:
    """The messages that can be answered, by number."""
    return {
        int(str(one["content"]).split("Number ")[1].split("?")[0]): one
        for one in ben.seen.values()
        if str(one["content"]).startswith("**Number ") and one.get("components")
    }


async def test_answers_land_on_the_right_calls_whenever_the_bot_is_killed(
    tmp_path: Path, database_url: str
) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    async with house(tmp_path, rate_limits="none") as home, home.member("ben") as ben:
        channel = await ben.channel("general")
        settings = web(
            str(next(iter(ben.guilds))), questions_in=int(channel), people=[int(ben.user_id)], wait_seconds=60
        )
        configured = home.settings(
            {}, database={"url": database_url}, embeddings="none", servers={"defaults": ["approvals"]},
            web={**settings, "port": port},
        )  # fmt: skip
        config = home.write({**configured, "tools": {}})
        early = range(0, QUESTIONS, 3)

        async def answer(numbers: Iterable[int]) -> None:
            """Answer each as soon as it can be."""
            for number in numbers:

                async def asked(number: int = number) -> bool:
                    return number in open_questions(ben)

                await eventually(asked, 60)
                shown = open_questions(ben)[number]
                await ben.say(str(shown["channel_id"]), f"answer {number}", reply_to=shown)

        async def all_asked() -> bool:
            return len(open_questions(ben)) == QUESTIONS

        # Killed while people answer: some answers are known to the bot by then, some are in flight, some not yet said.
        async with home.bot(config) as bot:
            calls = asyncio.create_task(ask_all(address))
            await eventually(all_asked, 60)
            await answer(early)
            await killed(bot)
            first = await calls
        assert any(isinstance(one, BaseException) for one in first)
        async with home.bot(config):
            calls = asyncio.create_task(ask_all(address))
            await answer(number for number in range(QUESTIONS) if number not in early)
            results = await calls
        answers = [data(one)["answer"] for one in results if isinstance(one, CallToolResult)]
        assert answers == [f"answer {number}" for number in range(QUESTIONS)]
        told = {
            number: data(one)["answer"] for number, one in enumerate(first) if isinstance(one, CallToolResult)
        }
        assert all(said == f"answer {number}" for number, said in told.items())
        assert heads(ben) == list(range(QUESTIONS))
