"""A person who asks the bot, and reads the thread that comes of it as people see it."""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.local_discord.client.member import Member, Outcome
from tests.e2e.house import House, channel_of
from tests.waiting import eventually

type Json = dict[str, Any]

ANSWER_SECONDS = 40.0
EPHEMERAL = 1 << 6
_ENDINGS = ("✓ Done", "✗ ", "■ ")
_CITATION = re.compile(r"\[\[(\w+)\]\]\(<([^>]+)>\)")
_SOURCE = re.compile(r"^\[(\d+)\] \[((?:\\.|[^\]\\])*)\]\(<([^>]+)>\) ?(.*)$", re.MULTILINE)
_PARTING = "**Sources**"


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list of sources."""

    title: str
    url: str
    details: str


@dataclass(frozen=True, slots=True)
class Research:
    """A finished thread: its status message and what was said in it, oldest first."""

    status: Json
    messages: list[Json]

    @property
    def ending(self) -> str:
        """The last line of the status message."""
        return _last_line(self.status)

    @property
    def texts(self) -> list[str]:
        """What was said, in order."""
        return [str(message["content"]) for message in self.messages]

    @property
    def answer(self) -> list[Json]:
        """The messages that cite something."""
        return [message for message in self.messages if _CITATION.search(message["content"])]

    @property
    def claims(self) -> list[str]:
        """The lines of the answer, without the small print."""
        lines = [line for message in self.answer for line in message["content"].splitlines()]
        return [line for line in lines if not line.startswith("-# ")]

    @property
    def cited(self) -> dict[int, str]:
        """The addresses that the answer's numbers link to."""
        found = (pair for message in self.answer for pair in _CITATION.findall(message["content"]))
        return {int(number): url for number, url in found}

    @property
    def sources(self) -> dict[int, Listed]:
        """The list of sources by number."""
        return {
            int(number): Listed(title, url, details)
            for text in self.texts
            if text.startswith(_PARTING)
            for number, title, url, details in _SOURCE.findall(text)
        }


@dataclass(frozen=True, slots=True)
class Asker:
    """A person in one channel."""

    member: Member
    channel: str
    bot_id: str

    async def slash(self, topic: str) -> Outcome:
        """Type ``/research``; a bot that is ready may have registered it in another server only so far."""
        await eventually(self._is_offered)
        return await self.member.slash(self.channel, "research", topic=topic)

    async def status_after(self, since: int | str) -> Json:
        """The status message that came to this channel after an interaction or message."""
        return await self.member.message_where(
            lambda message: self._is_status(message) and int(message["id"]) > int(since),
            timeout=ANSWER_SECONDS,
        )

    async def begin(self, topic: str) -> Json:
        """Ask; the status message as soon as it and its thread are there."""
        outcome = await self.slash(topic)
        assert outcome.ok
        status = await self.status_after(outcome.interaction_id)
        return await self.status_where(status["id"], lambda message: "thread" in message)

    async def status_where(
        self, message_id: str, fits: Callable[[Json], bool], *, seconds: float = ANSWER_SECONDS
    ) -> Json:
        """The status message once it ``fits``."""
        return await self.member.message_where(
            lambda message: message["id"] == message_id and fits(message), timeout=seconds
        )

    async def ended(self, status: Json, *, seconds: float = ANSWER_SECONDS) -> Research:
        """The whole thread, once its status message says that it has ended."""
        closed = await self.status_where(status["id"], _has_ended, seconds=seconds)
        return Research(closed, await self.inside(status["id"]))

    async def private_answer(self, interaction_id: str) -> str:
        """What the bot answered to an interaction, which nobody else sees."""
        answered = await self.member.message_where(
            lambda message: _answers(message, interaction_id) and bool(message["content"])
        )
        assert answered["flags"] & EPHEMERAL
        return str(answered["content"])

    async def ask(self, topic: str) -> Research:
        """Ask and wait for the end."""
        return await self.ended(await self.begin(topic))

    async def inside(self, thread_id: str) -> list[Json]:
        """What was said in a thread, oldest first."""
        return [one for one in await self.member.messages(thread_id, limit=100) if one["type"] in {0, 19}]

    async def reply_in(self, thread_id: str, question: str) -> Json:
        """Ask in a thread and wait until an agent has spoken after that."""
        asked = await self.member.say(thread_id, question)
        return await self.member.message_where(
            lambda message: (
                message["channel_id"] == thread_id
                and int(message["id"]) > int(asked["id"])
                and "webhook_id" in message
            ),
            timeout=ANSWER_SECONDS,
        )

    async def _is_offered(self) -> bool:
        return any(command["name"] == "research" for command in await self.member.commands(self.channel))

    def _is_status(self, message: Json) -> bool:
        return (
            message["channel_id"] == self.channel
            and message["author"]["id"] == self.bot_id
            and "Asked by" in message["content"]
        )


@asynccontextmanager
async def asker(house: House, channel: str = "research", who: str | None = None) -> AsyncGenerator[Asker]:
    """Somebody who asks in a channel."""
    async with house.member(who) as member:
        yield Asker(member, channel_of(member, channel), house.bot_id)


def _answers(message: Json, interaction_id: str) -> bool:
    asked: Json = message.get("interaction_metadata") or {}
    return asked.get("id") == interaction_id


def _last_line(message: Json) -> str:
    """What the status message ends with, but for the small print of what it has cost."""
    lines = [line for line in str(message["content"]).splitlines() if not line.startswith("-# ")]
    return lines[-1] if lines else ""


def _has_ended(message: Json) -> bool:
    return _last_line(message).startswith(_ENDINGS)
