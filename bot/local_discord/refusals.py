"""What the local Discord refuses, in Discord's words and codes.

Codes and texts: https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

import math
from collections.abc import Mapping
from typing import override

from bot.errors import UserError
from bot.local_discord.model import Json


class Refusal(UserError):
    """A request that is answered with ``status`` and Discord's error body."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        errors: Json | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Json | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors
        self.headers = dict(headers or {})
        self.extra = extra or {}

    @override
    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"

    def body(self) -> Json:
        """The JSON body of the answer."""
        body: Json = {"message": self.message, "code": self.code, **self.extra}
        if self.errors is not None:
            body["errors"] = self.errors
        return body


_UNKNOWN = {
    "application": (10002, "Unknown Application"),
    "channel": (10003, "Unknown Channel"),
    "guild": (10004, "Unknown Guild"),
    "member": (10007, "Unknown Member"),
    "message": (10008, "Unknown Message"),
    "overwrite": (10009, "Unknown Permission Overwrite"),
    "role": (10011, "Unknown Role"),
    "user": (10013, "Unknown User"),
    "emoji": (10014, "Unknown Emoji"),
    "webhook": (10015, "Unknown Webhook"),
    "ban": (10026, "Unknown Ban"),
    "interaction": (10062, "Unknown interaction"),
    "command": (10063, "Unknown application command"),
    "command permissions": (10066, "Unknown application command permissions"),
}


def unknown(what: str) -> Refusal:
    """404 for something that does not exist or may not be seen."""
    code, message = _UNKNOWN[what]
    return Refusal(404, code, message)


def unauthorized() -> Refusal:
    """401 for a missing or wrong token."""
    return Refusal(401, 0, "401: Unauthorized")


def not_found() -> Refusal:
    """404 for a path that no route answers."""
    return Refusal(404, 0, "404: Not Found")


def wrong_method() -> Refusal:
    """405 for a method that a route does not answer."""
    return Refusal(405, 0, "405: Method Not Allowed")


def missing_access() -> Refusal:
    """403 for a place that the caller cannot see."""
    return Refusal(403, 50001, "Missing Access")


def missing_permissions() -> Refusal:
    """403 for something that the caller may not do in a place it can see."""
    return Refusal(403, 50013, "Missing Permissions")


def bad_json() -> Refusal:
    """400 for a body that is not the JSON (or form) it claims to be."""
    return Refusal(400, 50109, "The request body contains invalid JSON.")


def too_large() -> Refusal:
    """413 for a request or file over the limit."""
    return Refusal(413, 40005, "Request entity too large")


def empty_message() -> Refusal:
    """400 for a message with nothing in it."""
    return Refusal(400, 50006, "Cannot send an empty message")


def system_message() -> Refusal:
    """403 for what cannot be done to a message that Discord itself wrote."""
    return Refusal(403, 50021, "Cannot execute action on a system message")


def wrong_channel_type() -> Refusal:
    """400 for something that does not exist in a channel of this kind."""
    return Refusal(400, 50024, "Cannot execute action on this channel type")


def archived_thread() -> Refusal:
    """400 for a change in a thread that sleeps."""
    return Refusal(400, 50083, "Thread is archived")


def locked_thread() -> Refusal:
    """403 for somebody who does not look after threads and writes in a locked one."""
    return Refusal(403, 160005, "This thread is locked")


def too_soon(code: int, message: str, wait: float) -> Refusal:
    """429 for a limit that is no rate limit of a route (slowmode, edits of old messages); ``wait`` in seconds."""
    headers = {"Via": "1.1 google", "Retry-After": str(math.ceil(wait)), "X-RateLimit-Scope": "user"}
    return Refusal(
        429, code, message, headers=headers, extra={"retry_after": round(wait, 3), "global": False}
    )


def limit_reached(code: int, message: str) -> Refusal:
    """400 for one more than Discord allows (codes 30xxx)."""
    return Refusal(400, code, message)


def invalid_form(errors: Json) -> Refusal:
    """400 for a body whose fields are wrong; ``errors`` nests by field name and list index."""
    return Refusal(400, 50035, "Invalid Form Body", errors=errors)
