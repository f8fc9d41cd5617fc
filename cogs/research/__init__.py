"""Research: a question becomes a thread with an answer whose every claim cites a source that was fetched."""

from cogs.research.commands import cogswarm_cogs

__all__ = ["cogswarm_cogs"]
