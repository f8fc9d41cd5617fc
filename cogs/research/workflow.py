"""How research is done: plan, look for sources, read the best, write, keep only what is cited."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

import structlog
from pydantic import BaseModel

from cogs.research import feeds, messages
from cogs.research.citations import Checked, check, render, settled
from cogs.research.cog import research
from cogs.research.feeds import Entry, Failure, Found
from cogswarm import (
    Agent,
    Document,
    Knowledge,
    OutsideError,
    Passage,
    Recollection,
    Run,
    Show,
    Source,
    plain,
    title,
)

KIND = "research"
EARLIER = 3
THREAD_MESSAGES = 50
READING_AT_ONCE = 4

log = structlog.get_logger(__name__)


class SourceLine(BaseModel):
    """A source as it stands in the list under an answer."""

    number: int
    title: str
    url: str
    feed: str
    published: datetime | None


class Reading(BaseModel):
    """What was read, and what could not be."""

    sources: list[SourceLine]
    failed: list[Failure]


@research.workflow
async def find_out(run: Run, topic: str, agent: str, sources: int, about: str) -> None:
    """Answer ``topic`` in the run's thread."""
    writer = run.agent(agent)
    await run.stage(messages.PLANNING)
    queries = await run.step("plan", writer.plan, topic)

    shown = ", ".join(f"“{title(query, 60)}”" for query in queries)
    await run.stage(messages.LOOKING, done=messages.PLANNED.format(queries=shown))
    earlier = await run.step("recall", _recall, run, topic)
    if earlier:
        await run.post(_earlier_text(earlier))
    found = await run.step("search", _search, writer, [topic, *queries])
    await _name_failures(run, found.failed)
    kept = found.entries[:sources]
    if not kept:
        await _found_nothing(run, writer, topic, "No source mentions it", about)
        return

    await run.stage(
        messages.READING.format(sources=_count(len(kept), "source")),
        done=messages.FOUND.format(sources=_count(len(found.entries), "source"), kept=len(kept)),
    )
    reading = await run.step("read", _read, run, writer, kept)
    await _name_failures(run, reading.failed)
    if not reading.sources:
        await _found_nothing(run, writer, topic, "None of the sources could be read", about)
        return

    await run.stage(
        messages.WRITING, done=messages.READ.format(sources=_count(len(reading.sources), "source"))
    )
    nothing = await _nothing_text(run, writer, topic, "The sources do not answer it", about)
    pinned = await run.step("what is pinned", run.known, agent)
    known = {**_links(reading.sources), **pinned.links()}
    draft = await run.stream(
        _written(run, writer, topic, pinned),
        speaker=writer.speaker,
        show=_only_what_is_cited(known, writer, nothing),
    )
    checked = check(draft, frozenset(known))
    await _name_dropped(run, checked)
    if not checked.claims:
        return

    await run.stage(messages.FINISHING, done=messages.WROTE)
    cited = [source for source in reading.sources if str(source.number) in checked.cited]
    await run.post(_source_list(cited, pinned, checked.cited), speaker=writer.speaker)
    await run.remember(kind=KIND, title=topic, body=" ".join(claim.text for claim in checked.claims))


@research.workflow
async def follow_up(run: Run, question: str, message_id: int, first_run: str, agent: str) -> None:
    """Answer a question in a research thread from the thread and the sources that were kept."""
    writer = run.agent(agent)
    await run.react(message_id, "👀")
    sources = await run.sources(UUID(first_run))
    said = await run.step("read the thread", _thread, run, message_id)
    numbered = {str(source.number): source.url for source in sources}
    pinned = await run.step("what is pinned", run.known, agent)
    links = {**numbered, **{passage.id: _message_link(run, passage) for passage in said}, **pinned.links()}
    material = [*_passages(sources), *said, *pinned.passages()]
    show = _only_what_is_cited(links, writer, messages.NEITHER)
    if material:
        pieces = writer.stream(question, sources=material)
        await run.stream(pieces, speaker=writer.speaker, reply_to=message_id, show=show)
    else:
        await run.post(messages.NEITHER, speaker=writer.speaker, reply_to=message_id)
    await run.unreact(message_id, "👀")


async def _recall(run: Run, topic: str) -> list[Recollection]:
    try:
        return await run.recall(topic, kind=KIND, limit=EARLIER)
    except OutsideError as error:
        # Who may read what cannot be told just now; the answer does not need it.
        log.info("nothing_recalled", reason=str(error))
        return []


async def _search(writer: Agent, queries: list[str]) -> Found:
    wanted = list(dict.fromkeys(queries))
    results = await asyncio.gather(*(feeds.search(writer, query) for query in wanted), return_exceptions=True)
    answered = [result for result in results if isinstance(result, Found)]
    problems = [result for result in results if isinstance(result, BaseException)]
    for problem in problems:
        if not isinstance(problem, OutsideError):
            raise problem
    if problems and not answered:
        raise OutsideError(f"The sources cannot be searched just now: {problems[0]}")
    return feeds.merged(answered)


