"""Says what happened when something that a test waits for did not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.errors import CogswarmError, TimedOut
from bot.local_discord.client.filling import shown_as, walk
from bot.local_discord.client.member import Member
from bot.local_discord.server import LocalDiscord
from bot.local_discord.traffic.traffic import Exchange
from bot.testing.journal import Journal

_MESSAGES, _REQUESTS, _LINES = 8, 10, 12
_LONGEST = 200
_SEGMENT = 30
_POLL = 0.05


class NeverHappened(TimedOut):
    """What a test waited for did not happen in time; the text tells what did instead."""


class ScriptFailed(CogswarmError):
    """The model was asked what the test has no reply for."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Sees the local Discord, the bot's log and the scripted model."""

    local: LocalDiscord
    journal: Journal
    trouble: Callable[[], str | None]
    """What makes waiting pointless, such as a call that the scripted model has no reply for."""

    async def until[T](
        self,
        member: Member,
        look: Callable[[], T | None],
        what: str,
        *,
        channels: Sequence[str],
        timeout: float,
    ) -> T:
        """What ``look`` finds, now or soon after it is there.

        Raises:
            NeverHappened: it found nothing in ``timeout`` seconds; the text tells what the channels show, what the
                bot asked of Discord and what it logged.
            ScriptFailed: the model was asked what the test has no reply for.
        """
        __tracebackhide__ = True

        def looked() -> T | None:
            __tracebackhide__ = True
            found = look()
            if found is None and (trouble := self.trouble()) is not None:
                raise ScriptFailed(trouble)
            return found

        try:
            return await member.until(looked, what, timeout=timeout, poll=_POLL)
        except TimedOut as error:
            raise NeverHappened(f"{error}\n\n{await self.account(member, channels)}") from None

    async def account(self, member: Member, channels: Sequence[str]) -> str:
        """What happened last: in the channels, between the bot and Discord, and in the bot's log."""
        parts = [await _last_messages(member, channel) for channel in dict.fromkeys(channels)]
        parts.append(_section("The bot asked Discord last", self._requests()))
        parts.append(_section("The bot's log said last", self._log()))
        return "\n".join(parts)

    def _requests(self) -> list[str]:
        return [_request(one) for one in self.local.sent()[-_REQUESTS:]]

    def _log(self) -> list[str]:
        shown = [line for line in self.journal.lines() if line.level != "debug"]
        return [str(line) for line in shown[-_LINES:]]


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"{title}:", *(f"  {line}" for line in lines or ["nothing"])])


async def _last_messages(member: Member, channel_id: str) -> str:
    name = member.channels.get(channel_id, {}).get("name") or "the direct messages"
    listed = {str(one["id"]): one for one in await member.messages(channel_id, limit=_MESSAGES)}
    # What only this person sees is in no channel's history.
    heard = {key: one for key, one in member.seen.items() if one["channel_id"] == channel_id}
    known = sorted({**heard, **listed}.values(), key=lambda one: int(one["id"]))
    return _section(f"In #{name} stood last", [_message(one) for one in known[-_MESSAGES:]])


def _message(message: dict[str, Any]) -> str:
    author = message["author"]
    text = " ⏎ ".join(str(message["content"]).splitlines())[:_LONGEST]
    pressed = [
        shown_as(one) for one in walk(message.get("components", [])) if "custom_id" in one or "url" in one
    ]
    buttons = f" [{'] ['.join(pressed)}]" if pressed else ""
    reactions = "".join(f" {one['emoji']['name']}({one['count']})" for one in message.get("reactions", []))
    flags = int(message.get("flags", 0))
    private = " (only they see it)" if flags & 64 else ""
    thinking = " (thinking …)" if flags & 128 else ""
    return f"{author.get('global_name') or author['username']}: {text}{buttons}{reactions}{private}{thinking}"


def _request(exchange: Exchange) -> str:
    path = "/".join(part if len(part) <= _SEGMENT else "…" for part in exchange.path.split("/"))
    answer = "no answer" if exchange.status == 0 else exchange.status
    refused = f" {exchange.answer[:_LONGEST].decode(errors='replace')}" if exchange.status >= 400 else ""  # noqa: PLR2004 - HTTP errors
    return f"{exchange.method} {path} → {answer}{refused}"
