"""The public face of cogswarm: everything a cog or plugin may import, and nothing else is promised.

A plugin declares a `Cog` and hands it over with the hook ``cogswarm_cogs``::

    from cogswarm import Cog, Context, Run, hookimpl

    greet = Cog("greet", summary="Says hello")

    @greet.command("greet", help="Say hello")
    async def greet_now(ctx: Context) -> None:
        await ctx.reply("Hello!")

    @hookimpl
    def cogswarm_cogs() -> list[Cog]:
        return [greet]
"""

from bot.agents.agent import Agent
from bot.discord.context import Context
from bot.discord.events import Message
from bot.discord.plain import plain, title
from bot.errors import CogswarmError, ConfigError, OutsideError, TimedOut, UserError
from bot.llm.protocol import Passage
from bot.mcp.errors import ToolCallError
from bot.mcp.results import ToolResult
from bot.memory.library import Recollection
from bot.memory.sources import Document, Source
from bot.plugins.cog import API_VERSION, Cog
from bot.plugins.settings import NoSettings, Settings, setting
from bot.plugins.spec import hookimpl
from bot.work.principal import Principal
from bot.work.run import Run
from bot.work.surface import Attachment, Button, Speaker

__all__ = [
    "API_VERSION",
    "Agent",
    "Attachment",
    "Button",
    "Cog",
    "CogswarmError",
    "ConfigError",
    "Context",
    "Document",
    "Message",
    "NoSettings",
    "OutsideError",
    "Passage",
    "Principal",
    "Recollection",
    "Run",
    "Settings",
    "Source",
    "Speaker",
    "TimedOut",
    "ToolCallError",
    "ToolResult",
    "UserError",
    "hookimpl",
    "plain",
    "setting",
    "title",
]
