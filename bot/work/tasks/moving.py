"""How a task gets from one state to another: under its row's lock, against what somebody believes to hold.

Locks are taken in one order: a queue before its tasks, a task before those that wait for it. What happened is noted as an
event in the same transaction; cogs show it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from bot.errors import UserError
from bot.work.surface import Connection
from bot.work.tasks import (
    event_table,
    need_table,
    plan_table,
    queue_table,
    reserved_table,
    resource_table,
    result_table,
    task_table,
)
from bot.work.tasks.states import LEASED, MOVES, OVER, Move, leads, may
from bot.work.tasks.task import BOT, Hold, QueueRules, Task, Worker, rules_of

UNKNOWN = "I do not know that task any more."
NOT_YOURS = "Only {who} or somebody who may manage this server can do that."
HOLDER = "whoever has the task"
TAKEN = "#{number} is taken: {who} has it."
NOT_NOW = "That does not fit: #{number} is {state} now."
FULL = "Enough is under way in <#{queue}>: at most {limit} at a time. Finish something first."
NEEDS = "#{number} waits for {others}; that has to be done first."
OTHERS_TURN = "#{number} went to somebody else meanwhile, so this does not count."
CIRCLE = "That would go round in a circle: {way}."
NO_REASON = "no reason was given"
IN_USE = "#{number} needs {name}, which #{other} has; it is free again when that is done."
CLOSED = "<#{queue}> is no queue any longer."
SHOWN = {
    "available": "available", "claimed": "claimed", "working": "in progress", "waiting": "waiting for people",
    "review": "in review", "blocked": "blocked", "done": "done", "failed": "failed",
}  # fmt: skip


class TaskLost(UserError):
    """Somebody else has the task by now; what its holder before does does not count any more."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done to a task.

    ``fence`` is what they believe to hold; None where they do not claim to. ``to`` is who gets it (left out: themselves),
    ``body`` what they say about it.
    """

    move: Move
    by: Worker
    fence: int | None = None
    to: Worker | None = None
    body: str = ""
    award: str = ""
    considered: Sequence[dict[str, str]] = ()
    run_id: UUID | None = None
    reserved: bool = False
    """A claim by whoever the task is reserved for."""


async def make(conn: Connection, guild_id: int, task_id: UUID, wish: Wish) -> Task:
    """Make a move. Raises `TaskLost` for an old hold, and `UserError` for what cannot or may not be."""
    rules = await _room(conn, guild_id, task_id, wish)
    task = await task_table.locked(conn, guild_id, task_id)
    if task is None:
        raise UserError(UNKNOWN)
    return await _made(conn, task, wish, rules)


async def claim_next(conn: Connection, guild_id: int, queue_id: int, by: Worker) -> Task | None:
    """Claim the next task of a queue that nobody else is just taking; None where there is none."""
    queue = await queue_table.get(conn, queue_id)
    if queue is None or queue.guild_id != guild_id or not queue.is_open:
        return None
    rules = rules_of(queue.rules)
    if rules.limit:
        await queue_table.get(conn, queue_id, locked=True)
        if await task_table.under_way(conn, queue_id) >= rules.limit:
            return None
    task = await task_table.next_available(conn, queue_id)
    return None if task is None else await _made(conn, task, Wish("claim", by), rules)


async def hand_in(conn: Connection, guild_id: int, hold: Hold, by: Worker, body: str) -> bool:
    """Finish a task with its result; False where it went to somebody else: then the result is kept for reading.

    The same result again (after a crash) is what it was before. Raises `UserError` where there is no such task.
    """
    task = await task_table.locked(conn, guild_id, hold.task_id)
    if task is None:
        raise UserError(UNKNOWN)
    if await result_table.standing(conn, hold.task_id, hold.fence):
        return True
    if task.fence != hold.fence or task.worker != by.key:
        if await result_table.keep(conn, hold.task_id, hold.fence, by, "late", body):
            await event_table.add(conn, task, "late", by, body)
        return False
    await result_table.keep(conn, hold.task_id, hold.fence, by, "result", body)
    await _made(conn, task, Wish("finish", by, fence=hold.fence), await rules_of_task(conn, task))
    return True


async def need(conn: Connection, guild_id: int, task_id: UUID, needs: UUID) -> None:
    """Let a task that nobody has wait for another. Raises `UserError` for a circle, and for what is under way."""
    await need_table.in_turn(conn, guild_id)
    task, other = (
        await task_table.locked(conn, guild_id, task_id),
        await task_table.get(conn, guild_id, needs),
    )
    if task is None or other is None:
        raise UserError(UNKNOWN)
    if task.state not in {"available", "blocked"}:
        raise UserError(NOT_NOW.format(number=task.number, state=SHOWN[task.state]))
    way = await need_table.circle(conn, task_id, needs)
    if way or task_id == needs:
        numbers = [task.number, *(way or [task.number])]
        raise UserError(CIRCLE.format(way=" → ".join(f"#{one}" for one in numbers)))
    await need_table.add(conn, task_id, needs)
    if other.state != "done" and task.state == "available":
        blocked = await task_table.change(conn, task, {"state": "blocked", "reason": ""})
        await event_table.add(conn, blocked, "block", BOT, _numbers([other.number]))


async def rules_of_task(conn: Connection, task: Task) -> QueueRules:
    """The rules of the queue in which a task is."""
    queue = await queue_table.get(conn, task.queue_id)
    return QueueRules() if queue is None else rules_of(queue.rules)


def patience(rules: QueueRules, worker: Worker | str | None) -> timedelta:
    """For how long a worker may be silent."""
    key = worker.key if isinstance(worker, Worker) else worker or ""
    return timedelta(seconds=rules.member_seconds if key.startswith("member:") else rules.agent_seconds)


async def _room(conn: Connection, guild_id: int, task_id: UUID, wish: Wish) -> QueueRules:
    """The rules of the task's queue, and for a claim whether one more may be under way there."""
    before = await task_table.get(conn, guild_id, task_id)
    if before is None:
        raise UserError(UNKNOWN)
    queue = await queue_table.get(conn, before.queue_id)
    if queue is None:
        raise UserError(UNKNOWN)
    rules = rules_of(queue.rules)
    if wish.move != "claim":
        return rules
    if not queue.is_open:
        raise UserError(CLOSED.format(queue=before.queue_id))
    if rules.limit and before.state == "available":
        await queue_table.get(conn, before.queue_id, locked=True)
        if await task_table.under_way(conn, before.queue_id) >= rules.limit:
            raise UserError(FULL.format(queue=before.queue_id, limit=rules.limit))
    return rules


