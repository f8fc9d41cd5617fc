"""AC-M3: on the shipped fixture this memory finds more than grep does, and says that it knows nothing where that is so."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import Clock
from bot.memory.library import Library
from bot.memory.minilm import MiniLm
from bot.memory.relevance import Told, newest_first, relevant
from bot.storage.database import Database
from tests.bench.recall_fixture import read
from tests.bench.recall_quality import grep, measured, ours, remember
from tests.sizes import size

ASKED = size("AC-M3 questions", small=48, stated=282)


def test_the_fixture_is_as_large_as_it_says() -> None:
    fixture = read()
    assert len(fixture.facts) >= 300
    assert len(set(fixture.facts)) == len(fixture.facts)
    assert fixture.updates >= 20
    assert sum(one.answer is None for one in fixture.asked) >= 60


@pytest.mark.slow
async def test_this_memory_finds_more_than_grep(database: Database, minilm: MiniLm) -> None:
    fixture = read()
    asked = fixture.asked[:: len(fixture.asked) // ASKED]
    library = Library(database, minilm, Clock())
    await remember(database, library, fixture.facts)
    mine = await measured(ours(library, fixture.facts), fixture, asked)
    by_grep = await measured(grep(fixture.facts), fixture, asked)
    assert mine.recall_at_5 >= by_grep.recall_at_5 + 0.2
    assert mine.mrr >= by_grep.mrr + 0.2
    assert mine.recall_at_5 >= 0.8
    # nobody is told anything about what nobody ever spoke of
    assert await ours(library, fixture.facts)("How do I cook risotto?") == []


def test_without_nearness_half_of_the_words_of_the_question_decide() -> None:
    assert relevant(None, "Who owns billing?", "Marta is the owner of billing", 0.44)
    assert not relevant(None, "Who repairs bicycles in Utrecht?", "Marta repairs the roof", 0.44)
    assert not relevant(0.1, "", "anything", 0.44)
    assert relevant(0.31, "no word in common", "Marta repairs the roof", 0.44)


def test_of_two_versions_the_newer_goes_first_and_others_keep_their_place() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    texts = [
        "The door code is 12",
        "Cats like milk",
        "Since May the door code is 34",
        "Rain falls in spring",
    ]
    found = [(text, Told(text, begin + timedelta(number))) for number, text in enumerate(texts)]
    assert newest_first(found) == [texts[2], texts[0], texts[1], texts[3]]
