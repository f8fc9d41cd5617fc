"""Asking people over MCP: with the official client, in both eras of the protocol, as people meet it in Discord."""

import asyncio
from typing import Any, Literal
from uuid import uuid4

import pytest
from mcp.types import CallToolResult, InputRequiredResult

from bot.asks import audit_table
from bot.asks.audit_table import Deed
from cogs.approvals import approvals
from cogswarm.testing import BotWith, Heard, Members, Person
from tests.bot.mcp.serving.client import client, data, text, web
from tests.waiting import eventually


async def opened(person: Person, words: str) -> tuple[Person, Heard]:
    """The thread in which a question stands, and the question."""
    head = await person.hears(words)
    thread = await person.in_thread_of(head)
    return thread, await thread.hears(words)


def guild_of(person: Person) -> str:
    return next(iter(person.client.guilds))


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_one_argument_is_enough_and_the_answer_is_plain_text(
    bot_with: BotWith, members: Members, mode: Literal["auto", "legacy"]
) -> None:
    bo, ada = await members("bo"), await members("ada")
    settings = web(guild_of(bo), questions_in=int(bo.channel_id), people=[int(bo.user_id)])
    bot = await bot_with(approvals, config={"web": settings})
    assert bot.web is not None
    signs: list[tuple[float, str | None]] = []

    async def sign(progress: float, total: float | None, message: str | None) -> None:
        assert total is None
        signs.append((progress, message))

    async with client(bot.web, mode=mode) as program:
        call = asyncio.create_task(
            program.call_tool("ask_human", {"question": "Which port?"}, progress_callback=sign)
        )
        head = await bo.hears("**claude** asks")
        assert f"<@{bo.user_id}>" in head.text
        assert [one["id"] for one in head.raw["mentions"]] == [bo.user_id]
        thread = await bo.in_thread_of(head)
        question = await thread.hears("**Which port?**")
        hers = await ada.in_thread_of(head)
        form = await hers.click(question, "Answer…")
        assert "not for you to decide" in (await hers.answer_to(form)).text

        async def waits() -> bool:
            return bool(signs)

        await eventually(waits)
        await thread.say("8080", reply_to=question)
        result = await call
    assert not result.is_error
    assert result.structured_content is None
    assert [one.model_dump()["text"] for one in result.content] == ["8080"]
    assert signs[0][1] == "Waiting for somebody to answer in Discord"


async def test_options_defaults_tickets_and_taking_back(bot_with: BotWith, member: Person) -> None:
    settings = web(guild_of(member), questions_in=int(member.channel_id), people=[int(member.user_id)])
    bot = await bot_with(approvals, config={"web": settings})
    assert bot.web is not None
    async with client(bot.web) as program:

        async def ask(**given: Any) -> dict[str, Any]:
            return data(await program.call_tool("ask_human", given))

        async def ask_colour() -> dict[str, Any]:
            options = ["Red", "Blue"]
            return await ask(
                question="Which colour?", options=options, context="For the door", ask_id="c", wait_s=0
            )

        assert (await ask_colour())["status"] == "pending"
        thread, question = await opened(member, "Which colour?")
        await thread.sees(question, "Which colour?")
        while (again := await ask_colour())["message_url"] is None:
            continue  # people see it before its delivery is noted
        assert again["message_url"].endswith(f"/{thread.channel_id}/{question.id}")
        other = await program.call_tool("ask_human", {"question": "Which size?", "ask_id": "c"})
        assert "belongs to another question" in text(other)
        listed = data(await program.call_tool("list_pending_asks", {}))
        assert [one["ask_id"] for one in listed["asks"]] == ["c"]
        await member.click(question, "Blue")
        told = data(await program.call_tool("ask_status", {"ask_id": "c", "wait_s": 5}))
        assert (told["status"], told["answer"], told["option_index"]) == ("answered", "Blue", 1)
        assert told["answered_by"] == {"id": member.user_id, "name": told["answered_by"]["name"]}
        assert told["thread_id"] == thread.channel_id
        # Several, in the order of the question however they were chosen.
        waits = asyncio.create_task(
            ask(question="Which days?", options=["Mon", "Tue", "Wed"], multi=True, allow_free_text=False)
        )
        _, days = await opened(member, "Which days?")
        await member.select(days, None, "Wed", "Mon")
        chosen = await waits
        assert (chosen["answer"], chosen["option_index"]) == (["Mon", "Wed"], [0, 2])
        # Nobody answers.
        late = await ask(question="Tea?", options=["Yes", "No"], timeout_s=1, default="No")
        assert (late["status"], late["answer"], late["option_index"]) == ("default_used", "No", 1)
        silence = await ask(question="Milk?", timeout_s=1)
        assert (silence["status"], silence["answer"]) == ("timeout", None)
        # Taken back: the button goes.
        await ask(question="Sugar?", ask_id="s", wait_s=0)
        _, sugar = await opened(member, "Sugar?")
        assert data(await program.call_tool("cancel_ask", {"ask_id": "s"}))["status"] == "cancelled"
        assert (await member.sees(sugar, "has ended")).buttons == []
        assert "no question with this" in text(await program.call_tool("ask_status", {"ask_id": "?"}))


