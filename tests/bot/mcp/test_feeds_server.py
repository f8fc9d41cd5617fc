"""The feeds server as the bot uses it: its own process over stdio, feeds and pages over HTTP."""

import asyncio
import json
import os
import signal
import sys
from typing import Any

import psutil
import pytest
from pytest import param  # noqa: PT013 # shorter rows

from bot.errors import ConfigError
from bot.mcp.client import McpPool, PoolSettings
from bot.mcp.errors import ToolUnavailable
from bot.mcp.feeds.settings import VARIABLE, load_settings
from bot.mcp.restarts import Restarts
from tests.bot.fetch.loopback import drip, loopback
from tests.bot.mcp.conftest import DemoSite, feeds_server
from tests.tools import ROOT

pytestmark = pytest.mark.slow

TIMEOUT = 40
FEED = {"name": "News", "url": "https://feeds.example.org/x"}


async def test_search_and_read_the_demo_library(demo_site: DemoSite) -> None:
    async with McpPool([feeds_server(demo_site.settings())]) as pool:
        assert [tool.name for tool in pool.tools()] == ["list_feeds", "search_feeds", "read_entry"]
        search = pool.tools()[1].input_schema
        assert search["required"] == ["query"]
        assert set(search["properties"]) == {"query", "since", "limit"}
        listed = (await pool.call("feeds", "list_feeds", {}, timeout=TIMEOUT)).structured["feeds"]
        assert [feed["name"] for feed in listed] == [feed["name"] for feed in demo_site.feeds]
        assert all(feed["entries"] >= 6 and feed["latest_titles"] and not feed["problem"] for feed in listed)

        found = (
            await pool.call("feeds", "search_feeds", {"query": "tidal power"}, timeout=TIMEOUT)
        ).structured
        assert found["failed"] == []
        assert len(found["entries"]) >= 3
        best = found["entries"][0]
        assert set(best) == {"id", "title", "url", "published", "feed", "author", "summary", "score"}
        assert best["published"].endswith("Z")
        assert best["url"].startswith(demo_site.url)

        read = (await pool.call("feeds", "read_entry", {"id": best["id"]}, timeout=TIMEOUT)).structured
        assert (read["source"], read["note"]) == ("page", "")
        assert len(read["text"]) > len(best["summary"])
        assert "More from" not in read["text"]

        nothing = await pool.call("feeds", "search_feeds", {"query": "medieval castles"}, timeout=TIMEOUT)
        assert nothing.structured["entries"] == []


async def test_bad_arguments_get_a_sentence(demo_site: DemoSite) -> None:
    async with McpPool([feeds_server(demo_site.settings())]) as pool:
        unknown = await pool.call("feeds", "read_entry", {"id": "0" * 16}, timeout=TIMEOUT)
        assert (unknown.is_error, unknown.text) == (
            True,
            "No feed holds an entry with this id; search again and use an id that the search gives.",
        )
        for since in ("soon", "2026-99-99"):
            bad = await pool.call("feeds", "search_feeds", {"query": "bees", "since": since}, timeout=TIMEOUT)
            assert (bad.is_error, bad.text[:24]) == (True, "since is not a date; wri")
        late = {"query": "bees", "since": "2026-08-01", "limit": 50}
        entries = (await pool.call("feeds", "search_feeds", late, timeout=TIMEOUT)).structured["entries"]
        assert entries
        assert all(entry["published"] >= "2026-08-01" for entry in entries)


async def test_killed_in_the_middle_it_fails_clearly_and_comes_back(demo_site: DemoSite) -> None:
    asked = asyncio.Event()

    async def never_ending(*arguments: Any) -> None:
        asked.set()
        await drip(*arguments)

    async with loopback({"/": never_ending}) as stuck:
        settings = demo_site.settings(feed_seconds=30)
        settings["feeds"] = [*demo_site.feeds, {"name": "Stuck", "url": f"{stuck.url}/"}]
        settings["allow_hosts"] = [demo_site.host, stuck.host]
        quick = Restarts(first_seconds=0.1, most_seconds=0.2)
        async with (
            McpPool([feeds_server(settings)], PoolSettings(restarts=quick)) as pool,
            asyncio.timeout(50),
        ):
            calling = asyncio.create_task(
                pool.call("feeds", "search_feeds", {"query": "bees"}, timeout=TIMEOUT)
            )
            await asked.wait()
            family = psutil.Process().children(recursive=True)
            # Not the launcher above it, nor a worker that has been forked and is not yet a program of its own.
            servers = {
                it.pid: it for it in family if it.cmdline()[1:] == ["-P", "-m", "bot.mcp.feeds.server"]
            }
            (server,) = [it for it in servers.values() if it.ppid() not in servers]
            workers = server.children()
            os.kill(server.pid, signal.SIGKILL)
            with pytest.raises(ToolUnavailable, match="feeds is not running"):
                await calling
            await pool.wait_ready("feeds", timeout=TIMEOUT)
            assert [tool.available for tool in pool.tools()] == [True] * 3
            _, alive = await asyncio.to_thread(psutil.wait_procs, workers, timeout=20)
            assert alive == []


BAD = [
    param("", "is not set", id="nothing"),
    param("{", "is not JSON", id="broken"),
    param("[]", "the whole", id="a list"),
    param("{}", "feeds: Field required", id="no feeds"),
    param(json.dumps({"feeds": [FEED], "colour": "red"}), "colour", id="unknown key"),
    param(
        json.dumps({"feeds": [{"name": "x", "url": "file:///etc/passwd"}]}),
        "only http and https",
        id="a file",
    ),
    param(json.dumps({"feeds": [{"name": "x", "url": "not a url"}]}), "feeds.0.url", id="no address"),
    param(json.dumps({"feeds": [FEED, FEED]}), "two feeds are named 'news'", id="one name twice"),
    param(json.dumps({"feeds": [FEED], "allow_hosts": ["*"]}), "allow_hosts", id="a wildcard"),
    param(json.dumps({"feeds": [FEED], "refresh_seconds": -1}), "refresh_seconds", id="a negative time"),
]


@pytest.mark.parametrize(("text", "says"), BAD)
def test_a_wrong_configuration_is_told_in_one_sentence(text: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings({VARIABLE: text})
    assert says in str(caught.value)
    assert str(caught.value).startswith("COGSWARM_FEEDS")
    assert "\n" not in str(caught.value)


async def test_a_wrong_configuration_ends_the_server_with_its_own_exit_code() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "bot.mcp.feeds.server",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT), VARIABLE: "{"},
    )
    async with asyncio.timeout(TIMEOUT):
        out, err = await process.communicate()
    assert process.returncode == 78
    assert out == b""
    assert err.decode().count("\n") == 1
    assert err.decode().startswith("COGSWARM_FEEDS is not JSON")
