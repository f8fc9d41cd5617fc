"""Chat: agents answer where people write to them: mentioned, replied to, in threads and channels of their own."""

from cogs.chat.commands import cogswarm_cogs

__all__ = ["cogswarm_cogs"]
