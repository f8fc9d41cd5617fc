"""How an agent leads: it plans, people agree, the parts are worked on in threads of their own, and it puts them together.

Everything is a step or a row: a run that is killed goes on where it was, and one that is lost is followed by the next,
which finds the plan and the parts that are there.
"""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from cogs.tasks import messages
from cogs.tasks.cog import tasks
from cogs.tasks.plan_text import announced, plan_of, plan_shown, plan_started, progress_of
from cogs.tasks.planning import planned
from cogs.tasks.proposing import propose_lesson
from cogs.tasks.telling import tag_of
from cogs.tasks.working import attempt, begin, hand_in, known, told, work_alone, worker_of
from cogswarm import (
    MARKS,
    PARTS,
    Hold,
    Need,
    NewTask,
    Part,
    Passage,
    Plan,
    QueueRules,
    Run,
    Task,
    TaskLost,
    UserError,
    Worker,
    is_on_bus,
    queue_for,
    title,
)

HEARD = 30
"""Messages of a part's thread that count as its result where people did it and handed in none."""
LONGEST_RESULT = 20_000


@tasks.workflow(told=False)
async def lead(run: Run, task: str, agent: str, fence: int) -> None:
    """Lead others through a task: plan it, have it agreed to, wait for its parts, and put together what came of them."""
    hold = Hold(UUID(task), fence)
    await attempt(run, hold, agent, _lead(run, hold, agent))


@tasks.on_stop(lead)
async def stopped(run: Run, task: str, agent: str, fence: int) -> None:
    """Leave the parts as they are, and the task blocked until somebody wants it to go on."""
    await run.step("block", _block, run, Hold(UUID(task), fence), worker_of(run, agent))
    await run.step("tell", told, run)


async def _lead(run: Run, hold: Hold, name: str) -> None:
    me = worker_of(run, name)
    whole = await run.step("begin", begin, run, hold, me)
    rules = await run.step("rules", _rules, run, whole)
    standing = await run.step("what stands", run.tasks.plans.standing, whole.id)
    if standing is not None and standing.state == "started":
        version = standing.version
    else:
        found = await _agreed(run, hold, name, whole, rules, standing)
        if found is None:
            return
        if not found:
            await work_alone(run, hold, whole, name)
            return
        version = found
    parts = await run.step("carry out", _carried_out, run, hold, whole, version)
    await run.step("show what began", _show_started, run, whole, version, parts)
    await run.step("tell the parts", told, run)
    if not await _seen_through(run, hold, name, whole, version):
        return
    material = await run.step("what came of it", _results, run, whole, version)
    prompt = messages.COMPOSE_PROMPT.format(number=whole.number, title=whole.title, body=whole.body)
    leader = run.agent(name)
    reply = await leader.converse(prompt, sources=material, purpose="chat")
    if rules.lessons:
        await propose_lesson(run, name, whole, reply.text, rules)
    await hand_in(run, hold, name, reply.text)


# the plan


async def _agreed(
    run: Run, hold: Hold, name: str, whole: Task, rules: QueueRules, standing: Plan | None
) -> int | None:
    """The version that people agreed to; 0: it is not worth splitting, None: they want none of it."""
    version = 1 + await run.step("versions", run.tasks.plans.versions, whole.id)
    by = None if standing is None else standing.made_by
    parts = standing.parts if standing is not None else await _first(run, name, whole, rules)
    while parts:
        plan = Plan(whole.id, version, run.wait_id(f"plan {version}"), parts, by, "proposed")
        await run.step(f"propose {version}", run.tasks.plans.propose, hold, plan)
        if rules.begins_plans:
            return version
        await run.step(f"wait {version}", _set, run, hold, name, "wait")
        shown = plan_shown(run, whole, plan, rules)
        opened = run.tasks.plans.shown(whole.id, f"{hold.fence}:{version}", shown)
        said = await run.wait_answer(f"plan {version}", opened=opened)
        await run.step(f"go on {version}", _set, run, hold, name, "start")
        match said.value if said is not None else None:
            case {"do": "start"}:
                return version
            case {"do": "change", "parts": changed}:
                parts, version = PARTS.validate_python(changed), version + 1
                by = None if said is None else said.by
            case _:
                await run.step("cancel", _cancel, run, hold, plan, 0 if said is None else said.by)
                return None
    return 0


async def _first(run: Run, name: str, whole: Task, rules: QueueRules) -> tuple[Part, ...]:
    material = await run.step("what the leader knows", known, run, whole)
    specialists = "\n".join(_specialists(run, whole, [one for one in rules.agents if one != name]))
    return await planned(run.agent(name), whole, rules, specialists or messages.NO_SPECIALISTS, material)


def _specialists(run: Run, whole: Task, names: Sequence[str]) -> list[str]:
    personas = [run.agent(one).persona for one in names if not is_on_bus(one)]
    known = [(one.display_name, one.capabilities) for one in personas]
    known += [
        (one.name, sorted(one.capabilities)) for one in run.bus_work.agents(whole.queue_id) if one.id in names
    ]
    return [
        messages.SPECIALIST.format(name=name, skills=", ".join(skills) or messages.NOTHING_SPECIAL)
        for name, skills in known
    ]


async def _cancel(run: Run, hold: Hold, plan: Plan, by: int) -> None:
    """People do not want it: the task is over, and says so."""
    whole = await run.tasks.get(hold.task_id)
    if whole is None:
        return
    await run.tasks.plans.show(whole.id, f"{hold.fence}:over", plan_of(whole, plan, messages.PLAN_CANCELLED))
    who = Worker("member", str(by), messages.MEMBER.format(who=by), manages=True)
    try:
        await run.tasks.move(hold.task_id, "fail", by=who, fence=hold.fence, body=messages.PLAN_UNWANTED)
    except UserError:
        return  # somebody ended it otherwise meanwhile
    await told(run)


