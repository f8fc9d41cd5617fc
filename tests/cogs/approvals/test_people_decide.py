"""What people see and do: changing what is approved, saying why not, the inbox, standing in, questions of every kind."""

from datetime import timedelta

import pytest

from bot.local_discord.server import LocalDiscord
from cogs.approvals import approvals
from cogswarm import Cog, Context, Policy, Run, Who
from cogswarm.testing import BotWith, Conversation, FakeClock, Members, Person, ScriptedModel
from tests.cogs.approvals.conftest import Post, config_of, pressed
from tests.cogs.approvals.test_tool_approval import role_of


async def filled(person: Person, message: object, label: str, **values: str) -> str:
    form = await person.click(message, label)  # pyright: ignore[reportArgumentType] - a message that was heard
    return (await person.answer_to(await person.submit(form, **values))).text


def council(seen: list[object]) -> Cog:
    cog = Cog("council", summary="Decides")

    @cog.workflow
    async def ask(run: Run, kind: str) -> None:
        everybody = Who(everybody=True)
        match kind:
            case "options":
                answer = await run.ask(
                    "it", "Which colour?", options={"r": "Red", "b": "Blue"}, other=True, who=everybody
                )
            case "many":
                numbers = {str(one): f"Number {one}" for one in range(9)}
                answer = await run.ask("it", "Which number?", options=numbers, who=everybody, needed=2)
            case "form":
                answer = await run.ask(
                    "it", "Who comes?", fields={"who": "Name", "when": "Day"}, who=everybody
                )
            case "late":
                answer = await run.ask(
                    "it", "Tea?", options={"y": "Yes"}, default="y", within=timedelta(hours=2), who=everybody
                )
            case _:
                policy = Policy(Who(members=(int(kind),)))
                done = await run.approve("it", "Ring the bell", "Ring it twice", policy=policy, replies=True)
                seen.append((done.approved, done.payload, done.reason))
                return
        seen.append(None if answer is None else (answer.value, answer.by))

    @cog.command("council", help="Ask")
    async def start(ctx: Context, kind: str) -> None:
        await ctx.start(ask, title=f"Council on {kind}", kind=kind)

    assert start
    return cog


async def test_what_is_approved_can_be_changed_and_a_no_goes_back_with_its_reason(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, post: Post
) -> None:
    bo, chen, ada = await members(), await members("chen"), await members("ada")
    config = config_of(role_of(chen, "Reviewer"), veto=int(role_of(chen, "Admin")))
    await bot_with(post.cog(), approvals, config=config, model=scripted_model)
    scripted_model.will_call("post__send", to="all", text="Come!")
    scripted_model.will_call("post__send", to="council", text="Come!")
    scripted_model.will_say("Sent.")
    asked = await bo.slash("work", task="Write")
    thread = await asked.thread()
    first = await thread.hears("Approval needed")
    assert "not for you" in await pressed(ada, first, "Approve") or "say no" in await pressed(
        ada, first, "Approve"
    )
    assert "Rejected" in await filled(ada, first, "Reject, saying why…", note="Only the council")
    second = await thread.hears("Approval needed")
    told = scripted_model.asked[1].prompt
    assert "Only the council" in told
    changed = '{"arguments": {"text": "Please come.", "to": "council"}, "server": "post", "tool": "send"}'
    assert "Version 2" in await filled(chen, second, "Change…", edited=changed)
    third = await thread.hears("version 2")
    assert '-    "text": "Come!"' in third.text
    assert '+    "text": "Please come."' in third.text
    assert (await bo.sees(second, "see version 2 below")).buttons == []
    assert "Approved (version 2)" in await pressed(chen, third, "Approve")
    await asked.finished()
    assert post.sent == [{"to": "council", "text": "Please come."}]


