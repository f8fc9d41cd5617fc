"""The demo library's texts as they lie in the package: a folder a feed, a Markdown file an entry."""

import functools
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Literal

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

_FENCE = "---\n"


class _FeedHead(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    description: str
    format: Literal["atom", "rss"]
    full_text: bool
    """Whether the feed carries whole texts, or only their first paragraphs."""


class _EntryHead(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    author: str
    published: AwareDatetime
    topics: Annotated[tuple[str, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class DemoEntry:
    """One text; ``slug`` is its file name and part of its address, ``body`` is Markdown."""

    slug: str
    title: str
    author: str
    published: datetime
    topics: tuple[str, ...]
    body: str

    @property
    def first_paragraph(self) -> str:
        """What a feed without whole texts shows."""
        return self.body.split("\n\n", 1)[0]


@dataclass(frozen=True, slots=True)
class DemoFeed:
    """One feed with its entries, newest first."""

    slug: str
    title: str
    description: str
    format: Literal["atom", "rss"]
    full_text: bool
    entries: tuple[DemoEntry, ...]

    @property
    def updated(self) -> datetime:
        """When its newest entry was published."""
        return self.entries[0].published


@functools.cache
def demo_feeds() -> tuple[DemoFeed, ...]:
    """All feeds of the library, by name."""
    folders = sorted((item for item in _root().iterdir() if item.is_dir()), key=lambda item: item.name)
    return tuple(_read_feed(folder) for folder in folders if folder.joinpath("feed.yaml").is_file())


def topics() -> list[str]:
    """What the library is about, from most to least written about, for suggestions while somebody types."""
    counts: dict[str, int] = {}
    for feed in demo_feeds():
        for entry in feed.entries:
            for topic in entry.topics:
                counts[topic] = counts.get(topic, 0) + 1
    return sorted(counts, key=lambda topic: (-counts[topic], topic))


def subjects() -> str:
    """What the library is about, in one line, for telling somebody who found nothing."""
    return " ".join(f"{feed.title}: {feed.description}" for feed in demo_feeds())


def _read_questions() -> tuple[str, ...]:
    text = _root().joinpath("questions.yaml").read_text(encoding="utf-8")
    return TypeAdapter(tuple[str, ...]).validate_python(yaml.safe_load(text))


def _read_feed(folder: Traversable) -> DemoFeed:
    head = _FeedHead.model_validate(yaml.safe_load(folder.joinpath("feed.yaml").read_text(encoding="utf-8")))
    entries = (_read_entry(item) for item in folder.iterdir() if item.name.endswith(".md"))
    return DemoFeed(
        slug=folder.name.replace("_", "-"),
        title=head.title,
        description=head.description,
        format=head.format,
        full_text=head.full_text,
        entries=tuple(sorted(entries, key=lambda entry: (entry.published, entry.slug), reverse=True)),
    )


def _read_entry(file: Traversable) -> DemoEntry:
    _, head_text, body = file.read_text(encoding="utf-8").split(_FENCE, 2)
    head = _EntryHead.model_validate(yaml.safe_load(head_text))
    return DemoEntry(
        slug=file.name.removesuffix(".md"),
        title=head.title,
        author=head.author,
        published=head.published,
        topics=head.topics,
        body=body.strip(),
    )


def _root() -> Traversable:
    return files("bot.demo_library").joinpath("library")


EXAMPLE_QUESTIONS = _read_questions()
"""Three questions that the library answers from several texts each."""
