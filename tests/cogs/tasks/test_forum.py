"""A forum that is a queue: its posts are tasks, and a tag of each says how it stands."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from bot.local_discord.server import Config
from cogs.tasks import messages, tasks
from cogswarm.testing import BotWith, Heard, Members, Person, ScriptedModel

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

EIGHT = set(messages.STATES.values())


@pytest.fixture
def local_discord_config() -> Config:
    return Config(scene=Path(__file__).with_name("forums.yaml"))


def shown(
    person: Person, forum: str, what: Callable[[list[str]], bool], post: str
) -> Callable[[], bool | None]:
    """Whether the names of a post's tags are right, as this person sees them."""

    def look() -> bool | None:
        there = person.client.channels
        names = {tag["id"]: tag["name"] for tag in there[forum]["available_tags"]}
        return True if what([names.get(tag, "?") for tag in there[post]["applied_tags"]]) else None

    return look


async def tagged(person: Person, forum: str, post: str, *names: str) -> None:
    def right(now: list[str]) -> bool:
        return sorted(now) == sorted(names)

    await person.wait(shown(person, forum, right, post), f"The tags {names}")


async def set_tags(person: Person, forum: str, post: str, *names: str) -> None:
    ids = {tag["name"]: tag["id"] for tag in person.client.channels[forum]["available_tags"]}
    body = {"applied_tags": [ids[name] for name in names]}
    await person.client.request("PATCH", f"/channels/{post}", body)


async def post_called(person: Person, name: str, but: str = "") -> Person:
    """The person in the post of that name, once there is one (beside one)."""

    def look() -> str | None:
        there = person.client.channels.values()
        return next((one["id"] for one in there if one["name"] == name and one["id"] != but), None)

    return await person.in_channel(int(await person.wait(look, f"The post “{name}”")))


async def first_of(post: Person) -> Heard:
    """The message that a post began with."""
    return next(one for one in await post.history() if one.id == post.channel_id)


async def test_a_tag_of_the_post_says_how_it_stands(bot_with: BotWith, members: Members) -> None:
    await bot_with(tasks, config={"cogs": {"tasks": {"queue": True}}})
    ada, bo = await members("ada", channel="general"), await members("bo", channel="general")
    forum = await ada.client.channel("requests")
    post = await (await bo.in_channel("requests")).open_thread("Mend the net", text="It has a hole")
    await post.hears("Task **#1** is 📥 available")
    await tagged(ada, forum, post.channel_id, "available")
    made = cast("list[dict[str, Any]]", ada.client.channels[forum]["available_tags"])
    by_name = {tag["name"].casefold(): tag for tag in made}
    assert by_name.keys() == EIGHT | {"urgent"}
    assert len(made) == 9, "people's own tag “Done” is taken for ours"
    assert (by_name["available"]["emoji_name"], by_name["available"]["moderated"]) == ("📥", True)

    # people's own tags stay, whatever becomes of the task
    await set_tags(ada, forum, post.channel_id, "urgent", "available")
    asked = await first_of(post)
    await bo.react(asked, "👀")
    await tagged(ada, forum, post.channel_id, "urgent", "claimed")
    await set_tags(ada, forum, post.channel_id, "urgent", "failed")
    await tagged(ada, forum, post.channel_id, "urgent", "claimed")
    await set_tags(ada, forum, post.channel_id)
    await tagged(ada, forum, post.channel_id, "claimed")
    await bo.react(asked, "✅")
    await tagged(ada, forum, post.channel_id, "Done")
    assert ada.client.channels[post.channel_id]["name"] == "Mend the net", "the tag says it, not the name"

    # somebody takes tags away: they are made again for the next post, which /task opens from elsewhere
    kept = [tag for tag in made if tag["name"] != "available"]
    await ada.client.request("PATCH", f"/channels/{forum}", {"available_tags": kept})
    told = await (await bo.slash("task", text="Paint it blue\nAll of it", queue=forum)).answer()
    assert "That is task #2" in told.text
    second = await post_called(bo, "Paint it blue")
    await second.hears("Task **#2** is 📥 available")
    await tagged(ada, forum, second.channel_id, "available")
    said = await first_of(second)
    assert "Paint it blue" in said.text
    await bo.sees_reaction(said, "📥")
    await bo.react(said, "👀")
    await second.hears(f"<@{bo.user_id}> has it.")
    await tagged(ada, forum, second.channel_id, "claimed")
    listed = await (await bo.slash("tasks list", mine=True)).answer()
    assert "**#2** Paint it blue" in listed.text


