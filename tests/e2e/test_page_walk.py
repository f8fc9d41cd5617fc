"""The walk: be somebody, run a command, press a button that opens a form, react, pin, be somebody else, approve."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, cast

import pytest
from playwright.async_api import Browser, Keyboard, Locator, Page, expect

from bot.local_discord.server import Config, LocalDiscord, running
from tests.e2e.deploying import DeployBot, deploying
from tests.e2e.page_visitor import Visitor, visitor
from tests.e2e.scripted_bot import Json, ScriptedBot, logged_in

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

SCENE = Path(__file__).with_name("harbour.yaml")
REQUEST, LIVE = "wants to deploy Tide table", "Tide table is live"
MOST_TABS = 80
FOCUSED = "e => e === document.activeElement"

type Find = Callable[[Visitor], Locator]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a person does: press something, type into it, choose from a list or menu, go to a message, leave."""

    does: Literal["press", "type", "choose", "reach", "leave"]
    what: Find
    text: str = ""


def _button(name: str, *, exact: bool = True) -> Find:
    return lambda guest: guest.page.get_by_role("button", name=name, exact=exact)


def _entry(name: str) -> Find:
    return lambda guest: guest.page.get_by_role("menuitem", name=name, exact=True)


def _person(name: str) -> Find:
    return lambda guest: guest.page.get_by_role("menuitemradio", name=name)


def _dialog(name: str) -> Find:
    return lambda guest: guest.page.get_by_role("dialog", name=name)


def _request(guest: Visitor) -> Locator:
    return guest.main.locator("li.message-item[data-id]", has_text=REQUEST).filter(
        has=guest.page.get_by_role("button", name="Approve", exact=True)
    )


def _me(guest: Visitor) -> Locator:
    return guest.page.locator("button.me")


def _shows(text: str, *, times: int = 1) -> Find:
    return lambda guest: guest.message(text).nth(times - 1)


# What is done, and what must be seen before the next thing is.
WALK: tuple[tuple[Step, Find], ...] = (
    (Step("press", _me), _person("Ada Okafor")),
    (Step("choose", _person("Ada Okafor")), lambda guest: guest.page.locator(".me-name", has_text="Ada Okafor")),
    (Step("type", lambda guest: guest.box, "/dep"), lambda guest: guest.main.get_by_role("option", name="/deploy")),
    (
        Step("choose", lambda guest: guest.main.get_by_role("option", name="/deploy")),
        lambda guest: guest.main.get_by_role("combobox", name="service, required"),
    ),
    (
        Step("type", lambda guest: guest.main.get_by_role("combobox", name="service, required"), "tid"),
        lambda guest: guest.main.get_by_role("option", name="Tide table"),
    ),
    (
        Step("choose", lambda guest: guest.main.get_by_role("option", name="Tide table")),
        _button("Send"),
    ),
    (Step("press", _button("Send")), _request),
    (Step("reach", _request), _button("Ask why")),
    (Step("press", _button("Ask why")), _dialog("Ask the requester")),
    (
        Step("type", lambda guest: guest.page.get_by_role("dialog").get_by_label("Your question"), "Is it tested?"),
        _button("Submit"),
    ),
    (Step("press", _button("Submit")), _shows("A question from @Ada Okafor: Is it tested?")),
    (Step("reach", _request), _button("Add a reaction")),
    (Step("press", _button("Add a reaction")), _dialog("Choose a reaction")),
    (Step("press", _button("React with 👍", exact=False)), _button("👍, 1 reaction")),
    (Step("reach", _request), _button("More")),
    (Step("press", _button("More")), _entry("Pin")),
    (Step("choose", _entry("Pin")), _shows("Ada Okafor pinned a message")),
    (Step("press", _button("Pinned messages")), lambda guest: _dialog("Pinned messages")(guest).get_by_text(REQUEST)),
    (Step("leave", _dialog("Pinned messages")), _request),
    (Step("reach", _request), _button("Approve")),
    (Step("press", _button("Approve")), _shows("You asked for it, so somebody else has to approve it.")),
    (Step("press", _me), _person("Ben Lindqvist")),
    (Step("choose", _person("Ben Lindqvist")), lambda guest: guest.page.locator(".me-name", has_text="Ben Lindqvist")),
    (Step("reach", _request), _button("Approve")),
    (Step("press", _button("Approve")), _shows(LIVE)),
)  # fmt: skip


