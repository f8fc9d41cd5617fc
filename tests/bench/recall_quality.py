"""Prints how well this memory, grep, and reading everything find what a team has noted, and what a model makes of it.

Run: ``python tests/bench/recall_quality.py``. It needs the embedding model's weights, and starts a database of its own.

What full context is worth depends on the model that reads it. Without a language model the built-in extractive answer
reads; for another: ``--backend openai --model NAME`` (or ``anthropic``, ``ollama``), ``--url ADDRESS``, and the key in the
environment variable that ``--key`` names.
"""

import argparse
import asyncio
import os
import tempfile
from pathlib import Path

from pydantic import SecretStr

from bot.clock import Clock
from bot.llm.factory import open_backend
from bot.memory.library import Library
from bot.memory.minilm import MiniLm
from bot.storage.opening import open_database
from tests.bench import recall_reading
from tests.bench.recall_fixture import Fixture, read
from tests.bench.recall_measures import (
    BEGIN,
    CLEAR_HEAD,
    HEAD,
    Ranking,
    clearness,
    everything,
    grep,
    measured,
    ours,
    remember,
)

READ = 5
"""What a model is given of what was found; of full context it is given all."""

say = print


async def main(options: argparse.Namespace) -> None:
    """Print the tables."""
    fixture = read()
    embedder = await MiniLm.load()
    with tempfile.TemporaryDirectory() as folder:
        async with open_database(None, Path(folder)) as database:
            library, by_words = Library(database, embedder, Clock()), Library(database, None, Clock())
            await remember(database, library, fixture.facts)
            ways = {
                "this memory": ours(library, fixture.facts),
                "words alone": ours(by_words, fixture.facts),
                "grep": grep(fixture.facts),
                "full context": everything(fixture.facts),
            }
            await _finding(ways, fixture)
            await _halves(library, ways["this memory"], fixture)
            await _reading(ways, fixture, options)
    await embedder.aclose()


async def _finding(ways: dict[str, Ranking], fixture: Fixture) -> None:
    nothing = sum(one.answer is None for one in fixture.asked)
    say(
        f"{len(fixture.facts)} facts, {fixture.updates} of them newer versions; {len(fixture.asked)} questions, "
        f"{nothing} of them without an answer\n{HEAD}"
    )
    for name, ranking in ways.items():
        say((await measured(ranking, fixture, fixture.asked)).line(name))


async def _halves(library: Library, ranking: Ranking, fixture: Fixture) -> None:
    halves = {"one half": fixture.asked[::2], "the other half": fixture.asked[1::2]}
    say(f"\nThis memory, by half of the questions\n{HEAD}")
    for name, asked in halves.items():
        say((await measured(ranking, fixture, asked)).line(name))
    say(f"\nQuestions at which it calls something clear\n{CLEAR_HEAD}")
    for name, asked in halves.items():
        say((await clearness(library, asked)).line(name))


async def _reading(ways: dict[str, Ranking], fixture: Fixture, options: argparse.Namespace) -> None:
    key = os.environ.get(options.key)
    backend = open_backend(options.backend, api_key=SecretStr(key) if key else None, base_url=options.url)
    say(f"\nRead by {options.backend} {options.model}".rstrip() + f"\n{recall_reading.HEAD}")
    if options.backend == "offline":
        say("(it picks sentences by their words, so this says nothing of what a language model makes of it)")
    for name, ranking in ways.items():
        given = ranking if name == "full context" else _first(ranking)
        found = await recall_reading.reading(backend, options.model, given, fixture, fixture.asked, BEGIN)
        say(found.line(name))
    await backend.aclose()


def _first(ranking: Ranking) -> Ranking:
    async def ranked(question: str) -> list[int]:
        return (await ranking(question))[:READ]

    return ranked


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How well recall finds")
    parser.add_argument("--backend", default="offline")
    parser.add_argument("--model", default="")
    parser.add_argument("--url", default="")
    parser.add_argument("--key", default="COGSWARM_BENCH_KEY")
    asyncio.run(main(parser.parse_args()))
