"""/cogs: what is on in a server, and switching it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from cogs.admin import config_command, messages
from cogs.admin.cog import AdminSettings, admin
from cogswarm import (
    Access,
    Channel,
    CogView,
    Context,
    JobView,
    LimitsView,
    Member,
    Role,
    UserError,
    option,
    plain,
)

SUGGESTIONS = 25
NAMED = 10
LATEST = 3
MARKS = {"role": "<@&{}>", "member": "<@{}>", "channel": "<#{}>"}

cogs = admin.group("cogs", help=messages.COGS, permissions={"manage_guild"})

type Ctx = Context[AdminSettings]
TextChannel = Annotated[
    Channel | None, option(messages.ONLY_CHANNEL, kinds=("text", "announcement", "voice", "forum"))
]


async def suggest_cog(ctx: Ctx, typed: str) -> Sequence[str]:
    """Features whose name or summary holds what was typed."""
    words = typed.casefold().split()
    return [
        view.name
        for view in ctx.server.cogs()
        if all(word in f"{view.name} {view.summary}".casefold() for word in words)
    ][:SUGGESTIONS]


async def suggest_settled(ctx: Ctx, typed: str) -> Sequence[str]:
    """As above, and the admin cog itself, whose settings hold for the whole server."""
    own = [admin.name] if typed.casefold() in admin.name else []
    return [*await suggest_cog(ctx, typed), *own][:SUGGESTIONS]


@cogs.command("list", help=messages.LIST)
async def list_cogs(ctx: Ctx) -> None:
    """Show every feature with its state."""
    views = ctx.server.cogs()
    if not views:
        await ctx.reply(messages.NOTHING_THERE)
        return
    lines = [
        messages.LIST_ENTRY.format(
            state=messages.STATES[view.state], name=view.name, summary=plain(view.summary or view.reason)
        )
        for view in views
    ]
    await ctx.reply(
        "\n".join([messages.LIST_HEAD, *lines, *_limits(ctx.server.limits()), messages.LIST_FOOT])
    )


def _limits(limits: LimitsView) -> list[str]:
    """The owner's limits, so that an admin sees which are not theirs to change."""
    lines = [
        text.format(names=", ".join(names) or messages.LIMITS_NONE)
        for text, names in (
            (messages.LIMITS_COGS, limits.cogs),
            (messages.LIMITS_AGENTS, limits.agents),
            (messages.LIMITS_MODELS, limits.models),
        )
        if names is not None
    ]
    if limits.tokens is not None:
        lines.append(
            messages.LIMITS_BUDGET.format(tokens=limits.tokens, calls=limits.calls, seconds=limits.seconds)
        )
    return [messages.LIMITS_HEAD, *lines] if lines else []


@cogs.command("info", help=messages.INFO, suggest={"cog": suggest_cog})
async def info(ctx: Ctx, cog: Annotated[str, messages.WHICH]) -> None:
    """Show everything about one feature."""
    view = ctx.server.cog(cog)
    changes = [one for one in await ctx.server.changes(limit=50) if one.cog == view.name][:LATEST]
    told = ", ".join(
        messages.CHANGE.format(
            action=messages.ACTIONS[one.action],
            who=f"<@{one.member_id}>",
            when=f"<t:{int(one.at.timestamp())}:f>",
        )
        for one in changes
    )
    jobs = [_job(one) for one in await ctx.server.jobs(view.name)] if view.state != "unavailable" else []
    await ctx.reply(
        "\n".join([*_about(view), *jobs, *([messages.INFO_CHANGES.format(changes=told)] if told else [])])
    )


def _about(view: CogView) -> list[str]:
    state = messages.INFO_STATE.format(
        state=messages.STATES[view.state], chosen_by=messages.CHOSEN_BY[view.chosen_by]
    )
    lines = [
        messages.INFO_HEAD.format(name=view.name, summary=plain(view.summary)),
        f"{state}{f': {plain(view.reason)}' if view.reason else ''}",
    ]
    if view.commands:
        lines.append(messages.INFO_COMMANDS.format(commands=", ".join(f"`{one}`" for one in view.commands)))
    for text, on in ((messages.INFO_CHANNELS_ON, True), (messages.INFO_CHANNELS_OFF, False)):
        channels = [channel for channel, here in view.channels.items() if here is on]
        if channels:
            lines.append(text.format(channels=" ".join(f"<#{one}>" for one in channels[:NAMED])))
    for text, allowed in ((messages.INFO_ALLOWED, True), (messages.INFO_DENIED, False)):
        whom = [_mark(one) for one in view.access if one.allowed is allowed]
        if whom:
            lines.append(text.format(whom=" ".join(whom[:NAMED])))
    if view.ignored:
        counts = ", ".join(
            f"{messages.REASONS.get(reason, reason)} {count}"
            for reason, count in sorted(view.ignored.items())
        )
        lines.append(messages.INFO_IGNORED.format(counts=counts))
    return lines


