"""Turns what work wants to say into the bodies of Discord's messages."""

from typing import Any

from bot.discord.chunking import chunks
from bot.work.surface import Button, Say, Speaker

BUTTONS_IN_A_ROW = 5
BUTTONS_IN_ALL = 25
LABEL_LIMIT = 80
NAME_LIMIT = 80
THREAD_NAME_LIMIT = 100
SUPPRESS_EMBEDS = 1 << 2
_STYLES = {"primary": 1, "secondary": 2, "danger": 4}


def bodies(say: Say) -> list[dict[str, Any]]:
    """One body a message: mentions nobody but those named, no link previews, buttons under the last."""
    texts = chunks(say.text) or ["…"]
    allowed = {"parse": [], "users": [str(user) for user in say.mentions], "replied_user": False}
    result: list[dict[str, Any]] = [
        {"content": text, "allowed_mentions": allowed, "flags": SUPPRESS_EMBEDS} for text in texts
    ]
    if say.reply_to is not None and say.speaker is None:
        # A message that is gone by then must not keep the answer back.
        result[0]["message_reference"] = {"message_id": str(say.reply_to), "fail_if_not_exists": False}
    if say.buttons:
        result[-1]["components"] = rows(say.buttons)
    return result


def edit_body(say: Say) -> dict[str, Any]:
    """The body of an edit: all of the text in one message, buttons replaced."""
    text = (chunks(say.text) or ["…"])[0]
    return {
        "content": text,
        "allowed_mentions": {"parse": [], "users": [str(user) for user in say.mentions]},
        "components": rows(say.buttons),
    }


def rows(buttons: tuple[Button, ...]) -> list[dict[str, Any]]:
    """Action rows of at most five buttons."""
    shown = [_button(button) for button in buttons[:BUTTONS_IN_ALL]]
    return [
        {"type": 1, "components": shown[start : start + BUTTONS_IN_A_ROW]}
        for start in range(0, len(shown), BUTTONS_IN_A_ROW)
    ]


def _button(button: Button) -> dict[str, Any]:
    return {
        "type": 2,
        "style": _STYLES[button.style],
        "label": button.label[:LABEL_LIMIT],
        "custom_id": button.custom_id,
    }


def identity_of(speaker: Speaker | None) -> dict[str, Any] | None:
    """How a speaker is kept in the outbox; Discord refuses some words in webhook names."""
    if speaker is None:
        return None
    name = speaker.name.strip()[:NAME_LIMIT] or "Agent"
    for word in ("discord", "clyde"):
        start = name.lower().find(word)
        while start >= 0:
            # A zero-width space keeps the name readable and out of Discord's word filter.
            name = f"{name[: start + 1]}\u200b{name[start + 1 :]}"[:NAME_LIMIT]
            start = name.lower().find(word)
    return {"name": name, "avatar_url": speaker.avatar_url}


def thread_name(text: str) -> str:
    """A thread's name from a title: one line, 1 to 100 characters."""
    line = " ".join(text.replace("*", "").split()) or "Thread"
    return line if len(line) <= THREAD_NAME_LIMIT else f"{line[: THREAD_NAME_LIMIT - 1].rstrip()}…"
