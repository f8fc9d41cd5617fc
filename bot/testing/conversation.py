"""What a command led to."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.local_discord.client.member import Outcome
from bot.testing.heard import Heard, heard

if TYPE_CHECKING:
    from bot.testing.person import Person


@dataclass(slots=True)
class Conversation:
    """What a command led to: its private answer, the status message, and the thread in which the work speaks."""

    outcome: Outcome
    _person: "Person"
    _channel_id: str
    _read: set[str] = field(default_factory=set[str])

    async def answer(self) -> Heard:
        """The bot's answer to the command itself, once it says something."""
        __tracebackhide__ = True
        return await self._person.answer_to(self.outcome)

    async def status(self) -> Heard:
        """The status message of the work that the command started, as it is now."""
        __tracebackhide__ = True
        return await self._person.wait(self._status, "The status message of the work")

    async def next(self) -> Heard:
        """The next message that the work says in its thread."""
        __tracebackhide__ = True
        thread_id = await self._thread_id()

        def unread() -> Heard | None:
            waiting = [
                message
                for message in self._person.client.seen.values()
                if message["channel_id"] == thread_id
                and message["id"] not in self._read
                and bool(message["content"])
                and bool(message["author"].get("bot"))
                and not self._says_status(message)
            ]
            return heard(min(waiting, key=lambda one: int(one["id"]))) if waiting else None

        found = await self._person.wait(unread, "The next message of the work")
        self._read.add(found.id)
        return found

    async def finished(self) -> Heard:
        """The status message once it says that the work has ended."""
        __tracebackhide__ = True

        def ended() -> Heard | None:
            found = self._status()
            # What has failed keeps a button to retry it.
            return found if found is not None and "Stop" not in found.buttons else None

        return await self._person.wait(ended, "The end of the work")

    async def thread(self) -> "Person":
        """The person in the thread of the work."""
        __tracebackhide__ = True
        return await self._person.in_channel(int(await self._thread_id()))

    async def _thread_id(self) -> str:
        __tracebackhide__ = True
        status = await self.status()
        here = self._person.client.channels.get(self._channel_id, {})
        return self._channel_id if "thread_metadata" in here else status.id

    def _status(self) -> Heard | None:
        seen = reversed(self._person.client.seen.values())
        found = next((message for message in seen if self._is_status(message)), None)
        return None if found is None else heard(found)

    def _is_status(self, message: dict[str, Any]) -> bool:
        after = int(message["id"]) > int(self.outcome.interaction_id)
        return message["channel_id"] == self._channel_id and after and self._says_status(message)

    def _says_status(self, message: dict[str, Any]) -> bool:
        return f"Asked by <@{self._person.user_id}>" in message["content"]
