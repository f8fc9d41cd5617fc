"""Who is meant by a message; names are compared, never guessed."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cogswarm import Message

_AFTER = re.compile(r"^[\s,:;\u2013\u2014-]+")
_CODE = re.compile(r"```.*?(?:```|$)|`[^`\n]*`", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Called:
    """An agent as people may call it: by its name in the config or the one they see; ``roles`` are those it works for."""

    name: str
    shown: str
    roles: frozenset[int] = frozenset()


def named_first(text: str, agents: Iterable[Called]) -> tuple[str | None, str]:
    """The agent whose name a text begins with (the longest that fits), and what follows; None and all of it else."""
    begin = text.lstrip().removeprefix("@")
    for name, agent in sorted(_names(agents), key=lambda pair: -len(pair[0])):
        rest = begin[len(name) :]
        if begin[: len(name)].casefold() == name.casefold() and not (rest and re.match(r"\w", rest)):
            return agent, _AFTER.sub("", rest).strip()
    return None, text.strip()


def called_by_role(message: Message, agents: Sequence[Called]) -> str | None:
    """The agent that a mentioned role stands for: a role it works for, or one that has its name."""
    for role in message.mentioned_roles:
        for agent in agents:
            if role.id in agent.roles or role.name.casefold() in {
                agent.name.casefold(),
                agent.shown.casefold(),
            }:
                return agent.name
    return None


def handed_to(text: str, agents: Sequence[Called]) -> str | None:
    """The agent that another agent's text addresses as ``@Name`` outside code; None for none."""
    plain = _CODE.sub(" ", text)
    for at in re.finditer(r"(?<![\w@])@", plain):
        found, _ = named_first(plain[at.end() :], agents)
        if found is not None:
            return found
    return None


def among_people(message: Message) -> bool:
    """Whether it answers another person, or mentions others: then nobody asks the agent."""
    answered = message.reply_to
    return message.mentions_others or (answered is not None and not answered.mine)


def _names(agents: Iterable[Called]) -> list[tuple[str, str]]:
    return [(name, one.name) for one in agents for name in {one.name, one.shown} if name]
