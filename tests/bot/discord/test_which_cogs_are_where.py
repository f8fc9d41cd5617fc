"""Whatever plugins there are and whatever admins switch: each server has the commands, jobs and tools it should, no others.

Plugins are good, slow, failing, colliding or refused by Discord; servers, switches, channels, restarts and outages of
Discord come in any order. The bot is the whole one, on a local Discord and a real database.
"""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, LiteralString, override
from uuid import uuid4

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from bot.discord.api import pointed_at
from bot.local_discord.client.member import Member, join
from bot.local_discord.faults.faults import Fault
from bot.local_discord.server import Config, running
from bot.mcp.errors import ToolCallError
from bot.plugins.discovery import find
from bot.plugins.loading import load
from bot.testing.bots import BotWith
from bot.testing.journal import journal_kept
from bot.testing.scripted_model import ScriptedModel
from bot.work.principal import Principal
from cogs.admin import admin
from cogswarm import Cog, Context, Message
from tests.sizes import size
from tests.waiting import eventually

EXAMPLES = size("cogs by server: examples", small=4, stated=100)
STEPS = size("cogs by server: steps", small=14, stated=40)
KINDS = ["good", "slow", "colliding", "refused", "cannot start", "does not load", "no plugin"]
LIVE = frozenset({"good", "slow"})
SERVERS = ("north", "south")
SCENE = """
people: {ada: {name: Ada}}
bots: {cogswarm: {privileged: [message_content]}}
guilds:
""" + "".join(
    f"""
  - name: {name}
    owner: ada
    channels: [{{name: first}}, {{name: second}}]
    bots: {{cogswarm: [view_channel, send_messages]}}
"""
    for name in SERVERS
)
SOURCE = """
import asyncio
from datetime import timedelta
from cogswarm import Cog, Context, Message, UserError, hookimpl
{wrong}
HEARD = []
cog = Cog("{name}", summary="A plugin under test")

@cog.command("{command}", help="{words}")
async def run(ctx: Context) -> None:
    HEARD.append(("command", ctx.guild_id, ctx.channel_id))
    await ctx.reply("ran {name}")

@cog.on_message
async def heard(ctx: Context, message: Message) -> None:
    HEARD.append((message.text, ctx.guild_id, ctx.channel_id))

@cog.job(every=timedelta(days=1), jitter=timedelta())
async def tick(ctx: Context) -> None:
    HEARD.append(("job", ctx.guild_id, 0))

@cog.tool("touch", help="Touch it", read_only=True)
async def touch(ctx: Context) -> str:
    HEARD.append(("tool", ctx.guild_id, ctx.channel_id))
    return "touched {name}"

@cog.on_load
async def begin(settings) -> None:
    if {kind!r} == "does not load":
        raise RuntimeError("no")

@cog.on_enabled
async def start(ctx: Context) -> None:
    if {kind!r} == "slow":
        await asyncio.sleep(0.03)
    if {kind!r} == "cannot start":
        raise UserError("Not here.")

@hookimpl
def cogswarm_cogs() -> list[Cog]:
    return [cog]
"""


