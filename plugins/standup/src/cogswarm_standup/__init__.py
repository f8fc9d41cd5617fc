"""cogswarm-standup. pyproject: [project.entry-points.cogswarm] standup = "cogswarm_standup"."""
from datetime import timedelta
from cogswarm import Cog, Context, Run, Settings, hookimpl, setting

class StandupSettings(Settings):          # `/cogs config standup` builds its form from this
    hours: int = setting(24, ge=1, le=168, label="Look back", help="Hours to sum up")

standup = Cog("standup", summary="Sums up what a channel said", settings=StandupSettings, intents={"message_content"})

@standup.workflow
async def sum_up(run: Run, channel: int, hours: int) -> None:     # survives a restart
    said = await run.step("read", run.history, channel, since=timedelta(hours=hours))
    text = await run.step("sum up", run.agent("writer").answer, "Sum up, by person.", sources=said)
    await run.post(text)                                          # outbox: once, chunked, mentions nobody

@standup.command("standup", help="Sum up this channel")
async def standup_now(ctx: Context[StandupSettings], hours: int | None = None) -> None:
    await ctx.start(sum_up, channel=ctx.channel_id, hours=hours or ctx.settings.hours)   # acknowledges, Stop button

@hookimpl
def cogswarm_cogs() -> list[Cog]:
    return [standup]
