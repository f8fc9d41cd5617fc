"""The main job over real processes: the bot, the feeds server over stdio, embedded Postgres and a local Discord."""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from bot.demo_library import EXAMPLE_QUESTIONS, subjects, topics
from bot.memory.subject import shared_words
from bot.memory.weights import weights_installed
from bot.storage.database import Database
from bot.storage.guild_scope import in_every_guild
from tests.bot.fetch.loopback import Loopback, answer, loopback
from tests.e2e.asking import Asker, Research, asker
from tests.e2e.gate_feed import GateFeed, gate_feed
from tests.e2e.house import House, Json, channel_of, demo_library, house, unlikely_word
from tests.tools import shared_data as shared_data_folder

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("research")]

GATE = "The gate"
TIDES = "How do tidal turbines make electricity?"
TREES = "How do trees cool a street?"
NEITHER_KNOWN = "Who won the chess championship in Elista?"


@dataclass(frozen=True, slots=True)
class Lab:
    """A running bot with the demo library, a feed that tests can hold, and its database."""

    house: House
    gate: GateFeed
    database: Database
    feeds: dict[str, str]

    async def fetched(self, status: dict[str, Any]) -> set[str]:
        """The addresses of what the run of a status message has fetched and kept."""
        query = "SELECT source.url FROM source JOIN run ON run.id = source.run_id WHERE run.thread_id = %s"
        return {str(row[0]) for row in await self.rows(query, int(status["id"]))}

    async def rows(self, query: Any, *values: object) -> list[tuple[Any, ...]]:
        """What the bot's database answers."""
        async with self.database.connection() as conn, in_every_guild(conn):
            cursor = await conn.execute(query, values)
            return await cursor.fetchall()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Lab]:
    folder = tmp_path_factory.mktemp("lab")
    async with house(folder) as home, demo_library(folder) as library, gate_feed() as gate:
        settings = home.settings(
            {**library, GATE: gate.address},
            cogs={
                "research": {
                    "suggestions": topics(),
                    "examples": list(EXAMPLE_QUESTIONS),
                    "about": subjects(),
                    "welcome_channel": home.welcome_channel,
                }
            },
        )
        async with home.bot(home.write(settings)), home.database() as database:
            yield Lab(home, gate, database, library)
            assert await home.mentions_allowed() == []


@pytest_asyncio.fixture(loop_scope="module")
async def ben(lab: Lab) -> AsyncGenerator[Asker]:
    """An ordinary member in #research."""
    async with asker(lab.house) as found:
        yield found


async def test_an_answer_cites_what_was_fetched_under_the_agents_own_name(lab: Lab, ben: Asker) -> None:
    found = await ben.ask(TIDES)
    assert found.ending == "✓ Done"
    assert {(one["author"]["username"], bool(one.get("webhook_id"))) for one in found.answer} == {
        ("Researcher", True)
    }
    assert all(re.search(r"\[\[\d+\]\]\(<http[^>]+>\)$", claim) for claim in found.claims), found.texts
    assert found.cited
    assert found.cited == {number: listed.url for number, listed in found.sources.items()}
    assert set(found.cited.values()) <= await lab.fetched(found.status)
    for listed in found.sources.values():
        assert listed.title
        stamp = re.search(r"<t:(\d+):D>", listed.details)
        assert stamp is not None
        assert datetime.fromtimestamp(int(stamp[1]), UTC).year == 2026
        assert listed.details.startswith(tuple(lab.feeds))
    assert found.texts[-1].startswith("**Sources**")