class Servers(RuleBasedStateMachine):
    """The real bot, and beside it what should be true of it."""

    database_url = ""
    folder = Path()

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.place = Path()
        self.host: asyncio.Task[None] | None = None
        self.modules: list[str] = []
        self.on: dict[tuple[int, str], bool] = {}
        self.by_channel: dict[tuple[int, str], bool] = {}
        self.witnessed: list[str] = []
        self.said = 0

    def go[T](self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    # the world

    @initialize(
        order=st.permutations(KINDS),
        left_out=st.integers(0, 2),
        ons=st.lists(st.booleans(), min_size=len(KINDS), max_size=len(KINDS)),
    )
    def begin(self, order: list[str], left_out: int, ons: list[bool]) -> None:
        kinds = order[left_out:]
        self.kinds = {f"p{number}": kind for number, kind in enumerate(kinds)}
        if self.kinds["p0"] == "colliding":
            self.kinds["p0"] = "good"
        if self.kinds["p0"] == "no plugin" and "colliding" in kinds:
            self.kinds["p0"] = "slow"
        self.defaults = [name for name, on in zip(self.kinds, ons, strict=False) if on]
        self.place = self.folder / uuid4().hex
        for name, kind in self.kinds.items():
            module = f"{name}_{self.place.name}"
            self.modules.append(module)
            package = self.place / "plugins" / module
            package.mkdir(parents=True)
            source = SOURCE.format(
                name=name,
                kind=kind,
                command="p0" if kind == "colliding" else name,
                words="" if kind == "refused" else "A command",
                wrong="import no_such_module_at_all" if kind == "no plugin" else "",
            )
            (package / "__init__.py").write_text(source, "utf-8")
        self.go(self._open())

    async def _open(self) -> None:
        self.leave = asyncio.Event()
        opened = asyncio.get_running_loop().create_future()
        self.host = asyncio.create_task(self._host(opened))
        await asyncio.wait({self.host, opened}, return_when=asyncio.FIRST_COMPLETED)
        if self.host.done():
            self.host.result()
        await self._start()

    async def _host(self, opened: "asyncio.Future[None]") -> None:
        """Holds the local Discord and the member: they may only be left by the task that entered them."""
        scene = self.place / "scene.yaml"
        scene.write_text(SCENE, "utf-8")
        async with (
            running(Config(scene=scene)) as self.local,
            join(self.local.base_url, self.local.key, "ada") as self.ada,
        ):
            with pointed_at(self.local.api_url), journal_kept() as journal:
                self.bots = BotWith(
                    self.local, self.database_url, self.place, journal=journal, model=ScriptedModel()
                )
                opened.set_result(None)
                await self.leave.wait()
                await self.bots.stop()

    async def _start(self) -> None:
        witness = Cog("witness", summary="Hears everything, last of all")

        @witness.on_message
        async def hear(_ctx: Context, message: Message) -> None:
            self.witnessed.append(message.text)

        assert hear
        plugins = load([one for one in find([self.place / "plugins"]) if one.folder is not None])
        cogs = [*plugins.cogs.values(), admin, witness]
        servers = {"defaults": [*self.defaults, "witness"]}
        self.bot = bot = await self.bots(*cogs, config={"servers": servers})

        async def all_there() -> bool:
            return sorted(bot.router.guilds) == self.guilds and not bot.router.busy

        await eventually(all_there)

    @property
    def guilds(self) -> list[int]:
        return sorted(self.local.stage.world.guilds)

    def channels(self, guild: int) -> list[int]:
        return sorted(one.id for one in self.local.stage.world.channels.values() if one.guild_id == guild)

    @override
    def teardown(self) -> None:
        if self.host is not None:
            self.go(self._close(self.host))
        self.runner.close()
        for module in self.modules:
            sys.modules.pop(module, None)

    async def _close(self, host: asyncio.Task[None]) -> None:
        self.leave.set()
        await host

    # what should be true

    def is_on(self, guild: int, name: str, channel: int | None = None) -> bool:
        if self.kinds[name] not in LIVE:
            return False
        if channel is not None and (own := self.by_channel.get((channel, name))) is not None:
            return own
        return self.on.get((guild, name), name in self.defaults)

    def expected(self, guild: int) -> set[str]:
        return {
            name
            for name in self.kinds
            if self.is_on(guild, name)
            or any(self.is_on(guild, name, channel) for channel in self.channels(guild))
        }

    @invariant()
    def each_server_has_the_commands_it_should(self) -> None:
        world = self.local.stage.world
        for guild in self.guilds:
            there = {one.name for one in world.commands_of(self.local.application_id, guild)}
            assert there == self.expected(guild), (self.kinds, self.defaults, self.on, self.by_channel)
        everywhere = {one.name for one in world.commands_of(self.local.application_id, None)}
        known = {"agents", "cogs", "help", "runs", "status", "stop", "usage", "why", "Why no answer?"}
        assert everywhere == known

    @invariant()
    def each_server_has_the_jobs_it_should(self) -> None:
        rows = self.go(self._rows("SELECT guild_id, cog FROM cog_job WHERE guild_id = ANY(%s)"))
        for guild in self.guilds:
            there = {name for where, name in rows if where == guild}
            assert there == self.expected(guild), (self.kinds, self.defaults, self.on, self.by_channel)

    async def _rows(self, query: LiteralString) -> list[tuple[Any, ...]]:
        async with self.bot.database.connection() as conn:
            return await (await conn.execute(query, (self.guilds,))).fetchall()

    # what people do, and the clock

    plugin = st.integers(0, len(KINDS) - 1)
    server = st.integers(0, len(SERVERS) - 1)

    @rule(number=plugin, server=server, on=st.booleans(), channel=st.sampled_from([None, None, 0, 1]))
    def switch(self, number: int, server: int, on: bool, channel: int | None) -> None:  # noqa: FBT001 - drawn by hypothesis
        name, guild = f"p{number % len(self.kinds)}", self.guilds[server]
        where = None if channel is None else self.channels(guild)[channel]
        answer = self.go(self._switch(name, guild, "enable" if on else "disable", where))
        kind = self.kinds[name]
        if kind in {"colliding", "no plugin", "does not load"}:
            assert "There is no feature" in answer
        elif kind not in LIVE and on:
            assert "could not be switched on" in answer
        else:
            assert f"**{name}** is {'on' if on else 'off'}" in answer
            if where is None:
                self.on[guild, name] = on
            else:
                self.by_channel[where, name] = on

    async def _switch(self, name: str, guild: int, word: str, where: int | None) -> str:
        options = {} if where is None else {"channel": str(where)}
        return await _answer(self.ada, self.channels(guild)[0], f"cogs {word}", cog=name, **options)

    @rule(server=server, channel=st.sampled_from([0, 1]))
    def speak(self, server: int, channel: int) -> None:
        guild = self.guilds[server]
        where = self.channels(guild)[channel]
        self.said += 1
        self.go(self._speak(where, f"word {self.said}"))
        for name in self.kinds:
            heard = (f"word {self.said}", guild, where) in self._heard(name)
            assert heard == self.is_on(guild, name, where), name

    async def _speak(self, where: int, text: str) -> None:
        await self.ada.say(where, text)

        async def witnessed() -> bool:
            return text in self.witnessed

        await eventually(witnessed)

    @rule(number=plugin, server=server, channel=st.sampled_from([0, 1]))
    def run(self, number: int, server: int, channel: int) -> None:
        name, guild = f"p{number % len(self.kinds)}", self.guilds[server]
        where = self.channels(guild)[channel]
        before = len(self._heard(name))
        if name in self.expected(guild):
            answer = self.go(_answer(self.ada, where, name))
            assert (answer == f"ran {name}") == self.is_on(guild, name, where), answer
        assert len(self._heard(name)) == before + self.is_on(guild, name, where)

    @rule()
    def a_day_passes(self) -> None:
        before = {name: self._jobs_done(name) for name in self.kinds}
        self.go(self._day())
        for name in self.kinds:
            for guild in self.guilds:
                done = self._jobs_done(name).count(guild) - before[name].count(guild)
                assert done == (name in self.expected(guild)), (name, guild)

    async def _day(self) -> None:
        later = (
            "UPDATE cog_job SET due_at = due_at - interval '25 hours' WHERE guild_id = ANY(%s) RETURNING 1"
        )
        await self._rows(later)

        async def all_done() -> bool:
            late = "SELECT 1 FROM cog_job WHERE guild_id = ANY(%s) AND (due_at <= now() OR lease_until IS NOT NULL)"
            return await self._rows(late) == []

        await eventually(all_done)

    def _jobs_done(self, name: str) -> list[int]:
        return [guild for what, guild, _ in self._heard(name) if what == "job"]

    @rule(number=plugin, server=server, channel=st.sampled_from([0, 1]))
    def use_a_tool(self, number: int, server: int, channel: int) -> None:
        name, guild = f"p{number % len(self.kinds)}", self.guilds[server]
        where = self.channels(guild)[channel]
        before = len(self._heard(name))
        person = Principal(guild, where, int(self.ada.user_id), "Ada")
        try:
            answer = self.go(self.bot.tools.call(name, "touch", {}, principal=person)).text
        except ToolCallError:
            answer = ""
        assert (answer == f"touched {name}") == self.is_on(guild, name, where)
        assert len(self._heard(name)) == before + self.is_on(guild, name, where)

    def _heard(self, name: str) -> list[tuple[str, int, int]]:
        module = sys.modules.get(f"{name}_{self.place.name}")
        return getattr(module, "HEARD", [])

    @rule()
    def restart(self) -> None:
        self.go(self._start())

    @rule(number=plugin, server=server)
    def switch_while_discord_is_away(self, number: int, server: int) -> None:
        name, guild = f"p{number % len(self.kinds)}", self.guilds[server]
        if self.kinds[name] not in LIVE:
            return
        fault = Fault(0, path="*/guilds/*/commands", method="PUT", status=503, times=2)
        on = not self.is_on(guild, name)
        self.go(self._away(fault, name, guild, "enable" if on else "disable"))
        self.on[guild, name] = on
        self.go(self._settled(guild))

    async def _away(self, fault: Fault, name: str, guild: int, word: str) -> None:
        self.local.desk.faults.add(fault)
        assert f"**{name}** is" in await self._switch(name, guild, word, None)

    async def _settled(self, guild: int) -> None:
        async def as_expected() -> bool:
            world = self.local.stage.world
            there = {one.name for one in world.commands_of(self.local.application_id, guild)}
            return there == self.expected(guild)

        await eventually(as_expected)
        self.local.desk.faults.remove()


async def _answer(member: Member, where: int, words: str, **options: Any) -> str:
    outcome = await member.slash(where, words, **options)
    assert outcome.ok

    def answers_it(message: dict[str, Any]) -> bool:
        asked: dict[str, Any] = message.get("interaction_metadata") or {}
        return asked.get("id") == outcome.interaction_id and bool(message["content"])

    found = await member.message_where(answers_it)
    return str(found["content"])


@pytest.mark.timeout(size("cogs by server: seconds", small=180, stated=3_600))
def test_each_server_has_the_commands_it_should_and_no_cog_that_is_off_hears(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])

    class OfThisTest(Servers):
        pass

    OfThisTest.database_url, OfThisTest.folder = database_url, tmp_path
    run_state_machine_as_test(
        OfThisTest,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
