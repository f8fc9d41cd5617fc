import re
from collections import Counter

import pytest

from bot.demo_library import EXAMPLE_QUESTIONS, subjects, topics
from bot.demo_library.rendering import entry_path, render_entry, render_feed, render_index
from bot.demo_library.texts import DemoEntry, DemoFeed, demo_feeds
from bot.mcp.feeds.feed_parsing import parse_feed
from bot.mcp.feeds.page_text import main_text
from bot.mcp.feeds.ranking import rank

SITE = "http://127.0.0.1:8123"
ENTRIES = [(feed, entry) for feed in demo_feeds() for entry in feed.entries]


def test_there_are_four_feeds_of_both_kinds() -> None:
    assert len(demo_feeds()) == 4
    assert Counter(feed.format for feed in demo_feeds()) == {"atom": 2, "rss": 2}
    assert Counter(feed.full_text for feed in demo_feeds()) == {True: 2, False: 2}
    assert all(6 <= len(feed.entries) <= 8 for feed in demo_feeds())


@pytest.mark.parametrize(("feed", "entry"), ENTRIES, ids=[entry.slug for _, entry in ENTRIES])
def test_a_text_is_a_page_of_reading(feed: DemoFeed, entry: DemoEntry) -> None:
    assert 250 <= len(entry.body.split()) <= 500
    page = render_entry(feed, entry)
    read = main_text(page, 20_000)
    assert read.startswith(entry.first_paragraph[:60])
    assert len(read.split()) >= len(entry.body.split()) * 0.98
    assert feed.title not in read


@pytest.mark.parametrize("feed", demo_feeds(), ids=lambda feed: feed.slug)
def test_a_feed_is_read_whole(feed: DemoFeed) -> None:
    newest = feed.updated
    parsed = parse_feed(
        render_feed(feed, SITE), name=feed.title, url=f"{SITE}/x", content_type="application/xml", now=newest
    )
    assert parsed.title == feed.title
    assert [entry.title for entry in parsed.entries] == [entry.title for entry in feed.entries]
    assert [entry.published for entry in parsed.entries] == [entry.published for entry in feed.entries]
    assert [entry.author for entry in parsed.entries] == [entry.author for entry in feed.entries]
    assert [entry.tags for entry in parsed.entries] == [entry.topics for entry in feed.entries]
    assert [entry.url for entry in parsed.entries] == [
        SITE + entry_path(feed, entry) for entry in feed.entries
    ]
    words = [len(entry.text.split()) for entry in parsed.entries]
    assert min(words) > (240 if feed.full_text else 30)


def test_ids_do_not_depend_on_the_port() -> None:
    feed = demo_feeds()[0]
    one, other = (
        parse_feed(render_feed(feed, site), name="f", url=site, content_type="", now=feed.updated)
        for site in (SITE, "http://127.0.0.1:9999")
    )
    assert [entry.id for entry in one.entries] == [entry.id for entry in other.entries]


def test_every_page_is_linked_from_the_front_page() -> None:
    front = render_index(demo_feeds())
    assert all(f'href="{entry_path(feed, entry)}"' in front for feed, entry in ENTRIES)


def test_topics_are_told_most_written_about_first() -> None:
    listed = topics()
    assert listed[0] == "tidal power"
    assert len(listed) == len(set(listed)) >= 15
    assert all(re.fullmatch(r"[a-z][a-z ]+", topic) for topic in listed)


def test_subjects_fit_into_a_sentence_or_two() -> None:
    assert 100 < len(subjects()) < 500


def answers_found() -> dict[str, set[str]]:
    entries = [
        entry
        for feed in demo_feeds()
        for entry in parse_feed(
            render_feed(feed, SITE), name=feed.title, url=SITE, content_type="", now=feed.updated
        ).entries
    ]
    newest = max(feed.updated for feed in demo_feeds())
    found = {text: rank(text, entries, now=newest, limit=5) for text in (*EXAMPLE_QUESTIONS, *topics())}
    return {text: {it.entry.id for it in ranked} for text, ranked in found.items()}


def test_example_questions_and_topics_have_answers() -> None:
    assert len(EXAMPLE_QUESTIONS) == 3
    answered = answers_found()
    assert all(len(answered[question]) >= 3 for question in EXAMPLE_QUESTIONS)
    assert [topic for topic in topics() if not answered[topic]] == []
