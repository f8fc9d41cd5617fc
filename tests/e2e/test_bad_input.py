"""What is wrong outside becomes a clear sentence for whoever caused it, and never a stack trace, over real processes."""

import asyncio
import json
import os
import re
import socket
import sys
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.bot.fetch.loopback import Handler, Loopback, Request, answer, drip, head, loopback, redirect
from tests.bot.llm.http_script import Received, Reply, http_script, sse
from tests.e2e.asking import Research, asker
from tests.e2e.gate_feed import gate_feed
from tests.e2e.house import House, Json, demo_library, feeds_environment, house, unlikely_word

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("bad input")]

FEED_SECONDS = 3
"""How long a feed may take: one is waited out, and the good ones beside it must keep within it on a busy machine too."""

COMMAND_SECONDS = 45.0
WRONG_CONFIGURATION = 78
TIDES = "How do tidal turbines make electricity?"


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> list[str]:
        """What a person reads: all of it but the log's lines."""
        return [line for line in (self.out + self.err).splitlines() if line and not line.startswith('{"')]


async def command(*arguments: str, environ: Mapping[str, str] | None = None) -> Ended:
    """Run ``python arguments…`` to its end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "NO_COLOR": "1", **(environ or {})},
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(), COMMAND_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


def only_sentence(ended: Ended) -> str:
    """The one thing that was said; it is no stack trace."""
    assert "Traceback" not in ended.out + ended.err
    assert len(ended.said) == 1, ended.said
    return ended.said[0]


def closed_port() -> int:
    """A port at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("version: 1\ndiscord: {token: abc\nagents: [\n", ":"),
        ("version: 1\ndiscord: {token: abc, tokn: abc}\n", "tokn"),
        ("version: 1\ndiscord: {token: '${NOT_SET_ANYWHERE}'}\n", "NOT_SET_ANYWHERE"),
        ("version: 1\ndiscord: {token: abc, message_content: perhaps}\n", "message_content"),
        ("- a\n- list\n", "config.yaml"),
        ("", "The file is empty"),
        ("version: 1\n", "DISCORD_TOKEN"),
    ],
)
async def test_a_wrong_configuration_is_named_with_its_place(
    tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text, "utf-8")
    ended = await command("-m", "cogswarm", "--config", str(file), "run")
    assert ended.code == WRONG_CONFIGURATION
    assert sentence in only_sentence(ended)


async def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "version: 1\ndiscord: {token: abc, tokn: x}\nlanguage: 7\nbudgets: {calls: many}\n", "utf-8"
    )
    ended = await command("-m", "cogswarm", "--config", str(file), "run")
    assert "Traceback" not in ended.err
    assert [line.partition(": ")[0] for line in ended.said] == [f"{file}:{number}" for number in (2, 3, 4)]


async def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        discord = await command("-m", "bot.local_discord", "--port", port, "--exact-port")
        library = await command("-m", "bot.demo_library.server", "--port", port)
    assert only_sentence(discord) == f"Port {port} on 127.0.0.1 is taken; choose another with --port."
    assert f"Port {port} cannot be used" in only_sentence(library)
    assert (discord.code, library.code) == (1, 1)


async def test_the_demo_takes_the_next_port_and_tells_a_second_one_that_there_is_a_first(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state"
    with socket.socket() as taken, (tmp_path / "demo.log").open("wb") as log:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        first = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cogswarm", "demo", "--port", str(port), "--state", str(state), "--library-only",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=log,
        )  # fmt: skip
        try:
            assert first.stdout is not None
            async with asyncio.timeout(COMMAND_SECONDS):
                while b"http://127.0.0.1:" not in (line := await first.stdout.readline()):
                    assert line, (tmp_path / "demo.log").read_text("utf-8")
            second = await command("-m", "cogswarm", "demo", "--state", str(state))
        finally:
            if first.returncode is None:
                first.terminate()
            await asyncio.wait_for(first.wait(), COMMAND_SECONDS)
    found = int(line.decode().partition("127.0.0.1:")[2].partition("/")[0])
    assert port < found <= port + 20
    assert "A demo is running" in only_sentence(second)