async def _made(conn: Connection, task: Task, wish: Wish, rules: QueueRules) -> Task:
    _check(task, wish)
    if wish.move == "claim" and not (wish.reserved or wish.by.manages):
        reserved = await reserved_table.reason(conn, task)
        if reserved is not None:
            raise UserError(reserved)
    if wish.move == "unblock" and not wish.by.manages and wish.by != BOT:
        others = await need_table.open_ones(conn, task.id)
        if others:
            raise UserError(NEEDS.format(number=task.number, others=_numbers(others)))
    move = _in_the_end(task, wish)
    after = await task_table.change(conn, task, _changes(task, wish, move))
    if after.state in LEASED:
        await task_table.lease(conn, task.id, patience(rules, after.worker).total_seconds())
    if after.worker is None:
        await resource_table.let_go(conn, task.id)
    elif after.fence != task.fence:
        await _take_all(conn, after, rules)
    if after.state in OVER:
        await plan_table.close(conn, after.id)
    await event_table.add(conn, after, move, wish.by, wish.body)
    if after.state == "done":
        await _unblock(conn, after)
    return after


async def _take_all(conn: Connection, task: Task, rules: QueueRules) -> None:
    """Take what a task uses for its new holder. Raises `UserError` where another task has it."""
    for name in sorted(task.uses):
        seconds = use_seconds(rules, task.worker)
        other = await resource_table.take(conn, task.guild_id, name, task.id, task.fence, seconds)
        if other is not None:
            raise UserError(IN_USE.format(number=task.number, name=name, other=other))


def use_seconds(rules: QueueRules, worker: Worker | str | None) -> float:
    """For how long what a task uses is its holder's without a sign of life."""
    key = worker.key if isinstance(worker, Worker) else worker or ""
    return rules.member_seconds if key.startswith("member:") else rules.box_seconds


def _check(task: Task, wish: Wish) -> None:
    if wish.fence is not None and wish.fence != task.fence:
        raise TaskLost(OTHERS_TURN.format(number=task.number))
    if leads(wish.move, task.state) is None:
        if wish.move == "claim" and task.is_held:
            raise UserError(TAKEN.format(number=task.number, who=task.worker_name))
        raise UserError(NOT_NOW.format(number=task.number, state=SHOWN[task.state]))
    if wish.by == BOT:
        return
    holds = task.worker == wish.by.key
    is_person = wish.by.kind == "member"
    if not may(wish.move, task.state, holds=holds, manages=wish.by.manages, is_person=is_person):
        raise UserError(NOT_YOURS.format(who=task.worker_name or HOLDER))


def _in_the_end(task: Task, wish: Wish) -> Move:
    """What the move comes to: agents have only so many attempts."""
    if task.agent_at_work is None or task.attempts < task.most_attempts:
        return wish.move
    by_agent = wish.move == "release" and wish.by.kind != "member"
    return "give_up" if wish.move == "expire" or by_agent else wish.move


def _changes(task: Task, wish: Wish, move: Move) -> dict[str, Any]:
    rule = MOVES[move]
    to: dict[str, Any] = {"state": rule.after, "lease_until": None}
    if rule.new_holder:
        to |= {"fence": task.fence + 1, "worker": None, "worker_name": "", "run_id": None, "reason": ""}
    if rule.after in {"available", "blocked", *OVER}:
        to |= {"worker": None, "worker_name": "", "run_id": None}
    if move in {"claim", "hand_over"}:
        holder = wish.to or wish.by
        to |= {
            "worker": holder.key, "worker_name": holder.name, "run_id": wish.run_id, "award": wish.award,
            "considered": list(wish.considered),
            "attempts": task.attempts + (holder.kind == "agent"),
        }  # fmt: skip
    if move == "reopen":
        to["attempts"] = 0
    if move in {"block", "fail", "give_up", "cancel"}:
        to["reason"] = wish.body or NO_REASON  # without one it would be taken for waiting for other tasks
    return to


async def _unblock(conn: Connection, done: Task) -> None:
    """Let go on what waited for a task that is done, and for nothing else."""
    for task_id in await need_table.waiting_for(conn, done.id):
        await free(conn, done.guild_id, task_id, f"#{done.number}")


async def free(conn: Connection, guild_id: int, task_id: UUID, after: str) -> None:
    """Let go on what waited for tasks, if it waits for none any more; ``after`` names the last of them."""
    task = await task_table.locked(conn, guild_id, task_id)
    if task is None or task.state != "blocked" or task.reason:
        return
    if not await need_table.open_ones(conn, task_id):
        free_again = await task_table.change(conn, task, {"state": "available", "fence": task.fence + 1})
        await event_table.add(conn, free_again, "unblock", BOT, after)


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(f"#{one}" for one in numbers)
