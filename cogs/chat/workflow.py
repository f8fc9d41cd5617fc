"""How an agent answers: gather what was said, remembered and attached; let it speak; hand on to whom it addresses."""

import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from cogs.chat import given, look_up, messages
from cogs.chat.addressing import Called, handed_to
from cogs.chat.asks import Ask
from cogs.chat.attached import Files, read_files
from cogs.chat.cog import chat
from cogs.chat.given import Given, Link
from cogs.chat.history import Built, Reader, build
from cogs.chat.look_up import Source
from cogs.chat.said import names_of, question_of, what_was_said
from cogs.chat.summary import Summary
from cogs.chat.summing_up import Conversation as Talk
from cogs.chat.summing_up import Outcome, show, sum_up
from cogs.chat.wish import Told, Wish
from cogswarm import (
    Agent,
    Attachment,
    Conversation,
    File,
    OutsideError,
    Passage,
    Recollection,
    Reply,
    Run,
    Turn,
    UserError,
    Utterance,
    plain,
    title,
)
from cogswarm.llm import BackendError

ALONG = 20
MEMORIES = 3
MOST_HANDED = 32
log = structlog.get_logger(__name__)
_MARK = re.compile(r"\[([A-Z]\d{1,3})\](?!\()")


@dataclass(slots=True)
class Material:
    """What the model is given beside the conversation, and the links of what it may cite."""

    passages: list[Passage] = field(default_factory=list[Passage])
    links: dict[str, str] = field(default_factory=dict[str, str])
    memories: list[Recollection] = field(default_factory=list[Recollection])
    sources: list[Source] = field(default_factory=list[Source])
    pins: list[Link] = field(default_factory=list[Link])
    """What is known in this place, such as what is pinned."""
    files: Files = field(default_factory=Files)


@chat.workflow
async def answer(run: Run, wish: dict[str, Any]) -> None:
    """Answer what was asked, and what the same person has written since."""
    wanted = Wish.model_validate(wish)
    along = [Wish.model_validate(one["wish"]).ask for one in await run.take_along(ALONG)]
    asks = [wanted.ask, *along]
    place = run.principal.channel_id if wanted.opens else run.thread_id or run.principal.channel_id
    told = await run.step("look", _look, run, place, wanted.home, wanted.agent)
    agent = run.agent(wanted.agent, model=told.model)
    if wanted.quotes:
        who = f"<@{run.principal.member_id}>"
        quoted = messages.ASKED.format(
            text=plain(wanted.ask.text).replace("\n", "\n> "), who=who, agent=agent.persona.display_name
        )
        await run.post(quoted)
    if not await _may_speak(run, wanted, place):
        return
    said = await what_was_said(run, wanted, asks, place, told.since)
    asked = [one for one in said if one.id in {ask.id for ask in asks}]
    if not asked:
        return  # deleted before it could be answered
    question = question_of(asked, wanted, Called(wanted.agent, agent.persona.display_name))
    before = [one for one in said if one not in asked]
    material = await _material(run, agent, wanted, asks, asked, question)
    reader = Reader(wanted.agent, run.principal.member_id, names_of(run, before))
    earlier = await _summed_up(
        run, agent, wanted, Talk(place, told.since, before, reader, wanted.history, wanted.bot_id)
    )
    built = build(before, reader, earlier=earlier)
    first = await _cut_for_the_first_time(run, place, wanted, built)
    answering = Answering(agent, built.turns, question, material, messages_for(wanted.locale))
    shown = _Shown(material, _header(run, wanted, question), built.left_out if first else 0)
    account = _account(run, wanted, built, material, told, asked).with_summary(earlier)
    # Also while it answers, so that whoever reads the first words can look.
    await _keep(run, place, account)
    reply = await _speak(run, agent, answering, shown)
    place = await run.place()
    used = list(dict.fromkeys(reply.used))
    await _keep(run, place, account.model_copy(update={"model": reply.model, "used": used}))
    await _hand_on(run, agent, reply, [*before, *asked], place)


async def _look(run: Run, place: int, home: int, agent: str) -> Told:
    since, model = await run.notes.get(f"since:{place}"), await run.notes.get(f"model:{place}:{agent}")
    if model is None:
        model = await run.notes.get(f"model:{home}:{agent}")
    begun = since.get("at") if isinstance(since, dict) else None
    return Told(
        since=begun if isinstance(begun, int) else None, model=model if isinstance(model, str) else None
    )


async def _summed_up(run: Run, agent: Agent, wanted: Wish, talk: Talk) -> Summary | None:
    """What stands in place of the oldest messages; shown to everybody when it is new."""
    if not wanted.reads or wanted.opens:
        return None
    outcome = await run.step("sum up", _outcome, run, agent, talk)
    await show(run, talk.place, outcome)
    return outcome.summary


