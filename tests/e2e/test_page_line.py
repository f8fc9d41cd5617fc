"""The page when things go wrong or grow long: lost lines, refused messages, old messages, many at once."""

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Local
from tests.e2e.cut_proxy import cut_proxy
from tests.e2e.page_visitor import Visit
from tests.e2e.scripted_bot import Json, ScriptedBot, button, row

pytestmark = pytest.mark.asyncio(loop_scope="module")

FROM_END = "log => log.scrollHeight - log.scrollTop - log.clientHeight"


async def test_a_lost_line_is_shown_and_nothing_is_missed_or_doubled(
    visit: Visit, bot: ScriptedBot, local: Local
) -> None:
    channel = await bot.channel("cut")
    gone = await bot.post(channel, "deleted meanwhile")
    async with cut_proxy(local.port) as line:
        guest = await visit(channel, base_url=line.address)
        await guest.sees("deleted meanwhile")
        line.cut()
        await expect(guest.page.get_by_text("The server does not answer; trying again…")).to_be_visible()
        for number in range(3):
            await bot.post(channel, f"while away {number}")
        await bot.call("DELETE", f"/channels/{channel}/messages/{gone['id']}")
        line.mend()
        await expect(guest.page.get_by_text("The server does not answer")).to_have_count(0)
        for number in range(3):
            await guest.sees(f"while away {number}")
        await guest.sees("deleted meanwhile", times=0)
        await bot.post(channel, "live again")
        await guest.sees("live again")


async def test_a_session_that_cannot_be_resumed_is_begun_anew(
    visit: Visit, bot: ScriptedBot, local: Local
) -> None:
    channel = await bot.channel("anew")
    guest = await visit(channel)
    headers = {"X-Local-Key": local.key}
    await guest.page.evaluate("() => { document.querySelector('#app').dataset.line = 'watched' }")
    answer = await bot.http.post("/local/gateway", headers=headers, json={"action": "invalidate"})
    assert answer.is_success, answer.text
    await guest.ready()
    made = await bot.channel("made-later")
    await expect(guest.page.locator(f'[data-place="{made}"]')).to_be_visible()
    await bot.post(channel, "still here")
    await guest.sees("still here")


async def test_what_could_not_be_sent_says_why_and_is_tried_again(
    visit: Visit, bot: ScriptedBot, local: Local
) -> None:
    channel = await bot.channel("unsent")
    async with cut_proxy(local.port) as line:
        guest = await visit(channel, base_url=line.address)
        line.cut()
        await guest.say("is this on?")
        failed = await guest.sees("The server cannot be reached.")
        await expect(failed).to_contain_text("is this on?")
        line.mend()
        await expect(guest.page.locator('#app[data-line="ready"]')).to_be_attached()
        await failed.get_by_role("button", name="Try again").click()
        await guest.sees("The server cannot be reached.", times=0)
        await guest.sees("is this on?")
    messages = await bot.call("GET", f"/channels/{channel}/messages")
    assert [message["content"] for message in messages] == ["is this on?"]


async def test_a_refusal_is_told_in_discords_words(visit: Visit, bot: ScriptedBot, local: Local) -> None:
    channels = await bot.call("GET", f"/guilds/{bot.guild}/channels")
    rules = next(channel["id"] for channel in channels if channel["name"] == "rules")
    guest = await visit(rules)
    await expect(guest.main.get_by_text("You do not have permission to write here.")).to_be_visible()
    await expect(guest.box).to_be_hidden()

    channel = await bot.channel("refusing")
    await guest.go(channel)
    await guest.ready()
    refusal = {"path": f"*/channels/{channel}/messages", "method": "POST", "status": 403, "body": {
        "code": 50013, "message": "Missing Permissions",
    }}  # fmt: skip
    made = await bot.http.post("/local/faults", headers={"X-Local-Key": local.key}, json=refusal)
    assert made.is_success, made.text
    await guest.say("may I?")
    refused = await guest.sees("Missing Permissions.")
    await refused.get_by_role("button", name="Discard").click()
    await guest.sees("may I?", times=0)