async def test_the_board_is_a_post_that_stands_first(bot_with: BotWith, members: Members) -> None:
    await bot_with(tasks, config={"cogs": {"tasks": {"queue": True}}})
    ada, bo = await members("ada", channel="general"), await members("bo", channel="general")
    forum = await ada.client.channel("requests")
    post = await (await bo.in_channel("requests")).open_thread("Mend the net", text="It has a hole")
    await post.hears("Task **#1**")
    told = await (await ada.slash("tasks board", queue=forum)).answer()
    assert "the post “Board”" in told.text
    board = await post_called(bo, "Board")
    text = await board.hears("📥 1 available")

    def pinned(place: Person) -> Callable[[], bool | None]:
        return lambda: True if int(bo.client.channels[place.channel_id]["flags"]) & 2 else None

    await bo.wait(pinned(board), "The pin")
    await bo.react(await first_of(post), "✅")
    await board.sees(text, "✅ 1 done")
    await (await ada.slash("tasks board", queue=forum)).answer()
    await ada.client.request("DELETE", f"/channels/{board.channel_id}")
    again = await post_called(bo, "Board", but=board.channel_id)
    await again.hears("✅ 1 done")
    await bo.wait(pinned(again), "The pin of the other")
    boards = [one["id"] for one in bo.client.channels.values() if one["name"] == "Board"]
    assert set(boards) <= {board.channel_id, again.channel_id}, "asked for again, it stays where it is"


async def test_parts_and_calls_for_help_are_posts(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel
) -> None:
    queue = {"queue": True, "leader": "agent", "begins_plans": True, "alarm_tasks": 1}
    await bot_with(tasks, config={"cogs": {"tasks": queue}}, model=scripted_model)
    order: dict[str, list[int]] = {"A": [], "B": [], "C": [1]}
    parts = [
        {"title": f"Part {name}", "text": name, "takes": (), "after": after} for name, after in order.items()
    ]
    scripted_model.will_give({"parts": parts})
    ada, bo = await members("ada", channel="general"), await members("bo", channel="general")
    forum = await ada.client.channel("requests")
    await (await bo.in_channel("requests")).open_thread("A sign", text="For the shop")
    for name, state in {"Part A": "available", "Part B": "available", "Part C": "blocked"}.items():
        part = await post_called(bo, name)
        await part.hears("Task **#")
        await tagged(ada, forum, part.channel_id, state)
    (asked,) = scripted_model.asked
    assert "A sign" in asked.prompt, "a post's name says what is to be done"
    await (await post_called(bo, "Help is needed here")).hears("2 tasks wait for somebody.")


async def test_what_keeps_tags_from_being_made_is_said_once(bot_with: BotWith, members: Members) -> None:
    await bot_with(tasks, config={"cogs": {"tasks": {"queue": True}}})
    ada, bo = await members("ada", channel="general"), await members("bo", channel="general")
    forum = await ada.client.channel("wishes")
    asking = await bo.in_channel("wishes")
    first, second = [await asking.open_thread(name, text=name) for name in ("One", "Two")]
    missing = (
        "Let me manage that channel (Manage Channels), or make these tags there yourself: available, claimed"
    )
    told = await bo.wait(
        lambda: [one for one in bo.client.seen.values() if missing in one["content"]] or None,
        "what is missing",
    )
    assert len(told) == 1
    await second.hears("Task **#")
    await first.hears("Task **#")

    # an admin makes them by hand; what happens from then on is shown
    body = [{"name": name} for name in sorted(EIGHT)]
    await ada.client.request("PATCH", f"/channels/{forum}", {"available_tags": body})
    await bo.react(await first_of(first), "👀")
    await tagged(ada, forum, first.channel_id, "claimed")
    said = [one for one in bo.client.seen.values() if missing in one["content"]]
    assert len(said) == 1


async def test_where_tags_cannot_be_put_posts_are_opened_and_that_is_said(
    bot_with: BotWith, members: Members
) -> None:
    await bot_with(tasks, config={"cogs": {"tasks": {"queue": True}}})
    ada, bo = await members("ada", channel="general"), await members("bo", channel="general")
    tickets, orders, full = [await bo.client.channel(name) for name in ("tickets", "orders", "full")]
    await bo.slash("task", text="A ticket", queue=tickets)
    ticket = await post_called(bo, "A ticket")
    await ticket.hears("Let me manage threads there (Manage Threads).")
    await ticket.hears("Task **#1**")

    await bo.slash("task", text="An order", queue=orders)  # every post there has to have a tag
    order = await post_called(bo, "An order")
    await tagged(bo, orders, order.channel_id, "available")
    await order.hears("Task **#2**")

    # five of people's own are all that a post can have
    own = ["new", "small", "large", "early", "late"]
    await set_tags(ada, orders, order.channel_id, *own)
    said = await first_of(order)
    await bo.react(said, "👀")
    await bo.sees_reaction(said, "👀")
    await tagged(bo, orders, order.channel_id, *own)
    await set_tags(ada, orders, order.channel_id, *own[1:])
    await tagged(bo, orders, order.channel_id, *own[1:], "claimed")

    await bo.slash("task", text="One too many", queue=full)
    last = await post_called(bo, "One too many")
    crowded = await last.hears("Take some away that nobody needs.")
    assert "it has 13 of the 20 tags that a forum can have" in crowded.text
