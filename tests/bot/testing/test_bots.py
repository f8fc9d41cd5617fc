"""A bot with chosen cogs starts, is replaced, restarts; one that does not start says why in a sentence."""

import asyncio
from typing import Any, cast

import pytest

from bot.local_discord.server import LocalDiscord
from cogswarm import Cog, Context, NoSettings, Settings, UserError, setting
from cogswarm.testing import BotDidNotStart, BotWith, FakeClock, Person, ScriptedModel
from tests.bot.testing.cogs_to_test import counter


class _Strict(Settings):
    size: int = setting(3, ge=1, le=5, label="Size")


def _file(task: asyncio.Task[Any]) -> str:
    code = getattr(task.get_coro(), "cr_code", None)
    return str(code and code.co_filename)


@pytest.mark.parametrize(
    ("cog", "config", "said"),
    [
        (counter(), {"discord": {"message_content": False}}, "the cog counter needs the intent message_content, which"),
        (counter(), {"discord": {"token": "wrong"}}, "Discord does not accept this token"),
        (counter(), {"modles": {}}, "modles"),
        (counter(), {"models": {"main": {"backend": "scripte"}}}, "no model provider 'scripte'; did you mean scripted"),
        (Cog("strict", summary="s", settings=_Strict), {"cogs": {"strict": {"size": 9}}}, r"cogs\.strict: .*size"),
        ("standup", {}, "takes cogs, and 'standup' is none"),
    ],
)  # fmt: skip
async def test_why_it_does_not_start(
    bot_with: BotWith, cog: object, config: dict[str, Any], said: str
) -> None:
    with pytest.raises(BotDidNotStart, match=said) as failed:
        await bot_with(cast("Cog", cog), config=config)
    assert str(failed.value).startswith("The bot did not start: ")
    assert failed.value.__cause__ is None
    await bot_with(Cog("quiet", summary="s", settings=NoSettings))


async def test_an_application_in_no_server_is_named_as_the_reason(
    bot_with: BotWith, local_discord: LocalDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = local_discord.stage.world
    world.drop_member(next(iter(world.guilds)), local_discord.application_id)
    monkeypatch.setattr("bot.testing.bots.START_TIMEOUT", 0.5)
    with pytest.raises(BotDidNotStart, match=r"no server let it in within 0\.5 seconds"):
        await bot_with()


async def test_each_call_replaces_the_bot(bot_with: BotWith, member: Person) -> None:
    first, second = (Cog(name, summary="s") for name in ("first", "second"))
    for cog in (first, second):

        @cog.command(f"say_{cog.name}", help="h")
        async def say(ctx: Context, _name: str = cog.name) -> None:
            await ctx.reply(f"by {_name}")

        assert say
        await bot_with(cog)
        answer = await (await member.slash(f"say_{cog.name}")).answer()
        assert answer.text == f"by {cog.name}"
    with pytest.raises(UserError, match=r"no command /say_first here; there is: /say_second"):
        await member.slash("say_first")


async def test_nothing_to_restart(bot_with: BotWith) -> None:
    await bot_with.stop()
    with pytest.raises(UserError, match="No bot was started yet"):
        await bot_with.restart()


async def test_no_task_outlives_the_bot(bot_with: BotWith, member: Person) -> None:
    before = asyncio.all_tasks()
    await bot_with(counter())
    await (await member.slash("count")).finished()
    await bot_with.stop()
    left = {_file(task) for task in asyncio.all_tasks() - before}
    # The server and its clients are still there; nextcord lets a rate limit's pause end by itself.
    others = ("local_discord", "/uvicorn/", "/nextcord/http.py")
    assert {file for file in left if not any(other in file for other in others)} == set()


async def test_a_model_is_also_named_in_the_configuration(
    bot_with: BotWith, member: Person, scripted_model: ScriptedModel
) -> None:
    scripted_model.will_say("A thought.")
    models = {"main": {"backend": "scripted"}}
    await bot_with(counter(), config={"models": models, "agents": {"thinker": {"display_name": "Rodin"}}})
    assert (await (await member.slash("think")).next()).text == "A thought."


async def test_a_busy_model_is_asked_again_when_time_has_passed(
    bot_with: BotWith, member: Person, scripted_model: ScriptedModel, fake_clock: FakeClock
) -> None:
    scripted_model.will_be_busy(retry_after=30)
    scripted_model.will_say("There you are.")
    await bot_with(counter(), model=scripted_model)
    thinking = await member.slash("think")
    await fake_clock.until_asleep(30, at_most=60)
    assert len(scripted_model.asked) == 1
    await fake_clock.advance(31)
    assert (await thinking.next()).text == "There you are."


async def test_hours_of_the_fake_clock_disturb_no_lease(
    bot_with: BotWith, member: Person, fake_clock: FakeClock
) -> None:
    await bot_with(counter())
    for _ in range(2):
        counting = await member.slash("count", name=1)
        await fake_clock.advance(6 * 3600)
        assert (await counting.next()).text == "1"
        assert "✓ Done" in (await counting.finished()).text
