"""Messages that a cog watches are looked at again after a gap, and told where they have changed."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from bot.storage.database import Database
from cogswarm import Cog, Context, FoundAgain, Message, Run, ThreadState
from cogswarm.testing import BotWith, Heard, Person
from tests.bot.discord.missed.scribe import caught_up
from tests.waiting import eventually

type Members = Callable[[str], Awaitable[Person]]


class Watcher:
    """A cog that watches what it is told to and what it asks itself."""

    def __init__(self) -> None:
        self.found: list[FoundAgain] = []
        self.watching: set[str] = set()
        self.cog = cog = Cog("watcher", summary="Watches", intents={"message_content"})

        @cog.workflow
        async def ask(run: Run) -> None:
            await run.post("Shall we?", watch="question")

        @cog.workflow
        async def stop_asking(run: Run) -> None:
            await run.unwatch("question")

        @cog.on_message
        async def heard(ctx: Context, message: Message) -> None:
            if message.text == "ask":
                await ctx.start(ask, quiet=True)
            elif message.text == "stop asking":
                await ctx.start(stop_asking, quiet=True)
            elif message.text.startswith("watch"):
                await ctx.watch(message.text, message.id)
            elif message.text.startswith("no "):
                await ctx.unwatch(message.text.removeprefix("no "))
            self.watching.add(message.text)

        @cog.on_watched
        async def again(ctx: Context, found: FoundAgain) -> None:
            assert ctx.guild_id
            self.found.append(found)

        assert heard
        assert again

    async def hears(self, text: str) -> None:
        """Wait until it has done what it was told."""

        async def heard() -> bool:
            return text in self.watching

        await eventually(heard)

    def by_note(self) -> dict[str, FoundAgain]:
        """What was found, by note; each once."""
        found = {one.note: one for one in self.found}
        assert len(found) == len(self.found)
        return found


@dataclass(frozen=True, slots=True)
class Begun:
    """What is watched: the bot's own question, messages in a channel, and one in a thread."""

    question: Heard
    said: Mapping[str, Heard]
    inside: Heard
    thread: Person
    under: Person


async def _begun(bot_with: BotWith, watcher: Watcher, member: Person) -> Begun:
    await bot_with(watcher.cog)
    await member.say("ask")
    question = await member.hears("Shall we?")
    names = ("edit", "delete", "same", "never mind")
    said = {name: await member.say(f"watch {name}") for name in names}
    await member.say("no watch never mind")
    thread = await member.open_thread("a thread")
    inside = await thread.say("watch inside")
    under = await member.open_thread("under it", under=said["same"])
    await watcher.hears("no watch never mind")
    await watcher.hears("watch inside")
    bot = await bot_with.restart()
    # Whatever happened between the watch and the first look is told; later ones are compared with that.
    await caught_up(bot)
    assert watcher.by_note().keys() == {
        "question", "watch edit", "watch delete", "watch same", "watch inside"
    }  # fmt: skip
    watcher.found.clear()
    return Begun(question, said, inside, thread, under)


async def test_what_changed_is_told_once(
    bot_with: BotWith, member: Person, members: Members, database: Database
) -> None:
    watcher = Watcher()
    begun = await _begun(bot_with, watcher, member)
    ada = await members("ada")
    await bot_with.stop()
    await ada.react(begun.question, "👍")
    await member.react(begun.question, "👍")
    await ada.react(begun.question, "👎")
    await ada.pin(begun.question)
    await member.edit(begun.said["edit"], "changed")
    await member.delete(begun.said["delete"])
    await begun.thread.archive()
    await caught_up(await bot_with.restart())
    found = watcher.by_note()
    assert found.keys() == {"question", "watch edit", "watch delete", "watch inside"}
    asked = found["question"]
    assert asked.pinned
    assert {one.emoji: (one.count, set(one.members)) for one in asked.reactions} == {
        "👍": (2, {int(ada.user_id), int(member.user_id)}),
        "👎": (1, {int(ada.user_id)}),
    }
    edited = found["watch edit"]
    assert edited.message is not None
    assert (edited.message.text, edited.edited_at is None) == ("changed", False)
    gone = found["watch delete"]
    assert (gone.gone, gone.message, gone.message_id) == (True, None, int(begun.said["delete"].id))
    archived = found["watch inside"]
    assert archived.thread == ThreadState(
        int(begun.thread.channel_id), "a thread", archived=True, locked=False
    )
    assert (archived.where.in_thread, archived.where.home_id) == (True, int(member.channel_id))
    assert (archived.gone, archived.message_id) == (False, int(begun.inside.id))

    watcher.found.clear()
    await caught_up(await bot_with.restart())
    assert watcher.found == [], "a second restart tells nothing again"
    await member.say("stop asking")
    await watcher.hears("stop asking")
    await begun.under.archive()
    await eventually(lambda: _notes(database, {"watch edit", "watch same", "watch inside"}))
    await caught_up(await bot_with.restart())
    assert watcher.by_note().keys() == {"watch same"}, "the thread under a message counts, too"


async def _notes(database: Database, expected: set[str]) -> bool:
    async with database.connection() as conn:
        cursor = await conn.execute("SELECT note FROM watched_message")
        return {str(note) for (note,) in await cursor.fetchall()} == expected
