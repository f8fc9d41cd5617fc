"""A message as somebody in the local Discord sees it."""

from dataclasses import dataclass
from typing import Any

from bot.local_discord.client.filling import shown_as, walk
from bot.local_discord.model import EPHEMERAL


@dataclass(frozen=True, slots=True)
class Heard:
    """A message somebody heard, as it was at that moment; ``raw`` is Discord's JSON."""

    id: str
    text: str
    author: str
    raw: dict[str, Any]

    @property
    def buttons(self) -> list[str]:
        """What stands on its buttons and selects, in their order."""
        return [shown_as(one) for one in walk(self.raw.get("components", [])) if "custom_id" in one]

    @property
    def private(self) -> bool:
        """Whether only one person can see it."""
        return bool(int(self.raw.get("flags", 0)) & EPHEMERAL)

    @property
    def files(self) -> dict[str, str]:
        """The addresses of its files by their names."""
        return {str(one["filename"]): str(one["url"]) for one in self.raw.get("attachments", [])}


def heard(message: dict[str, Any]) -> Heard:
    """A message of Discord's JSON."""
    author = message["author"]
    return Heard(
        str(message["id"]),
        str(message["content"]),
        str(author.get("global_name") or author["username"]),
        message,
    )
