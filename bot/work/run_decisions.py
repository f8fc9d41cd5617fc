"""How the agents of a run ask people: approvals, what tool servers want to know, and tools that are not what they were."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Protocol, cast

from bot.agents.decisions import Rewrite
from bot.asks.approval import Approval
from bot.asks.asking import Asking, Question
from bot.asks.elicited import ACCEPT, CANCEL, Elicited, is_web_page, pages
from bot.asks.policy import Policy, Who
from bot.errors import UserError
from bot.mcp.asked_fields import NotAForm, fields_of
from bot.mcp.asking import Reply, ServerQuestion
from bot.mcp.errors import ToolRefused
from bot.mcp.results import ToolInfo
from bot.mcp.shown_text import one_line
from bot.work.principal import Principal
from bot.work.services import RunServices

ACCEPT_TOOL = "Let agents use {tool} of {server} as it describes itself now, on all servers of this bot"
HELD = timedelta(minutes=10)
"""How long people have where the call cannot be repeated, so that this process has to hold it."""


class Deciding(Protocol):
    """The part of a run that this needs."""

    @property
    def principal(self) -> Principal:
        """On whose behalf it acts."""
        ...

    async def approve(
        self, key: str, title: str, payload: Any, *, rewrite: Rewrite | None = None
    ) -> Approval:
        """As `Run.approve`."""
        ...

    async def once[**P, T](
        self, key: str, do: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """As `Run.once`."""
        ...


@dataclass(slots=True)
class RunDecisions:
    """Implements `bot.agents.decisions.Decisions` for one run."""

    run: Deciding
    asking: Asking
    services: RunServices
    _asked: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    async def approve(
        self, key: str, title: str, payload: Any, *, rewrite: Rewrite | None = None
    ) -> Approval:
        """As `Decisions.approve`."""
        return await self.run.approve(key, title, payload, rewrite=rewrite)

    async def once[**P, T](
        self, key: str, do: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """As `Decisions.once`."""
        return await self.run.once(key, do, *args, **kwargs)

    async def elicit(self, key: str, question: ServerQuestion) -> Reply:
        """As `Decisions.elicit`; asks whoever the run is for, and who manages the server."""
        found: dict[str, Any] = {}
        for part in _parts(question):
            one = f"{key}:{part.page}"
            self._asked.setdefault(key, []).append(one)
            rules = await self.services.rules(self.run.principal.guild_id)
            answer = await self.asking.ask(
                Question(
                    one,
                    "form" if part.fields else "options",
                    one_line(question.message, 600) or "(it does not say why)",
                    Policy(Who(members=(self.run.principal.member_id,), managers=True)),
                    within=rules.within if self.asking.can_wait else min(HELD, rules.within),
                    remind=self.asking.can_wait,
                    elicited=part,
                    hold=self.services.hold,
                )
            )
            said: dict[str, Any] = (
                {"action": CANCEL} if answer is None else cast("dict[str, Any]", answer.value)
            )
            action: Literal["accept", "decline", "cancel"] = said["action"]
            if action != ACCEPT:
                return Reply(action)
            found |= said.get("content", {})
        return Reply(ACCEPT, None if question.form is None else found)

    async def withdraw(self, key: str) -> None:
        """As `Decisions.withdraw`."""
        for one in self._asked.pop(key, ()):
            await self.asking.withdraw(one)

    async def accept_tool(self, key: str, tool: ToolInfo) -> str:
        """As `Decisions.accept_tool`."""
        acceptance = self.services.acceptance
        offer = None if acceptance is None or not acceptance.members else await acceptance.offer(tool)
        if acceptance is None or offer is None:
            return tool.blocked
        rules = await self.services.rules(self.run.principal.guild_id)
        approval = await self.asking.approve(
            Question(
                f"{key}:accept:{offer.fingerprint}",
                "approval",
                ACCEPT_TOOL.format(tool=one_line(tool.name, 100), server=tool.server),
                Policy(Who(members=tuple(acceptance.members)), fixed=True),
                offer.text,
                within=rules.within,
            )
        )
        if not approval.approved:
            return f"{tool.name} of {tool.server} is not what was accepted, and stays so: {approval.reason}"
        try:
            await acceptance.accept(offer, ", ".join(f"member {one}" for one in approval.by))
        except UserError as error:
            return str(error)
        return ""


def _parts(question: ServerQuestion) -> list[Elicited]:
    """What is asked for, one form after the other. Raises `ToolRefused` for what people cannot be shown."""
    if question.form is None:
        if not is_web_page(question.url):
            raise _not_shown(question, "it wants people to open an address that is no plain web address")
        return [Elicited(question.server, question.tool, url=question.url)]
    try:
        return pages(question.server, question.tool, fields_of(question.form))
    except NotAForm as error:
        raise _not_shown(question, str(error)) from error


def _not_shown(question: ServerQuestion, why: str) -> ToolRefused:
    return ToolRefused(
        f"The tool server {question.server} asks people for something in a way that cannot be shown: {why}.",
        server=question.server,
        tool=question.tool,
        kind="asks",
    )
