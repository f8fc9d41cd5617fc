"""No way of saying something mentions anybody: every way there is, found by looking and not by remembering."""

import ast
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import pytest

from bot.discord import private
from bot.discord.answers import Answers
from bot.discord.events import Author, Interaction, Where
from bot.discord.mentions import without_mentions
from bot.discord.surface import DiscordSurface
from bot.work.surface import Place, Say, Speaker
from tests.bot.discord.conftest import Harbour
from tests.bot.discord.test_kinds import forum

TEXT = "@everyone @here <@&1> <@1>"
ROOT = Path(__file__).parents[3]
AGENT = Speaker("Researcher")
SENDERS = {
    "bot/discord/delivery.py:send": "the outbox, each kind of which is driven below",
    "bot/discord/answers.py:_to_webhook": "driven below by what calls it",
    "bot/discord/answers.py:_callback": "driven below by what calls it",
    "bot/discord/identities.py:_free_or_new": "makes a webhook, says nothing",
    "bot/discord/delivery.py:_reopen": "opens an archived thread again, says nothing",
    "bot/discord/forum_tags.py:_asked": "makes tags of a forum, says nothing",
    "bot/discord/commands.py:_request": "registers commands, says nothing",
}


def senders() -> set[str]:
    """Every function that asks Discord's API for something other than an answer to read."""
    found: set[str] = set()
    for path in sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "cogs").rglob("*.py")]):
        if "local_discord" in path.parts:
            continue
        text = path.read_text("utf-8")
        if ".request" not in text:  # what _sends looks for: most files need not be taken apart
            continue
        for function in ast.walk(ast.parse(text)):
            if isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef) and _sends(function):
                found.add(f"{path.relative_to(ROOT)}:{function.name}")
    return found


def _sends(function: ast.AST) -> bool:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call) and node.args]
    return any(
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "request"
        and ast.unparse(call.func.value).endswith("_api")
        and not (isinstance(call.args[0], ast.Constant) and call.args[0].value == "GET")
        for call in calls
    )


def test_nothing_else_sends() -> None:
    assert senders() == set(SENDERS)


async def kinds_of(harbour: Harbour) -> set[str]:
    async with harbour.database.connection() as conn:
        cursor = await conn.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'outbox_kind_check'"
        )
        row = await cursor.fetchone()
    assert row is not None
    return set(str(row[0]).split("'")[1::2])


def methods_that_say() -> set[str]:
    return {
        name
        for name, method in inspect.getmembers(DiscordSurface, inspect.isfunction)
        if not name.startswith("_")
        and any(parameter.annotation is Say for parameter in inspect.signature(method).parameters.values())
    }


async def say_everything(harbour: Harbour, speaker: Speaker | None) -> set[str]:
    """Say something in every way there is; the answer is the surface's methods that were used."""
    surface, channel = harbour.surface, Place(channel_id=harbour.channel)
    say, ideas, used = Say(TEXT, speaker), await forum(harbour), set[str]()

    def of_surface(name: str) -> Callable[..., Awaitable[Any]]:
        used.add(name)
        return getattr(surface, name)

    async with harbour.database.transaction() as conn:
        (row,) = await of_surface("post")(conn, "post", channel, say)
        await of_surface("edit")(conn, "edit", row, Say(f"{TEXT} again", speaker))
        (other,) = await surface.post(conn, "other", channel, say)
        await of_surface("replace")(
            conn, "replace", other, Say("\n\n".join([TEXT + " word" * 350] * 3), speaker)
        )
        thread = await surface.open_thread(conn, "thread", row, TEXT)
        await surface.post(conn, "inside", thread, say)
        await surface.change_thread(conn, "rename", thread, name=TEXT)
        hidden = await surface.open_private_thread(conn, "private", harbour.channel, TEXT)
        await surface.post(conn, "hidden", hidden, say)
        await of_surface("open_forum_post")(conn, "forum", ideas, TEXT, say)
        await private.follow_up(conn, "follow", channel_id=harbour.channel, token="no", user_id=1, say=say)
    async with harbour.delivering():
        await harbour.settled()
        message = int((await harbour.messages())[0]["id"])
        async with harbour.database.transaction() as conn:
            await surface.react(conn, "react", harbour.channel, message, "👀")
            await surface.pin(conn, "pin", harbour.channel, message)
        await harbour.settled()
        async with harbour.database.transaction() as conn:
            await surface.unreact(conn, "unreact", harbour.channel, message, "👀")
            await surface.unpin(conn, "unpin", harbour.channel, message)
            await surface.delete(conn, "delete", row)
        await harbour.settled()
    return used


async def answer_everything(harbour: Harbour) -> None:
    where, author = Where(1, harbour.channel, in_thread=False), Author(1, "Bo")
    for acknowledged in (False, True):
        answers = Answers(harbour.api, Interaction(5, "token", "command", where, author, {}))
        if acknowledged:
            answers._acknowledged = True  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - as if it had been
        await answers.say_safely(TEXT)


def messages_in(body: Any) -> list[dict[str, Any]]:
    """The messages that a request carries."""
    if not isinstance(body, dict):
        return []
    whole = cast("dict[str, Any]", body)
    inner = [one for name in ("message", "data") for one in messages_in(whole.get(name))]
    return [*inner, *([whole] if "content" in whole else [])]


@pytest.mark.parametrize("speaker", [None, AGENT])
async def test_no_way_of_saying_something_mentions_anybody(harbour: Harbour, speaker: Speaker | None) -> None:
    used = await say_everything(harbour, speaker)
    await answer_everything(harbour)
    assert used == methods_that_say()
    async with harbour.database.connection() as conn:
        cursor = await conn.execute("SELECT DISTINCT kind FROM outbox WHERE attempts > 0")
        assert {str(row[0]) for row in await cursor.fetchall()} == await kinds_of(harbour)
    said = [one for request in await harbour.requests("", "*") for one in messages_in(request["body"])]
    assert len(said) > 10
    assert {str(one["allowed_mentions"]["parse"]) for one in said} == {"[]"}
    assert not any(one["allowed_mentions"].get("users") for one in said)
    told = [one for one in harbour.local.stage.world.all_messages() if "everyone" in one.content]
    assert told
    assert not any(one.mention_everyone or one.mentions or one.mention_roles for one in told)


@pytest.mark.parametrize(
    ("body", "safe"),
    [
        ({"content": "x"}, {"content": "x", "allowed_mentions": {"parse": []}}),
        ({"embeds": []}, {"embeds": [], "allowed_mentions": {"parse": []}}),
        ({"data": {"content": ""}}, {"data": {"content": "", "allowed_mentions": {"parse": []}}}),
        (
            {"content": "x", "allowed_mentions": {"users": []}},
            {"content": "x", "allowed_mentions": {"users": []}},
        ),
        ({"name": "x"}, {"name": "x"}),
        ([{"content": "x"}], [{"content": "x"}]),
        (None, None),
    ],
)
def test_what_does_not_say_whom_it_mentions_mentions_nobody(body: Any, safe: Any) -> None:
    assert without_mentions(body) == safe
