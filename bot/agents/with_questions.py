"""A call of a tool whose server may ask people for something before it answers.

The call and the questions go on side by side: while people think the server's connection is held. A run that is let go
of meanwhile gives the call up (the server is told) and makes it again when people have answered; what they have answered
stands by then, by the words of the question.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from bot.asks.payload import hash_of
from bot.mcp.asking import Reply, ServerQuestion
from bot.mcp.errors import ToolRefused
from bot.mcp.people import Questions, Waiting
from bot.mcp.results import ToolResult

MOST_QUESTIONS = 8
"""In one call; a server that asks for more is refused."""
_SHORT = 16

type Answer = Callable[[str, ServerQuestion], Awaitable[Reply]]
type Withdraw = Callable[[str], Awaitable[None]]


async def answered(
    call: Callable[[Questions], Awaitable[ToolResult]], answer: Answer, withdraw: Withdraw
) -> ToolResult:
    """What the call answers; each question is answered under a name that follows from its words.

    A question whose call has ended before people answered is withdrawn.
    """
    questions, names = Questions(), Counter[str]()
    calling = asyncio.ensure_future(call(questions))
    try:
        while True:
            asked = asyncio.ensure_future(questions.next())
            if not await _first(asked, calling):
                return calling.result()
            waiting = asked.result()
            name = hash_of(asdict(waiting.question))[:_SHORT]
            names[name] += 1
            await _answer(waiting, f"{name}:{names[name]}", names.total(), calling, answer, withdraw)
    finally:
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)


async def _answer(
    waiting: Waiting,
    name: str,
    number: int,
    calling: "asyncio.Future[ToolResult]",
    answer: Answer,
    withdraw: Withdraw,
) -> None:
    if number > MOST_QUESTIONS:
        waiting.answer.set_exception(_too_many(waiting.question))
        return
    answering = asyncio.ensure_future(answer(name, waiting.question))
    if not await _first(answering, calling):
        await withdraw(name)
        return
    if waiting.answer.done():
        return
    error = answering.exception()
    if error is None:
        waiting.answer.set_result(answering.result())
    elif isinstance(error, ToolRefused):
        waiting.answer.set_exception(error)
    else:
        raise error


async def _first[T](one: "asyncio.Future[T]", calling: "asyncio.Future[ToolResult]") -> bool:
    """Wait for one thing as long as the call goes on; whether it came. It is over in any case."""
    try:
        await asyncio.wait({one, calling}, return_when=asyncio.FIRST_COMPLETED)
        return one.done()
    finally:
        if not one.done():
            one.cancel()
            await asyncio.gather(one, return_exceptions=True)


def _too_many(question: ServerQuestion) -> ToolRefused:
    return ToolRefused(
        f"The tool server {question.server} asks for more than {MOST_QUESTIONS} things in one call of {question.tool}.",
        server=question.server,
        tool=question.tool,
        kind="asks",
    )
