"""The tool loop: a model and its tools, round after round, until there is an answer or a limit is reached.

Every answer of a model and every use of a tool is recorded under a key of its own. After a crash the loop runs from
its start, and what is recorded is not done again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from bot.agents.asking import Asker, Question, Round
from bot.agents.compaction import compacted
from bot.agents.gathered import Gathered
from bot.agents.handing_over import DELEGATE, delegate_spec, hand_over
from bot.agents.meter import BudgetUsedUp
from bot.agents.permit import not_on_the_list
from bot.agents.persona import Persona
from bot.agents.pictures import without_pictures
from bot.agents.recorder import Recorder, path
from bot.agents.repeats import Repeats
from bot.agents.reply import Ending, Reply
from bot.agents.surroundings import Say, Surroundings
from bot.agents.together import together
from bot.agents.using import ToolUser, Used, refusal
from bot.errors import UserError
from bot.llm.protocol import (
    BackendError,
    BadAnswer,
    Passage,
    Purpose,
    Schema,
    ToolCall,
    Turn,
)
from bot.llm.structured import read_structured
from bot.mcp.for_models import offered
from bot.mcp.model_names import by_model_name
from bot.mcp.people import wanted
from bot.mcp.results import ToolInfo
from bot.work.principal import Principal

FINISH = (
    "You have to answer now, without using any tool: {why} Answer as well as you can with what you have, and say in "
    "one sentence what is missing."
)
REPAIR = "{complaint}. Answer again with nothing but one JSON object that matches the schema."
REWRITE = (
    "You wanted to use {tool} with these arguments: {arguments}\nPeople have looked at it and want it to be different: "
    "“{note}”\nAnswer with nothing but the arguments as they should be."
)
NO_WORDS = "There was no room left to put it into words."

HANDED_ON = frozenset[Purpose]({"chat", "answer"})
"""What a part of may be handed to another agent."""

type Emit = Callable[[str], None]


class _OutOfTime(UserError):
    """The run's time is over."""


@dataclass(frozen=True, slots=True)
class Task:
    """What an agent is asked: the conversation so far, the material, and what it may use for it."""

    history: tuple[Turn, ...]
    material: tuple[Passage, ...] = ()
    tools: tuple[ToolInfo, ...] = ()
    schema: Schema | None = None
    purpose: Purpose = "chat"
    instructions: str = ""
    hops: int = 0
    """How often it was handed on."""