async def _read(run: Run, writer: Agent, entries: list[Entry]) -> Reading:
    """Read the entries side by side; one that fails is named and the rest goes on."""
    slots = asyncio.Semaphore(READING_AT_ONCE)

    async def one(entry: Entry) -> Document | Failure:
        async with slots:
            try:
                text = await feeds.read(writer, entry.id)
            except OutsideError as error:
                return Failure(feed=entry.title, reason=str(error))
        now = run.clock.now()
        return Document(text.url, text.title, text.text, now, published=text.published, feed=text.feed)

    outcomes = await asyncio.gather(*(one(entry) for entry in entries))
    documents = [outcome for outcome in outcomes if isinstance(outcome, Document) and outcome.text.strip()]
    kept = await run.keep_sources(documents)
    lines = [
        SourceLine(number=one.number, title=one.title, url=one.url, feed=one.feed, published=one.published)
        for one in sorted(
            {source.number: source for source in kept}.values(), key=lambda source: source.number
        )
    ]
    return Reading(sources=lines, failed=[outcome for outcome in outcomes if isinstance(outcome, Failure)])


async def _written(run: Run, writer: Agent, topic: str, pinned: Knowledge) -> AsyncGenerator[str]:
    sources = [*_passages(await run.sources()), *pinned.passages()]
    async for piece in writer.stream(topic, sources=sources):
        yield piece


def _only_what_is_cited(links: Mapping[str, str], writer: Agent, nothing: str) -> Show:
    """What people see of an answer, also while it is written: the claims that rest on known sources, with their links.

    So nobody reads, even for a moment, a sentence that is taken back because no source supports it.
    """

    def show(text: str, *, done: bool) -> str:
        checked = check(text if done else settled(text), frozenset(links))
        if done and not checked.claims:
            return nothing
        shown = render(checked, links)
        return _with_label(shown, writer) if done else shown

    return show


async def _thread(run: Run, message_id: int) -> list[Passage]:
    """What people said in the thread before the question, with ids that cannot be taken for a source's."""
    if run.thread_id is None:
        return []
    said = await run.history(run.thread_id, limit=THREAD_MESSAGES)
    earlier = [passage for passage in said if int(passage.id) < message_id]
    return [
        Passage(
            f"M{number}", passage.text, title=passage.id, author=passage.author, published=passage.published
        )
        for number, passage in enumerate(earlier, start=1)
    ]


async def _found_nothing(run: Run, writer: Agent, topic: str, why: str, about: str) -> None:
    await run.post(await _nothing_text(run, writer, topic, why, about))


async def _nothing_text(run: Run, writer: Agent, topic: str, why: str, about: str) -> str:
    if about:
        known = f"What the sources here are about: {about}"
    else:
        names = await run.step("name the feeds", _feed_names, writer)
        known = f"The sources here are: {', '.join(title(name, 60) for name in names)}." if names else ""
    return messages.FOUND_NOTHING.format(topic=title(topic), why=why, known=known).rstrip()


async def _feed_names(writer: Agent) -> list[str]:
    try:
        return await feeds.feed_names(writer)
    except OutsideError as error:
        log.info("feeds_not_listed", reason=str(error))
        return []


async def _name_failures(run: Run, failed: Sequence[Failure]) -> None:
    if not failed:
        return
    names = ", ".join(title(failure.feed, 60) for failure in failed)
    others = " (and so on)" if len(failed) > 1 else ""
    await run.note(messages.NOT_READ.format(names=names, reason=plain(failed[0].reason), others=others))


async def _name_dropped(run: Run, checked: Checked) -> None:
    if checked.unknown:
        log.warning("unknown_citations_dropped", ids=list(checked.unknown))
    if checked.uncited and checked.claims:
        await run.note(messages.LEFT_OUT.format(sentences=_count(checked.uncited, "sentence")))


def _passages(sources: Sequence[Source]) -> list[Passage]:
    return [
        Passage(str(source.number), source.text, title=source.title, published=source.published)
        for source in sources
    ]


def _links(sources: Sequence[SourceLine]) -> dict[str, str]:
    return {str(source.number): source.url for source in sources}


def _message_link(run: Run, passage: Passage) -> str:
    return f"https://discord.com/channels/{run.principal.guild_id}/{run.thread_id}/{passage.title}"


def _earlier_text(earlier: Sequence[Recollection]) -> str:
    lines = [f"- {title(one.title)} <t:{_stamp(one.at)}:D> in <#{one.place_id}>" for one in earlier]
    by_words = any(one.method == "full text" for one in earlier)
    note = "\n-# Found by shared words only: no embedding model is installed." if by_words else ""
    return "**Asked before**\n" + "\n".join(lines) + note


def _source_list(sources: Sequence[SourceLine], pinned: Knowledge, cited: Collection[str]) -> str:
    """The sources that an answer rests on, and what is pinned here of it."""
    lines = [_source_line(one) for one in sources]
    lines += [
        f"[{mark}] [{title(one.text, 120)}](<{one.link}>) {messages.PINNED}"
        for mark, one in pinned.by_id().items()
        if mark in cited
    ]
    return "**Sources**\n" + "\n".join(lines)


def _source_line(source: SourceLine) -> str:
    details = [title(source.feed, 80)] if source.feed else []
    if source.published is not None:
        details.append(f"<t:{_stamp(source.published)}:D>")
    return f"[{source.number}] [{title(source.title, 120)}](<{source.url}>) {' · '.join(details)}".rstrip()


def _stamp(moment: datetime) -> int:
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _with_label(text: str, agent: Agent) -> str:
    return f"{text}\n-# {agent.label[:1].upper()}{agent.label[1:]}" if agent.label else text


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
