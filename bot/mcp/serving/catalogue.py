"""Every tool there is, by name, and the other names under which users of other servers know them."""

from collections.abc import Iterable, Mapping

from bot.config.web import Group
from bot.mcp.serving import (
    asking,
    changing,
    direct,
    managing_channels,
    managing_people,
    managing_webhooks,
    reading_messages,
    reading_servers,
    writing,
)
from bot.mcp.serving.tools import Tool

TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for part in (
        asking, reading_messages, reading_servers, writing, changing, direct, managing_channels, managing_people,
        managing_webhooks,
    )
    for tool in part.TOOLS
}  # fmt: skip

GROUPS: tuple[Group, ...] = tuple(dict.fromkeys(tool.group for tool in TOOLS.values()))

_PREFIX = "discord_"
ALIASES: Mapping[str, str] = {
    "send": "send_message",
    "post": "send_message",
    "reply_to_forum": "send_message",
    "read_thread_messages": "read_messages",
    "get_forum_post": "read_messages",
    "await_reply": "await_message",
    "get_user_info": "get_member",
    "get_forum_channels": "list_forum_channels",
    "get_forum_channel_info": "get_channel_info",
    "get_forum_tags": "list_forum_tags",
    "list_forum_threads": "list_threads",
    "list_forum_posts": "list_threads",
    "update_forum_post": "edit_thread",
    "modify_forum_post": "edit_thread",
    "delete_forum_post": "delete_thread",
    "edit_text_channel": "edit_channel",
    "edit_forum_channel": "edit_channel",
    "edit_category": "edit_channel",
    "delete_category": "delete_channel",
    "upsert_role_channel_permissions": "set_channel_permissions",
    "upsert_member_channel_permissions": "set_channel_permissions",
    "remove_channel_permissions": "delete_channel_permission_overwrite",
    "kick_user": "kick_member",
    "ban_user": "ban_member",
    "unban_user": "unban_member",
    "moderate_message": "timeout_member",
    "add_role": "assign_role",
    "list_pending_questions": "list_pending_asks",
}


def found(name: str) -> Tool | None:
    """The tool of a name, in any of the spellings that are known."""
    plain = name.replace("-", "_").removeprefix(_PREFIX)
    return TOOLS.get(plain) or TOOLS.get(ALIASES.get(plain, ""))


def offered(groups: Iterable[Group], wanted: frozenset[str] | None) -> list[Tool]:
    """The tools of the groups a token has, as far as the client wants them: groups, or tools by name."""
    allowed = set(groups)
    return [
        tool
        for tool in TOOLS.values()
        if tool.group in allowed and (wanted is None or tool.group in wanted or tool.name in wanted)
    ]
