"""Auctions: whoever can do a task best for the least says so, sealed until a time; estimates are held against the end."""

from cogs.auction import auctions_command, bidding, calling, objecting, watching
from cogs.auction.cog import auction
from cogswarm import Cog, hookimpl

__all__ = [
    "auction",
    "auctions_command",
    "bidding",
    "calling",
    "cogswarm_cogs",
    "objecting",
    "watching",
]


@hookimpl
def cogswarm_cogs() -> list[Cog]:
    """The one cog of this plugin."""
    return [auction]
