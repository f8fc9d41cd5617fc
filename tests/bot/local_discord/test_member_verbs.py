"""Everything a person can do, each with its outcome, and what they are told where it cannot be done."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest

from bot.errors import UserError
from bot.local_discord.client.member import DiscordRefused, Member, Outcome
from bot.local_discord.model import Channel, Interaction
from bot.local_discord.server import LocalDiscord
from tests.bot.local_discord.asking import Api, Join, channel, client, person
from tests.bot.local_discord.line import on_line

type Json = dict[str, Any]
type Answer = Callable[[Interaction], tuple[int, Json | None]]

COMMANDS: list[Json] = [
    {
        "name": "file",
        "description": "d",
        "options": [
            {"type": 11, "name": "what", "description": "d", "required": True},
            {"type": 6, "name": "who", "description": "d"},
            {"type": 8, "name": "role", "description": "d"},
            {"type": 7, "name": "where", "description": "d"},
            {"type": 9, "name": "whom", "description": "d"},
            {"type": 5, "name": "now", "description": "d"},
            {"type": 4, "name": "times", "description": "d", "choices": [{"name": "twice", "value": 2}]},
            {"type": 10, "name": "weight", "description": "d"},
        ],
    },
    {
        "name": "reports",
        "description": "d",
        "options": [
            {"type": 1, "name": "list", "description": "d"},
            {
                "type": 2,
                "name": "old",
                "description": "d",
                "options": [
                    {
                        "type": 1,
                        "name": "drop",
                        "description": "d",
                        "options": [{"type": 3, "name": "name", "description": "d", "autocomplete": True}],
                    }
                ],
            },
        ],
    },
    {"name": "Inspect", "type": 2},
    {"name": "Quote", "type": 3},
]


class Application:
    """Answers each interaction as it is told to, and keeps them."""

    def __init__(self) -> None:
        self.asked: list[Interaction] = []
        self.answer: Answer = lambda _: (4, {"content": "done", "flags": 64})

    @property
    def last(self) -> Json:
        return self.asked[-1].data


@pytest.fixture
async def application(local: LocalDiscord, bot_api: Api, guild_id: int) -> AsyncGenerator[Application]:
    await bot_api.ok("PUT", f"/applications/{local.application_id}/guilds/{guild_id}/commands", COMMANDS)
    application = Application()
    async with client(local, {}) as http, on_line(local.base_url) as line:
        await line.identify(local.bot_token, 0)

        async def serve() -> None:
            while True:
                created = await line.until("INTERACTION_CREATE")
                asked = local.stage.world.interactions[int(created["d"]["id"])]
                application.asked.append(asked)
                kind, data = application.answer(asked)
                body = {"type": kind, **({} if data is None else {"data": data})}
                await Api(http).ok("POST", f"/interactions/{asked.id}/{asked.token}/callback", body)

        serving = asyncio.create_task(serve())
        yield application
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def test_messages(bo: Member, joined: Join, research: Channel) -> None:
    said = await bo.say(research.id, "a file", files=[("a.txt", b"one"), b"two"])
    assert [one["filename"] for one in said["attachments"]] == ["a.txt", "file.bin"]
    assert (await bo.edit(said, "two files"))["content"] == "two files"
    async with joined("ada") as ada:  # who may pin
        await ada.pin(said)
        assert [one["id"] for one in await bo.pins(research.id)] == [said["id"]]
        await ada.unpin(said)
        assert await bo.pins(research.id) == []
    async with joined("chen") as chen:
        await bo.typing(research.id)
        assert (await chen.wait_for(lambda e: e.name == "TYPING_START")).data["user_id"] == bo.user_id
        await chen.react(said, "🍵")
        await bo.until(lambda: bo.saw_reaction(said, "🍵") or None, "The tea")
        assert await bo.reacted(said, "🍵") == bo.saw_reaction(said, "🍵") == {chen.user_id}
        await chen.unreact(said, "🍵")
        await bo.until(lambda: True if not bo.saw_reaction(said, "🍵") else None, "No more tea")
        with pytest.raises(DiscordRefused) as refused:
            await chen.edit(said, "mine now")
        assert refused.value.code == 50005
        await bo.delete(said)
        await chen.until(lambda: chen.saw_it_go(said) or None, "The end of it")
        assert said["id"] not in chen.seen


async def test_threads(bo: Member, joined: Join, research: Channel) -> None:
    said = await bo.say(research.id, "about this")
    under = await bo.open_thread(research.id, "this", under=said)
    assert under == said["id"]
    alone = await bo.open_thread(research.id, "that")
    async with joined("chen") as chen:
        assert await chen.channel("that", near=str(research.id)) == alone
        await chen.join_thread(alone)
        await chen.leave_thread(alone)
        await bo.archive(alone)
        await chen.until(
            lambda: chen.channels[alone]["thread_metadata"]["archived"] or None, "The end of the thread"
        )
        await bo.archive(alone, archived=False)
        with pytest.raises(UserError, match=r"no channel “tat” here; there are: .*research.*that"):
            await chen.channel("tat", near=str(research.id))


async def test_a_direct_message_to_the_bot(local: LocalDiscord, bo: Member, bot_api: Api) -> None:
    place = await bo.direct(local.application_id)
    assert await bo.direct(local.application_id) == place
    await bo.say(place, "psst")
    read = await bot_api.ok("GET", f"/channels/{place}/messages")
    assert [one["content"] for one in read] == ["psst"]


async def test_options_of_every_kind_are_given_by_name(
    application: Application, local: LocalDiscord, bo: Member, joined: Join, research: Channel
) -> None:
    async with joined("chen") as chen:
        outcome = await bo.slash(
            research.id, "file",
            what=("a.txt", b"one"), who="Ada", role="reviewer", where="general", whom=chen, now=True, times="twice",
            weight=1.5,
        )  # fmt: skip
    assert (outcome.ok, outcome.answer, outcome.private, outcome.text) == (True, "message", True, "done")
    given = {one["name"]: one["value"] for one in application.last["options"]}
    resolved = application.last["resolved"]
    assert resolved["attachments"][str(given["what"])]["filename"] == "a.txt"
    assert given["who"] == str(person(local, "ada"))
    assert resolved["roles"][given["role"]]["name"] == "Reviewer"
    assert given["where"] == str(channel(local, "general").id)
    assert given["whom"] == str(person(local, "chen"))
    assert (given["now"], given["times"], given["weight"]) == (True, 2, 1.5)


async def test_subcommands_and_suggestions(application: Application, bo: Member, research: Channel) -> None:
    assert (await bo.slash(research.id, "reports list")).ok
    assert application.last["options"] == [{"name": "list", "type": 1, "options": []}]
    await bo.slash(research.id, "/reports old drop", name="x")
    application.answer = lambda _: (8, {"choices": [{"name": "May", "value": "may"}]})
    choices = await bo.autocomplete(research.id, "reports old drop", "name", "m")
    assert choices == [{"name": "May", "value": "may"}]


async def test_context_menus(
    application: Application, local: LocalDiscord, bo: Member, research: Channel
) -> None:
    said = await bo.say(research.id, "worth it")
    await bo.menu(research.id, "Quote", said)
    assert application.last["resolved"]["messages"][said["id"]]["content"] == "worth it"
    await bo.menu(research.id, "Inspect", "dara")
    assert application.last["target_id"] == str(person(local, "dara"))


type Ask = Callable[[Member, int], Awaitable[object]]
NOT_THERE: list[tuple[Ask, str]] = [
    (lambda bo, at: bo.slash(at, "fil"), r"no command /fil here; there are: /file, /reports\. Did you mean /file\?"),
    (lambda bo, at: bo.slash(at, "Inspect"), "no command /Inspect here"),
    (lambda bo, at: bo.slash(at, "reports"), "only used with one of its subcommands; there are: list, old"),
    (lambda bo, at: bo.slash(at, "reports old keep"), "no subcommand “keep”; there is: drop"),
    (lambda bo, at: bo.slash(at, "file", that=1), "no option “that”; there are: what, who"),
    (lambda bo, at: bo.slash(at, "file", who="zed"), "Nobody here is called “zed”; there are: Ada, Bo"),
    (lambda bo, at: bo.slash(at, "file", role="zed"), "no role “zed” here; there are: .*Admin"),
    (lambda bo, at: bo.slash(at, "file", whom="zed"), "Nobody .* no role “zed”"),
    (lambda bo, at: bo.menu(at, "Inspct", "ada"), "no command Inspct here; there is: Inspect. Did you mean Inspect?"),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "said"), NOT_THERE)
async def test_what_is_not_there_is_said_with_what_is(
    application: Application,
    bo: Member,
    research: Channel,
    ask: Ask,
    said: str,
) -> None:
    with pytest.raises(UserError, match=said):
        await ask(bo, research.id)
    assert application.asked == []


async def test_what_discord_refuses_says_where(
    application: Application, bo: Member, research: Channel
) -> None:
    with pytest.raises(DiscordRefused, match=r"Invalid Form Body: .*what: This field is required") as refused:
        await bo.slash(research.id, "file")
    assert refused.value.code == 50035
    assert application.asked == []


def _row(*components: Json) -> Json:
    return {"type": 1, "components": list(components)}


async def _posted(bot_api: Api, place: Channel, *rows: Json) -> Json:
    message: Json = await bot_api.ok(
        "POST", f"/channels/{place.id}/messages", {"content": "choose", "components": list(rows)}
    )
    return message


async def test_buttons(application: Application, bot_api: Api, bo: Member, research: Channel) -> None:
    link: Json = {"type": 2, "style": 5, "label": "Read", "url": "https://example.org/"}
    off: Json = {"type": 2, "style": 2, "label": "Later", "custom_id": "later", "disabled": True}
    approve: Json = {"type": 2, "style": 1, "label": "Approve", "custom_id": "yes:1"}
    again: Json = {"type": 2, "style": 1, "label": "Approve", "custom_id": "yes:2"}
    tea: Json = {"type": 2, "style": 1, "emoji": {"name": "🍵"}, "custom_id": "tea"}
    message = await _posted(bot_api, research, _row(approve, link, off, tea), _row(again))
    for what, custom_id in (("yes:2", "yes:2"), ("🍵", "tea")):
        await bo.click(message, what)
        assert application.last["custom_id"] == custom_id
    for what, said in {
        "Aprove": "no button “Aprove” under this message; there are: Approve, Read, Later, 🍵",
        "Approve": "2 buttons “Approve” under this message; name one of yes:1, yes:2",
        "Later": "“Later” cannot be used now: it is disabled",
        "Read": "“Read” only opens a link",
    }.items():
        with pytest.raises(UserError, match=said):
            await bo.click(message, what)


async def test_the_outcome_of_a_press(
    application: Application, bot_api: Api, bo: Member, research: Channel
) -> None:
    message = await _posted(
        bot_api, research, _row({"type": 2, "style": 1, "label": "Go", "custom_id": "go"})
    )
    answers: dict[str, tuple[int, Json | None]] = {
        "nothing": (6, None),
        "message": (4, {"content": "for all"}),
        "edit": (7, {"content": "changed"}),
    }
    for answer, told in answers.items():
        application.answer = lambda _, told=told: told
        outcome = await bo.click(message)
        assert (outcome.answer, outcome.private) == (answer, False)
    assert bo.seen[message["id"]]["content"] == "changed"
    application.answer = lambda _: (5, {"flags": 64})
    await bot_api.ok(
        "PATCH", f"/channels/{research.id}/messages/{message['id']}",
        {"components": [_row({"type": 2, "style": 1, "label": "Stop", "custom_id": "stop"})]},
    )  # fmt: skip
    await bo.until(lambda: "Stop" in str(bo.seen[message["id"]]["components"]) or None, "Another button")
    # What a person presses is what stands there now, not what stood there when the test last looked.
    with pytest.raises(UserError, match="there is: Stop"):
        await bo.click(message, "Go")
    thinking = await bo.click(message, "Stop")
    assert (thinking.answer, thinking.private, thinking.deferred) == ("message", True, True)
    assert thinking.message is not None
    bo.dismiss(thinking.message)
    assert thinking.message["id"] not in bo.seen


async def test_selects_of_all_kinds(
    application: Application, local: LocalDiscord, bot_api: Api, bo: Member, research: Channel
) -> None:
    colours = [{"label": "Red", "value": "r"}, {"label": "Blue", "value": "b"}]
    rows = [
        _row({"type": 3, "custom_id": "colour", "placeholder": "A colour", "options": colours, "max_values": 2}),
        *(_row({"type": kind, "custom_id": name}) for kind, name in ((5, "who"), (6, "role"), (7, "any"), (8, "where"))),
    ]  # fmt: skip
    message = await _posted(bot_api, research, *rows)
    chosen: dict[str, tuple[object, str]] = {
        "who": ("ada", str(person(local, "ada"))),
        "role": ("Researcher", ""),
        "any": ("chen", str(person(local, "chen"))),
        "where": ("#general", str(channel(local, "general").id)),
    }
    for what, (name, identifier) in chosen.items():
        await bo.select(message, what, name)
        assert application.last["custom_id"] == what
        assert identifier in application.last["values"][0]
    await bo.select(message, "A colour", "Red", "b")
    assert application.last["values"] == ["r", "b"]
    with pytest.raises(UserError, match="“A colour” does not offer “Green”; there are: Red, Blue"):
        await bo.select(message, "colour", "Green")
    with pytest.raises(UserError, match="There are 5 selects under this message; name one of colour, who"):
        await bo.select(message, None, "Red")
    with pytest.raises(UserError, match="no button “colour” under this message; there are none"):
        await bo.click(message, "colour")


def _text(name: str, **more: Any) -> Json:
    return {"type": 4, "custom_id": name, "style": 1, **more}


def _label(label: str, component: Json) -> Json:
    return {"type": 18, "label": label, "component": component}


async def _opened(application: Application, bo: Member, place: Channel, *parts: Json) -> Outcome:
    form = {"custom_id": "form", "title": "A form", "components": list(parts)}
    application.answer = lambda _: (9, form)
    outcome = await bo.slash(place.id, "reports list")
    assert (outcome.answer, outcome.title) == ("form", "A form")
    application.answer = lambda _: (4, {"content": "thanks", "flags": 64})
    return outcome


def _filled(parts: list[Json]) -> Json:
    fields = [part.get("component") or part["components"][0] for part in parts]
    return {field["custom_id"]: field.get("values", field.get("value")) for field in fields}


async def test_an_old_form(application: Application, bo: Member, research: Channel) -> None:
    rows = (
        _row(_text("why", label="Why?", min_length=3, max_length=10)),
        _row(_text("more", label="More", required=False, value="as it was")),
    )
    opened = await _opened(application, bo, research, *rows)
    for values, said in (
        ({}, "“Why[?]” must be filled in"),
        ({"Why?": "no"}, "“Why[?]” takes 3 to 10 characters, and this is 2 long"),
        ({"Wy": "x"}, "no input “Wy”; there are: Why[?], More"),
    ):
        with pytest.raises(UserError, match=said):
            await bo.submit(opened, values)
    sent = await bo.submit(opened, why="because")
    assert (sent.answer, sent.text) == ("message", "thanks")
    assert _filled(application.last["components"]) == {"why": "because", "more": "as it was"}
    with pytest.raises(UserError, match="No form was opened; the answer was: message 'thanks'"):
        await bo.submit(sent, why="again")


async def test_a_form_with_labels(
    application: Application, local: LocalDiscord, bo: Member, research: Channel
) -> None:
    options = [{"label": "Red", "value": "r"}, {"label": "Blue", "value": "b"}]
    parts = (
        _label("Reason", _text("why")),
        _label("Colours", {"type": 3, "custom_id": "colours", "options": options, "max_values": 2}),
        _label("Who", {"type": 5, "custom_id": "who", "required": False}),
        _label("Proof", {"type": 19, "custom_id": "proof"}),
    )
    opened = await _opened(application, bo, research, *parts)
    with pytest.raises(UserError, match="“Colours” must be filled in"):
        await bo.submit(opened, {"Reason": "x"})
    filled = {"Reason": "tea", "Colours": ["Red", "Blue"], "Proof": ("a.txt", b"one")}
    assert (await bo.submit(opened, filled)).ok
    found = _filled(application.last["components"])
    assert (found["why"], found["colours"], found["who"]) == ("tea", ["r", "b"], [])
    (upload,) = found["proof"]
    assert application.last["resolved"]["attachments"][str(upload)]["filename"] == "a.txt"
    assert local.stage.world


async def test_an_application_that_stays_silent_is_a_failure(
    bot_api: Api, local: LocalDiscord, guild_id: int, bo: Member, research: Channel
) -> None:
    await bot_api.ok("PUT", f"/applications/{local.application_id}/guilds/{guild_id}/commands", COMMANDS)
    outcome = await bo.slash(research.id, "reports list")
    assert (outcome.ok, outcome.answer, outcome.text) == (False, "failure", "")