async def test_what_is_long_is_changed_by_a_reply_and_what_is_sent_back_is_rewritten(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, post: Post
) -> None:
    bo, chen, ada = await members(), await members("chen"), await members("ada")
    await bot_with(post.cog(), approvals, config=config_of(role_of(chen, "Reviewer")), model=scripted_model)
    long = "Come! " * 1_000
    scripted_model.will_call("post__send", to="all", text=long)
    asked = await bo.slash("work", task="Write")
    thread = await asked.thread()
    first = await thread.hears("Approval needed")
    assert first.buttons == ["Approve", "Reject", "Reject, saying why…", "Change…", "Have it rewritten…"]
    assert "not for you" in await pressed(ada, first, "Change…")
    assert "Reply to my message in the thread" in await pressed(chen, first, "Change…")
    told = await thread.hears(f"<@{chen.user_id}>, to change")
    here, there = [await one.in_channel(int(thread.channel_id)) for one in (chen, ada)]
    changed = '{"arguments": {"text": "Please come. %s", "to": "all"}, "server": "post", "tool": "send"}'
    await there.say("Looks good!", reply_to=told)
    assert "This is for <@" in (await thread.hears("This is for")).text
    await here.say("Looks good!", reply_to=told)
    assert "not valid JSON" in (await thread.hears("not valid JSON")).text
    await here.say("", reply_to=told, files=[("letter.txt", (changed % long).encode())])
    second = await thread.hears("Version 2, changed by <@")
    assert "0 of 1" in second.text

    # The model writes the arguments anew from what people want to be different.
    scripted_model.will_give({"to": "council", "text": "Please do come."})
    scripted_model.will_say("Sent.")
    assert "Sent back" in await filled(chen, second, "Have it rewritten…", note="Shorter, and to the council")
    third = await thread.hears("Version 3, changed by the agent")
    assert "Shorter, and to the council" in scripted_model.asked[-1].prompt
    assert '+    "text": "Please do come.",' in third.text
    assert list(third.files) == ["version-3-changes.txt"]
    assert "↩️ Sent back by" in (await bo.sees(second, "Sent back by")).text
    assert "Approved (version 3)" in await pressed(chen, third, "Approve")
    await asked.finished()
    assert post.sent == [{"to": "council", "text": "Please do come."}]
    history = (await (await chen.slash("inbox history", cog="post", mine=True)).answer()).text
    assert "Approved (version 3)" in history
    assert "Nothing was decided" in (await (await ada.slash("inbox history", mine=True)).answer()).text
    assert "Nothing was decided" in (await (await chen.slash("inbox history", cog="tasks")).answer()).text


async def test_one_inbox_and_somebody_who_stands_in(
    bot_with: BotWith, members: Members, scripted_model: ScriptedModel, post: Post
) -> None:
    bo, chen, dara = await members(), await members("chen"), await members("dara")
    await bot_with(post.cog(), approvals, config=config_of(role_of(chen, "Reviewer")), model=scripted_model)
    begun: list[Conversation] = []
    for number in range(3):
        scripted_model.will_call("post__send", to=str(number), text="Come!")
        asked = await bo.slash("work", task=f"Write {number}")
        await (await asked.thread()).hears("Approval needed")
        begun.append(asked)
    for _ in begun:
        scripted_model.will_say("Sent.")
    assert "Nothing waits" in (await (await dara.slash("inbox list")).answer()).text
    assert "Nobody decides" in (await (await chen.slash("delegate")).answer()).text
    handed = (await (await chen.slash("delegate", to=dara, until="2d")).answer()).text
    assert f"<@{dara.user_id}> decides for you until <t:" in handed
    inbox = await (await dara.slash("inbox list")).answer()
    assert inbox.text.count("agent wants to use send of post".replace("agent", "Agent")) == 3
    mine = (await (await bo.slash("inbox mine", cog="post")).answer()).text
    assert mine.count("wants to use send") == 3
    labels = await dara.suggestions("approve", "what", "")
    # several at once, but for the one that is left out
    *chosen, left = labels
    numbers = [one.rpartition(" · ")[2] for one in chosen]
    said = (await dara.answer_to(await dara.select(inbox, None, *numbers))).text
    assert said.count(f"<@{dara.user_id}> (for <@{chen.user_id}>)") == len(chosen)
    assert await dara.suggestions("approve", "what", "") == [left]
    denied = await (await dara.slash("deny", what=left, why="One is enough")).answer()
    assert "Rejected" in denied.text
    history = (await (await chen.slash("inbox history")).answer()).text
    assert "✅ Approved by" in history
    assert "“One is enough”" in history
    assert "for yourself again" in (await (await chen.slash("delegate")).answer()).text
    for one in begun:
        await one.finished()
    assert len(post.sent) == len(chosen)