async def _outcome(run: Run, agent: Agent, talk: Talk) -> Outcome:
    return await sum_up(run, agent, talk)


async def _may_speak(run: Run, wanted: Wish, place: int) -> bool:
    """A person's word begins anew what agents may say among themselves; another bot's counts as one of theirs."""
    if not wanted.by_bot:
        await run.step("person spoke", run.between_agents.person_spoke, place)
        return True
    why = await run.step("bot spoke", _spoke, run, place, wanted.by_bot, wanted.agent, wanted.ask.text, 0)
    if why is not None:
        await run.post(messages.HANDED_NOWHERE.format(why=plain(why)))
    return why is None


async def _spoke(run: Run, place: int, speaker: str, to: str, text: str, tokens: int) -> str | None:
    return await run.between_agents.spoke(place, speaker, to, text, tokens=tokens)


# what else it is given


async def _material(
    run: Run, agent: Agent, wanted: Wish, asks: Sequence[Ask], asked: Sequence[Utterance], question: str
) -> Material:
    files: list[Attachment] = [file for one in asked for file in one.attachments]
    material = Material(files=await read_files(run, files))
    material.passages += material.files.passages
    for number, ask in enumerate((one for one in asks if one.about), 1):
        material.passages.append(Passage(f"Q{number}", ask.about, author=ask.about_author))
    asked_about = bool(material.passages)
    if wanted.reads:
        await _add_known(run, wanted.agent, material)
    if wanted.memory:
        pinned = {one.url for one in material.pins}
        recalled = await run.step("recall", _recall, run, wanted.agent, question)
        material.memories = [one for one in recalled if one.link not in pinned]
        for number, memory in enumerate(material.memories, 1):
            material.links[f"M{number}"] = memory.link
            material.passages.append(
                Passage(f"M{number}", memory.body, title=memory.title, published=memory.at)
            )
    if look_up.needs_it(agent) and not (asked_about or material.memories):
        material.sources = await run.step("look up", look_up.look_up, agent, question)
        for number, source in enumerate(material.sources, 1):
            material.links[f"S{number}"] = source.url
            material.passages.append(Passage(f"S{number}", source.text, title=source.title))
    return material


async def _add_known(run: Run, agent: str, material: Material) -> None:
    """What is known in this place, the newest first: of two that contradict each other that one holds."""
    found = await run.step("known", run.known, agent)
    material.passages += found.passages()
    material.links |= found.links()
    material.pins += [Link(shown=one.text[:80], url=one.link) for one in found.items]
    material.files.notes += found.notes


async def _recall(run: Run, agent: str, question: str) -> list[Recollection]:
    try:
        return await run.recall(question, kind=None, readable=await run.readable(agent), limit=MEMORIES)
    except OutsideError as error:
        # Who may read what cannot be told just now; the answer does not need it.
        log.info("nothing_recalled", reason=str(error))
        return []


def messages_for(locale: str) -> str:
    """What the model is told about language; nothing where nobody said."""
    known = re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{2,4})?", locale)
    return messages.LANGUAGE.format(locale=locale) if known else ""


# speaking


@dataclass(slots=True)
class Answering:
    """An agent's answer to a question, with what was to be told beside it."""

    agent: Agent
    turns: Sequence[Turn]
    question: str
    material: Material
    instructions: str
    notes: list[str] = field(default_factory=list[str])
    _talk: Conversation | None = None

    def __post_init__(self) -> None:
        self.notes += self.material.files.notes

    async def pieces(self) -> AsyncGenerator[str]:
        """The answer as it is written."""
        async for piece in self._begun():
            yield piece

    async def reply(self) -> Reply:
        """The whole of it; after a restart what was recorded."""
        return await self._begun()

    def _begun(self) -> Conversation:
        if self._talk is None:
            asked = Turn("user", self.question, images=tuple(self.material.files.images))
            self._talk = self.agent.converse(
                [*self.turns, asked],
                sources=self.material.passages,
                instructions=self.instructions,
                purpose="chat",
                tainted=True,
            )
        return self._talk


