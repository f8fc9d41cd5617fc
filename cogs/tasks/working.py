"""How an agent works on a task: as a run, with signs of life, and what it knows kept for whoever comes after it."""

from uuid import UUID

from cogs.tasks import board, messages
from cogs.tasks.cog import tasks
from cogs.tasks.telling import tell
from cogswarm import Conversation, Hold, OutsideError, Passage, Run, Task, TaskLost, UserError, Worker

KEEP_EVERY = 200
"""Characters after which what was written so far is kept."""
HISTORY = 50


@tasks.workflow
async def work_on(run: Run, task: str, agent: str, fence: int) -> None:
    """Work on a task that an agent was given, until it is done or somebody else has it."""
    hold = Hold(UUID(task), fence)
    try:
        await run.tasks.work(hold, _work(run, hold, agent))
    except TaskLost:
        return  # those who look at the task have been told why
    except (UserError, OutsideError) as error:
        if isinstance(error, OutsideError) and error.may_pass:
            raise  # the run is tried again by itself, and the task stays with it
        me = Worker("agent", agent, agent)
        await run.step("let go", _let_go, run, hold, me, str(error))
        await run.step("tell the failure", _tell, run)


@tasks.on_stop(work_on)
async def stopped(run: Run, task: str, agent: str, fence: int) -> None:
    """Say what was known so far, and offer the task again."""
    hold, me = Hold(UUID(task), fence), Worker("agent", agent, run.agent(agent).persona.display_name)
    known = await run.step("what is known", _checkpoint, run, hold)
    if known:
        await run.post(messages.CHECKPOINT.format(text=known), speaker=run.agent(agent).speaker)
    await run.step("let go", _let_go, run, hold, me, messages.STOPPED)
    await run.step("tell", _tell, run)


async def _work(run: Run, hold: Hold, name: str) -> None:
    agent = run.agent(name)
    me = Worker("agent", name, agent.persona.display_name)
    task = await run.step("begin", _begin, run, hold, me)
    material = await run.step("what is known", _known, run, task)
    prompt = messages.PROMPT.format(title=task.title, body=task.body)
    talk = agent.converse(prompt, sources=material)
    reply = await _kept(run, hold, me, talk)
    if await run.step("hand in", run.tasks.finish, hold, me, reply):
        await run.post(reply, speaker=agent.speaker)
    await run.step("tell the end", _tell, run)


async def _begin(run: Run, hold: Hold, me: Worker) -> Task:
    task = await run.tasks.get(hold.task_id)
    if task is None:
        raise UserError(messages.GONE)
    if task.state != "working" or task.fence != hold.fence:
        task = await run.tasks.move(hold.task_id, "start", by=me, fence=hold.fence)
    await _tell(run)
    return task


async def _known(run: Run, task: Task) -> list[Passage]:
    """What people said in the thread, and what earlier attempts left behind."""
    said = [] if task.thread_id is None else await run.history(task.thread_id, limit=HISTORY)
    left = [
        Passage(f"attempt-{one.fence}", one.body, title=messages.EARLIER, author=one.worker_name)
        for one in await run.tasks.results(task.id)
        if one.fence < task.fence
    ]
    return [*left, *(one for one in said if one.text != task.body)]


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


async def _tell(run: Run) -> None:
    await board.refresh(run.tasks, await tell(run.tasks))
