"""The bundled fetch server as the bot uses it: its own process over stdio, pages over HTTP."""

import json
import sys

import pytest

from bot.errors import ConfigError
from bot.mcp.client import McpPool
from bot.mcp.fetch.settings import FetchSettings, load_settings
from bot.mcp.specs import StdioServer
from tests.bot.fetch.loopback import answer, loopback, redirect
from tests.tools import ROOT

TIMEOUT = 30
PAGE = (
    "<html><head><title>Bees</title></head><body><nav>Home About</nav><article><h1>Bees</h1>"
    + "".join(
        f"<p>Paragraph {n} says that bees dance to tell the others where the flowers are.</p>"
        for n in range(40)
    )
    + "</article><script>alert(1)</script></body></html>"
)


def fetch_server(**settings: object) -> StdioServer:
    environment = {"COGSWARM_FETCH": json.dumps(settings), "PYTHONPATH": str(ROOT)}
    return StdioServer("fetch", sys.executable, ("-P", "-m", "bot.mcp.fetch.server"), environment)


@pytest.mark.slow
async def test_pages_are_read_as_text_within_the_guards() -> None:
    async with loopback({"/secret": answer("inside")}) as inside, loopback() as site:
        site.routes |= {
            "/bees": answer(PAGE),
            "/data": answer('{"bees": 3}', content_type="application/json"),
            "/picture": answer(b"\x89PNG", content_type="image/png"),
            "/inward": redirect(f"{inside.url}/secret"),
            "/denied": redirect("http://denied.example/"),
        }
        spec = fetch_server(allow_hosts=[site.host], deny_hosts=["*.example"])
        async with McpPool([spec]) as pool:

            async def fetch(url: str, **more: object) -> tuple[bool, str, dict[str, object]]:
                result = await pool.call("fetch", "fetch", {"url": url, **more}, timeout=TIMEOUT)
                return result.is_error, result.text, result.structured or {}

            failed, _, page = await fetch(f"{site.url}/bees", limit=1_000)
            assert not failed
            text = str(page["text"])
            assert "bees dance" in text
            assert "alert" not in text
            assert (page["next"], len(text)) == (1_000, 1_000)
            _, _, rest = await fetch(f"{site.url}/bees", start=1_000, limit=40_000)
            assert rest["next"] is None
            assert rest["length"] == 1_000 + len(str(rest["text"]))
            assert [one.path for one in site.requests] == ["/bees"]
            assert (await fetch(f"{site.url}/data"))[2]["text"] == '{"bees": 3}'

            for url, says in (
                (f"{site.url}/inward", "is a loopback address"),
                (f"{inside.url}/secret", "is a loopback address"),
                (f"{site.url}/denied", "may not be read here"),
                ("http://www.denied.example/", "may not be read here"),
                (f"{site.url}/picture", "image/png"),
                (f"{site.url}/nothing", "404"),
                ("file:///etc/passwd", "only http and https"),
                ("http://169.254.169.254/latest/meta-data", "link-local"),
                ("gopher", "only http and https|not a web address"),
            ):
                failed, text, _ = await fetch(url)
                assert failed, url
                assert any(part in text for part in says.split("|")), (url, text)
            assert inside.requests == []


def test_hosts_are_listed_by_name_or_by_what_they_stand_below() -> None:
    some = FetchSettings(hosts=("docs.python.org", "*.wiki.org"), deny_hosts=("bad.wiki.org",))
    assert some.permits("docs.python.org")
    assert some.permits("DOCS.python.org.")
    assert some.permits("en.wiki.org")
    assert not some.permits("wiki.org")
    assert not some.permits("bad.wiki.org")
    assert not some.permits("evilwiki.org")
    assert not some.permits("docs.python.org.evil.net")
    assert FetchSettings().permits("anything.net")


@pytest.mark.parametrize(
    ("text", "says"),
    [("{", "not JSON"), ("[]", "the whole"), ('{"allow_hosts": ["a b"]}', "is not a host")],
)
def test_wrong_settings_are_said_in_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load_settings({"COGSWARM_FETCH": text})


def test_no_settings_are_fine() -> None:
    assert load_settings({}) == FetchSettings()
