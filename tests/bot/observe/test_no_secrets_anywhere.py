"""AC-S4: no configured secret, in whatever form, leaves through logs, answers, prompts, the database or exports."""

import asyncio
import dataclasses
import io
import json
import logging
import re
import sys
from base64 import b64encode
from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
import pytest
import structlog
import yaml
from psycopg import sql

from bot.cli import main
from bot.cli.failures import exit_code_of
from bot.cli.session import Session
from bot.config.bridge import ECHO, IN_PROCESS
from bot.config.load import load_config
from bot.local_discord.server import LocalDiscord
from bot.observe.known_secrets import LONG_ENOUGH, REDACTED, is_telling
from bot.observe.logging import configure_logging
from bot.observe.secret_forms import forms_of
from bot.plugins.discovery import find
from bot.plugins.loading import load
from cogswarm import Cog, UserError
from cogswarm.llm import ContentRefused
from cogswarm.testing import BotWith, Members, Person, ScriptedModel
from tests.bot.observe.careless import careless

pytestmark = pytest.mark.slow

KEY = "model-key/+?0123456789"
OTHER_KEY = "sk-other-model-key-4711"
TOOL_TOKEN = "tool-token/+?9876543210"
BEARER = "Bearer-of-a-tool-0815"
PASSWORD = "Pass+w/ord:of&the=database"
COG_TOKEN = "s3cret-of-a-cog"
ODD = Path(__file__).parents[1] / "mcp" / "odd_server.py"

type Case = Callable[[Person, "Carelessly"], Awaitable[str]]


@dataclasses.dataclass(frozen=True)
class Carelessly:
    """All secrets in the forms in which careless code prints them, and a model that says such things."""

    told: str
    model: ScriptedModel


def told(secrets: Iterable[str]) -> str:
    return " ".join(
        f"{one} {b64encode(one.encode()).decode()} {quote(one, safe='')} {one!r}" for one in sorted(secrets)
    )


async def admin_breaks(ada: Person, _: Carelessly) -> str:
    return (await (await ada.slash("agents pause", agent="writer")).answer()).text


async def approvals_breaks(ada: Person, _: Carelessly) -> str:
    return (await (await ada.slash("delegate", to="Bo")).answer()).text


async def auction_breaks(ada: Person, _: Carelessly) -> str:
    return (await (await ada.slash("auction", text="Mow the lawn")).answer()).text


async def tasks_breaks(ada: Person, _: Carelessly) -> str:
    return (await (await ada.slash("task", text="Mow the lawn")).answer()).text


async def research_breaks(ada: Person, careless: Carelessly) -> str:
    careless.model.will_fail(ContentRefused(careless.told))
    return (await (await ada.slash("research", topic="tides")).finished()).text


async def chat_breaks(ada: Person, careless: Carelessly) -> str:
    careless.model.will_fail(ContentRefused(careless.told), after=f"Well, {KEY[:9]}")
    await ada.slash("chat", text="What is there?", agent="writer")
    return (await ada.hears("✗")).text


async def consensus_breaks(ada: Person, careless: Carelessly) -> str:
    careless.model.will_fail(ContentRefused(careless.told))
    asked = await ada.slash("consensus", question="Where to?", agents=1, who="writer")
    return (await (await asked.thread()).hears("⚠️")).text


async def recall_breaks(ada: Person, _: Carelessly) -> str:
    return (await (await ada.slash("privacy opt-out")).answer()).text


async def pins_memory_breaks(ada: Person, _: Carelessly) -> str:
    return (await (await ada.slash("remember", fact="The quay is closed on Mondays.")).answer()).text


async def code_review_breaks(ada: Person, _: Carelessly) -> str:
    return (await (await ada.slash("reviews list")).answer()).text


async def mumega_bridge_breaks(ada: Person, _: Carelessly) -> str:
    return (await (await ada.slash("bus status")).answer()).text


CASES: Mapping[str, Case] = {
    "admin": admin_breaks,
    "approvals": approvals_breaks,
    "chat": chat_breaks,
    "code_review": code_review_breaks,
    "consensus": consensus_breaks,
    "mumega_bridge": mumega_bridge_breaks,
    "pins_memory": pins_memory_breaks,
    "recall": recall_breaks,
    "research": research_breaks,
    "tasks": tasks_breaks,
    "auction": auction_breaks,  # in the queue that tasks has opened before it stumbled
}
"""How each built-in cog is made to raise; those that only the database can make fail stumble over a trigger."""

TRIGGERED = ("agent_choice", "ask_delegation", "fact", "memory_opt_out", "task")
BARRED: Mapping[str, LiteralString] = {
    "code_review": "(guild_id, repository, number, named, channel_id) VALUES (%s, 'o/r', 1, 'o/r', 1)",
    "bus_request": (
        "(id, guild_id, channel_id, message_id, member_id, author, agent, body)"
        " VALUES (gen_random_uuid(), %s, 1, 1, 1, 'Ada', 'echo', 'Hello')"
    ),
}
"""Tables that people's commands only read, with a row for each: whoever looks at one server's rows stumbles over it."""


