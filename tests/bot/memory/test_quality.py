"""AC-M3: on the shipped fixture this memory finds more than grep does, and says that it knows nothing where that is so."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.clock import Clock
from bot.llm.offline.backend import OfflineBackend
from bot.memory.library import Library
from bot.memory.minilm import MiniLm
from bot.memory.relevance import Evidence, Told, newest_first, verdicts
from bot.storage.database import Database
from tests.bench import recall_reading
from tests.bench.recall_fixture import Asked, Fixture, read
from tests.bench.recall_measures import BEGIN, clearness, everything, grep, measured, ours, remember
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
    assert mine.recall_at_5 >= 0.85
    # nobody is told anything about what nobody ever spoke of, and what is refused has no answer
    assert await ours(library, fixture.facts)("How do I cook risotto?") == []
    assert mine.precision >= 0.9
    clear = await clearness(library, asked)
    assert clear.answered >= 0.9 * clear.questions
    assert clear.found >= 0.4


async def test_a_model_that_reads_is_counted_right_by_what_it_cites() -> None:
    asked = (Asked("When is the lift inspected?", 0), Asked("Who repairs bicycles?", None))
    fixture = Fixture(("The lift is inspected in August", "Cats like milk"), 0, asked)
    full = await recall_reading.reading(
        OfflineBackend(), "", everything(fixture.facts), fixture, asked, BEGIN
    )
    assert (full.right, full.precision, full.abstained) == (1, 1, 1)


def test_without_nearness_the_weight_of_the_words_decides() -> None:
    told = [Evidence(None, share) for share in (0.1, 0.3, 0.7)]
    assert verdicts(told, 0.44) == verdicts(told, None) == ["no", "near", "clear"]


def test_nearness_and_words_make_up_for_each_other_and_what_is_far_behind_the_best_is_left_out() -> None:
    told = [
        Evidence(0.7, 0),
        Evidence(0.43, 0),
        Evidence(0.41, 0),
        Evidence(0.41, 0.5),
        Evidence(0.1, 0.7),
    ]
    assert verdicts(told, 0.44) == ["clear", "near", "no", "near", "clear"]
    assert verdicts(told[1:3], 0.44) == ["near", "near"]
    assert verdicts([Evidence(0.23, 0.49)], 0.44) == ["no"]


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
