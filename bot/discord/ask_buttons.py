"""The buttons, selects and forms of questions to people; they work whichever cog asked, and after any restart."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bot.asks.payload import LONGEST_EDIT, readable
from bot.asks.showing import ACTION
from bot.discord import arguments, ask_fields
from bot.discord.answers import Answers
from bot.discord.asks_desk import AsksDesk
from bot.discord.components import Json
from bot.discord.context_services import ContextServices
from bot.discord.events import Interaction
from bot.errors import CogswarmError, UserError
from bot.plugins.forms import MAX_LABEL, MAX_TITLE
from bot.plugins.gate import NOT_DIRECT

ASKS = "asks"
UNKNOWN = "I do not know that question any more."
LONGEST_NOTE = 1_000
NOTE, ANSWER, EDITED = "note", "answer", "edited"
FORMS = {
    "why": "Reject, and say why",
    "back": "Have it rewritten",
    "edit": "Change what is to be approved",
    "fill": "Your answer",
}
NOTES = {"why": "Why?", "back": "What is to be different?"}


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
            raise UserError(NOT_DIRECT.sentence)
        what = _read(action, value)
        desk = AsksDesk(services.runs, guild_id, interaction.author)
        if interaction.kind != "modal" and action in FORMS:
            form = await _form(desk, what)
            if form is not None:
                await answers.open_form(form)
                return
        await answers.acknowledge()
        said = await _done(desk, what, interaction)
    except CogswarmError as error:
        said = str(error)
    await answers.say_safely(said)


async def _done(desk: AsksDesk, what: _Pressed, interaction: Interaction) -> str:
    filled = arguments.filled(interaction.data) if interaction.kind == "modal" else {}
    match what.action:
        case "yes" | "no" | "why":
            note = filled.get(NOTE, "") if what.action == "why" else ""
            return await desk.say(what.ask_id, what.version, yes=what.action == "yes", note=note)
        case "back":
            return await desk.send_back(what.ask_id, what.version, filled.get(NOTE, ""))
        case "edit" if interaction.kind != "modal":
            return await desk.draft(what.ask_id, what.version)
        case "edit":
            return await desk.edit(what.ask_id, what.version, filled.get(EDITED, ""))
        case "pick" | "fill":
            value = await _answer(desk, what, interaction, filled)
            return await desk.say(what.ask_id, what.version, value=value)
        case _:
            raise UserError(UNKNOWN)


async def _answer(desk: AsksDesk, what: _Pressed, interaction: Interaction, filled: dict[str, str]) -> Any:
    if what.action == "pick":
        chosen = arguments.chosen(interaction.data) if "values" in interaction.data else [what.option]
        return [str(one) for one in chosen]
    if ANSWER in filled:
        return filled[ANSWER]
    ask, _ = await desk.for_form(what.ask_id)
    return dict(filled) if ask.asked_by_server is None else arguments.filled_lists(interaction.data)


async def _form(desk: AsksDesk, what: _Pressed) -> Json | None:
    """The form that a button opens; None where there is none that has room for it."""
    ask, version = await desk.for_form(what.ask_id)
    made_id = f"{ACTION}{what.action}:{what.ask_id}:{what.version}"
    server = ask.asked_by_server
    match what.action:
        case "why" | "back":
            inputs = [_input(NOTE, NOTES[what.action], most=LONGEST_NOTE)]
        case "edit":
            text = readable(version.payload)
            if len(text) > LONGEST_EDIT:
                return None
            inputs = [_input(EDITED, f"Version {version.version}", text)]
            # Who changes something has seen the version that stands in the form.
            made_id = f"{ACTION}{what.action}:{what.ask_id}:{version.version}"
        case _ if server is not None:
            inputs = [ask_fields.shown(one) for one in server.fields]
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