class Hands(Protocol):
    """How a person does things."""

    async def press(self, what: Locator) -> None:
        """Press a button or link."""
        ...

    async def type(self, what: Locator, text: str) -> None:
        """Write into a field."""
        ...

    async def choose(self, what: Locator) -> None:
        """Take one of a list or menu that is open."""
        ...

    async def reach(self, what: Locator) -> None:
        """Go to a message, so that its buttons can be used."""
        ...

    async def leave(self, what: Locator) -> None:
        """Close a window."""
        ...


@dataclass(frozen=True, slots=True)
class Mouse:
    """Points and clicks; only text is typed."""

    page: Page

    async def press(self, what: Locator) -> None:
        await what.click()

    async def type(self, what: Locator, text: str) -> None:
        await what.click()
        await self.page.keyboard.type(text)

    async def choose(self, what: Locator) -> None:
        await what.click()

    async def reach(self, what: Locator) -> None:
        await what.hover()

    async def leave(self, what: Locator) -> None:
        await what.get_by_role("button", name="Close").click()


@dataclass(frozen=True, slots=True)
class Keys:
    """Only presses keys: Tab and the arrows to get somewhere, Enter, letters, Escape."""

    keys: Keyboard
    log: Locator

    async def _go(self, what: Locator, key: str) -> None:
        for _ in range(MOST_TABS):
            if await what.evaluate(FOCUSED):
                return
            await self.keys.press(key)
        raise AssertionError(f"{key} does not lead to {what}")

    async def press(self, what: Locator) -> None:
        await self._go(what, "Tab")
        await self.keys.press("Enter")

    async def type(self, what: Locator, text: str) -> None:
        await self._go(what, "Tab")
        await self.keys.type(text)

    async def choose(self, what: Locator) -> None:
        marked = "e => e === document.activeElement || e.getAttribute('aria-selected') === 'true'"
        for _ in range(MOST_TABS):
            if await what.evaluate(marked):
                return await self.keys.press("Enter")
            await self.keys.press("ArrowDown")
        raise AssertionError(f"the arrows do not lead to {what}")

    async def reach(self, what: Locator) -> None:
        await self._go(self.log, "Tab")
        await self._go(what.locator("article"), "ArrowUp")

    async def leave(self, what: Locator) -> None:
        await expect(what).to_be_visible()
        await self.keys.press("Escape")


async def _walk(hands: Hands, guest: Visitor) -> None:
    for step, then in WALK:
        target = step.what(guest)
        await expect(target).to_be_visible()
        if step.does == "type":
            await hands.type(target, step.text)
        else:
            doing: dict[str, Callable[[Locator], Awaitable[None]]] = {
                "press": hands.press, "choose": hands.choose, "reach": hands.reach, "leave": hands.leave,
            }  # fmt: skip
            await doing[step.does](target)
        await expect(then(guest), f"after {step}").to_be_visible()


async def _what_is_there(bot: ScriptedBot, deploys: DeployBot, local: LocalDiscord) -> None:
    channel = local.stage.world.welcome_channel
    messages = cast("list[Json]", await bot.call("GET", f"/channels/{channel}/messages?limit=3"))
    notice, question, request = messages
    ids = {user.username: user.id for user in local.stage.world.users.values()}
    ada, ben = f"<@{ids['ada']}>", f"<@{ids['ben']}>"
    assert request["content"] == f"{ben} approved: **Tide table** is live, as {ada} wanted."
    assert request["components"] == []
    assert [(r["emoji"]["name"], r["count"]) for r in request["reactions"]] == [("👍", 1)]
    assert question["content"] == f"A question from {ada}: Is it tested?"
    assert (notice["type"], notice["message_reference"]["message_id"]) == (6, request["id"])
    pins = await bot.call("GET", f"/channels/{channel}/messages/pins")
    assert pins["items"][0]["message"]["id"] == request["id"]
    assert deploys.done == [
        "ada asks to deploy Tide table",
        "ada asks: Is it tested?",
        "ada may not approve",
        "ben approves Tide table",
    ]


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
async def test_the_walk(by: str, browser: Browser) -> None:
    async with (
        running(Config(scene=SCENE)) as local,
        logged_in(local.base_url, local.bot_token) as bot,
        deploying(bot) as deploys,
        visitor(
            browser, local.base_url, local.key
        ) as guest,  # fails where another host was asked for anything
    ):
        log = guest.main.get_by_role("log")
        await _walk(Mouse(guest.page) if by == "mouse" else Keys(guest.page.keyboard, log), guest)
        await _what_is_there(bot, deploys, local)
        assert await guest.announced() == [
            "cogswarm: @Ada Okafor wants to deploy Tide table. Somebody else has to approve it.",
            "cogswarm: A question from @Ada Okafor: Is it tested?",
            "cogswarm: You asked for it, so somebody else has to approve it.\nOnly you can see this.",
        ]
