"""Questions that people ask the agents in a review's thread, answered from the diff, with the files that an answer rests on."""

import re
from collections.abc import Mapping

from cogs.code_review import agents, messages
from cogs.code_review.cog import Ctx, code_review
from cogs.code_review.diffs import bounded, shown
from cogswarm import Message, Passage, Run, plain
from cogswarm.review import ChangedFile, HeadMoved, PullRequest

LONGEST = 1_500
_NAMED = re.compile(rf"^\s*@({'|'.join(agents.NAMES)})\b[\s,:]*", re.IGNORECASE)
_CITED = re.compile(r"\s*\[([A-Za-z0-9]{1,8})\]")


@code_review.on_message
async def asked(ctx: Ctx, message: Message) -> None:
    """Let the agent answer that is named, or that is replied to; a mention of the bot goes to the one that reviews."""
    if not ctx.in_thread or (review := await ctx.reviews.in_thread(ctx.channel_id)) is None:
        return
    text = ctx.without_mention(message.text).strip()
    named = _NAMED.match(text)
    replied = message.reply_to.agent if message.reply_to is not None and message.reply_to.mine else None
    agent = named[1].lower() if named else replied if replied in agents.NAMES else None
    if agent is None and message.mentions_me:
        agent = agents.REVIEW
    question = text[named.end() :].strip() if named else text
    if agent is None or not question:
        return
    await ctx.start(
        answer,
        quiet=True,
        title=question[:100],
        pull=str(review.pull),
        agent=agent,
        question=question[:LONGEST],
        message_id=message.id,
    )


@code_review.workflow
async def answer(run: Run, pull: str, agent: str, question: str, message_id: int) -> None:
    """Answer from the diff."""
    await run.react(message_id, "👀")
    seen = await run.step("pull request", run.code.pull, run.code.pull_id(pull))
    try:
        files = await run.step("files", _files, run, seen)
    except HeadMoved:
        await run.post(messages.MOVED, reply_to=message_id)
        return
    asked_one = run.agent(agent)
    about = Passage("about", seen.body[:4_000] or "No description.", title=seen.title)
    sources = [*shown(files).passages, about]
    names = {one.id: one.title for one in sources}
    said = await run.step("answer", asked_one.answer, question, sources=sources)
    text = cited(said, names) or messages.EMPTY
    await run.post(text, speaker=asked_one.speaker, reply_to=message_id)
    await run.unreact(message_id, "👀")


def cited(text: str, names: Mapping[str, str]) -> str:
    """An answer with the names of files in place of their ids; ids that nothing has are left out."""

    def name(found: re.Match[str]) -> str:
        path = names.get(found[1])
        return "" if path is None else f" (`{plain(path).replace('`', chr(39))}`)"

    return _CITED.sub(name, plain(text)).strip()


async def _files(run: Run, seen: PullRequest) -> list[ChangedFile]:
    return bounded(await run.code.changed(seen))
