"""/server: which server a conversation in direct messages belongs to."""

from cogs.admin import messages
from cogs.admin.cog import AdminSettings, admin
from cogswarm import Context


@admin.command("server", help=messages.SERVER, direct_only=True)
async def server(ctx: Context[AdminSettings]) -> None:
    """Show the servers that this conversation can belong to, and let one be chosen."""
    await ctx.choose_server()
