"""What an author can declare reaches Discord, and comes back typed: groups, options, menus, selects, forms."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import pytest

from bot.discord import arguments
from bot.discord.command_payloads import payloads
from bot.errors import ConfigError
from bot.local_discord.client.member import Outcome
from bot.local_discord.server import LocalDiscord
from cogswarm import (
    Attachment,
    Channel,
    Choice,
    Cog,
    Context,
    Form,
    Member,
    Message,
    Role,
    Run,
    Settings,
    UserError,
    entry,
    option,
)
from cogswarm.testing import BotWith, Person

type Json = dict[str, Any]

KINDS: tuple[Literal["member", "role", "channel"], ...] = ("member", "role", "channel")


class Report(Form):
    """A form of typed fields."""

    title: str = entry(label="Title", min_length=3)
    pages: int = entry(1, label="Pages", ge=1, le=9)
    notes: str = entry("", label="Notes", long=True, hint="Whatever else")


@dataclass
class Got:
    """What the functions were called with."""

    calls: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])


def _desk(got: Got) -> Cog:  # noqa: C901 - a cog is declared in one place, each function of it is short
    cog = Cog("desk", summary="A desk", permissions={"manage_threads"})
    reports = cog.group("reports", help="Looks after reports")
    inside = reports.group("shelf", help="The shelf")

    @reports.command("list", help="All of them")
    async def every(
        ctx: Context,
        tone: Literal["short", "long"],
        most: Annotated[int, option("How many", least=1, most=5)] = 3,
        size: Annotated[int, option("How large", choices={"Small": 1, "Large": 2})] = 1,
        share: float = 0.5,
    ) -> None:
        got.calls.append(("list", tone, most, size, share))
        await ctx.reply("listed")

    @inside.command("add", help="Put on the shelf")
    async def add(ctx: Context, label: Annotated[str, option("A name", least=2, most=10)]) -> None:
        got.calls.append(("add", label))
        await ctx.reply("added")

    @cog.command("give", help="Give something")
    async def give(
        ctx: Context,
        to: Member,
        where: Annotated[Channel | None, option("Where", kinds=["text"])] = None,
        role: Role | None = None,
        anyone: Member | Role | None = None,
        file: Attachment | None = None,
    ) -> None:
        got.calls.append(("give", to, where, role, anyone, file))
        await ctx.reply(
            "given",
            [
                ctx.select("pick", "7", choices=[Choice("One", "1"), Choice("Two", "2")], most=2),
                ctx.button("Change", "change", "7"),
                ctx.select("who", "8", kind="member"),
            ],
        )

    @cog.command("report", help="Write a report", opens_form=True)
    async def report(ctx: Context, slow: Annotated[bool, "Answer first"] = False) -> None:  # noqa: FBT002 - a command's option
        if slow:
            await ctx.reply("no form today")
            return
        await ctx.open_form("written", "42", Report, title="A report", values={"title": "Draft"})

    @cog.form("written", Report)
    async def written(ctx: Context, number: str, form: Report) -> None:
        got.calls.append(("written", number, form))
        await ctx.reply("thanks")

    @cog.select("pick", updates=True)
    async def pick(ctx: Context, value: str, chosen: Sequence[str]) -> None:
        got.calls.append(("pick", value, tuple(chosen)))
        await ctx.reply("picked")

    @cog.select("who")
    async def who(ctx: Context, value: str, chosen: Sequence[str]) -> None:
        got.calls.append(("who", value, tuple(chosen)))
        await ctx.reply("seen")

    @cog.button("change", opens_form=True)
    async def change(ctx: Context, value: str) -> None:
        if value == "7":
            raise UserError("There is nothing to change.")
        await ctx.open_form("written", value, Report, title="A change")

    @cog.user_command("Greet them")
    async def greet(ctx: Context, them: Member) -> None:
        got.calls.append(("greet", them))
        await ctx.reply("greeted")

    @cog.message_command("File it")
    async def file_it(ctx: Context, message: Message) -> None:
        got.calls.append(("file", message.id, message.text, message.author.name))
        await ctx.reply("filed")

    for declared in (every, add, give, report, written, pick, who, change, greet, file_it):
        assert declared
    return cog


async def _read(person: Person, outcome: Outcome) -> Json:
    def answers_it(message: Json) -> bool:
        asked: Json = message.get("interaction_metadata") or {}
        return asked.get("id") == outcome.interaction_id and bool(message["content"])

    return await person.client.message_where(answers_it)


async def _run(person: Person, name: str, **options: Any) -> Json:
    return await _read(person, await person.client.slash(person.channel_id, name, **options))


async def test_commands_in_groups_and_every_kind_of_option(
    bot_with: BotWith, member: Person, local_discord: LocalDiscord
) -> None:
    got = Got()
    await bot_with(_desk(got))
    world = local_discord.stage.world
    bo = int(member.client.user_id)
    channel = next(one for one in world.channels.values() if one.name == "research")
    role = next(one for one in world.roles.values() if one.name == "Reviewer")
    await _run(member, "reports list", tone="long", most=5, size=2, share=0.25)
    await _run(member, "reports list", tone="short")
    await _run(member, "reports shelf add", label="Ada")
    await _run(member, "give", to=str(bo), where=str(channel.id), role=str(role.id), anyone=str(role.id))
    await _run(member, "give", to=str(bo), anyone=str(bo))
    me = Member(bo, "Bo", roles=got.calls[-1][1].roles)
    reviewer = Role(role.id, "Reviewer")
    assert got.calls == [
        ("list", "long", 5, 2, 0.25),
        ("list", "short", 3, 1, 0.5),
        ("add", "Ada"),
        ("give", me, Channel(channel.id, "research"), reviewer, reviewer, None),
        ("give", me, None, None, me, None),
    ]
    assert me.roles


async def test_selects_buttons_and_forms(bot_with: BotWith, member: Person) -> None:
    got = Got()
    await bot_with(_desk(got))
    message = await _run(member, "give", to=member.client.user_id)
    form = await member.client.click(message, "Change")
    assert (await _read(member, form))["content"] == "There is nothing to change."
    pick, _, who = (row["components"][0]["custom_id"] for row in message["components"])
    seen = await member.client.click(message, who, values=[member.client.user_id])
    assert (await _read(member, seen))["content"] == "seen"
    await member.client.click(message, pick, values=["1", "2"])
    changed = await member.client.message_where(
        lambda one: one["id"] == message["id"] and one["content"] == "picked"
    )
    assert changed["components"] == [], "the answer replaces the message that held the select"
    opened = await member.client.slash(member.channel_id, "report")
    assert opened.modal is not None
    first = opened.modal["components"][0]["components"][0]
    assert (first["value"], first["min_length"], first["required"]) == ("Draft", 3, True)
    wrong = await member.client.submit(opened, pages="many")
    assert "Pages: input should be a valid integer" in (await _read(member, wrong))["content"]
    opened = await member.client.slash(member.channel_id, "report")
    sent = await member.client.submit(opened, pages="4", notes="  ")
    assert (await _read(member, sent))["content"] == "thanks"
    assert got.calls[-1] == ("written", "42", Report(title="Draft", pages=4))
    assert (await _run(member, "report", slow=True))["content"] == "no form today"


async def test_selects_in_public_messages_are_heard_after_a_restart(
    bot_with: BotWith, member: Person, members: Callable[[str], Awaitable[Person]]
) -> None:
    chosen: list[tuple[str, str, tuple[str, ...]]] = []
    cog = Cog("poll", summary="A poll")

    @cog.workflow
    async def ask(run: Run) -> None:
        selects = [
            run.select(
                "pick", "7", placeholder="Which?", choices=[Choice("One", "1"), Choice("Two", "2")], most=2
            ),
            *(run.select("pick", kind, placeholder=kind, kind=kind) for kind in KINDS),
        ]
        await run.post(
            "Choose", selects=selects, buttons=[run.button("None of it", "none", "7")], urgency="question"
        )

    @cog.select("pick")
    async def pick(ctx: Context, value: str, values: Sequence[str]) -> None:
        chosen.append((ctx.principal.name, value, tuple(values)))
        await ctx.reply("thanks")

    @cog.button("none")
    async def none(ctx: Context, value: str) -> None:
        await ctx.reply(f"none of {value}")

    @cog.command("poll", help="Ask")
    async def poll(ctx: Context) -> None:
        await ctx.start(ask)

    assert pick
    assert none
    assert poll
    await bot_with(cog)
    posted = await (await member.slash("poll")).next()
    await bot_with.restart()
    thread = await member.in_channel(int(posted.raw["channel_id"]))
    ada = await (await members("ada")).in_channel(int(posted.raw["channel_id"]))
    channel = next(one for one in member.client.channels.values() if one["name"] == "research")
    await thread.select(posted, "Which?", "One", "Two")
    await ada.select(posted, "member", member)
    await ada.select(posted, "role", "Reviewer")
    answer = await ada.answer_to(await ada.select(posted, "channel", "research"))
    assert (answer.text, answer.private) == ("thanks", True)
    pressed = await thread.answer_to(await thread.click(posted, "None of it"))
    assert pressed.text == "none of 7"
    assert chosen[0] == ("Bo", "7", ("1", "2"))
    assert chosen[1] == ("Ada", "member", (member.user_id,))
    assert chosen[2][:2] == ("Ada", "role")
    assert chosen[3] == ("Ada", "channel", (str(channel["id"]),))


async def test_entries_of_context_menus(
    bot_with: BotWith, member: Person, members: Callable[[str], Awaitable[Person]]
) -> None:
    got = Got()
    await bot_with(_desk(got))
    ada = await members("ada")
    said = await ada.say("keep this")
    offered = {one["name"]: one for one in await member.client.commands(member.channel_id)}
    for number, (name, target) in enumerate((("Greet them", ada.client.user_id), ("File it", said.id))):
        command = offered[name]
        data = {"id": command["id"], "name": name, "type": command["type"], "target_id": target}
        body = {
            "type": 2,
            "application_id": command["application_id"],
            "channel_id": member.channel_id,
            "session_id": "member",
            "nonce": f"menu{number}",
            "data": {**data, "version": command["version"]},
        }
        await member.client.request("POST", "/interactions", body)
        await member.client.wait_for(
            lambda event, nonce=body["nonce"]: (
                event.name == "INTERACTION_SUCCESS" and event.data.get("nonce") == nonce
            )
        )
        await member.client.message_where(
            lambda one, text=("greeted", "filed")[number]: one["content"] == text
        )
    assert got.calls[0][1].id == int(ada.client.user_id)
    assert got.calls[1] == ("file", int(said.id), "keep this", "Ada")


def test_groups_become_one_command_and_carry_their_permissions() -> None:
    cog = Cog("desk", summary="A desk")
    group = cog.group("desk", help="The desk", permissions={"manage_guild", "kick_members"})

    @group.command("tidy", help="Tidy up")
    async def tidy(_ctx: Context, many: Annotated[int, option(least=1)], name: str = "x") -> None:
        raise AssertionError(many, name)

    assert tidy
    (body,) = payloads(cog)
    assert body["default_member_permissions"] == str(1 << 5 | 1 << 1)
    (inner,) = body["options"]
    assert [one["name"] for one in inner["options"]] == ["many", "name"]
    assert inner["options"][0]["min_value"] == 1


def test_files_and_what_discord_leaves_out() -> None:
    give = _desk(Got()).commands["give"]
    file = {"id": "5", "filename": "a.txt", "url": "https://cdn.example/a.txt", "size": 3}
    data = {"resolved": {"attachments": {"5": file}}}
    options = [
        {"name": "file", "type": 11, "value": "5"},
        {"name": "to", "type": 6, "value": "9"},
        {"name": "newer", "type": 3, "value": "what this version does not know"},
    ]
    assert arguments.arguments(give, options, data) == {
        "file": Attachment(5, "a.txt", "https://cdn.example/a.txt", 3),
        "to": Member(9, ""),
    }


class Six(Form):
    """More than Discord shows."""

    a: str = entry("", label="A")
    b: str = entry("", label="B")
    c: str = entry("", label="C")
    d: str = entry("", label="D")
    e: str = entry("", label="E")
    f: str = entry("", label="F")


async def _takes_settings(_ctx: Context, what: Settings) -> None:
    raise AssertionError(what)


async def _takes_text(_ctx: Context, what: str) -> None:
    raise AssertionError(what)


async def _bounds_a_person(_ctx: Context, who: Annotated[Member, option(least=1)]) -> None:
    raise AssertionError(who)


async def _nobody(_ctx: Context, _typed: str) -> list[str]:
    return []


type Declare = Callable[[Cog], object]

WRONG: list[tuple[str, Declare]] = [
    ("lower-case", lambda cog: cog.command("Bad Name", help="x")(_takes_text)),
    ("needs the group /a", lambda cog: cog.command("a b", help="x")(_takes_text)),
    ("write str, int", lambda cog: cog.command("a", help="x")(_takes_settings)),
    ("has no bounds", lambda cog: cog.command("a", help="x")(_bounds_a_person)),
    ("does not take", lambda cog: cog.command("a", help="x", suggest={"who": _nobody})(_takes_text)),
    ("no permission 'fly'", lambda cog: cog.command("a", help="x", permissions={"fly"})(_takes_text)),
    ("too deeply", lambda cog: cog.group("a", help="x").group("b", help="x").group("c", help="x")),
    ("1 to 32 characters", lambda cog: cog.user_command("x" * 33)(_takes_text)),
    ("1 to 5 fields", lambda cog: cog.form("a", Six)(_takes_text)),
    ("lower-case", lambda cog: cog.button("A B")(_takes_text)),
    ("no permission", lambda _cog: Cog("x", summary="x", permissions={"fly"})),
]


@pytest.mark.parametrize(("said", "declare"), WRONG)
def test_what_discord_would_refuse_is_said_where_it_is_written(said: str, declare: Declare) -> None:
    with pytest.raises(ConfigError, match=said):
        declare(Cog("bad", summary="Bad"))
