"""How a run asks people: the question and its wait begin in one transaction, reminders are waits beside it.

While people think there is nothing of the run anywhere but rows. What comes of it is a recorded step.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bot.asks import asks_table, audit_table, deciding, rewriting, showing
from bot.asks.approval import Approval
from bot.asks.asks_table import AskRow, NewAsk
from bot.asks.audit_table import Deed
from bot.asks.elicited import Elicited
from bot.asks.payload import hash_of
from bot.asks.policy import Kind, NotYours, Policy, Vote, Who, seats
from bot.asks.present import Present
from bot.errors import UserError
from bot.work.runs_table import RunRow
from bot.work.services import RunServices
from bot.work.speaking import Voice
from bot.work.steps import Steps
from bot.work.surface import Connection, Say
from bot.work.waiting import Answer, Opened, Waits

MOST_CHOICES = 24
MOST_TITLE = 1_000
MOST_FIELDS = 5
HALF_TIME = "-# Half of the time is over: **{title}** still needs somebody to decide it. {who}"
ESCALATED = "-# **{title}** has waited long enough: it is for {who} as well from now on."
NOBODY_LEFT = "Those who approved it may not do so any more, so it was not done."
TOO_MANY = (
    f"A question offers at most {MOST_CHOICES} choices, each worth at most {showing.LONGEST_VALUE} letters."
)
WRONG_VALUE = "A choice needs a value that is no empty text and holds no colon."
ENDLESS = "Only what is to be approved can go ahead by itself, and only at a time: say `within`."
TOO_WORDY = f"A question has at most {MOST_TITLE} letters; post what belongs to it before."
TAMPERED = "What was approved is not what stands there now, so it was not done."
INTERRUPTED = "The work had ended in between, so people could not stop it, and it was not done."
LATE = "Nobody decided in time, so it was not done."
REJECTED = "People decided against it{why}."


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be asked; see `Asking.ask`."""

    key: str
    kind: Kind
    title: str
    policy: Policy
    payload: Any = None
    choices: Mapping[str, str] | None = None
    other: bool = False
    multi: bool = False
    replies: bool = False
    fallback: Any = None
    within: timedelta | None = None
    remind: bool = True
    elicited: Elicited | None = None
    hold: float = 0.0
    rewrite: Callable[[Any, str], Awaitable[Any]] | None = None


