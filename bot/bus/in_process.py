"""A bus inside the process, for tests and the demo: no network, no key; agents are functions."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from bot.bus.acks import UUID_TEXT
from bot.bus.letters import BusRefused, Letter, Limits, Page, Peer, agent_name
from bot.clock import Clock

LIMITS = Limits(8_000, 20, 100)
_REQUEST = re.compile(
    rf"\[request_id:({UUID_TEXT})\]\s*(?:\[[A-Z-]+\]\s*)?[^:\n]*:\s?(.*?)(?:\n<!--|\Z)", re.DOTALL
)

_WANTS_BID = re.compile(r"^\[how to answer\].*\"minutes\"", re.MULTILINE)

type Says = Callable[[str], Awaitable[Sequence[str]]]
"""An agent: what it answers to a text."""


@dataclass(slots=True)
class InProcessBus:
    """Agents and their inboxes; what is sent under a request id is taken once."""

    clock: Clock
    agents: Mapping[str, Says]
    inboxes: dict[str, list[Letter]] = field(default_factory=dict[str, list[Letter]])
    sent: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def put(self, to: str, source: str, text: str, answers: str = "") -> None:
        """Lay a letter into an inbox."""
        letter = Letter(str(uuid4()), source, text, self.clock.now(), answers)
        self.inboxes.setdefault(agent_name(to), []).append(letter)


class InProcess:
    """Implements `Transport` for one name on such a bus."""

    kind = "in-process"
    limits = LIMITS

    def __init__(self, bus: InProcessBus, name: str) -> None:
        self._bus = bus
        self._name = agent_name(name)
        bus.inboxes.setdefault(self._name, [])

    async def send(self, to: str, text: str, request_id: str) -> None:
        """Hand it to the agent, or lay it into the inbox of another connector."""
        agent = agent_name(to)
        if (self._name, request_id) in self._bus.sent:
            return
        says = self._bus.agents.get(agent)
        if says is None and agent not in self._bus.inboxes:
            raise BusRefused(f"There is no agent called {agent} on the bus.")
        self._bus.sent[self._name, request_id] = text
        if says is None:
            self._bus.put(agent, self._name, text)
            return
        for answer in await says(text):
            self._bus.put(self._name, agent, answer)

    async def receive(self, limit: int) -> Page:
        """What waits, until it is said to be kept."""
        waiting = self._bus.inboxes.setdefault(self._name, [])
        return Page(waiting[:limit], full=len(waiting) > limit)

    async def done(self, letters: Sequence[Letter]) -> None:
        """Take them out."""
        kept = {letter.id for letter in letters}
        self._bus.inboxes[self._name] = [
            one for one in self._bus.inboxes.get(self._name, []) if one.id not in kept
        ]

    async def announce(self) -> None:
        """Nothing: whoever has an inbox is there."""

    async def peers(self) -> list[Peer]:
        """The agents."""
        return [Peer(name, "lives in this process") for name in self._bus.agents]


async def echo(text: str) -> Sequence[str]:
    """An agent that says what it was told, and acknowledges as agents on a bus do; asked for a bid it bids a minute."""
    found = _REQUEST.search(text)
    if found is None:
        return []
    if _WANTS_BID.search(text):
        return [f'{{ack_for: {found[1]}, ok: true}} {{"minutes": 1}}']
    said = found[2].partition("\n\n[")[0].strip()  # without what it is about
    return [f"{{ack_for: {found[1]}, ok: true}} You said: {said}"]
