"""A member of a server in the local Discord, for tests: says things, uses the bot, and waits for what it does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.errors import UserError
from bot.local_discord.client.member import DEFAULT_TIMEOUT, File, Member, Outcome
from bot.local_discord.model import LOADING
from bot.testing.conversation import Conversation
from bot.testing.heard import Heard, heard
from bot.testing.witness import NeverHappened, Witness

type Fits = str | Callable[[Heard], bool]
"""A part of a message's text, or a function that says whether a message is meant."""


def fits_of(wanted: Fits) -> Callable[[Heard], bool]:
    """``wanted`` as a function."""
    return (lambda message: wanted in message.text) if isinstance(wanted, str) else wanted


@dataclass(frozen=True, slots=True)
class Person:
    """A member in one channel of the local Discord; given by the fixtures ``member`` and ``members``.

    What Discord does not allow raises `DiscordRefused` with Discord's code; what is not there (a command, a button, a
    person) raises `UserError`, which says what is. Waiting ends with the event that is waited for; where it does not
    come in ``timeout`` seconds, `NeverHappened` tells what happened instead.
    """

    client: Member
    channel_id: str
    witness: Witness
    timeout: float = DEFAULT_TIMEOUT
    _heard: set[str] = field(default_factory=set[str])

    @property
    def user_id(self) -> str:
        """The person's id; a person can also be given as an option of a command or a choice in a select."""
        return self.client.user_id

    def use_language(self, locale: str) -> None:
        """Use Discord in another language (``de``) from now on; bots are told it with commands and presses."""
        self.client.use_language(locale)

    # where

    async def in_channel(self, name: str | int) -> "Person":
        """The same person in another channel or thread, by name or id."""
        return self._at(await self.client.channel(name, near=self.channel_id))

    async def in_thread_of(self, message: Heard) -> "Person":
        """The same person in the thread under a message, as soon as there is one."""
        __tracebackhide__ = True
        await self.wait(
            lambda: True if message.id in self.client.channels else None, "A thread under the message"
        )
        return self._at(message.id)

    async def with_bot(self) -> "Person":
        """The same person in their direct messages with the bot."""
        return self._at(await self.client.direct(self.witness.local.application_id))

    # messages

    async def say(
        self, text: str = "", *, files: Sequence[File] = (), reply_to: Heard | None = None
    ) -> Heard:
        """Write a message; files are bytes, paths, or names with bytes."""
        answered = None if reply_to is None else reply_to.raw
        said = heard(await self.client.say(self.channel_id, text, files=files, reply_to=answered))
        self._heard.add(said.id)
        return said

    async def edit(self, message: Heard, text: str) -> Heard:
        """Change what one's own message says."""
        return heard(await self.client.edit(message.raw, text))

    async def delete(self, message: Heard) -> None:
        """Delete a message."""
        await self.client.delete(message.raw)

    async def react(self, message: Heard, emoji: str) -> None:
        """Put a reaction under a message."""
        await self.client.react(message.raw, emoji)

    async def unreact(self, message: Heard, emoji: str) -> None:
        """Take one's reaction back."""
        await self.client.unreact(message.raw, emoji)

    async def vote(self, message: Heard, *answers: str) -> None:
        """Vote in a poll for these answers, in place of what one chose before; none takes the vote back."""
        await self.client.vote(message.raw, *answers)

    async def pin(self, message: Heard) -> None:
        """Pin a message."""
        await self.client.pin(message.raw)

    async def unpin(self, message: Heard) -> None:
        """Take a pin away."""
        await self.client.unpin(message.raw)

    async def pins(self) -> list[Heard]:
        """What is pinned here, the newest pin first."""
        return [heard(one) for one in await self.client.pins(self.channel_id)]

    async def history(self, limit: int = 50) -> list[Heard]:
        """The newest messages here, at most 100, oldest first."""
        return [heard(one) for one in await self.client.messages(self.channel_id, limit=limit)]

    async def typing(self) -> None:
        """Show that one is writing."""
        await self.client.typing(self.channel_id)

    def dismiss(self, message: Heard) -> None:
        """Close a message that only this person sees."""
        self.client.dismiss(message.raw)

    # threads

    async def open_thread(
        self, name: str, *, under: Heard | None = None, private: bool = False, text: str = ""
    ) -> "Person":
        """Open a thread (under a message, or by itself; in a forum a post that begins with ``text``) and go there."""
        raw = None if under is None else under.raw
        return self._at(
            await self.client.open_thread(self.channel_id, name, under=raw, private=private, text=text)
        )

    async def join_thread(self) -> None:
        """Take part in the thread this is."""
        await self.client.join_thread(self.channel_id)

    async def leave_thread(self) -> None:
        """Take part in it no longer."""
        await self.client.leave_thread(self.channel_id)

    async def archive(self, *, archived: bool = True) -> None:
        """Archive the thread this is, or open it again."""
        await self.client.archive(self.channel_id, archived=archived)

    # the bot

    async def slash(self, name: str, /, **options: Any) -> Conversation:
        """Run a slash command (``"reports list"`` for a subcommand); the conversation is what it led to."""
        try:
            outcome = await self.client.slash(self.channel_id, name, options, timeout=self.timeout)
        except UserError as error:
            await self._explain(error)
            raise
        return Conversation(await self._answered(outcome, f"/{name}"), self, self.channel_id)

    async def menu(self, name: str, target: "Heard | Person | str") -> Conversation:
        """Run a command of the context menu of a message or a person (a member or their name)."""
        chosen = target.raw if isinstance(target, Heard) else target
        try:
            outcome = await self.client.menu(self.channel_id, name, chosen, timeout=self.timeout)
        except UserError as error:
            await self._explain(error)
            raise
        return Conversation(await self._answered(outcome, f"“{name}”"), self, self.channel_id)

    async def suggestions(self, name: str, option: str, typed: str, /, **filled: Any) -> list[str]:
        """What the bot suggests for an option of a command while ``typed`` is in it."""
        choices = await self.client.autocomplete(
            self.channel_id, name, option, typed, filled, timeout=self.timeout
        )
        return [str(choice["name"]) for choice in choices]

    async def click(self, message: Heard, what: str | None = None) -> Outcome:
        """Press a button by its label or custom id; left out, the only one."""
        return await self.client.click(message.raw, what, timeout=self.timeout)

    async def select(self, message: Heard, what: str | None, *choices: object) -> Outcome:
        """Choose in a select by its placeholder or custom id (None: the only one).

        Options are given by label or value; people, roles and channels by name or id.
        """
        return await self.client.select(message.raw, what, *choices, timeout=self.timeout)

    async def submit(
        self, opened: Outcome | Conversation, filled: dict[str, Any] | None = None, /, **values: Any
    ) -> Outcome:
        """Fill in and send the form that a command or a press opened, by the inputs' labels or custom ids."""
        outcome = opened.outcome if isinstance(opened, Conversation) else opened
        return await self.client.submit(outcome, {**(filled or {}), **values}, timeout=self.timeout)

    async def answer_to(self, outcome: Outcome) -> Heard:
        """The bot's answer, once it says something: what was deferred is waited for."""
        __tracebackhide__ = True
        if outcome.answer == "edit" and outcome.message is not None:
            return heard(outcome.message)

        def answer() -> Heard | None:
            for message in self.client.seen.values():
                asked: dict[str, Any] = message.get("interaction_metadata") or {}
                if asked.get("id") == outcome.interaction_id and not int(message.get("flags", 0)) & LOADING:
                    return heard(message)
            return None

        return await self.wait(answer, "The bot's answer")

    # waiting

    async def hears(self, wanted: Fits = "", *, by: str | None = None) -> Heard:
        """The next message of somebody else here, by a part of its text or a function; each is given only once.

        ``by`` is the name that is shown above it.
        """
        __tracebackhide__ = True
        fits = fits_of(wanted)

        def fresh() -> Heard | None:
            here = (
                one
                for one in self.client.seen.values()
                if one["channel_id"] == self.channel_id
                and one["id"] not in self._heard
                and one["author"]["id"] != self.user_id
            )
            for message in map(heard, sorted(here, key=lambda one: int(one["id"]))):
                if by in (None, message.author) and fits(message):
                    return message
            return None

        what = f"“{wanted}”" if isinstance(wanted, str) and wanted else "that was waited for"
        found = await self.wait(fresh, f"A message {what}{f' by {by}' if by else ''}")
        self._heard.add(found.id)
        return found

    async def sees(self, message: Heard, wanted: Fits) -> Heard:
        """The message as soon as it says that, by a part of its text or a function."""
        __tracebackhide__ = True
        fits = fits_of(wanted)

        def changed() -> Heard | None:
            now = heard(self.client.seen.get(message.id, message.raw))
            return now if fits(now) else None

        what = f"“{wanted}” in" if isinstance(wanted, str) else "The change of"
        return await self.wait(changed, f"{what} the message of {message.author}")

    async def sees_reaction(self, message: Heard, emoji: str, *, by: "Person | None" = None) -> None:
        """Wait until a reaction is under a message; by the bot, unless it is said by whom."""
        __tracebackhide__ = True
        who = str(self.witness.local.application_id) if by is None else by.user_id
        if who not in await self.client.reacted(message.raw, emoji):
            await self.wait(
                lambda: True if who in self.client.saw_reaction(message.raw, emoji) else None,
                f"The reaction {emoji}",
            )

    async def sees_gone(self, message: Heard) -> None:
        """Wait until a message is deleted."""
        __tracebackhide__ = True
        await self.wait(
            lambda: True if self.client.saw_it_go(message.raw) else None,
            f"The end of the message of {message.author}",
        )

    async def wait[T](self, look: Callable[[], T | None], what: str = "What was waited for") -> T:
        """What ``look`` finds (anything but None); it looks after every event this person hears, and now and then."""
        __tracebackhide__ = True
        home = self.client.channels.get(self.channel_id, {}).get("parent_id")
        channels = [self.channel_id, *self._threads(), *([str(home)] if self._is_thread and home else [])]
        return await self.witness.until(self.client, look, what, channels=channels, timeout=self.timeout)

    @property
    def _is_thread(self) -> bool:
        return "thread_metadata" in self.client.channels.get(self.channel_id, {})

    def _threads(self) -> list[str]:
        there = self.client.channels.values()
        return [str(one["id"]) for one in there if str(one.get("parent_id")) == self.channel_id][-2:]

    def _at(self, channel_id: str) -> "Person":
        return replace(self, channel_id=channel_id, _heard=self._heard)

    async def _answered(self, outcome: Outcome, what: str) -> Outcome:
        __tracebackhide__ = True
        if not outcome.ok:
            account = await self.witness.account(self.client, [self.channel_id])
            raise NeverHappened(f"The bot did not answer {what} in time.\n\n{account}")
        return outcome

    async def _explain(self, error: UserError) -> None:
        troubles = self.witness.journal.troubles()
        if troubles:
            error.add_note("\n".join(["The bot's log warned:", *(f"  {line}" for line in troubles[-5:])]))
