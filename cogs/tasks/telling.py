"""How what happened to tasks is told, and how tasks look: plain functions of events, without Discord."""

from collections.abc import Mapping

from cogs.tasks import messages
from cogswarm import (
    BOT,
    MARKS,
    STATES,
    Button,
    Look,
    QueueRules,
    Say,
    State,
    Tag,
    Task,
    TaskEvent,
    Tasks,
    plain,
    title,
)

NAME = 80
QUOTED = 1_200
MARKED: frozenset[State] = frozenset({"done", "failed", "blocked"})
"""What a thread's name says: only what does not change again soon, since Discord renames twice in ten minutes."""


def look_of(task: Task, marks: Mapping[State, str]) -> Look:
    """The mark under a task's message, and the name of its thread where that matters."""
    tag = tag_of(task.state, marks)
    if task.state in MARKED:
        return Look(marks[task.state], f"{marks[task.state]} {title(task.title, NAME)}", tag)
    return Look(marks[task.state], task.title[:NAME] if task.shown_name is not None else None, tag)


def tag_of(state: State, marks: Mapping[State, str]) -> Tag:
    """The tag that says how a task stands, where its queue is a forum."""
    return Tag(messages.STATES[state], tuple((messages.STATES[one], marks[one]) for one in STATES))


def said_of(event: TaskEvent, task: Task, marks: Mapping[State, str]) -> Say | None:
    """What is said of an event in the task's thread."""
    text = _text(event, task, marks)
    if not text:
        return None
    return Say(text, buttons=buttons_of(event), urgency="question" if event.kind == "review" else "result")


def buttons_of(event: TaskEvent) -> tuple[Button, ...]:
    """What can be done next with a task that an event was about."""
    offered = {
        "created": [("claim", messages.BUTTON_CLAIM), ("finish", messages.BUTTON_FINISH)],
        "claim": [
            ("finish", messages.BUTTON_FINISH), ("release", messages.BUTTON_RELEASE),
            ("hand", messages.BUTTON_HAND),
        ],
        "hand_over": [("finish", messages.BUTTON_FINISH), ("release", messages.BUTTON_RELEASE)],
        "review": [("finish", messages.BUTTON_FINISH)],
        "finish": [("reopen", messages.BUTTON_REOPEN)],
        "fail": [("reopen", messages.BUTTON_REOPEN)],
        "give_up": [("reopen", messages.BUTTON_REOPEN)],
        "cancel": [],
    }.get(event.kind, [("claim", messages.BUTTON_CLAIM)] if event.state == "available" else [])  # fmt: skip
    return tuple(Button(label, f"v1:tasks:{action}:{event.task_id}") for action, label in offered)


async def tell(tasks: Tasks) -> set[int]:
    """Tell all that was not told yet, in the words of each queue; the queues in which something happened."""
    marks = {one.channel_id: one.rules.marks for one in await tasks.queues()}

    def told(event: TaskEvent, task: Task) -> tuple[Say | None, Look]:
        of_queue = marks.get(task.queue_id, MARKS)
        return said_of(event, task, of_queue), look_of(task, of_queue)

    return await tasks.tell(told)


async def marks_of(tasks: Tasks, task: Task) -> Mapping[State, str]:
    """The emoji of a task's queue."""
    rules = {one.channel_id: one.rules for one in await tasks.queues()}
    return rules.get(task.queue_id, QueueRules()).marks


def who(task: Task) -> str:
    """Who has a task, as people read it."""
    return f"<@{task.member_at_work}>" if task.member_at_work else title(task.worker_name, NAME)


def _template(event: TaskEvent) -> str:
    """What is said of an event with a reason."""
    kind = event.kind.upper()
    if event.kind in {"block", "unblock"} and event.by == BOT.key:
        return str(getattr(messages, f"{kind}_FOR"))
    return str(getattr(messages, f"{kind}_WHY", getattr(messages, kind)))


def _text(event: TaskEvent, task: Task, marks: Mapping[State, str]) -> str:
    why = plain(event.body)[:QUOTED].strip()
    by = f"<@{event.by_member}>" if event.by_member else title(event.by_name, NAME)
    if event.kind == "created":
        if event.state == "blocked" and why:
            return messages.CREATED_WAITING.format(number=task.number, others=why)
        if event.state != "available":
            return ""
        state = f"{marks['available']} {messages.STATES['available']}"
        return messages.CREATED.format(number=task.number, state=state, mark=marks["claimed"])
    if event.kind == "late":
        return messages.LATE.format(by=by, text=why)
    if event.kind == "unrunnable":
        return messages.UNRUNNABLE.format(why=why)
    template = _template(event) if why else getattr(messages, event.kind.upper())
    if why and not why.endswith((".", "!", "?")) and event.kind not in {"block", "unblock"}:
        why += "."
    holder = who(task) if task.worker and task.fence == event.fence else by
    return template.format(
        mark=marks[event.state], who=holder, by=by, why=why, attempts=task.attempts, working=marks["working"]
    )