def _job(job: JobView) -> str:
    last = messages.INFO_JOB_RAN.format(when=_ago(job.last_at)) if job.last_at is not None else ""
    if job.running:
        last = messages.INFO_JOB_RUNS
    if job.error is not None:
        times = messages.INFO_JOB_TIMES.format(count=job.failures) if job.failures > 1 else ""
        last += messages.INFO_JOB_FAILED.format(times=times, error=plain(job.error))
    return messages.INFO_JOB.format(name=job.name, schedule=job.schedule, next=_ago(job.next_at), last=last)


def _ago(moment: datetime) -> str:
    return f"<t:{int(moment.timestamp())}:R>"


def _mark(rule: Access) -> str:
    return MARKS[rule.kind].format(rule.id)


@cogs.command("enable", help=messages.ENABLE, suggest={"cog": suggest_cog})
async def enable(ctx: Ctx, cog: Annotated[str, messages.WHICH], channel: TextChannel = None) -> None:
    """Switch a feature on."""
    number = await ctx.server.switch(cog, on=True, channel_id=channel and channel.id)
    shown = ", ".join(f"`{one}`" for one in ctx.server.cog(cog).commands[:NAMED])
    text = messages.ENABLED.format(
        name=cog,
        where=_where(channel),
        commands=messages.ENABLED_COMMANDS.format(commands=shown) if shown else "",
    )
    await _changed(ctx, text, number)


@cogs.command("disable", help=messages.DISABLE, suggest={"cog": suggest_cog})
async def disable(ctx: Ctx, cog: Annotated[str, messages.WHICH], channel: TextChannel = None) -> None:
    """Switch a feature off."""
    number = await ctx.server.switch(cog, on=False, channel_id=channel and channel.id)
    await _changed(ctx, messages.DISABLED.format(name=cog, where=_where(channel)), number)


@cogs.command("access", help=messages.ACCESS, suggest={"cog": suggest_cog})
async def access(
    ctx: Ctx,
    cog: Annotated[str, messages.WHICH],
    rule: Annotated[Literal["allow", "deny", "no rule"], messages.RULE],
    who: Annotated[Member | Role | None, messages.WHOM] = None,
    channel: Annotated[Channel | None, messages.WHERE] = None,
) -> None:
    """Let a role, a person or a channel use a feature, or keep it out."""
    subject = who or channel
    if subject is None:
        raise UserError(messages.NO_SUBJECT)
    kind = "channel" if isinstance(subject, Channel) else "role" if isinstance(subject, Role) else "member"
    allowed = None if rule == "no rule" else rule == "allow"
    number = await ctx.server.rule(cog, kind, subject.id, allowed=allowed)
    text = messages.RULE_SET[rule].format(whom=MARKS[kind].format(subject.id), name=cog)
    await _changed(ctx, text, number)


@cogs.command("config", help=messages.CONFIG, suggest={"cog": suggest_settled})
async def config(
    ctx: Ctx,
    cog: Annotated[str, messages.WHICH],
    channel: Annotated[Channel | None, messages.ITS_CHANNEL] = None,
) -> None:
    """Show a feature's settings, each with where its value comes from, to be changed in forms."""
    await config_command.show(ctx, cog, channel.id if channel else 0)


@cogs.command("export", help=messages.EXPORT)
async def export(ctx: Ctx) -> None:
    """Show everything that was chosen on this server."""
    await ctx.reply(f"{messages.EXPORT_HEAD}\n```yaml\n{ctx.server.export().replace('```', '')}```")


@admin.button("undo", updates=True)
async def undo(ctx: Ctx, number: str) -> None:
    """Take a change back."""
    await ctx.server.undo(int(number))
    await ctx.reply(messages.UNDONE)


async def _changed(ctx: Ctx, text: str, number: int) -> None:
    late = messages.LATER if ctx.server.is_late else ""
    await ctx.reply(f"{text}{late}", [ctx.button(messages.UNDO, "undo", str(number))])


def _where(channel: Channel | None) -> str:
    return messages.IN_CHANNEL.format(channel=channel.id) if channel else ""
