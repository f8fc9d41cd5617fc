"""How facts look: their messages, their lines in lists, and the list that is pinned."""

from collections.abc import Sequence
from datetime import datetime

from cogs.pins_memory import messages
from cogswarm import Fact, FactWords, title

SHOWN, NAME = 900, 60
"""A fact has 500 characters; what Discord would take for its own marks is written with one more each."""
LINE, SUGGESTED, INDEX = 300, 80, 1_900


def said(fact: Fact) -> str:
    """The message of a fact that holds."""
    return messages.SAID.format(text=_text(fact), number=fact.number, about=about(fact))


def about(fact: Fact) -> str:
    """Whose words a fact is, who had it kept, until when it holds."""
    who = f"<@{fact.stated_id}>" if fact.stated_id is not None else title(fact.stated_name, NAME)
    where = messages.FROM.format(link=fact.source_link) if fact.source_link else ""
    parts = [messages.STATED.format(who=who) + where]
    if fact.agent:
        parts = [messages.NOTED_BY.format(agent=title(fact.stated_name, NAME), who=f"<@{fact.noted_id}>")]
    elif fact.noted_id != fact.stated_id:
        parts.append(messages.NOTED_FOR.format(who=f"<@{fact.noted_id}>"))
    if fact.expires_at is not None:
        parts.append(messages.HOLDS_UNTIL.format(when=stamp(fact.expires_at)))
    if fact.replaces is not None:
        parts.append(messages.TAKES_PLACE.format(number=fact.replaces))
    return messages.AND.join(parts)


def over(fact: Fact) -> str:
    """The message of a fact that does not hold any more; of one that was removed nothing is left."""
    text, number = _text(fact), fact.number
    if fact.state == "replaced":
        return messages.REPLACED.format(text=text, number=number, by=fact.replaced_by)
    if fact.state == "expired" and fact.expires_at is not None:
        return messages.EXPIRED.format(text=text, number=number, when=stamp(fact.expires_at))
    if fact.state == "evicted":
        return messages.EVICTED.format(text=text, number=number)
    return messages.REMOVED.format(number=number)


def index(facts: Sequence[Fact]) -> str:
    """The list of all facts of a place, as many as one message holds, the newest first."""
    head = messages.INDEX_HEAD.format(count=len(facts))
    lines: list[str] = []
    room = INDEX - len(head) - len(messages.INDEX_FOOT) - len(messages.INDEX_MORE) - 10
    for fact in facts:
        line = messages.INDEX_LINE.format(number=fact.number, text=title(fact.text, LINE))
        if len(line) >= room:
            break
        room -= len(line) + 1
        lines.append(line)
    more = [messages.INDEX_MORE.format(count=len(facts) - len(lines))] if len(lines) < len(facts) else []
    return "\n".join([head, *lines, *more, messages.INDEX_FOOT])


def suggested(fact: Fact) -> str:
    """A fact among suggestions; its number is what is read back."""
    text = " ".join(fact.text.split())
    return f"{fact.number}{messages.BETWEEN}{text if len(text) <= SUGGESTED else f'{text[: SUGGESTED - 1]}…'}"


def stamp(moment: datetime) -> str:
    """A moment as Discord shows it in everybody's own time."""
    return f"<t:{int(moment.timestamp())}:f>"


def _text(fact: Fact) -> str:
    return title(fact.text, SHOWN)


WORDS = FactWords(
    said=said, over=over, index=index, no_room=messages.NO_ROOM, may_not_pin=messages.MAY_NOT_PIN_HERE
)