async def test_older_messages_come_when_scrolling_up_and_the_view_stays(
    visit: Visit, bot: ScriptedBot
) -> None:
    channel = await bot.channel("long")
    for number in range(70):
        await bot.post(channel, f"line {number:03}")
    guest = await visit(channel)
    log = guest.main.get_by_role("log")
    await guest.sees("line 069")
    await guest.sees("line 019", times=0)
    assert await log.evaluate(FROM_END) < 2
    await log.evaluate("log => { log.scrollTop = 100 }")
    await guest.sees("line 000")
    await expect(guest.main.get_by_text("This is the start of #long.")).to_be_attached()
    shown = await guest.message("line 020").evaluate("item => item.getBoundingClientRect().top")
    top = await log.evaluate("log => log.getBoundingClientRect().top")
    assert -200 < shown - top < 300  # what was being read is still in view


async def test_a_reader_further_up_is_not_moved_by_what_comes_in(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("reading")
    posted: list[Json] = [await bot.post(channel, f"line {number:03}") for number in range(45)]
    guest = await visit(channel)
    log = guest.main.get_by_role("log")
    await guest.sees("line 044")
    await log.evaluate("log => { log.scrollTop = 400 }")
    jump = guest.main.get_by_role("button", name="Jump to newest")
    await expect(jump).to_be_visible()
    first = "log => [...log.querySelectorAll('article')].find(a => a.getBoundingClientRect().bottom > log.getBoundingClientRect().top + 1)"
    place = f"log => {{ const a = ({first})(log); return [a.textContent, a.getBoundingClientRect().top] }}"
    words, top = await log.evaluate(place)
    await bot.edit(posted[0], content="line 000\nis now\nmuch\nlonger")
    await bot.call("DELETE", f"/channels/{channel}/messages/{posted[1]['id']}")
    await bot.post(channel, "something new")
    await expect(guest.main.get_by_role("button", name="1 new message")).to_be_visible()
    assert await log.evaluate(place) == [
        words,
        pytest.approx(top, abs=1.5),
    ]  # scrolling rounds to device pixels
    await guest.main.get_by_role("button", name="1 new message").click()
    await expect(jump).to_be_hidden()
    await bot.post(channel, "and\nsome\nmore")
    await guest.sees("and some more")
    assert await log.evaluate(FROM_END) < 2


async def test_nothing_shifts_while_messages_stream_in(visit: Visit, bot: ScriptedBot) -> None:
    channel = await bot.channel("steady")
    await bot.post(channel, "the first message")
    guest = await visit(channel)
    await guest.sees("the first message")
    await guest.page.evaluate(
        """() => {
          window.shift = 0;
          new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shift += entry.value })
            .observe({ type: 'layout-shift', buffered: false });
        }"""
    )
    for number in range(40):
        await bot.post(
            channel, f"message {number}", components=[row(button("Go", "go"))] if number % 9 == 0 else []
        )
    await guest.sees("message 39")
    assert await guest.main.get_by_role("log").evaluate(FROM_END) < 2
    assert await guest.page.evaluate("() => window.shift") < 0.01


async def test_an_event_that_overtakes_a_page_of_history_wins(visit: Visit) -> None:
    page = (await visit()).page
    told = await page.evaluate(
        """async () => {
          const { Timeline } = await import('/page/timeline.js');
          const message = (id, content) => ({ id, content, author: { id: '1' }, flags: 0 });
          const options = { limit: 50, local: (m) => m.flags === 64 };
          const timeline = new Timeline();
          timeline.create({ ...message('9', 'only mine'), flags: 64 });
          timeline.startFetch();
          timeline.create(message('12', 'live'));
          timeline.update({ id: '10', content: 'edited' });
          timeline.remove('11');
          timeline.finishFetch([message('11', 'stale'), message('10', 'old')], options);
          const first = timeline.messages.map((m) => m.content);
          timeline.startFetch();
          timeline.finishFetch([message('12', 'live'), message('10', 'edited again')], options);
          return [first, timeline.messages.map((m) => m.content), timeline.complete];
        }"""
    )
    assert told == [["only mine", "edited", "live"], ["only mine", "edited again", "live"], True]
