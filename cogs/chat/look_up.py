"""Looks a question up in the feeds for an agent whose model cannot choose tools by itself, such as the offline one."""

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from cogswarm import Agent, OutsideError

SERVER, SEARCH, READ = "feeds", "search_feeds", "read_entry"
MOST = 3
LONGEST = 6_000


class Source(BaseModel):
    """An entry of a feed; all of it is from outside."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    title: str
    url: str
    text: str = ""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    title: str
    url: str


class _Found(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    entries: list[_Entry] = []


def needs_it(agent: Agent) -> bool:
    """Whether the agent has the feeds and no language model that would ask for them."""
    return bool(agent.label) and agent.persona.may_use(SERVER, SEARCH) and agent.persona.may_use(SERVER, READ)


async def look_up(agent: Agent, question: str) -> list[Source]:
    """The entries that fit a question best, with their text; none where the feeds do not answer."""
    try:
        found = _Found.model_validate(await _used(agent, SEARCH, {"query": question[:300], "limit": MOST}))
        sources = [
            Source.model_validate(await _used(agent, READ, {"id": entry.id}))
            for entry in found.entries[:MOST]
        ]
    except (OutsideError, ValidationError):
        return []
    return [Source(title=one.title, url=one.url, text=one.text[:LONGEST]) for one in sources]


async def _used(agent: Agent, tool: str, arguments: dict[str, Any]) -> Any:
    result = await agent.use(SERVER, tool, arguments)
    if result.is_error:
        raise OutsideError(result.text or "The feeds do not answer.")
    return result.structured