def built_in() -> dict[str, Cog]:
    """Every cog that comes with the bot."""
    own = {point.name for point in entry_points(group="cogswarm") if point.value.startswith("cogs.")}
    plugins = load([one for one in find(()) if one.name in own], ())
    return dict(plugins.cogs)


@contextmanager
def logged_to(stream: io.StringIO, secrets: Iterable[str]) -> Generator[None]:
    """All that is logged, as the command line sets it up."""
    root = logging.getLogger()
    handlers, level, before = list(root.handlers), root.level, structlog.get_config()
    root.handlers[:] = []  # those of servers that other tests run in this process
    configure_logging("info", secrets, stream=stream)
    try:
        yield
    finally:
        structlog.configure(**before)
        logging.captureWarnings(capture=False)
        root.handlers[:] = handlers
        root.setLevel(level)


async def stored(url: str) -> str:
    """Every row of every table, as text."""
    rows: list[str] = []
    async with await psycopg.AsyncConnection.connect(url) as conn:
        tables = await conn.execute(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for (table,) in await tables.fetchall():
            cursor = await conn.execute(sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(table)))
            rows += [f"{table}: {row[0]}" for row in await cursor.fetchall()]
        files = await conn.execute("SELECT convert_from(content, 'UTF8') FROM outbox_file")
        rows += [str(content) for (content,) in await files.fetchall()]
    assert any(row.startswith("run:") for row in rows)
    return "\n".join(rows)


async def mined(url: str, guild_id: int, text: str) -> None:
    """From now on, whoever writes into some tables, or reads others, is told the secrets by the database itself."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
        body = f"BEGIN RAISE EXCEPTION '%', {sql.quote(text)}; END"
        await conn.execute(
            sql.SQL("CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS {}").format(body)
        )
        for table in TRIGGERED:
            await conn.execute(
                sql.SQL(
                    "CREATE TRIGGER tell BEFORE INSERT OR UPDATE ON {} FOR EACH ROW EXECUTE FUNCTION tell()"
                ).format(sql.Identifier(table))
            )
        # Nobody but people and runs says of which server the rows are to be; what serves all of them goes on.
        body = f"BEGIN IF no_guild_in_scope() THEN RETURN true; END IF; RAISE EXCEPTION '%', {sql.quote(text)}; END"
        await conn.execute(
            sql.SQL("CREATE FUNCTION bar() RETURNS boolean STABLE LANGUAGE plpgsql AS {}").format(body)
        )
        for table, row in BARRED.items():
            await conn.execute(
                sql.SQL("INSERT INTO {} ").format(sql.Identifier(table)) + sql.SQL(row), (guild_id,)
            )
            await conn.execute(
                sql.SQL("CREATE POLICY bar ON {} AS RESTRICTIVE USING (bar())").format(sql.Identifier(table))
            )


async def as_of_old(url: str, text: str) -> None:
    """Put secrets into the database behind the bot's back, as if it had stored them before they were any."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as conn:
        await conn.execute("UPDATE run SET title = %s, error = %s WHERE cog = 'careless'", (text, text))


def with_password(url: str) -> str:
    """The same address with a password in it, which the server of the tests does not ask for."""
    parts = urlsplit(url)
    name, _, host = parts.netloc.rpartition("@")
    user = name.partition(":")[0] or "postgres"
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(PASSWORD, safe='')}@{host}"))


def configuration(local: LocalDiscord, database_url: str, own: Iterable[str]) -> dict[str, Any]:
    return {
        "discord": {"token": local.bot_token, "api_url": local.api_url, "message_content": True},
        "database": {"url": with_password(database_url)},
        "embeddings": "none",
        "models": {
            "main": {"backend": "scripted", "api_key": KEY},
            "other": {"backend": "scripted", "api_key": OTHER_KEY},
        },
        "agents": {
            name: {"model": "main", "tools": ["odd", "careless"]} for name in ("writer", "researcher")
        },
        "tools": {
            "odd": {
                "command": [sys.executable, str(ODD)],
                "env": {"PYTHONPATH": str(Path.cwd()), "ODD_TOKEN": TOOL_TOKEN, "ODD_OTHER": KEY},
                "read_only": "all",
            },
            "away": {"url": "http://127.0.0.1:9/mcp", "token": BEARER},
        },
        "servers": {"defaults": [*own, "careless"]},
        "runs": {"retry_seconds": 0.1, "retries": 1},
        "bridge": {"url": IN_PROCESS, "default_agent": ECHO},
        "cogs": {"careless": {"token": COG_TOKEN}, "tasks": {"queue": True}},
    }