# its parts


async def _carried_out(run: Run, hold: Hold, whole: Task, version: int) -> list[Task]:
    """The tasks of the plan; each goes to the narrowest queue that offers all it takes, or else stays in this one."""
    queues = await run.tasks.queues()
    skilled = {one.channel_id: frozenset(one.rules.capabilities) for one in queues}
    marks = {one.channel_id: one.rules.marks for one in queues}

    def made(_number: int, part: Part) -> NewTask:
        queue = queue_for(Need(whole.id, frozenset(part.takes)), skilled) or whole.queue_id
        tag = tag_of("blocked" if part.after else "available", marks.get(queue, MARKS))
        return NewTask(queue, title(part.title), part.text or part.title, capabilities=part.takes, tag=tag)

    def said(_number: int, part: Part) -> str:
        return announced(part.title, whole)

    return await run.tasks.plans.begin(hold, version, made, said)


async def _seen_through(run: Run, hold: Hold, name: str, whole: Task, version: int) -> bool:
    """Wait until every part is over; False where people ended the whole. A part that failed is for people to decide."""
    without: set[UUID] = set()
    said: set[tuple[UUID, int]] = set()
    for turn in range(1, 10_000):
        parts = await run.step(f"look {turn}", run.tasks.plans.parts, whole.id, version)
        for one in parts:
            if one.ended_at is not None and (one.id, one.fence) not in said:
                said.add((one.id, one.fence))
                await run.post(progress_of(one, parts), urgency="progress")
        failed = next((one for one in parts if one.state == "failed" and one.id not in without), None)
        if failed is not None:
            await run.step(f"wait for people {turn}", _set, run, hold, name, "wait")
            choice = await run.ask(
                f"failed {turn}",
                messages.PART_FAILED.format(
                    number=failed.number, title=title(failed.title), why=failed.reason
                ),
                options=messages.PART_CHOICES,
            )
            await run.step(f"go on {turn}", _set, run, hold, name, "start")
            if choice is None or choice.value == "end":
                await run.step("end", _end, run, hold, 0 if choice is None else choice.by)
                return False
            if choice.value == "without":
                without.add(failed.id)
            await run.step(f"decided {turn}", _decided, run, failed, str(choice.value), choice.by)
        elif all(one.ended_at is not None for one in parts):
            return True
        else:
            waiting = [one.id for one in parts if one.ended_at is None]
            await run.wait_for_tasks(f"ends {turn}", waiting)
    raise UserError(messages.TOO_OFTEN)


async def _decided(run: Run, part: Task, choice: str, by: int) -> None:
    if choice == "without":
        await run.tasks.plans.forgo(part.id)
    else:
        who = Worker("member", str(by), messages.MEMBER.format(who=by))
        try:
            await run.tasks.move(part.id, "reopen", by=who, fence=part.fence)
        except UserError:
            return  # somebody opened it again meanwhile
    await told(run)


async def _end(run: Run, hold: Hold, by: int) -> None:
    who = Worker("member", str(by), messages.MEMBER.format(who=by), manages=True)
    try:
        await run.tasks.move(hold.task_id, "fail", by=who, fence=hold.fence, body=messages.ENDED_FOR_PART)
    except UserError:
        return  # somebody ended it otherwise meanwhile
    await told(run)


async def _results(run: Run, whole: Task, version: int) -> list[Passage]:
    """What came of each part: what was handed in, or else what people said in its thread."""
    found: list[Passage] = []
    for one in await run.tasks.plans.parts(whole.id, version):
        results = [result for result in await run.tasks.results(one.id) if result.kind == "result"]
        name = f"part-{one.number}"
        if one.state == "failed":
            found.append(Passage(name, messages.PART_MISSING.format(why=one.reason), title=one.title))
        elif results:
            last = results[-1]
            found.append(Passage(name, last.body[:LONGEST_RESULT], title=one.title, author=last.worker_name))
        elif one.thread_id is not None:
            heard = await run.history(one.thread_id, limit=HEARD)
            text = "\n".join(f"{line.author}: {line.text}" for line in heard)[-LONGEST_RESULT:]
            found.append(Passage(name, text or messages.PART_SILENT, title=one.title))
    return found


async def _set(run: Run, hold: Hold, name: str, move: Literal["wait", "start"]) -> None:
    """Show that people's word is waited for, or no longer; who looks after tasks would see it a little later."""
    try:
        await run.tasks.move(hold.task_id, move, by=worker_of(run, name), fence=hold.fence)
    except TaskLost:
        raise
    except UserError:
        return  # it stands so already
    await told(run)


async def _show_started(run: Run, whole: Task, version: int, parts: Sequence[Task]) -> None:
    await run.tasks.plans.show(whole.id, f"started:{version}", plan_started(whole, parts))


async def _rules(run: Run, task: Task) -> QueueRules:
    return next(
        (one.rules for one in await run.tasks.queues() if one.channel_id == task.queue_id), QueueRules()
    )


async def _block(run: Run, hold: Hold, me: Worker) -> None:
    try:
        await run.tasks.move(hold.task_id, "block", by=me, fence=hold.fence, body=messages.LEADER_STOPPED)
    except (TaskLost, UserError):
        return  # it is not this agent's any more