@dataclass(frozen=True, slots=True)
class _Shown:
    """What people see of an answer: ids of material as links that code makes, and below what it rests on."""

    material: Material
    header: str = ""
    left_out: int = 0

    def __call__(self, text: str, *, done: bool) -> str:
        shown = _MARK.sub(self._linked, text.strip())
        lines = [self.header] if self.header and shown else []
        lines.append(shown)
        if done:
            lines += self._below({mark[1] for mark in _MARK.finditer(text)})
        return "\n".join(line for line in lines if line)

    def _linked(self, mark: re.Match[str]) -> str:
        link = self.material.links.get(mark[1])
        return mark[0] if link is None else f"[[{mark[1]}]](<{link}>)"

    def _below(self, cited: set[str]) -> list[str]:
        lines: list[str] = []
        found = [
            Link(shown=one.title, url=one.url)
            for number, one in enumerate(self.material.sources, 1)
            if f"S{number}" in cited
        ]
        if found:
            lines.append(messages.SOURCES.format(links=given.listed(found)))
        if self.material.memories:
            links = [
                Link(shown=memory.title, url=self.material.links[f"M{number}"])
                for number, memory in enumerate(self.material.memories, 1)
            ]
            lines.append(messages.MEMORIES.format(links=given.listed(links)))
        if self.left_out:
            lines.append(messages.CUT.format(count=self.left_out))
        return lines


async def _speak(run: Run, agent: Agent, answering: Answering, show: _Shown) -> Reply:
    try:
        await run.stream(answering.pieces(), speaker=agent.speaker, show=show)
        reply = await answering.reply()
    except BackendError as error:
        # It was tried as often as makes sense by now; what to do stands in its sentence.
        raise UserError(str(error)) from error
    await _show_pictures(run, agent, reply)
    for note in dict.fromkeys([*answering.notes, *reply.notes]):
        await run.post(messages.SMALL.format(text=plain(note)))
    return reply


async def _show_pictures(run: Run, agent: Agent, reply: Reply) -> None:
    count = len(reply.images)
    files = [
        File(
            f"picture-{number}.{image.media_type.rpartition('/')[2]}",
            image.data,
            messages.PICTURE.format(agent=agent.persona.display_name, number=number, count=count),
        )
        for number, image in enumerate(reply.images, 1)
    ]
    if files:
        await run.post("", speaker=agent.speaker, files=files)


def _header(run: Run, wanted: Wish, question: str) -> str:
    if not wanted.header:
        return ""
    return messages.TO.format(who=f"<@{run.principal.member_id}>", question=title(question, 80))


async def _cut_for_the_first_time(run: Run, place: int, wanted: Wish, built: Built) -> bool:
    """Whether what is left out has not been said before: people need to read it once."""
    return built.left_out > 0 and not await run.step("cut before", _cut_before, run, place, wanted.agent)


async def _cut_before(run: Run, place: int, agent: str) -> bool:
    kept = await run.notes.get(given.key(place, agent))
    return kept is not None and Given.model_validate(kept).left_out > 0


# handing on


async def _hand_on(run: Run, agent: Agent, reply: Reply, said: Sequence[Utterance], place: int) -> None:
    """Let another agent answer whom this one addresses, as far as agents may speak among themselves."""
    said = list(said)
    for turn in range(MOST_HANDED):
        team = [run.agent(name) for name in sorted(agent.persona.delegates)]
        known = [Called(one.persona.name, one.persona.display_name) for one in team]
        to = handed_to(reply.text, known)
        if to is None or to == agent.persona.name:
            return
        speaker, tokens = agent.persona.name, reply.usage.input_tokens + reply.usage.output_tokens
        why = await run.step(f"hand on {turn}", _spoke, run, place, speaker, to, reply.text, tokens)
        if why is not None:
            await run.post(messages.HANDED_NOWHERE.format(why=plain(why)))
            return
        now, last = run.clock.now(), max((one.id for one in said), default=0)
        said.append(Utterance(last + 1, speaker, 0, reply.text, now, "", agent=speaker))
        agent = run.agent(to)
        built = build(said[:-1], Reader(to, run.principal.member_id, names_of(run, said)))
        turns = [*built.turns, Turn("user", reply.text, author=f"agent: {speaker}")]
        material = Material()
        answering = Answering(agent, turns, messages.ADDRESSED.format(agent=speaker), material, "")
        reply = await _speak(run, agent, answering, _Shown(material))


async def _keep(run: Run, place: int, account: Given) -> None:
    await run.notes.put(given.key(place, account.agent), account.model_dump(mode="json"))


def _account(
    run: Run,
    wanted: Wish,
    built: Built,
    material: Material,
    told: Told,
    asked: Sequence[Utterance],
) -> Given:
    linked = [one.link for one in built.read if one.link]
    return Given(
        agent=wanted.agent,
        asked=asked[-1].link,
        count=len(built.read),
        first=linked[0] if linked else "",
        last=linked[-1] if linked else "",
        left_out=built.left_out,
        since=told.since,
        reads=wanted.reads,
        memory=wanted.memory,
        memories=given.memory_links(material.memories, run.principal.guild_id),
        sources=[Link(shown=one.title[:80], url=one.url) for one in material.sources],
        pins=material.pins[: given.MOST_PINS],
        pin_count=len(material.pins),
        files=material.files.names,
    )
