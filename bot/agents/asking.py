"""One call of a model for an agent: inside the budget, moved to the next model where one does not answer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import structlog

from bot.agents.compaction import compacted
from bot.agents.estimate import CHARACTERS, input_tokens
from bot.agents.meter import Hold, Meter, Wish
from bot.agents.persona import Model, Persona
from bot.agents.pictures import without_pictures
from bot.llm.collect import DEFAULT_LIMITS, Limits, hear
from bot.llm.protocol import (
    Answer,
    AuthFailed,
    BackendError,
    BackendPaused,
    BackendUnreachable,
    BadAnswer,
    ContentRefused,
    ContextTooLong,
    Event,
    Json,
    Passage,
    Purpose,
    QuotaExceeded,
    RateLimited,
    Request,
    Schema,
    TextDelta,
    ToolCall,
    ToolSpec,
    Turn,
    UnsupportedRequest,
    Usage,
)

log = structlog.get_logger(__name__)

MOVES_ON = (BackendUnreachable, BackendPaused, RateLimited, QuotaExceeded, AuthFailed)
"""Where another model may still answer; a refusal or nonsense is an answer."""
NOT_ANSWERED = (BackendPaused, RateLimited, QuotaExceeded, AuthFailed, ContextTooLong, UnsupportedRequest)
"""Nothing was paid for."""
BROKE_OFF = "\n\n-# The answer broke off here; it begins anew.\n"
UNSEEN = "{model} cannot look at pictures; it was only told that there are some."
SHORTENED = "The conversation was too long for the model: its oldest part was left out."


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked, whichever it will be."""

    purpose: Purpose
    turns: tuple[Turn, ...]
    material: tuple[Passage, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    schema: Schema | None = None
    instructions: str = ""
    """Beside those of the purpose."""
    finishing: bool = False


@dataclass(frozen=True, slots=True)
class Round:
    """What a model answered, as it is recorded: ``model`` is the entry that did, ``notes`` are for people."""

    text: str
    tool_calls: tuple[ToolCall, ...]
    finish: Literal["stop", "length", "tool_calls"]
    usage: Usage
    model: str
    opaque: tuple[Json, ...] = ()
    notes: tuple[str, ...] = ()
    shortened: bool = False
    """The turns were compacted before it answered; whoever goes on has to do the same."""
    unseen: bool = False
    """It cannot look at pictures and was told only that there are some."""
    cost: float | None = None


@dataclass(slots=True)
class _Heard:
    """Passes text on as it comes, and knows whether any did."""

    emit: Callable[[str], None]
    text: str = ""

    def __call__(self, event: Event) -> None:
        if isinstance(event, TextDelta) and event.text:
            self.text += event.text
            self.emit(event.text)


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks a persona's models on a meter. Raises `BudgetUsedUp` and `BackendError`."""

    persona: Persona
    meter: Meter
    limits: Limits = DEFAULT_LIMITS

    async def ask(self, question: Question, emit: Callable[[str], None] = lambda _text: None) -> Round:
        """Ask the first model, and where it does not answer, the next; ``emit`` gets the text as it comes.

        A model that breaks off in the middle of its text is left too, and the text says that it begins anew.
        """
        *others, last = self.persona.models
        notes: list[str] = []
        for model, after in zip(others, self.persona.models[1:], strict=True):
            heard = _Heard(emit)
            try:
                return await self._fitting(model, question, heard, notes)
            except MOVES_ON as error:
                log.warning("model_left", agent=self.persona.name, model=model.name, reason=str(error))
                notes.append(f"{model.name} does not answer just now; {after.name} has taken over.")
                if heard.text.strip():
                    emit(BROKE_OFF)
        return await self._fitting(last, question, _Heard(emit), notes)

    async def _fitting(self, model: Model, question: Question, heard: _Heard, notes: list[str]) -> Round:
        """Ask, and where the model cannot read it all, once more with less: shorter, without pictures."""
        shortened = unseen = False
        told = list(notes)
        while True:
            try:
                answer, cost, warned = await self._once(model, question, heard)
            except ContextTooLong:
                shorter = compacted(question.turns)
                if shortened or shorter == question.turns:
                    raise
                question, shortened = replace(question, turns=shorter), True
                told.append(SHORTENED)
            except UnsupportedRequest:
                blind = without_pictures(question.turns)
                if unseen or blind == question.turns:
                    raise
                question, unseen = replace(question, turns=blind), True
                told.append(UNSEEN.format(model=model.name))
            else:
                said = tuple(dict.fromkeys((*told, *warned)))
                return Round(
                    text=answer.text,
                    tool_calls=answer.tool_calls,
                    finish=answer.finish,
                    usage=answer.usage,
                    model=model.name,
                    opaque=answer.opaque,
                    notes=said,
                    shortened=shortened,
                    unseen=unseen,
                    cost=cost,
                )

    async def _once(
        self, model: Model, question: Question, heard: _Heard
    ) -> tuple[Answer, float | None, tuple[str, ...]]:
        request = self._request(model, question)
        wish = Wish(
            self.persona.name,
            model.name,
            input_tokens(request),
            request.max_tokens,
            model.price,
            finishing=question.finishing,
        )
        hold = await self.meter.reserve(wish)
        try:
            answer = await hear(
                model.backend, replace(request, max_tokens=hold.output_tokens), heard, limits=self.limits
            )
        except BackendError as error:
            await self._after_a_failure(hold, heard, error)
            raise
        return answer, model.cost(answer.usage), await self.meter.book(hold, answer.usage)

    async def _after_a_failure(self, hold: Hold, heard: _Heard, error: BackendError) -> None:
        """What was answered in part, or badly, was paid for; what was not answered at all was not."""
        if isinstance(error, NOT_ANSWERED) or (
            not heard.text and not isinstance(error, BadAnswer | ContentRefused)
        ):
            await self.meter.give_back(hold)
            return
        written = len(heard.text.encode("utf-8", "replace")) // CHARACTERS
        await self.meter.book(hold, Usage(hold.wish.input_tokens, written))

    def _request(self, model: Model, question: Question) -> Request:
        persona = self.persona
        told = (persona.instructions[question.purpose], question.instructions, persona.situation())
        options: Mapping[str, Any] = {**model.options, **persona.options}
        return Request(
            purpose=question.purpose,
            model=model.id,
            instructions="\n\n".join(part for part in told if part),
            turns=question.turns,
            material=question.material,
            tools=question.tools,
            schema=question.schema,
            max_tokens=persona.answer_tokens,
            temperature=persona.temperature,
            options=options,
        )
