"""A person at the local Discord's page and a bot behind it: messages, threads, reactions, commands, buttons, forms."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.local_discord.server import Config, running
from bot.local_discord.settings import Settings
from tests.e2e.conftest import Local
from tests.e2e.page_visitor import Visit, visitor
from tests.e2e.scripted_bot import Json, ScriptedBot, button, logged_in, row

pytestmark = pytest.mark.asyncio(loop_scope="module")

COMMAND, COMPONENT, AUTOCOMPLETE, FORM = 2, 3, 4, 5
MESSAGE, DEFERRED, UPDATE, CHOICES, MODAL = 4, 5, 7, 8, 9
EPHEMERAL = 64
HARBOUR = Path(__file__).with_name("harbour.yaml")
RESEARCH: Json = {
    "name": "research",
    "description": "Research a topic and answer with sources",
    "options": [
        {
            "type": 3,
            "name": "topic",
            "description": "What you want to know",
            "required": True,
            "autocomplete": True,
        },
        {"type": 4, "name": "sources", "description": "How many to read", "min_value": 1, "max_value": 9},
        {"type": 5, "name": "quick", "description": "Only a short look"},
    ],
}
RUNS: Json = {
    "name": "runs",
    "description": "Look after runs",
    "options": [
        {"type": 1, "name": "list", "description": "Show what runs"},
        {
            "type": 1, "name": "stop", "description": "Stop one",
            "options": [{"type": 4, "name": "number", "description": "Which", "required": True}],
        },
    ],
}  # fmt: skip


async def test_the_key_leaves_the_address_and_survives_a_reload(visit: Visit) -> None:
    guest = await visit()
    assert "key=" not in guest.page.url
    await guest.page.reload()
    await guest.ready()
    await expect(guest.main.get_by_role("heading", name="welcome")).to_be_visible()


async def test_without_the_key_the_page_says_what_to_do(local: Local, browser: Browser) -> None:
    page = await browser.new_page()
    try:
        await page.goto(f"{local.base_url}/?key=wrong")
        await expect(page.get_by_role("heading", name="This address is no longer good")).to_be_visible()
    finally:
        await page.close()


async def test_people_and_bots_talk_and_messages_are_grouped(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("talk")
    guest = await visit(channel)
    await guest.say("hello there")
    await guest.sees("hello there")
    await bot.post(channel, "one")
    await bot.post(channel, "two")
    await bot.say_as(channel, "Researcher", "three")
    await guest.sees("three")
    authors = guest.main.locator(".author:not(.visually-hidden)")
    await expect(authors).to_have_text(["Ben Lindqvist", "cogswarm", "Researcher"])
    await expect(guest.main.locator(".tag")).to_have_text(["APP", "APP"])
    await expect(guest.message("hello there")).not_to_have_class("pending")


async def test_edits_and_deletions_are_seen_live(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("edits")
    guest = await visit(channel)
    first, second = await bot.post(channel, "draft"), await bot.post(channel, "to be gone")
    await guest.sees("to be gone")
    await bot.edit(first, content="final **text**")
    edited = await guest.sees("final text")
    await expect(edited.locator(".edited")).to_have_text("(edited)")
    await expect(edited.locator("strong")).to_have_text("text")
    await bot.call("DELETE", f"/channels/{channel}/messages/{second['id']}")
    await guest.sees("to be gone", times=0)


async def test_own_messages_are_edited_answered_and_deleted(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("own")
    guest = await visit(channel)
    await guest.say("teh text")
    await expect(guest.message("teh text").and_(guest.page.locator("[data-id]"))).to_be_visible()
    await guest.box.press("ArrowUp")
    editor = guest.page.get_by_label("Edit the message")
    await editor.fill("the text")
    await editor.press("Enter")
    mine = await guest.sees("the text (edited)")

    await mine.hover()
    await guest.page.get_by_role("button", name="Reply").click()
    await guest.say("an answer to it")
    answer = await guest.sees("an answer to it")
    await expect(answer.locator(".quoted-text")).to_have_text("the text")

    await answer.hover()
    await guest.page.get_by_role("button", name="More", exact=True).click()
    await guest.page.get_by_role("menuitem", name="Delete").click()
    await guest.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await guest.sees("an answer to it", times=0)


async def test_embeds_show_title_fields_and_footer(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("cards")
    embed = {
        "title": "Sources", "url": "https://example.org/", "description": "**1** [A page](https://example.org/a)",
        "fields": [{"name": "Kept", "value": "5", "inline": True}], "footer": {"text": "offline"}, "color": 0x0B6E63,
    }  # fmt: skip
    await bot.post(channel, embeds=[embed])
    guest = await visit(channel)
    card = guest.main.locator(".embed")
    await expect(card.locator(".embed-title a")).to_have_attribute("href", "https://example.org/")
    await expect(card.get_by_role("link", name="A page")).to_have_attribute("rel", "noopener noreferrer")
    await expect(card.locator("dt")).to_have_text("Kept")
    await expect(card.locator(".embed-footer")).to_have_text("offline")


async def test_reactions_are_joined_and_left_and_followed_live(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("votes")
    message = await bot.post(channel, "vote here")
    await bot.call("PUT", f"/channels/{channel}/messages/{message['id']}/reactions/%E2%9C%85/@me")
    guest = await visit(channel)
    pill = guest.main.locator(".reaction")
    await expect(pill).to_have_attribute("aria-label", "✅, 1 reaction")
    await pill.click()
    await expect(pill).to_have_attribute("aria-label", "✅, 2 reactions")
    await expect(pill).to_have_attribute("aria-pressed", "true")
    await pill.click()
    await expect(pill).to_have_attribute("aria-label", "✅, 1 reaction")

    await guest.message("vote here").hover()
    await guest.page.get_by_role("button", name="Add a reaction").click()
    await guest.page.get_by_role("button", name="React with 👍").click()
    await expect(pill).to_have_count(2)
    await guest.page.reload()
    await expect(guest.main.get_by_role("button", name="👍, 1 reaction")).to_have_attribute(
        "aria-pressed", "true"
    )


async def test_a_thread_opens_beside_the_channel_and_its_progress_is_edited(
    visit: Visit, bot: ScriptedBot
) -> None:
    channel = await bot.channel("threads")
    starter = await bot.post(channel, "asked: solar power")
    guest = await visit(channel)
    thread = await bot.thread_on(starter, "Solar power")
    progress = await bot.post(thread, "planning", components=[row(button("Stop", "stop"))])
    card = guest.main.locator(".thread-card")
    await expect(card).to_contain_text("1 message")
    await expect(guest.page.get_by_role("navigation").get_by_role("link", name="Solar power")).to_be_visible()
    await card.click()
    await expect(guest.side.get_by_role("heading", name="Solar power")).to_be_visible()

    stop = guest.side.get_by_role("button", name="Stop")
    await stop.focus()
    for stage in ("searching", "reading", "writing"):
        await bot.edit(progress, content=stage)
        await expect(guest.side.locator(".part-body", has_text=stage)).to_be_visible()
    await expect(stop).to_be_focused()

    await guest.side.locator("textarea").fill("and at night?")
    await guest.side.locator("textarea").press("Enter")
    await expect(guest.side.locator("li.message-item", has_text="and at night?")).to_be_visible()
    await expect(card).to_contain_text("2 messages")
    await guest.side.get_by_role("link", name="Hide the thread").click()
    await expect(guest.side).to_have_count(0)


async def test_a_thread_that_i_caused_opens_by_itself(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("own-thread")
    await bot.post(channel, "pick one", components=[row(button("Heat pumps", "ask:1", 1))])
    guest = await visit(channel)
    await guest.main.get_by_role("button", name="Heat pumps").click()
    pressed = await bot.next(COMPONENT, channel)
    await bot.answer(pressed, 6)
    started = await bot.post(channel, "on it")
    await bot.thread_on(started, "Heat pumps")
    await expect(guest.side.get_by_role("heading", name="Heat pumps")).to_be_visible()


async def test_channels_and_threads_not_open_are_marked_unread(visit: Visit, bot: ScriptedBot) -> None:
    here, there = await bot.channel("here"), await bot.channel("there")
    guest = await visit(here)
    place = guest.page.locator(f'[data-place="{there}"]')
    await expect(place.locator(".dot")).to_have_count(0)
    await bot.post(there, "news")
    await expect(place.locator(".dot")).to_be_visible()
    ben = await guest.page.evaluate("() => sessionStorage.getItem('cogswarm.member')")
    await bot.post(there, f"<@{ben}> look", allowed_mentions={"users": [ben]})
    await expect(place.locator(".badge")).to_have_text("1 mention")
    await guest.go(there)
    await expect(guest.main.locator(".divider.unread")).to_have_count(0)  # nothing was read here before
    await expect(place.locator(".badge, .dot")).to_have_count(0)


async def test_a_command_is_picked_filled_in_and_answered_later(visit: Visit, bot: ScriptedBot) -> None:
    await bot.commands(RESEARCH, RUNS)
    channel = await bot.channel("commands")
    guest = await visit(channel)
    await guest.box.press_sequentially("/")
    options = guest.main.get_by_role("option")
    await expect(options).to_have_count(3)
    await expect(options.first).to_contain_text("Research a topic and answer with sources")
    await guest.box.press_sequentially("res")
    await expect(options).to_have_count(1)
    await guest.box.press("Tab")

    topic = guest.main.get_by_role("combobox", name="topic, required")
    await expect(topic).to_be_focused()
    await topic.press_sequentially("sol")
    asked = await bot.next(AUTOCOMPLETE, channel, lambda i: i["data"]["options"][0]["value"] == "sol")
    await bot.answer(asked, CHOICES, {"choices": [{"name": "Solar power", "value": "solar-1"}]})
    await expect(options).to_have_text(["Solar power"])
    await topic.press("ArrowDown")
    await topic.press("Enter")
    await expect(topic).to_have_value("Solar power")

    await guest.main.get_by_role("button", name="sources").click()
    sources = guest.main.get_by_role("textbox", name="sources")
    await sources.fill("12")
    await sources.press("Enter")
    await expect(guest.main.locator(".field-problem")).to_have_text(["", "The number must be at most 9."])
    await sources.fill("3")
    await sources.press("Enter")
    used = await bot.next(COMMAND, channel)
    values = {option["name"]: option["value"] for option in used["data"]["options"]}
    assert values == {"topic": "solar-1", "sources": 3}

    await bot.answer(used, DEFERRED)
    thinking = await guest.sees("cogswarm is thinking")
    await expect(thinking.locator(".context-line")).to_have_text("Ben Lindqvist used /research")
    await bot.follow_up(used, content="here is what I found")
    await guest.sees("here is what I found")
    await guest.sees("is thinking", times=0)


async def test_a_missing_option_is_named_and_escape_leaves_the_command(
    visit: Visit, bot: ScriptedBot
) -> None:
    await bot.commands(RESEARCH, RUNS)
    guest = await visit(await bot.channel("missing"))
    await guest.box.press_sequentially("/runs stop")
    await guest.box.press("Enter")
    number = guest.main.get_by_label("number, required")
    await number.press("Enter")
    await expect(guest.main.get_by_text("Fill in what is required: number.")).to_be_visible()
    await expect(number).to_have_attribute("aria-invalid", "true")
    await number.press("Escape")
    await expect(guest.box).to_be_focused()


async def test_a_command_can_be_typed_out_whole(visit: Visit, bot: ScriptedBot) -> None:
    await bot.commands(RESEARCH, RUNS)
    channel = await bot.channel("typed")
    guest = await visit(channel)
    await guest.box.fill("/research topic: tidal power at night quick: True")
    await expect(guest.main.get_by_label("topic, required")).to_have_value("tidal power at night")
    await guest.main.get_by_role("button", name="Send").click()
    used = await bot.next(COMMAND, channel)
    assert [(o["name"], o["value"]) for o in used["data"]["options"]] == [
        ("topic", "tidal power at night"),
        ("quick", True),
    ]
    await bot.answer(used, MESSAGE, {"content": "done"})
    await guest.sees("done")
    await expect(guest.main.locator(".pending")).to_have_count(0)


async def test_late_choices_of_an_earlier_text_are_dropped(visit: Visit, bot: ScriptedBot) -> None:
    await bot.commands(RESEARCH)
    channel = await bot.channel("stale")
    guest = await visit(channel)
    await guest.box.fill("/research topic: a")
    topic = guest.main.get_by_label("topic, required")
    early = await bot.next(AUTOCOMPLETE, channel, lambda i: i["data"]["options"][0]["value"] == "a")
    await topic.press_sequentially("b")
    late = await bot.next(AUTOCOMPLETE, channel, lambda i: i["data"]["options"][0]["value"] == "ab")
    await bot.answer(late, CHOICES, {"choices": [{"name": "for ab", "value": "ab"}]})
    options = guest.main.get_by_role("option")
    await expect(options).to_have_text(["for ab"])
    await bot.answer(early, CHOICES, {"choices": [{"name": "for a", "value": "a"}]})
    await topic.press_sequentially("c")
    last = await bot.next(AUTOCOMPLETE, channel, lambda i: i["data"]["options"][0]["value"] == "abc")
    await bot.answer(last, CHOICES, {"choices": []})
    await expect(guest.main.get_by_text("Nothing fits what you typed.")).to_be_visible()
    await expect(guest.main.get_by_text("for a", exact=True)).to_have_count(0)


async def test_a_bot_that_does_not_answer_is_said_so(browser: Browser) -> None:
    impatient = Config(scene=HARBOUR, settings=Settings(interaction_timeout=1.0))
    async with (
        running(impatient) as local,
        logged_in(local.base_url, local.bot_token) as bot,
    ):
        await bot.commands(RESEARCH)
        channel = await bot.channel("silence")
        await bot.post(channel, "press", components=[row(button("Quiet", "quiet"))])
        async with visitor(browser, local.base_url, local.key, channel) as guest:
            await guest.main.get_by_role("button", name="Quiet").click()
            await expect(guest.main.locator(".part-components .component-problem")).to_have_text(
                "The application did not respond."
            )
            await guest.box.fill("/research topic: nothing")
            await guest.main.get_by_label("topic, required").press("Enter")
            failed = await guest.sees("The application did not respond.", times=2)
            await bot.next(COMMAND, channel)
            await failed.last.get_by_role("button", name="Try again").click()
            await bot.answer(await bot.next(COMMAND, channel), MESSAGE, {"content": "this time"})
            await guest.sees("this time")
            await guest.sees("The application did not respond.", times=1)


async def test_only_the_one_who_acted_sees_a_private_answer(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("private")
    await bot.post(
        channel, "press", components=[row(button("Mine", "mine", 3), button("Off", "off", 4, disabled=True))]
    )
    ben, ada = await visit(channel), await visit(channel)
    await ada.become("ada")
    await expect(ben.main.get_by_role("button", name="Off")).to_be_disabled()
    await ben.main.get_by_role("button", name="Mine").click()
    await bot.answer(await bot.next(COMPONENT, channel), MESSAGE, {"content": "a secret", "flags": EPHEMERAL})
    secret = await ben.sees("a secret")
    await expect(secret).to_contain_text("Only you can see this")
    await bot.post(channel, "for all")
    await ada.sees("for all")
    await ada.sees("a secret", times=0)
    await secret.get_by_role("button", name="Dismiss").click()
    await ben.sees("a secret", times=0)


async def test_a_button_on_an_agents_message_reaches_the_bot(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("agents")
    await bot.say_as(channel, "Researcher", "shall I go on?", components=[row(button("Continue", "go-on"))])
    guest = await visit(channel)
    await guest.main.get_by_role("button", name="Continue").click()
    pressed = await bot.next(COMPONENT, channel)
    assert pressed["data"]["custom_id"] == "go-on"
    await bot.answer(pressed, MESSAGE, {"content": "going on"})
    await guest.sees("going on")


async def test_a_select_sends_its_value_and_the_message_is_updated(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("selects")
    options = [{"label": name, "value": name.lower()} for name in ("Red", "Green", "Blue")]
    menu = {"type": 3, "custom_id": "colour", "placeholder": "A colour", "options": options}
    several = {"type": 3, "custom_id": "more", "placeholder": "Some", "options": options, "max_values": 2}
    await bot.post(channel, "choose", components=[row(menu), row(several)])
    guest = await visit(channel)
    await guest.main.get_by_label("A colour").select_option("green")
    chosen = await bot.next(COMPONENT, channel)
    assert chosen["data"]["values"] == ["green"]
    await bot.answer(chosen, UPDATE, {"content": "you chose green"})
    await guest.sees("you chose green")

    group = guest.main.get_by_role("group", name="Some")
    for name in ("Red", "Green", "Blue"):
        await group.get_by_label(name).check()
    await expect(group.get_by_role("button", name="Done")).to_be_disabled()
    await group.get_by_label("Green").uncheck()
    await group.get_by_role("button", name="Done").click()
    both = await bot.next(COMPONENT, channel)
    assert both["data"]["values"] == ["red", "blue"]
    await bot.answer(both, UPDATE, {"content": "thanks", "components": []})
    await guest.sees("thanks")
    await expect(group).to_have_count(0)


async def test_a_button_may_open_a_form(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("forms")
    await bot.post(channel, "more?", components=[row(button("Narrow it down", "narrow", 1))])
    guest = await visit(channel)
    await guest.main.get_by_role("button", name="Narrow it down").click()
    field = {"type": 4, "custom_id": "why", "label": "What matters most?", "style": 2, "required": True}
    form = {"custom_id": "form:1", "title": "Narrow it down", "components": [row(field)]}
    await bot.answer(await bot.next(COMPONENT, channel), MODAL, form)
    dialog = guest.page.get_by_role("dialog", name="Narrow it down")
    await dialog.get_by_label("What matters most?").fill("the cost")
    await dialog.get_by_role("button", name="Submit").click()
    sent = await bot.next(FORM, channel)
    assert sent["data"]["components"][0]["components"][0]["value"] == "the cost"
    await bot.answer(sent, MESSAGE, {"content": "noted"})
    await guest.sees("noted")
    await expect(dialog).to_have_count(0)


async def test_others_typing_is_shown_until_they_have_written(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("typing")
    guest = await visit(channel)
    await bot.call("POST", f"/channels/{channel}/typing")
    await expect(guest.main.locator(".typing")).to_have_text("cogswarm is typing…")
    await bot.post(channel, "written")
    await expect(guest.main.locator(".typing")).to_be_empty()


async def test_a_name_typed_with_at_becomes_a_mention(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("names")
    guest = await visit(channel)
    await guest.box.press_sequentially("hey @cog")
    await expect(guest.main.get_by_role("option")).to_have_text(["@cogswarmapp"])
    await guest.box.press("Enter")
    await guest.box.press_sequentially("and `@cogswarm`")
    await guest.box.press("Enter")
    said = await guest.sees("hey @cogswarm and @cogswarm")
    await expect(said.locator(".mention")).to_have_text("@cogswarm")
    messages = await bot.call("GET", f"/channels/{channel}/messages?limit=1")
    assert messages[0]["content"] == f"hey <@{bot.id}> and `@cogswarm`"


async def test_switching_the_person_changes_whose_reaction_and_message_it_is(
    visit: Visit, bot: ScriptedBot
) -> None:
    channel = await bot.channel("people")
    message = await bot.post(channel, "agree?")
    await bot.call("PUT", f"/channels/{channel}/messages/{message['id']}/reactions/%F0%9F%91%8D/@me")
    guest = await visit(channel)
    await expect(guest.page.locator(".me .me-role")).to_have_text("Reviewer")
    await guest.main.locator(".reaction").click()
    await guest.become("ada")
    await expect(guest.page.locator(".me .me-role")).to_have_text("Admin")
    pill = guest.main.locator(".reaction")
    await expect(pill).to_have_attribute("aria-pressed", "false")
    await pill.click()
    await expect(pill).to_have_attribute("aria-label", "👍, 3 reactions")
    await guest.say("from me")
    said = await guest.sees("from me")
    await expect(said.locator("h3")).to_have_text("Ada Okafor")
    await guest.page.reload()
    await expect(guest.page.locator(".me .me-name")).to_contain_text("Ada Okafor")
