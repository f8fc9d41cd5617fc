"""What was said where an agent is asked: the messages of the place, and what came in commands and forms."""

import re
from collections.abc import Sequence

from cogs.chat.addressing import Called, named_first
from cogs.chat.asks import Ask, clean
from cogs.chat.wish import Wish
from cogswarm import Run, Utterance

_ROLE = re.compile(r"^\s*<@&\d+>")
"""The mention of a role, in front: that is how an agent was called."""


async def what_was_said(
    run: Run, wanted: Wish, asks: Sequence[Ask], place: int, since: int | None
) -> list[Utterance]:
    """The conversation up to what was asked, in the order in which it was said."""
    last = max(ask.id for ask in asks)
    found: dict[int, Utterance] = {}
    if wanted.reads and not wanted.opens:
        read = await run.transcript(place, after=since, limit=wanted.history)
        # Agents' answers to what was asked before may stand below what was asked since; people's later words wait.
        found = {
            one.id: one
            for one in read
            if one.id <= last or (one.agent is not None and one.run != str(run.id))
        }
        for one in await run.earlier():
            ask = Wish.model_validate(one.args["wish"]).ask
            stands_here = ask.said and ask.channel == place
            if not stands_here and (since is None or ask.id > since):
                found[ask.id] = Utterance(
                    ask.id, one.member_name, one.member_id, ask.text, one.created_at, ""
                )
    for ask in asks:
        if ask.id in found:
            continue
        if not ask.said:
            who = run.principal
            found[ask.id] = Utterance(ask.id, who.name, who.member_id, ask.text, run.clock.now(), "")
        elif one := await run.transcript(ask.channel, before=ask.id + 1, after=ask.id - 1, limit=1):
            found[ask.id] = one[0]
    return [without_calls(found[number], wanted.bot_id) for number in sorted(found)]


def without_calls(said: Utterance, bot_id: int) -> Utterance:
    """The same without mentions of the bot."""
    return Utterance(
        said.id, said.author, said.author_id, clean(said.text, bot_id), said.at, said.link, said.agent, said.is_bot,
        said.attachments,
    )  # fmt: skip


def question_of(asked: Sequence[Utterance], wanted: Wish, agent: Called) -> str:
    """What is asked of an agent, without its name in front."""
    texts = [named_first(_ROLE.sub("", one.text), [agent])[1] for one in asked if one.text]
    return "\n".join(texts)[: 4 * 4_000] or wanted.ask.text or "[No words, only what is attached.]"


def names_of(run: Run, said: Sequence[Utterance]) -> dict[str, str]:
    """What the agents are shown as that said something."""
    return {
        name: run.agent(name).persona.display_name for name in {one.agent for one in said} if name is not None
    }
