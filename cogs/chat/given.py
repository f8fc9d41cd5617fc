"""What an agent was given for an answer: gathered before, kept for `/context`."""

from collections.abc import Sequence

from pydantic import BaseModel

from cogs.chat.summary import Summary
from cogswarm import Recollection, plain, title

MOST_PINS = 10
"""Of what is known in a place, so many are named in an account; the rest is counted."""


class Link(BaseModel):
    """Something that can be looked at; ``shown`` comes from outside."""

    shown: str
    url: str


class Given(BaseModel):
    """An account of what an agent was given."""

    agent: str
    asked: str = ""
    """The link of what was asked."""
    model: str = ""
    count: int = 0
    first: str = ""
    last: str = ""
    left_out: int = 0
    since: int | None = None
    reads: bool = True
    memory: bool = True
    memories: list[Link] = []
    sources: list[Link] = []
    pins: list[Link] = []
    pin_count: int = 0
    files: list[str] = []
    used: list[str] = []
    summary: str = ""
    """What stood in place of the oldest messages."""
    summed_up: int = 0
    corrected_by: list[int] = []

    def with_summary(self, one: Summary | None) -> "Given":
        """The same, with what stood in place of the oldest messages."""
        if one is None:
            return self
        told = {"summary": one.text, "summed_up": one.count, "corrected_by": one.corrected_by}
        return self.model_copy(update=told)


def key(place: int, agent: str) -> str:
    """Under which name the account of an agent's last answer in a place is kept."""
    return f"given:{place}:{agent}"


def memory_links(memories: Sequence[Recollection], guild_id: int) -> list[Link]:
    """Where memories come from."""
    return [
        Link(shown=one.title[:80], url=f"https://discord.com/channels/{guild_id}/{one.place_id}")
        for one in memories
    ]


def listed(links: Sequence[Link]) -> str:
    """Links for people to follow; only code makes them."""
    return " · ".join(
        f"[{title(one.shown, 60)}](<{one.url}>)" if one.url else plain(one.shown) for one in links
    )
