"""Makes room in a long conversation: the oldest messages become a summary, written by the agent's own model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from cogs.chat import messages, summary
from cogs.chat.history import MOST_CHARACTERS, Reader, worth, written
from cogs.chat.said import without_calls
from cogs.chat.summary import Kept, Summary
from cogswarm import Agent, Passage, Run, UserError, Utterance, plain
from cogswarm.llm import BackendError

KEPT_SHARE = 3
"""One part in so many of the room stays word for word when the rest is summed up, so that this is rare."""
MOST_READ = 500
MOST_CALLS = 3
_MARK = re.compile(r"\s?\[\w{1,6}\]")


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is summed up, and where: ``said`` is what was read of it, at most ``most`` messages, since a ``/new``."""

    place: int
    since: int | None
    said: Sequence[Utterance]
    reader: Reader
    most: int
    bot_id: int


class Outcome(BaseModel):
    """What stands in place of the oldest messages; ``made`` just now, in place of summary number ``instead``."""

    summary: Summary | None = None
    made: bool = False
    instead: int | None = None


async def sum_up(run: Run, agent: Agent, talk: Conversation) -> Outcome:
    """The summary that holds, made or extended where what it does not cover has no room; kept, and not yet shown.

    Where none can be made (no language model, no budget, no answer) the one before holds, and the oldest are left out.
    """
    kept, note = await summary.kept_in(run.notes, talk.place)
    known = kept.current(talk.since)
    if known is not None and not summary.still_true(known, talk.said):
        forgotten = await _forgotten(run, talk.place, known, kept, note)
        kept, note = await summary.kept_in(run.notes, talk.place)
        known = kept.current(talk.since) if forgotten else None
    fresh = [one for one in worth(talk.said) if known is None or one.id > known.last]
    older = await _fallen_out(run, talk, fresh, known)
    if agent.label or not (older or _too_long(fresh, talk.reader)):
        return Outcome(summary=known)
    newest = fresh[-1].id
    if sum(one.id > kept.tried for one in fresh) < summary.TRY_AGAIN_AFTER and kept.tried:
        return Outcome(summary=known)
    stays = _newest(fresh, talk)
    gone = [*older, *fresh[: len(fresh) - len(stays)]]
    made = await _written(agent, talk, kept.number + 1, known, gone) if gone else None
    after = (
        kept.model_copy(update={"tried": newest})
        if made is None
        else kept.with_(made).model_copy(update={"tried": 0})
    )
    if not await summary.swap(run.notes, talk.place, note, after) or made is None:
        # Somebody has put it right meanwhile: theirs holds.
        return Outcome(summary=(await summary.kept_in(run.notes, talk.place))[0].current(talk.since))
    return Outcome(summary=made, made=True, instead=None if known is None else known.number)


async def show(run: Run, place: int, outcome: Outcome) -> None:
    """Let everybody see a summary that was just made, with a way to put it right; the one before goes."""
    if not outcome.made or outcome.summary is None:
        return
    one = outcome.summary
    # Whatever it says, the person who corrects it presses a button under the newest.
    if outcome.instead is not None:
        await run.change(
            place, summary.said_under(outcome.instead), f"after:{one.number}", messages.SUMMARY_BELOW
        )
    button = run.button(messages.CORRECT, "correct", str(one.number))
    await run.say_once(place, summary.said_under(one.number), summary.shown(one), buttons=[button])


async def _forgotten(run: Run, place: int, known: Summary, kept: Kept, note: object) -> bool:
    """A message that it covers was changed or deleted while nobody listened."""
    gone = await summary.swap(run.notes, place, note, kept.without([known]))  # pyright: ignore[reportArgumentType] - as it was read
    if gone:
        await run.change(place, summary.said_under(known.number), "forgotten", messages.SUMMARY_FORGOTTEN)
    return gone


async def _fallen_out(
    run: Run, talk: Conversation, fresh: Sequence[Utterance], known: Summary | None
) -> list[Utterance]:
    """What no summary covers and is older than all that was read."""
    stands = [one.id for one in talk.said if one.link]
    if len(fresh) < talk.most // 2 or not stands:
        return []
    after = max(talk.since or 0, 0 if known is None else known.last)
    if min(stands) <= after + 1:
        return []
    older = await run.transcript(
        talk.place, before=min(stands), after=after or None, limit=max(MOST_READ - talk.most, 100)
    )
    return worth([without_calls(one, talk.bot_id) for one in older])


def _too_long(fresh: Sequence[Utterance], reader: Reader) -> bool:
    return sum(len(written(one, reader).text) for one in fresh) > MOST_CHARACTERS


def _newest(fresh: Sequence[Utterance], talk: Conversation) -> list[Utterance]:
    kept: list[Utterance] = []
    room = MOST_CHARACTERS // KEPT_SHARE
    for one in reversed(fresh[-max(1, talk.most // KEPT_SHARE) :]):
        room -= len(written(one, talk.reader).text)
        if room < 0:
            break
        kept.append(one)
    return kept[::-1]


async def _written(
    agent: Agent, talk: Conversation, number: int, known: Summary | None, gone: Sequence[Utterance]
) -> Summary | None:
    portions = _portions(gone, talk.reader)
    left_out = sum(map(len, portions[:-MOST_CALLS]))
    text = "" if known is None else known.text
    try:
        for portion in portions[-MOST_CALLS:]:
            text = _tidy(
                await agent.sum_up(messages.SUM_UP, [*_so_far(text), *_passages(portion, talk.reader)])
            )
    except (BackendError, UserError):
        return None
    if not text:
        return None
    taken = [one for portion in portions[-MOST_CALLS:] for one in portion]
    return Summary(
        number=number,
        text=text,
        first=taken[0].id if known is None else known.first,
        last=gone[-1].id,
        count=len(taken) + (0 if known is None else known.count),
        since=talk.since,
        agent=agent.persona.display_name,
        corrected_by=[] if known is None else known.corrected_by,
        left_out=left_out + (0 if known is None else known.left_out),
        marks={**({} if known is None else known.marks), **summary.marks(taken)},
    )


def _portions(gone: Sequence[Utterance], reader: Reader) -> list[list[Utterance]]:
    """In parts that a model can read, in order."""
    found: list[list[Utterance]] = [[]]
    room = MOST_CHARACTERS
    for one in gone:
        room -= len(written(one, reader).text)
        if room < 0 and found[-1]:
            found.append([])
            room = MOST_CHARACTERS - len(written(one, reader).text)
        found[-1].append(one)
    return found


def _so_far(text: str) -> list[Passage]:
    return [Passage("S", text, title=messages.SUMMARY_SO_FAR)] if text else []


def _passages(said: Sequence[Utterance], reader: Reader) -> list[Passage]:
    turns = [written(one, reader) for one in said]
    return [
        Passage(str(number), turn.text, author=turn.author or reader.who(one), published=one.at)
        for number, (one, turn) in enumerate(zip(said, turns, strict=True), 1)
    ]


def _tidy(text: str) -> str:
    return summary.shortened(_MARK.sub("", plain(text)))
