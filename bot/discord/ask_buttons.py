"""The buttons, selects and forms of questions to people; they work whichever cog asked, and after any restart."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bot.asks.payload import LONGEST_EDIT, readable
from bot.asks.showing import ACTION
from bot.discord import arguments
from bot.discord.answers import Answers
from bot.discord.asks_desk import AsksDesk
from bot.discord.components import Json
from bot.discord.context import ContextServices
from bot.discord.events import Interaction
from bot.errors import CogswarmError, UserError
from bot.plugins.forms import MAX_LABEL, MAX_TITLE

ASKS = "asks"
UNKNOWN = "I do not know that question any more."
ON_A_SERVER = "This can only be decided on its server."
TOO_LONG = "This is too long to be changed in a form; reject it and say what is to be different."
LONGEST_NOTE = 1_000
NOTE, ANSWER, EDITED = "note", "answer", "edited"
FORMS = {"why": "Reject, and say why", "edit": "Change what is to be approved", "fill": "Your answer"}


@dataclass(frozen=True, slots=True)
class _Pressed:
    action: str
    ask_id: UUID
    version: int
    option: str


async def pressed(
    services: ContextServices, interaction: Interaction, answers: Answers, action: str, value: str
) -> None:
    """Do what a button, a select or a sent form of a question says."""
    guild_id = interaction.where.guild_id
    if interaction.author.is_bot:
        return
    try:
        if guild_id is None:
            raise UserError(ON_A_SERVER)
        what = _read(action, value)
        desk = AsksDesk(services.runs, guild_id, interaction.author)
        if interaction.kind != "modal" and action in FORMS:
            await answers.open_form(await _form(desk, what))
            return
        await answers.acknowledge()
        said = await _done(desk, what, interaction)
    except CogswarmError as error:
        said = str(error)
    await answers.say_safely(said)


async def _done(desk: AsksDesk, what: _Pressed, interaction: Interaction) -> str:
    filled = arguments.filled(interaction.data) if interaction.kind == "modal" else {}
    match what.action:
        case "yes":
            return await desk.say(what.ask_id, what.version, yes=True)
        case "no":
            return await desk.say(what.ask_id, what.version, yes=False)
        case "why":
            return await desk.say(what.ask_id, what.version, yes=False, note=filled.get(NOTE, ""))
        case "edit":
            return await desk.edit(what.ask_id, what.version, filled.get(EDITED, ""))
        case "pick":
            chosen = arguments.chosen(interaction.data) if "values" in interaction.data else [what.option]
            return await desk.say(what.ask_id, what.version, value=str(chosen[0]) if chosen else "")
        case "fill":
            value: Any = filled.get(ANSWER, "") if ANSWER in filled else dict(filled)
            return await desk.say(what.ask_id, what.version, value=value)
        case _:
            raise UserError(UNKNOWN)


async def _form(desk: AsksDesk, what: _Pressed) -> Json:
    ask, version = await desk.for_form(what.ask_id)
    made_id = f"{ACTION}{what.action}:{what.ask_id}:{what.version}"
    match what.action:
        case "why":
            inputs = [_input(NOTE, "Why?", most=LONGEST_NOTE)]
        case "edit":
            text = readable(version.payload)
            if len(text) > LONGEST_EDIT:
                raise UserError(TOO_LONG)
            inputs = [_input(EDITED, f"Version {version.version}", text)]
            # Who changes something has seen the version that stands in the form.
            made_id = f"{ACTION}{what.action}:{what.ask_id}:{version.version}"
        case _ if ask.kind == "form":
            inputs = [_input(name, label, long=False) for name, label in ask.choices.items()]
        case _:
            inputs = [_input(ANSWER, "Your answer")]
    return {"custom_id": made_id, "title": FORMS[what.action][:MAX_TITLE], "components": inputs}


def _input(name: str, label: str, value: str = "", *, long: bool = True, most: int = LONGEST_EDIT) -> Json:
    field: Json = {
        "type": 4,
        "custom_id": name,
        "label": label[:MAX_LABEL],
        "style": 2 if long else 1,
        "required": True,
        "max_length": most,
    }
    return {"type": 1, "components": [{**field, "value": value} if value else field]}


def _read(action: str, value: str) -> _Pressed:
    number, _, rest = value.partition(":")
    version, _, option = rest.partition(":")
    try:
        return _Pressed(action, UUID(number), int(version), option)
    except ValueError:
        raise UserError(UNKNOWN) from None