@dataclass(slots=True)
class ToolLoop:
    """One conversation on its way to a `Reply`; `run` it once."""

    persona: Persona
    principal: Principal
    around: Surroundings
    recorder: Recorder
    task: Task
    say: Say
    emit: Emit
    deadline: float
    """When the time is over, on the clock's monotonic time."""
    _turns: list[Turn] = field(default_factory=list[Turn])
    _gathered: Gathered = field(default_factory=Gathered)
    _blind: bool = False
    """Its model cannot look at pictures: from then on it is told of them in words at once."""
    _repeats: Repeats = field(init=False)

    def __post_init__(self) -> None:
        self._repeats = Repeats(self.persona.limits.repeats)

    async def run(self) -> Reply:
        """Go on until there is an answer.

        Raises `BackendError` where no model answers, `BadAnswer` where it twice misses the form it was asked for, and
        `BudgetUsedUp` where not even a first call was possible.
        """
        self._turns = list(self.task.history)
        for number in range(1, self.persona.limits.rounds + 1):
            try:
                answer = await self._ask(f"{number}:model", self._question())
            except BudgetUsedUp as error:
                if number == 1 and not self._gathered.used:
                    raise
                return await self._finish("budget", str(error))
            except _OutOfTime as error:
                return await self._finish("time", str(error))
            if not answer.tool_calls:
                return await self._answered(number, answer)
            await self._use_all(number, answer.tool_calls)
            if self._repeats.too_many:
                return await self._finish("repeats", "It kept using the same tool in the same way.")
        return await self._finish(
            "rounds", f"It may use its tools in {self.persona.limits.rounds} rounds at most."
        )

    # asking the model

    def _question(self) -> Question:
        specs = tuple(offered(name, tool) for name, tool in self._offered().items())
        alone = self.task.purpose not in HANDED_ON
        handing = None if alone else delegate_spec(self.persona, self.around.team)
        return Question(
            self.task.purpose,
            without_pictures(self._turns) if self._blind else tuple(self._turns),
            self.task.material,
            (*specs, *([handing] if handing else [])),
            self.task.schema,
            self.task.instructions,
        )

    async def _ask(self, key: str, question: Question, *, aloud: bool = True) -> Round:
        spoken = self.emit if aloud and self.task.schema is None else _nothing
        heard: list[str] = []

        def emit(text: str) -> None:
            heard.append(text)
            spoken(text)

        async def ask() -> Round:
            if not question.finishing and self.around.clock.monotonic() >= self.deadline:
                raise _OutOfTime(f"Its {self.persona.budget.seconds:g} seconds are over.")
            # Whoever pauses it, or gives it another model, is heard in the middle of its work.
            persona = await self.around.duty.current(self.persona, self.principal)
            self.say("Thinking")
            asker = Asker(persona, self.around.meter)
            return await asker.ask(question, emit)

        answer = await self.recorder.step(key, ask)
        if not heard:
            spoken(answer.text)  # recorded before a crash; whoever listens now has not heard it
        if answer.shortened:
            self._turns = list(compacted(self._turns))
        self._blind = self._blind or answer.unseen
        turn = Turn("assistant", answer.text, answer.tool_calls, opaque=answer.opaque)
        self._add(turn)
        self._gathered.hear(answer)
        if answer.tool_calls and answer.text.strip():
            spoken("\n\n")
        return answer

    def _add(self, turn: Turn) -> None:
        self._turns.append(turn)
        self._gathered.turns.append(turn)

    # using tools

    def _offered(self) -> Mapping[str, ToolInfo]:
        return by_model_name(self.task.tools)

    async def _use_all(self, number: int, calls: Sequence[ToolCall]) -> None:
        most = self.persona.limits.calls
        uses = [
            self._use(
                f"{number}:tool:{place}", call, self._repeats.why_not(call) if place <= most else TOO_MANY
            )
            for place, call in enumerate(calls, 1)
        ]
        used = await together(uses)
        self._repeats.end_round(used)
        for call, one in zip(calls, used, strict=True):
            self._add(one.turn(call))
            self._gathered.take(one)

    async def _use(self, key: str, call: ToolCall, why_not: str) -> Used:
        tool = self._offered().get(call.name)
        if why_not:
            return refusal(_shown(call, tool), why_not)
        if call.name == DELEGATE:
            return await self._hand_over(key, call)
        if tool is None:
            server, _, name = call.name.partition("__")
            return refusal(call.name, not_on_the_list(self.persona, server or "?", name or call.name))
        user = ToolUser(self.persona, self.principal, self.around)

        async def use() -> Used:
            return await user.use(
                tool, call, self.say, path(self.recorder, key), partial(self._rewritten, tool)
            )

        return await self.recorder.step(key, use)

    async def _rewritten(self, tool: ToolInfo, payload: Any, note: str) -> Any:
        """Other arguments for a call that people have sent back; whoever asks records them."""
        arguments = json.dumps(payload["arguments"], ensure_ascii=False)
        # The turn that asks for the call goes, since nobody has answered it.
        turns = (
            *self._turns[:-1],
            Turn("user", REWRITE.format(tool=tool.name, arguments=arguments, note=note)),
        )
        schema = Schema("arguments", tool.input_schema)
        persona = await self.around.duty.current(self.persona, self.principal)
        question = replace(self._question(), turns=turns, tools=(), schema=schema)
        answer = await Asker(persona, self.around.meter).ask(question, _nothing)
        return wanted(tool.server, tool.name, read_structured(answer.text, schema))

    async def _hand_over(self, key: str, call: ToolCall) -> Used:
        async def hand() -> Used:
            return await hand_over(
                self.persona, self.around, self.recorder, key, call, self.say, hops=self.task.hops
            )

        return await self.recorder.step(key, hand)

    # ending

    async def _answered(self, number: int, answer: Round) -> Reply:
        if self.task.schema is None:
            text = answer.text.strip()
            if answer.finish == "length":
                self._gathered.notes.append(f"The answer was cut at {self.persona.answer_tokens:,} tokens.")
            return await self._reply(text, "done")
        try:
            data = read_structured(answer.text, self.task.schema)
        except BadAnswer as error:
            self._add(Turn("user", REPAIR.format(complaint=error)))
            second = await self._ask(f"{number}:repair", replace(self._question(), tools=()))
            try:
                data = read_structured(second.text, self.task.schema)
            except BadAnswer as twice:
                raise BadAnswer(
                    "The model twice did not answer in the form it was asked for; try again or choose another model. "
                    f"({twice})"
                ) from None
        return replace(await self._reply(json.dumps(data, ensure_ascii=False), "done"), data=data)

    async def _finish(self, ended: Ending, why: str) -> Reply:
        """Ask once more for what can be said by now, out of what is kept for that."""
        self._turns.append(Turn("user", FINISH.format(why=why)))
        question = replace(self._question(), finishing=True, schema=None)
        try:
            answer = await self._ask("finish:model", question)
        except (BudgetUsedUp, BackendError) as error:
            text = NO_WORDS
            self._gathered.leave_out([str(error)])
            self.emit(text)
        else:
            self._gathered.leave_out(f"{call.name}: not used any more" for call in answer.tool_calls)
            text = answer.text.strip() or NO_WORDS
        small = f"\n-# Ended early: {why}"
        self.emit(small)
        return await self._reply(f"{text}{small}", ended)

    async def _reply(self, text: str, ended: Ending) -> Reply:
        answered = next(
            (one for one in self.persona.models if one.name == self._gathered.model), self.persona.model
        )
        label = answered.backend.label
        if label and self.task.schema is None:
            text = f"{text}\n-# {label}"
            self.emit(f"\n-# {label}")
        return self._gathered.reply(text, ended, tainted=await self.around.taint.marked())


TOO_MANY = "These are too many tools at once; ask for this one in the next round."


def _nothing(_text: str) -> None:
    """Nobody hears an answer that is data."""


def _shown(call: ToolCall, tool: ToolInfo | None) -> str:
    return call.name if tool is None else f"{tool.server}.{tool.name}"
