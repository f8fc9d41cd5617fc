"""What people do with messages at the page: pin, quote, find, attach, thread, and let apps look at them."""

import json
import struct
import zlib
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import FilePayload, Locator, expect

from tests.e2e.axe import findings, load
from tests.e2e.page_visitor import SMALL_PHONE, Visit, Visitor
from tests.e2e.scripted_bot import Json, ScriptedBot, button, row
from tests.e2e.test_page import COMMAND, COMPONENT, FORM, MESSAGE, MODAL, UPDATE

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODE = "```py\ndef f():\n    return 1  # one\n```"
DROP = """([name, size]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(size)], name));
  for (const type of ['dragover', 'drop'])
    document.querySelector('main.pane')
      .dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: data }));
}"""
SHOWN_IN = "log => [log.scrollWidth, log.clientWidth, document.documentElement.scrollWidth]"


def picture(name: str = "chart.png") -> FilePayload:
    """A picture of one blue dot."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    dot = zlib.compress(b"\0\x20\x60\xa0")
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", dot) + chunk(b"IEND", b"")
    return {"name": name, "mimeType": "image/png", "buffer": content}


def text_file(name: str, size: int = 12) -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": b"x" * size}


async def menu_of(guest: Visitor, message: Locator) -> Locator:
    """The menu of a message, opened from its toolbar."""
    await message.hover()
    await guest.page.get_by_role("button", name="More", exact=True).click()
    return guest.page.get_by_role("menu", name="Message actions")


async def test_code_is_coloured_when_the_server_says_how_and_plain_when_it_does_not(
    visit: Visit, bot: ScriptedBot
) -> None:
    channel = await bot.channel("code")
    guest = await visit(channel)
    await guest.page.route("**/local/highlight", lambda asked: asked.fulfill(status=500))
    async with guest.page.expect_response("**/local/highlight"):
        await bot.post(channel, CODE)
    code = guest.main.locator("pre code").first
    await expect(code).to_have_text("def f():\n    return 1  # one")
    await expect(code.locator("span")).to_have_count(0)
    await guest.page.unroute("**/local/highlight")
    await bot.post(channel, CODE.replace("one", "<b>two</b>"))
    coloured = guest.main.locator("pre code").last
    await expect(coloured.locator(".code-keyword")).to_have_text(["def", "return"])
    await expect(coloured.locator(".code-comment")).to_have_text("# <b>two</b>")
    await bot.post(channel, "```klingon\nqapla\n```")
    await guest.sees("qapla")
    await expect(guest.main.locator("pre code").last.locator("span")).to_have_count(0)


async def test_a_message_is_pinned_found_again_far_back_and_let_go(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("pins")
    oldest = await bot.post(channel, "keep this one")
    for number in range(60):
        await bot.post(channel, f"line {number:03}")
    await bot.call("PUT", f"/channels/{channel}/messages/pins/{oldest['id']}")
    guest = await visit(channel, viewport={"width": 1440, "height": 460})
    page = guest.page
    notice = await guest.sees("cogswarm pinned a message. See all pinned messages")
    # Ben may not pin
    await expect(
        (await menu_of(guest, guest.message("line 059"))).get_by_role("menuitem", name="Pin")
    ).to_have_count(0)
    await page.keyboard.press("Escape")
    await guest.become("ada")
    menu = await menu_of(guest, guest.message("line 059"))
    await menu.get_by_role("menuitem", name="Pin").click()
    await expect(page.get_by_text("Ada Okafor pinned")).to_be_visible()

    await guest.sees("keep this one", times=0)  # older than what has been read
    await notice.get_by_role("button", name="See all pinned messages").click()
    window = page.get_by_role("dialog", name="Pinned messages")
    pins = window.get_by_role("article")
    await expect(pins).to_have_count(2)
    await pins.filter(has_text="line 059").get_by_role("button", name="Unpin").click()
    await expect(pins).to_have_count(1)
    await pins.get_by_role("link", name="Jump to it").click()
    found = await guest.sees("keep this one")
    await expect(found.locator("article")).to_be_focused()
    await expect(found).to_be_in_viewport()
    await bot.post(channel, "said meanwhile")
    await expect(page.locator(f'[data-place="{channel}"] .dot')).to_be_visible()  # not read: it is not shown
    await guest.sees("said meanwhile", times=0)
    await guest.main.get_by_role("button", name="Jump to newest").click()
    await expect(await guest.sees("said meanwhile")).to_be_in_viewport()
    await expect(page.locator(f'[data-place="{channel}"] .dot')).to_have_count(0)


async def test_only_so_many_messages_are_held(visit: Visit) -> None:
    page = (await visit()).page
    told = await page.evaluate(
        """async () => {
          const { Timeline, MOST_HELD } = await import('/page/timeline.js');
          const message = (n) => ({ id: String(10000 + n), content: String(n), author: { id: '1' }, flags: 0 });
          const page = (from, to) => Array.from({ length: to - from }, (_, i) => message(to - 1 - i));
          const timeline = new Timeline();
          const read = (way, from, to) => {
            timeline.startFetch();
            timeline.finishFetch(page(from, to), { way, limit: 50, local: () => false, newest: '14999' });
            return [timeline.messages.length, timeline.messages[0].content, timeline.detached, timeline.complete];
          };
          const steps = [read('newest', 4950, 5000)];
          for (let end = 4950; end > 4500; end -= 50) read('older', end - 50, end);
          steps.push(read('older', 4450, 4500));
          timeline.create(message(5000));
          steps.push(timeline.messages.some((m) => m.content === '5000'));
          steps.push(read('around', 0, 50), read('newer', 50, 100), read('newest', 4951, 5001));
          for (let n = 5001; n < 5600; n += 1) timeline.create(message(n));
          return [...steps, timeline.messages.length <= MOST_HELD + 100, timeline.newest.content];
        }"""
    )
    assert told == [
        [50, "4950", False, False],
        [400, "4450", True, False],
        False,
        [50, "0", True, False],
        [100, "0", True, False],
        [50, "4951", False, False],
        True,
        "5599",
    ]


async def test_files_are_chosen_described_taken_out_and_sent(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("files")
    guest = await visit(channel)
    page = guest.page
    chooser = guest.main.locator('.composer > input[type="file"]')
    await chooser.set_input_files([picture(), text_file("notes.txt"), text_file("wrong.txt")])
    tray = guest.main.get_by_role("list", name="Files to be sent")
    await expect(tray.get_by_role("listitem")).to_have_count(3)
    await tray.get_by_label("Describe chart.png").fill("A blue dot")
    await tray.get_by_role("button", name="Remove wrong.txt").click()
    await page.evaluate(DROP, ["big.bin", 10 * 1024 * 1024 + 1])
    await expect(guest.main.get_by_text("big.bin is too large")).to_be_visible()
    await expect(tray.get_by_role("listitem")).to_have_count(2)
    await guest.box.press("Enter")  # files alone are a message
    await expect(guest.main.get_by_role("img", name="A blue dot")).to_be_visible()
    await expect(guest.main.get_by_role("link", name="notes.txt")).to_be_visible()
    await expect(tray).to_be_hidden()
    await page.evaluate(DROP, ["dropped.txt", 7])
    await expect(tray).to_contain_text("dropped.txt")
    sent = (await bot.call("GET", f"/channels/{channel}/messages"))[0]["attachments"]
    assert [(each["filename"], each.get("description")) for each in sent] == [
        ("chart.png", "A blue dot"), ("notes.txt", None),
    ]  # fmt: skip


async def test_a_command_and_a_form_take_files_and_every_kind_of_answer(
    visit: Visit, bot: ScriptedBot
) -> None:
    option = {"type": 11, "name": "file", "description": "What to read", "required": True}
    await bot.commands({"name": "upload", "description": "Read a file", "options": [option]})
    channel = await bot.channel("taking")
    guest = await visit(channel)
    await guest.box.fill("/upload ")
    field = guest.main.get_by_role("button", name="file, required")
    await guest.main.locator('.field input[type="file"]').set_input_files([text_file("read.txt")])
    await expect(field).to_have_text("read.txt")
    await field.press("Enter")
    used = await bot.next(COMMAND, channel)
    files: Json = used["data"]["resolved"]["attachments"]
    assert [each["filename"] for each in files.values()] == ["read.txt"]

    options = [{"label": name, "value": name.lower()} for name in ("Red", "Blue")]
    parts: list[Json] = [
        {"type": 5, "custom_id": "who"},
        {"type": 21, "custom_id": "one", "options": options},
        {"type": 22, "custom_id": "some", "options": options, "min_values": 1, "max_values": 2},
        {"type": 23, "custom_id": "sure"},
        {"type": 19, "custom_id": "proof", "required": False},
    ]
    labels = ["Who", "One", "Some", "Sure", "Proof"]
    form = {"custom_id": "all", "title": "Everything", "components": [
        {"type": 18, "label": label, "component": part} for label, part in zip(labels, parts, strict=True)
    ]}  # fmt: skip
    await bot.answer(used, MODAL, form)
    dialog = guest.page.get_by_role("dialog", name="Everything")
    await dialog.get_by_label("Who").select_option(label="Chiyo Tanaka")
    await dialog.get_by_role("button", name="Submit").click()
    await expect(dialog.get_by_text("Choose one.", exact=True)).to_be_visible()
    await dialog.get_by_role("group", name="One").get_by_label("Blue").check()
    await dialog.get_by_role("group", name="Some").get_by_label("Red").check()
    await dialog.get_by_label("Sure").check()
    await dialog.locator('input[type="file"]').set_input_files([text_file("proof.txt")])
    await dialog.get_by_role("button", name="Submit").click()
    sent = await bot.next(FORM, channel)
    answers = {
        c["component"]["custom_id"]: c["component"] for c in sent["data"]["components"] if "component" in c
    }
    assert (answers["one"]["value"], answers["some"]["values"], answers["sure"]["value"]) == (
        "blue", ["red"], True,
    )  # fmt: skip
    assert len(answers["who"]["values"]) == len(answers["proof"]["values"]) == 1
    await bot.answer(sent, MESSAGE, {"content": "all there"})
    await guest.sees("all there")
    await expect(dialog).to_have_count(0)


async def test_apps_are_asked_about_a_message_and_a_person(visit: Visit, bot: ScriptedBot) -> None:
    await bot.commands({"name": "Sum it up", "type": 3}, {"name": "Who is it", "type": 2})
    channel = await bot.channel("apps")
    message = await bot.post(channel, "a long story")
    guest = await visit(channel)
    menu = await menu_of(guest, guest.message("a long story"))
    await menu.get_by_role("menuitem", name="Sum it up").click()
    used = await bot.next(COMMAND, channel)
    assert used["data"]["target_id"] == message["id"]
    await bot.answer(used, MESSAGE, {"content": "short"})
    await expect((await guest.sees("short")).locator(".context-line")).to_have_text(
        "Ben Lindqvist used Sum it up"
    )
    await guest.message("a long story").get_by_role("button", name="cogswarm").click()
    await guest.page.get_by_role("menuitem", name="Who is it").click()
    used = await bot.next(COMMAND, channel)
    assert used["data"]["target_id"] == bot.id
    await bot.answer(used, MESSAGE, {"content": "it is me"})
    await guest.sees("it is me")


async def test_threads_are_started_left_closed_and_found_again(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("topics")
    await bot.post(channel, "let us discuss boats")
    guest = await visit(channel)
    page = guest.page
    menu = await menu_of(guest, guest.message("let us discuss boats"))
    await menu.get_by_role("menuitem", name="Create a thread").click()
    asked = page.get_by_role("dialog", name="Create a thread")
    await expect(asked.get_by_label("Name")).to_have_value("let us discuss boats")
    await asked.get_by_label("Name").fill("Boats")
    await asked.get_by_role("button", name="Create the thread").click()
    await expect(guest.side.get_by_role("heading", name="Boats")).to_be_visible()
    # it shows the message it began with as its author wrote it
    await expect(guest.side.locator(".author").first).to_have_text("cogswarm")
    actions = guest.side.get_by_role("button", name="Thread actions")
    await actions.click()
    await page.get_by_role("menuitem", name="Leave").click()
    await expect(guest.side.locator(".pane-topic")).to_have_text("Thread in #topics")
    await actions.click()
    await page.get_by_role("menuitem", name="Close the thread").click()
    await expect(guest.side.locator(".pane-topic")).to_have_text("Thread in #topics · closed")
    await guest.side.get_by_role("link", name="Hide the thread").click()
    await page.reload()
    await guest.ready()
    await guest.main.get_by_role("button", name="Threads", exact=True).click()
    window = page.get_by_role("dialog", name="Threads")
    await expect(window.get_by_text("No thread is in use here.")).to_be_visible()
    await window.get_by_role("link", name="Boats").click()
    await guest.side.locator("textarea").fill("ahoy")
    await guest.side.locator("textarea").press("Enter")
    await expect(guest.side.locator(".pane-topic")).to_have_text("Thread in #topics · joined")  # open again


async def test_a_forum_lists_its_posts_and_takes_new_ones(visit: Visit, bot: ScriptedBot) -> None:
    tags = [{"name": "bug"}, {"name": "wish"}]
    forum = await bot.channel("ideas", type=15, available_tags=tags)
    guest = await visit()
    page = guest.page
    await guest.go(forum)
    await expect(page.get_by_text("Nobody has posted here yet.")).to_be_visible()
    await page.get_by_role("button", name="New post").click()
    form = page.get_by_role("dialog", name="New post in ideas")
    await form.get_by_label("Title").fill("Faster boats")
    await form.get_by_role("button", name="Post", exact=True).click()
    await expect(form.get_by_text("Write a message or add a file.")).to_be_visible()
    await form.get_by_label("wish").check()
    await form.get_by_label("Message").fill("with two sails")
    await form.get_by_role("button", name="Post", exact=True).click()
    await expect(guest.side.get_by_text("with two sails")).to_be_visible()
    posts = page.get_by_role("list", name="Posts", exact=True).get_by_role("link")
    await expect(posts.filter(has_text="Faster boats")).to_contain_text("wish")
    await page.get_by_role("button", name="bug").click()
    await expect(page.get_by_text("No open post has this tag.")).to_be_visible()


async def test_somebody_is_written_to_mentioned_and_counted_while_being_another(
    visit: Visit, bot: ScriptedBot
) -> None:
    channel, other = await bot.channel("counted"), await bot.channel("elsewhere")
    await bot.post(channel, "before")
    guest = await visit(channel)
    page = guest.page
    await guest.become("ada")
    await guest.become("ben")
    await guest.box.press_sequentially("hello @Ada")
    await guest.box.press("Enter")  # takes the name from the list
    await guest.box.press_sequentially("see #elsew")
    await guest.box.press("Tab")
    await guest.box.press("Enter")
    said = await guest.sees("hello @Ada Okafor see #elsewhere")
    await expect(said.get_by_role("link", name="#elsewhere")).to_have_attribute("href", f"#/{other}")
    await guest.box.fill("half a thought")
    await guest.go(other)
    await guest.become("ada")
    place = page.locator(f'[data-place="{channel}"]')
    await expect(place.locator(".badge")).to_have_text("1 mention")
    await guest.go(channel)
    await expect(guest.box).to_have_value("")  # what Ben began to write is Ben's
    await expect(guest.main.locator(".message.mentions-me")).to_have_count(1)
    await expect(place.locator(".badge")).to_have_count(0)
    await guest.become("ben")
    await expect(guest.box).to_have_value("half a thought")

    # the bot has a direct line
    await page.get_by_role("button", name="Write to cogswarm").click()
    await expect(page.get_by_role("main", name="Direct messages with cogswarm")).to_be_visible()
    await guest.say("just between us")
    await guest.sees("just between us")
    await page.reload()
    await guest.ready()
    await guest.sees("just between us")


async def test_who_reacted_is_told_on_hover_and_focus_and_goes_with_escape(
    visit: Visit, bot: ScriptedBot
) -> None:
    channel = await bot.channel("tips")
    message = await bot.post(channel, "vote")
    await bot.call("PUT", f"/channels/{channel}/messages/{message['id']}/reactions/%E2%9C%85/@me")
    guest = await visit(channel)
    pill = guest.main.locator(".reaction")
    await pill.click()
    tip = guest.page.get_by_role("tooltip")
    await guest.page.mouse.move(0, 0)
    await guest.main.get_by_role("log").focus()
    await pill.hover()
    await expect(tip).to_have_text("Ben Lindqvist and cogswarm reacted with ✅")
    await guest.page.mouse.move(0, 0)
    await expect(tip).to_have_count(0)
    await guest.page.keyboard.press("ArrowUp")
    await guest.page.keyboard.press("Tab")
    await guest.page.keyboard.press("Tab")
    await expect(pill).to_be_focused()
    await expect(tip).to_be_visible()
    await guest.page.keyboard.press("Escape")
    await expect(tip).to_have_count(0)

    # by keyboard: search, arrows, Enter
    await guest.message("vote").hover()
    await guest.page.get_by_role("button", name="Add a reaction").click()
    await guest.page.keyboard.type("rock")
    await guest.page.keyboard.press("ArrowDown")
    await guest.page.keyboard.press("Enter")
    await expect(guest.main.get_by_role("button", name="🚀, 1 reaction")).to_be_visible()


async def test_selects_offer_people_roles_and_channels_and_layouts_show_their_parts(
    visit: Visit, bot: ScriptedBot
) -> None:
    channel = await bot.channel("parts")
    kinds = {5: "A person", 6: "A role", 7: "Either", 8: "A channel"}
    await bot.post(channel, "choose", components=[
        row({"type": kind, "custom_id": f"s{kind}", "placeholder": name}) for kind, name in kinds.items()
    ])  # fmt: skip
    layout = [{"type": 17, "components": [
        {"type": 10, "content": "## In a box"},
        {"type": 9, "components": [{"type": 10, "content": "a section"}], "accessory": button("Press", "p")},
        {"type": 14, "spacing": 2},
        {"type": 12, "items": [{"media": {"url": "attachment://chart.png"}, "description": "A dot", "spoiler": True}]},
        {"type": 13, "file": {"url": "attachment://notes.txt"}},
    ]}]  # fmt: skip
    payload = {"flags": 1 << 15, "components": layout}
    names = [picture(), text_file("notes.txt")]
    uploads = [(f"files[{i}]", (f["name"], f["buffer"], f["mimeType"])) for i, f in enumerate(names)]
    posted = await bot.http.post(
        f"/api/v10/channels/{channel}/messages", data={"payload_json": json.dumps(payload)}, files=uploads
    )
    assert posted.is_success, posted.text
    guest = await visit(channel)
    wanted = {5: "Chiyo Tanaka", 6: "@Reviewer", 7: "@Admin", 8: "#rules"}
    for kind, name in kinds.items():
        await guest.main.get_by_label(name).select_option(label=wanted[kind])
        chosen = await bot.next(COMPONENT, channel)
        assert chosen["data"]["custom_id"] == f"s{kind}"
        assert len(chosen["data"]["values"]) == 1
        await bot.answer(chosen, UPDATE, {"content": f"chose {kind}"})
        await guest.sees(f"chose {kind}")
    box = guest.main.locator(".container")
    await expect(box.get_by_role("heading", name="In a box")).to_be_visible()
    await expect(box.get_by_role("link", name="notes.txt")).to_be_visible()
    await expect(box.get_by_role("img", name="A dot")).to_be_hidden()
    await box.get_by_role("button", name="Show the spoiler").click()
    await expect(box.get_by_role("img", name="A dot")).to_be_visible()
    await expect(guest.main.locator(".part-attachments .file")).to_have_count(0)  # not shown twice


async def test_nothing_that_is_written_breaks_a_narrow_page(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("narrow", topic="T" * 900)
    zalgo = "".join(letter + "\u0301\u0302\u0331\u0348" * 8 for letter in "it comes")
    for text in ("W" * 1900, "\u202eright to left \u05e9\u05dc\u05d5\u05dd", zalgo, "> " * 400 + "deep",
                 f"# {'H' * 300}\n`{'c' * 400}`\n```{'k' * 400}```"):  # fmt: skip
        await bot.post(channel, text)
    await bot.post(channel, embeds=[{"title": "T" * 256, "author": {"name": "A" * 256}, "footer": {"text": "F" * 900},
                                     "fields": [{"name": "N" * 200, "value": "V" * 300, "inline": True}]}])  # fmt: skip
    options = [{"label": "O" * 100, "value": str(n), "description": "D" * 100} for n in range(25)]
    select = {"type": 3, "custom_id": "s", "placeholder": "P" * 150, "max_values": 25, "options": options}
    buttons = row(*(button("L" * 80, f"b{n}") for n in range(5)))
    await bot.post(channel, "parts", components=[row(select), buttons])
    await bot.say_as(channel, "N" * 80, f"https://discord.com/channels/{bot.guild}/{channel}")
    guest = await visit(channel, viewport=SMALL_PHONE, touch=True)
    await expect(guest.main.locator("a.mention")).to_have_text("#narrow")
    wide, room, page = await guest.main.get_by_role("log").evaluate(SHOWN_IN)
    assert wide == room
    assert page == SMALL_PHONE["width"]


async def test_a_poll_is_voted_in_and_shows_how_it_stands(
    visit: Visit, bot: ScriptedBot, node_modules: Path
) -> None:
    channel = await bot.channel("polls")
    guest = await visit(channel)
    answers = [{"poll_media": {"text": text}} for text in ("Oak", "Elm")]
    sent = await bot.post(channel, poll={"question": {"text": "Which tree?"}, "answers": answers})
    asked = guest.main.get_by_role("group", name="Which tree?")
    oak, elm = (asked.get_by_role("button", name=name) for name in ("Oak", "Elm"))
    await oak.click()
    await expect(oak).to_have_attribute("aria-pressed", "true")
    await expect(oak).to_have_accessible_name("Oak 1 vote · 100 %")
    await elm.click()
    await expect(elm).to_have_attribute("aria-pressed", "true")
    await expect(oak).to_have_accessible_name("Oak 0 votes · 0 %")
    await elm.click()
    await expect(elm).to_have_attribute("aria-pressed", "false")
    await oak.click()
    await expect(asked).to_contain_text("1 vote · Ends")
    await load(guest.page, node_modules)
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        await guest.page.emulate_media(color_scheme=scheme)
        assert await findings(guest.page) == []
    await bot.call("POST", f"/channels/{channel}/polls/{sent['id']}/expire")
    await expect(oak).to_be_disabled()
    await expect(guest.main).to_contain_text("“Oak” has won with 1 of 1 votes")