async def test_it_is_acknowledged_and_shows_its_stages_while_the_work_is_held(lab: Lab, ben: Asker) -> None:
    hold = lab.gate.hold("lagoon")
    outcome = await ben.slash("What is a tidal lagoon?")
    assert outcome.ok
    status = await ben.status_after(outcome.interaction_id)
    held = await ben.status_where(
        status["id"], lambda one: "Looking for sources" in one["content"] and "thread" in one
    )
    await hold.asked.wait()
    assert held["thread"]["name"] == "What is a tidal lagoon?"
    assert [button["label"] for row in held["components"] for button in row["components"]] == ["Stop"]
    assert await ben.inside(status["id"]) == []

    assert "On it" in await ben.private_answer(outcome.interaction_id)

    hold.release()
    found = await ben.ended(status)
    assert found.answer
    # An ordinary message of the bot: what the interaction's token can no longer change after 15 minutes.
    assert found.status["author"]["id"] == lab.house.bot_id
    assert "interaction_metadata" not in found.status
    assert "webhook_id" not in found.status
    assert found.status["edited_timestamp"]
    assert not found.status["components"]
    lines = found.status["content"].splitlines()
    assert [line[:8] for line in lines if line.startswith("✓")] == [
        "✓ Planne",
        "✓ Found ",
        "✓ Read 5",
        "✓ Wrote ",
        "✓ Done",
    ]


async def test_a_question_in_the_thread_is_answered_from_its_sources(lab: Lab, ben: Asker) -> None:
    found = await ben.ask("How does a honeybee colony live through a year?")
    reply = await ben.reply_in(found.status["id"], "When does a colony raise drones?")
    said = Research(found.status, [reply])
    assert said.cited, reply["content"]
    assert set(said.cited.values()) <= await lab.fetched(found.status)
    assert reply["author"]["username"] == "Researcher"


async def test_nothing_found_is_an_answer_without_citations_that_says_what_there_is(ben: Asker) -> None:
    found = await ben.ask(NEITHER_KNOWN)
    assert found.ending == "✓ Done"
    assert found.cited == {}
    assert not any(re.search(r"\[\d+\]", text) for text in found.texts)
    assert "I found nothing about" in found.texts[-1]
    assert subjects() in found.texts[-1]


async def test_a_source_that_fails_is_named_and_the_rest_goes_on(lab: Lab, ben: Asker) -> None:
    lab.gate.fail("barrage", answer(status="503 Service Unavailable"))
    found = await ben.ask("What can the Rance barrage do?")
    assert found.ending == "✓ Done"
    assert found.answer
    named = [
        line
        for line in found.status["content"].splitlines()
        if line.startswith(f"• {GATE} could not be read")
    ]
    assert len(named) == 1
    assert "503" in named[0]


async def test_stop_ends_the_run_and_says_what_was_done_so_far(lab: Lab, ben: Asker) -> None:
    hold = lab.gate.hold("letterpress")
    status = await ben.begin("letterpress printing with movable type")
    held = await ben.status_where(status["id"], lambda one: "Looking for sources" in one["content"])
    await hold.asked.wait()
    pressed = await ben.member.click(held, "Stop")
    assert pressed.ok
    found = await ben.ended(status)
    assert found.ending == f"■ Stopped by <@{ben.member.user_id}>."
    assert "✓ Planned: " in found.status["content"]
    assert "Looking for sources" not in found.status["content"]
    assert not found.status["components"]
    hold.release()
    state = await lab.rows("SELECT state FROM run WHERE thread_id = %s", int(status["id"]))
    assert state == [("stopped",)]
    assert await ben.inside(status["id"]) == []


async def test_the_same_question_twice_is_answered_twice_and_linked(ben: Asker) -> None:
    question = "What lives in a sourdough starter?"
    first = await ben.ask(question)
    second = await ben.ask(question)
    assert first.answer
    assert second.cited == first.cited
    assert [one["content"] for one in second.answer] == [one["content"] for one in first.answer]
    assert f"<#{first.status['id']}>" in second.texts[0]


@pytest.mark.skipif(not weights_installed(), reason="the embedding model's weights are not installed")
async def test_past_research_is_recalled_under_other_words_but_not_for_another_subject(ben: Asker) -> None:
    asked, paraphrase = (
        "How do bees tell each other where flowers are?",
        "honey insects communicating the location of food",
    )
    assert shared_words(asked, paraphrase).of_all == 0
    first = await ben.ask(asked)
    assert first.answer
    again = await ben.ask(paraphrase)
    assert again.texts[0].startswith("**Asked before**")
    assert f"<#{first.status['id']}>" in again.texts[0]
    other = await ben.ask("How long does varroa live in a hive?")
    assert not any(f"<#{first.status['id']}>" in text for text in other.texts)