def through_the_shell(file: Path, capsys: pytest.CaptureFixture[str], text: str) -> tuple[str, str]:
    """What the commands that export anything print, and what is written and said when one breaks."""
    printed = ""
    capsys.readouterr()  # what this process said before
    for command in ("runs list --all", "audit export", "config show", "check", "tools list"):
        main([*command.split(), "--config", str(file)], Session(environ={}))
        out, err = capsys.readouterr()
        printed += f"\n$ {command}\n{out}{err}"
    for begins in re.findall(r"^([0-9a-f]{8})  failed .*careless", printed, re.MULTILINE)[:1]:
        main(["runs", "show", begins, "--config", str(file)], Session(environ={}))
        printed += capsys.readouterr().out
    session = Session(environ={}, config_path=file, new_id=lambda: "1d1d1d1d")
    session.load()
    exit_code_of(RuntimeError(text), session, ["runs", text])
    exit_code_of(UserError(text), session, ["runs"])
    said = capsys.readouterr().err
    reports = [one.read_text(encoding="utf-8") for one in session.data_dir.glob("errors/*.txt")]
    assert len(reports) == 1
    return printed, "\n".join([said, *reports])


def leaks(secrets: Iterable[str], text: str) -> list[str]:
    """Around each secret that stands in ``text`` in any form, what stands there."""
    found = [form for secret in secrets for form in forms_of(secret) if form in text]
    return [text[max(0, text.index(form) - 200) :][:400] for form in found]


def test_every_built_in_cog_has_a_case() -> None:
    assert set(built_in()) == set(CASES)


async def test_ac_s4_what_breaks_tells_no_secret(
    bot_with: BotWith,
    scripted_model: ScriptedModel,
    members: Members,
    local_discord: LocalDiscord,
    database_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = built_in()
    config = configuration(local_discord, database_url, own)
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(json.loads(json.dumps(config))), encoding="utf-8")
    loaded = load_config(file, {})
    secrets = {one for one in loaded.secrets() if is_telling(one)}
    assert {KEY, OTHER_KEY, TOOL_TOKEN, BEARER, PASSWORD, COG_TOKEN, local_discord.bot_token} <= secrets
    text = told(secrets)
    ada = await members("ada")
    await mined(database_url, int(next(iter(ada.client.guilds))), text)
    stream = io.StringIO()
    with logged_to(stream, loaded.secrets()):
        await bot_with(*own.values(), careless(text), config=config)
        harm = Carelessly(text, scripted_model)
        shown = {name: await case(ada, harm) for name, case in CASES.items()}
        scripted_model.will_call_all(("odd__environment", {}), ("careless__blab", {"what": ""}))
        scripted_model.will_call("careless__blab", what="raise")
        scripted_model.will_say(text)
        talk = await ada.slash("break", where="talk")
        shown["talk"] = (await talk.finished()).text
        for where, kind in (("step", "broken"), ("run", "user"), ("run", "outside")):
            broke = await (await ada.slash("break", where=where, kind=kind)).finished()
            shown[f"{where} {kind}"] = broke.text
        for kind in ("broken", "user", "outside"):
            answer = await (await ada.slash("break", where="command", kind=kind)).answer()
            shown[f"command {kind}"] = answer.text
        shown["reply"] = (await (await ada.slash("break", where="reply")).answer()).text
        exported = (await (await ada.slash("cogs export")).answer()).text
        await bot_with.stop()
        kept = await stored(database_url)
        await as_of_old(database_url, text)
        printed, crashed = await asyncio.to_thread(through_the_shell, file, capsys, text)
    world = local_discord.stage.world
    asked = [
        (one.instructions, one.request.tools, one.request.turns, one.request.material)
        for one in scripted_model.asked
    ]
    places = {
        "logs": stream.getvalue(),
        "messages": "\n".join(
            f"{one.content} {one.embeds} {one.attachments}"
            for channel in world.channels
            for one in world.messages(channel)
        ),
        "traffic": "\n".join(json.dumps(one.as_json(), ensure_ascii=False) for one in local_discord.sent()),
        "answers": "\n".join([exported, *shown.values()]),
        "prompts": repr(asked),
        "database": kept,
        "exports": printed,
        "crash": crashed,
    }
    for name, said in shown.items():
        assert REDACTED in said or "Something broke here" in said, (name, said)
    for name, said in places.items():
        assert REDACTED in said, name
        assert leaks(secrets, said) == [], name
    # Nor is one cut in two between messages, of which the second would begin with the rest of it.
    ends = [one[-10:] for one in secrets if len(one) >= LONG_ENOUGH and "://" not in one]
    assert [end for end in ends if end in places["messages"]] == []