async def test_a_database_that_cannot_be_reached_is_named_without_its_password(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    place = f"127.0.0.1:{closed_port()}"
    environ = {"DISCORD_TOKEN": "abc", "THE_DATABASE": f"postgresql://bot:very-secret@{place}/cogswarm"}
    file.write_text(
        "version: 1\ndiscord: {token: '${DISCORD_TOKEN}'}\ndatabase: {url: '${THE_DATABASE}'}\n", "utf-8"
    )
    ended = await command("-m", "cogswarm", "--config", str(file), "run", environ=environ)
    assert ended.code == 1
    assert f"The database at {place} cannot be used" in only_sentence(ended)
    assert "very-secret" not in ended.out + ended.err


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[House]:
    async with house(tmp_path_factory.mktemp("house")) as opened:
        yield opened
        assert await opened.mentions_allowed() == []


async def test_a_wrong_token_is_named_and_not_repeated(home: House) -> None:
    config = home.write(home.settings({}))
    wrong = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Gabcde.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    ended = await command("-m", "cogswarm", "--config", str(config), "run", environ={"DISCORD_TOKEN": wrong})
    assert ended.code == WRONG_CONFIGURATION
    assert "Discord does not accept this token" in only_sentence(ended)
    assert wrong not in ended.out + ended.err


async def test_a_discord_that_cannot_be_reached_is_named(home: House) -> None:
    nowhere = {"api_url": f"http://127.0.0.1:{closed_port()}/api/v10"}
    config = home.write(home.settings({}, discord=nowhere))
    ended = await command("-m", "cogswarm", "--config", str(config), "run", environ={"DISCORD_TOKEN": "abc"})
    assert ended.code == 1
    assert "Discord could not be reached" in only_sentence(ended)


async def _hundred_megabytes(_: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(head("200 OK", {"Content-Type": "application/xml", "Connection": "close"}))
    for _megabyte in range(100):
        writer.write(b"<entry>" * 150_000)
        await writer.drain()


def _bad_feeds(elsewhere: Loopback) -> dict[str, tuple[Handler, str]]:
    """What a feed does, by a subject of the library, and what is said of it."""
    page = answer("<!doctype html><html><head><title>Sign in</title></head><body><p>Hello</p></body></html>")
    xml = "application/xml"
    return {
        "tidal turbines": (page, "is a web page, not a feed"),
        "spring tides": (_hundred_megabytes, "too large"),
        "neap tides": (answer(headers={"Content-Length": "104857600"}, content_type=xml), "too large"),
        "the waggle dance": (drip, f"{FEED_SECONDS} seconds."),
        "tidal lagoons": (redirect(f"http://127.0.0.1:{elsewhere.port}/secret"), "is a loopback address"),
        "slack water": (answer(status="503 Service Unavailable"), "answered 503"),
        "sourdough starter": (answer("", content_type=xml), "is empty"),
    }


async def test_bad_feeds_are_named_and_the_others_are_used(home: House) -> None:
    async with (
        gate_feed() as odd,
        gate_feed() as odder,
        loopback({"*": answer("secret")}) as elsewhere,
        demo_library(home.folder) as good,
    ):
        feeds = {"The odd feed": odd.address, "The other one": odder.address, **good}
        tools = {
            "feeds": {
                "command": ["cogswarm-mcp-feeds"],
                "env": feeds_environment(feeds, feed_seconds=FEED_SECONDS),
            }
        }
        bad = _bad_feeds(elsewhere)
        for subject, (handler, _) in bad.items():
            odd.fail(subject.split()[-1].rstrip("s"), handler)
        async with home.bot(home.write(home.settings({}, tools=tools))), asker(home) as ben:
            for subject, (_, why) in bad.items():
                found = await ben.ask(subject)
                assert found.ending == "✓ Done"
                assert found.answer, subject
                (note,) = [
                    line for line in found.status["content"].splitlines() if "could not be read" in line
                ]
                assert note.startswith("• The odd feed could not be read: "), note
                assert why in note
            odder.fail("", answer(status="500 Internal Server Error"))
            both = await ben.ask("tidal turbines at slack water")
        assert "• The odd feed, The other one could not be read" in both.status["content"]
        assert both.answer
        assert elsewhere.connections == 0


async def test_a_tool_that_cannot_be_started_is_named(home: House) -> None:
    tools = {"feeds": {"command": [f"no-such-program-{unlikely_word()}"]}}
    settings = home.settings({}, tools=tools, runs={"retries": 1, "retry_seconds": 0.1})
    async with home.bot(home.write(settings)), asker(home) as ben:
        found = await ben.ask(TIDES)
    assert found.ending.startswith("✗ The sources cannot be searched just now")
    assert "no-such-program" in found.ending
    assert found.sources == {}
    (row,) = found.status["components"]
    assert [button["label"] for button in row["components"]] == ["Retry"]


@dataclass
class Nonsense:
    """A model server that plans and answers whatever a test sets."""

    plan: Reply
    answer: Reply

    def reply(self, received: Received) -> Reply:
        """Answer one request."""
        return self.plan if "response_format" in received.json else self.answer


def _stream(text: str, finish: str = "stop") -> Reply:
    chunk: Json = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    said: Json = {**chunk, "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
    over: Json = {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    return Reply(sse(said, over, "[DONE]"))


HTML = Reply("<!doctype html><html><body><h1>Welcome to nginx!</h1></body></html>", kind="text/html")
GOOD_PLAN = _stream('{"queries": ["tidal turbines"]}')


@dataclass(frozen=True, slots=True)
class ModelHouse:
    """A house whose researcher uses a model that a test decides about."""

    house: House
    model: Nonsense

    async def ask(self) -> Research:
        """Research about something the library knows."""
        async with asker(self.house) as ben:
            return await ben.ask(TIDES)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def model_house(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[ModelHouse]:
    model = Nonsense(GOOD_PLAN, GOOD_PLAN)
    folder = tmp_path_factory.mktemp("model")
    async with house(folder) as opened, demo_library(folder) as library, http_script(model.reply) as server:
        settings = opened.settings(
            library,
            models={
                "odd": {
                    "backend": "openai",
                    "model": "m",
                    "base_url": f"{server.url}/v1",
                    "api_key": "sk-secret-key",
                }
            },
            agents={"researcher": {"display_name": "Researcher", "model": "odd", "tools": ["feeds"]}},
            embeddings="none",
        )
        async with opened.bot(opened.write(settings)):
            yield ModelHouse(opened, model)
            assert await opened.mentions_allowed() == []


@pytest.mark.parametrize(
    "plan",
    [
        _stream("Sure! I would search for tides."),
        _stream('{"queries": "tides"}'),
        _stream('{"queries": []}'),
        _stream(""),
        HTML,
    ],
)
async def test_a_model_that_plans_nonsense_ends_the_run_with_a_sentence(
    model_house: ModelHouse, plan: Reply
) -> None:
    model_house.model.plan, model_house.model.answer = plan, GOOD_PLAN
    found = await model_house.ask()
    assert found.ending.startswith("✗ The model")
    assert re.search(r"try again|check base_url", found.ending)
    assert "Traceback" not in found.status["content"]
    assert "sk-secret-key" not in found.status["content"]
    assert found.answer == []


@pytest.mark.parametrize(
    "text", [HTML, _stream(""), Reply("data: {not json\n\n"), Reply('data: {"choices": 7}\n\n')]
)
async def test_a_model_that_answers_no_answer_ends_the_run_with_a_sentence(
    model_house: ModelHouse, text: Reply
) -> None:
    model_house.model.plan, model_house.model.answer = GOOD_PLAN, text
    found = await model_house.ask()
    assert found.ending.startswith("✗ The model")
    assert "✓ Planned: “tidal turbines”" in found.status["content"]
    assert found.answer == []


async def test_citations_of_what_was_never_fetched_are_dropped_and_logged(model_house: ModelHouse) -> None:
    said = "A rotor turns a generator [1]. The sea is made of cheese [99]. Water is dense [2, 77]. I think so. See [M1]."
    model_house.model.plan, model_house.model.answer = GOOD_PLAN, _stream(said)
    found = await model_house.ask()
    assert [claim.split(" [[")[0] for claim in found.claims] == ["A rotor turns a generator."]
    assert set(found.cited) == {1, 2} == set(found.sources)
    assert not any("cheese" in text or "I think so" in text for text in found.texts)
    assert "Left out 3 sentences that no source supports" in found.status["content"]
    log = (model_house.house.folder / "bot.log").read_text("utf-8").splitlines()
    dropped = [json.loads(line)["ids"] for line in log if '"unknown_citations_dropped"' in line]
    assert dropped[-1] == ["99", "77", "M1"]


async def test_an_answer_without_any_known_citation_is_not_shown(model_house: ModelHouse) -> None:
    model_house.model.plan, model_house.model.answer = (
        GOOD_PLAN,
        _stream("Trust me: marmalade. As seen in [7] and [A1]."),
    )
    found = await model_house.ask()
    assert found.ending == "✓ Done"
    assert found.answer == []
    assert "I found nothing about" in found.texts[-1]
    assert not any("marmalade" in text for text in found.texts)


async def test_what_a_model_writes_becomes_no_mention_and_no_link_of_its_own(model_house: ModelHouse) -> None:
    said = "@everyone <@1> look at [this](https://evil.example/x) or https://evil.example/y now [1]."
    model_house.model.plan, model_house.model.answer = GOOD_PLAN, _stream(said)
    found = await model_house.ask()
    assert len(found.answer) == 1
    shown = found.answer[0]
    assert not shown["mentions"]
    assert not shown["mention_everyone"]
    assert "evil.example/" not in shown["content"]
    assert "@everyone" not in shown["content"]