async def test_what_was_asked_in_a_closed_channel_is_recalled_only_there(lab: Lab, ben: Asker) -> None:
    question = "How did lighthouses become brighter?"
    async with asker(lab.house, "council", "ada") as ada:
        first = await ada.ask(question)
        assert first.answer
        for_ben = await ben.ask(question)
        assert not any("Asked before" in text for text in for_ben.texts)
        again = await ada.ask(question)
        assert f"<#{first.status['id']}>" in again.texts[0]
    async with asker(lab.house, "general", "ada") as ada:
        # She may read the council's channel, but whoever reads her thread here may not.
        in_the_open = await ada.ask(question)
    assert f"<#{for_ben.status['id']}>" in in_the_open.texts[0]
    assert not any(f"<#{first.status['id']}>" in text for text in in_the_open.texts)


async def test_one_server_does_not_recall_what_another_asked(lab: Lab, ben: Asker) -> None:
    question = "How do street trees survive the summer heat?"
    assert (await ben.ask(question)).answer
    async with asker(lab.house, "dock", "chiyo") as chiyo:
        elsewhere = await chiyo.ask(question)
    assert elsewhere.answer
    assert not any("Asked before" in text for text in elsewhere.texts)


async def test_topics_are_suggested_while_somebody_types(ben: Asker) -> None:
    typed = await ben.member.autocomplete(ben.channel, "research", "topic", "tid")
    assert "tidal power" in [choice["name"] for choice in typed]
    await ben.ask("Why do bees swarm in May?")
    earlier = await ben.member.autocomplete(ben.channel, "research", "topic", "swarm may")
    assert [choice["value"] for choice in earlier] == ["Why do bees swarm in May?"]
    assert await ben.member.autocomplete(ben.channel, "research", "topic", unlikely_word()) == []


async def test_the_welcome_message_offers_examples_that_work(lab: Lab, ben: Asker) -> None:
    welcomes = [
        one for one in await ben.member.messages(lab.house.welcome_channel) if "Welcome" in one["content"]
    ]
    assert len(welcomes) == 1
    assert "without any key or network" in welcomes[0]["content"]
    labels = [button["label"] for row in welcomes[0]["components"] for button in row["components"]]
    assert labels == list(EXAMPLE_QUESTIONS)
    pressed = await ben.member.click(welcomes[0], labels[1])
    assert pressed.ok
    here = Asker(ben.member, channel_of(ben.member, "welcome"), lab.house.bot_id)
    found = await here.ended(await here.status_after(pressed.interaction_id))
    assert found.answer
    assert labels[1] in found.status["content"]


@pytest.mark.parametrize(
    ("custom_id", "sentence"),
    [
        ("v0:research:ask:1", "from another version of the bot"),
        ("v1:research:gone:1", "from another version of the bot"),
        ("v1:gone:ask:1", "from another version of the bot"),
        ("what", "from another version of the bot"),
        ("v1:research:ask:99", "That example is gone by now."),
        ("v1:research:ask:²", "That example is gone by now."),
        ("v1:runs:stop:of-nothing", "I do not know that piece of work any more."),
        (f"v1:runs:stop:{UUID(int=1)}", "I do not know that piece of work any more."),
    ],
)
async def test_a_button_that_leads_nowhere_is_answered(
    lab: Lab, ben: Asker, custom_id: str, sentence: str
) -> None:
    button: Json = {"type": 2, "style": 1, "label": "Old", "custom_id": custom_id}
    body: Json = {"content": "old", "components": [{"type": 1, "components": [button]}]}
    body["allowed_mentions"] = {"parse": []}
    token = {"Authorization": f"Bot {lab.house.discord.ready['bot_token']}"}
    async with httpx.AsyncClient(headers=token) as http:
        url = f"{lab.house.discord.ready['api_url']}/channels/{ben.channel}/messages"
        posted = (await http.post(url, json=body)).raise_for_status().json()
    old = await ben.member.message_where(lambda one: one["id"] == posted["id"])
    pressed = await ben.member.click(old, "Old")
    assert pressed.ok
    assert sentence in await ben.private_answer(pressed.interaction_id)


