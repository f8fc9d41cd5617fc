"""kill -9 in the middle of an answer, with another question waiting behind it: each is answered, once, and in order."""

from importlib import metadata
from pathlib import Path

import pytest

from tests.chaos.breakpoints import BOTH, Point, breakpoints
from tests.chaos.clock_library import clock_library
from tests.e2e.house import House, channel_of, house, killed
from tests.sizes import size
from tests.waiting import eventually

POINTS = [
    Point(event, moment)
    for event in ("step talk:1:1:model", "sent thread", "sent post:1", "step look", "run done")
    for moment in BOTH
]
KILLS = size("chat: kills within one answer", small=3, stated=len(POINTS))
PROJECT = """
[project]
name = "chat_here"
version = "1"
[project.entry-points.cogswarm]
chat_here = "chat_here"
"""
MODULE = "from cogs.chat import cogswarm_cogs as cogswarm_cogs\n"

DIRECTLY = [Point("sent post:1", moment) for moment in BOTH][
    : size("chat: kills within a direct answer", small=1, stated=2)
]

pytestmark = pytest.mark.timeout(60 + 15 * KILLS)


def _config(home: House, database_url: str, feeds: dict[str, str], allow: tuple[int, ...] = ()) -> Path:
    if "chat" not in {point.name for point in metadata.entry_points(group="cogswarm")}:
        # What is installed is older than the checkout.
        folder = home.folder / "plugins" / "chat_here"
        folder.mkdir(parents=True)
        (folder / "pyproject.toml").write_text(PROJECT, "utf-8")
        (folder / "chat_here.py").write_text(MODULE, "utf-8")
    settings = home.settings(feeds, database={"url": database_url}, embeddings="none")
    settings["servers"] = {"defaults": ["chat"], "direct_messages": True, "allow": list(allow)}
    return home.write(settings)


async def test_killed_in_the_middle_of_an_answer(tmp_path: Path, database_url: str) -> None:
    async with (
        house(tmp_path) as home,
        clock_library() as library,
        breakpoints(database_url) as points,
        home.member() as ben,
    ):
        config = _config(home, database_url, library.feeds)
        channel = channel_of(ben, "research")
        bot_id = next(
            one["user"]["id"]
            for guild in ben.guilds.values()
            for one in guild["members"]
            if one["user"].get("bot")
        )

        async def settled() -> bool:
            ((left,),) = await points.rows(
                "SELECT (SELECT count(*) FROM run WHERE finished_at IS NULL)"
                " + (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending'))"
            )
            return int(left) == 0

        async def begun() -> bool:
            ((count,),) = await points.rows("SELECT count(*) FROM run")
            return int(count) > 0

        asked = None
        for point in POINTS[:: max(1, len(POINTS) // KILLS)][:KILLS]:
            await points.arm(point)
            async with home.bot(config) as bot:
                if asked is None:
                    asked = await ben.say(channel, f"<@{bot_id}> What is a water clock?")
                    await eventually(begun, 30)

                async def comes() -> bool:
                    return await points.reached() or await settled()

                await eventually(comes, 30)
                await killed(bot)
            await points.release()
        assert asked is not None
        async with home.bot(config):
            await eventually(settled, 30)
            thread = int(asked["id"])
            await ben.say(thread, "Who invented it?")
            await ben.say(thread, "And when?")

            async def all_answered() -> bool:
                ((count,),) = await points.rows("SELECT count(*) FROM run")
                return int(count) == 3 and await settled()

            await eventually(all_answered, 30)
        said = [one for one in await ben.messages(thread) if one["author"].get("bot") and one["content"]]
        assert 2 <= len(said) <= 3, "the last two questions may have been answered together"
        assert not any(one["components"] for one in said)
        assert await points.rows("SELECT DISTINCT state FROM run") == [("done",)]
        ((posts,),) = await points.rows("SELECT count(*) FROM outbox WHERE kind = 'post' AND state = 'sent'")
        assert posts == len(said)


async def test_killed_while_answering_directly(tmp_path: Path, database_url: str) -> None:
    async with (
        house(tmp_path) as home,
        clock_library() as library,
        breakpoints(database_url) as points,
        home.member() as ben,
    ):
        # Of several servers one would have to be chosen first.
        config = _config(home, database_url, library.feeds, allow=(int(next(iter(ben.guilds))),))
        members = (one for guild in ben.guilds.values() for one in guild["members"])
        direct = await ben.direct(next(one["user"]["id"] for one in members if one["user"].get("bot")))

        async def settled() -> bool:
            ((left,),) = await points.rows(
                "SELECT (SELECT count(*) FROM run WHERE finished_at IS NULL)"
                " + (SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending'))"
            )
            ((begun,),) = await points.rows("SELECT count(*) FROM run WHERE direct")
            return int(begun) == 1 and int(left) == 0

        async def connected() -> bool:
            ((count,),) = await points.rows("SELECT count(*) FROM mirror_guild")
            return int(count) > 0

        for number, point in enumerate(DIRECTLY):
            await points.arm(point)
            async with home.bot(config) as bot:
                if not number:
                    # Direct messages that nobody hears are not read back.
                    await eventually(connected, 30)
                    await ben.say(direct, "What is a water clock?")

                async def comes() -> bool:
                    return await points.reached() or await settled()

                await eventually(comes, 30)
                await killed(bot)
            await points.release()
        async with home.bot(config):
            await eventually(settled, 30)
        said = [one["content"] for one in await ben.messages(direct) if one["author"].get("bot")]
        answers = [text for text in said if "belongs to" not in text]
        assert len(answers) == 1, said
        assert answers[0].startswith("**")
        assert await points.rows("SELECT DISTINCT state FROM run") == [("done",)]
