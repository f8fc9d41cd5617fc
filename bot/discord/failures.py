"""How a request to Discord can fail, and the numbers by which Discord says why.

https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
"""

from bot.errors import OutsideError

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK = 10003, 10008, 10015
TOO_MANY_WEBHOOKS, MISSING_ACCESS, MISSING_PERMISSIONS = 30007, 50001, 50013
WRONG_WEBHOOK_TOKEN = 50027
TOO_OLD_TO_EDIT = 30046
"""A message of more than an hour ago that was changed too often lately."""
THREAD_EXISTS = 160004
THREAD_ARCHIVED = 50083
"""Discord archives threads in which nothing is said for a while; then nothing in them can be changed."""
UNCHANGEABLE = frozenset({UNKNOWN_WEBHOOK, WRONG_WEBHOOK_TOKEN, TOO_OLD_TO_EDIT})
"""Why a message that stands there cannot be changed any more."""
NOT_ALLOWED = frozenset({MISSING_ACCESS, MISSING_PERMISSIONS})


class DiscordRefused(OutsideError):
    """Discord answered that this cannot be done; the same request would be refused again."""

    def __init__(self, message: str, *, status: int, code: int) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class DiscordUnavailable(OutsideError):
    """Discord did not answer, or asked to wait; unless ``sent`` is False the request may have had its effect."""

    def __init__(self, message: str, *, retry_after: float | None = None, sent: bool = True) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.sent = sent
