"""The face of research in Discord: the command, the example buttons, and questions asked in its threads."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

from cogs.research import messages
from cogs.research.cog import ResearchSettings, research
from cogs.research.workflow import find_out, follow_up
from cogswarm import ChannelElsewhere, Cog, Context, Form, Message, UserError, entry, hookimpl

TOPIC_LENGTH = 300
QUESTION_LENGTH = 1_500
SUGGESTIONS = 25


async def _suggest(ctx: Context[ResearchSettings], typed: str) -> Sequence[str]:
    words = typed.casefold().split()
    known = dict.fromkeys([*ctx.settings.suggestions, *await ctx.earlier_titles()])
    fitting = [topic for topic in known if all(word in topic.casefold() for word in words)]
    return fitting[:SUGGESTIONS]


@research.command("research", help=messages.COMMAND, suggest={"topic": _suggest})
async def research_now(ctx: Context[ResearchSettings], topic: Annotated[str, messages.TOPIC]) -> None:
    """Start research on a topic in a thread of its own."""
    await _start(ctx, topic)


@research.button("ask")
async def ask_example(ctx: Context[ResearchSettings], number: str) -> None:
    """Start research on one of the example questions."""
    examples = ctx.settings.examples
    if not number.isdecimal() or int(number) >= len(examples):
        raise UserError(messages.EXAMPLE_GONE)
    await _start(ctx, examples[int(number)])


class Question(Form):
    """What somebody wants to know more about."""

    question: str = entry(label=messages.QUESTION, long=True, min_length=1, max_length=QUESTION_LENGTH)


@research.on_message
async def ask_in_thread(ctx: Context[ResearchSettings], message: Message) -> None:
    """Answer a question that somebody asks in a thread of an earlier research."""
    answered = message.reply_to if message.reply_to is not None and message.reply_to.mine else None
    if message.hidden and answered is not None:
        await _offer_form(ctx, answered.id)
        return
    question = ctx.without_mention(message.text).strip()[:QUESTION_LENGTH]
    if not question or not (message.mentions_me or ctx.reads_everything):
        return
    first = await ctx.run_of_this_thread()
    if first is not None:
        agent = answered.agent if answered is not None else None
        await _follow_up(ctx, question, message.id, str(first.id), agent or ctx.settings.agent)


@research.button("continue", opens_form=True)
async def open_question(ctx: Context[ResearchSettings], message_id: str) -> None:
    """Ask for the question that could not be read."""
    await ctx.open_form("question", message_id, Question, title=messages.CONTINUE_TITLE)


@research.form("question", Question)
async def ask_in_form(ctx: Context[ResearchSettings], message_id: str, form: Question) -> None:
    """Answer a question that somebody sent in a form."""
    first = await ctx.run_of_this_thread()
    if first is None or not message_id.isdecimal():
        raise UserError(messages.NO_RESEARCH)
    await _follow_up(ctx, form.question.strip(), int(message_id), str(first.id), ctx.settings.agent)


async def _offer_form(ctx: Context[ResearchSettings], answered: int) -> None:
    """A reply to an agent that Discord does not let the bot read is answered with a way to ask, once a message."""
    if await ctx.run_of_this_thread() is None:
        return
    button = ctx.button(messages.CONTINUE, "continue", str(answered))
    await ctx.say_once(f"continue:{answered}", messages.HIDDEN, buttons=[button])


async def _follow_up(
    ctx: Context[ResearchSettings], question: str, message_id: int, first_run: str, agent: str
) -> None:
    await ctx.start(
        follow_up,
        title=question,
        quiet=True,
        question=question,
        message_id=message_id,
        first_run=first_run,
        agent=agent,
    )


@research.on_enabled
async def welcome(ctx: Context[ResearchSettings]) -> None:
    """Say once what this is, with example questions to press; the owner may have named one channel to all servers."""
    settings = ctx.settings
    if settings.welcome_channel is None or not settings.examples:
        return
    buttons = [
        ctx.button(question[:80], "ask", str(number)) for number, question in enumerate(settings.examples[:5])
    ]
    how = messages.OFFLINE_HOW if ctx.agent_label(settings.agent) else messages.MODEL_HOW
    with suppress(ChannelElsewhere):
        await ctx.say_once(
            "welcome", messages.WELCOME.format(how=how), channel_id=settings.welcome_channel, buttons=buttons
        )


async def _start(ctx: Context[ResearchSettings], topic: str) -> None:
    wanted = " ".join(topic.split())[:TOPIC_LENGTH]
    ctx.check_agent(ctx.settings.agent)
    if not any(character.isalnum() for character in wanted):
        raise UserError(messages.NO_TOPIC)
    await ctx.start(
        find_out,
        title=wanted,
        topic=wanted,
        agent=ctx.settings.agent,
        sources=ctx.settings.sources,
        about=ctx.settings.about,
    )


@hookimpl
def cogswarm_cogs() -> list[Cog]:
    """The one cog of this plugin."""
    return [research]
