"""Sees to it that no message mentions anybody because its text looks like it.

Without ``allowed_mentions`` Discord takes every mention in a text for meant
(https://discord.com/developers/docs/resources/message#allowed-mentions-object).
"""

from typing import Any

NOBODY: dict[str, Any] = {"parse": []}
_SHOWN = frozenset({"content", "embeds", "components"})
_FORM = 9
"""The type of an answer to an interaction that opens a form, which mentions nobody (interactions/receiving-and-responding)."""
_INNER = ("message", "data")
"""Where a forum's post and an answer to an interaction carry their message."""


def without_mentions(body: Any) -> Any:
    """The body of a request; where it carries a message that does not say whom it mentions, that is nobody."""
    if not isinstance(body, dict):
        return body
    whole: dict[str, Any] = {**body}
    if whole.get("type") == _FORM:
        return whole
    if _SHOWN & whole.keys() and "allowed_mentions" not in whole:
        whole["allowed_mentions"] = NOBODY
    for name in _INNER:
        if isinstance(whole.get(name), dict):
            whole[name] = without_mentions(whole[name])
    return whole
