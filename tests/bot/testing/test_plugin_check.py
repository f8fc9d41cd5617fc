"""A good plugin passes the check; of a bad one everything that is wrong is said at once."""

import sys
from pathlib import Path

import pytest

from bot.plugins.cog import Cog
from bot.testing.plugin_check import PluginCheck
from bot.testing.plugin_probe import Task, looked_at
from bot.testing.plugin_rules import wrong_with_cog, wrong_with_source
from cogswarm import Context, Form, Message, Settings, entry, setting
from cogswarm.testing import AssertPluginOk

BAD = '''
"""A plugin that does everything wrong."""
import os, socket, threading
from bot.storage.database import Database
from cogswarm import Cog, Context, Message, hookimpl
from .inner import thing

try:
    socket.create_connection(("127.0.0.1", 9), timeout=0.1)
except OSError:
    pass
stop = threading.Event()
threading.Thread(target=stop.wait, name="forgotten", daemon=True).start()
open(os.environ["BAD_FILE"], "w").close()

bad = Cog("bad", summary="Does it wrong")

@bad.command("empty", help="")
async def empty(ctx: Context) -> None: ...

@bad.on_message
async def listen(ctx: Context, message: Message) -> None:
    await ctx.say_once("x", message.text)

@hookimpl
def cogswarm_cogs() -> list[Cog]:
    return [bad]

def cogswarm_backends():
    return {}
'''

SENTENCES = (
    "Importing it uses the network (",
    "Importing it writes the file ",
    "Importing it starts a thread (forgotten); ",
    "The function cogswarm_backends is named like a hook but is none; write @hookimpl above it.",
    "__init__.py:4 imports bot.storage.database; import it from cogswarm",
    "inner.py:1 imports cogs.research; ",
    "bad listens to messages without intents={'message_content'}",
    "Discord refuses the commands of bad: ",
)
STARTED = """
import asyncio, os, threading
from cogswarm import Cog, Context, hookimpl

lazy = Cog("lazy", summary="Leaves things behind")
kept = []
stop = threading.Event()

@lazy.on_enabled
async def enabled(ctx: Context) -> None:
    kept.append(asyncio.create_task(never()))
    threading.Thread(target=stop.wait, name="forgotten", daemon=True).start()
    open(os.environ["BAD_FILE"], "w").close()
    raise ValueError("no such thing")

async def never() -> None:
    await asyncio.Event().wait()

@hookimpl
def cogswarm_cogs() -> list[Cog]:
    return [lazy]
"""


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setenv("BAD_FILE", str(tmp_path / "written"))
    return tmp_path


@pytest.fixture
def check(assert_plugin_ok: AssertPluginOk) -> PluginCheck:
    assert isinstance(assert_plugin_ok, PluginCheck)
    return assert_plugin_ok


@pytest.mark.parametrize("entry_point", ["cogswarm_standup:standup", "research"])
def test_our_own_are_ready(assert_plugin_ok: AssertPluginOk, entry_point: str) -> None:
    assert_plugin_ok(entry_point)


def test_everything_that_is_wrong_is_said_at_once(assert_plugin_ok: AssertPluginOk, plugins: Path) -> None:
    (plugins / "bad_plugin").mkdir()
    (plugins / "bad_plugin" / "__init__.py").write_text(BAD, "utf-8")
    (plugins / "bad_plugin" / "inner.py").write_text("import cogs.research\nthing = 1\n", "utf-8")
    with pytest.raises(AssertionError) as failed:
        assert_plugin_ok("bad_plugin")
    text = str(failed.value)
    assert text.startswith("The plugin bad_plugin is not ready:\n- ")
    assert [sentence for sentence in SENTENCES if sentence not in text] == [], text