class Asking:
    """Asks people for one run."""

    def __init__(self, row: RunRow, steps: Steps, voice: Voice, waits: Waits, services: RunServices) -> None:
        self._row = row
        self._steps = steps
        self._voice = voice
        self._waits = waits
        self._services = services

    def id_of(self, key: str) -> UUID:
        """The id of the question with this key; the same at any time."""
        return deciding.id_of(self._row.id, key)

    @property
    def can_wait(self) -> bool:
        """Whether the run can be let go of here while people think."""
        return self._steps.can_let_go

    async def withdraw(self, key: str) -> None:
        """End a question for whose answer nobody waits any more, if it is open."""
        ask_id = self.id_of(key)
        async with self._steps.commit() as conn:
            await deciding.withdraw(conn, self._services.surface, ask_id)

    async def ask(self, question: Question) -> Answer | None:
        """What people answer, the fallback (by nobody, 0), or None. Raises `UserError` for what cannot be asked."""
        _check(question)
        answer = await self._decided(question)
        if answer is None:
            if question.fallback is None:
                return None
            async with self._services.database.connection() as conn:
                ask = await asks_table.get(conn, self.id_of(question.key))
            at = None if ask is None else ask.decided_at
            return None if at is None else Answer(question.fallback, 0, at)
        result: Any = answer.value
        return Answer(result["value"], answer.by, answer.at)

    async def approve(self, question: Question) -> Approval:
        """Whether people let ``payload`` be done, and what exactly; those who agreed are looked at once more."""
        _check(question)
        answer, number = await self._decided(question), 0
        while question.rewrite is not None and answer is not None and _sent_back(answer):
            number += 1
            answer = await self._rewritten(question, question.rewrite, number, _note(answer))
        if answer is None:
            if question.policy.silence:
                return await self._approved(question.key, ())
            return Approval(approved=False, payload=question.payload, reason=LATE)
        result: Any = answer.value
        if result["state"] != "approved":
            notes = "; ".join(result["notes"])
            why = f": “{notes}”" if notes else ""
            return Approval(
                approved=False,
                payload=question.payload,
                reason=REJECTED.format(why=why),
                version=result["version"],
                by=tuple(result["by"]),
            )
        standing = await self._steps.repeatable(f"{question.key}:still", self._still, question.key)
        return await self._approved(question.key, standing)

    async def _rewritten(
        self, question: Question, rewrite: Callable[[Any, str], Awaitable[Any]], number: int, note: str
    ) -> Answer | None:
        """Have another version written, show it, and wait for people again, until the same deadline."""
        name = f"{question.key}:{number}"
        ask_id = self.id_of(question.key)

        async def write() -> dict[str, Any]:
            async with self._services.database.connection() as conn:
                _, version = await deciding.read(conn, ask_id)
            return await rewriting.written(version, note, rewrite)

        made = await self._steps.repeatable(f"{name}:written", write)
        async with self._services.database.connection() as conn:
            ask, _ = await deciding.read(conn, ask_id)

        async def opened(conn: Connection) -> None:
            say = await rewriting.resumed(conn, ask_id, self._waits.id_of(name), made)
            row = await self._voice.ask(conn, f"question:{name}", say)
            await asks_table.said(conn, ask_id, row)

        # Whoever sent it back knows of it, so nobody is reminded.
        return await self._decided(replace(question, remind=False), name, opened, ask.deadline_at)

    async def _decided(
        self,
        question: Question,
        name: str | None = None,
        opened: Opened | None = None,
        until: datetime | None = None,
    ) -> Answer | None:
        """Wait for people, with a reminder and an escalation beside it that end with the waiting."""
        answer = asyncio.ensure_future(self._answer(question, name or question.key, opened, until))
        beside = [asyncio.ensure_future(one) for one in self._beside(question, name or question.key)]
        try:
            waiting: set[asyncio.Future[Any]] = {answer, *beside}
            while not answer.done():
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for one in done - {answer}:
                    one.result()
            return answer.result()
        finally:
            for one in (answer, *beside):
                one.cancel()
            await asyncio.gather(answer, *beside, return_exceptions=True)

    def _beside(self, question: Question, name: str) -> list[Coroutine[Any, Any, None]]:
        if name in self._steps:
            return []
        found: list[Coroutine[Any, Any, None]] = []
        if not self._steps.can_let_go:
            return []
        if question.remind and question.within is not None and not question.policy.silence:
            seconds = question.within.total_seconds() / 2
            found.append(self._at(question.key, f"{name}:remind", seconds, self._remind))
        if question.policy.later is not None and question.policy.later_seconds:
            seconds = question.policy.later_seconds
            found.append(self._at(question.key, f"{name}:escalate", seconds, self._escalate))
        return found

    async def _answer(
        self, question: Question, name: str, again: Opened | None, until: datetime | None
    ) -> Answer | None:
        async def opened(conn: Connection) -> None:
            await self._open(conn, question)

        async def late(conn: Connection) -> None:
            await deciding.late(conn, self._services.surface, self.id_of(question.key))

        if self._row.round and name not in self._steps:
            await self._open_again(question.key)
        return await self._waits.answer(
            name,
            question.title,
            {},
            until=until,
            within=None if again is not None else question.within,
            opened=again or opened,
            late=late,
            hold=question.hold,
        )

    async def _open(self, conn: Connection, question: Question) -> None:
        principal, ask_id = self._row.principal, self.id_of(question.key)
        new = NewAsk(
            ask_id,
            self._waits.id_of(question.key),
            self._row.id,
            principal.guild_id,
            self._row.cog,
            question.kind,
            question.title,
            principal.member_id,
            question.policy,
            question.choices or {},
            question.other,
            question.replies,
            question.fallback,
            question.elicited,
            question.rewrite is not None,
            question.multi,
        )
        payload = await asks_table.as_kept(conn, question.payload)
        digest = hash_of(payload)
        await asks_table.insert(conn, new)
        await asks_table.add_version(conn, ask_id, 1, payload, digest, None)
        deed = Deed(
            principal.guild_id,
            "ask",
            ask_id,
            principal.member_id,
            1,
            "on their behalf",
            digest,
            question.title,
        )
        await audit_table.add(conn, deed)
        ask, version = await deciding.read(conn, ask_id)
        row = await self._voice.ask(conn, f"question:{question.key}", showing.asking(ask, version, ()))
        await asks_table.said(conn, ask_id, row)

    async def _open_again(self, key: str) -> None:
        """People let a run go on that had ended, and somebody was told meanwhile that there was nothing to decide."""
        ask_id = self.id_of(key)
        async with self._steps.commit() as conn:
            if not await asks_table.reopen(conn, ask_id):
                return
            ask, version = await deciding.read(conn, ask_id)
            votes = await asks_table.votes(conn, ask_id, version.version)
            say = showing.asking(ask, version, votes)
            row = await self._voice.ask(conn, f"question:{key}:{self._row.round}", say)
            await asks_table.said(conn, ask_id, row)
            await audit_table.add(conn, Deed(ask.guild_id, "reopen", ask.id, version=ask.version))

    async def _at(
        self, key: str, name: str, seconds: float, do: Callable[[Connection, AskRow], Awaitable[None]]
    ) -> None:
        """Do something once, after so many seconds, if the question is still open then."""
        await self._waits.time(f"{name}:time", seconds=seconds)
        done = self._steps.claim_key(name)
        if done in self._steps:
            return
        ask_id = self.id_of(key)
        async with self._steps.commit() as conn:
            ask = await asks_table.locked(conn, ask_id)
            late = await asks_table.is_late(conn, ask_id, self._services.ahead())
            if ask is not None and ask.state == "open" and not late:
                await do(conn, ask)
            await self._steps.record(conn, done, None)

    async def _remind(self, conn: Connection, ask: AskRow) -> None:
        asked = ask.rules.asked(escalated=ask.escalated)
        text = HALF_TIME.format(title=showing.short(ask), who=asked.shown())
        await self._voice.ask(conn, f"remind:{ask.id}", _calling(text, asked, ask.guild_id))
        await audit_table.add(conn, Deed(ask.guild_id, "remind", ask.id, version=ask.version))

    async def _escalate(self, conn: Connection, ask: AskRow) -> None:
        later = ask.rules.later
        if later is None or not await asks_table.escalate(conn, ask.id):
            return
        text = ESCALATED.format(title=showing.short(ask), who=later.shown())
        await self._voice.ask(conn, f"escalate:{ask.id}", _calling(text, later, ask.guild_id))
        await audit_table.add(conn, Deed(ask.guild_id, "escalate", ask.id, version=ask.version))

    async def _still(self, key: str) -> list[int]:
        """Those who approved it and still may."""
        async with self._services.database.connection() as conn:
            ask, version = await deciding.read(conn, self.id_of(key))
            votes = await asks_table.votes(conn, ask.id, version.version)
        agreed, present = [one for one in votes if one.yes], self._services.present
        if present is None:
            return [one.member_id for one in agreed]
        return [one.member_id for one in agreed if await self._may(present, ask, one)]

    async def _approved(self, key: str, standing: Sequence[int]) -> Approval:
        """What was approved, if it is what its hash says and enough of those who approved it still may."""
        async with self._services.database.connection() as conn:
            ask, version = await deciding.read(conn, self.id_of(key))
        if ask.state == "expired":
            return Approval(approved=False, payload=version.payload, reason=INTERRUPTED)
        sure = ask.result is not None and hash_of(version.payload) == version.hash == ask.result["hash"]
        approved = sure and len(standing) >= ask.rules.needed
        return Approval(
            approved=approved,
            payload=version.payload,
            reason="" if approved else NOBODY_LEFT if sure else TAMPERED,
            version=version.version,
            by=tuple(standing),
        )

    async def _may(self, present: Present, ask: AskRow, vote: Vote) -> bool:
        """Whether somebody who approved may still do so: they are there, and whose seat it is has what it takes."""
        voter = await present.voter(ask.guild_id, vote.member_id)
        if voter is None:
            return False
        holder = voter if vote.seat_id == vote.member_id else await present.voter(ask.guild_id, vote.seat_id)
        if holder is None:
            return False
        found = seats(ask.rules, ask.kind, ask.requester_id, holder, escalated=ask.escalated)
        return not isinstance(found, NotYours)


def _sent_back(answer: Answer) -> bool:
    result: Any = answer.value
    return result["state"] == rewriting.SENT_BACK


def _note(answer: Answer) -> str:
    result: Any = answer.value
    return str(result["note"])


def _calling(text: str, who: Who, guild_id: int) -> Say:
    """A message that reaches those who may decide, and nobody else; the role that everybody has is not called."""
    roles = tuple(role for role in who.roles if role != guild_id)
    return Say(text, mentions=who.members, roles=roles, urgency="question")


def _check(question: Question) -> None:
    choices = question.choices or {}
    if question.policy.silence and (question.kind != "approval" or question.within is None):
        raise UserError(ENDLESS)
    if len(question.title) > MOST_TITLE:
        raise UserError(TOO_WORDY)
    if question.kind == "options" and (
        len(choices) > MOST_CHOICES or any(len(one.encode()) > showing.LONGEST_VALUE for one in choices)
    ):
        raise UserError(TOO_MANY)
    if question.elicited is None and question.kind == "form" and not 1 <= len(choices) <= MOST_FIELDS:
        raise UserError(f"A form has 1 to {MOST_FIELDS} fields.")
    if any(not value or ":" in value for value in choices):
        raise UserError(WRONG_VALUE)
