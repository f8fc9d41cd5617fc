"""How an agent works on a task: as a run, with signs of life, and what it knows kept for whoever comes after it."""

from collections.abc import Awaitable
from uuid import UUID

from cogs.tasks import board, messages
from cogs.tasks.cog import LOOK, tasks
from cogs.tasks.on_bus import ask, call_off, name_of, wait_for_answer
from cogs.tasks.telling import tell
from cogswarm import (
    Conversation,
    Hold,
    OutsideError,
    Passage,
    Run,
    Task,
    TaskLost,
    UserError,
    Worker,
    is_on_bus,
)

KEEP_EVERY = 200
"""Characters after which what was written so far is kept."""
HISTORY = 50


@tasks.workflow(told=False)
async def work_on(run: Run, task: str, agent: str, fence: int) -> None:
    """Work on a task that an agent was given, until it is done or somebody else has it."""
    hold = Hold(UUID(task), fence)
    if not is_on_bus(agent):
        await attempt(run, hold, agent, work(run, hold, agent))
        return
    await attempt(run, hold, agent, work_over_bus(run, hold, agent))
    await run.step("call off", call_off, run, hold)


async def attempt(run: Run, hold: Hold, agent: str, body: Awaitable[None]) -> None:
    """Do ``body`` while the agent has the task; what ends it without a result gives the task back, with the reason."""
    try:
        await run.tasks.work(hold, body)
    except TaskLost:
        return  # those who look at the task have been told why
    except (UserError, OutsideError) as error:
        if isinstance(error, OutsideError) and error.may_pass:
            raise  # the run is tried again by itself, and the task stays with it
        me = Worker("agent", agent, agent)
        await run.step("let go", _let_go, run, hold, me, str(error))
        await run.step("tell the failure", told, run)


@tasks.on_stop(work_on)
async def stopped(run: Run, task: str, agent: str, fence: int) -> None:
    """Say what was known so far, and offer the task again."""
    hold, me = Hold(UUID(task), fence), worker_of(run, agent)
    known = await run.step("what is known", _checkpoint, run, hold)
    if is_on_bus(agent):
        # What an agent of a bus has written stands in the thread already.
        await run.step("call off", call_off, run, hold)
    elif known:
        await run.post(messages.CHECKPOINT.format(text=known), speaker=run.agent(agent).speaker)
    await run.step("let go", _let_go, run, hold, me, messages.STOPPED)
    await run.step("tell", told, run)


async def work(run: Run, hold: Hold, name: str) -> None:
    """Let an agent do a task by itself."""
    me = worker_of(run, name)
    task = await run.step("begin", begin, run, hold, me)
    await work_alone(run, hold, task, name)


async def work_alone(run: Run, hold: Hold, task: Task, name: str) -> None:
    """The same, of a task that was begun."""
    agent, me = run.agent(name), worker_of(run, name)
    material = await run.step("what is known", known, run, task)
    prompt = messages.PROMPT.format(number=task.number, title=task.title, body=task.body)
    pinned = await run.step("what is pinned", run.known, name)
    # What is known in the queue helps; whether the task is to be done from material alone is for its own to say.
    talk = agent.converse(
        prompt, sources=[*material, *pinned.passages()], purpose="answer" if material else "chat"
    )
    reply = await _kept(run, hold, me, talk)
    await hand_in(run, hold, name, reply)


async def work_over_bus(run: Run, hold: Hold, name: str) -> None:
    """Let an agent of a bus do a task: send it what is asked for, and hold the task until its answer has ended it."""
    task = await run.step("begin", begin, run, hold, worker_of(run, name))
    material = await run.step("what is known", known, run, task)
    await run.step("ask", ask, run, hold, name, task, material)
    reason = await run.step("wait", wait_for_answer, run, hold, name)
    if reason:
        raise UserError(reason)
    await run.step("tell the end", told, run)


async def hand_in(run: Run, hold: Hold, name: str, result: str) -> None:
    """Finish the task with a result, and say it where it counts."""
    if await run.step("hand in", run.tasks.finish, hold, worker_of(run, name), result):
        await run.post(result, speaker=run.agent(name).speaker)
    await run.step("tell the end", told, run)


def worker_of(run: Run, name: str) -> Worker:
    """An agent as somebody who can hold a task."""
    if is_on_bus(name):
        return Worker("agent", name, name_of(name))
    return Worker("agent", name, run.agent(name).persona.display_name)


async def begin(run: Run, hold: Hold, me: Worker) -> Task:
    """Show that it is being worked on."""
    task = await run.tasks.get(hold.task_id)
    if task is None:
        raise UserError(messages.GONE)
    if task.state != "working" or task.fence != hold.fence:
        task = await run.tasks.move(hold.task_id, "start", by=me, fence=hold.fence)
    await told(run)
    return task


async def known(run: Run, task: Task) -> list[Passage]:
    """What people said in the thread, and what earlier attempts left behind."""
    said = [] if task.thread_id is None else await run.history(task.thread_id, limit=HISTORY)
    left = [
        Passage(f"attempt-{one.fence}", one.body, title=messages.EARLIER, author=one.worker_name)
        for one in await run.tasks.results(task.id)
        if one.fence < task.fence
    ]
    return [*await _around(run, task), *left, *(one for one in said if one.text != task.body)]


async def _around(run: Run, task: Task) -> list[Passage]:
    """For a part of something: what the whole is, and what came of the parts before it."""
    whole = None if task.parent_id is None else await run.tasks.get(task.parent_id)
    found = [] if whole is None else [Passage(f"task-{whole.number}", whole.body, title=messages.WHOLE)]
    for before in await run.tasks.needed(task.id):
        title = messages.BEFORE.format(number=before.number, title=before.title)
        found += [
            Passage(f"task-{before.number}", one.body, title=title, author=one.worker_name)
            for one in await run.tasks.results(before.id)
            if one.kind == "result"
        ]
    return found


async def _kept(run: Run, hold: Hold, me: Worker, talk: Conversation) -> str:
    """What the agent answers; what it has written by then is kept now and then."""
    written, kept = "", 0
    async for piece in talk:
        written += piece
        if len(written) - kept >= KEEP_EVERY:
            kept = len(written)
            await run.tasks.keep_checkpoint(hold, me, written)
    return (await talk).text


async def _checkpoint(run: Run, hold: Hold) -> str:
    found = [one for one in await run.tasks.results(hold.task_id) if one.fence == hold.fence]
    return found[-1].body if found else ""


async def _let_go(run: Run, hold: Hold, me: Worker, why: str) -> None:
    try:
        await run.tasks.move(hold.task_id, "release", by=me, fence=hold.fence, body=why)
    except UserError:
        return  # it is not this agent's any more


async def told(run: Run) -> None:
    """Tell what happened, and let what is free now be handed out at once."""
    await board.refresh(run.tasks, await tell(run.tasks))
    await run.hurry(LOOK)
