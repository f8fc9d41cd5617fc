"""How a decision is made: proposals at once and blind, a comparison, a vote until its time, and a record that stays."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from cogs.consensus import messages, polling
from cogs.consensus.advising import advised
from cogs.consensus.blinding import alike, blinded, drawn, names_of
from cogs.consensus.cog import consensus
from cogs.consensus.comparing import Compared, comparison_of, table
from cogs.consensus.drafting import Draft, Spent, drafted, failures, revised
from cogs.consensus.going_on import go_on
from cogs.consensus.result import body_of, record_of, tell
from cogs.consensus.telling import MARKS, action, call_of
from cogs.consensus.wanted import Wanted
from cogswarm import (
    LETTERS,
    NONE,
    Agent,
    Button,
    Delivered,
    NewBallot,
    NewVote,
    Option,
    Proposal,
    Run,
    Speaker,
    UserError,
    Vote,
    Worker,
    plain,
    title,
)

KIND = "decision"
ENOUGH = 2
A_MOMENT = timedelta(seconds=1)
QUESTION = 300


class State(BaseModel):
    """How a vote stands, as a step keeps it."""

    number: int
    over: bool
    closes_at: datetime | None = None
    polled: bool = False


@consensus.workflow
async def decide(run: Run, wanted: dict[str, Any]) -> None:
    """Bring a question to a decision in the run's thread."""
    asked = Wanted.model_validate(wanted)
    began = await run.step("begin", _begin, run, asked)
    await run.post(_intro(asked, began.number), buttons=[_add_button(run)])
    await run.stage(
        messages.DRAFTING.format(proposals=count_of(len(asked.slots))) if asked.slots else messages.COLLECTING
    )
    drafts = await drafted(run, asked)
    if failed := failures(drafts):
        await run.post(failed)
    await _people(run, asked, drafts)
    proposals = await run.step("collect", run.votes.collected, run.id)
    agents = _agents(run, asked)
    names = names_of(agents)
    options = lettered(run, drafts, proposals, names, asked.question)
    spent = [Spent(cost=one.cost, tokens=one.tokens) for one in drafts if one.tokens]
    found = Compared()
    if options and not await run.step("still wanted", _is_over, run):
        await _reveal(run, options)
        found = await _compare(run, asked, options, names, spent)
        if asked.revise and any(one.author.startswith("agent:") for one in options):
            options, found = await _revise(run, asked, options, names, found, spent)
    poll = await _poll(run, asked, options)
    state = await run.step("open", _open, run, asked, options, poll)
    if not state.over:
        await run.stage(messages.VOTING, done=count_of(len(options)))
        if asked.advice:
            spent.append(await advised(run, asked, agents, options, names))
        await _until_closed(run, asked, options, state)
    await _end(run, asked, found, spent)


@consensus.on_stop(decide)
async def stopped(run: Run, wanted: dict[str, Any]) -> None:  # noqa: ARG001 - as the workflow is called
    """Call the vote off: nobody ever learns what was on its ballots."""
    await run.step("call it off", _cancel, run, messages.STOPPED)
    await run.step("end its poll", run.votes.polls.end, run.id)
    await run.step("show that", _show, run)


# proposals


async def _begin(run: Run, asked: Wanted) -> State:
    principal = run.principal
    who = Worker("member", str(principal.member_id), principal.name)
    new = NewVote(run.id, asked.channel_id, who, asked.question, asked.rules, asked.supersedes)
    vote = await run.votes.begin(new)
    await run.votes.held_in(run.id, await run.place())
    return State(number=vote.number, over=vote.is_over)


async def _people(run: Run, asked: Wanted, drafts: Sequence[Draft]) -> None:
    """Wait for people's proposals, where that was asked for, or agents bring too few to choose from."""
    there = sum(not one.error for one in drafts)
    # What people have proposed by now does not count: whether others still can must not depend on who was quick.
    if not asked.people and there >= ENOUGH:
        return
    until = await run.step("collect until", _in_minutes, run, asked.add_minutes)
    question = messages.COLLECT.format(when=int(until.timestamp()))
    await run.stage(messages.COLLECTING, done=messages.DRAFTED.format(count=there) if asked.slots else None)
    await run.wait_answer("proposals", question, {"now": messages.BUTTON_SHOW}, until=until)


