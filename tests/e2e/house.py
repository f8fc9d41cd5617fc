"""The whole house as processes: a local Discord, the demo library and the bot, each ended by its own pid."""

import json
import os
import secrets
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import yaml

from bot.demo.children import Child, running, started
from bot.local_discord.client.member import Member, join
from bot.storage.database import Database
from bot.storage.opening import open_database
from tests.warm_processes import begin

type Json = dict[str, Any]

SCENE = """
people:
  ada: {name: Ada}
  ben: {name: Ben}
  chiyo: {name: Chiyo}
bots:
  cogswarm: {privileged: [message_content]}
guilds:
  - name: Harbour Lab
    owner: ada
    roles:
      council: {name: Council}
    channels:
      - {name: welcome}
      - {name: research}
      - {name: general}
      - name: council
        permissions:
          everyone: {deny: [view_channel]}
          council: {allow: [view_channel]}
          cogswarm: {allow: [view_channel]}
    members: {ada: [council], ben: []}
    bots: {cogswarm: &invited [view_channel, send_messages, send_messages_in_threads, create_public_threads,
      manage_webhooks, add_reactions, read_message_history]}
  - name: Second Dock
    owner: chiyo
    channels:
      - {name: dock}
    members: {ben: []}
    bots: {cogswarm: *invited}
me: ben
welcome: welcome
"""
BOT_SECONDS = 90.0
SAVE_SECONDS = 0.05
SPEAKING = ("/channels/*/messages*", "*/webhooks/*", "*/interactions/*")


@dataclass(frozen=True, slots=True)
class House:
    """A folder for everything, a local Discord, and what is needed to start bots on it."""

    folder: Path
    discord: Child
    control: httpx.AsyncClient

    @property
    def data_dir(self) -> Path:
        """Where a bot that is given no database keeps its own."""
        return self.folder / "bot"

    @property
    def welcome_channel(self) -> int:
        """The channel that the scene opens."""
        return int(self.discord.ready["welcome_channel"])

    @property
    def bot_id(self) -> str:
        """The bot's user id."""
        return str(self.discord.ready["application_id"])

    def settings(self, feeds: Mapping[str, str], **more: Any) -> Json:
        """A configuration with ``feeds`` (addresses by name) and ``more`` of its sections, merged in."""
        hosts = sorted({urlsplit(url).netloc for url in feeds.values()})
        settings: Json = {
            "version": 1,
            "discord": {
                "token": "${DISCORD_TOKEN}",
                "api_url": self.discord.ready["api_url"],
                "message_content": True,
                "request_seconds": 1,
            },
            "data_dir": str(self.data_dir),
            "servers": {"defaults": ["research"]},
            "tools": {
                "feeds": {
                    "command": ["cogswarm-mcp-feeds"],
                    "feeds": [{"name": name, "url": url} for name, url in feeds.items()],
                    "allow_hosts": hosts,
                }
            },
        }
        for section, value in more.items():
            settings[section] = {**settings.get(section, {}), **value} if isinstance(value, dict) else value
        return settings

    def write(self, settings: Json, name: str = "config.yaml") -> Path:
        """Write a configuration into the folder."""
        path = self.folder / name
        path.write_text(yaml.safe_dump(settings, sort_keys=False), "utf-8")
        return path

    @asynccontextmanager
    async def bot(self, config: Path, command: str = "run", *, fresh: bool = False) -> AsyncGenerator[Child]:
        """The bot's process, ready to be used; or a ``worker``'s. ``fresh``: never forked from a warm one."""
        environ = {**os.environ, "DISCORD_TOKEN": str(self.discord.ready["bot_token"])}
        log_file = self.folder / ("bot.log" if command == "run" else f"{command}.log")
        arguments = ["-m", "cogswarm", "--config", str(config), command, "--child"]
        try:
            async with running(
                "The bot",
                arguments,
                log_file=log_file,
                environ=environ,
                ready_seconds=BOT_SECONDS,
                begin=started if fresh else begin,
            ) as child:
                yield child
        finally:
            # pytest shows it beside a test that fails.
            sys.stdout.write(log_file.read_text("utf-8", "replace")[-20_000:])

    @asynccontextmanager
    async def member(self, who: str | None = None) -> AsyncGenerator[Member]:
        """A person who is connected; by default the scene's ``me``."""
        async with join(self.discord.ready["base_url"], self.discord.ready["key"], who) as member:
            yield member

    @asynccontextmanager
    async def database(self) -> AsyncGenerator[Database]:
        """The embedded database of the running bot, attached to from here."""
        async with open_database(None, self.data_dir) as database:
            yield database

    async def requests(self, *, method: str = "", path: str = "*") -> list[Json]:
        """What was asked of the local Discord, oldest first."""
        answer = await self.control.get("/local/requests", params={"method": method, "path": path})
        answer.raise_for_status()
        return answer.json()

    async def fault(self, **fault: Any) -> None:
        """Let the local Discord answer late, wrongly or not at all."""
        (await self.control.post("/local/faults", json=fault)).raise_for_status()

    async def faults(self) -> list[Json]:
        """The faults that no request has met yet."""
        answer = await self.control.get("/local/faults")
        answer.raise_for_status()
        return answer.json()

    async def no_faults(self) -> None:
        """Let the local Discord answer as it should again."""
        (await self.control.delete("/local/faults")).raise_for_status()

    async def save(self) -> None:
        """Have the local Discord write everything to its folder."""
        (await self.control.post("/local/save")).raise_for_status()

    async def mentions_allowed(self) -> list[Json]:
        """Every message (or edit, or answer) the bot sent that would have let somebody be mentioned."""
        requests = [one for path in SPEAKING for one in await self.requests(path=path)]
        return [one for one in requests if _lets_mention(one)]


