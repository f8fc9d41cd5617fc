"""How well a way of finding finds what a team has noted: this memory, grep, and reading everything."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.memory.library import Library
from bot.memory.recall import Question
from bot.memory.store import Place
from bot.memory.subject import content_words
from bot.storage.database import Database
from tests.bench.recall_fixture import Asked, Fixture

GUILD, CHANNEL = 1, 11
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
MOST = 40
WINDOW = 2_000
"""Words that a model reads where all facts are put before it, the newest first."""

type Ranking = Callable[[str], Awaitable[list[int]]]
"""The facts that are found for a question, by number, best first; none where it abstains."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How a way of finding fares; the shares are from 0 to 1.

    ``precision`` is how many of the questions that were refused had no answer, ``abstained`` how many of those without
    an answer were refused. ``words`` is what is read for a question on average.
    """

    recall_at_5: float
    reach: float
    """How many of the answers are among what is read at all."""
    mrr: float
    precision: float
    abstained: float
    words: float

    def line(self, name: str) -> str:
        """One line of the table."""
        return (
            f"{name:14} {self.recall_at_5:8.3f} {self.reach:6.3f} {self.mrr:6.3f} {self.precision:10.2f} {self.abstained:10.2f} "
            f"{self.words:8.0f}"
        )


HEAD = f"{'':14} recall@5  reach    MRR  precision  abstained    words\n{'':40} of refusals  where none"


async def remember(database: Database, library: Library, facts: Sequence[str]) -> None:
    """Store the facts, a day apart."""
    for number, fact in enumerate(facts):
        made = await library.prepare(
            Place(GUILD, CHANNEL),
            kind="fact",
            key=str(number),
            title=fact,
            body=fact,
            at=BEGIN + timedelta(number),
        )
        async with database.transaction() as conn:
            await library.write(conn, made)


def ours(library: Library, facts: Sequence[str]) -> Ranking:
    """This memory."""
    number_of = {fact: number for number, fact in enumerate(facts)}

    async def ranked(question: str) -> list[int]:
        asked = Question(GUILD, question, {CHANNEL}, limit=MOST)
        found = await library.search(asked, await library.embedded(question))
        return [number_of[one.title] for one in found]

    return ranked


def grep(facts: Sequence[str]) -> Ranking:
    """The facts with most of the question's words, as they are written, the newest first among equals."""
    lower = [set(re.findall(r"\w+", fact.casefold())) for fact in facts]

    async def ranked(question: str) -> list[int]:
        asked = re.findall(r"\w+", question.casefold())
        # a common word beside another is none that carries meaning
        carrying = {word for word in asked if len(content_words(f"{word} zz")) > 1}
        counts = [(len(carrying & words), number) for number, words in enumerate(lower)]
        return [number for count, number in sorted(counts, reverse=True) if count][:MOST]

    return ranked


def everything(facts: Sequence[str]) -> Ranking:
    """All facts that fit into the window, the newest first; it never abstains, which is left to who reads it."""
    numbers: list[int] = []
    words = 0
    for number in reversed(range(len(facts))):
        words += len(facts[number].split())
        if words > WINDOW:
            break
        numbers.append(number)

    async def ranked(_question: str) -> list[int]:
        return numbers

    return ranked


async def measured(ranking: Ranking, fixture: Fixture, asked: Sequence[Asked]) -> Quality:
    """Ask everything once."""
    ranks: list[int | None] = []
    refused = refused_rightly = read_words = 0
    for one in asked:
        found = await ranking(one.question)
        read_words += sum(
            len(fixture.facts[number].split()) for number in (found[:5] if len(found) <= MOST else found)
        )
        refused += not found
        refused_rightly += not found and one.answer is None
        if one.answer is not None:
            ranks.append(found.index(one.answer) + 1 if one.answer in found else None)
    nothing = sum(one.answer is None for one in asked)
    return Quality(
        recall_at_5=sum(rank is not None and rank <= 5 for rank in ranks) / max(1, len(ranks)),
        reach=sum(rank is not None for rank in ranks) / max(1, len(ranks)),
        mrr=sum(1 / rank for rank in ranks if rank is not None) / max(1, len(ranks)),
        precision=refused_rightly / refused if refused else 1.0,
        abstained=refused_rightly / max(1, nothing),
        words=read_words / len(asked),
    )


@dataclass(frozen=True, slots=True)
class Clearness:
    """How far what is called clear can be believed: ``answered`` of the ``questions`` with a clear memory have an answer.

    ``found`` is the share of those with an answer that have a clear memory.
    """

    questions: int
    answered: int
    found: float

    def line(self, name: str) -> str:
        """One line of the table."""
        share = self.answered / max(1, self.questions)
        return f"{name:14} {self.questions:9} {share:10.3f} {self.found:10.3f}"


CLEAR_HEAD = f"{'':14} questions  answerable  of those answerable"


async def clearness(library: Library, asked: Sequence[Asked]) -> Clearness:
    """Ask everything once, and count where something clear was found."""
    clear = [
        one
        for one in asked
        if any(
            hit.clear
            for hit in await library.search(
                Question(GUILD, one.question, {CHANNEL}), await library.embedded(one.question)
            )
        )
    ]
    answered = sum(one.answer is not None for one in clear)
    return Clearness(len(clear), answered, answered / max(1, sum(one.answer is not None for one in asked)))
