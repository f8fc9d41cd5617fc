"""An agent: a persona with instructions and a model, at work for one run and on somebody's behalf."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from bot.agents.asking import Asker, Question
from bot.agents.conversation import Conversation
from bot.agents.loop import Task, ToolLoop
from bot.agents.meter import Meter
from bot.agents.permit import Allowed, Wanted, not_on_the_list
from bot.agents.persona import Model, Persona
from bot.agents.recorder import InMemory, Recorder
from bot.agents.reply import Reply
from bot.agents.surroundings import Say, Surroundings
from bot.errors import UserError
from bot.llm.protocol import BadAnswer, Passage, Purpose, Schema, Turn
from bot.mcp.errors import ToolRefused
from bot.mcp.results import ToolInfo, ToolResult
from bot.work.principal import Principal
from bot.work.surface import Speaker

__all__ = ["Agent", "Meter", "Model", "Persona"]

MAX_QUERIES = 4
PLAN = Schema(
    "plan",
    {
        "type": "object",
        "properties": {
            "queries": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MAX_QUERIES}
        },
        "required": ["queries"],
        "additionalProperties": False,
    },
)


@dataclass(frozen=True, slots=True)
class Agent:
    """A persona at work for one run, on behalf of ``principal``."""

    persona: Persona
    principal: Principal
    around: Surroundings

    @property
    def speaker(self) -> Speaker:
        """The identity under which it speaks."""
        return self.persona.speaker

    @property
    def label(self) -> str:
        """What must be shown beside its text; empty for a language model."""
        return self.persona.label

    def converse(
        self,
        history: str | Sequence[Turn],
        *,
        tools: Sequence[str] | None = None,
        sources: Sequence[Passage] = (),
        schema: Schema | None = None,
        instructions: str = "",
        tainted: bool | None = None,
        purpose: Purpose | None = None,
    ) -> Conversation:
        """Answer the last turn of ``history``, using tools as long as the agent's limits allow.

        Await it for the `Reply`, or hand it to `Run.stream` and await it then. Model answers and uses of tools are
        recorded: after a restart it goes on where it was. ``tools`` narrows the agent's list down, to servers or
        ``server.tool``; ``sources`` is material it may cite as ``[id]``; ``instructions`` stand beside its own.
        ``purpose`` decides how it answers: with sources from these alone (``answer``), else freely (``chat``).
        ``tainted`` says whether the history holds text from outside; left out, anything but one turn of the person
        who asks does.

        Raises, when awaited, `UserError` where the agent is paused or the budget is used up, and
        `cogswarm.llm.BackendError` where no model answers.
        """
        turns = (Turn("user", history),) if isinstance(history, str) else tuple(history)
        outside = bool(sources) or (len(turns) > 1 if tainted is None else tainted)
        task = Task(
            turns,
            tuple(sources),
            tuple(self._offered(tools)),
            schema,
            purpose or ("answer" if sources else "chat"),
            instructions,
        )
        return self._hold(task, self.around.talks.next(), "history" if outside else "", patient=True)

    async def handed(self, task: str, recorder: Recorder, *, hops: int) -> Reply:
        """Do a task that another agent has handed over."""
        given = Task((Turn("user", task),), tools=tuple(self._offered(None)), hops=hops)
        return await self._hold(given, recorder, "", patient=False)

    async def use(self, server: str, tool: str, arguments: Mapping[str, Any]) -> ToolResult:
        """Use a tool on the agent's list. Raises `UserError` for another one, and `ToolCallError`.

        The same holds for the use as where a model asks for it: `ToolRefused` says why it may not be.
        """
        if not self.persona.may_use(server, tool):
            raise UserError(not_on_the_list(self.persona, server, tool))
        known = (
            one
            for one in self.around.toolbox.tools(self.principal)
            if (one.server, one.name) == (server, tool)
        )
        info = next(known, None)
        if info is not None and info.usable:  # why another one cannot be used, the toolbox knows best
            tainted = await self.around.taint.marked()
            verdict = await self.around.permit(Wanted(self.persona, self.principal, info, tainted=tainted))
            if not isinstance(verdict, Allowed):
                kind = "not_here" if info.read_only else "consequential"
                raise ToolRefused(verdict.reason, server=server, tool=tool, kind=kind)
        await self.around.taint.mark(f"{server}.{tool}")
        return await self.around.toolbox.call(server, tool, arguments, principal=self.principal)

    async def plan(self, topic: str) -> list[str]:
        """Turn a topic into one to four search queries."""
        reply = await self._once("plan", topic, (), (), PLAN)
        queries = [str(query).strip() for query in (reply.data or {}).get("queries", [])]
        kept = list(dict.fromkeys(query for query in queries if query))[:MAX_QUERIES]
        if not kept:
            raise BadAnswer("The model planned no searches; try again or choose another model.")
        return kept

    async def answer(
        self, question: str, *, sources: Sequence[Passage] = (), history: Sequence[Turn] = ()
    ) -> str:
        """Answer from ``sources``, citing them as ``[id]``; a backend's label follows as small print."""
        text = await self.draft(question, sources=sources, history=history)
        return f"{text}\n-# {self.label}" if self.label else text

    async def draft(
        self, question: str, *, sources: Sequence[Passage] = (), history: Sequence[Turn] = ()
    ) -> str:
        """Answer from ``sources`` as `answer` does, without the label: for callers that show it themselves."""
        return await self._drafted(question, sources, history, lambda _text: None)

    def stream(
        self, question: str, *, sources: Sequence[Passage] = (), history: Sequence[Turn] = ()
    ) -> AsyncGenerator[str]:
        """Answer as `draft` does, piece by piece while the model writes; for `Run.stream`.

        What a model writes is not checked by anything: whoever shows it decides what of it.
        """

        async def begin(emit: Callable[[str], None]) -> Reply:
            return Reply(await self._drafted(question, sources, history, emit))

        return aiter(Conversation(begin))

    async def sum_up(self, wanted: str, sources: Sequence[Passage]) -> str:
        """Sum up material as ``wanted``, within what the budget leaves beside its reserve; for callers that record it.

        Raises `UserError` where the agent is paused or the budget does not allow it, and `BackendError`.
        """
        async with self._at_work(patient=True) as (persona, say):
            say("Summing up what was said before")
            await self._mark("sources")
            asked = Question("summarize", (Turn("user", wanted),), tuple(sources))
            return (await Asker(persona, self.around.meter).ask(asked)).text.strip()

    async def _drafted(
        self, question: str, sources: Sequence[Passage], history: Sequence[Turn], emit: Callable[[str], None]
    ) -> str:
        async with self._at_work(patient=True) as (persona, say):
            say("Thinking")
            await self._mark("sources" if sources or history else "")
            turns = (*history, Turn("user", question))
            # It is the last thing that is asked: all of the budget is there for it.
            asked = Question("answer", turns, tuple(sources), finishing=True)
            return (await Asker(persona, self.around.meter).ask(asked, emit)).text.strip()

    async def _once(
        self,
        purpose: Purpose,
        text: str,
        sources: Sequence[Passage],
        history: Sequence[Turn],
        schema: Schema,
    ) -> Reply:
        """Ask for data without tools; whoever calls records it."""
        task = Task((*history, Turn("user", text)), tuple(sources), schema=schema, purpose=purpose)
        return await self._hold(task, InMemory(), "sources" if sources else "", patient=True)

    def _hold(self, task: Task, recorder: Recorder, source: str, *, patient: bool) -> Conversation:
        async def begin(emit: Callable[[str], None]) -> Reply:
            async with self._at_work(patient=patient) as (persona, say):
                # A model reads how tools describe themselves before it has used any.
                strange = next((tool.server for tool in task.tools if not tool.ours and not tool.blocked), "")
                await self._mark(source or strange)
                deadline = self.around.clock.monotonic() + persona.budget.seconds
                loop = ToolLoop(persona, self.principal, self.around, recorder, task, say, emit, deadline)
                return await loop.run()

        return Conversation(begin)

    @asynccontextmanager
    async def _at_work(self, *, patient: bool) -> AsyncGenerator[tuple[Persona, Say]]:
        """Within the block it works on one thing more; gives it as it is to work now, and how to show what it does."""
        persona = await self.around.duty.current(self.persona, self.principal)
        async with self.around.board.showing() as show:

            def say(text: str) -> None:
                show(f"{persona.display_name}: {text}")

            async with self.around.duty.working(persona, say, patient=patient):
                yield persona, say

    async def _mark(self, source: str) -> None:
        if source:
            await self.around.taint.mark(source)

    def _offered(self, wanted: Sequence[str] | None) -> list[ToolInfo]:
        """The tools on its list, and on that of whoever asks it; one that may not be called now is refused when it is."""
        narrowed = self.persona if wanted is None else replace(self.persona, tools=frozenset(wanted))
        return [
            tool
            for tool in self.around.toolbox.tools(self.principal)
            if self.persona.may_use(tool.server, tool.name) and narrowed.may_use(tool.server, tool.name)
        ]
