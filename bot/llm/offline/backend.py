"""The `offline` backend: answers a request from its material alone, the same way every time."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

from bot.llm.offline.answer import MOST_CHARACTERS, answer, not_answered
from bot.llm.offline.chat import chat_lines
from bot.llm.offline.material import Material, read_material
from bot.llm.offline.plan import is_plan_schema, plan_queries, within_schema
from bot.llm.offline.question import Question, read_question
from bot.llm.offline.quotes import Quote, quotable
from bot.llm.offline.summary import Section, is_instruction, summarize
from bot.llm.offline.terms import Stems
from bot.llm.offline.tools import named_tool, shown_results
from bot.llm.protocol import Event, Finished, Request, TextDelta, ToolCall, UnsupportedRequest, Usage

NOTHING_TO_SUM_UP = "There is nothing here to sum up."
_CHARACTERS_PER_TOKEN = 3


class OfflineBackend:
    """Needs no key, no network and no state; its text is made of quotes, so it is labelled as such."""

    label = "extractive, offline"

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        """See `Backend.stream`.

        Raises:
            UnsupportedRequest: a purpose or a schema it does not know, or a picture.
            ContextTooLong: more than 5 million characters of material.
        """
        call = _tool_call(request)
        if isinstance(call, ToolCall):
            yield call
            yield Finished("tool_calls", Usage())
            return
        lines = [call] if call else await asyncio.to_thread(_lines, request)
        for number, line in enumerate(lines):
            yield TextDelta(f"\n{line}" if number else line)
        yield Finished("stop", Usage())

    async def embed(self, texts: Sequence[str], *, model: str) -> list[list[float]]:
        """Raises `UnsupportedRequest`: there is no model here."""
        del texts, model
        raise UnsupportedRequest("The offline backend makes no embeddings; choose an embedder in the config.")

    async def aclose(self) -> None:
        """Nothing is held."""


def _tool_call(request: Request) -> ToolCall | str | None:
    asked = request.purpose == "chat" and request.turns and request.turns[-1].role == "user"
    return (
        named_tool(_last_words(request), request.tools, call_id=f"call_{len(request.turns)}")
        if asked
        else None
    )


def _lines(request: Request) -> list[str]:
    _refuse_pictures(request)
    if request.schema is not None and (request.purpose != "plan" or not is_plan_schema(request.schema)):
        sentence = (
            f"The offline backend cannot fill the form {request.schema.name!r}; choose a model that can."
        )
        raise UnsupportedRequest(sentence)
    match request.purpose:
        case "plan":
            return _plan(request)
        case "answer":
            return _answer(request)
        case "summarize":
            stems = Stems()
            return _summary(request, _question(request, stems), read_material(request.material, stems), stems)
        case "chat":
            if results := list(shown_results(request.turns)):
                return results
            stems = Stems()
            return chat_lines(request, _question(request, stems), stems)
        case _:  # pyright: ignore[reportUnnecessaryComparison] # a plugin may ask for anything
            sentence = f"The offline backend does not know how to {request.purpose}; choose a real model."
            raise UnsupportedRequest(sentence)


def _refuse_pictures(request: Request) -> None:
    """Those of the last message; earlier ones were refused then."""
    last = next((turn for turn in reversed(request.turns) if turn.role == "user"), None)
    if last and last.images:
        sentence = "The offline model cannot look at pictures; choose a model that can, or ask without them."
        raise UnsupportedRequest(sentence)


def _plan(request: Request) -> list[str]:
    queries = plan_queries(_last_words(request))
    if not queries:
        raise UnsupportedRequest("There is no topic to search for; name one in a few words.")
    if request.schema is None:
        return queries
    return [json.dumps({"queries": within_schema(queries, request.schema)}, ensure_ascii=False)]


def _answer(request: Request) -> list[str]:
    stems = Stems()
    question = _question(request, stems)
    material = read_material(request.material, stems)
    unspecific = not question.keys and question.instructions
    if material.sentences and (is_instruction(_last_words(request)) or unspecific):
        return _summary(request, question, material, stems)
    quotes = answer(question, material, characters=_room(request))
    return _bullets(quotes, material) if quotes else [not_answered(question, material)]


def _summary(request: Request, question: Question, material: Material, stems: Stems) -> list[str]:
    if not material.sentences:
        return [NOTHING_TO_SUM_UP]
    sections = summarize(question, material, stems, characters=_room(request))
    if not sections:
        return [not_answered(question, material)]
    return [line for number, section in enumerate(sections) for line in _section(section, number, material)]


def _section(section: Section, number: int, material: Material) -> list[str]:
    bullets = _bullets(section.quotes, material, always=bool(section.heading))
    if not section.heading:
        return bullets
    ids = {passage.id for passage in material.passages}
    heading = quotable(section.heading.replace("*", ""), ids)
    return [*([""] if number else []), f"**{heading}**", *bullets]


def _bullets(quotes: Sequence[Quote], material: Material, *, always: bool = False) -> list[str]:
    mark = "- " if always or len(quotes) > 1 else ""
    return [f"{mark}{quote.text(material)}" for quote in quotes]


def _question(request: Request, stems: Stems) -> Question:
    """The last words of the user; with those before, where they only point back ("and why?")."""
    asked = [turn.text for turn in request.turns if turn.role == "user" and turn.text.strip()]
    question = read_question(asked[-1] if asked else "", stems)
    for earlier in reversed(asked[:-1]):
        if question.keys or is_instruction(question.text):
            break
        question = read_question(f"{question.text}\n{earlier}", stems)
    return question


def _last_words(request: Request) -> str:
    return next(
        (turn.text for turn in reversed(request.turns) if turn.role == "user" and turn.text.strip()), ""
    )


def _room(request: Request) -> int:
    return min(MOST_CHARACTERS, request.max_tokens * _CHARACTERS_PER_TOKEN)