def _lets_mention(request: Json) -> bool:
    """Whether a request of the bot says something and does not forbid all mentions with it."""
    sent: Any = request["body"]
    by_person = request["user_id"] is not None and request["application_id"] is None
    if by_person or request["method"] not in {"POST", "PATCH"} or not isinstance(sent, dict):
        return False
    body = cast("Json", sent)
    said: Json = body.get("data", body)
    allowed: Json = said.get("allowed_mentions") or {}
    forbidden = allowed.get("parse") == [] and not allowed.get("users") and not allowed.get("roles")
    return "content" in said and not forbidden


@asynccontextmanager
async def house(folder: Path, *, port: int = 0, rate_limits: str = "none") -> AsyncGenerator[House]:
    """A house in ``folder``; one that was there before is as it was saved. ``rate_limits``: ``discord`` lets people wait as they would."""
    scene = folder / "scene.yaml"
    scene.write_text(SCENE, "utf-8")
    arguments = [
        "-m", "bot.local_discord", "--stdin-eof", "--scene", str(scene), "--state", str(folder / "discord"),
        "--save-interval", str(SAVE_SECONDS), "--rate-limits", rate_limits, *(["--port", str(port), "--exact-port"] if port else []),
    ]  # fmt: skip
    log_file = folder / "discord.log"
    async with running(
        "The local Discord", arguments, log_file=log_file, environ=os.environ, begin=begin
    ) as discord:
        headers = {"X-Local-Key": discord.ready["key"]}
        async with httpx.AsyncClient(base_url=discord.ready["base_url"], headers=headers) as control:
            yield House(folder, discord, control)


@asynccontextmanager
async def demo_library(folder: Path) -> AsyncGenerator[dict[str, str]]:
    """The demo library's process: its feeds' addresses by name."""
    async with running(
        "The library", ["-m", "bot.demo_library.server"], log_file=folder / "library.log", environ=os.environ
    ) as library:
        yield {feed["name"]: feed["url"] for feed in library.ready["feeds"]}


async def killed(child: Child) -> None:
    """Kill a process as ``kill -9`` does, and wait until it is gone."""
    child.process.kill()
    await child.process.wait()


def wrapped_feeds_command(pid_file: Path) -> list[str]:
    """The feeds server, started so that ``pid_file`` tells its pid."""
    script = (
        "import os, sys; from pathlib import Path; "
        f"Path({str(pid_file)!r}).write_text(str(os.getpid())); "
        "os.execv(sys.executable, [sys.executable, '-P', '-m', 'bot.mcp.feeds.server'])"
    )
    return [sys.executable, "-c", script]


def channel_of(member: Member, name: str) -> str:
    """The id of the channel of that name."""
    return next(
        str(channel["id"])
        for guild in member.guilds.values()
        for channel in guild["channels"]
        if channel["name"] == name
    )


def feeds_environment(feeds: Mapping[str, str], **settings: Any) -> dict[str, str]:
    """The feeds server's whole configuration, for limits that the bot's own does not name."""
    sources = [{"name": name, "url": url} for name, url in feeds.items()]
    hosts = sorted({urlsplit(url).netloc for url in feeds.values()})
    return {"COGSWARM_FEEDS": json.dumps({"feeds": sources, "allow_hosts": hosts, **settings})}


def unlikely_word() -> str:
    """A word that stands in no text."""
    return "q" + secrets.token_hex(6).translate(str.maketrans("0123456789", "ghijklmnop"))