async def test_an_approval_goes_by_the_rules_of_the_server_and_gives_what_was_approved(
    bot_with: BotWith, members: Members
) -> None:
    ada, bo = await members("ada"), await members("bo")
    settings = web(guild_of(bo), questions_in=int(bo.channel_id), on_behalf_of=int(bo.user_id))
    bot = await bot_with(approvals, config={"web": settings})
    assert bot.web is not None
    async with client(bot.web) as program:
        wish = {"title": "Delete the old branch", "payload": {"branch": "old"}, "ask_id": "b"}
        call = asyncio.create_task(program.call_tool("request_approval", wish))
        head = await ada.hears("Delete the old branch")
        thread = await ada.in_thread_of(head)
        question = await thread.hears("Approval needed")
        assert '"branch": "old"' in question.text
        own = await (await bo.in_thread_of(head)).click(question, "Approve")
        assert "on your behalf" in (await bo.answer_to(own)).text
        await thread.click(question, "Approve")
        done = data(await call)
        assert (done["status"], done["approved"], done["payload"]) == ("approved", True, {"branch": "old"})
        assert done["approved_by"] == [ada.user_id]
        ticket = data(await program.call_tool("request_approval", {"title": "Another", "wait_s": 0}))
        assert (ticket["status"], ticket.get("approved")) == ("pending", None)
        gone = data(await program.call_tool("cancel_ask", {"ask_id": ticket["ask_id"]}))
        assert (gone["status"], gone["approved"]) == ("cancelled", False)


async def test_taking_a_question_back_waits_for_its_run_and_keeps_nobody_from_recording_meanwhile(
    bot_with: BotWith, member: Person
) -> None:
    settings = web(guild_of(member), questions_in=int(member.channel_id), people=[int(member.user_id)])
    bot = await bot_with(approvals, config={"web": settings})
    assert bot.web is not None
    async with client(bot.web) as program:
        ticket = data(await program.call_tool("ask_human", {"question": "Now?", "wait_s": 0}))
        await opened(member, "Now?")

        async def waits() -> bool:
            async with bot.database.connection() as conn:
                cursor = await conn.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
                return await cursor.fetchone() is not None

        async with bot.database.transaction() as at_work:
            await at_work.execute("SELECT 1 FROM run WHERE workflow = 'question' FOR UPDATE")
            call = asyncio.create_task(program.call_tool("cancel_ask", {"ask_id": ticket["ask_id"]}))
            await eventually(waits)
            # What a run does at each of its steps that are recorded: it holds itself, and then adds to the record.
            await audit_table.add(at_work, Deed(int(guild_of(member)), "remind", uuid4()))
        assert data(await call)["status"] == "cancelled"


async def test_a_client_with_a_limit_gets_its_ticket_and_later_the_answer(
    bot_with: BotWith, member: Person
) -> None:
    settings = web(
        guild_of(member), questions_in=int(member.channel_id), people=[int(member.user_id)], wait_seconds=0.5
    )
    bot = await bot_with(approvals, config={"web": settings})
    assert bot.web is not None
    async with client(bot.web, mode="legacy", seconds=10) as program:
        first = await program.call_tool("ask_human", {"question": "Ship it?"})
        assert "No answer yet" in text(first)
        ask_id = text(first).split('"')[1]
        thread, question = await opened(member, "Ship it?")
        await thread.say("Yes", reply_to=question)
        told: dict[str, Any] = {"status": "pending"}
        while told["status"] == "pending":
            told = data(await program.call_tool("ask_status", {"ask_id": ask_id, "wait_s": 2}))
        assert (told["status"], told["answer"]) == ("answered", "Yes")
    # A newer client is told to call again, and has the answer without a ticket.
    async with client(bot.web, seconds=10) as program:
        given = {"question": "And now?"}
        again = await program.session.call_tool("ask_human", given, allow_input_required=True)
        assert isinstance(again, InputRequiredResult)
        thread, question = await opened(member, "And now?")
        await thread.say("Now", reply_to=question)
        answer: CallToolResult | InputRequiredResult = again
        while isinstance(answer, InputRequiredResult):
            answer = await program.session.call_tool(
                "ask_human", given, request_state=answer.request_state, allow_input_required=True
            )
        assert text(answer) == "Now"
        forged = await program.session.call_tool("ask_human", given, request_state="nonsense")
        assert forged.is_error
    heads = [one for one in await member.history() if "And now?" in one.text]
    assert len(heads) == 1