@pytest.mark.slow
async def test_questions_of_every_kind_reactions_and_time(
    bot_with: BotWith, members: Members, fake_clock: FakeClock
) -> None:
    seen: list[object] = []
    await bot_with(council(seen), approvals)
    bo, chen, dara = await members(), await members("chen"), await members("dara")

    async def question(kind: str) -> tuple[object, Person]:
        asked = await bo.slash("council", kind=kind)
        return await asked.next(), await asked.thread()

    options, _ = await question("options")
    assert options.buttons == ["Red", "Blue", "Other…"]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - a message
    assert "on your behalf" in await pressed(bo, options, "Red")  # pyright: ignore[reportArgumentType] - a message
    assert "Answered: Teal" in await filled(chen, options, "Other…", answer="Teal")
    many, _ = await question("many")
    for person, told in ((chen, "1 of 2"), (dara, "Answered: Number 7")):
        outcome = await person.select(many, None, "Number 7")  # pyright: ignore[reportArgumentType] - a message
        assert told in (await person.answer_to(outcome)).text
    form, _ = await question("form")
    assert "Answered" in await filled(chen, form, "Answer…", who="Chen", when="Monday")

    bell, thread = await question(chen.user_id)
    await (await dara.in_channel(int(thread.channel_id))).react(bell, "👍")  # pyright: ignore[reportArgumentType] - a message
    await thread.hears("not for you to decide")
    await (await chen.in_channel(int(thread.channel_id))).react(bell, "👍")  # pyright: ignore[reportArgumentType] - a message
    await bo.sees(bell, "Approved by")  # pyright: ignore[reportArgumentType] - a message

    late, thread = await question("late")
    await fake_clock.advance(timedelta(hours=1, minutes=1))
    await thread.hears("Half of the time is over")
    await fake_clock.advance(timedelta(hours=1))
    shown = await bo.sees(late, "Nobody answered in time, so this goes on with: Yes")  # pyright: ignore[reportArgumentType] - a message
    assert shown.buttons == []

    asked = await bo.slash("question", text="Where is the key?", who=chen)
    text = await asked.next()
    thread = await asked.thread()
    await (await chen.in_channel(int(thread.channel_id))).say("Under the mat", reply_to=text)
    assert "Under the mat" in (await thread.hears("**Answer:**")).text
    assert seen == [
        ("Teal", int(chen.user_id)),
        ("7", int(dara.user_id)),
        ({"who": "Chen", "when": "Monday"}, int(chen.user_id)),
        (True, "Ring it twice", ""),
        ("y", 0),
    ]


async def test_who_answers_before_the_delivery_is_noted_is_heard(
    bot_with: BotWith,
    members: Members,
    scripted_model: ScriptedModel,
    post: Post,
    local_discord: LocalDiscord,
) -> None:
    """Discord says what the bot asked it to say, and the answer to that is lost: people see it before the bot knows."""
    bo, chen, ada = await members(), await members("chen"), await members("ada")
    await bot_with(
        post.cog(),
        approvals,
        council([]),
        config=config_of(role_of(chen, "Reviewer")),
        model=scripted_model,
    )
    scripted_model.will_call("post__send", to="all", text="Come! " * 1_000)
    asked = await bo.slash("work", task="Write")
    thread = await asked.thread()
    first = await thread.hears("Approval needed")
    local_discord.fault("POST", "*/messages", status=503, after=True)
    await pressed(chen, first, "Change…")
    told = await thread.hears(f"<@{chen.user_id}>, to change")
    there = await ada.in_channel(int(thread.channel_id))
    await there.say("Looks good!", reply_to=told)
    assert "This is for <@" in (await thread.hears("This is for")).text
    # The first message is the one that shows how far it is.
    local_discord.fault("POST", "*/messages", status=503, skip=1, after=True)
    asked = await bo.slash("council", kind=str(chen.user_id))
    thread = await asked.thread()
    question = await thread.hears("Ring the bell")
    await (await chen.in_channel(int(thread.channel_id))).react(question, "👍")
    await asked.finished()
