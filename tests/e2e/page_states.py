"""Every state that the page can be brought into, one after the other, in a scene that has something of everything."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import expect

from bot.local_discord.server import Config, LocalDiscord, running
from tests.e2e.deploying import deploying
from tests.e2e.page_visitor import Visitor
from tests.e2e.scripted_bot import Json, ScriptedBot, button, logged_in, row
from tests.e2e.test_page_features import menu_of, picture, text_file

SCENE = Path(__file__).with_name("harbour.yaml")
OPTIONS: list[Json] = [{"label": name, "value": name.casefold()} for name in ("North pier", "South pier")]
PARTS: list[Json] = [
    row(button("Go", "go", 1), button("No", "no", 4), button("Wait", "wait", 3, disabled=True)),
    row({"type": 2, "style": 5, "label": "The notice", "url": "https://example.org/"}),
    row({"type": 3, "custom_id": "pier", "placeholder": "Which pier?", "options": OPTIONS}),
    row({"type": 3, "custom_id": "piers", "placeholder": "Which ones?", "options": OPTIONS, "max_values": 2}),
]
LAYOUT: list[Json] = [
    {
        "type": 17, "accent_color": 0x0B6E63, "components": [
            {"type": 10, "content": "## The week\n-# Made by the bot"},
            {"type": 9, "components": [{"type": 10, "content": "High water"}], "accessory": button("Show", "show")},
            {"type": 14, "spacing": 2},
            {"type": 12, "items": [{"media": {"url": "attachment://chart.png"}, "description": "A chart"}]},
            {"type": 13, "file": {"url": "attachment://notes.txt"}},
        ],
    }
]  # fmt: skip
TEXT = """# A heading
## and one below
1. first
2. second
||a secret|| ~~gone~~ __under__ *slanted* `code` <@{ben}> <#{channel}> <t:1700000000:R> :tide:
> said
[a link](https://example.org/) and https://example.org/page"""
FORM: Json = {
    "custom_id": "all", "title": "Everything at once", "components": [
        {"type": 10, "content": "Some **words** first."},
        {"type": 18, "label": "A line", "description": "Short.", "component": {"type": 4, "custom_id": "line", "style": 1}},
        {"type": 18, "label": "One of two", "component": {"type": 21, "custom_id": "one", "options": OPTIONS}},
        {"type": 18, "label": "Some", "component": {"type": 22, "custom_id": "some", "options": OPTIONS}},
        {"type": 18, "label": "A person", "component": {"type": 5, "custom_id": "who"}},
    ],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Harbour:
    """The running scene, with a channel that holds everything a message can hold."""

    local: LocalDiscord
    bot: ScriptedBot
    releases: str
    thread: str
    ideas: str
    full: str


async def _fill(bot: ScriptedBot, channel: str, ben: str) -> None:
    first = await bot.post(channel, TEXT.format(ben=ben, channel=channel))
    await bot.post(channel, "an answer", message_reference={"message_id": first["id"]})
    await bot.edit(await bot.post(channel, "draft"), content="mended")
    await bot.post(channel, "parts", components=PARTS)
    await bot.call("PUT", f"/channels/{channel}/messages/pins/{first['id']}")
    await bot.call("PUT", f"/channels/{channel}/messages/{first['id']}/reactions/%F0%9F%91%8D/@me")
    payload = {"flags": 1 << 15, "components": LAYOUT}
    uploads = [
        (f"files[{i}]", (f["name"], f["buffer"], f["mimeType"]))
        for i, f in enumerate([picture(), text_file("notes.txt")])
    ]
    posted = await bot.http.post(
        f"/api/v10/channels/{channel}/messages", data={"payload_json": json.dumps(payload)}, files=uploads
    )
    assert posted.is_success, posted.text


@asynccontextmanager
async def harbour() -> AsyncGenerator[Harbour]:
    """Run the scene, with a bot in it that fills a channel and answers."""
    async with (
        running(Config(scene=SCENE)) as local,
        logged_in(local.base_url, local.bot_token) as bot,
        deploying(bot, {"go": FORM}),
    ):
        world = local.stage.world
        names = {channel.name: str(channel.id) for channel in world.channels.values()}
        full = await bot.channel("everything", topic="All at once")
        ben = next(str(user.id) for user in world.users.values() if user.username == "ben")
        await _fill(bot, full, ben)
        yield Harbour(local, bot, names["releases"], names["Release 1.4"], names["ideas"], full)


type Step = Callable[[Visitor, Harbour], Awaitable[None]]


async def conversation(guest: Visitor, at: Harbour) -> None:
    await guest.go(at.releases)


async def thread(guest: Visitor, at: Harbour) -> None:
    await guest.go(f"{at.releases}/{at.thread}")
    await expect(guest.side.get_by_text("Then both stay")).to_be_visible()


async def everything(guest: Visitor, at: Harbour) -> None:
    await guest.go(at.full)
    await expect(guest.main.get_by_role("heading", name="The week")).to_be_visible()


async def whole_form(guest: Visitor, _: Harbour) -> None:
    await guest.main.get_by_role("button", name="Go", exact=True).click()
    await expect(guest.page.get_by_role("dialog", name="Everything at once")).to_be_visible()


async def message_menu(guest: Visitor, _: Harbour) -> None:
    await guest.page.keyboard.press("Escape")
    menu = await menu_of(guest, guest.message("mended"))
    await expect(menu.get_by_text("Looking for apps")).to_have_count(0)


async def emoji(guest: Visitor, _: Harbour) -> None:
    await guest.page.keyboard.press("Escape")
    await guest.message("mended").hover()
    await guest.page.get_by_role("button", name="Add a reaction").click()


async def person_menu(guest: Visitor, _: Harbour) -> None:
    await guest.page.keyboard.press("Escape")
    await guest.main.get_by_role("button", name="cogswarm").first.click()


async def pins(guest: Visitor, _: Harbour) -> None:
    await guest.page.keyboard.press("Escape")
    await guest.main.get_by_role("button", name="Pinned messages", exact=True).click()
    await expect(guest.page.get_by_role("dialog").get_by_role("article")).to_have_count(1)


async def threads(guest: Visitor, at: Harbour) -> None:
    await guest.page.keyboard.press("Escape")
    await guest.go(at.releases)
    await guest.main.get_by_role("button", name="Threads", exact=True).click()
    await expect(guest.page.get_by_role("dialog").get_by_role("link")).to_have_count(1)


async def editing(guest: Visitor, _: Harbour) -> None:
    await guest.page.keyboard.press("Escape")
    await guest.say("of my own")
    await expect(guest.message("of my own").last).to_be_visible()
    await expect(guest.main.locator(".pending")).to_have_count(0)
    await guest.box.press("ArrowUp")


async def files(guest: Visitor, _: Harbour) -> None:
    await guest.page.keyboard.press("Escape")
    await guest.main.locator('.composer > input[type="file"]').set_input_files(
        [picture(), text_file("n.txt")]
    )


async def names(guest: Visitor, _: Harbour) -> None:
    await guest.main.get_by_role("button", name="Remove n.txt").click()
    await guest.main.get_by_role("button", name="Remove chart.png").click()
    await guest.box.press_sequentially("hello @c")
    await expect(guest.main.get_by_role("option").first).to_be_visible()


async def commands(guest: Visitor, _: Harbour) -> None:
    await guest.box.fill("")
    await guest.box.press_sequentially("/")
    await expect(guest.main.get_by_role("option")).to_have_count(1)


async def options(guest: Visitor, _: Harbour) -> None:
    await guest.box.press("Enter")
    service = guest.main.get_by_role("combobox", name="service")
    await service.press("Enter")
    await service.press_sequentially("t")
    await expect(guest.main.get_by_role("option").first).to_be_visible()


async def answered(guest: Visitor, _: Harbour) -> None:
    await guest.page.keyboard.press("ArrowDown")
    await guest.page.keyboard.press("Enter")
    await guest.page.keyboard.press("Enter")
    await guest.main.get_by_role("button", name="Approve").last.click()
    await expect(guest.main.locator(".message.ephemeral").last).to_be_visible()


async def form(guest: Visitor, _: Harbour) -> None:
    await guest.main.get_by_role("button", name="Ask why").last.click()
    await expect(guest.page.get_by_role("dialog", name="Ask the requester")).to_be_visible()


async def forum(guest: Visitor, at: Harbour) -> None:
    await guest.page.keyboard.press("Escape")
    await guest.go(at.ideas)
    await expect(guest.page.get_by_role("list", name="Posts", exact=True).get_by_role("link")).to_have_count(
        2
    )


async def new_post(guest: Visitor, _: Harbour) -> None:
    await guest.page.get_by_role("button", name="New post").click()


async def read_only(guest: Visitor, at: Harbour) -> None:
    await guest.page.keyboard.press("Escape")
    rules = next(str(c.id) for c in at.local.stage.world.channels.values() if c.name == "rules")
    await guest.go(rules)
    await expect(guest.main.get_by_text("You do not have permission")).to_be_visible()


async def empty(guest: Visitor, at: Harbour) -> None:
    await guest.go(await at.bot.channel("quiet"))
    await expect(guest.main.get_by_text("This is the start of")).to_be_visible()


async def direct(guest: Visitor, _: Harbour) -> None:
    await _open_channels(guest)
    await guest.page.locator("nav [data-place]", has_text="cogswarm").click()
    await expect(guest.page.get_by_role("main", name="Direct messages with cogswarm")).to_be_visible()


async def who(guest: Visitor, _: Harbour) -> None:
    await _open_channels(guest)
    await guest.page.locator("button.me").click()


async def _open_channels(guest: Visitor) -> None:
    if await guest.page.get_by_role("button", name="Channels", exact=True).is_visible():
        await guest.page.get_by_role("button", name="Channels", exact=True).click()


async def traffic(guest: Visitor, at: Harbour) -> None:
    await guest.page.keyboard.press("Escape")
    await guest.page.get_by_role("button", name="Traffic", exact=True).click()
    await at.bot.http.get("/api/v10/channels/1")
    await expect(guest.page.locator(".panel-row.bad").last).to_be_visible()


async def exchange(guest: Visitor, _: Harbour) -> None:
    await guest.page.locator(".panel-row.bad").last.click()
    await expect(guest.page.get_by_role("region", name="Details")).to_be_visible()


async def trouble(guest: Visitor, _: Harbour) -> None:
    await guest.page.keyboard.press("Escape")
    await guest.page.get_by_role("region", name="Traffic").get_by_role("button", name="Trouble").click()
    await guest.page.get_by_role("button", name="Lose one").click()
    await expect(guest.page.get_by_role("region", name="Trouble").get_by_role("listitem")).to_have_count(1)


async def all_clear(guest: Visitor, _: Harbour) -> None:
    await guest.page.get_by_role("button", name="All clear").click()
    await guest.page.get_by_role("button", name="Close the traffic panel").click()


STATES: tuple[Step, ...] = (
    conversation, thread, everything, whole_form, message_menu, emoji, person_menu, pins, threads, editing, files, names,
    commands, options, answered, form, forum, new_post, read_only, empty, direct, who, traffic, exchange, trouble,
    all_clear,
)  # fmt: skip