@pytest.mark.parametrize("topic", ["   ", "?!…", "\u200b", "**"])
async def test_a_topic_of_nothing_is_refused_in_a_sentence(ben: Asker, topic: str) -> None:
    outcome = await ben.slash(topic)
    assert await ben.private_answer(outcome.interaction_id) == "Please say what to look for, in a few words."


@pytest.mark.parametrize(
    "topic",
    [
        "@everyone @here <@1> <@&2> <#3> do bees dance?",
        "**bold** `code` ||spoiler|| [click here](https://evil.example/x) about bees\n# and a heading",
        "tides and turbines " * 60,
        "https://evil.example/x bees ```python\n",
    ],
)
async def test_a_hostile_topic_mentions_nobody_and_becomes_no_link(lab: Lab, ben: Asker, topic: str) -> None:
    found = await ben.ask(topic)
    assert found.ending == "✓ Done"
    said = [found.status, *found.messages]
    assert not any(one["mentions"] or one["mention_everyone"] or one["mention_roles"] for one in said)
    assert not any("](https://evil" in one["content"] or "<https://evil" in one["content"] for one in said)
    assert all(len(one["content"]) <= 2000 for one in said)
    assert len(found.status["thread"]["name"]) <= 100
    assert await lab.house.mentions_allowed() == []


@dataclass(frozen=True, slots=True)
class QuietLab:
    """A bot that may read only what mentions it, with a real feed beside the demo library."""

    house: House
    feeds: Loopback


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def quiet_lab(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[QuietLab]:
    folder = tmp_path_factory.mktemp("quiet")
    async with house(folder) as home, demo_library(folder) as library, loopback() as server:
        settings = home.settings(
            {**library, "arXiv": f"{server.url}/arxiv.atom"}, discord={"message_content": False}
        )
        server.routes["/arxiv.atom"] = answer(
            "<feed xmlns='http://www.w3.org/2005/Atom'/>", content_type="text/xml"
        )
        if (data := shared_data_folder()) is not None:
            real = (data / "feeds" / "arxiv-cs-ai.atom.xml").read_bytes()
            # Its links lead here, where there is no page: arXiv itself is not asked, and the abstracts are read.
            here = real.replace(b"https://arxiv.org/", f"{server.url}/".encode())
            server.routes["/arxiv.atom"] = answer(here.decode(), content_type="application/atom+xml")
        async with home.bot(home.write(settings)):
            yield QuietLab(home, server)
            assert await home.mentions_allowed() == []


async def test_where_the_bot_reads_only_mentions_a_mention_is_answered(quiet_lab: QuietLab) -> None:
    async with asker(quiet_lab.house) as ben:
        found = await ben.ask(TIDES)
        await ben.member.say(found.status["id"], "How dense is sea water?")
        reply = await ben.reply_in(
            found.status["id"], f"<@{ben.bot_id}> What does a turbine do at slack water?"
        )
        assert Research(found.status, [reply]).cited, reply["content"]
        async with quiet_lab.house.database() as database, database.connection() as conn:
            cursor = await conn.execute("SELECT args->>'question' FROM run WHERE workflow = 'follow_up'")
            assert await cursor.fetchall() == [("What does a turbine do at slack water?",)]


async def test_over_a_real_feed_only_its_entries_are_cited(quiet_lab: QuietLab, shared_data: Path) -> None:
    raw = (shared_data / "feeds" / "arxiv-cs-ai.atom.xml").read_text("utf-8")
    entries = {
        link.rpartition("/")[2] for link in re.findall(r'<link href="(https://arxiv.org/abs/[^"]+)"', raw)
    }
    async with asker(quiet_lab.house) as ben:
        found = await ben.ask("How does event-aware non-stationary time series forecasting work?")
    assert found.cited
    for url in found.cited.values():
        assert url.startswith(f"{quiet_lab.feeds.url}/abs/")
        assert url.rpartition("/")[2] in entries
    assert {listed.details.partition(" · ")[0] for listed in found.sources.values()} == {"arXiv"}
