"""/runs, /stop and /status: what is under way, and stopping and retrying it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from cogs.admin import runs_messages as messages
from cogs.admin.cog import AdminSettings, admin
from cogswarm import Button, Context, RunView, UserError, plain, title

type Ctx = Context[AdminSettings]

SUGGESTIONS = 25
SHOWN = 15
NAME = 60
BUTTONS = 5

runs = admin.group("runs", help=messages.RUNS)


async def suggest_run(ctx: Ctx, typed: str) -> Sequence[str]:
    """The newest runs whose title holds what was typed, each with its id."""
    return [_named(one) for one in await ctx.runs.list("all", words=_words(typed), limit=SUGGESTIONS)]


async def suggest_under_way(ctx: Ctx, typed: str) -> Sequence[str]:
    """As above, those that can be stopped."""
    return [_named(one) for one in await ctx.runs.list("under way", words=_words(typed), limit=SUGGESTIONS)]


async def suggest_to_retry(ctx: Ctx, typed: str) -> Sequence[str]:
    """As above, those that can go on."""
    over = await ctx.runs.list("over", words=_words(typed), limit=2 * SUGGESTIONS)
    return [_named(one) for one in over if one.state != "done"][:SUGGESTIONS]


@runs.command("list", help=messages.LIST)
async def list_runs(
    ctx: Ctx, which: Annotated[Literal["under way", "failed", "over", "all"], messages.WHICH] = "under way"
) -> None:
    """Show a line for each run."""
    found = await ctx.runs.list(which, limit=SHOWN + 1)
    if not found:
        await ctx.reply(messages.NONE[which])
        return
    whose = messages.OF_ALL if ctx.runs.manages else messages.YOURS
    lines = [messages.LIST_HEAD.format(which=which, whose=whose), *map(_line, found[:SHOWN])]
    more = [messages.MORE] if len(found) > SHOWN else []
    await ctx.reply("\n".join([*lines, *more, messages.LIST_FOOT]))


@runs.command("show", help=messages.SHOW, suggest={"run": suggest_run})
async def show(ctx: Ctx, run: Annotated[str, messages.WHICH_RUN]) -> None:
    """Show everything about one run, with what can be done about it."""
    view = await ctx.runs.show(await _id(ctx, run))
    await ctx.reply("\n".join(_about(view)), _buttons(view))


@runs.command("retry", help=messages.RETRY, suggest={"run": suggest_to_retry})
async def retry(ctx: Ctx, run: Annotated[str, messages.WHICH_RUN]) -> None:
    """Let a run go on that failed or was stopped."""
    await ctx.reply(await ctx.runs.retry(await _id(ctx, run)))


@runs.command("stop", help=messages.STOP, suggest={"run": suggest_under_way})
async def stop(ctx: Ctx, run: Annotated[str, messages.WHICH_RUN]) -> None:
    """Stop a run."""
    await ctx.reply(await ctx.runs.stop(await _id(ctx, run)))


@admin.command("stop", help=messages.STOP_HERE)
async def stop_here(ctx: Ctx) -> None:
    """Stop what runs in this thread; in a channel, offer what this person has under way."""
    one_place = ctx.in_thread or ctx.is_direct
    here = list(await ctx.runs.list("under way", thread_id=ctx.channel_id)) if one_place else list[RunView]()
    if here:
        said = [await ctx.runs.stop(one.id) for one in here]
        await ctx.reply(said[0] if len(said) == 1 else messages.STOPPING_ALL.format(count=len(said)))
        return
    found = (await ctx.runs.list("under way", limit=BUTTONS))[:BUTTONS]
    if not found:
        await ctx.reply(messages.NOTHING_TO_STOP)
        return
    buttons = [Button(title(one.title, NAME), f"v1:runs:stop:{one.id}", "danger") for one in found]
    await ctx.reply(messages.STOP_WHICH, buttons)


@admin.command("status", help=messages.STATUS)
async def status(ctx: Ctx) -> None:
    """Show what is under way, what waits for people, and what has failed lately."""
    under_way = await ctx.runs.list("under way", limit=SHOWN + 1)
    failed = await ctx.runs.list("failed", limit=3)
    asked = [one for one in under_way if one.questions]
    lines = [messages.STATUS_HEAD.format(count=len(under_way) if len(under_way) <= SHOWN else f"{SHOWN}+")]
    lines += map(_line, under_way[:SHOWN])
    if asked:
        lines += [messages.STATUS_ASKED, *(_question(one) for one in asked)]
    if failed:
        lines += [messages.STATUS_FAILED, *map(_line, failed)]
    await ctx.reply("\n".join(lines if under_way or failed else [messages.STATUS_QUIET]))


async def _id(ctx: Ctx, typed: str) -> UUID:
    """The run that somebody chose from the suggestions, or typed the id or the whole title of."""
    text = typed.strip()
    try:
        return UUID(text.rpartition(messages.BETWEEN)[2] or text)
    except ValueError:
        exact = [one for one in await ctx.runs.list("all", words=text) if one.title == text]
        if len(exact) == 1:
            return exact[0].id
        raise UserError(messages.CHOOSE) from None


def _named(view: RunView) -> str:
    """At most 100 characters, as Discord takes them; the id is what is read back."""
    return f"{title(view.title, NAME - 2)}{messages.BETWEEN}{view.id}"


def _words(typed: str) -> str:
    return typed.partition(messages.BETWEEN)[0].removesuffix("…").strip()


def _line(view: RunView) -> str:
    return messages.ENTRY.format(
        state=messages.STATES[view.state],
        title=title(view.title, NAME),
        place=f"<#{view.thread_id or view.channel_id}>",
        who=f"<@{view.member_id}>",
        when=_when(view.finished_at or view.created_at, "R"),
    )


def _question(view: RunView) -> str:
    return messages.ASKED.format(
        place=f"<#{view.thread_id or view.channel_id}>", question=plain(view.questions[0])
    )


def _about(view: RunView) -> list[str]:
    lines = [messages.ABOUT.format(title=title(view.title), state=messages.STATES[view.state], cog=view.cog)]
    lines.append(
        messages.ABOUT_ASKED.format(
            who=f"<@{view.member_id}>",
            when=_when(view.created_at, "f"),
            place=f"<#{view.thread_id or view.channel_id}>",
        )
    )
    if view.finished_at is not None:
        lines.append(messages.ABOUT_ENDED.format(when=_when(view.finished_at, "f")))
    elif view.due_at is not None and view.state in {"waiting", "ready"}:
        lines.append(messages.ABOUT_DUE.format(when=_when(view.due_at, "R")))
    if view.deadline_at is not None and view.finished_at is None:
        lines.append(messages.ABOUT_DEADLINE.format(when=_when(view.deadline_at, "R")))
    lines.append(messages.ABOUT_DONE.format(steps=view.steps, tokens=f"{view.model_tokens:,}"))
    lines += [messages.ABOUT_QUESTION.format(question=plain(one)) for one in view.questions]
    if view.error:
        lines.append(messages.ABOUT_ERROR.format(error=plain(view.error)))
    lines.append(messages.ABOUT_ID.format(id=view.id))
    return lines


def _buttons(view: RunView) -> list[Button]:
    if view.finished_at is None:
        return [Button(messages.STOP_BUTTON, f"v1:runs:stop:{view.id}", "danger")]
    if view.state == "done":
        return []
    return [Button(messages.RETRY_BUTTON, f"v1:runs:retry:{view.id}", "primary")]


def _when(moment: datetime, style: str) -> str:
    return f"<t:{int(moment.timestamp())}:{style}>"