async def _in_minutes(run: Run, minutes: float) -> datetime:
    return run.clock.now() + timedelta(minutes=minutes)


def _agents(run: Run, asked: Wanted) -> list[Agent]:
    found: list[Agent] = []
    for name in sorted({one.agent for one in asked.slots}):
        try:
            found.append(run.agent(name))
        except UserError:
            continue  # it was named among those that failed
    return found


def lettered(
    run: Run, drafts: Sequence[Draft], proposals: Sequence[Proposal], names: Sequence[str], question: str
) -> list[Option]:
    """What is voted on, blind and in an order drawn by lot: the run's id, the author and the text decide it."""
    made = [
        Option("", blinded(one.text, names, question), one.author, one.name, one.label, one.cost, one.tokens)
        for one in drafts
        if not one.error
    ]
    made += [Option("", one.body, one.author, one.name) for one in proposals]
    order = drawn(str(run.id), made, lambda one: f"{one.author}:{one.text}")
    return [replace(one, letter=letter) for letter, one in zip(LETTERS, order, strict=False)]


async def _reveal(run: Run, options: Sequence[Option]) -> None:
    """Show all proposals, in one go, under names that tell nothing."""
    quotes = sum(bool(one.label) for one in options)
    people = sum(one.author.startswith("member:") for one in options)
    said = [messages.REVEALED.format(proposals=count_of(len(options)))]
    if people:
        said.append(messages.OF_PEOPLE.format(count=people))
    if quotes:
        said.append(messages.OF_QUOTES.format(count=quotes))
    await run.post(" ".join(said))
    for one in options:
        await run.post(plain(one.text), speaker=Speaker(messages.SPEAKER.format(letter=one.letter)))
    near = [
        f"**{options[a].letter}** and **{options[b].letter}**" for a, b in alike([o.text for o in options])
    ]
    if near:
        await run.post(messages.ALIKE.format(pairs=", ".join(near)))


async def _compare(
    run: Run, asked: Wanted, options: list[Option], names: Sequence[str], spent: list[Spent], turn: str = ""
) -> Compared:
    if len(options) < ENOUGH:
        return Compared()
    await run.stage(messages.COMPARING)
    found = await comparison_of(run, asked, options, names, turn)
    if found.spent.tokens:
        spent.append(found.spent)
    if found.comparison is None:
        await run.post(messages.NOT_COMPARED.format(why=plain(found.why)))
    else:
        await run.post(f"{messages.COMPARED}\n\n{table(options, found.comparison)}")
    return found


async def _revise(
    run: Run, asked: Wanted, options: list[Option], names: Sequence[str], found: Compared, spent: list[Spent]
) -> tuple[list[Option], Compared]:
    """Let agents change their proposals once, now that they have seen all; those of people stay as they are."""
    await run.stage(messages.REVISING)
    remarks = "" if found.comparison is None else table(options, found.comparison)
    drafts = await revised(run, asked, options, names, remarks)
    spent += [Spent(cost=one.cost, tokens=one.tokens) for one in drafts if one.tokens]
    changed = {one.author: one for one in drafts if not one.error and messages.KEEP not in one.text}
    after: list[Option] = []
    for one in options:
        draft = changed.get(one.author)
        if draft is None:
            after.append(one)
            continue
        text = blinded(draft.text, names, asked.question)
        cost = None if one.cost is None or draft.cost is None else one.cost + draft.cost
        after.append(replace(one, text=text, cost=cost, tokens=one.tokens + draft.tokens))
        await run.post(plain(text), speaker=Speaker(messages.SPEAKER_REVISED.format(letter=one.letter)))
    if not changed:
        await run.post(messages.NOBODY_REVISED)
        return after, found
    return after, await _compare(run, asked, after, names, spent, "revised ")


