"""Where the winner goes: to a queue as a task, to people as an approval, or to an agent."""

from cogs.consensus import messages
from cogs.consensus.telling import first_line
from cogs.consensus.wanted import Wanted
from cogswarm import NewTask, Passage, Run, UserError, Vote, plain

TITLE, ANNOUNCED = 90, 1_500


async def go_on(run: Run, wanted: Wanted, vote: Vote) -> None:
    """Do with the winner what was chosen when the question was asked."""
    found = vote.result
    winner = None if found is None or found.ended != "chosen" else vote.option(found.winner)
    if winner is None:
        return
    match wanted.then:
        case "task":
            said = await run.step("make a task", _task, run, wanted, vote, winner.text)
            await run.post(said)
        case "approval":
            done = await run.approve(
                "the winner", messages.APPROVE.format(number=vote.number), {"decision": winner.text}
            )
            await run.post(
                messages.APPROVED if done.approved else messages.NOT_APPROVED.format(why=plain(done.reason))
            )
        case "agent":
            await _agent(run, wanted, vote, winner.text)
        case "nothing":
            return


async def _task(run: Run, wanted: Wanted, vote: Vote, text: str) -> str:
    queues = {one.channel_id for one in await run.tasks.queues()}
    if wanted.queue is None or wanted.queue not in queues:
        return messages.NO_QUEUE
    # An event that is the same however often this is done, so that there is one task.
    new = NewTask(wanted.queue, first_line(text, TITLE), text, event_id=run.id.int % 2**62)
    # What people wrote is no template: the number is the only thing that is filled in.
    shown = plain(text)[:ANNOUNCED].replace("{", "{{").replace("}", "}}")
    announced = messages.TASK_ANNOUNCED.format(text=shown, decision=vote.number, number="{number}")
    task = await run.tasks.create(new, run.principal, announcement=announced)
    return messages.TASK_MADE.format(queue=wanted.queue) if task is not None else messages.TASK_THERE


async def _agent(run: Run, wanted: Wanted, vote: Vote, text: str) -> None:
    try:
        agent = run.agent(wanted.doer)
        prompt = messages.DO_PROMPT.format(question=vote.question)
        # What was decided is people's word, and still text from outside: what it asks for needs their leave.
        talk = agent.converse(prompt, sources=[Passage("decision", text)], purpose="chat", tainted=True)
        await run.stream(talk, speaker=agent.speaker)
    except UserError as error:
        await run.post(messages.CANNOT_DO.format(why=plain(str(error))))