def test_what_a_start_leaves_behind(check: PluginCheck, plugins: Path) -> None:
    (plugins / "lazy_plugin.py").write_text(STARTED, "utf-8")
    assert check.problems("lazy_plugin", {}) == [
        "After a stop it leaves a task behind (never); keep it and cancel it when the cog ends.",
        "After a stop it leaves a thread behind (forgotten); end it when the cog ends.",
        f"After a stop it leaves a file behind ({plugins / 'written'}); delete it, or write it below a temporary folder.",
        "What lazy does on_enabled breaks: ValueError: no such thing; mend it.",
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("from nowhere import nothing", "It cannot be imported: ModuleNotFoundError"),
        ("x = 1", "It implements no hook"),
        (
            "from cogswarm import hookimpl\n@hookimpl\ndef cogswarm_cog(): return []",
            "It does not fit this version's hooks: unknown hook",
        ),
    ],
    ids=("import", "no_hook", "unknown_hook"),
)
def test_what_the_bot_would_not_load(
    plugins: Path, request: pytest.FixtureRequest, source: str, said: str
) -> None:
    name = f"unloadable_{request.node.callspec.id}"
    (plugins / f"{name}.py").write_text(source, "utf-8")
    (sentence,) = looked_at(Task(name, "", "", {}), lambda _: None)
    assert sentence.startswith(f"The bot does not load it. {said}")


def test_one_that_ends_the_process(check: PluginCheck, plugins: Path) -> None:
    (plugins / "fatal_plugin.py").write_text("import os; os._exit(3)", "utf-8")
    assert check.problems("fatal_plugin", {})[0].startswith("It ended the process that looked at it (3)")


def test_what_is_not_there_is_said_with_what_is() -> None:
    (sentence,) = looked_at(Task("no_such_plugin", "", "", {}), lambda _: None)
    assert sentence.startswith("There is no plugin and no module “no_such_plugin”; install it")
    assert "research" in sentence


def test_a_plugin_that_never_comes_back_is_given_up(plugins: Path) -> None:
    (plugins / "endless_plugin.py").write_text("import time\ntime.sleep(60)", "utf-8")
    impatient = PluginCheck("", plugins, timeout=0.5)
    assert impatient.problems("endless_plugin", {}) == [
        "It did not start and stop within 0.5 seconds; look for what waits for ever."
    ]


class _Poor(Settings):
    size: int = setting(9, ge=1, le=5, label="Size")
    place: str = setting(label="Place", default=...)
    notes: dict[str, str] = setting({}, label="N" * 46, help="h" * 101)


class _Asked(Form):
    why: str = entry(label="Why")


def test_what_shows_without_running() -> None:
    cog = Cog("poor", summary="", settings=_Poor, intents={"everything"})

    @cog.button("short")
    async def short(ctx: Context) -> None: ...

    @cog.form("ask", _Asked)
    async def ask(ctx: Context, value: str) -> None: ...

    def plain(ctx: Context) -> None: ...

    cog.on_enabled(plain)  # pyright: ignore[reportArgumentType] - what is wrong with it
    found = "\n".join(wrong_with_cog(cog))
    assert short
    assert ask
    for sentence in (
        "what runs on_enabled is no async function",
        "the button “short” must take 2 arguments",
        "the form “ask” must take 3 arguments",
        "poor needs the intent “everything”, which cannot be switched on; it can be: message_content",
        "poor has no summary",
        "The setting place of poor does not work with its default (Field required)",
        "The setting notes of poor needs a label of 1 to 45 characters",
        "The help of the setting notes of poor is over 100 characters",
        "The setting notes of poor cannot be shown in a form",
    ):
        assert sentence in found


def test_names_that_leave_no_room_for_an_id() -> None:
    cog = Cog("p" * 32, summary="Long")

    @cog.select("s" * 30)
    async def long(ctx: Context, value: str, chosen: list[str]) -> None: ...

    assert long
    (problem,) = [one for one in wrong_with_cog(cog) if "custom ids" in one]
    assert "leave 33 characters for a value, and an id needs 36" in problem


class _OutOfRange(Settings):
    size: int = setting(9, ge=1, le=5, label="Size")


def test_a_default_that_is_out_of_range() -> None:
    (sentence,) = wrong_with_cog(Cog("poor", summary="s", settings=_OutOfRange))
    assert sentence.startswith(
        "The setting size of poor does not work with its default (Input should be less"
    )


def test_a_listener_may_do_without_the_intent_where_it_looks_for_mentions(tmp_path: Path) -> None:
    cog = Cog("polite", summary="s")

    @cog.on_message
    async def listen(_ctx: Context, message: Message) -> None:
        assert message.mentions_me

    assert listen
    file = tmp_path / "polite.py"
    file.write_text("def f(message): return message.mentions_me", "utf-8")
    assert list(wrong_with_source([file], "polite", [cog])) == []
    file.write_text("def f(message): return message.text", "utf-8")
    assert len(list(wrong_with_source([file], "polite", [cog]))) == 1