# the vote


async def _poll(run: Run, asked: Wanted, options: Sequence[Option]) -> Delivered | None:
    if not asked.rules.poll or not options or await run.step("still wanted in a poll", _is_over, run):
        return None
    return await polling.posted(run, asked, options)


async def _open(run: Run, asked: Wanted, options: list[Option], poll: Delivered | None) -> State:
    vote = await run.votes.open(
        run.id,
        options,
        seconds=asked.seconds,
        wake=run.wait_id("close"),
        thread_id=await run.place(),
        poll=poll,
    )
    return State(
        number=vote.number, over=vote.is_over, closes_at=vote.closes_at, polled=vote.poll_id is not None
    )


async def _until_closed(run: Run, asked: Wanted, options: Sequence[Option], state: State) -> None:
    letters = [*(one.letter for one in options), *((NONE,) if asked.rules.none else ())]
    marks = [MARKS[one] for one in letters] if asked.rules.reactions else []
    opened = run.votes.shown(run.id, call_of, marks=marks)
    said = await run.wait_answer("close", until=state.closes_at, opened=opened)
    early, turn = said is not None and said.value == messages.CLOSE_NOW, 0
    ballots = await _polled(run) if state.polled else ()
    # The clock that votes go by may not be as far yet as the one that woke us.
    while not await run.step(f"close {turn}", _close, run, early, ballots):
        await run.sleep(f"a moment {turn}", A_MOMENT)
        turn += 1
    await run.step("show that it is closed", run.votes.show, run.id, call_of)


async def _polled(run: Run) -> tuple[NewBallot, ...]:
    """What people chose in the poll; where nobody can tell any more, the vote is called off."""
    found = await polling.read(run)
    if found.state == "gone":
        await run.step("the poll is gone", _cancel, run, messages.POLL_GONE)
    return found.ballots


async def _close(run: Run, early: bool, polled: Sequence[NewBallot]) -> bool:  # noqa: FBT001 - a recorded step's arguments
    return (await run.votes.close(run.id, early=early, polled=polled)).is_over


async def _is_over(run: Run) -> bool:
    vote = await run.votes.get(run.id)
    return vote is None or vote.is_over


async def _cancel(run: Run, why: str) -> None:
    try:
        await run.votes.cancel(run.id, why)
    except UserError:
        return  # it had not even begun


async def _show(run: Run) -> None:
    try:
        await run.votes.show(run.id, call_of)
    except UserError:
        return  # as above


# the end


async def _end(run: Run, asked: Wanted, found: Compared, spent: Sequence[Spent]) -> None:
    """Tell what came of it, keep it, and let the winner go on."""
    vote = await run.step("what came of it", _vote, run)
    if vote is None or vote.state != "closed":
        return
    await run.stage(messages.TELLING)
    record = record_of(vote, found.comparison, spent)
    await run.step("keep the record", run.votes.note, run.id, record)
    await run.step("forget reactions", run.notes.drop, f"reactions {run.id}")
    await tell(run, vote, record)
    if vote.result is not None and vote.result.ended == "chosen":
        await run.remember(kind=KIND, title=title(vote.question, QUESTION), body=body_of(vote, record))
        await go_on(run, asked, vote)


async def _vote(run: Run) -> Vote | None:
    return await run.votes.get(run.id)


def _intro(asked: Wanted, number: int) -> str:
    how = (
        messages.INTRO_AGENTS.format(proposals=count_of(len(asked.slots)))
        if asked.slots
        else messages.INTRO_PEOPLE
    )
    return messages.INTRO.format(number=number, question=plain(asked.question), how=how)


def count_of(proposals: int) -> str:
    """How many proposals there are, in words."""
    return messages.ONE_PROPOSAL if proposals == 1 else messages.PROPOSALS.format(count=proposals)


def _add_button(run: Run) -> Button:
    return Button(messages.BUTTON_ADD, action("add", run.id), "primary")
